"""What processes of the pool do for a comparison: single runs, and the tables and bands made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.comparison import Comparison, assemble
from experiments.paired import paired_months
from experiments.simulation import Simulation, play_market, simulation_of
from model.scenario import Scenario
from server.counties import compared
from server.counties.compared import CountyComparison, CountyRun, look_at
from server.pages.compare.plan import Plan
from server.work.worker import tick

# Shares that the monthly series only hold as parcels.
SHARES = {
    "amazon_own_share": ("amazon_own_parcels", "amazon_parcels"),
    "amazon_via_usps_share": ("amazon_via_usps_parcels", "amazon_parcels"),
}


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison with its months.

    Attributes:
        comparison: As `lastmile compare` makes it.
        gains: See `experiments.gains.gains`.
        months: Names of the months.
        series: Names of the monthly series.
        bands: (scenarios, 6, months, series) float32; see `experiments.paired.paired_months`.
        counties: The same runs by county, in their last month; None where they were not kept.
    """

    comparison: Comparison
    gains: pd.DataFrame
    months: tuple[str, ...]
    series: tuple[str, ...]
    bands: NDArray[np.float32]
    counties: CountyComparison | None


@dataclass(frozen=True, eq=False)
class Partly:
    """What the pairs of runs that are done say, while others are still at work.

    Attributes:
        comparison: Scenarios and outcomes of these runs; its table is empty.
        gains: See `experiments.gains.gains`.
        of: How many pairs there will be.
    """

    comparison: Comparison
    gains: pd.DataFrame
    of: int


def tasks_of(plan: Plan) -> list[Callable[[], Run]]:
    """Runs of a comparison, seed by seed, so that pairs are whole as early as can be."""
    return [partial(run_once, scenario, seed) for seed in plan.seeds for scenario in plan.scenarios]


def finish(plan: Plan, found: Sequence[Run]) -> Compared:
    """Make a comparison of its runs, which come as `tasks_of` orders them."""
    size = len(plan.scenarios)
    return put_together(plan, [run for position in range(size) for run in found[position::size]])


def partly(plan: Plan, found: Mapping[int, Run]) -> Partly | None:
    """What is known while tasks are still at work.

    Args:
        plan: What was asked for.
        found: Runs by the number of their task.

    Returns:
        None before the first seed is done in all scenarios.
    """
    size = len(plan.scenarios)
    whole = [i for i in range(plan.replications) if all(i * size + j in found for j in range(size))]
    if not whole:
        return None
    names = [scenario.name for scenario in plan.scenarios]
    outcomes = [found[i * size + j].simulation.outcomes for j in range(size) for i in whole]
    runs = pd.DataFrame(outcomes, dtype=float)
    seeds = [plan.seed + i for i in whole]
    runs.index = pd.MultiIndex.from_product([names, seeds], names=["scenario", "seed"])
    comparison = Comparison(plan.scenarios, plan.seed, len(whole), pd.DataFrame(), runs, {}, ())
    return Partly(comparison, comparison.gains(), plan.replications)


@dataclass(frozen=True, eq=False)
class Run:
    """What one run leaves.

    Attributes:
        simulation: Its outcomes and months.
        counties: What people in each county get in its last month.
    """

    simulation: Simulation
    counties: CountyRun


def run_once(scenario: Scenario, seed: int) -> Run:
    """Do one run, telling the pool how far it is."""
    market = play_market(scenario, seed, each_month=tick)
    return Run(simulation_of(market), look_at(market))


def put_together(plan: Plan, found: Sequence[Run]) -> Compared:
    """Make a comparison of its runs, which come by scenario and then by seed."""
    simulations = [run.simulation for run in found]
    comparison = assemble(plan.scenarios, plan.seed, plan.replications, simulations)
    frames = in_common([with_shares(simulation.monthly) for simulation in simulations])
    values = np.stack([frame.to_numpy(dtype=float) for frame in frames])
    shaped = values.reshape(len(plan.scenarios), plan.replications, *values.shape[1:])
    return Compared(
        comparison=comparison,
        gains=comparison.gains(),
        months=tuple(map(str, frames[0].index)),
        series=tuple(map(str, frames[0].columns)),
        bands=paired_months(shaped, [*map(str, frames[0].columns)]).astype(np.float32),
        counties=compared.put_together(plan.scenarios, plan.replications, [run.counties for run in found]),
    )


def in_common(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Months and series that all runs have: a scenario may add shippers, and a condition may end a run sooner."""
    months = min((frame.index for frame in frames), key=len)
    series = [name for name in frames[0] if all(name in frame for frame in frames)]
    return [frame.loc[months, series] for frame in frames]


def with_shares(frame: pd.DataFrame | None) -> pd.DataFrame:
    """Monthly series with the shares that they hold as parcels only."""
    assert frame is not None
    return frame.assign(**{name: frame[part] / frame[whole] for name, (part, whole) in SHARES.items()})
