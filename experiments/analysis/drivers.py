"""What drives each outcome, from any design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.groups import grouped
from experiments.analysis.values import Source, by_point, chosen_outcomes, opened, point_factors, varies
from experiments.store.reading import SweepResult

RESAMPLES = 200
COLUMNS = ("share", "share_low", "share_high", "change", "lowest_at", "highest_at")


def drivers(
    source: Source, outcome: str | Sequence[str] | None = None, scenario: str | None = None, seed: int = 1
) -> pd.DataFrame:
    """Rank the factors by how much of an outcome's variance between points goes with each.

    It is the correlation ratio, corrected for chance: no straight line is assumed, choices count like numbers, and it
    needs no special design. It counts a factor alone; for interactions use a Sobol design and `sensitivity`.

    Args:
        source: The sweep or its folder.
        outcome: Names or patterns; all outcomes unless told.
        scenario: Which of its scenarios; the first unless told.
        seed: Seed of the resampling that the intervals come from.

    Returns:
        Index (outcome, factor), largest share first: `share` of the variance with its 95 % interval, `change` from the
        lowest to the highest group of the factor's values in units of the outcome (with sign where they have an order),
        and the groups of the lowest and the highest mean. Where every group has one point only, chance cannot be told
        from the factor, and share and interval are no numbers.

    Raises:
        InputError: There is no such outcome or scenario.

    Examples:
        >>> drivers(example, "amazon_own_share")["share"].round().to_dict()
        {('amazon_own_share', 'amazon_via_usps'): 1.0, ('amazon_own_share', 'growth_market'): 0.0}
    """
    result = opened(source)
    where = result.scenario(scenario)
    factors = point_factors(result)
    groups = {name: grouped(factors[name], result.describe_factor(name)) for name in result.factors}
    random = np.random.default_rng(seed)
    blocks = {}
    for name in chosen_outcomes(result, outcome):
        values = by_point(result, name, where)
        if varies(values):
            blocks[name] = _rank(result, values.mean(axis=1).dropna(), groups, random)
    if not blocks:
        index = pd.MultiIndex.from_arrays([[], []], names=["outcome", "factor"])
        return pd.DataFrame(columns=list(COLUMNS), index=index)
    return pd.concat(blocks, names=["outcome", "factor"])


def _rank(
    result: SweepResult, values: pd.Series, groups: dict[str, pd.Series], random: np.random.Generator
) -> pd.DataFrame:
    y = values.to_numpy(dtype=float)
    picks = random.integers(0, len(y), (RESAMPLES, len(y)))
    rows = {}
    for name, group in groups.items():
        labels = group.loc[values.index]
        codes: NDArray[Any] = labels.cat.codes.to_numpy()
        share, low, high = correlation_ratio(y, codes), np.nan, np.nan
        if not np.isnan(share):
            samples = [correlation_ratio(y[pick], codes[pick]) for pick in picks]
            low, high = np.quantile(samples, [0.025, 0.975])
        means = values.groupby(labels, observed=True).mean()
        ordered = result.describe_factor(name)["kind"] != "choice" or result.manifest.columns["runs"][name] == "number"
        change = float(means.iloc[-1] - means.iloc[0]) if ordered else float(means.max() - means.min())
        rows[name] = (share, low, high, change, str(means.idxmin()), str(means.idxmax()))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    return table.sort_values("share", ascending=False, kind="stable")


def correlation_ratio(y: NDArray[np.float64], codes: NDArray[np.signedinteger[Any]]) -> float:
    """Share of the variance of y between groups, less what chance alone would give; 0 where that is more.

    No number where no group has two values: then nothing tells what chance gives.

    Args:
        y: (n,) values.
        codes: (n,) number of the group of each.
    """
    total = float(((y - y.mean()) ** 2).sum())
    _, position = np.unique(codes, return_inverse=True)
    count = np.bincount(position)
    if total <= 0.0 or len(count) < 2:
        return 0.0
    if len(y) <= len(count):
        return float("nan")
    means = np.bincount(position, y) / count
    between = float((count * (means - y.mean()) ** 2).sum())
    noise = (total - between) / (len(y) - len(count))
    return max(0.0, (between - (len(count) - 1) * noise) / total)
