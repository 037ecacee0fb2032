"""What `lastmile matrix` does and prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json
from experiments.cli.sweeps import sweep_progress
from experiments.figures import figure, unit_of

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.policies.matrix import Matrix


def run_matrix(
    asked: Mapping[str, Any], problems: Sequence[str], retry_failed: bool, table: Path | None, json: bool
) -> None:
    """Run a matrix and print it.

    Args:
        asked: Arguments of `matrix` by name.
        problems: Found before; told with all others.
        retry_failed: Whether failed runs are run again.
        table: File of `--table`, already checked.
        json: Whether to print one JSON object.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.policies.matrix import PAGE, matrix
    from experiments.policies.plan import check_matrix
    from experiments.settings import gather
    from experiments.spreadsheets.asking import matrix_tables

    gather(lambda: check_matrix(**asked), known=problems)
    with sweep_progress(quiet=json) as progress:
        result = matrix(**asked, retry_failed=retry_failed, progress=progress)
    if json:
        print_json(result.summary())
    else:
        show_matrix(console(), result)
        if asked["out"] is not None:
            console().print(f"The page is {asked['out']}/{PAGE}; all runs are beside it.")
    keep_tables(table, lambda: matrix_tables(result), quiet=json)


def show_matrix(out: Console, result: Matrix) -> None:
    """Print for each outcome what every policy leads to, what is regretted, and which policy is robust."""
    for name in result.outcomes:
        _show_outcome(out, result, name)
    for policy in result.policies:
        whose = f" ({', '.join(policy.owners)})" if policy.owners else ""
        out.print(f"{policy.name}{whose}: sets {policy.told}.")
    for warning in result.warnings:
        out.print(f"Note: {warning}")


def _show_outcome(out: Console, result: Matrix, name: str) -> None:
    first = result.policies[0].name
    unit = f", {unit_of(name)}" if unit_of(name) else ""
    title = f"{name}{unit}; {result.replications} paired runs of each cell, seeds from {result.seed}"
    columns = ("scenario", "policy", "mean", f"less {first}", "95 % interval", "regret", "95 % interval", "best in")
    table = grid(title, columns, right=range(2, len(columns)))
    cells: dict[Any, dict[str, Any]] = result.table.to_dict("index")  # type: ignore[assignment]
    for world in result.worlds:
        for position, policy in enumerate(result.policies):
            row = cells[name, world, policy.name]
            table.add_row(
                world if position == 0 else "",
                policy.name,
                figure(name, row["mean"]),
                figure(name, row["difference"], signed=True),
                _span(name, row, "difference", signed=True),
                figure(name, row["regret"]),
                _span(name, row, "regret"),
                "" if row["best_share"] != row["best_share"] else f"{row['best_share']:.0%}",
                end_section=position == len(result.policies) - 1,
            )
    out.print(table)
    out.print(result.answers[name])


def _span(name: str, row: Mapping[str, float], column: str, signed: bool = False) -> str:
    ends = [figure(name, row[f"{column}_{end}"], signed) for end in ("low", "high")]
    return f"{ends[0]} to {ends[1]}" if all(ends) else ""
