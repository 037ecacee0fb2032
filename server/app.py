"""The Solara app: one session per browser tab, a shell around the pages, and the pages."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import ipyvue
import solara
import solara.server.kernel_context as kernels

from server import charts
from server.session import Session
from server.watch import WatchPage

session_context = solara.create_context(None)


def open_session() -> Session:
    """Start a session that pauses when no page of this kernel is connected."""
    kernel = kernels.get_current_context()

    def is_watched() -> bool:
        return kernels.PageStatus.CONNECTED in kernel.page_status.values()

    return Session(is_watched=is_watched)


@solara.component
def Layout(children: list[solara.Element]) -> solara.Element:
    """Makes the session, closes it when the tab goes, and draws the shell."""
    session = solara.use_memo(open_session, [])
    solara.use_effect(lambda: session.close, [])
    session_context.provide(session)
    return ipyvue.Html.element(tag="div", class_="lm-shell", children=[charts.bar(), *children])


@solara.component
def Watch() -> solara.Element:
    """Hands the tab's session to the page."""
    session = solara.use_context(session_context)
    return WatchPage(session)


routes = [solara.Route(path="/", component=Watch, layout=Layout)]
