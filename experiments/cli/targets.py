"""What `lastmile target` does and prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar
from experiments.cli.tables import assumptions, label
from experiments.figures import figure, unit_of

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.targets.target import Target

STRIP = 33  # characters of the drawn curve


def run_target(asked: Mapping[str, Any], problems: Sequence[str], table: Path | None, json: bool) -> None:
    """Find a target and print it.

    Args:
        asked: Arguments of `target` by name.
        problems: Found before; told with all others.
        table: File of `--table`, already checked.
        json: Whether to print one JSON object.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.settings import gather
    from experiments.spreadsheets.asking import target_tables
    from experiments.targets.plan import check_target
    from experiments.targets.target import target

    gather(lambda: check_target(**asked), known=problems)
    with progress_bar(f"target, {asked['vary']}", "runs so far", quiet=json) as progress:
        result = target(**asked, progress=progress)
    if json:
        print_json(result.summary())
    else:
        show_target(console(), result)
        if asked["out"] is not None:
            console().print(f"Results, all runs and curve.svg are in {asked['out']}")
    keep_tables(table, lambda: target_tables(result), quiet=json)


def show_target(out: Console, result: Target) -> None:
    """Print the curve that was found, the answer and what to keep in mind."""
    varied, reach, scenario = result.varied, result.reach, result.scenario
    span = f"seeds from {result.seed}, {scenario.start} to {scenario.end}"
    title = f"{label(scenario)}: {reach.label} by {varied.name}; {span}"
    low, high = (float(one) for one in (result.curve["low"].min(), result.curve["high"].max()))
    low, high = min(low, reach.figure), max(high, reach.figure)
    columns = (varied.with_unit(f"{varied.name},").removesuffix(","), "seeds", "mean", "95 % interval", "")
    table = grid(title, columns, right=(0, 1, 2, 3))
    for row in result.curve.to_dict("records"):
        table.add_row(
            varied.told(row["value"]),
            str(row["seeds"]),
            reach.told(row["mean"]),
            f"{reach.told(row['low'])} to {reach.told(row['high'])}",
            strip(row["mean"], row["low"], row["high"], reach.figure, (low, high)),
        )
    out.print(table)
    out.print(result.answer)
    for row in result.beside.to_dict("records"):
        name = row["outcome"]
        unit = unit_of(name)
        at = varied.told(float(result.root["value"].iloc[row["root"]]))
        out.print(
            f"At {at} {name} is {figure(name, row['mean'])} {unit} (95 % interval {figure(name, row['low'])} to "
            f"{figure(name, row['high'])})."
        )
    out.print(f"{varied.name}: {varied.meaning}.")
    out.print(assumptions(scenario))
    for warning in result.warnings:
        out.print(f"Note: {warning}")


def strip(mean: float, low: float, high: float, goal: float, ends: tuple[float, float]) -> str:
    """A line of a drawn curve: the interval as a stroke, the mean as a dot, what should be reached as a bar."""
    spread = ends[1] - ends[0]

    def place(value: float) -> int:
        return round((value - ends[0]) / spread * (STRIP - 1)) if spread > 0.0 else 0

    cells = [" "] * STRIP
    cells[place(low) : place(high) + 1] = "─" * (place(high) - place(low) + 1)
    cells[place(goal)] = "│"
    cells[place(mean)] = "●"
    return "".join(cells).rstrip()
