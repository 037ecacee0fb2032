"""What a carrier knows about itself when it plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CarrierBooks:
    """A carrier's own figures at the end of a month.

    Attributes:
        annual_volume: Deseasonalised parcels a year that it delivers, by zone, (Z,).
        capacity: Annual parcels of last-mile capacity by zone, (Z,).
        on_its_way: Annual parcels of capacity ordered and not yet in use, (Z,).
        closing: Annual parcels of capacity whose closure has been decided, (Z,).
        locked: Annual parcels of capacity that came into use too recently to be retired, (Z,).
        coverage: Share of households that it can serve by zone, (Z,).
        unit_cost: Dollars per parcel of the next household by zone, (Z,).
        revenue: Of the last twelve months, $.
        margin: Operating margin of the last twelve months.
        cost_growth: Growth of its cost per parcel over the last twelve months, as a share, without what its own
            surcharge follows.
        utilisation: Mean utilisation of the last twelve months.
        start_utilisation: Mean utilisation of the year before the start.
        start_margin: Operating margin of the year before the start.
    """

    annual_volume: Floats
    capacity: Floats
    on_its_way: Floats
    closing: Floats
    locked: Floats
    coverage: Floats
    unit_cost: Floats
    revenue: float
    margin: float
    cost_growth: float
    utilisation: float
    start_utilisation: float
    start_margin: float
