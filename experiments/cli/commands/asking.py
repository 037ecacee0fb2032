"""Commands that ask questions of many runs: which value reaches a figure, which policy is robust."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.console import reports_errors, table_problems
from experiments.cli.options import (
    DrawsOption,
    FirstSeedOption,
    JsonOption,
    OutOption,
    RosterOption,
    SetOption,
    ShockOption,
    StopOption,
    TableOption,
    UntilOption,
    WorkersOption,
)


@reports_errors
def target(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help="Name of a scenario or a .toml file.")
    ] = "baseline",
    vary: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Parameter, month, or price_access: what USPS asks everybody for the last mile, $ per parcel.",
            show_default=False,
        ),
    ] = "",
    in_: Annotated[str, typer.Option("--in", metavar="A..B", help="Range of its values.", show_default=False)] = "",
    reach: Annotated[
        str,
        typer.Option(
            metavar="OUTCOME=FIGURE",
            help="What the mean should be, 'NAME_YEAR=0.8', or a chance, 'chance(NAME_YEAR>0)=0.9'; with %, mn or bn.",
            show_default=False,
        ),
    ] = "",
    set: SetOption = None,
    shock: ShockOption = None,
    stop_when: StopOption = None,
    seed: FirstSeedOption = 1,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="YYYY-MM", help="Last month; the end of the year asked for unless told."),
    ] = None,
    replications: Annotated[int, typer.Option(metavar="N", help="Most seeds for one value, 2 or more.")] = 20,
    points: Annotated[int, typer.Option(metavar="N", help="Values looked at first, over the whole range.")] = 7,
    tolerance: Annotated[
        float, typer.Option(metavar="SHARE", help="How close to come, as a share of the range.")
    ] = 0.01,
    workers: WorkersOption = None,
    draws: DrawsOption = None,
    roster: RosterOption = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option("--outcome", metavar="PATTERN", help="Also tell these outcomes where the figure is reached."),
    ] = None,
    out: OutOption = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Find the value of a parameter at which an outcome, or a chance, reaches a figure, with a 95 % interval.

    With --out all runs are kept; the same command goes on from them, and another figure asks for no run twice.

    For example: lastmile target --vary price_access --in 2..5 --reach 'amazon_usps_retained_share_2028=0.8'
    """
    from experiments.cli.targets import run_target
    from experiments.parties import read_roster
    from experiments.settings import read_settings

    problems = table_problems(table)
    changes, parties = read_settings(set or (), problems, shock, stop_when), read_roster(roster or (), problems)
    asked = {
        "scenario": scenario, "vary": vary, "between": in_, "reach": reach, "set": changes, "seed": seed,
        "until": until, "replications": replications, "points": points, "tolerance": tolerance,
        "beside": outcome or (), "workers": workers, "draws": draws, "roster": parties, "out": out,
    }  # fmt: skip
    run_target(asked, problems, table, json)


@reports_errors
def matrix(
    scenarios: Annotated[
        str, typer.Option(metavar="A,B,...", help="Scenarios, names or .toml files.", show_default=False)
    ] = "",
    policies: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Policies; those of the package unless told.", show_default=False),
    ] = None,
    only: Annotated[
        str, typer.Option(metavar="A,B,...", help="Policies to take; differences are to the first.", show_default=False)
    ] = "",
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            metavar="NAME",
            help="Outcome to look at, with its year; repeat it for more. The last year's USPS net income unless told.",
        ),
    ] = None,
    best: Annotated[
        str | None,
        typer.Option(metavar="high|low", help="Whether more or less of the outcome is better.", show_default=False),
    ] = None,
    set: SetOption = None,
    shock: ShockOption = None,
    stop_when: StopOption = None,
    seed: FirstSeedOption = 1,
    until: UntilOption = None,
    replications: Annotated[int, typer.Option(metavar="N", help="Seeds of each cell.")] = 10,
    workers: WorkersOption = None,
    draws: DrawsOption = None,
    roster: RosterOption = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed runs again.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder of all runs and the page; a second call goes on in it.",
            show_default=False,
        ),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """Run every policy in every scenario: outcome, regret, how often each is best, and which policy is robust.

    With --out whatever stops it, the same command goes on, and another --outcome is shown without a run.

    For example: lastmile matrix --scenarios baseline,withdraw,mail_decline --out results/policies
    """
    from experiments.cli.policies import run_matrix
    from experiments.parties import read_roster
    from experiments.settings import read_settings

    problems = table_problems(table)
    changes, parties = read_settings(set or (), problems, shock, stop_when), read_roster(roster or (), problems)
    asked = {
        "scenarios": _listed(scenarios), "policies": policies, "only": _listed(only), "outcome": outcome or (),
        "best": best, "set": changes, "seed": seed, "until": until, "replications": replications,
        "workers": workers, "out": out, "draws": draws, "roster": parties,
    }  # fmt: skip
    run_matrix(asked, problems, retry_failed, table, json)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@reports_errors
def questions(
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", help="Question to answer; all are listed unless told.")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FILE", help="Instead answer all of them and write their page.", show_default=False
        ),
    ] = None,
    table: TableOption = None,
    json: JsonOption = False,
) -> None:
    """List twenty questions that people ask and the command that answers each, or answer one of them.

    For example: lastmile questions 1
    """
    from experiments.cli.questions import run_questions

    run_questions(number, write, table, json)
