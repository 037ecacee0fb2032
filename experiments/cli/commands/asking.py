"""Commands that ask questions of many runs: which value reaches a figure."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.cli.console import reports_errors
from experiments.cli.options import (
    DrawsOption,
    FirstSeedOption,
    JsonOption,
    OutOption,
    RosterOption,
    SetOption,
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
    json: JsonOption = False,
) -> None:
    """Find the value of a parameter at which an outcome, or a chance, reaches a figure, with a 95 % interval.

    With --out all runs are kept; the same command goes on from them, and another figure asks for no run twice.

    For example: lastmile target --vary price_access --in 2..5 --reach 'amazon_usps_retained_share_2028=0.8'
    """
    from experiments.cli.targets import run_target
    from experiments.parties import read_roster
    from experiments.settings import read_settings

    problems: list[str] = []
    changes, parties = read_settings(set or (), problems), read_roster(roster or (), problems)
    asked = {
        "scenario": scenario, "vary": vary, "between": in_, "reach": reach, "set": changes, "seed": seed,
        "until": until, "replications": replications, "points": points, "tolerance": tolerance,
        "beside": outcome or (), "workers": workers, "draws": draws, "roster": parties, "out": out,
    }  # fmt: skip
    run_target(asked, problems, json)
