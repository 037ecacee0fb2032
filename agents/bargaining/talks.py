"""State of a negotiation between one buyer and one seller: a value that each round replaces by the next one.

The market opens talks, a procedure (`protocol.Bargaining`) advances them once a month, and the market reads what was
agreed and signs it. Rule: ODD 7.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from agents.bargaining.offers import Bools, Floats, Ints, Offer, Side, Stakes, View


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
        scale_buyer: What the s.d. of the buyer's error is a share of, $ per parcel, (G,).
        scale_seller: The same for the seller.
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
    scale_buyer: Floats
    scale_seller: Floats
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
        error_scale: tuple[Floats | float, Floats | float] | None = None,
    ) -> Talks:
        """Open talks; round 0 is the month in which this happens, offers start in round 1.

        Args:
            groups: Names of the threads.
            current_price: $ per parcel, (G,) or one number.
            opening_lead: Months until the contract in force expires.
            build_lead: Months from ordering capacity to using it.
            noise: Private noise of buyer and seller, $ per parcel, (G,) each (see `reservation.private_noise`).
            earliest_round: First round in which anything may be accepted.
            error_scale: What the s.d. of the errors of buyer and seller is a share of, $ per parcel, (G,) each; the
                price in force unless told.

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

        scale = (current_price, current_price) if error_scale is None else error_scale
        return cls(
            groups=groups,
            current_price=by_thread("current_price", current_price),
            expiry_round=opening_lead,
            commitment_round=opening_lead - build_lead,
            noise_buyer=by_thread("noise of the buyer", noise[0]),
            noise_seller=by_thread("noise of the seller", noise[1]),
            scale_buyer=by_thread("scale of the buyer's error", scale[0]),
            scale_seller=by_thread("scale of the seller's error", scale[1]),
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

    def last_offer(self, side: Side) -> Floats:
        """The latest price that a side has named by thread, nan where it has named none, $ per parcel, (G,)."""
        price = np.full(len(self.groups), np.nan)
        for offer in reversed(self.offers):
            if offer.side is side:
                price = np.where(np.isnan(price), offer.price, price)
                if not np.isnan(price).any():
                    break
        return price

    def commits(self, round_: int) -> bool:
        """Whether the buyer must order capacity in this round because nothing is signed."""
        return round_ >= self.commitment_round and not self.signed

    def perceived(self, stakes: Stakes) -> Stakes:
        """Stakes as the two sides see their own: with what is left of the private noise, and the regulator's floor."""
        return replace(
            stakes,
            buyer=stakes.buyer + self.noise_scale * self.noise_buyer * stakes.buyer_error_share,
            seller=stakes.seller + self.noise_scale * self.noise_seller * stakes.seller_error_share,
            statutory_floor=np.maximum(stakes.statutory_floor, self.floor),
        )

    def closable(self, stakes: Stakes) -> Bools:
        """Open threads with a zone of agreement, (G,)."""
        return self.open & self.perceived(stakes).agreeable()

    def view(self, side: Side, round_: int, stakes: Stakes, limits: tuple[Floats, Floats] | None = None) -> View:
        """What a side may know in a round.

        Args:
            side: Whose view it is.
            round_: This round.
            stakes: What a deal is worth this month.
            limits: Limits of buyer and seller as they see them, where they are known, $ per parcel, (G,) each.
        """
        buyer, seller = self.perceived(stakes).limits() if limits is None else limits
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

    def with_offer(self, offer: Offer, stakes: Stakes, final: bool = False) -> Talks:
        """Record an offer, close what it closes, and sign when nothing that can close is left.

        Args:
            offer: The offer and what is accepted of it.
            stakes: What a deal is worth this month.
            final: Sign what is accepted without waiting for the other threads.
        """
        after = replace(
            self,
            price=np.where(offer.accepted, offer.price, self.price),
            closed_round=np.where(offer.accepted, offer.round, self.closed_round),
            offers=(*self.offers, offer),
        )
        done = not after.open.all() and (final or not after.closable(stakes).any())
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

    def fallen_through(self) -> Talks:
        """Return to the table what was accepted: at the price agreed there turned out to be nothing to carry."""
        return replace(
            self,
            price=np.full(len(self.groups), np.nan),
            closed_round=np.full(len(self.groups), -1, dtype=np.int64),
            signed_round=None,
        )

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
