"""What processes of the pool do for a comparison: single runs, and the tables and bands made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.comparison import Comparison, assemble
from experiments.paired import paired_months
from experiments.simulation import Simulation, simulate_market
from model.scenario import Scenario
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
    """

    comparison: Comparison
    gains: pd.DataFrame
    months: tuple[str, ...]
    series: tuple[str, ...]
    bands: NDArray[np.float32]


def run_once(scenario: Scenario, seed: int) -> Simulation:
    """Do one run, telling the pool how far it is."""
    return simulate_market(scenario, seed, each_month=tick)


def put_together(plan: Plan, found: Sequence[Any]) -> Compared:
    """Make a comparison of its runs, which come by scenario and then by seed."""
    comparison = assemble(plan.scenarios, plan.seed, plan.replications, found)
    frames = [_with_shares(simulation.monthly) for simulation in found]
    values = np.stack([frame.to_numpy(dtype=float) for frame in frames])
    shaped = values.reshape(len(plan.scenarios), plan.replications, *values.shape[1:])
    return Compared(
        comparison=comparison,
        gains=comparison.gains(),
        months=tuple(map(str, frames[0].index)),
        series=tuple(map(str, frames[0].columns)),
        bands=paired_months(shaped, [*map(str, frames[0].columns)]).astype(np.float32),
    )


def _with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{name: frame[part] / frame[whole] for name, (part, whole) in SHARES.items()})
