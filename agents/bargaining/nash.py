"""Nash split: the benchmark of every negotiation, the fast mode, and what talks after an expiry settle on.

With several pairs, each takes the contracts of the others as given (Nash-in-Nash: Horn and Wolinsky 1988), swept to a
fixed point. Outside options clip the price instead of moving the point that is split (Binmore, Rubinstein and Wolinsky
1986). Rule: ODD 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agents.bargaining.offers import Floats, Offer, Side, Stakes
from agents.bargaining.talks import Talks


def nash_price(stakes: Stakes, seller_weight: float) -> Floats:
    """Split the surplus of each thread in fixed shares.

    Args:
        stakes: What a deal is worth; with private noise if it is `Talks.perceived`.
        seller_weight: Share of the surplus that the seller gets, 0 to 1.

    Returns:
        $ per parcel, (G,); NaN for threads without a zone of agreement.
    """
    seller = np.maximum(stakes.seller, stakes.statutory_floor)
    highest, lowest = stakes.limits()
    split = seller + seller_weight * (stakes.buyer - seller)
    agreeable = (highest >= lowest) & (stakes.quantity > 0.0)
    return np.where(agreeable, np.minimum(np.maximum(split, lowest), highest), np.nan)


def close_at_nash(talks: Talks, round_: int, side: Side, stakes: Stakes, seller_weight: float) -> Talks:
    """Close every closable thread at its Nash price; `side` is who puts it on the table."""
    price = np.where(talks.open, nash_price(talks.perceived(stakes), seller_weight), np.nan)
    return talks.with_offer(Offer(round_, side, price, np.isfinite(price)), stakes)


@dataclass(frozen=True, slots=True)
class NashSplit:
    """Fast mode: agree at once where there is anything to agree on.

    Before expiry it tries every month, since stakes move; afterwards at intervals, and private noise shrinks.

    Attributes:
        seller_weight: Share of the surplus that the seller gets, 0 to 1.
        resume_interval: Months between attempts after expiry.
        belief_gain: Share of the private noise that each such attempt removes.
    """

    seller_weight: float
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
        return close_at_nash(talks, round_, Side.SELLER, stakes, self.seller_weight)


@dataclass(frozen=True, slots=True, eq=False)
class FixedPoint:
    """Result of Nash-in-Nash sweeps.

    Attributes:
        price: $ per parcel by pair, (G,) each; NaN where a thread has no zone of agreement.
        sweeps: Sweeps made.
        change: Largest change of a price in the last sweep, $ per parcel.
        converged: Whether that is within the tolerance.
    """

    price: tuple[Floats, ...]
    sweeps: int
    change: float
    converged: bool


def nash_in_nash(
    stakes_of: Callable[[int, tuple[Floats, ...]], Stakes],
    start: Sequence[Floats],
    seller_weight: float,
    tolerance: float,
    max_sweeps: int,
) -> FixedPoint:
    """Sweep the Nash split over all pairs, each taking the other contracts as given, until prices rest.

    Args:
        stakes_of: Stakes of a pair (by its index) given the prices of all pairs; a NaN price means no contract.
        start: Prices to start from, (G,) by pair; sets the number of pairs.
        seller_weight: Share of the surplus that the seller gets, 0 to 1.
        tolerance: Largest change of a price, $ per parcel, at which prices rest.
        max_sweeps: Sweeps after which it gives up; the result says so.

    Raises:
        ValueError: No sweep is allowed.
    """
    if max_sweeps < 1:
        raise ValueError(f"max_sweeps is {max_sweeps}; allowed: at least 1")
    prices = tuple(np.asarray(price, dtype=np.float64) for price in start)
    change = np.inf
    sweeps = 0
    while change > tolerance and sweeps < max_sweeps:
        before = prices
        for pair in range(len(prices)):
            new = nash_price(stakes_of(pair, prices), seller_weight)
            prices = (*prices[:pair], new, *prices[pair + 1 :])
        change = max((_largest_change(*both) for both in zip(before, prices, strict=True)), default=0.0)
        sweeps += 1
    return FixedPoint(prices, sweeps, change, change <= tolerance)


def _largest_change(before: Floats, after: Floats) -> float:
    """Largest change of a price; infinite where a deal came or went."""
    if not np.array_equal(np.isnan(before), np.isnan(after)):
        return np.inf
    return float(np.nanmax(np.abs(after - before), initial=0.0))
