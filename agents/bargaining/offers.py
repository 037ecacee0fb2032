"""What passes between the two sides of a negotiation: stakes, offers, and what each side may know.

Arrays are by thread, one thread by price group, (G,). Rule: ODD 7.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]


class Side(StrEnum):
    """The two sides of a negotiation."""

    BUYER = "buyer"
    SELLER = "seller"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.SELLER if self is Side.BUYER else Side.BUYER


@dataclass(frozen=True, slots=True, eq=False)
class Stakes:
    """What a deal is worth this month, by thread and before private noise, all (G,) in $ per parcel but `quantity`.

    Attributes:
        quantity: Parcels a year that the thread is about; a thread of 0 parcels never closes.
        buyer: Most that the buyer would pay rather than go without.
        seller: Least that the seller would take rather than go without.
        statutory_floor: Attributable cost; the seller's limit never lies below it, whatever its private noise.
        published: What the parcels pay without a contract.
        buyer_outside: Price at which the buyer can get the same from someone else; caps its limit.
        seller_outside: Price at which the seller can sell the same to someone else; lifts its limit.
        buyer_error_share: Part of the buyer's private error that bears on its limit.
        seller_error_share: The same for the seller.
    """

    quantity: Floats
    buyer: Floats
    seller: Floats
    statutory_floor: Floats
    published: Floats
    buyer_outside: Floats | float = np.inf
    seller_outside: Floats | float = -np.inf
    buyer_error_share: Floats | float = 1.0
    seller_error_share: Floats | float = 1.0

    def limits(self) -> tuple[Floats, Floats]:
        """Most that the buyer pays and least that the seller takes, outside options included, (G,) each."""
        seller = np.maximum(np.maximum(self.seller, self.statutory_floor), self.seller_outside)
        return np.minimum(self.buyer, self.buyer_outside), seller

    def agreeable(self) -> Bools:
        """Threads with a zone of agreement, (G,)."""
        buyer, seller = self.limits()
        return np.asarray((buyer >= seller) & (self.quantity > 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """One side's prices in one round.

    Attributes:
        round: Months since the talks opened.
        side: Who proposes.
        price: $ per parcel by thread, (G,); NaN where the thread is not talked about in this round.
        accepted: Threads that close with it, (G,).
    """

    round: int
    side: Side
    price: Floats
    accepted: Bools


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """All that one side may know when it acts; arrays are by thread, (G,), in $ per parcel or parcels a year.

    Attributes:
        side: Whose view it is.
        round: Months since the talks opened.
        deadline: Round from which this side is pressed: the buyer must order capacity, the seller's contract ends.
        groups: Names of the threads.
        reservation: Own limit, with own private noise.
        current_price: Price of the contract in force.
        published: What the parcels pay without a contract.
        quantity: Parcels a year.
        offers: Offers of both sides so far, oldest first.
    """

    side: Side
    round: int
    deadline: int
    groups: tuple[str, ...]
    reservation: Floats
    current_price: Floats
    published: Floats
    quantity: Floats
    offers: tuple[Offer, ...]

    def within(self, price: Floats | float) -> Bools:
        """Where a price lies within the own limit, (G,)."""
        return np.asarray(price <= self.reservation if self.side is Side.BUYER else price >= self.reservation)

    def cut(self, price: Floats | float) -> Floats:
        """Prices no worse than the own limit, (G,)."""
        bound = np.minimum if self.side is Side.BUYER else np.maximum
        return np.asarray(bound(price, self.reservation))
