"""Paired differences between the scenarios of a sweep: same point, same seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.analysis.responses import QUANTILES, interval_of
from experiments.analysis.values import Source, chosen_outcomes, opened
from experiments.errors import InputError
from experiments.store.reading import SweepResult


def differences(source: Source, outcome: str | Sequence[str] | None = None, base: str | None = None) -> pd.DataFrame:
    """Compare scenarios run by run.

    Args:
        source: The sweep or its folder.
        outcome: Names or patterns; all outcomes unless told.
        base: Scenario that the others are compared with; the first unless told.

    Returns:
        Index (outcome, scenario): number of pairs; mean difference and its 95 % interval over all points and seeds;
        quantiles q05 to q95 between points (parameters, mean over seeds); `luck`, the standard deviation of the
        difference between seeds of one point (nan with one seed).

    Raises:
        InputError: The sweep has one scenario only, or there is no such outcome or scenario.

    Examples:
        >>> differences(example, "amazon_own_share")
        Traceback (most recent call last):
        ...
        experiments.errors.InputError: differences need a sweep of two scenarios or more; this one has withdraw
    """
    result = opened(source)
    first = _base(result, base)
    good = result.runs[result.runs["status"] == "done"].set_index(["scenario", "point", "seed"])
    rows: dict[tuple[str, str], list[float]] = {}
    for name in chosen_outcomes(result, outcome):
        reference = good.loc[first][name]
        for other in result.scenarios:
            if other == first:
                continue
            pairs = (good.loc[other][name] - reference).dropna()
            if pairs.empty:
                continue
            points = pairs.groupby("point")
            within = float(points.var(ddof=1).mean())
            luck = math.sqrt(within) if math.isfinite(within) else math.nan
            means = points.mean()
            interval = interval_of(name, means.to_numpy(), difference=True)
            rows[name, other] = [float(len(pairs)), *interval, *means.quantile(QUANTILES), luck]
    columns = ["pairs", "difference", "low", "high", *(f"q{round(100 * q):02d}" for q in QUANTILES), "luck"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype({"pairs": int})
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["outcome", "scenario"])
    return table


def bands(source: Source, series: str, base: str | None = None) -> pd.DataFrame:
    """Follow a monthly series, or its paired difference to a scenario, month by month.

    Args:
        source: The sweep or its folder.
        series: Name of a monthly series that the sweep keeps.
        base: Scenario to take the difference to; none unless told.

    Returns:
        Index (scenario, month): quantiles q05 to q95 between points, each the mean over its seeds (parameters), and
        `luck`, the standard deviation between seeds of one point (nan with one seed).

    Raises:
        InputError: The sweep does not keep the series, or there is no such scenario.
    """
    result = opened(source)
    monthly = result.monthly
    if series not in monthly.columns:
        raise InputError(f"series: the sweep does not keep {series!r}; it keeps {', '.join(monthly.columns[5:])}")
    values = monthly.pivot(index=["point", "seed", "month"], columns="scenario", values=series)
    names = [name for name in result.scenarios if name in values.columns]
    if base is not None:
        first = _base(result, base)
        values = values.sub(values[first], axis=0)
        names.remove(first)
    blocks = {}
    for name in names:
        by_seed = values[name].unstack("seed")
        means = by_seed.mean(axis=1).unstack("month")
        table = means.quantile(QUANTILES).T
        table.columns = [f"q{round(100 * q):02d}" for q in QUANTILES]
        within = by_seed.var(axis=1, ddof=1).unstack("month").mean()
        blocks[name] = table.assign(luck=np.sqrt(within))
    return pd.concat(blocks, names=["scenario", "month"])


def _base(result: SweepResult, base: str | None) -> str:
    if len(result.scenarios) < 2:
        raise InputError(f"differences need a sweep of two scenarios or more; this one has {result.scenarios[0]}")
    return result.scenario(base)
