"""What `lastmile branch` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from experiments.branching import DIFFERENCES, Branch
from experiments.cli.console import grid
from experiments.cli.tables import headlines, tell_absent
from experiments.figures import choose, figure, unit_of
from experiments.settings import shown


def show_branch(console: Console, result: Branch, patterns: Sequence[str]) -> None:
    """Print what was changed and how the branch differs from the run that it left."""
    run, table = result.result, result.differences
    names = list(table["outcome"])
    chosen = choose(names, patterns) if patterns else headlines(names)
    title = f"{run.scenario.name}, seed {run.seed}, to {run.monthly.index[-1]}, beside {result.parent}"
    drawn = grid(title, ("outcome", "unit", *DIFFERENCES[1:]), right=(2, 3, 4))
    rows: list[Any] = [*table[table["outcome"].isin(chosen)].itertuples()]
    for row in rows:
        name = str(row.outcome)
        difference = figure(name, row.difference, signed=True)
        drawn.add_row(name, unit_of(name), figure(name, row.parent), figure(name, row.branch), difference)
    console.print(drawn)
    tell_absent(console, patterns, names)
    if len(chosen) < len(names):
        console.print(f"{len(names) - len(chosen)} more outcomes with --outcome '*'.")
    changed = ", ".join(f"{name} = {shown(value)}" for name, value in result.changes.items())
    console.print(f"Up to {result.at + -1} both are one run; from {result.at} on: {changed or 'nothing is changed'}.")
    if table.empty or (table["difference"].abs() == 0.0).all():
        console.print("No outcome differs.")
    console.print("One seed: differences hold what luck makes of the change; `compare` shows intervals.")
    if run.ended is not None:
        console.print(f"Ended with {run.ended['month']}: {run.ended['why']}.")
    for warning in run.warnings:
        console.print(f"Note: {warning}.")
