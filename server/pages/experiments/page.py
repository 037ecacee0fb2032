"""The Experiments page."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import ipyvue
import solara

from experiments.reports.words import outcome_meaning
from server.pages.experiments.checking import Checked
from server.pages.experiments.examples import BY_KEY, EXAMPLES, picture, sentence, stored_answers
from server.pages.experiments.figures import StoreFigures
from server.pages.experiments.form import KINDS, SIZES, factor_choices
from server.pages.experiments.state import Experimenting, experimenting_of
from server.pages.watch import scenario_cards
from server.parts import HandlerMaker, followed_by, help_button, main, opening, page, query_of
from server.plots import draw
from server.session import Session
from server.tables import DataTable
from server.words import duration, factor_words, outcome_words
from server.work.changes import follow
from server.work.limits import SHIPPERS
from server.work.shared import sweeps as server_sweeps
from server.work.shared import work_pool
from server.work.stores import StoreEntry, stores_folder
from server.work.sweeps import SweepView

FRAME_SECONDS, REST_SECONDS = 0.5, 2.0
QUESTION = "What matters, and how much?"
WHAT_IT_IS = (
    "An experiment plays the same six years many times: one thing is changed step by step, or several at once, and "
    "luck is drawn anew. The picture shows what follows from the change, and what is mere luck. Start with a question, "
    "or ask your own in the form."
)
KIND_WORDS = {
    "grid": ("Grid", "Every combination of the values."),
    "lhs": (
        "Latin hypercube",
        "Points spread evenly over all ranges at once: how outcomes respond and what drives them.",
    ),
    "sobol": (
        "Sobol",
        "Shares of the variance by factor, with interactions: points (a power of two) times factors + 2.",
    ),
    "morris": ("Morris", "Which factors matter at all, with few runs: trajectories times factors + 1."),
}


@solara.component
def ExperimentsPage(session: Session) -> solara.Element:
    """Design at the side; stores, progress and figures beside it."""
    pool, sweeps, mine = work_pool(), server_sweeps(), experimenting_of(session)
    router = solara.use_router()
    _, show = solara.use_state(())

    def begin() -> None:
        mine.look(pool, sweeps, session)
        named = query_of(router.search).get("sweep", "")
        if mine.opened is None and any(entry.name == named for entry in mine.stores):
            mine.open(named)
            mine.draw(pool, session)

    solara.use_memo(begin, [session])

    def redraw() -> None:
        mine.look(pool, sweeps, session)
        running = sweeps.running()
        last = sweeps.view(mine.opened) if mine.opened else None
        found = (id(mine.check), id(mine.checked), id(mine.figures), id(mine.drawing))
        show((running, last, mine.stores, mine.problems, mine.message, found))

    def watch() -> Callable[[], None]:
        pool.warm()
        return follow(pool.changes, redraw, FRAME_SECONDS, REST_SECONDS)  # sweeps tell the same

    solara.use_effect(watch, [session])

    do = followed_by(redraw)
    running = sweeps.running()
    listed = _listed(session, running, do).key("stores")  # the same widget wherever it stands: a press is not lost
    asked = _asked(session, running, do).key("questions")
    if mine.figures is None:
        shown = main([opening(QUESTION, WHAT_IT_IS), asked, listed])
    else:
        results = StoreResults(session, mine.figures, mine.drawing is not None)
        shown = main([listed, results, asked], f"sweep {mine.figures.name}, {mine.figures.kind}")
    return page([_designed(session, running, do)], shown, after=True)


def _asked(session: Session, running: SweepView | None, do: HandlerMaker) -> solara.Element:
    """Questions to start with, and the answer to one of them that came with the program."""
    pool, mine, answers = work_pool(), experimenting_of(session), stored_answers()
    example = BY_KEY[mine.example]
    found = answers.found[example.key] if answers else None
    done = any(entry.name == example.key and not entry.left for entry in mine.stores)
    here = running is not None and running.name == example.key
    if mine.starts:
        told = "Checking every point, and timing one run ..."
    elif here:
        told = _running(running)["text"]
    elif running is not None:
        told = f"The sweep {running.name} is running; this one can start when it is done."
    else:
        told = ""
    card = _questions(
        questions=[{"key": one.key, "question": one.question} for one in EXAMPLES],
        chosen=example.key,
        varied=f"Changed from run to run: {example.varied}.",
        answer=sentence(example, found) if found else "",
        origin=answers.line() if answers else "",
        press="Open what was found here"
        if done
        else _offer(example.n_runs, answers.seconds(example, pool.workers) if answers else None),
        can_ask=done or (running is None and mine.check is None),
        told=told,
        problems=list(mine.problems) if mine.form.get("name") == example.key else [],
        done=running.done if here and running else 0,
        total=running.total if here and running else 0,
        event_choose=do(mine.choose),
        event_ask=do(lambda _: mine.ask(pool, session)),
    )
    drawn = [draw(picture(example, found))] if found else []
    return ipyvue.Html.element(tag="div", class_="lm-results lm-asked", children=[card, *drawn])


def _offer(runs: int, seconds: float | None) -> str:
    """What pressing the button does, and how long that takes."""
    return f"Play it here: {runs} runs" + (f", about {duration(seconds)}" if seconds else "")


def _designed(session: Session, running: SweepView | None, do: HandlerMaker) -> solara.Element:
    """The form of a design, and what is known of it."""
    pool, sweeps, mine = work_pool(), server_sweeps(), experimenting_of(session)
    return _design(
        kinds=[
            {"name": name, "title": title, "help": text, "size": SIZES.get(name, "").capitalize()}
            for name, (title, text) in KIND_WORDS.items()
            if name in KINDS
        ],
        scenarios=scenario_cards(),
        choices=[choice.plain() for choice in factor_choices()],
        sizes=list(SHIPPERS),
        draft=dict(mine.form),
        version=mine.version,
        checking=mine.check is not None,
        ready=mine.checked is not None and running is None,
        told=_told(mine, pool.workers, running),
        problems=list(mine.problems),
        event_draft=do(mine.fill_in),
        event_check=do(lambda _: mine.start_check(pool, session)),
        event_start=do(lambda _: mine.start_sweep(sweeps, session)),
    )


def _listed(session: Session, running: SweepView | None, do: HandlerMaker) -> solara.Element:
    """The stores of the server's folder, with what one can do with them."""
    pool, sweeps, mine = work_pool(), server_sweeps(), experimenting_of(session)
    last = sweeps.view(mine.opened) if mine.opened else None
    ended = last.problems if last is not None and not last.at_work else ()

    def open_store(name: Any) -> None:
        if any(entry.name == name for entry in mine.stores):
            mine.open(name)
            mine.draw(pool, session)

    def resume(values: Any) -> None:
        if _is_table(values):
            mine.resume(sweeps, session, values.get("name"), values.get("retry") is True)

    return _stores(
        folder=stores_folder().name,
        stores=[_listed_store(entry, running) for entry in mine.stores],
        opened=mine.opened or "",
        running=_running(running),
        messages=[*mine.message, *ended],
        event_open=do(open_store),
        event_resume=do(resume),
        event_cancel=do(lambda name: mine.cancel(sweeps, session, name)),
    )


