"""Options and arguments that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def _note_unlikely(items: list[str] | None) -> list[str] | None:
    """Say on stderr what is set outside its likely range; it is possible, so that nothing is refused."""
    if items:
        from experiments.likely import about_the_start, unlikely
        from experiments.settings import read_settings

        changes = read_settings(items, [])
        for told in (*unlikely(changes), *about_the_start(changes)):
            print(f"lastmile: note: {told}", file=sys.stderr)
    return items


SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a lever or parameter; repeat it for more. What describes the start gives another past, no shock.",
        callback=_note_unlikely,
    ),
]
ShockOption = Annotated[
    list[str] | None,
    typer.Option(
        "--shock",
        metavar="KIND[:WHOM]=SIZE@FIRST[..LAST]",
        help="A dated shock, for example fuel=+100%@2026-01..2027-12; repeat it for more. Kinds: fuel, wages, "
        "interest, demand, labour_dispute, duty_free.",
    ),
]
StopOption = Annotated[
    str | None,
    typer.Option(
        "--stop-when",
        metavar="CONDITION",
        help="End the run with the month in which this holds: 'usps_cash_usd <= 0', joined by and / or.",
        show_default=False,
    ),
]
RosterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--roster", metavar="KEY=PATH", help="Let a class of one's own decide: ups=mine.py:MyUps; repeat it for more."
    ),
]
SeedOption = Annotated[int, typer.Option(metavar="N", help="Seed of the luck; scenarios with one seed share it.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM", help="Last month.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for all results; an earlier result is replaced.")
]
DrawsOption = Annotated[
    str | None,
    typer.Option(
        "--draws",
        metavar="NAME",
        help="Parameter draws, stored or a .parquet file: seed s takes draw s.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a sweep.")]
OutcomeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--outcome", metavar="PATTERN", help="Show outcomes whose names fit, '*' for all; repeat it for more."
    ),
]
FirstSeedOption = Annotated[int, typer.Option("--seed", metavar="N", help="First seed; the others follow it.")]
WorkersOption = Annotated[
    int | None, typer.Option(metavar="N", help="Processes; one per processor unless told.", show_default=False)
]
