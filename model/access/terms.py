"""At what price and in what quantity a carrier can buy access from USPS this month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.access import AccessTerms, keeps_commitment
from agents.calendar import MONTHS_PER_YEAR
from agents.contracts import Contract

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]


def access_contract(market: Economy, carrier: int) -> Contract | None:
    """The contract in force under which USPS delivers for a carrier, if any."""
    contract = market.book.get("usps", market.carriers.keys[carrier])
    return contract if contract is not None and contract.in_force else None


def access_price(market: Economy, carrier: int) -> Floats:
    """What one more parcel costs the carrier at USPS: contract price in force, else the published one, $, (Z,)."""
    published = market.published_access_price()
    contract = access_contract(market, carrier)
    if contract is None:
        return np.full(market.zones.n_zones, published)
    prices = [contract.price_at(market.month, group, published) for group in range(len(contract.groups))]
    return np.array(prices)[market.zones.price_groups(len(prices))]


def access_terms(market: Economy, carrier: int, own_cost: Floats, volume: Floats) -> AccessTerms:
    """What the carrier can buy this month; a yearly cap or promise counts by the season.

    Args:
        market: The market.
        carrier: Index of the buyer.
        own_cost: What a parcel handed over spares it, by percentile, $, (Z, P).
        volume: Parcels that it could hand over, (Z,).
    """
    price, published = access_price(market, carrier), market.published_access_price()
    contract = access_contract(market, carrier)
    if contract is None:
        nothing = np.zeros(1)
        return AccessTerms(price, published, market.zones.price_groups(1), nothing, nothing, nothing)
    month = market.state.environment.season / MONTHS_PER_YEAR
    group = market.zones.price_groups(len(contract.groups))
    least = np.array(contract.commitment) * contract.tolerance * month
    relief = np.zeros(len(least))
    terms = AccessTerms(price, published, group, np.array(contract.cap) * month, least, relief)
    if contract.shortfall_rule == "take_or_pay":
        relief[:] = contract.take_or_pay_rate
    elif contract.shortfall_rule == "reversion" and not contract.reverted:
        done = (market.month - contract.start) % MONTHS_PER_YEAR
        left = MONTHS_PER_YEAR - done
        after = min(MONTHS_PER_YEAR, max(0, contract.expiry - market.month - left))
        p = market.figures
        injection = p.injection_cost_amazon * market.state.environment.price_level
        relief[:] = keeps_commitment(own_cost, volume, terms, injection, left, after)
    return terms
