"""Commands about speed and about results that must not change by it."""

from __future__ import annotations

from pathlib import Path

import typer

from experiments.cli.console import FAILED, console, grid, keep_tables, print_json, progress_bar, table_problems
from experiments.settings import gather
from experiments.storage import check_file

SHOWN = 40


def run_baseline(refresh: bool, file: Path | None, json: bool) -> None:
    """Compare the reference runs with their file, or write it anew."""
    from experiments.benchmarks import reference
    from experiments.spreadsheets.evidence import reference_tables

    problems = table_problems(file)
    if refresh and file is not None:
        problems.append("table: --refresh compares nothing; leave one of both")
    gather(known=problems)
    if refresh:
        reference.refresh()
        console().print(f"The reference runs are in {reference.REFERENCE_FILE}")
        return
    found = reference.moves()
    keep_tables(file, lambda: reference_tables(found), quiet=json)
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


def run_benchmark(profile: bool, write: Path | None, file: Path | None, json: bool) -> None:
    """Show the profile of a default run, or measure everything."""
    from experiments.benchmarks.profile import profile_run
    from experiments.spreadsheets.evidence import profile_tables

    problems = table_problems(file)
    if profile and write is not None:
        problems.append("benchmark: --write needs the whole benchmark; leave --profile out")
    gather(lambda: None if write is None else check_file(write), known=problems)
    if profile:
        found = profile_run()
        keep_tables(file, lambda: profile_tables(found), quiet=json)
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
    _run_all(write, file, json)


def _run_all(write: Path | None, file: Path | None, json: bool) -> None:
    from experiments.benchmarks import page
    from experiments.benchmarks.benchmark import benchmark
    from experiments.spreadsheets.evidence import benchmark_tables

    if write is not None:
        page.check_page(write)
    with progress_bar("benchmark", "parts", quiet=json) as progress:
        result = benchmark(progress)
    if write is not None:
        page.write_page(result, write)
    keep_tables(file, lambda: benchmark_tables(result), quiet=json)
    if json:
        print_json(result.as_dict())
    else:
        console().print("\n".join(page.section(result)))
