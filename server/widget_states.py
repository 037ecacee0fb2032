"""What a browser that comes back is told: the state of every widget of its own page.

ipywidgets keeps one channel for all sessions of a process, the one that was opened last. Of two browsers that come back
at the same time one would be answered on the channel of the other one, which it does not know, and would have to ask
again; and a page that changes meanwhile would end the answer in an error.
"""

# mypy: disable-error-code="attr-defined"
# (ipywidgets keeps its tables of widgets to itself)
from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any

from ipywidgets import Widget
from ipywidgets.widgets import widget as library

logger = logging.getLogger(__name__)

# A page that changes is whole again soon.
TRIES, WAIT_SECONDS = 20, 0.05


def answer_each_on_its_own_channel() -> None:
    """From now on send the state of widgets to the browser that asked for it."""
    Widget.handle_control_comm_opened = staticmethod(_open)


def _open(channel: Any, _: Any) -> None:
    """A browser has opened a channel on which to ask (`wire` checks the version of its protocol)."""
    channel.on_msg(partial(_answer, channel))


def _answer(channel: Any, message: Any) -> None:
    if message["content"]["data"].get("method") != "request_states":
        return
    states = _states()
    if states is None:
        logger.warning("a page changed for so long that its widgets could not be told; its browser asks again")
        return
    states, paths, buffers = library._remove_buffers(states)
    channel.send({"method": "update_states", "states": states, "buffer_paths": paths}, buffers=buffers)


def _states() -> dict[str, Any] | None:
    """State of every widget of this session by identifier; None where widgets kept coming and going meanwhile."""
    for _ in range(TRIES):
        try:
            return {widget.model_id: _state(widget) for widget in list(library._instances.values())}
        except RuntimeError:  # a widget was closed, or the table changed, between two of them
            time.sleep(WAIT_SECONDS)
    return None


def _state(widget: Widget) -> dict[str, Any]:
    return {
        "model_name": widget._model_name,
        "model_module": widget._model_module,
        "model_module_version": widget._model_module_version,
        "state": widget.get_state(drop_defaults=False),
    }
