"""How the area that households live on adds up inside a zone, densest first. Pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
