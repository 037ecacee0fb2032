"""Who brings a bought parcel to the door, what that costs and spares, and what is paid for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.delivery_cost import mean_between
from agents.geography import ECONOMY
from model.access.terms import access_contract, access_price
from model.carriers import USPS
from model.economy import Economy
from model.ledger import CENTS, to_cents
from model.operations import handed_over_cost

Floats = NDArray[np.float64]


def delivered_parcels(market: Economy) -> Floats:
    """Parcels of the month by who brings them to the door, (S, K, Z)."""
    allocation, bought = market.state.flows.allocation, market.state.access.bought
    by_segment: Floats = allocation.accepted.sum(axis=0)
    by_segment[ECONOMY] = np.maximum(by_segment[ECONOMY] - bought, 0.0)
    by_segment[ECONOMY, USPS] += bought.sum(axis=0)
    return by_segment


def passed_by(market: Economy) -> Floats:
    """Parcels handed over this month to addresses that the carrier's own routes pass, (K, Z)."""
    access, coverage = market.state.access, market.state.network.coverage
    handed_to = access.reach - access.kept
    part = np.divide(coverage - access.kept, handed_to, out=np.zeros_like(handed_to), where=handed_to > 0.0)
    return np.asarray(access.bought * np.clip(part, 0.0, 1.0))


def spared_routes(market: Economy) -> Floats:
    """Routes that carriers need less because of what they hand over, deseasonalised dollars a month, (K, Z).

    The cost of one stop more is taken for all of them, as in the choice; sparing many at once saves somewhat more.
    """
    access, network = market.state.access, market.state.network
    annual = passed_by(market) * (MONTHS_PER_YEAR / market.state.environment.season)
    spared, alone = np.zeros_like(annual), np.ones_like(annual)
    for carrier in np.flatnonzero(annual.any(axis=1)):
        alone[carrier] = market.carrier_agents[carrier].stops_alone()
    there = np.nonzero(annual)  # few of all carriers and zones, never USPS
    stop, passed = network.street.marginal_grid[there[0] - 1, there[1]], network.coverage[there]
    cost = mean_between(stop, np.minimum(access.kept[there], passed), passed) / alone[there]  # none shares a stop
    spared[there] = cost * annual[there] / MONTHS_PER_YEAR
    return spared


def access_unit_cost(market: Economy, mail_index: float) -> Floats:
    """Attributable cost at USPS of a parcel that each carrier hands over this month, $, (K, Z); 0 where it does not."""
    access, env = market.state.access, market.state.environment
    cost, there = np.zeros_like(access.bought), np.nonzero(access.bought)
    kept, reach = np.clip(access.kept[there], 0.0, 1.0), np.clip(access.reach[there], 0.0, 1.0)
    cost[there] = handed_over_cost(
        market.costs, market.zones, kept, reach, mail_index, env.wage_usps, env.price_level, there[1]
    )
    return cost


def access_resources(market: Economy, cost: Floats) -> Floats:
    """Staff that USPS needs for what other carriers hand over, deseasonalised dollars a month by zone, (Z,).

    Args:
        market: The market.
        cost: What `access_unit_cost` says, $ per parcel, (K, Z).
    """
    annual = market.state.access.bought * (MONTHS_PER_YEAR / market.state.environment.season)
    return np.asarray((annual * cost).sum(axis=0) / MONTHS_PER_YEAR)


def handling_cost(market: Economy, sort: Floats) -> Floats:
    """What a carrier spends on parcels that it hands over: sorting that is not spared, and injection, $, (K,).

    Args:
        market: The market.
        sort: Sorting at the station of the parcel-only networks, $ per parcel, (K - 1, Z).
    """
    access, p = market.state.access, market.figures
    level = market.state.environment.price_level
    cost = p.injection_cost_amazon * level * access.bought.sum(axis=1)
    cost[1:] += (1.0 - p.access_sorting_spared) * (sort * passed_by(market)[1:]).sum(axis=1)
    return np.asarray(cost)


def access_dollars(market: Economy) -> Floats:
    """What each carrier owes USPS for this month, $, (K,)."""
    access = market.state.access
    owed = np.zeros(market.carriers.n_carriers)
    published = market.published_access_price()
    for carrier in np.flatnonzero(access.bought.any(axis=1)):
        beyond = access.bought[carrier] - access.contract[carrier]
        price = access_price(market, int(carrier))
        owed[carrier] = float((access.contract[carrier] * price).sum() + published * np.maximum(beyond, 0.0).sum())
    return owed


def pay_for_access(market: Economy) -> None:
    """Carriers pay USPS for the month, in whole cents, and the contracts count what was delivered under them."""
    access = market.state.access
    cents = to_cents(access_dollars(market))
    access.paid = cents / CENTS
    rows = np.flatnonzero(cents)
    payee = np.full(len(rows), market.party_of_carrier[USPS])
    market.ledger.pay_many("access", market.party_of_carrier[rows], payee, cents[rows])
    for carrier in np.flatnonzero(access.contract.any(axis=1)):
        contract = access_contract(market, int(carrier))
        assert contract is not None
        group = market.zones.price_groups(len(contract.groups))
        delivered = np.bincount(group, weights=access.contract[carrier], minlength=len(contract.groups))
        for position, parcels in enumerate(delivered):
            market.book.deliver("usps", contract.buyer, float(parcels), position)
