"""Commands about the start of the model: its fit, and how finely it is resolved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar, table_problems
from experiments.settings import gather
from experiments.storage import check_file

if TYPE_CHECKING:
    from experiments.start_fit.shipper_numbers import ShipperNumbers


def run_calibration(
    write: Path | None, replications: int | None, workers: int | None, table: Path | None, json: bool
) -> None:
    """Set modelled beside published figures; what belongs to --shippers is refused."""
    from experiments import calibration
    from experiments.cli.tables import show_calibration
    from experiments.spreadsheets.evidence import start_tables

    given = {"--replications": replications, "--workers": workers}
    only = [name for name, value in given.items() if value is not None]
    problems = [f"{name} belongs to --shippers; the start is shown from one run" for name in only]
    gather(lambda: None if write is None else check_file(write), known=[*problems, *table_problems(table)])
    with progress_bar("standing_still", "months", quiet=json) as progress:
        result = calibration(progress=progress)
    if write is not None:
        result.write(write)
    if json:
        print_json(result.summary())
    else:
        show_calibration(console(), result)
    keep_tables(table, lambda: start_tables(result), quiet=json)


def run_shipper_numbers(
    write: Path | None, replications: int | None, workers: int | None, file: Path | None, json: bool
) -> None:
    """Show outcomes of the same seeds with few and with many shippers."""
    from experiments.spreadsheets.evidence import shipper_tables
    from experiments.start_fit.shipper_numbers import REPLICATIONS, shipper_numbers

    gather(lambda: None if write is None else check_file(write), known=table_problems(file))
    with progress_bar("shippers", "runs", quiet=json) as progress:
        found = shipper_numbers(
            REPLICATIONS if replications is None else replications, workers=workers, progress=progress
        )
    if write is not None:
        found.write(write)
    if json:
        print_json(found.summary())
    else:
        _show_shipper_numbers(found)
    keep_tables(file, lambda: shipper_tables(found), quiet=json)


def _show_shipper_numbers(found: ShipperNumbers) -> None:
    table = grid(f"Seeds 1 to {found.replications}", found.headers, right=range(2, len(found.headers)))
    for row in found.rows():
        table.add_row(*row)
    console().print(table)
    console().print(found.finding().replace("`", ""))
