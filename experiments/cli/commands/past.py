"""Commands that hold the model against what was published, and estimate it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.console import reports_errors, table_problems
from experiments.cli.options import FirstSeedOption, JsonOption, SeedOption, SetOption, TableOption, WorkersOption


@reports_errors
def calibration(
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Also write the table as Markdown.", show_default=False),
    ] = None,
    shippers: Annotated[
        bool,
        typer.Option("--shippers", help="Instead: how far outcomes depend on the number of shippers (some minutes)."),
    ] = False,
    replications: Annotated[
        int | None, typer.Option(metavar="N", help="With --shippers: seeds, 40 unless told.", show_default=False)
    ] = None,
    workers: WorkersOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show how well the start of the model fits the published figures of 2024."""
    from experiments.cli.start_fit import run_calibration, run_shipper_numbers

    if shippers:
        run_shipper_numbers(write, replications, workers, table, json)
    else:
        run_calibration(write, replications, workers, table, json)


@reports_errors
def hindcast(
    from_: Annotated[str, typer.Option("--from", metavar="YYYY-MM", help="First month, from 2016-01 on.")] = "2019-01",
    to: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="Last month.")] = "2024-12",
    mode: Annotated[
        str,
        typer.Option(metavar="forced|free", help="Impose dated contracts and prices, or only demand and inflation."),
    ] = "free",
    replications: Annotated[
        int | None,
        typer.Option(metavar="N", help="Runs; 20 unless told, or 16 of each span with --write.", show_default=False),
    ] = None,
    set: SetOption = None,
    draws: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Stored parameter draws, or a .parquet file.", show_default=False),
    ] = None,
    seed: FirstSeedOption = 1,
    workers: WorkersOption = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also draw figures as PNG there.", show_default=False)
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write",
            metavar="FILE",
            help="Instead: run all spans of the documentation, write their page and what the browser shows.",
            show_default=False,
        ),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Run the past and show it beside what was observed and beside naive forecasts.

    For example: lastmile hindcast --from 2022-01 --mode forced
    """
    from experiments.cli.backtest import run_hindcast, run_page
    from experiments.settings import read_settings

    problems = table_problems(table)
    changes = read_settings(set or (), problems)
    if write is not None:
        given = {"set": set, "draws": draws, "figures": figures, "table": table, "json": json}
        run_page(write, replications, workers, [name for name, value in given.items() if value], problems)
        return
    run_hindcast(from_, to, mode, replications, changes, problems, draws, seed, workers, figures, table, json)


@reports_errors
def external(
    tests: Annotated[
        list[str] | None, typer.Argument(metavar="[TEST ...]", help="Only these, such as X7; all unless told.")
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", help="Seeds of every run, from 1 on.")] = 3,
    shippers: Annotated[int, typer.Option(metavar="N", help="Shippers of every run.")] = 1000,
    workers: WorkersOption = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FILE", help="Also write the page, and keep what the browser shows.", show_default=False
        ),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Hold the model against natural experiments and published studies, within limits written down beforehand.

    For example: lastmile external X7 X10 --seeds 1 --shippers 500
    """
    from experiments.cli.external import run_external

    run_external(tests or [], seeds, shippers, workers, write, table, json)


@reports_errors
def calibrate(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the runs; a second call goes on there.")
    ],
    last_year: Annotated[int, typer.Option(metavar="YEAR", help="Last year whose data is used, 2021 or 2024.")] = 2021,
    runs: Annotated[int, typer.Option(metavar="N", help="Runs over the prior; half as many follow within it.")] = 400,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Also write the tables as Markdown.", show_default=False),
    ] = None,
    neural: Annotated[
        bool, typer.Option("--neural", help="Also learn a neural posterior from the same runs (extra sbi).")
    ] = False,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Estimate the free parameters on the past, after showing which of them the method finds again.

    For example: lastmile calibrate --out results/frozen-2021
    """
    from experiments.cli.estimation import run_calibrate

    run_calibrate(out, last_year, runs, seed, workers, write, neural, table, json)
