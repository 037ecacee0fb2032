"""The page on which one watches a run."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable

import ipyvue
import solara

from server import charts
from server.county_map import use_asked
from server.headline import month_name
from server.pages.watch.cards import cards, state_map
from server.pages.watch.controls import side_panel
from server.pages.watch.counties import MODES, VIEW, CountyMap, view_of
from server.pages.watch.years import years_card
from server.parts import catch_up, main, source_of
from server.session import Session
from server.snapshot import Snapshot


@solara.component
def WatchPage(session: Session) -> solara.Element:
    """Controls, headline, map and charts of one session."""
    snapshot, show = solara.use_state(session.snapshot)

    def follow() -> Callable[[], None]:
        session.listen(show)
        catch_up(session, show)
        return lambda: session.listen(None)

    solara.use_effect(follow, [session])
    asked, ask = use_asked(len(MODES), leader=True)

    def look() -> Callable[[], None]:
        session.show_view(VIEW, view_of(asked))
        return lambda: session.show_view(VIEW, None)

    solara.use_effect(look, [session, asked])

    def switch(view: object) -> None:
        ask(open=view == 1)

    shown = CountyMap(session, snapshot, asked, ask) if asked.open else state_map(snapshot, switch)
    children = [
        side_panel(session, snapshot),
        main(
            [_headline(snapshot), cards(snapshot, shown, years_card(session.choice, snapshot))], source_of(snapshot.run)
        ),
        charts.frame(number=snapshot.number, event_drawn=session.acknowledge),
    ]
    return ipyvue.Html.element(tag="div", class_="lm-page", children=children)


def _headline(snapshot: Snapshot) -> solara.Element:
    run = snapshot.run
    if snapshot.status == "preparing" or run is None:
        text = "The market is being set up ..."
    elif snapshot.month is None:
        text = f"Press play to start in {month_name(run.start)}."
    else:
        text = snapshot.headline
    back = " · looking back" if snapshot.shown < snapshot.n_done else ""
    by_hand = " · played by hand" if run and run.seat else ""
    parties = f" · {run.parties}" if run and run.parties else ""
    kicker = f"{run.title}{run.changed} · seed {run.seed}{by_hand}{parties}{back}" if run else ""
    return charts.headline(
        text=text,
        kicker=kicker,
        forced=bool(run and run.forced),
        error=snapshot.message,
        playing=snapshot.status == "playing",
        remark=run.remark if run else "",
    )
