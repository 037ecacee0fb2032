"""The values of a factor in a few groups: as they are where they are few, else in ranges of equal size."""

from __future__ import annotations

from typing import Any

import pandas as pd

MAX_GROUPS = 10
_POINTS_PER_GROUP = 8


def grouped(values: pd.Series, factor: dict[str, Any], most: int = MAX_GROUPS) -> pd.Series:
    """Put the values of a factor into groups.

    Args:
        values: One a point.
        factor: What the design says of it.
        most: Most groups.

    Returns:
        Ordered categories, one a point; ranges are named by their middle.
    """
    distinct = values.nunique()
    if factor["kind"] == "choice":
        order = [value for value in factor["values"] if (values == value).any()]
        return values.astype(pd.CategoricalDtype(order, ordered=True))
    if distinct <= most or values.dtype.kind not in "fiu":
        order = sorted(values.unique())
        if len(order) <= most:
            return values.astype(pd.CategoricalDtype(order, ordered=True))
        codes = values.map({value: position for position, value in enumerate(order)})
        return _named(codes, most, lambda middle: order[round(middle)])
    return _named(values, most, lambda middle: float(f"{middle:.3g}"))


def _named(values: pd.Series, most: int, name: Any) -> pd.Series:
    count = max(2, min(most, len(values) // _POINTS_PER_GROUP))
    codes, edges = pd.qcut(values, count, labels=False, retbins=True, duplicates="drop")
    middles = [name(middle) for middle in (edges[:-1] + edges[1:]) / 2]
    unique = list(dict.fromkeys(middles))
    labels = [middles[int(code)] for code in codes]
    return pd.Series(pd.Categorical(labels, unique, ordered=True), index=values.index)
