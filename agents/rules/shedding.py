"""Which contracts a carrier ends because they earn too little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ReviewCase:
    """What a carrier knows of its contracts with enterprise shippers when it reviews them.

    Attributes:
        margin: Margin of each over its own cost, share of its revenue, (C,).
        daily_parcels: Parcels a day under each, (C,); 0 where no contract is in force that would go on.
        announced_cut: Parcels a day that leave it within a year by plans that are public.
    """

    margin: Floats
    daily_parcels: Floats
    announced_cut: float


def contracts_to_shed(margin: Floats, daily_parcels: Floats, required: float, limit: float) -> Bools:
    """Which contracts to end: those with the lowest margins, as far as the limit of volume allows.

    Args:
        margin: Margin of each contract, share of its revenue, (C,).
        daily_parcels: Parcels a day under each, (C,).
        required: Margin below which a contract is shed.
        limit: Parcels a day that may still be shed this year.

    Returns:
        (C,); a contract that is too large for what is left of the limit stays, and smaller ones may go instead.
    """
    shed = np.zeros(len(margin), dtype=np.bool_)
    left = limit
    for contract in np.argsort(margin, kind="stable"):
        if margin[contract] < required and 0.0 < daily_parcels[contract] <= left:
            shed[contract] = True
            left -= float(daily_parcels[contract])
    return shed