def _listed_store(entry: StoreEntry, running: SweepView | None) -> dict[str, Any]:
    """A line of the list; of the sweep that is running here, as far as it is now."""
    done, failed, here = entry.done, entry.failed, running is not None and running.name == entry.name
    if running is not None and here and running.total:
        done, failed = running.done - running.failed, running.failed
    left = max(0, entry.runs - done - failed)
    state = "running" if here else "running elsewhere" if entry.at_work else "done" if not left else "not finished"
    return {
        "name": entry.name,
        "kind": entry.kind,
        "scenarios": entry.scenarios,
        "factors": [factor_words(name) for name in entry.factors],
        "runs": entry.runs,
        "done": done,
        "failed": failed,
        "left": left,
        "state": state,
    }


def _is_table(values: object) -> bool:
    return isinstance(values, Mapping)


def _told(mine: Experimenting, workers: int, running: SweepView | None) -> str:
    """What is known of the design in the form."""
    if mine.check is not None:
        return "Checking every point, and timing one run ..."
    if running is not None and running.name == mine.opened:
        return f"{running.name}: {_running(running)['text']}"
    if mine.checked is None:
        return ""
    busy = f" The sweep {running.name} is running; this one can start when it is done." if running else ""
    return size_in_words(mine.checked, workers) + busy


def size_in_words(checked: Checked, workers: int) -> str:
    """Number of runs and the time they will take."""
    many = len(checked.scenarios)
    shared = checked.runs - checked.simulations
    return (
        f"{checked.runs:,} runs: {checked.points:,} points × {many} scenario{'s' if many > 1 else ''} × "
        f"{checked.replications} seed{'s' if checked.replications > 1 else ''}"
        + (f" ({shared:,} of them equal to others)" if shared else "")
        + f". A pilot run of {checked.months} months took {checked.pilot_seconds:.1f} s here; with {workers} "
        f"process{'es' if workers > 1 else ''} the sweep takes about {duration(checked.seconds(workers))}. "
        f"{checked.outcomes} outcomes are kept.{' ' if checked.coarse else ''}{checked.coarse}"
    )


