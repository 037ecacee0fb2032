"""Alternating offers with private limits, deadlines and concession tactics (the full protocol of ODD 7.1, step 2).

Each side moves from an opening position to its limit, which it reaches at its deadline (time-dependent tactics:
Faratin, Sierra and Jennings 1998). An exponent below one holds out and concedes late. The buyer's deadline is the
round in which it must order capacity of its own, so a longer build time makes it concede earlier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.asked import AnswerError, told
from agents.bargaining.nash import close_at_nash
from agents.bargaining.offers import Bools, Floats, Offer, Side, Stakes, View
from agents.bargaining.protocol import Strategy
from agents.bargaining.talks import Talks


def wrong_answer(side: Side, method: str, strategy: Strategy, answer: object, allowed: str) -> AnswerError:
    """That a strategy answers what is none; whoever knows who bargains puts the party in the place of the side."""
    return AnswerError(f"{side}: {method} of its {type(strategy).__name__} answers {told(answer)}; allowed: {allowed}")


@dataclass(frozen=True, slots=True)
class Concession:
    """Concede with time; take a price as soon as it is as good as the own next position and within the own limit.

    Attributes:
        exponent: Below one holds out, one concedes evenly, above one concedes early; above 0.
        aspiration_gap: Opening distance from the limit, as a share of the price in force.
    """

    exponent: float
    aspiration_gap: float

    def __post_init__(self) -> None:
        if not self.exponent > 0.0 or not self.aspiration_gap >= 0.0:
            raise ValueError(
                f"exponent is {self.exponent} and aspiration_gap {self.aspiration_gap}; allowed: above 0, at least 0"
            )

    def position(self, view: View, round_: int) -> Floats:
        """Price at which this side stands in a round, $ per parcel, (G,)."""
        gap = self.aspiration_gap * view.current_price
        if view.side is Side.BUYER:
            opening = np.minimum(view.current_price, view.reservation - gap)
        else:
            opening = np.maximum(view.current_price, view.reservation + gap)
        # A deadline at or before the opening leaves no time to hold out.
        passed = min(1.0, round_ / view.deadline) if view.deadline > 0 else 1.0
        share: float = passed ** (1.0 / self.exponent)
        # Written so that the limit is met exactly at the deadline: rounding must not cost a deal.
        return np.asarray(opening * (1.0 - share) + view.reservation * share, dtype=np.float64)

    def propose(self, view: View) -> Floats:
        """Offer the position of this round."""
        return self.position(view, view.round)

    def accept(self, view: View, price: Floats) -> Bools:
        """Take what is within the limit and no worse than the own position of the next round."""
        least = view.cut(self.position(view, view.round + 1))
        return np.asarray(price <= least if view.side is Side.BUYER else price >= least)


@dataclass(frozen=True, slots=True)
class AlternatingOffers:
    """Sides propose in turn, one offer a month until the contract in force expires, one a meeting afterwards.

    The last offer of the other side stands: nobody offers it a worse price than it has asked for itself, so what was
    within reach before a deadline is neither lost nor won by letting it pass. After the expiry the two meet at
    intervals, each meeting removes part of the private noise, and who did not speak last proposes; their strategies
    decide as before, and whoever never comes into the reach of the other signs nothing.

    Attributes:
        buyer: How the buyer bargains.
        seller: How the seller bargains.
        breakdown_hazard: Chance per round that talks freeze.
        freeze_months: Length of a freeze; the clock of the concessions runs on.
        seller_weight: Seller's share of the surplus where a split is imposed after the expiry.
        resume_interval: Months between attempts after expiry.
        belief_gain: Share of the private noise that each such attempt removes.
        first_mover: Who proposes in round 1; the buyer, whose position worsens first.
        split_after_expiry: Nobody is asked after the expiry: the two settle at the Nash price of the month of a meeting
            if there is a zone of agreement, and offers do not stand.
        unbound: Side whose own limit binds it to nothing, because a player sits there; None for parties of the model.
    """

    buyer: Strategy
    seller: Strategy
    breakdown_hazard: float
    freeze_months: int
    seller_weight: float
    resume_interval: int
    belief_gain: float
    first_mover: Side = Side.BUYER
    split_after_expiry: bool = False
    unbound: Side | None = None

    def __post_init__(self) -> None:
        for name in ("breakdown_hazard", "seller_weight", "belief_gain"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: 0 to 1")
        if self.resume_interval < 1 or self.freeze_months < 0:
            raise ValueError(
                f"resume_interval is {self.resume_interval} and freeze_months {self.freeze_months}; "
                "allowed: at least 1, at least 0"
            )

    def proposer(self, round_: int) -> Side:
        """Whose turn it is before the expiry; turns follow the calendar, also through a freeze."""
        return self.first_mover if round_ % 2 == 1 else self.first_mover.other

    def speaks(self, talks: Talks, round_: int) -> Side:
        """Who proposes in a round: after the expiry, where meetings are months apart, who did not speak last."""
        if self.split_after_expiry or round_ <= talks.expiry_round or not talks.offers:
            return self.proposer(round_)
        return talks.offers[-1].side.other

    def advance(self, talks: Talks, round_: int, stakes: Stakes, draw: Floats | float) -> Talks:
        """Play one round; see `protocol.Bargaining`."""
        if talks.signed or round_ < 1:
            return talks
        side = self.speaks(talks, round_)
        if round_ > talks.expiry_round:
            if round_ < talks.earliest_round or not talks.resumes(round_, self.resume_interval):
                return talks
            talks = talks.learned(self.belief_gain)
            if self.split_after_expiry:
                return close_at_nash(talks, round_, side, stakes, self.seller_weight)
        talks = talks.frozen(round_, draw, self.breakdown_hazard, self.freeze_months)
        talking = talks.open & (talks.frozen_until <= round_) & (stakes.quantity > 0.0)
        if not talking.any():
            return talks
        limits = talks.perceived(stakes).limits()
        price = self._proposal(talks, talks.view(side, round_, stakes, limits))
        view = talks.view(side.other, round_, stakes, limits)
        within = view.within(price)
        if view.side is self.unbound:
            within = np.ones_like(within)
        takes = self._acceptance(view, price)
        accepted = talking & within & takes & (round_ >= talks.earliest_round)
        return talks.with_offer(Offer(round_, side, np.where(talking, price, np.nan), accepted), stakes)

    def _strategy(self, side: Side) -> Strategy:
        return self.buyer if side is Side.BUYER else self.seller

    def _acceptance(self, view: View, price: Floats) -> Bools:
        """Which of the other side's prices a side takes, (G,)."""
        strategy, shape = self._strategy(view.side), view.reservation.shape
        answer = strategy.accept(view, price)
        takes = np.asarray(answer)
        if takes.dtype != np.bool_ or takes.shape not in (shape, ()):
            allowed = f"true or false, or one of both for each of {shape[0]} threads"
            raise wrong_answer(view.side, "accept", strategy, answer, allowed)
        return takes if takes.shape == shape else np.broadcast_to(takes, shape)

    def _proposal(self, talks: Talks, view: View) -> Floats:
        """The proposer's prices: no more than the other side has asked for, cut at the own limit where it binds."""
        side = view.side
        strategy = self._strategy(side)
        offer, shape = strategy.propose(view), view.reservation.shape
        allowed = f"a finite price, or one of each of {shape[0]} threads"
        try:
            price = np.asarray(offer, dtype=np.float64)
            price = price if price.shape == shape else np.broadcast_to(price, shape)
        except (TypeError, ValueError):
            raise wrong_answer(side, "propose", strategy, offer, allowed) from None
        if not np.isfinite(price).all():
            raise wrong_answer(side, "propose", strategy, offer, allowed)
        if not self.split_after_expiry:
            asked = talks.last_offer(side.other)
            # What the other side has not named, nan, binds to nothing.
            price = np.fmin(price, asked) if side is Side.BUYER else np.fmax(price, asked)
        if side is self.unbound:
            return price
        return view.cut(price)
