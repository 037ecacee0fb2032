"""What access is worth to a bidder, and whether it takes part (ODD 7.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.auction.types import WINDOWS, Demand, Lot

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True, eq=False)
class AccessNeed:
    """Parcels that a bidder could hand over, and what they cost it otherwise, (N,) each.

    Attributes:
        bidder: Key of the bidder.
        zone: Zone of the parcels.
        quantity: Parcels a year.
        saved: What handing them over would save, before what the handover costs, $ per parcel.
        attributable_cost: What they would cost the seller, $ per parcel.
        stay: Weight from 0 to 1 of the published price as the alternative, for a bidder who cannot leave at once.
    """

    bidder: str
    zone: Ints
    quantity: Floats
    saved: Floats
    attributable_cost: Floats
    stay: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Handover:
    """Terms of handing parcels over at delivery units, the same for all bidders.

    Attributes:
        units: Delivery units by zone, (Z,).
        delivery_days: Days a year on which a truck comes.
        stop_cost: $ for a truck's stop at a unit.
        presort_cost: $ per parcel for sorting to delivery units.
        published: Price of access that is open to all, $ per parcel.
        window_value: (W,) $ per parcel that a window of `WINDOWS` is worth above the next day.
        window_share: (W,) share of parcels that come in each window.
        entry_cost: $ a month for each unit that a bidder serves.
    """

    units: Floats
    delivery_days: float
    stop_cost: float
    presort_cost: float
    published: float
    window_value: Floats
    window_share: Floats
    entry_cost: float


def handover_cost(need: AccessNeed, terms: Handover, reserve: Floats) -> Floats:
    """Cost of bringing a parcel to its delivery unit: the truck's stop over the pieces that share it, and sorting.

    Args:
        need: What could be handed over.
        terms: Terms of the handover.
        reserve: Reserve price by zone, $ per parcel, (Z,); parcels that are not worth it share no truck.

    Returns:
        $ per parcel, (N,).
    """
    worth = (need.saved - terms.presort_cost > reserve[need.zone]) | (need.stay > 0.0)
    yearly = np.bincount(need.zone, weights=np.where(worth, need.quantity, 0.0), minlength=len(terms.units))
    pieces = yearly / (terms.units * terms.delivery_days)
    stop = np.divide(terms.stop_cost, pieces, out=np.full_like(pieces, np.inf), where=pieces > 0.0)
    return np.asarray(stop[need.zone] + terms.presort_cost, dtype=np.float64)


def access_value(need: AccessNeed, terms: Handover, reserve: Floats) -> Floats:
    """Value of a parcel of access in the next-day window, $ per parcel, (N,).

    Nobody pays more than the published price, to which the same handover belongs.
    """
    own = np.clip(need.saved - handover_cost(need, terms, reserve), 0.0, terms.published)
    return np.asarray(need.stay * terms.published + (1.0 - need.stay) * own, dtype=np.float64)


def takes_part(monthly_gain: Floats, units: Floats, entry_cost: float) -> NDArray[np.bool_]:
    """Whether serving a zone's units pays.

    Args:
        monthly_gain: Monthly pieces x (value - reserve) by zone, $, (Z,).
        units: Delivery units by zone, (Z,).
        entry_cost: $ a month and unit.
    """
    return np.asarray((monthly_gain > 0.0) & (monthly_gain > entry_cost * units))


def lot_demands(need: AccessNeed, terms: Handover, lots: Sequence[Lot]) -> dict[int, Demand]:
    """Demand of one bidder by position of the lot; lots that it does not want are left out.

    Parcels come in both windows in the same shares everywhere, so that demands in the two windows do not depend on
    each other.

    Args:
        need: What it could hand over.
        terms: Terms of the handover.
        lots: All lots; both windows of a zone have one reserve price.
    """
    reserve = np.full(len(terms.units), np.inf)
    for lot in lots:
        reserve[lot.zone] = lot.reserve
    value = access_value(need, terms, reserve)
    by_window = value[None] + terms.window_value[:, None]
    gain = np.maximum(by_window - reserve[need.zone], 0.0) * need.quantity * terms.window_share[:, None]
    gain_by_zone = np.bincount(need.zone, weights=gain.sum(axis=0), minlength=len(reserve)) / MONTHS_PER_YEAR
    serves = takes_part(gain_by_zone, terms.units, terms.entry_cost)
    order = np.lexsort((-value, need.zone))
    begin = np.searchsorted(need.zone[order], np.arange(len(reserve) + 1))
    found: dict[int, Demand] = {}
    for position, lot in enumerate(lots):
        if not serves[lot.zone]:
            continue
        window = WINDOWS.index(lot.window)
        rows = order[begin[lot.zone] : begin[lot.zone + 1]]
        rows = rows[(by_window[window, rows] >= lot.reserve) & (need.quantity[rows] * terms.window_share[window] > 0.0)]
        if len(rows):
            quantity = need.quantity[rows] * terms.window_share[window]
            found[position] = Demand(need.bidder, quantity, by_window[window, rows], rows.astype(np.int64))
    return found
