"""Commands about speed and about results that must not change by it."""

from __future__ import annotations

import typer

from experiments.cli.console import FAILED, console, grid, print_json

SHOWN = 40


def run_baseline(refresh: bool, json: bool) -> None:
    """Compare the reference runs with their file, or write it anew."""
    from experiments.benchmarks import reference

    if refresh:
        reference.refresh()
        console().print(f"The reference runs are in {reference.REFERENCE_FILE}")
        return
    found = reference.moves()
    if json:
        print_json({"moved": [{"run": m.case, "outcome": m.outcome, "before": m.before, "now": m.now} for m in found]})
    elif not found:
        console().print(f"All outcomes of {len(reference.CASES)} reference runs are what they were.")
    else:
        table = grid(f"{len(found)} outcomes moved", ("run", "outcome", "before", "now", "change"), right=(2, 3, 4))
        for move in found[:SHOWN]:
            table.add_row(move.case, move.outcome, repr(move.before), repr(move.now), f"{move.share:.3g}")
        console().print(table)
        console().print(f"Where this is wanted: {reference.REFRESH_COMMAND}")
    if found:
        raise typer.Exit(FAILED)
