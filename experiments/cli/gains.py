"""Who gains and who loses as a table on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.cli.console import grid
from experiments.cli.tables import label
from experiments.figures import figure
from experiments.gains import COST, TOTAL, WHOLE, WORTH, Row, rows_of

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.comparison import Comparison


def show_gains(console: Console, result: Comparison) -> None:
    """Print who gains and who loses with the parts, and what all of it adds up to."""
    first = result.scenarios[0]
    title = f"Who gains and who loses against {first.name}, {first.start} to {first.end}, bn $"
    columns = ("", *(text for one in result.scenarios[1:] for text in (label(one), "95 % interval")))
    table = grid(title, columns, right=range(1, len(columns)))
    others = result.names[1:]
    gains, parts, lines = (rows_of(one) for one in (result.gains(), result.gain_parts(), result.adding_up()))
    for actor in dict.fromkeys(key[0] for key in gains):
        table.add_row(actor, *_cells(gains, (actor,), others), style="bold")
        for part in dict.fromkeys(key[1] for key in parts if key[0] == actor and key[1] != WHOLE):
            table.add_row(f"  {part}", *_cells(parts, (actor, part), others))
    table.add_section()
    for line in dict.fromkeys(key[0] for key in lines):
        table.add_row(line if line in (TOTAL, WORTH, COST) else f"  {line}", *_cells(lines, (line,), others))
    console.print(table)
    console.print("Money of firms is what the ledger says; shippers, consumers and members gain by prices and service.")


def _cells(rows: dict[tuple[str, ...], Row], key: tuple[str, ...], scenarios: Sequence[str]) -> list[str]:
    """Gain and interval of a row by scenario."""
    cells = []
    for name in scenarios:
        gain, low, high = (figure("x_usd", value, signed=True) for value in rows[*key, name])
        cells += [gain, f"{low} to {high}" if low else ""]
    return cells
