"""Which contracts a carrier lets end because no price that both would sign earns enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A contract that was signed at its seller's limit must not fall below it by rounding.
ROUNDING = 1e-9
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ReviewCase:
    """What a carrier knows of its contracts with enterprise shippers in a month in which some of them come up.

    Attributes:
        margin: Margin over its own cost at the highest price that the other side would sign, share of it, (C,); 0 for
            contracts that do not come up.
        daily_parcels: Parcels a day under each that comes up, (C,); 0 for all others.
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
        limit: Parcels a day that may still be shed this year; infinite without a limit.

    Returns:
        (C,); a contract that is too large for what is left of the limit stays, and smaller ones may go instead.
    """
    shed = np.zeros(len(margin), dtype=np.bool_)
    left = limit
    order = np.argsort(margin, kind="stable")
    for contract in order[daily_parcels[order] > 0.0]:
        if margin[contract] < required - ROUNDING and daily_parcels[contract] <= left:
            shed[contract] = True
            left -= float(daily_parcels[contract])
    return shed
