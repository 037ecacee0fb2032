"""What a target is asked for, checked: all problems at once, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.calendar import Month
from experiments.designs.columns import choose_outcomes, outcome_names
from experiments.draws import DrawSet, load_draws
from experiments.errors import InputError
from experiments.figures import split_year
from experiments.parties import Roster
from experiments.settings import (
    check_count,
    check_seeds,
    check_workers,
    gather,
    overruled,
    prepare_scenario,
    shown,
)
from experiments.storage import check_folder
from experiments.targets.reach import Reach, check_reach, read_reach
from experiments.targets.varied import COMPOSITES, Varied, read_varied
from model.scenario import Scenario

MAX_REPLICATIONS = 10_000
MAX_POINTS = 1_000


@dataclass(frozen=True)
class TargetPlan:
    """What has been asked for, checked."""

    scenario: Scenario
    varied: Varied
    reach: Reach
    seed: int
    replications: int
    beside: tuple[str, ...]
    drawn: DrawSet | None
    notes: tuple[str, ...]


def check_target(
    scenario: str | Path | Scenario,
    vary: str,
    between: str | Sequence[Any],
    reach: str,
    set: Mapping[str, Any] | None,
    seed: int,
    until: str | Month | None,
    replications: int,
    points: int,
    tolerance: float,
    beside: Sequence[str],
    workers: int | None,
    draws: str | Path | None,
    roster: Roster | None,
    out: str | Path | None,
) -> TargetPlan:
    """Check what `target` was asked for.

    Raises:
        InputError: All problems at once.
    """
    known: list[str] = []
    check_count("replications", replications, 2, MAX_REPLICATIONS, known)
    check_count("points", points, 3, MAX_POINTS, known)
    check_workers(workers, known)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0.0 < tolerance <= 0.5:
        known.append(f"tolerance: {tolerance!r} is not allowed; it must be a share of the range up to 0.5, as 0.01")
    asked = read_reach(reach, known)
    fixed = dict(set or {})
    prepared: Scenario | None = None
    drawn: DrawSet | None = None
    try:
        prepared = prepare_scenario(scenario, fixed, until=until, roster=roster)
    except InputError as error:
        known += error.problems
    base = prepared or Scenario()
    varied = read_varied(vary, between, base, fixed, known)
    if asked is not None and prepared is not None:
        if until is None and "end" not in fixed:
            prepared = _until_year(prepared, asked)
        check_reach(asked, prepared, known)
    patterns = [beside] if isinstance(beside, str) else [one.replace("@", "_") for one in beside]
    chosen = choose_outcomes(prepared, patterns, known, "outcome") if prepared is not None and patterns else []
    _, _, drawn = gather(
        lambda: check_seeds(seed, replications if isinstance(replications, int) else 1),
        lambda: None if out is None else check_folder(out),
        lambda: None if draws is None else load_draws(draws),
        known=known,
    )
    assert prepared is not None
    assert varied is not None
    assert asked is not None
    ends: list[Scenario] = gather(
        *(lambda end=end: varied.scenario(prepared, end) for end in (varied.low, varied.high))
    )
    if drawn is not None:
        drawn.check_free([prepared], [*fixed, *varied.names])
    notes = [*overruled(scenario, fixed), *_varied_before(prepared, varied, ends)]
    return TargetPlan(
        prepared, varied, asked, int(seed), int(replications), _companions(prepared, varied, asked, chosen), drawn,
        tuple(notes),
    )  # fmt: skip


def _until_year(scenario: Scenario, reach: Reach) -> Scenario:
    """The scenario up to the end of the year that is asked for: what comes later moves nothing before."""
    year = split_year(reach.outcome)[1]
    if not year or not scenario.start.year <= int(year) <= scenario.end.year:
        return scenario
    return scenario.with_changes({"end": str(min(scenario.end, Month(int(year), 12)))})


def _varied_before(scenario: Scenario, varied: Varied, ends: Sequence[Scenario]) -> list[str]:
    return [
        f"scenario {scenario.name!r} sets {name} = {shown(scenario.value(name))} itself, and {varied.name} varies it"
        for name in varied.names
        if name in scenario.stated and any(end.value(name) != scenario.value(name) for end in ends)
    ]


def _companions(scenario: Scenario, varied: Varied, reach: Reach, chosen: Sequence[str]) -> tuple[str, ...]:
    """Other outcomes to tell: what became of a composite that is varied, and those that were asked for."""
    names = list(chosen)
    if varied.name in COMPOSITES:
        year = split_year(reach.outcome)[1] or str(scenario.end.year)
        names.insert(0, f"{COMPOSITES[varied.name].beside}_{year}")
    known = {*outcome_names(scenario)}
    return tuple(name for name in dict.fromkeys(names) if name in known and name != reach.outcome)
