"""Share and keep: the link, and files that one can take away."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import solara

from server import files
from server.choice import Choice
from server.session import Session


@solara.component
def Keep(session: Session, choice: Choice, has_months: bool) -> solara.Element:
    """Buttons for what can be taken away; a file is made when it is asked for."""
    file, set_file = solara.use_state({})
    asked = solara.use_ref(0)

    def hand_out(ending: str, kind: str, content: bytes) -> None:
        asked.current += 1  # so that asking twice is two downloads
        name = files.file_name(choice, ending)
        set_file({"name": name, "type": kind, "content": content, "number": asked.current})

    def make(kind: object) -> None:
        if kind in files.SERIES_FORMATS and isinstance(kind, str):

            def answer(content: object) -> None:
                if isinstance(content, bytes):
                    hand_out(kind, files.SERIES_FORMATS[kind], content)

            session.ask(partial(files.series_of, kind=kind), answer)
        elif kind == "toml":
            hand_out("toml", "application/toml;charset=utf-8", files.scenario_file(choice).encode())
        elif kind == "py":
            month = session.snapshot.month
            hand_out("py", "text/x-python;charset=utf-8", files.script_file(choice, month).encode())

    return keep(file=file, has_months=has_months, event_make=make)


@solara.component_vue("../../vue/keep.vue", vuetify=False)
def keep(file: dict[str, Any], has_months: bool, event_make: Callable[[str], None]) -> None:
    """Copy the link, or download a file."""
