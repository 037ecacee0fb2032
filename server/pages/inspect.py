"""Any agent, contract, zone or shipper class."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import ipyvue
import solara

from server.session import Session


@solara.component
def InspectPage(session: Session) -> solara.Element:
    """Any agent, contract, zone or shipper class."""
    return ipyvue.Html.element(tag="main", class_="lm-page", children=["Inspect"])
