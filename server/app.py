"""The Solara app: one session per browser tab, a shell around the pages, and the pages."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable

import ipyvue
import solara

from server import charts, seats
from server.address import View, write_query
from server.arrival import first_view, read_address
from server.glossary import TERMS
from server.pages.bargaining import BargainingPage
from server.pages.bargaining.again import answers_of, play_again
from server.pages.compare import ComparePage
from server.pages.evidence import EvidencePage
from server.pages.experiments import ExperimentsPage
from server.pages.inspect import InspectPage
from server.pages.story import StoryPage
from server.pages.watch import WatchPage
from server.parts import catch_up
from server.session import Session
from server.snapshot import Snapshot
from server.solara_inside import this_tab
from server.stepping import shared

# Path, label in the bar, page. The session lives in the layout, so it goes on while its visitor changes pages.
PAGES: tuple[tuple[str, str, Callable[[Session], solara.Element]], ...] = (
    ("story", "Story", StoryPage),
    ("/", "Watch", WatchPage),
    ("bargaining", "Negotiate", BargainingPage),
    ("compare", "Compare", ComparePage),
    ("experiments", "Experiments", ExperimentsPage),
    ("inspect", "Inspect", InspectPage),
    ("evidence", "Evidence", EvidencePage),
)

session_context = solara.create_context(None)


def open_session(view: View) -> Session:
    """Start a session with what the address asks for; it pauses when no page of this kernel is connected."""
    is_watched, close = this_tab()
    session = Session(
        choice=view.choice, is_watched=is_watched, months=view.months, open_stepping=shared.open_stepping()
    )
    play_again(session, view.moves, view.months)
    seats.take_seat(session, close)
    return session


@solara.component
def Address(session: Session, problems: tuple[str, ...], links: list[dict[str, str]], here: str) -> solara.Element:
    """The bar with its links and the address bar, which follow the run; drawn again only when that is another one."""
    query, set_query = solara.use_state(write_query(session.choice, None, answers_of(session).moves))
    written = solara.use_ref(session.choice)
    router = solara.use_router()

    def follow() -> Callable[[], None]:
        def note(snapshot: Snapshot) -> None:
            mine = answers_of(session)
            mine.follow(session, snapshot)
            # While it plays the month would change faster than browsers let an address change.
            if snapshot.status in ("paused", "waiting", "finished") or snapshot.shown < snapshot.n_done:
                # A question belongs to the month that it interrupts.
                month = snapshot.decision.month if snapshot.decision else snapshot.month
                set_query(write_query(session.choice, month, mine.moves))
            elif snapshot.status == "playing" and written.current != session.choice:
                set_query(write_query(session.choice, None, mine.moves))
            written.current = session.choice

        session.follow(note)
        catch_up(session, note)
        return lambda: session.follow(None)

    solara.use_effect(follow, [session])

    def go(path: str) -> None:
        if path in {link["path"] for link in links}:
            router.push("/" if path == "/" else f"/{path}")

    return ipyvue.Html.element(
        tag="div",
        children=[
            charts.bar(links=links, here=here, query=query, event_go=go),
            charts.address(query=query, problems=list(problems)),
            charts.glossary(terms=TERMS),
        ],
    )


@solara.component
def Layout(children: list[solara.Element]) -> solara.Element:
    """Makes the session, closes it when the tab goes, and draws the shell."""
    router = solara.use_router()
    view, problems = solara.use_memo(lambda: read_address(router.search), [])
    here = router.parts[0] or "/" if router.parts else "/"
    session = solara.use_memo(lambda: open_session(first_view(view, router.search, here)), [])
    solara.use_effect(lambda: session.close, [])
    session_context.provide(session)
    links = [{"path": path, "label": label} for path, label, _ in PAGES]
    bar = Address(session, problems, links, here)
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
    solara.Route(path=path, component=_on_page(page), label=label, layout=Layout if path == "/" else None)
    for path, label, page in sorted(PAGES, key=lambda one: one[0] != "/")
]
