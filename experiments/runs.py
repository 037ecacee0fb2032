"""One run of the market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agents.calendar import Month
from experiments.errors import InputError
from experiments.results import RunResult, collect
from experiments.settings import check_seeds, gather, prepare_scenario
from model.market import ParcelMarket
from model.scenario import Scenario
from model.start.choice_constants import StartError

Progress = Callable[[int, int], None]


def run(
    scenario: str | Path | Scenario = "baseline",
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    from_: str | Month | None = None,
    until: str | Month | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Run one scenario with one seed to its end.

    Args:
        scenario: A name of the library, the path of a TOML file, or a scenario.
        set: Levers and parameters to change, by name.
        seed: Seed of the run's luck, 0 to 2**31 - 1.
        from_: First month, "2025-01".
        until: Last month, "2030-12".
        progress: Called with months done and months in all.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
    """
    prepared, _ = gather(lambda: prepare_scenario(scenario, set, from_, until), lambda: check_seeds(seed))
    market = start_market(prepared, int(seed))
    if progress is not None:
        progress(0, market.n_months)
    for done in range(1, market.n_months + 1):
        market.step()
        if progress is not None:
            progress(done, market.n_months)
    return collect(market, int(seed))


def start_market(scenario: Scenario, seed: int) -> ParcelMarket:
    """Build a market.

    Raises:
        InputError: No start can be found with these parameters.
    """
    try:
        return ParcelMarket(scenario, rng=seed)
    except StartError as error:
        raise InputError(f"scenario {scenario.name}: the market cannot start with these parameters: {error}") from error