def _running(view: SweepView | None) -> dict[str, Any]:
    if view is None:
        return {"name": ""}
    text = "starting ..." if not view.total else f"{view.done:,} of {view.total:,} runs"
    if view.failed:
        text += f", {view.failed:,} failed"
    if view.state == "stopping":
        text += "; ending after the runs at work ..."
    elif view.rate:
        left = f", about {duration(view.seconds_left)} left" if view.seconds_left else ""
        text += f"; {view.rate:.2g} runs a second{left}"
    return {"name": view.name, "state": view.state, "done": view.done, "total": view.total, "text": text}


@solara.component
def StoreResults(session: Session, found: StoreFigures, drawing: bool) -> solara.Element:
    """What an open store says."""
    pool, sweeps, mine = work_pool(), server_sweeps(), experimenting_of(session)

    def ask(values: Any) -> None:
        if not _is_table(values):
            return
        known = {
            "outcome": found.outcomes,
            "scenario": [name for name, _ in found.scenarios],
            "across": found.factors,
            "down": found.factors,
        }
        wanted = {name: value for name, value in values.items() if name in known and value in known[name]}
        mine.question = replace(found.question, **wanted)
        mine.draw(pool, session)
        pool.changes.tell()

    def retry(_: Any) -> None:
        mine.resume(sweeps, session, found.name, True)
        sweeps.changes.tell()

    chooser = _chooser(
        question=asdict(found.question),
        outcomes=[{"name": o, "label": outcome_words(o), "meaning": outcome_meaning(o)} for o in found.outcomes],
        scenarios=[{"name": name, "forced": forced} for name, forced in found.scenarios],
        factors=[{"name": name, "words": factor_words(name)} for name in found.factors],
        drawing=drawing,
        failed=found.status.failed,
        event_ask=ask,
        event_retry=retry,
    )
    failures = [
        f"{count:,} failed with {kind}: {found.status.examples[kind]}" for kind, count in found.status.errors.items()
    ]
    head = [
        ipyvue.Html.element(tag="p", class_="lm-kicker", children=[found.name, " ", help_button("store")]),
        ipyvue.Html.element(tag="h1", children=[found.finding or found.lead]),
        *([ipyvue.Html.element(tag="p", class_="lm-lead", children=[found.lead])] if found.finding else []),
        *(ipyvue.Html.element(tag="p", class_="lm-error", children=[text]) for text in failures),
    ]
    children = [
        ipyvue.Html.element(tag="section", class_="lm-headline", children=head),
        *([chooser] if found.question.outcome else []),
        *(draw(picture) for picture in found.pictures),
        *(DataTable(table, searchable=table.title == "Runs") for table in found.tables),
    ]
    return ipyvue.Html.element(tag="div", class_="lm-results", children=children)


@solara.component_vue("questions.vue", vuetify=False)
def _questions(
    questions: list[dict[str, str]],
    chosen: str,
    varied: str,
    answer: str,
    origin: str,
    press: str,
    can_ask: bool,
    told: str,
    problems: list[str],
    done: int,
    total: int,
    event_choose: Callable[[Any], None],
    event_ask: Callable[[Any], None],
) -> None:
    """Questions to start with, what is known of one, and a button that plays it."""


@solara.component_vue("design.vue", vuetify=False)
def _design(
    kinds: list[dict[str, str]],
    scenarios: list[dict[str, Any]],
    choices: list[dict[str, Any]],
    sizes: list[int],
    draft: dict[str, Any],
    version: int,
    checking: bool,
    ready: bool,
    told: str,
    problems: list[str],
    event_draft: Callable[[Any], None],
    event_check: Callable[[Any], None],
    event_start: Callable[[Any], None],
) -> None:
    """Kind, factors, sizes; check and start."""


@solara.component_vue("stores.vue", vuetify=False)
def _stores(
    folder: str,
    stores: list[dict[str, Any]],
    opened: str,
    running: dict[str, Any],
    messages: list[str],
    event_open: Callable[[Any], None],
    event_resume: Callable[[Any], None],
    event_cancel: Callable[[Any], None],
) -> None:
    """The stores of the server's folder, and the sweep that is running."""


@solara.component_vue("chooser.vue", vuetify=False)
def _chooser(
    question: dict[str, Any],
    outcomes: list[dict[str, str]],
    scenarios: list[dict[str, Any]],
    factors: list[dict[str, str]],
    drawing: bool,
    failed: int,
    event_ask: Callable[[Any], None],
    event_retry: Callable[[Any], None],
) -> None:
    """Which outcome, scenario and factors the figures show."""
