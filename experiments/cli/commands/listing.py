"""Commands that list what there is: scenarios, levers, parameters, phases, outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.console import FAILED, reports_errors
from experiments.cli.listings import list_outcomes, list_parameters, list_phases, list_scenarios
from experiments.cli.options import JsonOption, SeedOption, TableOption


@reports_errors
def scenarios(
    levers: Annotated[bool, typer.Option("--levers", help="List what a scenario can choose, by owner.")] = False,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """List the scenarios, or with --levers what each actor can choose."""
    list_scenarios(levers, table, json)


@reports_errors
def levers(
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME ...]", help="With --check: only these scenarios and levers.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Run every pair and see whether outcomes move as economics says.")
    ] = False,
    seed: SeedOption = 1,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="With --check: also write it as Markdown.", show_default=False),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """List what each actor can choose, or with --check whether each lever does what it should (else exit code 1)."""
    from experiments.cli.policy import run_levers

    if not run_levers(check, subjects or [], seed, write, table, json):
        raise typer.Exit(FAILED)


@reports_errors
def parameters(
    filter: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="Show rows with this text in symbol, name or source.")
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """List the parameters with values, ranges, units and sources."""
    list_parameters(filter, table, json)


@reports_errors
def phases(table: TableOption = None, json: JsonOption = False) -> None:
    """List the phases of a month in order."""
    list_phases(table, json)


@reports_errors
def outcomes(table: TableOption = None, json: JsonOption = False) -> None:
    """List the outcomes with units and meanings."""
    list_outcomes(table, json)
