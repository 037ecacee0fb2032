"""The contract of a winner of the access auction with USPS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import price_groups
from agents.calendar import Month
from agents.contracts import Contract
from model.auction.winnings import Winnings
from model.economy import Economy

Floats = NDArray[np.float64]


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
