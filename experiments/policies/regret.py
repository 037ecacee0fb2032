"""What policies lead to in several worlds, what is regretted, and which is the robust choice. Pure functions.

The regret of a policy in a world is what the best policy of that world has more of the outcome, on the mean over the
seeds: who chooses does not know the luck to come. The robust choice has the least regret in the world where it has most
(minimax regret: Savage 1951; robust decision making: Lempert, Groves, Popper and Bankes 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.intervals import NOT_NEGATIVE, REAL, Domain, Interval, chance_interval, mean_interval

Floats = NDArray[np.float64]
RESAMPLES = 2000
CELL = (
    *("n", "mean", "low", "high", "difference", "difference_low", "difference_high"),
    *("regret", "regret_low", "regret_high", "best_share", "best_low", "best_high"),
)
CHOICE = ("worst_regret", "low", "high", "worst_scenario", "chosen_share")


@dataclass(frozen=True, eq=False)
class Cells:
    """Values of an outcome.

    Attributes:
        values: (worlds, policies, seeds); nan where a run is missing or has no figure.
        worlds: Their names.
        policies: Their names; differences are to the first.
        high: Whether more is better.
        interval: From values of runs to their mean and its 95 % interval.
        difference: Least and most that a difference can be.
    """

    values: Floats
    worlds: Sequence[str]
    policies: Sequence[str]
    high: bool
    interval: Interval
    difference: Domain = REAL

    @property
    def goods(self) -> Floats:
        """The values with a sign such that more is better."""
        return self.values if self.high else -self.values


def cell_table(cells: Cells) -> pd.DataFrame:
    """One row a world and policy.

    Returns:
        Index (scenario, policy). n runs with a figure; mean with its 95 % interval; paired difference to the first
        policy with its interval; regret against the best policy of the world with its interval, 0 without one for the
        best itself; share of seeds in which the policy is best, ties divided, with its interval.
    """
    rows: dict[tuple[str, str], list[float]] = {}
    for world, values, goods in zip(cells.worlds, cells.values, cells.goods, strict=True):
        whole = np.isfinite(values).all(axis=0)
        best = int(goods[:, whole].mean(axis=1).argmax()) if whole.any() else 0
        wins = _shared_wins(goods[:, whole])
        for position, policy in enumerate(cells.policies):
            found = values[position][np.isfinite(values[position])]
            level = cells.interval(found) if found.size else (np.nan,) * 3
            step = _paired(values[position] - values[0], cells.difference) if position else [np.nan] * 3
            regret = _paired((goods[best] - goods[position])[whole], NOT_NEGATIVE)
            regret = [0.0, np.nan, np.nan] if position == best and whole.any() else regret
            share = chance_interval(wins[position]) if whole.any() else (np.nan,) * 3
            rows[world, policy] = [float(found.size), *level, *step, *regret, *share]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(CELL)).astype({"n": int})
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["scenario", "policy"])
    return table


def _paired(steps: Floats, domain: Domain) -> list[float]:
    steps = steps[np.isfinite(steps)]
    if not steps.size:
        return [np.nan] * 3
    return [float(one) for one in mean_interval(steps, *domain)]


def _shared_wins(goods: Floats) -> Floats:
    """(policies, seeds): 1 for the best of a seed, divided among equals."""
    if not goods.size:
        return goods
    first = goods == goods.max(axis=0)
    return np.asarray(first / first.sum(axis=0))


def choice_table(cells: Cells, seed: int = 1) -> pd.DataFrame:
    """One row a policy: its regret where it is largest, and how sure it is that it is the robust choice.

    Seeds are drawn again with replacement, the same for all worlds and policies as their luck is shared.

    Args:
        cells: The values; only seeds with a figure in all worlds and of all policies count.
        seed: Of the resampling.

    Returns:
        Index policy. worst_regret with the 95 % percentile interval of the resamples (low, high), worst_scenario, and
        chosen_share: share of the resamples in which no policy has less regret in its worst world, ties divided. With
        fewer than two seeds interval and share are nan; without any the table is empty.
    """
    whole = np.isfinite(cells.values).all(axis=(0, 1))
    goods = cells.goods[:, :, whole]
    count = goods.shape[2]
    if not count:
        return pd.DataFrame(columns=list(CHOICE))
    regret = _regret(goods.mean(axis=2))
    frame = pd.DataFrame(
        {
            "worst_regret": regret.max(axis=0),
            "low": np.nan,
            "high": np.nan,
            "worst_scenario": [cells.worlds[int(one)] for one in regret.argmax(axis=0)],
            "chosen_share": np.nan,
        },
        index=pd.Index(list(cells.policies), name="policy"),
    )
    if count < 2:
        return frame
    drawn = np.random.default_rng(seed).integers(count, size=(RESAMPLES, count))
    worst = np.array([_regret(goods[:, :, one].mean(axis=2)).max(axis=0) for one in drawn])
    frame["low"], frame["high"] = np.quantile(worst, (0.025, 0.975), axis=0)
    frame["chosen_share"] = _shared_wins(-worst.T).mean(axis=1)
    return frame


def _regret(means: Floats) -> Floats:
    return np.asarray(means.max(axis=1, keepdims=True) - means)


def robust_choice(choice: pd.DataFrame) -> str:
    """The policy with the least regret in its worst world."""
    return str(choice["worst_regret"].astype(float).idxmin())
