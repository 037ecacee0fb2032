"""What each bidder wins at an auction, by zone, and what is left of it after the regulator's review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.auction import AccessNeed
from model.auction.house import LotResult

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Winnings:
    """What one bidder wins in all lots together.

    Attributes:
        bidder: Key of the bidder.
        parcels: Parcels a year by zone, (Z,).
        payment: $ a year by zone, (Z,).
        by_step: Parcels a year of each row of its need, (N,).
        attributable_cost: What these parcels cost the seller, $ a year by zone, (Z,).
    """

    bidder: str
    parcels: Floats
    payment: Floats
    by_step: Floats
    attributable_cost: Floats

    @property
    def price(self) -> Floats:
        """Mean price by zone, $ per parcel, (Z,); 0 where nothing was won."""
        return np.divide(self.payment, self.parcels, out=np.zeros_like(self.parcels), where=self.parcels > 0.0)


def winnings(need: AccessNeed, results: Iterable[LotResult], n_zones: int) -> Winnings:
    """Add up what a bidder wins.

    Args:
        need: Its need; its demands point at rows of it.
        results: All lots.
        n_zones: Number of zones.
    """
    parcels, payment = np.zeros(n_zones), np.zeros(n_zones)
    by_step = np.zeros(len(need.quantity))
    for result in results:
        for demand, award in zip(result.demands, result.awards, strict=True):
            if award.bidder == need.bidder and award.quantity > 0.0:
                parcels[result.lot.zone] += award.quantity
                payment[result.lot.zone] += award.payment
                np.add.at(by_step, demand.source, award.by_step)
    cost = np.bincount(need.zone, weights=by_step * need.attributable_cost, minlength=n_zones)
    return Winnings(need.bidder, parcels, payment, by_step, cost)


def strike_out(won: Winnings, passed: NDArray[np.bool_], zone_of_step: NDArray[np.int64]) -> Winnings:
    """What is left of winnings after the regulator's review.

    Args:
        won: What was won.
        passed: Zones that may be signed, (Z,).
        zone_of_step: Zone of each row of the bidder's need, (N,).
    """
    if passed.all():
        return won
    return replace(
        won,
        parcels=won.parcels * passed,
        payment=won.payment * passed,
        by_step=won.by_step * passed[zone_of_step],
        attributable_cost=won.attributable_cost * passed,
    )


def total(results: Sequence[LotResult]) -> tuple[float, float]:
    """Parcels a year sold and $ a year to be paid, over all lots."""
    return sum(result.sold for result in results), sum(result.revenue for result in results)
