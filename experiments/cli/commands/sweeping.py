"""Commands on sweeps: many runs after a design, how far they are, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.console import FAILED, console, reports_errors
from experiments.cli.options import FolderArgument, JsonOption, OutcomeOption, RosterOption, TableOption, WorkersOption


@reports_errors
def sweep(
    design: Annotated[Path, typer.Argument(metavar="DESIGN.toml", help="What to vary, and how.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the sweep; a second call goes on in it.")
    ],
    workers: WorkersOption = None,
    roster: RosterOption = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Use the workers of this dask scheduler instead.")
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed runs again.")] = False,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Longest time of one run.", show_default=False)
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Run what is missing of a design; whatever stops it, the same command goes on.

    For example: lastmile sweep examples/rural_build.toml --out results/rural_build
    """
    from experiments.cli.sweeps import run_sweep

    run_sweep(design, out, workers, roster or (), dask, retry_failed, timeout, table, json)


@reports_errors
def merge(
    stores: Annotated[list[Path], typer.Argument(metavar="A B ...", help="Folders of sweeps of one design.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder for the runs of all of them.")],
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Make one store of several of one design; runs that two of them hold must be the same to the last bit.

    For example: lastmile merge results/here results/there --out results/both
    """
    from experiments.cli.sweeps import run_merge

    run_merge(stores, out, table, json)


@reports_errors
def status(folder: FolderArgument, table: TableOption = None, json: JsonOption = False) -> None:
    """Show how far a sweep is: done, failed, left, rate, errors by kind; exit code 1 where a file is damaged."""
    from experiments.cli.sweeps import show_status

    if not show_status(folder, table, json):
        raise typer.Exit(FAILED)


@reports_errors
def sensitivity(
    folder: FolderArgument,
    outcome: OutcomeOption = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="Scenario of the sweep; all of them unless told.")
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show what drives the outcomes: shares of the variance, or Sobol or Morris indices of a sweep of that kind.

    Indices need every run of their design. Shares are also shown of a sweep that is not finished, and say so.
    """
    from experiments.cli.sweeps import show_sensitivity

    show_sensitivity(folder, outcome, scenario, table, json)


@reports_errors
def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of a sweep, or what another command wrote with --out.")
    ],
    outcome: OutcomeOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="File to write; unless told report.html in the folder of a sweep or matrix, or DIR.html.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write one HTML page to send to a colleague: about a sweep, or a brief of any other saved result.

    That is a run, branch, comparison, target or matrix. A brief states question, answer with interval, three figures,
    assumptions, what is not known, and how to repeat it.

    For example: lastmile report results/comparison --outcome amazon_usps_retained_share
    """
    from experiments.reports.report import report as write_report

    console().print(f"The report is in {write_report(folder, outcome or None, out)}")
