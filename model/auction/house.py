"""The auction house: it clears each lot by price down to the reserve and says what winners pay (ODD 7.2).

It sees bids, never values. Surplus and efficiency are for those who look at the market from outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agents.auction import AuctionFormat, Award, Bid, Demand, Lot, bid_for
from model.answers import checked

Floats = NDArray[np.float64]
NUMERICAL_DUST = 1e-12  # share of a step that is rounding, not a losing bid


class Bidder(Protocol):
    """Who bids in a way of its own."""

    def bids(self, kind: AuctionFormat, lot: Lot, demand: Demand, highest: float) -> Bid:
        """Return what it bids for a lot; see `agents.party.Party.bids`."""
        ...


def fill(quantity: Floats, price: Floats, capacity: float, reserve: float) -> Floats:
    """Fill a lot by price, highest first, equal prices in proportion, nothing below the reserve.

    Args:
        quantity: Parcels by step, (J,).
        price: $ per parcel by step, (J,).
        capacity: Parcels on offer.
        reserve: $ per parcel.

    Returns:
        Parcels that each step gets, (J,).
    """
    if len(price) == 0:
        return np.zeros(0)
    levels, level_of = np.unique(-price, return_inverse=True)
    wanted = np.bincount(level_of, weights=quantity, minlength=len(levels))
    wanted[-levels < reserve] = 0.0
    room = np.maximum(capacity - (np.cumsum(wanted) - wanted), 0.0)
    share = np.minimum(1.0, np.divide(room, wanted, out=np.zeros_like(wanted), where=wanted > 0.0))
    return np.asarray(quantity * share[level_of], dtype=np.float64)


def clear(lot: Lot, bids: Sequence[Bid], kind: AuctionFormat) -> tuple[Award, ...]:
    """Clear one lot.

    Args:
        lot: The lot.
        bids: One bid for each bidder.
        kind: Format; it decides what is paid, never who wins.

    Returns:
        One award for each bid, in the same order; most are empty.
    """
    if not bids:
        return ()
    quantity, price, owner = _steps(bids)
    won = fill(quantity, price, lot.capacity, lot.reserve)
    if kind == "pay_as_bid":
        payment = np.bincount(owner, weights=won * price, minlength=len(bids))
    elif kind == "uniform_price":
        paid = clearing_price(quantity, price, won, lot.reserve)
        payment = np.bincount(owner, weights=won, minlength=len(bids)) * paid
    else:
        payment = _displacement_payments(lot, quantity, price, owner, won, len(bids))
    return tuple(Award(bid.bidder, won[owner == k], float(payment[k])) for k, bid in enumerate(bids))


def clearing_price(quantity: Floats, price: Floats, won: Floats, reserve: float) -> float:
    """Highest losing bid, or the reserve where nobody loses, $ per parcel."""
    loses = (won < quantity * (1.0 - NUMERICAL_DUST)) & (price >= reserve)
    return float(price[loses].max()) if loses.any() else reserve


def _displacement_payments(
    lot: Lot, quantity: Floats, price: Floats, owner: NDArray[np.int64], won: Floats, n_bidders: int
) -> Floats:
    """Reserve price plus what the others' bids would gain if a winner were not there, $ a year, (B,)."""
    gain = won * (price - lot.reserve)
    total = np.bincount(owner, weights=won, minlength=n_bidders)
    own_gain = np.bincount(owner, weights=gain, minlength=n_bidders)
    payment = lot.reserve * total
    wanted = float(quantity[price >= lot.reserve].sum())
    if wanted <= lot.capacity:
        return payment  # nobody is displaced
    for bidder in np.flatnonzero(total > 0.0):
        others = owner != bidder
        without = fill(quantity[others], price[others], lot.capacity, lot.reserve)
        displaced = float((without * (price[others] - lot.reserve)).sum()) - float(gain.sum() - own_gain[bidder])
        payment[bidder] += max(0.0, displaced)  # below zero only by rounding
    return payment


def _steps(bids: Sequence[Bid]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Steps of all bids in one row: quantity, price, position of the bid."""
    owner = np.repeat(np.arange(len(bids)), [len(bid.quantity) for bid in bids])
    return np.concatenate([bid.quantity for bid in bids]), np.concatenate([bid.price for bid in bids]), owner


@dataclass(frozen=True, slots=True, eq=False)
class LotResult:
    """What happened to one lot; the four rows belong together bidder by bidder.

    Attributes:
        lot: The lot.
        demands: What it was worth to those who took part.
        bids: What they bid.
        awards: What they won.
    """

    lot: Lot
    demands: tuple[Demand, ...]
    bids: tuple[Bid, ...]
    awards: tuple[Award, ...]

    @property
    def sold(self) -> float:
        """Parcels a year."""
        return sum(award.quantity for award in self.awards)

    @property
    def revenue(self) -> float:
        """$ a year."""
        return sum(award.payment for award in self.awards)

    @property
    def surplus(self) -> float:
        """What all parcels are worth to the winners less what they cost the seller, $ a year."""
        cost = self.lot.attributable_cost
        return sum(
            float((award.by_step * (demand.value - cost)).sum())
            for award, demand in zip(self.awards, self.demands, strict=True)
        )


def hold(
    kind: AuctionFormat,
    lots: Sequence[Lot],
    demands: Sequence[Mapping[int, Demand]],
    highest: float,
    bidders: Mapping[str, Bidder],
) -> tuple[LotResult, ...]:
    """Collect bids for all lots and clear them.

    Args:
        kind: Format.
        lots: The lots.
        demands: For each bidder, its demand by position of the lot.
        highest: $ per parcel that nobody exceeds.
        bidders: Who decides for itself what it bids, by key; the others take the price as given.
    """
    results = []
    for position, lot in enumerate(lots):
        here = tuple(by_lot[position] for by_lot in demands if position in by_lot)
        bids = tuple(_bid(kind, lot, demand, highest, bidders) for demand in here)
        results.append(LotResult(lot, here, bids, clear(lot, bids, kind)))
    return tuple(results)


def _bid(kind: AuctionFormat, lot: Lot, demand: Demand, highest: float, bidders: Mapping[str, Bidder]) -> Bid:
    """What a bidder bids, step by step of its demand.

    Raises:
        model.answers.AnswerError: It has other steps, or asks for more in a step than there is.
    """
    bidder = bidders.get(demand.bidder)
    if bidder is None:
        return bid_for(kind, lot, demand, highest, moves_price=False)
    bid = bidder.bids(kind, lot, demand, highest)
    checked(demand.bidder, "quantity that it bids for", bid.quantity, demand.quantity.shape, demand.quantity)
    return bid if bid.bidder == demand.bidder else replace(bid, bidder=demand.bidder)


def efficiency(results: Sequence[LotResult], benchmark: Sequence[LotResult]) -> float:
    """Surplus over that of a benchmark (the same demands under VCG); 1 where neither has any."""
    best = sum(result.surplus for result in benchmark)
    return sum(result.surplus for result in results) / best if best > 0.0 else 1.0
