"""Where in a zone a carrier's parcels go: between two shares of its households, densest first. Pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]


def covered(share: Floats, slices: int) -> Floats:
    """Part of each slice that a carrier covers which serves the densest addresses first.

    Args:
        share: Share of households that it covers, (..., Z).
        slices: Slices of a zone, P.

    Returns:
        0 to 1, (..., Z, P); its mean over slices is the share.
    """
    return np.asarray(np.clip(share[..., None] * slices - np.arange(slices), 0.0, 1.0))


def spread(parcels: Floats, first: Floats, last: Floats, slices: int) -> Floats:
    """Parcels by slice, if every household between two shares of a zone gets as many.

    Args:
        parcels: By zone, (..., Z).
        first: Share of households that live more densely than all who get them, (..., Z).
        last: Share that lives as densely as some who get them, (..., Z); where that is nobody, all get some.
        slices: Slices of a zone, P.

    Returns:
        (..., Z, P); over slices it adds up to the parcels.
    """
    nobody = last - first <= 1e-12
    first, last = np.where(nobody, 0.0, first), np.where(nobody, 1.0, last)
    inside = covered(last, slices) - covered(first, slices)
    return np.asarray((parcels / (last - first) / slices)[..., None] * inside)
