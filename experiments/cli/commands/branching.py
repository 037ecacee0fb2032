"""The command that lets a stored run go on under other assumptions."""

from __future__ import annotations

from pathlib import Path
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
    JsonOption,
    OutcomeOption,
    OutOption,
    RosterOption,
    SetOption,
    ShockOption,
    StopOption,
    TableOption,
    UntilOption,
)


@reports_errors
def branch(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of `run --out`, of a branch, its summary.json, or a sweep.")
    ],
    at: Annotated[str, typer.Option("--at", metavar="YYYY-MM", help="First month under the new assumptions.")],
    set: SetOption = None,
    shock: ShockOption = None,
    roster: RosterOption = None,
    until: UntilOption = None,
    stop_when: StopOption = None,
    run_id: Annotated[
        str | None,
        typer.Option("--run", metavar="ID", help="Run of a sweep; its first unless told.", show_default=False),
    ] = None,
    outcome: OutcomeOption = None,
    out: OutOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Go on from a month of a stored run under other levers, shocks or parties; the past is shared to the last bit.

    For example: lastmile branch results/withdraw --at 2026-06 --shock fuel=+100%@2026-07.. --out results/dear_fuel
    """
    from experiments.branching import play_branch, prepare_branch
    from experiments.cli.branching import show_branch
    from experiments.designs.columns import check_outcomes
    from experiments.parties import read_roster
    from experiments.settings import gather, read_settings
    from experiments.spreadsheets.asking import branch_tables
    from experiments.storage import check_folder

    problems = table_problems(table)
    changes = read_settings(set or (), problems, shock, stop_when)
    parties = read_roster(roster or (), problems)
    if out is not None and out.expanduser().resolve() == run.expanduser().resolve():
        problems.append(f"out: {str(out)!r} is the run itself, which the branch would replace; name another folder")
    prepared, _ = gather(
        lambda: prepare_branch(run, at, changes, (), parties, until, run_id),
        lambda: None if out is None else check_folder(out),
        known=problems,
    )
    check_outcomes(prepared.scenario, outcome or ())
    with progress_bar(prepared.scenario.name, "months", quiet=json) as progress:
        result = play_branch(prepared, progress)
    if out is not None:
        result.save(out)
    if json:
        print_json(result.summary())
    else:
        show_branch(console(), result, outcome or ())
        tell_folder(out)
    keep_tables(table, lambda: branch_tables(result, outcome or ()), quiet=json)
