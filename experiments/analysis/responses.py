"""How an outcome responds to one factor, or to two."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from experiments.analysis.groups import MAX_GROUPS, grouped
from experiments.analysis.values import Source, by_point, opened, point_factors
from experiments.errors import InputError
from experiments.intervals import CONFIDENCE, domain_of, domain_of_difference, mean_interval
from experiments.store.reading import SweepResult

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
        Index (scenario, factor): number of points; mean over them and its 95 % interval (over points that are a sample,
        over seeds in a grid); quantiles q05 to q95 between points (parameters; of a single point only the median);
        `luck`, the standard deviation between seeds of one point (nan with one seed).

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
    # One point has no spread between points.
    table.loc[table["points"] < 2, [f"q{round(100 * q):02d}" for q in QUANTILES if q != 0.5]] = math.nan
    return _with_luck_intervals(result, outcome, labels, table) if result.kind == "grid" else table


def _with_luck_intervals(result: SweepResult, outcome: str, labels: pd.Series, table: pd.DataFrame) -> pd.DataFrame:
    """Intervals for a grid, whose points are all there are and no sample: other seeds would change the mean, no more.

    What a seed does to all points alike is left out, as in an interval within subjects (Loftus and Masson 1994). No
    numbers with one seed. They stay within what the outcome can be.
    """
    least, most = domain_of(outcome)
    for name in table.index.unique("scenario"):
        values = by_point(result, outcome, str(name))
        means = values.groupby(labels.reindex(values.index), observed=True).mean()
        rows, seeds = means.shape
        half = math.nan
        if seeds > 1 and rows > 1:
            other = means.sub(means.mean(axis=1), axis=0) - means.mean(axis=0) + means.to_numpy().mean()
            freedom = (rows - 1) * (seeds - 1)
            error = math.sqrt((other**2).to_numpy().sum() / freedom / seeds)
            half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
        mean = table.loc[[name], "mean"]
        # As in `mean_interval`: a mean may be beyond by rounding; its interval holds it all the same.
        table.loc[[name], "low"] = np.minimum(mean, np.maximum(mean - half, least))
        table.loc[[name], "high"] = np.maximum(mean, np.minimum(mean + half, most))
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


def averaged_over(result: SweepResult, outcome: str, across: str, down: str, scenario: str | None = None) -> str:
    """Say over what the cells of a heat map are means, and whether they are means over the same.

    Args:
        result: The sweep.
        outcome: Name of the outcome.
        across: Factor of the columns.
        down: Factor of the rows.
        scenario: Which of its scenarios; the first unless told.
    """
    values = by_point(result, outcome, result.scenario(scenario)).dropna(how="all")
    factors = point_factors(result).loc[values.index]
    others = [name for name in result.factors if name not in (across, down) and factors[name].nunique() > 1]
    seeds = f"{values.shape[1]} seed{'s' if values.shape[1] != 1 else ''}"
    if not others:
        return f"Each cell is the mean over {seeds}; no other factor varies."
    cells = [frozenset(rows.itertuples(index=False)) for _, rows in factors.groupby([across, down])[others]]
    if factors[across].nunique() * factors[down].nunique() == len(cells) and len(set(cells)) == 1:
        told = " and ".join(f"the {factors[name].nunique()} values of {name}" for name in others)
        return f"Each cell is the mean over {told}, and over {seeds}."
    return (
        f"Each cell is the mean of the points that lie in it, over {seeds}. They differ in {', '.join(others)} too, "
        "which are not the same in every cell: a part of the differences between cells is theirs."
    )
