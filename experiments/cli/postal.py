"""What the commands about USPS print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, print_json, progress_bar
from experiments.cli.figures import figure
from experiments.settings import gather, prepare_scenario

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.universal_service import ServiceCost


def run_uso_cost(
    scenario: str, changes: Mapping[str, Any], problems: list[str], seed: int, until: str | None, json: bool
) -> None:
    """Measure what universal service costs and print it.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.universal_service import uso_cost

    prepared = gather(lambda: prepare_scenario(scenario, changes, until=until), known=problems)[0]
    with progress_bar("uso-cost", "runs", quiet=json) as progress:
        result = uso_cost(prepared, seed=seed, progress=progress)
    print_json(result.summary()) if json else show_uso_cost(console(), result)


def show_uso_cost(out: Console, result: ServiceCost) -> None:
    """Print net cost by year and what changes for people."""
    from experiments.universal_service import SHADOWS

    years = [str(year) for year in result.by_year.index]
    title = f"Net cost of universal service: income without it less with it, bn $; {result.scenario.name}"
    table = grid(title, ("USPS", *years), right=range(1, 1 + len(years)))
    for name, words in SHADOWS.items():
        table.add_row(words, *(figure("x_usd", value, signed=True) for value in result.by_year[name]))
    out.print(table)
    table = grid(f"In {years[-1]}", ("", "required", *SHADOWS), right=range(1, 2 + len(SHADOWS)))
    for outcome, row in result.watched.iterrows():
        table.add_row(str(outcome), *(figure(str(outcome), value) for value in row))
    out.print(table)
    for run, told in result.events.items():
        for month, text in told:
            out.print(f"{SHADOWS[run]}: {month} {text}")
    out.print(
        f"Seed {result.seed}, one run each under the same luck, without the distress ladder. A place is given up where "
        "mail and parcels leave less than passing its addresses costs."
    )
