"""Paired differences between scenarios that share their seeds, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.intervals import domain_of, domain_of_difference, mean_interval

COLUMNS = ("n", "mean", "median", "difference", "difference_median", "low", "high")


def paired_table(runs: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    """Compare scenarios with the first, outcome by outcome.

    Args:
        runs: Index (scenario, seed), one column per outcome; nan where a run has no such outcome.
        scenarios: Names in order; differences are to the first.

    Returns:
        Index (outcome, scenario). n is the number of runs with the outcome (of pairs, for a difference); mean and
        median; mean and median of the paired difference and its 95 % t interval within what the difference can be, nan
        where there is none (in the first scenario; with fewer than two pairs).
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
                rows[outcome, name] = [float(pairs.size), *level, *_difference(str(outcome), pairs)]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).astype({"n": int})
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["outcome", "scenario"])
    return table


def _difference(outcome: str, pairs: NDArray[np.float64]) -> list[float]:
    if pairs.size == 0:
        return [math.nan] * 4
    mean, low, high = mean_interval(pairs, *domain_of_difference(outcome))
    return [float(mean), float(np.median(pairs)), float(low), float(high)]


def paired_months(values: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.float64]:
    """Follow series month by month: means of each scenario, and paired differences to the first one.

    Args:
        values: (scenarios, seeds, months, series); the seeds are shared.
        names: Of the series; they tell what their values can be.

    Returns:
        (scenarios, 6, months, series): mean with its 95 % t interval (mean, low, high), then mean difference with its
        interval, both within what they can be. Intervals are nan with one seed, differences of the first scenario 0.
    """
    levels, steps = ([how(name) for name in names] for how in (domain_of, domain_of_difference))
    blocks: list[NDArray[np.float64]] = []
    for part, domains in ((values, levels), (values - values[:1], steps)):
        low, high = np.array(domains).reshape(-1, 2).T
        blocks += mean_interval(part, low, high, axis=1)
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
    half = np.maximum(table["high"] - table["difference"], table["difference"] - table["low"])
    clear = (table["low"] > 0.0) | (table["high"] < 0.0) | ((half == 0.0) & (table["difference"] != 0.0))
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


def paired_difference(
    values: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean difference of runs with the same seeds and its standard error, nan where there is one seed.

    Args:
        values: Figures by seed, (seeds, ...).
        reference: The same of the runs that they are compared with.
    """
    differences = values - reference
    if len(differences) == 1:
        return differences[0], np.full_like(differences[0], math.nan)
    return differences.mean(axis=0), differences.std(axis=0, ddof=1) / math.sqrt(len(differences))
