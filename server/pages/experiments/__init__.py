"""Sweeps over many runs."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import ipyvue
import solara

from server.session import Session


@solara.component
def ExperimentsPage(session: Session) -> solara.Element:
    """Sweeps over many runs."""
    return ipyvue.Html.element(tag="main", class_="lm-page", children=["Experiments"])
