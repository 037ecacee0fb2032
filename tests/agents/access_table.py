"""The table of long-run access demand in the market's design, counted slice by slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AccessDemand:
    """Long-run demand for access at each of some prices, (Q,) each.

    Attributes:
        price: $ per parcel.
        kept: Parcels a year that stay with the seller.
        contribution: $ a year that the seller earns on them over attributable cost.
    """

    price: Floats
    kept: Floats
    contribution: Floats

    @property
    def best(self) -> int:
        """Index of the price with the largest contribution."""
        return int(np.argmax(self.contribution))


def access_demand(value: Floats, attributable_cost: Floats, volume: Floats, price: Floats) -> AccessDemand:
    """Demand when every slice may leave: what is worth the price to the buyer stays.

    Args:
        value: Value of access to the buyer by slice, own cost less injection cost and speed benefit, (L,).
        attributable_cost: Seller's cost by slice, $ per parcel, (L,).
        volume: Parcels a year, (L,).
        price: $ per parcel, the same for all slices; (Q,) prices to try.
    """
    order = np.argsort(value, kind="stable")
    leaves = np.searchsorted(value[order], price, side="left")

    def stays(weights: Floats) -> Floats:
        from_here_on = np.append(np.cumsum(weights[order][::-1])[::-1], 0.0)
        return np.asarray(from_here_on[leaves], dtype=np.float64)

    kept = stays(volume)
    return AccessDemand(price, kept, price * kept - stays(volume * attributable_cost))


def joint_surplus(value: Floats, attributable_cost: Floats, volume: Floats) -> tuple[float, float]:
    """What both could share if every slice went where it is cheaper.

    Args:
        value: Value of access to the buyer by slice, $ per parcel, (L,).
        attributable_cost: Seller's cost by slice, $ per parcel, (L,).
        volume: Parcels a year, (L,).

    Returns:
        Share of volume that is cheaper to leave with the seller, and the surplus in $ a year.
    """
    gain = value - attributable_cost
    share = float(volume[gain >= 0.0].sum() / volume.sum())
    return share, float(volume @ np.maximum(gain, 0.0))
