"""The Solara app: one session per browser tab, a shell around the pages, and the pages."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable

import ipyvue
import solara
import solara.server.kernel_context as kernels

from server import charts
from server.pages.bargaining import BargainingPage
from server.pages.compare import ComparePage
from server.pages.evidence import EvidencePage
from server.pages.experiments import ExperimentsPage
from server.pages.inspect import InspectPage
from server.pages.watch import WatchPage
from server.session import Session

# Path, label in the bar, page. The session lives in the layout, so it goes on while its visitor changes pages.
PAGES: tuple[tuple[str, str, Callable[[Session], solara.Element]], ...] = (
    ("/", "Watch", WatchPage),
    ("bargaining", "Bargaining", BargainingPage),
    ("compare", "Compare", ComparePage),
    ("experiments", "Experiments", ExperimentsPage),
    ("inspect", "Inspect", InspectPage),
    ("evidence", "Evidence", EvidencePage),
)

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
    router = solara.use_router()
    links = [{"path": path, "label": label} for path, label, _ in PAGES]
    here = router.parts[0] if router.parts else "/"

    def go(path: str) -> None:
        if path in {link["path"] for link in links}:
            router.push("/" if path == "/" else f"/{path}")

    bar = charts.bar(links=links, here=here, event_go=go)
    return ipyvue.Html.element(tag="div", class_="lm-shell", children=[bar, *children])


def _on_page(page: Callable[[Session], solara.Element]) -> Callable[[], solara.Element]:
    @solara.component
    def Page() -> solara.Element:
        """Hands the tab's session to the page."""
        session = solara.use_context(session_context)
        return page(session)

    component: Callable[[], solara.Element] = Page
    return component


routes = [
    solara.Route(path="/", component=_on_page(WatchPage), label="Watch", layout=Layout),
    *(solara.Route(path=path, component=_on_page(page), label=label) for path, label, page in PAGES[1:]),
]
