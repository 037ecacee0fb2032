"""What a shipper that withdraws does where own daily delivery does not pay: the published price, later, or nobody.

Two limits leave a place: own cost above what somebody else or an order itself is worth, and too few parcels for the
smallest station. A place that is left goes the cheapest way that is open. Rule: ODD 7.8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.rules.sourcing import AccessSlices

DAILY, LATER, PUBLISHED, REFUSED = range(4)  # ways of a parcel, the densest addresses first
DAYS_PER_WEEK = 7.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int8]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LeavingCase:
    """What a shipper weighs for each slice of its addresses, $ per parcel, (L,), where not said otherwise.

    Attributes:
        daily: Own delivery every day, with capital where it would have to build, less what speed is worth to it.
        later: Own delivery on fewer days, with what the wait costs it.
        published: Price at USPS with injection, one number; infinite where USPS is out of the question.
        margin: What an order earns before the last mile, one number: what refusing it costs.
        covered: Whether capacity for the slice stands or comes, (L,).
        remote: Whether it lies too far from stations of denser places to be served from them, (L,).
        volume: Parcels a year, (L,).
        smallest: Parcels a year of the smallest station, one number.
    """

    daily: Floats
    later: Floats
    published: float
    margin: float
    covered: Bools
    remote: Bools
    volume: Floats
    smallest: float


def ways(case: LeavingCase, slices: AccessSlices) -> Ints:
    """The way of each slice, `DAILY` to `REFUSED`, (L,).

    Args:
        case: What it weighs.
        slices: The slices.
    """
    left = case.daily > min(case.published, case.margin)
    new = ~left & ~case.covered & case.remote
    by_zone = np.bincount(slices.zone, weights=np.where(new, case.volume, 0.0), minlength=slices.n_zones)
    left |= new & (by_zone < case.smallest)[slices.zone]
    whole = np.full((2, len(left)), [[case.published], [case.margin]])
    others = np.argmin(np.stack([case.later, *whole]), axis=0) + LATER
    return np.where(left, others, DAILY).astype(np.int8)


def mean_wait(days_a_week: float) -> float:
    """Mean days that a parcel waits longer where a network comes on so many days of a week instead of every day."""
    return (DAYS_PER_WEEK / days_a_week - 1.0) / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class LeftPlaces:
    """Shares of the orders of each zone that do not get own daily delivery, the sparsest addresses, (Z,) each.

    Attributes:
        later: Delivered itself on fewer days.
        published: Left with USPS at the published price.
        refused: Not delivered.
    """

    later: Floats
    published: Floats
    refused: Floats


def left_places(way: Ints, gone: Floats, slices: AccessSlices, parcels: Floats) -> LeftPlaces:
    """What is left of each zone.

    Args:
        way: Way of each slice, (L,).
        gone: Part of each slice that its contract with USPS carries no more, (L,).
        slices: The slices, at the volume of the start.
        parcels: All that the shipper sent at the start, parcels a year by zone, (Z,).
    """
    later, published, refused = (
        np.minimum(slices.zones_of(gone * (way == one)) / np.maximum(parcels, 1.0), 1.0)
        for one in (LATER, PUBLISHED, REFUSED)
    )
    return LeftPlaces(later, published, refused)
