"""What enterprise contracts earn a carrier by its own books, and the price at which it wants them back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.rules.pricing import quote
from model.economy import Economy

Floats = NDArray[np.float64]


def contract_cost(market: Economy, carrier: int) -> tuple[Floats, Floats]:
    """What each enterprise contract costs a carrier with routes that pass anyway, from its own books.

    Returns:
        Parcels a year by shipper and segment, (E, S), and the cost of one more parcel there, $ per parcel, (E, S):
        street, sorting and upstream; the fixed network belongs to no single contract.
    """
    shippers, demand, env = market.shippers, market.state.flows.demand, market.state.environment
    rows = shippers.enterprise
    yearly = demand.scale * (MONTHS_PER_YEAR / env.season)
    share = market.state.choice.enterprise_share[:, :, carrier]
    mix = demand.mix[shippers.division[rows]][:, None, :]
    parcels = (market.annual_parcels[rows] * yearly)[:, :, None] * share * mix
    routes = market.state.network.street.of(carrier)
    last_mile = routes.marginal + routes.sort
    total = parcels.sum(axis=2)
    mean = np.divide(parcels @ last_mile, total, out=np.zeros_like(total), where=total > 0.0)
    return total, mean + market.costs.upstream[:, carrier] * env.price_level


def contract_margins(market: Economy, carrier: int) -> tuple[Floats, Floats]:
    """Margin of each enterprise contract over its own cost, share of revenue, and its parcels a year, (E,) each."""
    parcels, cost = contract_cost(market, carrier)
    shippers, tariffs = market.shippers, market.state.tariffs
    rows = shippers.enterprise
    agreed = market.state.choice.enterprise_price[:, :, carrier]
    quoted = enterprise_quotes(market)[:, :, carrier]
    surcharge = market.mix @ tariffs.mean_surcharge[carrier] + tariffs.follows[carrier]
    price = np.where(np.isnan(agreed), quoted, agreed) + surcharge[shippers.division[rows], None]
    revenue, spent = (parcels * price).sum(axis=1), (parcels * cost).sum(axis=1)
    margin = 1.0 - np.divide(spent, revenue, out=np.ones_like(spent), where=revenue > 0.0)
    return margin, parcels.sum(axis=1)


def enterprise_quotes(market: Economy) -> Floats:
    """What every carrier quotes every enterprise shipper today before surcharges, $ per parcel, (E, S, K).

    Who has shed a shipper quotes it at least its own cost and the markup without which it signs nothing.
    """
    tariffs, discount = market.state.tariffs, market.shippers.discount[market.shippers.enterprise]
    quoted = np.asarray(quote(tariffs.offered, tariffs.floor, discount[:, None, None]))
    for carrier in market.carrier_agents:
        shed = carrier.shed_shippers()
        if shed:
            _, cost = contract_cost(market, carrier.index)
            least = carrier.asks_back(cost[shed]) - tariffs.follows[carrier.index]
            quoted[shed, :, carrier.index] = np.maximum(quoted[shed, :, carrier.index], least)
    return quoted
