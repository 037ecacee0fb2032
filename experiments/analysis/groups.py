"""The values of a factor in a few groups: as they are where they are few, else in ranges of equal size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.calendar import Month

MAX_GROUPS = 10
_POINTS_PER_GROUP = 8


def is_ordered(factor: dict[str, Any]) -> bool:
    """Whether the values of a factor are numbers or months, so that one is lower than another.

    Args:
        factor: What the design says of it.
    """
    if factor["kind"] != "choice" or factor["unit"] == "month":
        return True
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in factor["values"])


def order_of(values: pd.Series) -> NDArray[np.float64]:
    """The values of a factor with an order as numbers; a month counts as months since year 0."""
    if values.dtype.kind in "fiu":
        return values.to_numpy(dtype=float)
    return values.map(lambda text: Month.parse(str(text)).index).to_numpy(dtype=float)


def grouped(values: pd.Series, factor: dict[str, Any], most: int = MAX_GROUPS) -> pd.Series:
    """Put the values of a factor into groups.

    Args:
        values: One a point.
        factor: What the design says of it.
        most: Most groups.

    Returns:
        Ordered categories, one a point, from low to high where the values have an order; ranges are named by their
        middle.
    """
    distinct = values.nunique()
    if factor["kind"] == "choice":
        order = [value for value in factor["values"] if (values == value).any()]
        return values.astype(pd.CategoricalDtype(sorted(order) if is_ordered(factor) else order, ordered=True))
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
