"""Capacity: what is ordered, what arrives when, and how orders are cut to a build limit (sections 7, 12 and 13).

Capacity is measured in annual parcels: one annual parcel of capacity carries one parcel a year with the season of the
market, so its monthly limit is the December share of a year over the utilisation planned for December.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CapacityOrder:
    """Capacity on its way.

    Attributes:
        carrier: Index of the carrier.
        arrives: First month of use.
        annual_parcels: Capacity by zone, annual parcels, (Z,).
        coverage: Share of households that can be served from then on, (Z,).
        capital: Dollars spent.
    """

    carrier: int
    arrives: Month
    annual_parcels: Floats
    coverage: Floats
    capital: float


def wanted_additions(needed: Floats, in_place: Floats, on_its_way: Floats) -> Floats:
    """Annual parcels of capacity that are missing by zone, never negative."""
    return np.maximum(needed - in_place - on_its_way, 0.0)


def cut_to_limit(wanted: Floats, cost: Floats, limit: float) -> Floats:
    """Keep the cheapest additions up to a limit.

    Args:
        wanted: Annual parcels by zone, (Z,).
        cost: Dollars per parcel by zone, the order of preference, (Z,).
        limit: Annual parcels that can be added in all.

    Returns:
        Additions by zone; their sum is at most `limit`.
    """
    if wanted.sum() <= limit:
        return wanted
    order = np.argsort(cost, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(wanted[order])[:-1]])
    kept = np.clip(limit - before, 0.0, wanted[order])
    result = np.zeros_like(wanted)
    result[order] = kept
    return result
