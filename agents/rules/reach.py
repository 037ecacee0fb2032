"""How far a carrier sells beyond its own routes with the last mile that it buys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ReachCase:
    """What a carrier could sell beyond its routes, and what access costs there.

    Attributes:
        worth: What an economy parcel of its customers brings after pick-up, line-haul and injection, $ per parcel.
        published: Published price of access, $ per parcel.
        home: Zones of the Census divisions in which it delivers somewhere, (Z,).
        potential: Parcels a year that its customers send beyond its routes, (Z,).
        price: Price of one more parcel of access, $ per parcel, (Z,).
        cap: Parcels a year that its contract with the seller carries by price group, (G,); None without a contract.
        group: Price group of each zone under the contract, (Z,).
        own: Parcels a year that it delivers itself.
        bought: Parcels a year that the seller delivers for it.
        now: Share of the households beyond its routes to which it sells today, (Z,).
    """

    worth: float
    published: float
    home: Bools
    potential: Floats
    price: Floats
    cap: Floats | None
    group: NDArray[np.int64]
    own: float
    bought: float
    now: Floats


#: Share of households below which what is left of a business beyond the routes is given up.
LEAST_LEFT = 0.02


def reach_beyond(case: ReachCase, growth: float) -> Floats:
    """Share of the households beyond its routes to which a carrier sells, (Z,).

    What pays no longer, or does not in one quarter, is given up no faster than it could have grown: customers were
    promised a service, and a surcharge of the season is no reason to take them on or to drop them.

    Args:
        case: What it could sell there.
        growth: Largest growth of all that it sells in the time until it decides again, as a share.
    """
    left = case.now / (1.0 + growth)
    return np.maximum(_that_pays(case, growth), np.where(left >= LEAST_LEFT, left, 0.0))


def _that_pays(case: ReachCase, growth: float) -> Floats:
    """The same of what pays, as far as it can grow; where only the contract pays, no more than the contract carries.

    That is the same part of all zones.
    """
    nowhere = np.zeros(len(case.home))
    if case.worth >= case.published:
        beyond = float((case.potential * case.home).sum())
        return np.where(case.home, 1.0, nowhere) * _part_that_grows(case, growth, beyond)
    if case.cap is None:
        return nowhere
    pays = case.home & (case.worth >= case.price)
    asked = np.bincount(case.group, weights=case.potential * pays, minlength=len(case.cap))
    part = np.minimum(1.0, np.divide(case.cap, asked, out=np.zeros_like(asked), where=asked > 0.0))
    return np.where(pays, part[case.group], nowhere) * _part_that_grows(case, growth, float((asked * part).sum()))


def _part_that_grows(case: ReachCase, growth: float, beyond: float) -> float:
    """Share of so many parcels beyond its routes that it can take on when all that it sells grows by so much."""
    return taken_on(growth, case.own, case.bought, beyond) / beyond if beyond > 0.0 else 0.0


def taken_on(growth: float, own: float, bought: float, beyond: float) -> float:
    """Parcels a year beyond its routes that a carrier can take on when all that it sells grows by a share at most.

    Args:
        growth: Largest growth of all that it sells, as a share.
        own: Parcels a year that it delivers itself.
        bought: Parcels a year that others deliver for it.
        beyond: Parcels a year that its customers send there.
    """
    return min(beyond, max(0.0, (own + bought) * (1.0 + growth) - own))
