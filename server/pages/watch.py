"""The page on which one watches a run."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isinf
from typing import Any

import ipyvue
import numpy as np
import solara

from model.scenario import Scenario, scenario_names
from server import charts
from server.headline import month_name
from server.session import SPEEDS, Choice, Session
from server.snapshot import Snapshot

SPEED_LABELS = tuple(
    "as fast as possible" if isinf(speed) else f"{speed:.0f} month{'s' if speed > 1 else ''} a second"
    for speed in SPEEDS
)
MILLION, BILLION = 1e6, 1e9


@cache
def scenario_cards() -> list[dict[str, Any]]:
    """Name, title, description and forced or not, of every scenario in the library."""
    scenarios = [Scenario.load(name) for name in scenario_names()]
    return [{"name": s.name, "title": s.title, "description": s.description, "forced": s.forced} for s in scenarios]


def read_choice(values: dict[str, Any]) -> Choice:
    """Check what a browser sent: only scenarios of the library, never a path, and a whole number as seed.

    Raises:
        ValueError: What is wrong, for the visitor.
    """
    scenario, seed = values.get("scenario"), values.get("seed")
    if scenario not in scenario_names():
        raise ValueError(f"scenario must be one of {', '.join(scenario_names())}, not {scenario!r}")
    if not isinstance(seed, int):
        raise ValueError(f"seed must be a whole number, not {seed!r}")
    return Choice(scenario, seed)


@solara.component
def WatchPage(session: Session) -> solara.Element:
    """Controls, headline, map and charts of one session."""
    snapshot, show = solara.use_state(session.snapshot)

    def follow() -> Callable[[], None]:
        session.listen(show)
        show(session.snapshot)
        return lambda: session.listen(None)

    solara.use_effect(follow, [session])
    children = [
        ipyvue.Html.element(tag="aside", class_="lm-side", children=[Controls(session, *_control_values(snapshot))]),
        ipyvue.Html.element(tag="main", class_="lm-main", children=[_headline(snapshot), _cards(snapshot)]),
        charts.frame(number=snapshot.number, event_drawn=session.acknowledge),
    ]
    return ipyvue.Html.element(tag="div", class_="lm-page", children=children)


def _control_values(snapshot: Snapshot) -> tuple[str, int, int]:
    return snapshot.status, snapshot.n_done, snapshot.run.n_months if snapshot.run else 0


@solara.component
def Controls(session: Session, status: str, n_done: int, n_months: int) -> solara.Element:
    """What a visitor chooses and does. Keeps the choice, so that reset starts the same run again."""
    choice, set_choice = solara.use_state(session.choice)
    speed, set_speed = solara.use_state(SPEEDS.index(session.speed))
    error, set_error = solara.use_state("")

    def choose(values: dict[str, Any]) -> None:
        try:
            chosen = read_choice(values)
        except ValueError as problem:
            set_error(str(problem))
            return
        set_error("")
        set_choice(chosen)
        session.reset(chosen)

    def change_speed(index: int) -> None:
        if index not in range(len(SPEEDS)):
            return
        set_speed(index)
        session.set_speed(SPEEDS[index])

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
        event_choose=choose,
        event_play=lambda _: session.play(),
        event_pause=lambda _: session.pause(),
        event_step=lambda _: session.step(),
        event_reset=lambda _: session.reset(choice),
        event_speed=change_speed,
    )


def _headline(snapshot: Snapshot) -> solara.Element:
    run = snapshot.run
    if snapshot.status == "preparing" or run is None:
        text = "The market is being set up ..."
    elif snapshot.month is None:
        text = f"Press play to start in {month_name(run.start)}."
    else:
        text = snapshot.headline
    by_hand = " · played by hand" if run and run.seat else ""
    kicker = f"{run.title} · seed {run.seed}{by_hand}" if run else ""
    return charts.headline(
        text=text,
        kicker=kicker,
        forced=bool(run and run.forced),
        error=snapshot.message,
        playing=snapshot.status == "playing",
    )


def _cards(snapshot: Snapshot) -> solara.Element:
    run = snapshot.run
    timing = {"first": str(run.start) if run else "", "n_months": run.n_months if run else 0}
    ceiling = run.debt_ceiling_usd / BILLION if run else 0.0
    usps = snapshot.usps / BILLION
    cards = [
        charts.state_map(
            groups=list(charts.CARRIERS),
            states=list(run.states) if run else [],
            when=month_name(snapshot.month) if snapshot.month else "",
            packed={
                "delivered": charts.pack(snapshot.place_delivered),
                "own": charts.pack(snapshot.place_own_share),
                "on_time": charts.pack(snapshot.place_on_time),
            },
        ),
        charts.lines(
            title="Parcels by carrier",
            note="Parcels that each carrier accepts in a month, whole country. The regional carriers are one line.",
            unit="million parcels a month",
            series=list(charts.CARRIERS),
            limits=[],
            decimals=0,
            floor=0.0,
            ceiling=None,
            packed=charts.pack(snapshot.volume / MILLION),
            **timing,
        ),
        charts.lines(
            title="Amazon's own share",
            note="Share of the parcels that Amazon ships which its own vans deliver, by how densely people live.",
            unit="% of Amazon's parcels",
            series=list(charts.DENSITY_SERIES),
            limits=[],
            decimals=1,
            floor=0.0,
            ceiling=100.0,
            packed=charts.pack(snapshot.own_share * 100),
            **timing,
        ),
        charts.lines(
            title="USPS net income",
            note="What USPS earns or loses in a month, mail included, after all costs.",
            unit="billion $ a month",
            series=list(charts.INCOME_SERIES),
            limits=[],
            decimals=2,
            floor=None,
            ceiling=None,
            packed=charts.pack(usps[:, :1]),
            **timing,
        ),
        charts.lines(
            title="USPS cash and debt",
            note="At the end of each month. The law lets USPS borrow up to the ceiling and no more.",
            unit="billion $",
            series=list(charts.MONEY_SERIES),
            limits=[{"name": "Debt ceiling", "value": ceiling}] if run else [],
            decimals=1,
            floor=0.0,
            ceiling=None,
            packed=charts.pack(np.ascontiguousarray(usps[:, 1:])),
            **timing,
        ),
    ]
    return ipyvue.Html.element(tag="div", class_="lm-cards", children=cards)
