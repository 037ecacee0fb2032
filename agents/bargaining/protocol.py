"""The small interface behind which every bargaining procedure stands, and the values that pass through it.

A negotiation between one buyer and one seller is a `Talks`: one thread by price group, advanced by one call a month.
The market says each month what a deal is worth to both (`Stakes`); a procedure (`Bargaining`) says what the two sides
do with it; a `Strategy` says what one side offers and accepts. Alternating offers, the Nash split, take-it-or-leave-it
and a posted tariff are procedures and may replace each other. Source: design text of the market, section 11.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

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
    """

    quantity: Floats
    buyer: Floats
    seller: Floats
    statutory_floor: Floats
    published: Floats
    buyer_outside: Floats | float = np.inf
    seller_outside: Floats | float = -np.inf


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


class Strategy(Protocol):
    """How one side bargains. All threads at once: prices are arrays (G,), with one entry under a uniform price.

    A strategy must be a function of what it sees, so that a run can be repeated; `view.offers` is its memory. It
    cannot hurt itself: an offer is cut at the proposer's own limit, and a price beyond the own limit is not accepted.
    """

    def propose(self, view: View) -> Floats | float:
        """Return the price that this side offers, (G,) or one number for all threads."""

    def accept(self, view: View, price: Floats) -> Bools | bool:
        """Return whether this side takes the other's price, (G,) or one answer for all threads."""


