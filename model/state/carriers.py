"""What carriers remember of themselves: accounts, rivals' rules."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month

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
        utilisation: Last twelve months, (12, K).
        start_utilisation: Mean of the year before the start, (K,).
        last_year_unit_cost: Cost per parcel of the twelve months before the last price plan, $, (K,).
    """

    fixed_cost: Floats
    institutional_cost: float
    revenue: Floats
    cost: Floats
    volume: Floats
    utilisation: Floats
    start_utilisation: Floats
    last_year_unit_cost: Floats


@dataclass(slots=True)
class RivalState:
    """What rivals remember of their own rules.

    Attributes:
        negative_months: Months in a row of negative cash, seasonally adjusted, (K,).
        shed: Parcels a day of each contract that UPS has ended, with the month of the notice.
        reviewed_until: Month until which UPS looks no further at an enterprise shipper that it has shed, by row.
    """

    negative_months: NDArray[np.int64]
    shed: list[tuple[Month, float]] = field(default_factory=list)
    reviewed_until: dict[int, Month] = field(default_factory=dict)
