"""Runs side by side."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import ipyvue
import solara

from server.session import Session


@solara.component
def ComparePage(session: Session) -> solara.Element:
    """Runs side by side."""
    return ipyvue.Html.element(tag="main", class_="lm-page", children=["Compare"])
