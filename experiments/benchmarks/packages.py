"""What packages on the table add to a month: beside the same market with one form of contract for access."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from experiments.talks.forms import BEFORE
from model.market import ParcelMarket
from model.scenario import Scenario

SIZES = (150, 1_000, 4_000)
LIMIT = 1.1
#: One price for all, parcels at will, and no weighing of forms: what contracts were before packages.
ONE_FORM: dict[str, Any] = {**BEFORE, "rural_plan": "as_announced"}


@dataclass(frozen=True, slots=True)
class PackagesMonth:
    """Processor seconds of a month with and without packages.

    Attributes:
        shippers: Shippers of the market.
        packages: Where the form is bargained over.
        one_form: Where it is given.
    """

    shippers: int
    packages: float
    one_form: float

    @property
    def ratio(self) -> float:
        """With packages over without."""
        return self.packages / self.one_form

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {**asdict(self), "ratio": self.ratio}


def compare_months(sizes: Sequence[int] = SIZES, months: int = 72, rounds: int = 4) -> list[PackagesMonth]:
    """Play `baseline` both ways, month by month in turns; of each month the fastest round counts.

    Args:
        sizes: Numbers of shippers.
        months: Months to play, at most those of the scenario.
        rounds: How often.
    """
    return [_compare(size, months, rounds) for size in sizes]


def _compare(size: int, months: int, rounds: int) -> PackagesMonth:
    base = Scenario.load("baseline").with_changes({"n_shippers": size})
    settings = (base, base.with_changes(ONE_FORM))
    best = np.full((2, months), np.inf)
    for turn in range(rounds):
        markets = [ParcelMarket(one, rng=1) for one in settings]
        gc.collect()
        for month in range(months):
            for which in (0, 1) if (month + turn) % 2 else (1, 0):
                began = time.process_time()
                markets[which].step()
                best[which, month] = min(best[which, month], time.process_time() - began)
    packages, one_form = best.mean(axis=1)
    return PackagesMonth(size, float(packages), float(one_form))
