"""At what price and in what quantity a carrier can buy access from USPS this month."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.contracts import Contract
from agents.geography import ZoneTable
from agents.rules.access import AccessTerms
from model.economy import Economy

Floats = NDArray[np.float64]


def access_contract(market: Economy, carrier: int) -> Contract | None:
    """The contract in force under which USPS delivers for a carrier, if any."""
    contract = market.book.get("usps", market.carriers.keys[carrier])
    return contract if contract is not None and contract.in_force else None


def injection_cost(market: Economy) -> float:
    """What dropping a parcel at USPS costs a carrier this month, $ per parcel."""
    return market.figures.injection_cost_amazon * market.state.environment.price_level


def access_price(market: Economy, carrier: int) -> Floats:
    """What one more parcel costs the carrier at USPS: contract price in force, else the published one, $, (Z,)."""
    published = market.published_access_price()
    contract = access_contract(market, carrier)
    if contract is None or contract.reverted:
        return np.full(market.zones.n_zones, published)
    return _by_zone(contract.price, contract.raised(market.month), market.zones)


@lru_cache(maxsize=64)
def _by_zone(price: tuple[float, ...], raised: float, zones: ZoneTable) -> Floats:
    """Prices of groups by zone after so much has come to them, (Z,), read-only: a month asks for them many times."""
    found = (np.array(price) * raised)[zones.price_groups(len(price))]
    found.setflags(write=False)
    return np.asarray(found)


def access_terms(market: Economy, carrier: int) -> AccessTerms:
    """What the carrier can buy this month; a yearly cap or promise counts by the season.

    Args:
        market: The market.
        carrier: Index of the buyer.
    """
    price, published = access_price(market, carrier), market.published_access_price()
    contract = access_contract(market, carrier)
    if contract is None:
        nothing = np.zeros(1)
        return AccessTerms(price, published, market.zones.price_groups(1), nothing, nothing, nothing)
    month = market.state.environment.season / MONTHS_PER_YEAR
    least = np.array(contract.commitment) * contract.tolerance * month
    relief, reversion = np.zeros(len(least)), None
    if contract.shortfall_rule in ("take_or_pay", "make_whole"):
        relief[:] = contract.take_or_pay_rate
    elif contract.shortfall_rule == "reversion" and not contract.reverted:
        left = MONTHS_PER_YEAR - (market.month - contract.start) % MONTHS_PER_YEAR
        reversion = left, min(MONTHS_PER_YEAR, max(0, contract.expiry - market.month - left))
    group = market.zones.price_groups(len(contract.groups))
    return AccessTerms(price, published, group, np.array(contract.cap) * month, least, relief, reversion)
