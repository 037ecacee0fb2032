"""What `lastmile forecast` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.cli.console import grid
from experiments.cli.tables import assumptions, label
from experiments.figures import HEADLINES, choose, figure, split_year, unit_of

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.foresight import Forecast

MOST_YEARS = 6


def show_forecast(console: Console, result: Forecast, patterns: Sequence[str]) -> None:
    """Print medians and 90 % bands, one column per year, and what the bands hold."""
    scenario = result.scenario
    chosen = choose(map(str, result.table.index), patterns or HEADLINES)
    years = sorted({split_year(name)[1] for name in chosen} - {""})[:MOST_YEARS]
    known = dict.fromkeys(split_year(name)[0] for name in chosen)
    stems = [stem for stem in HEADLINES if stem in known] + [stem for stem in known if stem not in HEADLINES]
    rows: dict[Any, Any] = result.table.to_dict("index")
    runs = f"{result.replications} runs, seeds from {result.seed}"
    table = grid(
        f"{label(scenario)}: {scenario.title}; {runs}; median and 90 % band",
        ("outcome", "unit", *years, "the band holds"),
        right=range(2, 2 + len(years)),
    )
    for stem in stems:
        cells = [_cell(f"{stem}_{year}", rows) for year in years]
        held = dict.fromkeys(rows[f"{stem}_{year}"]["holds"] for year in years if f"{stem}_{year}" in rows)
        if any(cells):
            table.add_row(stem, unit_of(stem), *cells, "; ".join(held))
    console.print(table)
    console.print(assumptions(scenario))
    console.print(_held(result))
    for warning in result.warnings:
        console.print(f"Note: {warning}")


def _cell(name: str, rows: dict[Any, Any]) -> str:
    if name not in rows:
        return ""
    row = rows[name]
    return f"{figure(name, row['median'])}\n{figure(name, row['low90'])} to {figure(name, row['high90'])}"


def _held(result: Forecast) -> str:
    """What the parts of the bands are, in two sentences."""
    drawn = "" if result.draws is None else f"; parameters: draw s of {result.draws['name']} for seed s"
    to = result.discrepancy.last_year
    form = (
        "no residual is known" if to is None else f"residuals of free runs of the past up to {to}, by figure and year"
    )
    return f"Luck: the seeds{drawn}; form: what the model gets wrong, {form}."
