"""The side panel of the Watch page: play, look back, scenario, seed, levers, and what one can take away."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isinf
from typing import Any

import ipyvue
import solara

from model.scenario import scenario_names
from server import charts
from server.choice import Choice, ChoiceError, branch_choice, library_scenario, make_choice
from server.headline import month_name
from server.pages.watch.keep import Keep
from server.pages.watch.levers import lever_groups, lever_panel, parameter_rows, starting_values
from server.session import SPEEDS, Session
from server.snapshot import Snapshot

SPEED_LABELS = tuple(
    "as fast as possible" if isinf(speed) else f"{speed:.0f} month{'s' if speed > 1 else ''} a second"
    for speed in SPEEDS
)


@cache
def scenario_cards() -> list[dict[str, Any]]:
    """Name, title, description and forced or not, of every scenario in the library."""
    scenarios = [library_scenario(name) for name in scenario_names()]
    return [{"name": s.name, "title": s.title, "description": s.description, "forced": s.forced} for s in scenarios]


def read_choice(values: dict[str, Any], current: Choice | None = None) -> Choice:
    """Check what a browser sent: only scenarios of the library, never a path, a whole number as seed, valid levers.

    Args:
        values: "scenario" and "seed", and perhaps "overrides" by name.
        current: Where overrides come from that the browser did not send.

    Raises:
        ChoiceError: What is wrong, for the visitor.
    """
    overrides = values.get("overrides", dict(current.overrides) if current else {})
    if not isinstance(overrides, dict):
        raise ChoiceError("changes must be names with values")
    return make_choice(values.get("scenario"), values.get("seed"), overrides)


def side_panel(session: Session, snapshot: Snapshot) -> solara.Element:
    """Everything beside the charts; each part is drawn again only when its own values changed.

    Part of a component: the levers hold thousands of values, which Solara would walk through for every picture if they
    were not the very same element as before.
    """
    run = snapshot.run
    first = str(run.start) if run else ""
    month = month_name(snapshot.month) if snapshot.month else ""
    n_months = run.n_months if run else 0
    choice = session.choice
    has_months = snapshot.shown > 0
    levers = solara.use_memo(lambda: Levers(session, choice, has_months=has_months), [session, choice, has_months])
    keep = solara.use_memo(lambda: Keep(session, choice, has_months), [session, choice, has_months])
    controls = Controls(session, choice, snapshot.status, snapshot.n_done, n_months, snapshot.shown, month, first)
    children = [controls, levers, keep]
    return ipyvue.Html.element(tag="aside", class_="lm-side lm-sidestack", children=children)


@solara.component
def Controls(
    session: Session, choice: Choice, status: str, n_done: int, n_months: int, shown: int, month: str, first: str
) -> solara.Element:
    """What a visitor does with the run, which scenario it is, and its luck."""
    router = solara.use_router()
    speed, set_speed = solara.use_state(SPEEDS.index(session.speed))
    error, set_error = solara.use_state("")

    def choose(values: dict[str, Any]) -> None:
        try:
            chosen = read_choice(values, session.choice)
        except ChoiceError as problem:
            set_error(str(problem))
            return
        set_error("")
        session.reset(chosen)

    def change_speed(index: int) -> None:
        if index not in range(len(SPEEDS)):
            return
        set_speed(index)
        session.set_speed(SPEEDS[index])

    def look_back(months: object) -> None:
        if months is None or (type(months) is int and months >= 1):
            session.look_back(months)

    return charts.controls(
        scenarios=scenario_cards(),
        speeds=list(SPEED_LABELS),
        scenario=choice.scenario,
        seed=choice.seed,
        seed_error=error,
        speed=speed,
        status=status,
        n_done=n_done,
        n_months=n_months,
        shown=shown,
        month=month,
        first=first,
        event_choose=choose,
        event_play=lambda _: session.play(),
        event_pause=lambda _: session.pause(),
        event_step=lambda _: session.step(),
        event_reset=lambda _: session.reset(session.choice),
        event_speed=change_speed,
        event_look=look_back,
        event_table=lambda _: router.push("/bargaining"),
    )


@solara.component
def Levers(
    session: Session, choice: Choice, begin: Callable[[Choice], None] | None = None, has_months: bool = False
) -> solara.Element:
    """Every lever by whose choice it is, and the uncertainties; a change starts the run again, or branches it.

    Args:
        session: The session.
        choice: What its run was started with.
        begin: Starts another run; None prepares it and waits for play.
        has_months: Whether there is a past that a branch can share.
    """
    problems, set_problems = solara.use_state(())

    def attempt(make: Callable[[], Choice], go: Callable[[Choice], None]) -> None:
        try:
            chosen = make()
        except ChoiceError as problem:
            set_problems(tuple(line.removeprefix("change: ") for line in problem.problems))
            return
        set_problems(())
        go(chosen)

    def apply(overrides: object) -> None:
        values = {"scenario": choice.scenario, "seed": choice.seed, "overrides": overrides}
        attempt(lambda: read_choice(values), begin or session.reset)

    def branch(overrides: object) -> None:
        """The months up to the one that is shown are played again at once, which gives the same."""
        run, shown = session.snapshot.run, session.snapshot.shown
        if run is None or not isinstance(overrides, dict):
            return
        at = run.start + shown
        attempt(lambda: branch_choice(choice, at, overrides), lambda chosen: session.reset(chosen, shown))

    return lever_panel(
        groups=lever_groups(),
        parameters=parameter_rows(),
        start=starting_values(choice.scenario),
        overrides=dict(choice.overrides),
        problems=list(problems),
        can_branch=has_months and choice.past is None and not choice.seat,
        event_apply=apply,
        event_branch=branch,
    )
