"""The Compare page."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipyvue
import solara

from server.pages.compare import cards, saying
from server.pages.compare.counties import CountyDifferences
from server.pages.compare.plan import MAX_REPLICATIONS, MAX_RUNS, draft_of
from server.pages.compare.state import comparing_of, progress_of
from server.pages.compare.stored import Stored, stored_comparison
from server.pages.compare.work import Compared, Partly
from server.pages.watch import scenario_cards
from server.parts import followed_by, help_button, main, opening, page
from server.plots import draw
from server.session import Session
from server.tables import DataTable
from server.work.changes import follow
from server.work.limits import SHIPPERS
from server.work.shared import work_pool

# A page is drawn anew at most so often while its job runs.
FRAME_SECONDS, REST_SECONDS = 0.4, 1.0
QUESTION = "What changes, for whom, by how much?"
FIND_OUT = (
    "Who gains and who loses if one thing is different: two versions of the market are played month by month with the "
    "same luck, and what you see is the difference."
)
WHAT_TO_DO = f"{FIND_OUT} Choose what to compare and press Compare."


@solara.component
def ComparePage(session: Session) -> solara.Element:
    """Form at the side; headline, winners and losers, months and outcomes beside it."""
    pool, mine = work_pool(), comparing_of(session)
    router = solara.use_router()
    solara.use_memo(lambda: mine.open(router.search), [router.search])
    _, show = solara.use_state(())
    watched = watched_of(session)

    def redraw() -> None:
        view = mine.look(pool)
        show((view, mine.version, mine.problems, mine.told, mine.draft, id(mine.found), id(mine.partly)))

    def watch() -> Callable[[], None]:
        pool.warm()
        return follow(pool.changes, redraw, FRAME_SECONDS, REST_SECONDS)

    solara.use_effect(watch, [session])

    do = followed_by(redraw)
    form = _form(
        scenarios=scenario_cards(),
        draft=mine.draft.plain(),
        version=mine.version,
        watched=watched,
        most=MAX_RUNS,
        most_replications=MAX_REPLICATIONS,
        sizes=list(SHIPPERS),
        job=progress_of(mine.look(pool)),
        problems=list(mine.problems),
        told=mine.told,
        link=mine.link,
        event_draft=do(mine.fill_in),
        event_add_watched=do(lambda _: mine.add_watched(session)),
        event_compare=do(lambda _: mine.start(pool, session)),
        event_cancel=do(lambda _: pool.cancel(mine.job) if mine.job else None),
    )
    view = mine.look(pool)
    stored = stored_comparison() if mine.found is None else None
    found = mine.found if mine.found is not None else stored.compared if stored is not None else None
    below: list[solara.Element] = []
    if view is not None and view.at_work:
        below.append(_on_the_way(mine.partly, mine.asked_pairs))
    if mine.partly is None:
        shown = Results(found, stored) if found is not None else opening(QUESTION, WHAT_TO_DO)
        below.append(shown.key("results"))  # a widget keeps its tag, whatever it is to show next
    source = f"{' and '.join(cards.labels_of(found))} · {cards.paired_runs(found)}" if found is not None else ""
    return page([form], main(below, source))


def _on_the_way(found: Partly | None, of: int) -> solara.Element:
    """What is known while runs are at work: the pairs that are done."""
    if found is None:
        text = f"0 of {of} pairs are done; each is shown as soon as it is. Until then the former result stays."
        return ipyvue.Html.element(tag="p", class_="lm-note", children=[text], attributes={"role": "status"}).key(
            "no pair"
        )
    done = found.comparison.replications
    what = f"{cards.titles_of(found)} (seeds from {found.comparison.seed})"
    head = [
        ipyvue.Html.element(tag="p", class_="lm-kicker", children=[what]),
        ipyvue.Html.element(tag="h1", children=[saying.so_far(found, done, of)], attributes={"aria-live": "polite"}),
    ]
    children = [
        ipyvue.Html.element(tag="section", class_="lm-headline", children=head),
        draw(cards.gains_plot(found)),
    ]
    return ipyvue.Html.element(tag="div", class_="lm-results lm-compared", children=children).key("pairs")


def watched_of(session: Session) -> str:
    """What the visitor is watching, in a line."""
    scenario, changes = draft_of(session.choice)
    count = len(changes.splitlines())
    own = ", as the model plays it" if session.choice.seat else ""  # what is played by hand is no finding
    return f"{scenario}{f' with {count} changes' if count else ''}, seed {session.choice.seed}{own}"


def _caveats(notes: Sequence[str]) -> solara.Element:
    """What to keep in mind, below what was found."""
    told = [ipyvue.Html.element(tag="p", class_="lm-note", children=[note]) for note in notes]
    return ipyvue.Html.element(tag="section", class_="lm-wide", children=told, attributes={"aria-label": "Caveats"})


@solara.component
def Results(found: Compared, stored: Stored | None = None) -> solara.Element:
    """The cards of a comparison; `stored` where it came with the program."""
    series, set_series = solara.use_state(cards.FIRST_SERIES[0])
    differences, set_differences = solara.use_state(True)
    everything, set_everything = solara.use_state(False)
    choices = solara.use_memo(lambda: cards.series_choices(found), [found])
    gains = solara.use_memo(
        lambda: (cards.gains_plot(found), cards.gains_table(found), cards.parts_table(found)), [found]
    )
    table = solara.use_memo(lambda: cards.outcome_table(found, everything), [found, everything])
    months = solara.use_memo(lambda: cards.months_plot(found, series, differences), [found, series, differences])
    comparison = found.comparison
    picker = _picker(
        choices=choices,
        series=series,
        differences=differences,
        everything=everything,
        event_series=lambda name: set_series(name) if name in found.series else None,
        event_differences=lambda on: set_differences(on is True),
        event_everything=lambda on: set_everything(on is True),
    )
    compared = f"{cards.titles_of(found)} · {cards.paired_runs(found)} "
    notes = [saying.warning_words(found, warning) for warning in comparison.warnings]
    if stored is not None:
        notes = [stored.line(), *notes]
    head = [
        ipyvue.Html.element(tag="p", class_="lm-about", children=[FIND_OUT]),
        ipyvue.Html.element(tag="p", class_="lm-kicker", children=[compared, help_button("paired replications")]),
        ipyvue.Html.element(tag="h1", children=[saying.sentence(found)]),
    ]
    children = [
        ipyvue.Html.element(tag="section", class_="lm-headline", children=head),
        draw(gains[0]),
        _caveats(notes),
        *([CountyDifferences(found)] if found.counties is not None else []),
        DataTable(gains[1]),
        DataTable(gains[2]),
        picker,
        draw(months),
        DataTable(table, searchable=True),
    ]
    return ipyvue.Html.element(tag="div", class_="lm-results lm-compared", children=children)


@solara.component_vue("form.vue", vuetify=False)
def _form(
    scenarios: list[dict[str, Any]],
    draft: dict[str, Any],
    version: int,
    watched: str,
    most: int,
    most_replications: int,
    sizes: list[int],
    job: dict[str, Any],
    problems: list[str],
    told: str,
    link: str,
    event_draft: Callable[[Any], None],
    event_add_watched: Callable[[Any], None],
    event_compare: Callable[[Any], None],
    event_cancel: Callable[[Any], None],
) -> None:
    """What is compared, how often, until when; compare and cancel; progress and problems."""


@solara.component_vue("picker.vue", vuetify=False)
def _picker(
    choices: list[dict[str, str]],
    series: str,
    differences: bool,
    everything: bool,
    event_series: Callable[[str], None],
    event_differences: Callable[[bool], None],
    event_everything: Callable[[bool], None],
) -> None:
    """Which series, values or differences, how many outcomes."""
