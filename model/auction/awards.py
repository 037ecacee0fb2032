"""From awards to contracts: what each winner gets by zone, the statutory floor, and the terms of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.auction import AccessNeed
from agents.bargaining import price_groups
from agents.calendar import Month
from agents.contracts import Contract
from model.auction.house import LotResult

if TYPE_CHECKING:
    from model.economy import Economy

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


def award_contract(market: Economy, won: Winnings, start: Month) -> Contract:
    """Contract of a winner with USPS: a price and a take-or-pay commitment for each zone.

    Args:
        market: The market.
        won: What was won.
        start: First month of the contract.
    """
    p, zones = market.figures, market.zones
    names = [f"{state} {kind}" for state, kind in zip(zones.state, zones.zone_type, strict=True)]
    price = np.where(won.parcels > 0.0, won.price, market.published_access_price())
    parcels = tuple(map(float, won.parcels))
    return Contract(
        seller="usps",
        buyer=won.bidder,
        segment="economy",
        groups=price_groups("by_zone", zones.zone_type, names).names,
        price=tuple(map(float, price)),
        escalator=p.inflation,
        commitment=parcels,
        cap=parcels,
        shortfall_rule="take_or_pay",
        tolerance=p.shortfall_tolerance,
        take_or_pay_rate=p.take_or_pay_rate,
        start=start,
        term_months=int(p.auction_term),
        notice_months=int(p.notice_months),
        published=market.published_access_price(),
    )


def total(results: Sequence[LotResult]) -> tuple[float, float]:
    """Parcels a year sold and $ a year to be paid, over all lots."""
    return sum(result.sold for result in results), sum(result.revenue for result in results)
