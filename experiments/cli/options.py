"""Options and arguments that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer


def _note_unlikely(items: list[str] | None) -> list[str] | None:
    """Say on stderr what is set outside its likely range; it is possible, so that nothing is refused."""
    if items:
        from experiments.settings import read_settings

        _tell_unlikely(read_settings(items, []))
    return items


def _note_unlikely_of_each(scenarios: list[str]) -> list[str]:
    """The same for what stands behind scenarios, as in `withdraw:build_limit=0.5`."""
    if any(":" in one for one in scenarios):
        from experiments.variants import split_variant

        for one in scenarios:
            _tell_unlikely(split_variant(one, [])[1])
    return scenarios


def _tell_unlikely(changes: Mapping[str, Any]) -> None:
    from experiments.likely import about_the_start, unlikely

    for told in (*unlikely(changes), *about_the_start(changes)):
        print(f"lastmile: note: {told}", file=sys.stderr)


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
VariantsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="A B ...",
        help="Scenarios; differences are to the first one. With changes of its own: A:key=value:key=value.",
        callback=_note_unlikely_of_each,
    ),
]
RosterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--roster", metavar="KEY=PATH", help="Let a class of one's own decide: ups=mine.py:MyUps; repeat it for more."
    ),
]
SeedOption = Annotated[int, typer.Option(metavar="N", help="Seed of the luck; scenarios with one seed share it.")]
FromOption = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="First month.")]
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
TableOption = Annotated[
    Path | None,
    typer.Option(
        "--table",
        metavar="FILE",
        help="Also write the tables as .csv or .xlsx; a file of that name is replaced.",
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
