"""Paired differences between scenarios that share their seeds, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

CONFIDENCE = 0.95
COLUMNS = ("n", "mean", "median", "difference", "difference_median", "low", "high")


def paired_table(runs: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    """Compare scenarios with the first, outcome by outcome.

    Args:
        runs: Index (scenario, seed), one column per outcome; nan where a run has no such outcome.
        scenarios: Names in order; differences are to the first.

    Returns:
        Index (outcome, scenario). n is the number of runs with the outcome (of pairs, for a difference); mean and
        median; mean and median of the paired difference and its 95 % t interval, nan where there is none (in the first
        scenario; with fewer than two pairs).
    """
    by_scenario = {name: runs.loc[name] for name in scenarios}
    reference = by_scenario[scenarios[0]]
    rows: dict[tuple[str, str], list[float]] = {}
    for outcome in runs.columns:
        for name in scenarios:
            values = by_scenario[name][outcome]
            pairs = (values - reference[outcome]).dropna().to_numpy()
            found = values.dropna().to_numpy()
            level = [np.mean(found), np.median(found)] if found.size else [math.nan, math.nan]
            if name == scenarios[0]:
                rows[outcome, name] = [float(found.size), *level, *([math.nan] * 4)]
            else:
                rows[outcome, name] = [float(pairs.size), *level, *_difference(pairs)]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).astype({"n": int})
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["outcome", "scenario"])
    return table


def _difference(pairs: np.ndarray) -> list[float]:
    if pairs.size == 0:
        return [math.nan] * 4
    mean = float(np.mean(pairs))
    if pairs.size == 1:
        return [mean, mean, math.nan, math.nan]
    quantile = stdtrit(pairs.size - 1, (1 + CONFIDENCE) / 2)  # of Student's t; scipy.stats would take seconds to import
    half = float(quantile * np.std(pairs, ddof=1) / math.sqrt(pairs.size))
    return [mean, float(np.median(pairs)), mean - half, mean + half]


def paired_months(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Follow series month by month: means of each scenario, and paired differences to the first one.

    Args:
        values: (scenarios, seeds, months, series); the seeds are shared.

    Returns:
        (scenarios, 6, months, series): mean with its 95 % t interval (mean, low, high), then mean difference with its
        interval. Intervals are nan with one seed, differences of the first scenario are 0.
    """
    differences = values - values[:1]
    blocks = []
    for part in (values, differences):
        mean = part.mean(axis=1)
        n = part.shape[1]
        if n > 1:
            half = stdtrit(n - 1, (1 + CONFIDENCE) / 2) * part.std(axis=1, ddof=1) / math.sqrt(n)
        else:
            half = np.full_like(mean, math.nan)
        blocks += [mean, mean - half, mean + half]
    return np.stack(blocks, axis=1)


def advice(table: pd.DataFrame, replications: int, width: float) -> list[str]:
    """Say whether the replications suffice.

    Args:
        table: From `paired_table`.
        replications: Seeds per scenario.
        width: Wanted half-width of an interval, relative to the mean difference.

    Returns:
        Warnings, one sentence each; none when all is well.
    """
    if replications == 1:
        return ["One replication gives no interval: what is luck and what is the scenario cannot be told apart."]
    half = (table["high"] - table["low"]) / 2
    clear = half < table["difference"].abs()
    unclear = (half > 0) & ~clear
    wide = clear & (half > width * table["difference"].abs())
    found = []
    if unclear.any():
        found.append(
            f"{int(unclear.sum())} of {int((half > 0).sum())} differences that vary cannot be told from zero with "
            f"{replications} replications."
        )
    if wide.any():
        # The half-width falls with the square root of the replications.
        needed = replications * (half[wide] / (width * table["difference"][wide].abs())) ** 2
        outcome, scenario = table.index[wide][int(needed.to_numpy().argmax())]
        found.append(
            f"{int(wide.sum())} differences are known less well than ±{width:.0%}; the widest, "
            f"{outcome} in {scenario}, would take about {math.ceil(needed.max()):,} replications."
        )
    return found
