"""What bidders bid for a lot under each format (ODD 7.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.auction.types import AuctionFormat, Bid, Demand, Lot

Floats = NDArray[np.float64]


def shaded(value: Floats | float, reserve: float, bidders: int) -> Floats:
    """Bid of a bidder who pays what it bids: the more rivals it expects, the less it shades.

    Args:
        value: $ per parcel, at least the reserve.
        reserve: $ per parcel.
        bidders: Bidders expected, itself included; alone it bids the reserve.
    """
    return np.asarray(value - (np.asarray(value) - reserve) / bidders, dtype=np.float64)


def expected_price(quantity: Floats, lot: Lot, highest: float) -> Floats:
    """Uniform price that a large bidder expects when it asks for a quantity.

    It knows no rival's value. It expects its `lot.bidders` - 1 rivals to want an equal part of the lot each, at values
    spread evenly between the reserve and the highest price that anybody would pay. What it takes beyond its own part
    displaces them, the lowest value first, and the highest value displaced is the price.

    Args:
        quantity: Parcels a year, (Q,).
        lot: The lot.
        highest: $ per parcel that nobody exceeds.

    Returns:
        $ per parcel, (Q,): the reserve up to its own part, then rising evenly to `highest` at the whole lot.
    """
    own_part = lot.capacity / lot.bidders
    beyond = np.clip(quantity - own_part, 0.0, lot.capacity - own_part)
    return np.asarray(lot.reserve + _slope(lot, highest) * beyond, dtype=np.float64)


def _slope(lot: Lot, highest: float) -> float:
    rivals = lot.capacity * (1.0 - 1.0 / lot.bidders)
    return max(0.0, highest - lot.reserve) / rivals if rivals > 0.0 else 0.0


def reduced_quantity(demand: Demand, lot: Lot, highest: float) -> float:
    """Quantity that maximises (mean value - expected price) x quantity for a bidder who moves the price.

    Args:
        demand: Its steps, highest value first.
        lot: The lot.
        highest: $ per parcel that nobody exceeds.

    Returns:
        Parcels a year, at most the lot's capacity.
    """
    most = min(float(demand.quantity.sum()), lot.capacity)
    ends = np.minimum(np.cumsum(demand.quantity), most)
    own_part, slope = lot.capacity / lot.bidders, _slope(lot, highest)
    candidates = [ends, np.array([min(own_part, most)])]
    if slope > 0.0:
        # Inside a step, beyond its own part: value = price + slope x quantity.
        begins = np.maximum(ends - demand.quantity, own_part)
        inside = (demand.value - lot.reserve + slope * own_part) / (2.0 * slope)
        candidates.append(np.clip(inside, np.minimum(begins, ends), ends))
    tried: Floats = np.unique(np.concatenate(candidates))
    worth = np.interp(
        tried, np.append(0.0, np.cumsum(demand.quantity)), np.append(0.0, np.cumsum(demand.quantity * demand.value))
    )
    gain = worth - expected_price(tried, lot, highest) * tried
    best = np.flatnonzero(gain >= gain.max() - 1e-12 * max(1.0, abs(float(gain.max()))))
    return float(tried[best[-1]])


def bid_for(kind: AuctionFormat, lot: Lot, demand: Demand, highest: float, moves_price: bool) -> Bid:
    """What a bidder bids.

    Args:
        kind: Format of the auction.
        lot: The lot.
        demand: What it is worth to the bidder, at or above the reserve, highest value first.
        highest: $ per parcel that nobody exceeds.
        moves_price: Whether it is large enough to hold back quantity under a uniform price.

    Returns:
        The bid, its steps in the order of the demand's.
    """
    if kind == "pay_as_bid":
        return Bid(demand.bidder, demand.quantity, shaded(demand.value, lot.reserve, lot.bidders))
    quantity = demand.quantity
    if kind == "uniform_price" and moves_price:
        before = np.cumsum(quantity) - quantity
        quantity = np.clip(reduced_quantity(demand, lot, highest) - before, 0.0, quantity)
    return Bid(demand.bidder, quantity, demand.value)
