"""95 % intervals of means, held within what a quantity can be.

A share is no less than 0 and no more than 1, a number of parcels no less than 0. The part of an interval that lies
where the true value cannot be is cut off: what is left holds the true value exactly as often.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from experiments.figures import split_year

CONFIDENCE = 0.95
Domain = tuple[float, float]
#: From the values of several runs to their mean and its interval.
Interval = Callable[[NDArray[np.float64]], tuple[float, float, float]]
REAL: Domain = (-math.inf, math.inf)
NOT_NEGATIVE: Domain = (0.0, math.inf)
SHARE: Domain = (0.0, 1.0)
# Of what there was at the start or of what is meant to be used at most: more than all of it can be.
_MORE_THAN_ALL = ("_retained_share", "_utilisation_share")
_COUNTS = ("_parcels", "_tonnes", "_kg", "_days", "_index", "_count", "_months", "_rung", "_per_parcel_usd")


def domain_of(name: str) -> Domain:
    """Least and most that an outcome or monthly series can be, by the unit in its name."""
    stem = split_year(name)[0]
    if "_share" in stem:
        return NOT_NEGATIVE if stem.endswith(_MORE_THAN_ALL) else SHARE
    return NOT_NEGATIVE if stem.endswith(_COUNTS) else REAL


def domain_of_difference(name: str) -> Domain:
    """Least and most that the difference of two values of an outcome can be."""
    low, high = domain_of(name)
    return low - high, high - low


def mean_interval(
    values: NDArray[np.float64], low: ArrayLike = -math.inf, high: ArrayLike = math.inf, axis: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean and its 95 % t interval along an axis; no interval (nan) of one value.

    Args:
        values: Any shape.
        low: Least that a value can be; broadcast against the means.
        high: Most that it can be.
        axis: What the mean is over.
    """
    mean, n = values.mean(axis=axis), values.shape[axis]
    if n < 2:
        none = np.full_like(mean, math.nan)
        return mean, none, none.copy()
    quantile = stdtrit(n - 1, (1 + CONFIDENCE) / 2)  # of Student's t; scipy.stats would take seconds to import
    half = quantile * values.std(axis=axis, ddof=1) / math.sqrt(n)
    # A mean may be beyond by rounding; its interval holds it all the same.
    return mean, np.minimum(mean, np.maximum(mean - half, low)), np.maximum(mean, np.minimum(mean + half, high))


def chance_interval(happened: NDArray[np.float64]) -> tuple[float, float, float]:
    """Share of runs in which something happens and its 95 % interval (Wilson, 1927), which also holds for 0 and all.

    Args:
        happened: One value a run, 1 where it happens and 0 where it does not; what lies between is a part.
    """
    n, share = happened.size, float(happened.mean())
    square = float(ndtri((1 + CONFIDENCE) / 2)) ** 2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = math.sqrt(square * (share * (1 - share) / n + square / (4 * n * n))) / (1 + square / n)
    return share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))
