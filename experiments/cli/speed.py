"""Commands about speed and about results that must not change by it."""

from __future__ import annotations

from pathlib import Path

import typer

from experiments.cli.console import FAILED, console, grid, print_json, progress_bar
from experiments.errors import InputError

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


def run_benchmark(profile: bool, write: Path | None, json: bool) -> None:
    """Show the profile of a default run, or measure everything."""
    from experiments.benchmarks.profile import profile_run

    if profile:
        if write is not None:
            raise InputError("benchmark: --write needs the whole benchmark; leave --profile out")
        found = profile_run()
        if json:
            print_json(found.as_dict())
            return
        table = grid(
            f"{found.scenario}, {found.months} months: start {found.start:.2f} s, run {found.total:.2f} s",
            ("phase", "ms a month", "share"),
            right=(1, 2),
        )
        for name, seconds in found.phases.items():
            table.add_row(name, f"{seconds / found.months * 1000:.2f}", f"{found.share(name):.1%}")
        console().print(table)
        return
    _run_all(write, json)


def _run_all(write: Path | None, json: bool) -> None:
    from experiments.benchmarks import page
    from experiments.benchmarks.benchmark import benchmark

    if write is not None:
        page.check_page(write)
    with progress_bar("benchmark", "parts", quiet=json) as progress:
        result = benchmark(progress)
    if write is not None:
        page.write_page(result, write)
    if json:
        print_json(result.as_dict())
    else:
        console().print("\n".join(page.section(result)))
