"""The page that opens with a question: five beats, then a run on the stage with words, faces and one time control."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipyvue
import solara

from agents.calendar import Month
from server import charts
from server.choice import Choice
from server.pages.story import others as background
from server.pages.story.companion import NONE, ROADS, Companion
from server.pages.story.director import Director, opening_choice
from server.pages.story.follower import NOTHING, Follower
from server.pages.watch import Levers
from server.parts import CONTENT, query_of
from server.session import Session
from server.story.ending import Ended, maps_of, tell_ending
from server.story.fan import applies_to, chip, chip_note, fan_view, stored_fan
from server.story.levers import five_levers
from server.story.past import how_far_off
from server.work.changes import follow
from server.work.shared import work_changes, work_pool

# Pages that a visitor is led to, and their addresses.
PAGES = {"bargaining": "/bargaining", "evidence": "/evidence", "sit": "/bargaining?sit=choose", "watch": "/"}
# Runs that are played in the background are looked at this often, in seconds: after each change, and without one.
FRAME_SECONDS, REST_SECONDS = 0.7, 2.0


@solara.component
def StoryPage(session: Session) -> solara.Element:
    """Beats, telling, stage and dock of one session."""
    snapshot, show = solara.use_state(session.snapshot)
    part, set_part = solara.use_state(NOTHING)
    endings, set_endings = solara.use_state(NONE)
    others, set_others = solara.use_state(background.NOTHING)
    drawer, open_drawer = solara.use_state(False)
    router = solara.use_router()
    companion = solara.use_memo(lambda: Companion(session, set_endings), [session])
    scene = solara.use_memo(lambda: first_scene(session, router.search), [session])
    follower = solara.use_memo(lambda: Follower(session, set_part, month_of(session, router.search)), [session])
    runs = solara.use_memo(lambda: background.Others(session, work_pool), [session])
    director = solara.use_memo(lambda: Director(session, follower, companion, runs), [session])
    solara.use_effect(lambda: director.open(show, told=scene == "story"), [session])

    def watch() -> Callable[[], None]:
        # Solara draws anew only when it is handed another object.
        return follow(work_changes(), lambda: set_others(runs.look()), FRAME_SECONDS, REST_SECONDS)

    solara.use_effect(watch, [session])

    def visit(page: object) -> None:
        if page == "levers":
            open_drawer(True)
        elif isinstance(page, str) and page in PAGES:
            router.push(PAGES[page])

    def begin(chosen: Choice) -> None:
        open_drawer(False)
        director.begin(chosen)

    mine, other = endings
    told = solara.use_memo(lambda: {} if mine is None else tell_ending(mine, other), [mine, other])
    view = solara.use_memo(lambda: fan_view(stored_fan()), [])
    maps = solara.use_memo(lambda: both_maps(mine, other), [mine, other])
    run, choice, fan = snapshot.run, session.choice, stored_fan()
    # The levers hold thousands of values, which Solara would compare for every picture if they were not the very same.
    over = solara.use_memo(
        lambda: _drawer(session, choice, begin, lambda _: open_drawer(False)) if drawer else None,
        [session, choice, drawer],
    )
    children = [
        ipyvue.Html.element(
            tag="div",
            class_="first",
            children=[
                telling(
                    forced=bool(run and run.forced),
                    chip=chip(choice, fan) if run else "",
                    chipnote=" ".join(filter(None, (chip_note(choice, fan), others["text"]))) if run else "",
                    error=snapshot.message,
                    waiting=snapshot.status == "waiting",
                    event_go=visit,
                ),
                stage(),
                ending(
                    told=told,
                    road=choice.scenario if choice.scenario in ROADS else "",
                    chip=chip(choice, fan),
                    past=how_far_off(),
                    event_go=visit,
                ),
            ],
        ),
        below(
            levers=five_levers(),
            start=dict(choice.overrides),
            maps=maps,
            told=others["text"],
            event_lever=director.change,
            event_go=visit,
        ),
        dock(),
        storydata(
            part=part,
            scene=scene,
            fan=view,
            others=others,
            road=choice.scenario if applies_to(choice) else "",
            seed=choice.seed,
            event_have=lambda has: follower.has(has.get("key"), has.get("n")) if isinstance(has, dict) else None,
            event_play=lambda _: session.play(),
            event_look=director.look,
            event_road=director.take,
        ),
        charts.frame(number=snapshot.number, event_drawn=session.acknowledge),
    ]
    if over is not None:
        children.append(over)
    return ipyvue.Html.element(tag="main", class_="lm-story", children=children, attributes=CONTENT)


def _drawer(
    session: Session, choice: Choice, begin: Callable[[Choice], None], close: Callable[[object], None]
) -> solara.Element:
    """All levers over the page, as Watch has them beside it."""
    inside = [drawer_head(event_close=close), Levers(session, choice, begin)]
    attributes = {"aria-label": "All levers"}
    return ipyvue.Html.element(tag="dialog", class_="lm-drawer", children=inside, attributes=attributes).key("drawer")


def both_maps(mine: Ended | None, other: Ended | None) -> list[dict[str, Any]]:
    """Small maps of one road or both, the one that is imposed last."""
    found = [maps_of(one, one is mine) for one in (mine, other) if one is not None]
    return sorted(found, key=lambda road: bool(road["forced"]))


def first_scene(session: Session, search: str | None) -> str:
    """Whether a visitor is told the story, or sees the run: who comes with a run of their own does."""
    usual = session.choice in (Choice(), opening_choice())
    own = session.snapshot.n_done > 1 or "month" in query_of(search) or not usual
    return "watch" if own else "story"


def month_of(session: Session, search: str | None) -> int | None:
    """The month that the address names, from 0; None without one."""
    text = query_of(search).get("month", "")
    try:
        return max(0, Month.parse(text) - session.choice.settings().start)
    except ValueError:
        return None


@solara.component_vue("../../vue/storydata.vue", vuetify=False)
def storydata(
    part: dict[str, Any],
    scene: str,
    fan: dict[str, Any],
    others: dict[str, Any],
    road: str,
    seed: int,
    event_have: Callable[[dict[str, Any]], None],
    event_play: Callable[[object], None],
    event_look: Callable[[int], None],
    event_road: Callable[[str], None],
) -> None:
    """Shows nothing: hands parts of the run to the browser, and says what a visitor wants."""


@solara.component_vue("../../vue/telling.vue", vuetify=False)
def telling(forced: bool, chip: str, chipnote: str, error: str, waiting: bool, event_go: Callable[[str], None]) -> None:
    """Words of the month: headline, acts and faces, or the opening."""


@solara.component_vue("../../vue/stage.vue", vuetify=False)
def stage() -> None:
    """Who sends, who carries, whose door: ribbons, cards and the gate."""


@solara.component_vue("../../vue/dock.vue", vuetify=False)
def dock() -> None:
    """The time control."""


@solara.component_vue("../../vue/ending.vue", vuetify=False)
def ending(told: dict[str, Any], road: str, chip: str, past: str, event_go: Callable[[str], None]) -> None:
    """How the run ended, and what to do next."""


@solara.component_vue("../../vue/below.vue", vuetify=False)
def below(
    levers: list[dict[str, Any]],
    start: dict[str, Any],
    maps: list[dict[str, Any]],
    told: str,
    event_lever: Callable[[dict[str, Any]], None],
    event_go: Callable[[str], None],
) -> None:
    """Five levers, two charts, and the countryside."""


@solara.component_vue("../../vue/drawer.vue", vuetify=False)
def drawer_head(event_close: Callable[[object], None]) -> None:
    """Heading of the drawer; it opens the drawer that it stands in, and closes it."""
