"""What processes of the pool do for a comparison: single runs, and the tables and bands made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        counties: The same runs by county, in their last month.
    """

    comparison: Comparison
    gains: pd.DataFrame
    months: tuple[str, ...]
    series: tuple[str, ...]
    bands: NDArray[np.float32]
    counties: CountyComparison


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
    frames = [_with_shares(simulation.monthly) for simulation in simulations]
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


def _with_shares(frame: pd.DataFrame | None) -> pd.DataFrame:
    assert frame is not None
    return frame.assign(**{name: frame[part] / frame[whole] for name, (part, whole) in SHARES.items()})
