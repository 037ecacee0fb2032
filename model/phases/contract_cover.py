"""What each contract that USPS sells brings and costs it in a month (ODD 7.9)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from agents.contracts import Contract
from agents.geography import ECONOMY
from model.access import access_price
from model.carriers import USPS
from model.economy import Economy
from model.operations import usps_costs, usps_mean_cost

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cover:
    """One contract in one month.

    Attributes:
        parcels: Delivered under it.
        paid: For them, $.
        cost: Attributable to them, at the density where USPS delivers them, $.
    """

    parcels: float
    paid: float
    cost: float


def contract_cover(market: Economy, contract: Contract) -> Cover:
    """Parcels of the month under a contract that USPS sells, what they paid and what they cost.

    Args:
        market: The market, after the month was billed.
        contract: A contract of USPS in force: with Amazon, with another carrier, or won at an auction by others.
    """
    if contract.buyer in market.carriers.keys:
        buyer = market.agent(contract.buyer)
        return _amazon_cover(market) if buyer.ships else _carrier_cover(market, buyer.index)
    awarded = market.state.flows.awarded
    parcels = awarded.by_contract.get(contract.buyer) if awarded is not None else None
    if parcels is None:
        return Cover(0.0, 0.0, 0.0)
    prices = contract.prices_at(market.month, market.published_access_price())
    price = np.array(prices)[market.zones.price_groups(len(prices))]
    return Cover(float(parcels.sum()), float(parcels @ price), float(parcels @ mean_access_cost(market)))


def _amazon_cover(market: Economy) -> Cover:
    allocation, agreed = market.state.flows.allocation, market.groups.amazon.agreed
    parcels, paid = allocation.accepted[agreed, ECONOMY, USPS], allocation.value[agreed, ECONOMY, USPS]
    return Cover(float(parcels.sum()), float(paid.sum()), float(parcels @ market.state.flows.amazon_access_cost))


def _carrier_cover(market: Economy, carrier: int) -> Cover:
    parcels, cost = market.state.access.contract[carrier], market.state.flows.access_cost
    paid = float(parcels @ access_price(market, carrier))
    return Cover(float(parcels.sum()), paid, float(parcels @ cost[carrier]))


def amazon_access_cost(market: Economy) -> Floats:
    """Attributable cost of a parcel that Amazon hands over this month, $ by zone, (Z,)."""
    allocation, demand = market.state.flows.allocation, market.state.flows.demand
    handed = allocation.accepted[market.groups.amazon.all, ECONOMY, USPS].sum(axis=0)
    env, amazon_from = market.state.environment, np.clip(1.0 - handed / demand.amazon_ordered, 0.0, 1.0)
    return usps_costs(market.costs, market.zones, amazon_from, market.mail_index, env.wage_usps, env.price_level)[1]


def mean_access_cost(market: Economy) -> Floats:
    """Attributable cost of a parcel that enters at the delivery unit, over all addresses, $ by zone, (Z,)."""
    env = market.state.environment
    return usps_mean_cost(market.costs, market.zones, market.mail_index, env.wage_usps, env.price_level)


def covers_by_carrier(market: Economy) -> tuple[Floats, Floats]:
    """What carriers paid under their contracts with USPS this month and what that cost it, $, (K,) each."""
    paid, cost = np.zeros(market.carriers.n_carriers), np.zeros(market.carriers.n_carriers)
    sellers = [carrier.key for carrier in market.carrier_agents if carrier.sells_access]
    for seller, (buyer, key) in product(sellers, enumerate(market.carriers.keys)):
        contract = market.book.get(seller, key)
        if contract is not None and contract.in_force:
            cover = contract_cover(market, contract)
            paid[buyer], cost[buyer] = cover.paid, cover.cost
    return paid, cost
