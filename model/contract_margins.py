"""What parcels of enterprise shippers cost carriers as these count it, and what carriers quote them.

What a large shipper's parcels spare a carrier (trailers at its dock, sorted pallets, dense drops) is in no public
figure. It is inverted at the start from the fact that its agreements were signed, as for Amazon's parcels: at most the
cost of the cost model, and so that the price covers cost and the markup without which the carrier signs nothing. It
stays as it is in real terms. It counts in what carriers decide; the accounts know the cost of the whole network alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.rules.pricing import quote
from model.economy import Economy
from model.operations import quote_floors, usps_mean_cost

Floats = NDArray[np.float64]


def network_costs(market: Economy) -> Floats:
    """What one more parcel of anybody costs each carrier today, $ per parcel, (S, K): the mean over its parcels."""
    env, network = market.state.environment, market.state.network
    usps = usps_mean_cost(market.costs, market.zones, market.mail_index, env.wage_usps, env.price_level)
    return quote_floors(market.costs, network.street, usps, network.annual_volume, env.price_level)


def cost_factors(market: Economy, price: Floats) -> Floats:
    """Cost of enterprise shippers' parcels over that of others, (E, S, K): at most 1, and so that signing paid.

    Args:
        market: The market at the start.
        price: Prices of the agreements that exist at the start, $ per parcel, (E, S, K).
    """
    markup = np.array([carrier.sourced_markup for carrier in market.carrier_agents])
    least = network_costs(market) * (1.0 + markup)
    return np.minimum(1.0, np.divide(price, least, out=np.ones_like(price), where=least > 0.0))


def contract_costs(market: Economy) -> Floats:
    """What one more parcel of each enterprise shipper costs each carrier today, as it counts it, $, (E, S, K)."""
    return np.asarray(network_costs(market) * market.state.choice.enterprise_cost_factor)


def contract_parcels(market: Economy, rows: NDArray[np.int64] | slice | None = None) -> Floats:
    """Parcels a year of each enterprise shipper by segment and carrier, as they last split them, (E, S, K).

    Args:
        market: The market.
        rows: Which of the enterprise shippers; None for all.
    """
    shippers, demand = market.shippers, market.state.flows.demand
    rows = shippers.enterprise if rows is None else rows
    yearly = demand.scale * (MONTHS_PER_YEAR / demand.season)
    share = np.einsum("eskz,ez->esk", market.state.choice.enterprise_share[rows], demand.mix[shippers.division[rows]])
    return np.asarray((market.annual_parcels[rows] * yearly)[:, :, None] * share)


def margin_at(price: Floats, cost: Floats, parcels: Floats) -> Floats:
    """Margin of each contract, share of its revenue, (E,).

    Args:
        price: $ per parcel, (E, S).
        cost: $ per parcel, (E, S).
        parcels: Parcels by segment, (E, S).
    """
    revenue, spent = (parcels * price).sum(axis=1), (parcels * cost).sum(axis=1)
    return np.asarray(1.0 - np.divide(spent, revenue, out=np.ones_like(spent), where=revenue > 0.0))


def enterprise_quotes(market: Economy) -> Floats:
    """What every carrier quotes every enterprise shipper today before surcharges, $ per parcel, (E, S, K).

    Who has given notice to a shipper quotes it at least its own cost and the markup without which it signs nothing.
    """
    tariffs, discount = market.state.tariffs, market.shippers.discount[market.shippers.enterprise]
    quoted = np.asarray(quote(tariffs.offered, tariffs.floor, discount[:, None, None]))
    asking = [(carrier, rows) for carrier in market.carrier_agents if (rows := carrier.shed_shippers())]
    if asking:
        cost = contract_costs(market)
        for carrier, rows in asking:
            least = carrier.asks_back(cost[rows, :, carrier.index]) - tariffs.follows[carrier.index]
            quoted[rows, :, carrier.index] = np.maximum(quoted[rows, :, carrier.index], least)
    return quoted
