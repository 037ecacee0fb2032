"""What `lastmile calibrate` does and prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar, table_problems
from experiments.settings import gather

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.estimation.calibrate import Estimation


def run_calibrate(
    out: Path,
    last_year: int,
    runs: int,
    seed: int,
    workers: int | None,
    write: Path | None,
    neural: bool,
    table: Path | None,
    json: bool,
) -> None:
    """Estimate, print, and write the page where that is asked for."""
    from experiments.estimation.calibrate import calibrate, check_calibration
    from experiments.estimation.page import write_page
    from experiments.spreadsheets.evidence import estimation_tables
    from experiments.storage import check_file

    gather(
        lambda: check_calibration(last_year, runs, seed, neural),
        lambda: None if write is None else check_file(write),
        known=table_problems(table),
    )
    with progress_bar(f"calibrate to {last_year}", "runs", quiet=json) as progress:
        result = calibrate(out, last_year, runs, seed, workers, progress, neural)
    if write is not None:
        write_page(write, result)
    keep_tables(table, lambda: estimation_tables(result), quiet=json)
    if json:
        print_json(result.summary())
        return
    show_estimation(console(), result)
    console().print(f"Runs and the draws {result.name} are in {out}")


def show_estimation(out: Console, result: Estimation) -> None:
    """Print recovery, posterior and fit."""
    from experiments.estimation.calibrate import root_mean_square

    told = ("in 80 %", "s.d. ratio", "with error", "recovered")
    columns = ("parameter", "prior", "default", *told, "emulator", "nearest runs")
    table = grid(f"Estimated on data up to {result.last_year}", columns, right=(1, 2, 3, 4, 5, 7, 8))
    for row in result.table().to_dict("records"):
        table.add_row(
            row["symbol"],
            f"{row['low']:g} to {row['high']:g}",
            f"{row['default']:g}",
            f"{100 * row['coverage_emulated']:.0f} %",
            f"{row['sd_ratio_emulated']:.2f}",
            f"{row['sd_ratio_with_error_emulated']:.2f}",
            "yes" if row["recovered"] else "no, fixed",
            f"{row['mean_emulated']:.3f} ± {row['sd_emulated']:.3f}",
            f"{row['mean_nearest']:.3f} ± {row['sd_nearest']:.3f}",
        )
    for symbol in result.prior.fixed:
        table.add_row(symbol, "", "", "", "", "", "nothing reads it", "", "")
    out.print(table)
    if result.neural is not None:
        found = [row.symbol for row in result.neural.recovery if row.recovered]
        named = f": {', '.join(found)}" if found else ""
        out.print(f"A neural posterior finds {len(found)} of {len(result.prior.symbols)} again, with error{named}.")
    out.print(f"History matching leaves {100 * result.kept:.1f} % of the prior.")
    out.print(
        f"Mean distance from {len(result.fit)} moments, in tolerances: "
        f"{root_mean_square(result.fit, 'default'):.2f} at the default parameters, "
        f"{root_mean_square(result.fit, 'posterior'):.2f} at the posterior."
    )
