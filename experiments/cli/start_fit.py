"""Commands about the start of the model: its fit, and how finely it is resolved."""

from __future__ import annotations

from pathlib import Path

from experiments.cli.console import console, grid, print_json, progress_bar
from experiments.errors import InputError
from experiments.storage import check_file


def run_calibration(write: Path | None, replications: int | None, workers: int | None, json: bool) -> None:
    """Set modelled beside published figures; what belongs to --shippers is refused."""
    from experiments import calibration
    from experiments.cli.tables import show_calibration

    given = {"--replications": replications, "--workers": workers}
    if only := [name for name, value in given.items() if value is not None]:
        raise InputError([f"{name} belongs to --shippers; the start is shown from one run" for name in only])
    if write is not None:
        check_file(write)
    with progress_bar("standing_still", "months", quiet=json) as progress:
        result = calibration(progress=progress)
    if write is not None:
        result.write(write)
    if json:
        print_json(result.summary())
    else:
        show_calibration(console(), result)


def run_shipper_numbers(write: Path | None, replications: int | None, workers: int | None, json: bool) -> None:
    """Show outcomes of the same seeds with few and with many shippers."""
    from experiments.start_fit.shipper_numbers import REPLICATIONS, shipper_numbers

    if write is not None:
        check_file(write)
    with progress_bar("shippers", "runs", quiet=json) as progress:
        found = shipper_numbers(
            REPLICATIONS if replications is None else replications, workers=workers, progress=progress
        )
    if write is not None:
        found.write(write)
    if json:
        print_json(found.summary())
        return
    table = grid(f"Seeds 1 to {found.replications}", found.headers, right=range(2, len(found.headers)))
    for row in found.rows():
        table.add_row(*row)
    console().print(table)
    console().print(found.finding().replace("`", ""))
