"""Commands that repeat runs, watch over results and speed, and serve the browser app."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.console import FAILED, complain, reports_errors
from experiments.cli.options import JsonOption, RosterOption, TableOption


@reports_errors
def rerun(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Folder of `run --out`, its summary.json, what --json printed, or a sweep."
        ),
    ],
    run: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="Run of a sweep; its first unless told.")
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Repeat a stored run from its provenance and compare: identical, or what differs (then exit code 1).

    For example: lastmile rerun results/withdraw
    """
    from experiments.cli.reproduction import run_rerun

    if not run_rerun(file, run, table, json):
        raise typer.Exit(FAILED)


@reports_errors
def baseline(
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Accept today's results: write the reference runs anew.")
    ] = False,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show whether a few reference runs still give what they gave (else exit code 1)."""
    from experiments.cli.speed import run_baseline

    run_baseline(refresh, table, json)


@reports_errors
def benchmark(
    profile: Annotated[bool, typer.Option("--profile", help="Only where the time of a default run goes.")] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Also write it into a Markdown page.", show_default=False),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Time a month beside other ways to write it, and cost against size, start-up and memory (some minutes)."""
    from experiments.cli.speed import run_benchmark

    run_benchmark(profile, write, table, json)


@reports_errors
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; the default only answers this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="TCP port, 0 for any free one.")] = 8765,
    open_: Annotated[
        Path | None, typer.Option("--open", metavar="DIR", help="Folder of sweeps to show, or of a single one.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open-browser", help="Open the page in the browser.")] = False,
    roster: RosterOption = None,
    processes: Annotated[
        int | None,
        typer.Option(min=0, max=64, metavar="N", help="Processes that simulate months; one for each processor."),
    ] = None,
) -> None:
    """Serve the browser app until interrupted."""
    # By name and only here: the app stands on the floor above this one, which must work without it.
    from importlib import import_module

    from experiments.errors import InputError
    from experiments.parties import read_roster

    problems: list[str] = []
    parties = read_roster(roster or (), problems)
    if problems:
        raise InputError(problems)
    app_server = import_module("server.serve")
    try:
        app_server.serve(host, port, open_browser, open_, processes, parties)
    except KeyboardInterrupt:
        return  # the usual way to end it
    except app_server.ServeError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from error
