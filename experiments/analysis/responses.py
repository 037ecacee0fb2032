"""How an outcome responds to one factor, or to two."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from experiments.analysis.groups import MAX_GROUPS, grouped
from experiments.analysis.values import Source, by_point, opened, point_factors
from experiments.errors import InputError
from experiments.intervals import domain_of, domain_of_difference, mean_interval

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def response(
    source: Source, outcome: str, factor: str, scenario: str | None = None, groups: int = MAX_GROUPS
) -> pd.DataFrame:
    """Follow an outcome along a factor, whatever the other factors are.

    Args:
        source: The sweep or its folder.
        outcome: Name of the outcome.
        factor: Name of the factor.
        scenario: Which of its scenarios; all of them unless told.
        groups: Most groups of values.

    Returns:
        Index (scenario, factor): number of points; mean over them and its 95 % interval; quantiles q05 to q95 between
        points (parameters); `luck`, the standard deviation between seeds of one point (nan with one seed).

    Raises:
        InputError: There is no such outcome, factor or scenario.

    Examples:
        >>> response(example, "amazon_own_share", "growth_market")["points"].tolist()
        [4, 4]
    """
    result = opened(source)
    result.check_outcome(outcome)
    labels = grouped(point_factors(result)[factor], result.describe_factor(factor), groups)
    names = result.scenarios if scenario is None else (result.scenario(scenario),)
    rows: dict[tuple[str, object], list[float]] = {}
    for name in names:
        values = by_point(result, outcome, name)
        means = values.mean(axis=1)
        within = values.var(axis=1, ddof=1)
        for label in labels.cat.categories:
            here = means.reindex(labels.index[labels == label]).dropna()
            if here.empty:
                continue
            luck = math.sqrt(float(within.reindex(here.index).mean())) if values.shape[1] > 1 else math.nan
            interval = interval_of(outcome, here.to_numpy())
            rows[name, label] = [float(len(here)), *interval, *here.quantile(QUANTILES), luck]
    columns = ["points", "mean", "low", "high", *(f"q{round(100 * q):02d}" for q in QUANTILES), "luck"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype({"points": int})
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["scenario", factor])
    return table


def interval_of(outcome: str, values: np.ndarray, difference: bool = False) -> tuple[float, ...]:
    """Mean of values of an outcome, or of differences of it, and its 95 % interval within what it can be."""
    domain = domain_of_difference(outcome) if difference else domain_of(outcome)
    return tuple(map(float, mean_interval(values, *domain)))


def heat_map(
    source: Source, outcome: str, across: str, down: str, scenario: str | None = None, groups: int = MAX_GROUPS
) -> pd.DataFrame:
    """Show the mean of an outcome for every pair of values of two factors.

    Args:
        source: The sweep or its folder.
        outcome: Name of the outcome.
        across: Factor of the columns.
        down: Factor of the rows.
        scenario: Which of its scenarios; the first unless told.
        groups: Most groups of values of each.

    Returns:
        Rows: groups of `down`; columns: groups of `across`; nan where there is no point.

    Raises:
        InputError: There is no such outcome, factor or scenario, or both factors are one.

    Examples:
        >>> heat_map(example, "amazon_own_share", "growth_market", "amazon_via_usps").shape
        (4, 2)
    """
    result = opened(source)
    result.check_outcome(outcome)
    if across == down:
        raise InputError(f"factor: {across!r} is given twice; a heat map needs two factors")
    factors = point_factors(result)
    labels = {name: grouped(factors[name], result.describe_factor(name), groups) for name in (across, down)}
    means = by_point(result, outcome, result.scenario(scenario)).mean(axis=1)
    frame = pd.DataFrame(
        {down: labels[down].reindex(means.index), across: labels[across].reindex(means.index), "value": means}
    )
    return frame.pivot_table(index=down, columns=across, values="value", aggfunc="mean", observed=False)
