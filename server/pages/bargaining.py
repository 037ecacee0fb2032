"""The negotiations of this run."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import ipyvue
import solara

from server.session import Session


@solara.component
def BargainingPage(session: Session) -> solara.Element:
    """The negotiations of this run."""
    return ipyvue.Html.element(tag="main", class_="lm-page", children=["Bargaining table"])
