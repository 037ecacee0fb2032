"""Carriers with routes everywhere review where they go, and what they ask where that does not pay (ODD 7.13)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.carriers import Carrier
from agents.geography import ECONOMY
from agents.rules.places import PlaceCase
from model.access.terms import access_price, injection_cost
from model.answers import checked
from model.carriers import USPS
from model.economy import Economy
from model.operations import expected_unit_grid

Floats = NDArray[np.float64]


def review_places(market: Economy) -> None:
    """Ask every carrier that reviews its places, at the end of a year; it acts from January on."""
    for carrier in market.carrier_agents:
        if carrier.reviews_places:
            _review(market, carrier)


def _review(market: Economy, carrier: Carrier) -> None:
    network, tariffs, index = market.state.network, market.state.tariffs, carrier.index
    case = place_case(market, carrier)
    plan = carrier.serves(case)
    most = market.figures.place_surcharge_most * market.state.environment.price_level
    extra = checked(carrier.key, "surcharge beyond its tiers", plan.extra, case.extra.shape, most)
    routes = checked(carrier.key, "share of households that its routes pass", plan.routes, case.routes.shape, 1.0)
    routes = np.maximum(routes, case.promised)  # what contracts promise is kept
    if extra.any() or index in tariffs.extra:
        tariffs.extra[index] = extra
    homes = float((np.maximum(case.routes - routes, 0.0) * market.zones.households).sum())
    back = float((np.maximum(routes - case.routes, 0.0) * market.zones.households).sum())
    if homes == back == 0.0:
        return
    network.coverage[index] = routes
    network.pipeline = [one if one.carrier != index else replace(one, coverage=routes) for one in network.pipeline]
    network.closures = [one if one.carrier != index else replace(one, coverage=routes) for one in network.closures]
    market.events.add(
        market.month,
        "service",
        (carrier.key,),
        f"{carrier.name} {_in_words(homes, back)} from January on",
        households=homes - back,
    )


def _in_words(homes: float, back: float) -> str:
    """What a carrier does that leaves some homes and comes back to others."""
    leaves, returns = f"stops going to {homes:,.0f} households", f"goes to {back:,.0f} households again"
    if back == 0.0:
        return leaves
    return returns if homes == 0.0 else f"{leaves} and {returns}"


def place_case(market: Economy, carrier: Carrier) -> PlaceCase:
    """What a carrier knows of the places that it serves, at the end of a month."""
    state, zones, index = market.state, market.zones, carrier.index
    env, network, tendered = state.environment, state.network, market.groups.tendered
    parcels = state.flows.allocation.accepted[tendered, :, index].sum(axis=0)
    value = state.flows.allocation.value[tendered, :, index].sum(axis=(0, 2))
    sold = parcels.sum(axis=1)
    upstream = market.costs.upstream[:, index] * env.price_level
    paid = np.divide(value, sold, out=upstream.copy(), where=sold > 0.0) - upstream
    coverage = network.coverage[index]
    unit = expected_unit_grid(
        market.costs, zones, index, network.annual_volume[index], coverage, env.wage_other, env.price_level
    )
    capital = market.figures.by_type("capital_charge")[zones.zone_type] * env.price_level
    goes = network.coverage[USPS] > 0.0
    access = np.where(goes, access_price(market, index) + injection_cost(market), np.inf)
    surcharge = state.tariffs.rural[index] * state.tariffs.area
    return PlaceCase(
        paid=paid,
        parcels=parcels * (MONTHS_PER_YEAR / env.season),
        surcharge=surcharge,
        extra=state.tariffs.extra.get(index, np.zeros_like(surcharge)),
        cost=unit + capital[:, None],
        access=access,
        routes=coverage.copy(),
        promised=promised_places(market, carrier),
    )


def promised_places(market: Economy, carrier: Carrier) -> Floats:
    """Share of households to which its contract with Amazon has a carrier deliver, (Z,).

    Amazon delivers to the densest addresses itself and leaves the sparsest to USPS; who carries for it goes to all that
    lie between. Rate agreements with other shippers bind nobody to a quantity: they hear a year before.
    """
    contract = market.book.get(carrier.key, "amazon")
    accepted = market.state.flows.allocation.accepted[market.groups.amazon.all, ECONOMY].sum(axis=0)
    if contract is None or not contract.in_force:
        return np.zeros(market.zones.n_zones)
    total = accepted.sum(axis=0)
    sparsest = np.divide(accepted[USPS], total, out=np.ones_like(total), where=total > 0.0)
    return np.where(accepted[carrier.index] > 0.0, 1.0 - sparsest, 0.0)
