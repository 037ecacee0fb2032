"""Capacity: what is ordered, what arrives when, and how orders are cut to a build limit (ODD 7.7 and 7.8).

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
        capital: What it costs, $ at the prices of the start; once it is paid for, what was paid.
    """

    carrier: int
    arrives: Month
    annual_parcels: Floats
    coverage: Floats
    capital: float


@dataclass(frozen=True, slots=True)
class Closure:
    """Capacity that a carrier has decided to close.

    Attributes:
        carrier: Index of the carrier.
        closes: First month without it.
        annual_parcels: Capacity by zone, annual parcels, (Z,).
        coverage: Share of households that can be served from then on, (Z,).
    """

    carrier: int
    closes: Month
    annual_parcels: Floats
    coverage: Floats


def closable(in_place: Floats, closing: Floats, needed: Floats, locked: Floats) -> Floats:
    """Annual parcels of capacity by zone that are not needed and may be closed.

    What came into use lately is locked, and idle capacity counts as the latest first: a carrier does not close old
    stations because new ones stand empty.

    Args:
        in_place: Capacity in use, (Z,).
        closing: Capacity whose closure has been decided, (Z,).
        needed: Capacity that expected volume needs, (Z,).
        locked: Capacity that came into use too recently to be retired, (Z,).
    """
    return np.maximum(in_place - closing - needed - locked, 0.0)


def whole_stations(wanted: Floats, gap: Floats, smallest: float) -> Floats:
    """What is built or closed of a gap by zone: a part of it, but no station smaller than the smallest worth having.

    Args:
        wanted: The part of the gap that the adjustment speed allows, annual parcels, (Z,).
        gap: The whole gap, (Z,).
        smallest: Annual parcels of the smallest station.

    Returns:
        (Z,); 0 where the whole gap would not fill one station.
    """
    return np.where(gap >= smallest, np.maximum(wanted, np.minimum(gap, smallest)), 0.0)


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
