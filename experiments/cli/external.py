"""What `lastmile external` does and prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar, table_problems
from experiments.settings import gather
from experiments.storage import check_file

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.external.study import ExternalTests


def run_external(
    tests: list[str],
    seeds: int,
    shippers: int,
    workers: int | None,
    write: Path | None,
    table: Path | None,
    json: bool,
) -> None:
    """Run the external tests and print them, or write their page and keep them for the browser.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.external.page import write_page
    from experiments.external.stored import keep_results
    from experiments.external.study import external_tests
    from experiments.spreadsheets.evidence import external_tables

    problems = table_problems(table)
    if write is not None and tests:
        problems.append("write: the page has all tests; leave their names out")
    gather(lambda: None if write is None else check_file(write), known=problems)
    with progress_bar("external", "runs", quiet=json) as progress:
        result = external_tests(tests, seeds, shippers, workers, progress)
    kept = None
    if write is not None:
        write_page(write, result)
        kept = keep_results(result)
    keep_tables(table, lambda: external_tables(result), quiet=json)
    if json:
        print_json(result.summary())
        return
    show_external(console(), result)
    if kept is not None:
        console().print(f"The page is {write}; the same results as data are {kept}")


def show_external(out: Console, result: ExternalTests) -> None:
    """Print every figure beside what was published, and why the model is believed to fail where it does."""
    from experiments.external.page import figure, interval, verdict

    columns = ("", "outcome", "published", "modelled", "limit", "within")
    table = grid(f"External tests; mean of {result.seeds} seeds", columns, right=range(2, 5))
    for one in result.findings:
        limit = one.limit
        table.add_row(
            limit.test,
            limit.outcome,
            interval(limit.published_low, limit.published_high, limit.unit),
            figure(one.value, limit.unit),
            interval(limit.low, limit.high, limit.unit),
            "yes" if one.holds else "NO",
        )
    out.print(table)
    for one in result.findings:
        if not one.holds:
            out.print(f"{one.limit.test}, {one.limit.outcome}: {one.reason}")
    if result.complete:
        out.print(verdict(result))
