"""One run of the market."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.calendar import Month
from agents.roster import RosterError
from experiments.draws import DrawSet, load_draws
from experiments.errors import InputError
from experiments.parties import Roster, party_notes
from experiments.results import RunResult, collect
from experiments.settings import check_seeds, gather, late_shocks, overruled, prepare_scenario
from model.market import ParcelMarket
from model.scenario import Scenario
from model.seeds import Seed, seed_made
from model.start.choice_constants import StartError

Progress = Callable[[int, int], None]


def run(
    scenario: str | Path | Scenario = "baseline",
    set: Mapping[str, Any] | None = None,
    seed: Seed = 1,
    from_: str | Month | None = None,
    until: str | Month | None = None,
    progress: Progress | None = None,
    draws: str | Path | None = None,
    roster: Roster | None = None,
    shocks: Sequence[Any] = (),
) -> RunResult:
    """Run one scenario with one seed to its end.

    Args:
        scenario: A name of the library, the path of a TOML file, or a scenario.
        set: Levers and parameters to change, by name; the result tells what the scenario sets otherwise itself.
        seed: Seed of the run's luck, 0 to 2**31 - 1; or what NumPy takes for one, None for a new one among it: the
            result tells the number that is made of it, which repeats the run.
        from_: First month, "2025-01".
        until: Last month, "2030-12".
        progress: Called with months done and months in all.
        draws: A stored set of parameter draws by name, or a parquet file: seed s takes draw s. None for the parameters
            as they are.
        roster: Classes of one's own that decide for parties, or their import paths ("module:Class", "file.py:Class"),
            by key; the result tells of them.
        shocks: Dated shocks beside those of the scenario, as texts ("fuel=+100%@2026-01..2027-12") or tables; see
            `model.shocks`.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
    """
    number: int = seed_made(seed)
    prepared = prepare_run(scenario, set, number, from_, until, draws, roster, shocks)
    warnings = (*overruled(scenario, set), *party_notes(prepared), *late_shocks(prepared))
    if draws is not None:
        warnings += (f"the parameters are draw {number} of {draws}; `lastmile forecast` shows the bands of many draws",)
    market = start_market(prepared, int(number))
    if progress is not None:
        progress(0, market.n_months)
    while not market.finished:
        market.step()
        if progress is not None:
            progress(market.months_done, market.n_months)
    return collect(market, int(number), warnings)


def prepare_run(
    scenario: str | Path | Scenario,
    set: Mapping[str, Any] | None,
    seed: int,
    from_: str | Month | None,
    until: str | Month | None,
    draws: str | Path | None,
    roster: Roster | None = None,
    shocks: Sequence[Any] = (),
) -> Scenario:
    """The scenario of a run, with its draw; see `run`.

    Raises:
        InputError: All problems at once.
    """
    prepared: Scenario
    drawn: DrawSet | None
    prepared, drawn, _ = gather(
        lambda: prepare_scenario(scenario, set, from_, until, roster=roster, shocks=shocks),
        lambda: None if draws is None else load_draws(draws),
        lambda: check_seeds(seed),
    )
    if drawn is None:
        return prepared
    drawn.check_free([prepared], set or {})
    return drawn.scenario(prepared, int(seed) - 1)


def start_market(scenario: Scenario, seed: int) -> ParcelMarket:
    """Build a market.

    Raises:
        InputError: No start can be found with these parameters.
    """
    try:
        return ParcelMarket(scenario, rng=seed)
    except RosterError as error:
        raise InputError(f"scenario {scenario.name}: {error}") from error
    except StartError as error:
        raise InputError(f"scenario {scenario.name}: the market cannot start with these parameters: {error}") from error


def ended_early(market: ParcelMarket) -> str:
    """Month and reason where a condition has ended a run before its last month; empty elsewhere."""
    return "" if market.stopped is None else f"{market.month + -1}: {market.stopped}"
