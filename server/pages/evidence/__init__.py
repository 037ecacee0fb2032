"""What the model was held against."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import ipyvue
import solara

from server.session import Session


@solara.component
def EvidencePage(session: Session) -> solara.Element:
    """What the model was held against."""
    return ipyvue.Html.element(tag="main", class_="lm-page", children=["Evidence"])
