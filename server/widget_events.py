"""What a browser may do to the widgets of its page: send events that they know, and values that fit them.

ipyvue would import any module and call any class that a browser names. Events that nobody knows and values of the wrong
kind end in one line of the log each; they come from no page of ours.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from ipyvue.VueTemplateWidget import Events as TemplateEvents
from ipyvue.VueWidget import Events as ElementEvents
from ipywidgets import Widget

logger = logging.getLogger(__name__)


def refuse_foreign_objects() -> None:
    """Let browsers send known events and fitting values only, whatever a widget would do with others."""
    _guard(TemplateEvents, "_handle_event", _is_event_of_template)
    _guard(ElementEvents, "_handle_event", _is_event_of_element)
    _guard(Widget, "set_state", _is_state)


def _guard(owner: type, name: str, is_allowed: Callable[..., bool]) -> None:
    """Put a check before a method that takes what a browser sends, and one line in place of a traceback behind it."""
    method = getattr(owner, name)
    if getattr(method, "is_guarded", False):
        return

    @wraps(method)
    def guarded(self: Any, *arguments: Any) -> None:
        if not is_allowed(self, *arguments):
            return
        try:
            method(self, *arguments)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            told = f"{type(error).__name__}: {error}"[:200]
            logger.warning("a browser was not understood: %s (%s:%d)", told, Path(place.filename).name, place.lineno)
            logger.debug("a browser was not understood", exc_info=error)

    guarded.is_guarded = True  # type: ignore[attr-defined]
    setattr(owner, name, guarded)


def _is_event_of_template(self: Any, _: Any, content: Any, buffers: Any) -> bool:
    """Whether it is nothing but an event that the template handles; such as `create_widget` would build any class."""
    if not isinstance(content, dict) or not set(content) <= {"event", "data"}:
        return False
    event = content.get("event")
    return isinstance(event, str) and hasattr(self, f"vue_{event}") and not _has_reference(content)


def _is_event_of_element(self: Any, _: Any, content: Any, buffers: Any) -> bool:
    """Whether it is an event for which an element has a handler."""
    event = content.get("event") if isinstance(content, dict) else None
    return isinstance(event, str) and event in self._event_handlers_map


def _is_state(self: Any, state: Any) -> bool:
    """Whether it is values by name; where the browser is must be an address, for the page is made from it."""
    return isinstance(state, dict) and isinstance(state.get("location", ""), str)


def _has_reference(value: Any) -> bool:
    """Whether a value names an object or a function of the server, at any depth."""
    if isinstance(value, dict):
        return "objectRef" in value or "functionRef" in value or any(_has_reference(item) for item in value.values())
    return isinstance(value, list) and any(_has_reference(item) for item in value)
