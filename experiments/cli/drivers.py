"""What drives the outcomes of a sweep of any design, on a terminal and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json
from experiments.figures import unit_of

if TYPE_CHECKING:
    from experiments.analysis.drivers import Drivers
    from experiments.store.reading import SweepResult


def show_drivers(
    result: SweepResult, outcome: Sequence[str] | None, scenario: str | None, table: Path | None, json: bool
) -> None:
    """Print shares of the variance, outcome by outcome and scenario by scenario."""
    from experiments.analysis.drivers import drivers_of
    from experiments.analysis.values import chosen_outcomes
    from experiments.reports.report import headline_outcomes
    from experiments.spreadsheets.outcomes import drivers_tables

    names = chosen_outcomes(result, outcome or (None if json else headline_outcomes(result)))
    scenarios = result.scenarios if scenario is None else (result.scenario(scenario),)
    found = {name: [drivers_of(result, one, name) for one in names] for name in scenarios}
    keep_tables(table, lambda: drivers_tables([one for several in found.values() for one in several]), quiet=json)
    if json:
        by_scenario = {name: _summary(result, name, several) for name, several in found.items()}
        print_json(with_scenarios(by_scenario, result))
        return
    print_partial(result)
    constant = []
    for position, name in enumerate(names):
        several = [found[one][position] for one in scenarios]
        if all(one.table.empty for one in several):
            constant.append(name)
        for one in several:
            if not one.table.empty:
                _print(result, one)
    if constant:
        console().print(f"{len(constant)} outcomes do not vary.")
    left = len(result.outcomes) - len(names)
    if left > 0 and not outcome:
        console().print(f"{left} more outcomes with --outcome '*'.")


def _print(result: SweepResult, found: Drivers) -> None:
    from experiments.reports import shares
    from experiments.reports.words import label

    columns = [head for head in shares.heads(found.outcome) if head != "meaning"]
    title = f"{found.outcome}, scenario {label(result, found.scenario)}: share of the variance of a single run"
    table = grid(title, columns, right=range(1, len(columns)))
    for cells in shares.cells(found):
        table.add_row(cells[0], *cells[2:])
    console().print(table)
    for note in (*found.notes, shares.READING):
        console().print(note)
    console().print()


def print_partial(result: SweepResult) -> None:
    """Say first that a sweep is partial, where it is."""
    partial = result.status.partial
    if partial:
        console().print(f"Partial sweep: {partial}. What follows is of the runs that are there.")
        console().print()


def with_scenarios(summaries: dict[str, dict[str, Any]], result: SweepResult) -> dict[str, Any]:
    """What is said of the first scenario, and under `scenarios` of each of them.

    Args:
        summaries: Scenario to what is said of it.
        result: The sweep.
    """
    first = next(iter(summaries.values()))
    told = ("outcomes", "constant", "without")
    every = {name: {key: one[key] for key in told if key in one} for name, one in summaries.items()}
    return {"partial": result.status.partial, **first, "scenarios": every}


def _summary(result: SweepResult, scenario: str, found: Sequence[Drivers]) -> dict[str, Any]:
    return {
        "kind": result.kind,
        "scenario": scenario,
        "points": result.manifest.points,
        "replications": int(result.manifest.design["replications"]),
        "outcomes": {one.outcome: _outcome(one) for one in found if not one.table.empty},
        "constant": [one.outcome for one in found if one.table.empty],
    }


def _outcome(found: Drivers) -> dict[str, Any]:
    rows: dict[Any, dict[Any, Any]] = found.table.to_dict("index")
    return {
        "method": found.method,
        "unit": unit_of(found.outcome),
        "points": found.points,
        "seeds": found.seeds,
        "notes": list(found.notes),
        "sources": {
            str(source): {"factors": list(found.members.get(source, ()))}
            | {str(name): _plain(value) for name, value in row.items()}
            for source, row in rows.items()
        },
    }


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
