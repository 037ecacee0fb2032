"""At what discount a carrier fills what stands empty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fills(utilisation: float, start_utilisation: float, gap: float) -> bool:
    """Whether a carrier looks for volume: utilisation is below its start mean by more than a gap."""
    return utilisation < start_utilisation - gap


def fill_discount(price: Floats, marginal_cost: Floats, *, slack: float, response: float, fill_margin: float) -> Floats:
    """Discount on quotes with which a carrier fills its network; never below marginal cost and the margin wanted.

    Args:
        price: Mean quote by segment, $ per parcel, (S,).
        marginal_cost: Cost of one more parcel, upstream included, $ per parcel, (S,).
        slack: Utilisation that is missing to where it stops filling; 0 or less when it does not fill.
        response: Response of prices to utilisation.
        fill_margin: Margin over marginal cost that it wants.

    Returns:
        Shares of the quote, (S,).
    """
    wanted = response * max(slack, 0.0)
    lowest = marginal_cost * (1.0 + fill_margin)
    room = np.divide(price - lowest, price, out=np.zeros_like(price), where=price > 0.0)
    return np.clip(np.minimum(wanted, room), 0.0, 1.0)


def merged_share(months: int, all_months: int) -> float:
    """Part of a network merger that is done after some months; it arrives evenly."""
    return min(1.0, max(0.0, months / all_months)) if all_months > 0 else 1.0