@dataclass(frozen=True, slots=True, eq=False)
class Talks:
    """State of one negotiation after a round; frozen, each round makes the next one.

    Attributes:
        groups: Names of the threads, G of them.
        current_price: Price of the contract in force, $ per parcel, (G,).
        expiry_round: Round in which the contract in force expires; the seller's deadline.
        commitment_round: Round from which the buyer must order capacity of its own; the buyer's deadline.
        noise_buyer: Private error in the buyer's limit when the talks opened, $ per parcel, (G,).
        noise_seller: The same for the seller.
        earliest_round: First round in which anything may be accepted.
        price: Agreed price by thread, NaN while open, (G,).
        closed_round: Round of the agreement by thread, -1 while open, (G,).
        frozen_until: First round in which a thread is talked about again, (G,).
        floor: Price that the regulator asked for by thread, (G,).
        attempts: Attempts since the contract expired without a deal.
        noise_scale: Share of the private noise that is left after these attempts.
        offers: All offers, oldest first.
        signed_round: Round in which the last closable thread closed, None before.
    """

    groups: tuple[str, ...]
    current_price: Floats
    expiry_round: int
    commitment_round: int
    noise_buyer: Floats
    noise_seller: Floats
    earliest_round: int
    price: Floats
    closed_round: Ints
    frozen_until: Ints
    floor: Floats
    attempts: int = 0
    noise_scale: float = 1.0
    offers: tuple[Offer, ...] = field(default=())
    signed_round: int | None = None

    @classmethod
    def opened(
        cls,
        groups: tuple[str, ...],
        current_price: Floats | float,
        opening_lead: int,
        build_lead: int,
        noise: tuple[Floats | float, Floats | float] = (0.0, 0.0),
        earliest_round: int = 0,
    ) -> Talks:
        """Open talks; round 0 is the month in which this happens, offers start in round 1.

        Args:
            groups: Names of the threads.
            current_price: $ per parcel, (G,) or one number.
            opening_lead: Months until the contract in force expires.
            build_lead: Months from ordering capacity to using it.
            noise: Private noise of buyer and seller, $ per parcel, (G,) each (see `reservation.private_noise`).
            earliest_round: First round in which anything may be accepted.

        Raises:
            ValueError: No thread, a lead is negative, or a number is not finite.
        """
        if not groups:
            raise ValueError("groups is empty; allowed: at least one")
        if opening_lead < 0 or build_lead < 0:
            raise ValueError(f"opening_lead {opening_lead} and build_lead {build_lead} must be at least 0")

        def by_thread(name: str, values: Floats | float) -> Floats:
            array = np.broadcast_to(np.asarray(values, dtype=np.float64), (len(groups),))
            if not np.isfinite(array).all():
                raise ValueError(f"{name} is {values}; allowed: finite numbers")
            return array

        return cls(
            groups=groups,
            current_price=by_thread("current_price", current_price),
            expiry_round=opening_lead,
            commitment_round=opening_lead - build_lead,
            noise_buyer=by_thread("noise of the buyer", noise[0]),
            noise_seller=by_thread("noise of the seller", noise[1]),
            earliest_round=earliest_round,
            price=np.full(len(groups), np.nan),
            closed_round=np.full(len(groups), -1, dtype=np.int64),
            frozen_until=np.zeros(len(groups), dtype=np.int64),
            floor=np.full(len(groups), -np.inf),
        )

    @property
    def signed(self) -> bool:
        """Whether both sides have accepted a contract."""
        return self.signed_round is not None

    @property
    def open(self) -> Bools:
        """Threads without an agreement, (G,)."""
        return self.closed_round < 0

    def commits(self, round_: int) -> bool:
        """Whether the buyer must order capacity in this round because nothing is signed."""
        return round_ >= self.commitment_round and not self.signed

    def limits(self, stakes: Stakes) -> tuple[Floats, Floats]:
        """Limits of buyer and seller with their private noise, outside options and floors, (G,) each."""
        buyer = np.minimum(stakes.buyer + self.noise_scale * self.noise_buyer, stakes.buyer_outside)
        seller = np.maximum(stakes.seller + self.noise_scale * self.noise_seller, stakes.seller_outside)
        return buyer, np.maximum(seller, np.maximum(stakes.statutory_floor, self.floor))

    def closable(self, stakes: Stakes) -> Bools:
        """Open threads with a zone of agreement, (G,)."""
        buyer, seller = self.limits(stakes)
        return np.asarray(self.open & (buyer >= seller) & (stakes.quantity > 0.0))

    def view(self, side: Side, round_: int, stakes: Stakes) -> View:
        """What a side may know in a round."""
        buyer, seller = self.limits(stakes)
        is_buyer = side is Side.BUYER
        return View(
            side=side,
            round=round_,
            deadline=self.commitment_round if is_buyer else self.expiry_round,
            groups=self.groups,
            reservation=buyer if is_buyer else seller,
            current_price=self.current_price,
            published=stakes.published,
            quantity=stakes.quantity,
            offers=self.offers,
        )

    def with_offer(self, offer: Offer, stakes: Stakes) -> Talks:
        """Record an offer, close what it closes, and sign when nothing that can close is left."""
        after = replace(
            self,
            price=np.where(offer.accepted, offer.price, self.price),
            closed_round=np.where(offer.accepted, offer.round, self.closed_round),
            offers=(*self.offers, offer),
        )
        done = not after.open.all() and not after.closable(stakes).any()
        return replace(after, signed_round=offer.round) if done else after

    def frozen(self, round_: int, draw: Floats | float, hazard: float, months: int) -> Talks:
        """Break off talks for some months, this one included, where the draw lies below the hazard.

        Args:
            round_: This round.
            draw: Uniform draw of the month; (G,) only where threads are talks of their own, as in a Monte Carlo.
            hazard: Chance per round.
            months: Length of the freeze.
        """
        breaks = (draw < hazard) & (self.frozen_until <= round_)
        if not np.any(breaks):
            return self
        return replace(self, frozen_until=np.where(breaks, round_ + months, self.frozen_until))

    def resumes(self, round_: int, interval: int) -> bool:
        """Whether both meet again in this round, after the contract expired without a deal."""
        return round_ > self.expiry_round and (round_ - self.expiry_round) % interval == 0

    def learned(self, belief_gain: float) -> Talks:
        """Start another attempt: both know more, private noise shrinks by the gain."""
        return replace(self, attempts=self.attempts + 1, noise_scale=self.noise_scale * (1.0 - belief_gain))

    def sent_back(self, floor: Floats | float) -> Talks:
        """Return to the table what the regulator refused: threads below the floor reopen, and the seller's limit rises.

        Args:
            floor: Lowest price that the regulator accepts, $ per parcel, (G,) or one number.
        """
        refused = self.price < floor  # NaN, an open thread, is not below anything
        return replace(
            self,
            price=np.where(refused, np.nan, self.price),
            closed_round=np.where(refused, -1, self.closed_round),
            floor=np.maximum(self.floor, floor),
            signed_round=None if refused.any() else self.signed_round,
        )


class Bargaining(Protocol):
    """A procedure: how two sides get from stakes to a contract, or not."""

    def advance(self, talks: Talks, round_: int, stakes: Stakes, draw: Floats | float) -> Talks:
        """Play one round.

        Args:
            talks: State after the round before.
            round_: Months since the talks opened; rounds before 1 and talks already signed change nothing.
            stakes: What a deal is worth this month.
            draw: Uniform draw of this pair and month, from 0 to 1; consumed whether it is needed or not.

        Returns:
            State after this round; signed if `signed_round` is set.
        """
