"""The command that tells what a scenario leads to, with bands."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.cli.console import (
    console,
    keep_tables,
    print_json,
    progress_bar,
    reports_errors,
    table_problems,
    tell_folder,
)
from experiments.cli.options import (
    DrawsOption,
    FirstSeedOption,
    FromOption,
    JsonOption,
    OutcomeOption,
    OutOption,
    RosterOption,
    SetOption,
    ShockOption,
    TableOption,
    UntilOption,
    WorkersOption,
)


@reports_errors
def forecast(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help="Name of a scenario or a .toml file.")
    ] = "baseline",
    set: SetOption = None,
    shock: ShockOption = None,
    draws: DrawsOption = None,
    seed: FirstSeedOption = 1,
    from_: FromOption = None,
    until: UntilOption = None,
    replications: Annotated[int, typer.Option(metavar="N", help="Seeds, 2 or more.")] = 16,
    workers: WorkersOption = None,
    roster: RosterOption = None,
    outcome: OutcomeOption = None,
    out: OutOption = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Also keep the headlines for the browser, which shows them as Evidence.")
    ] = False,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Show within which bands outcomes are expected to lie: luck, parameters, and what the model gets wrong.

    For example: lastmile forecast baseline --draws frozen-2024 --replications 16
    """
    from experiments.cli.forecast import show_forecast
    from experiments.designs.columns import check_outcomes
    from experiments.foresight import check_forecast
    from experiments.foresight import forecast as foresee
    from experiments.parties import read_roster
    from experiments.settings import gather, read_settings
    from experiments.spreadsheets.outcomes import forecast_tables
    from experiments.storage import check_folder
    from experiments.stored_forecast import command_of, keep_forecast

    problems = table_problems(table)
    changes, parties = read_settings(set or (), problems, shock), read_roster(roster or (), problems)
    (prepared, _), _ = gather(
        lambda: check_forecast(scenario, changes, draws, seed, from_, until, replications, parties),
        lambda: None if out is None else check_folder(out),
        known=problems,
    )
    check_outcomes(prepared, outcome or ())
    with progress_bar(prepared.name, "runs", quiet=json) as progress:
        result = foresee(scenario, changes, draws, seed, from_, until, replications, workers, progress, parties)
    if out is not None:
        result.save(out)
    if keep:
        keep_forecast(result, command_of(result))
    if json:
        print_json(result.summary())
    else:
        show_forecast(console(), result, outcome or ())
        tell_folder(out)
    keep_tables(table, lambda: forecast_tables(result, outcome or ()), quiet=json)
