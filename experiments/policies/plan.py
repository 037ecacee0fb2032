"""What a matrix is asked for, checked: all problems at once, before anything runs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.calendar import Month
from experiments.comparison import MAX_REPLICATIONS
from experiments.designs.columns import outcome_names
from experiments.designs.design import Design
from experiments.designs.matrix import matrix_design
from experiments.draws import load_draws
from experiments.errors import InputError
from experiments.figures import split_year
from experiments.parties import Roster, party_notes
from experiments.policies.better import more_is_better
from experiments.policies.reading import Policy, read_policies
from experiments.settings import check_count, check_seeds, check_workers, gather, prepare_scenario
from experiments.store.store import check_store_folder
from experiments.targets.reach import read_name
from model.scenario import Scenario

DEFAULT_OUTCOME = "usps_net_income_usd"
BEST = ("high", "low")


@dataclass(frozen=True, eq=False)
class MatrixPlan:
    """What has been asked for, checked."""

    design: Design
    worlds: tuple[str, ...]
    policies: tuple[Policy, ...]
    outcomes: dict[str, bool]
    notes: tuple[str, ...]


def check_matrix(
    scenarios: Sequence[str | Path | Scenario],
    policies: str | Path | Mapping[str, Any] | None,
    only: Sequence[str],
    outcome: str | Sequence[str],
    best: str | None,
    set: Mapping[str, Any] | None,
    seed: int,
    until: str | Month | None,
    replications: int,
    workers: int | None,
    out: str | Path | None,
    draws: str | Path | None,
    roster: Roster | None,
) -> MatrixPlan:
    """Check what `matrix` was asked for.

    Raises:
        InputError: All problems at once.
    """
    problems: list[str] = []
    check_count("replications", replications, 1, MAX_REPLICATIONS, problems)
    check_workers(workers, problems)
    if best not in (None, *BEST):
        problems.append(f"best: {best!r} is not allowed; it must be high or low")
    listed = [scenarios] if isinstance(scenarios, str | Path | Scenario) else list(scenarios)
    if not listed:
        problems.append("scenarios: missing; name one or more, for example baseline,withdraw,mail_decline")
    tried = _tried(policies, only, problems)
    fixed = dict(set or {})
    problems += [
        f"set: {name} is set, and policy {policy.name} sets it too; leave one of both"
        for policy in tried
        for name in policy.changes
        if name in fixed
    ]
    worlds = [one for one in (_prepared(each, fixed, until, roster, problems) for each in listed) if one is not None]
    names = [world.name for world in worlds]
    problems += [f"scenarios: {name!r} comes twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if len({(world.start, world.end) for world in worlds}) > 1:
        problems.append("scenarios: they run over different months; give one last month with until")
    cells = [_cell(world, policy, problems) for world in worlds for policy in tried]
    looked = looked_at(outcome, best, worlds, problems)
    _, _, drawn = gather(
        lambda: check_seeds(seed, replications if isinstance(replications, int) else 1),
        lambda: None if out is None else check_store_folder(out),
        lambda: None if draws is None else load_draws(draws),
        known=problems,
    )
    whole = [cell for cell in cells if cell is not None]
    if drawn is not None:
        drawn.check_free(whole, fixed)
    design = matrix_design(whole, names, [one.describe() for one in tried], int(replications), int(seed), drawn)
    return MatrixPlan(design, tuple(names), tried, looked, tuple(party_notes(worlds[0])))


def _tried(
    policies: str | Path | Mapping[str, Any] | None, only: Sequence[str], problems: list[str]
) -> tuple[Policy, ...]:
    try:
        return read_policies(policies, only)
    except InputError as error:
        problems += error.problems
        return ()


def _prepared(
    scenario: str | Path | Scenario,
    fixed: Mapping[str, Any],
    until: str | Month | None,
    roster: Roster | None,
    problems: list[str],
) -> Scenario | None:
    try:
        return prepare_scenario(scenario, fixed, until=until, keep_own=True, roster=roster)
    except InputError as error:
        problems += [problem for problem in error.problems if problem not in problems]
        return None


def _cell(world: Scenario, policy: Policy, problems: list[str]) -> Scenario | None:
    try:
        changed = prepare_scenario(world, policy.changes, keep_own=True)
    except InputError as error:
        problems += [f"policy {policy.name}: {problem.removeprefix('set: ')}" for problem in error.problems]
        return None
    return changed.with_changes({"name": f"{world.name}+{policy.name}"})


def looked_at(
    outcome: str | Sequence[str], best: str | None, worlds: Sequence[Scenario], problems: list[str]
) -> dict[str, bool]:
    """Outcomes, and whether more of each is better."""
    if not worlds:
        return {}
    known = outcome_names(worlds[0])
    asked = [read_name(one) for one in ([outcome] if isinstance(outcome, str) else outcome)]
    years = [split_year(name)[1] for name in known if split_year(name)[0] == DEFAULT_OUTCOME]
    if not asked:
        asked = [f"{DEFAULT_OUTCOME}_{max(years)}" if any(years) else DEFAULT_OUTCOME]
    found: dict[str, bool] = {}
    for name in asked:
        usual = more_is_better(name)
        if name not in known:
            problems.append(f"outcome: there is no {name!r} in a run to {worlds[0].end}; {_hint(name, known)}")
        elif best is None and usual is None:
            problems.append(f"best: whether more or less of {name} is better is not known; say high or low")
        else:
            found[name] = bool(usual) if best is None else best == "high"
    return found


def _hint(name: str, known: Sequence[str]) -> str:
    years = [split_year(one)[1] for one in known if split_year(one)[0] == split_year(name)[0] and split_year(one)[1]]
    if years:
        return f"it is known of {years[0]} to {years[-1]}"
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {', '.join(close)}?" if close else "`lastmile outcomes` lists them"
