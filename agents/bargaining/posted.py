"""Prices without haggling: take-it-or-leave-it, and a tariff that the seller posts for all.

Rule: ODD 7.1 (bargaining stands behind one small protocol).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from agents.bargaining.offers import Floats, Offer, Side, Stakes
from agents.bargaining.talks import Talks

# How finely, and how far in standard deviations, the proposer searches for its best price.
_SEARCH_POINTS = 161
_SEARCH_WIDTH = 4.0


@dataclass(frozen=True, slots=True)
class TakeItOrLeaveIt:
    """One side names its price once; the other takes it or leaves it.

    The proposer knows the other's limit up to that side's private noise and maximises its expected gain,
    (price - own limit) x chance of acceptance. After an expiry without a deal it tries again at intervals, and knows
    more each time. Without private noise it takes the whole surplus.

    Attributes:
        proposer: Who names the price.
        belief_sd: S.d. of the other's private noise, as a share of its scale.
        resume_interval: Months between attempts after expiry.
        belief_gain: Share of the private noise that each such attempt removes.
    """

    proposer: Side
    belief_sd: float
    resume_interval: int
    belief_gain: float

    def advance(self, talks: Talks, round_: int, stakes: Stakes, draw: Floats | float) -> Talks:
        """Play one round; see `protocol.Bargaining`. The draw is not used."""
        if talks.signed or round_ < max(1, talks.earliest_round):
            return talks
        if round_ > talks.expiry_round:
            if not talks.resumes(round_, self.resume_interval):
                return talks
            talks = talks.learned(self.belief_gain)
        elif talks.offers:
            return talks
        buyer, seller = talks.perceived(stakes).limits()
        price = self._best_price(talks, stakes)
        accepted = talks.closable(stakes) & (price >= seller) & (price <= buyer)
        offer = Offer(round_, self.proposer, np.where(talks.open, price, np.nan), accepted)
        return talks.with_offer(offer, stakes, final=True)

    def _best_price(self, talks: Talks, stakes: Stakes) -> Floats:
        """Price with the largest expected gain to the proposer, (G,)."""
        known_buyer, known_seller = stakes.limits()
        buyer, seller = talks.perceived(stakes).limits()
        scale, share = talks.scale_seller, stakes.seller_error_share
        if self.proposer is Side.SELLER:
            scale, share = talks.scale_buyer, stakes.buyer_error_share
        sd = self.belief_sd * talks.noise_scale * scale * share
        steps = np.linspace(-_SEARCH_WIDTH, _SEARCH_WIDTH, _SEARCH_POINTS)[:, None]
        if self.proposer is Side.SELLER:
            prices, chance = known_buyer + sd * steps, ndtr(-steps)
            gain = np.maximum(prices - seller, 0.0)
        else:
            prices, chance = known_seller + sd * steps, ndtr(steps)
            gain = np.maximum(buyer - prices, 0.0)
        chance = np.where(sd > 0.0, chance, 1.0)
        best = np.argmax(gain * chance, axis=0)
        price = prices[best, np.arange(best.size)]
        return np.asarray(np.maximum(price, seller) if self.proposer is Side.SELLER else np.minimum(price, buyer))


@dataclass(frozen=True, slots=True)
class PostedTariff:
    """The seller serves everybody at its published price; the buyer takes the threads that are worth it.

    The seller posts no price below its own limit. Nothing is bargained over, so an attempt costs nothing: it is made
    each month.
    """

    def advance(self, talks: Talks, round_: int, stakes: Stakes, draw: Floats | float) -> Talks:
        """Play one round; see `protocol.Bargaining`. The draw is not used."""
        if talks.signed or round_ < max(1, talks.earliest_round):
            return talks
        buyer, seller = talks.perceived(stakes).limits()
        price = np.maximum(stakes.published, seller)
        accepted = talks.closable(stakes) & (price <= buyer)
        offer = Offer(round_, Side.SELLER, np.where(talks.open, price, np.nan), accepted)
        return talks.with_offer(offer, stakes, final=True)
