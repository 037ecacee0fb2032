"""How the area that households live on adds up inside a zone, densest first. Pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

_STEPS = 25  # points by which a spread is drawn

type Floats = NDArray[np.float64]


def area_up_to(edges: Floats, area: Floats, at: Floats) -> Floats:
    """Area of the densest households, up to a share of them.

    Inside a cell, area per household rises in a straight line towards its neighbours' and keeps the area of the cell;
    its slope is the smaller of the two towards them, so that density never rises on the way (the minmod limiter of
    finite volumes).

    Args:
        edges: Shares of households at which cells begin and end, rising from 0 to 1, (n + 1,).
        area: Area of each cell; area per household must not fall from cell to cell, (n,).
        at: Shares of households, 0 to 1, any shape.

    Returns:
        Area, in the shape of `at`; at the edges it is the sum of the cells before.
    """
    width = np.diff(edges)
    mean = area / width
    slope = np.zeros_like(mean)
    if mean.size > 1:
        between = np.diff(mean) / ((width[1:] + width[:-1]) / 2.0)
        slope[1:-1] = np.minimum(between[1:], between[:-1])
        slope[0] = min(float(between[0]), float(mean[0] / width[0]))  # the densest half covers no less than a quarter
        slope[-1] = between[-1]
    cell = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, mean.size - 1)
    inside = at - edges[cell]
    before = np.concatenate(([0.0], np.cumsum(area)))[cell]
    return np.asarray(before + inside * (mean[cell] + slope[cell] * (inside - width[cell]) / 2.0))


def widen(per_household: Floats, spread: Floats) -> Floats:
    """Spread density inside slices, which are means over places that differ.

    Every slice becomes households whose area is lognormal around its mean; all of a zone are then put in order again
    and cut into as many slices. The area of the zone stays.

    Args:
        per_household: Area per household by zone and slice, densest first, (Z, P).
        spread: Standard deviation of its logarithm inside a slice, (Z,).

    Returns:
        (Z, P), densest first.
    """
    if not spread.any():
        return per_household
    steps = ndtri((np.arange(_STEPS) + 0.5) / _STEPS)
    factor = np.exp(spread[:, None] * steps)
    factor /= factor.mean(axis=1)[:, None]
    mixed = np.sort((per_household[:, :, None] * factor[:, None, :]).reshape(len(per_household), -1), axis=1)
    return np.asarray(mixed.reshape(*per_household.shape, _STEPS).mean(axis=2))
