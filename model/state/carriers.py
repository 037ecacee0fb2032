"""What carriers remember of themselves: their accounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Books:
    """Carriers' accounts.

    Attributes:
        fixed_cost: Network cost that volume does not move, $ a month at start prices, (K,).
        institutional_cost: Of USPS, $ a month at start wages.
        revenue: From customers, last twelve months, newest last, $, (12, K).
        cost: Of serving them, last twelve months, $, (12, K); USPS: attributable to parcels; Amazon: of its sales.
        volume: Of their parcels, last twelve months, (12, K).
        shock_cost: Part of the cost that is due to unexpected prices of fuel and wages, and that a surcharge follows,
            last twelve months, $, (12, 2, K): fuel first.
        utilisation: Last twelve months, (12, K).
        start_utilisation: Mean of the year before the start, (K,).
        start_margin: Of the year before the start, share of revenue, (K,).
        last_year_unit_cost: Cost per parcel of the twelve months before the last price plan, $, (K,); 0 before one.
        last_year_basket: What a fixed basket of parcels cost USPS at its last price plan, $ per parcel; 0 before one.
    """

    fixed_cost: Floats
    institutional_cost: float
    revenue: Floats
    cost: Floats
    volume: Floats
    utilisation: Floats
    start_utilisation: Floats
    start_margin: Floats
    shock_cost: Floats
    last_year_unit_cost: Floats
    last_year_basket: float = 0.0
