"""Shocks: fuel and interest move what things cost, a labour dispute whom shippers like (ODD 7.4 to 7.6)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS
from model.carriers import USPS
from model.economy import Economy
from model.history import Shocks
from model.operations import SMALLEST_COVERAGE, CostModel, fuel_factor, street_costs, usps_mean_cost, with_fuel
from model.phases.labour import wages_of_month
from model.wages import share_of_month

Floats = NDArray[np.float64]
INTEREST = "interest"
_TEXTS = {
    "fuel": ("fuel", "The price of fuel is {} its path"),
    "wage_other": ("private carriers", "Wages of private carriers are {} their path"),
    "wage_usps": ("usps", "Wages of USPS are {} their path"),
    INTEREST: ("lenders", "Interest is {} its path"),
    **{one: ("shippers", f"Demand for {one} parcels is {{}} its path") for one in SEGMENTS},
    "duty_free": ("shippers", "Small imports that came free of duty are {} their path"),
}


def let_shocks_act(market: Economy) -> None:
    """Bring fuel, interest and what shippers fear of a dispute up to date; wages follow their path by themselves."""
    _move_fuel(market)
    _move_interest(market)
    _dispute(market)
    _tell(market)


def _move_fuel(market: Economy) -> None:
    """Put the price of fuel into the rates of all carriers; what is in place costs more or less at once."""
    env, network = market.state.environment, market.state.network
    now = market.paths.fuel_price(market.months_done)
    if now == env.fuel:
        return
    p, before = market.figures, market.costs
    market.costs = with_fuel(before, p, env.fuel, now)
    env.fuel = now
    usual, old, new = (_unit_costs(market, one) for one in (with_fuel(market.costs, p, now, 1.0), before, market.costs))
    network.in_place = network.in_place * np.divide(new, old, out=np.ones_like(new), where=old > 0.0)
    # Over all places; a network without parcels is as it would be everywhere.
    weight = np.where(network.annual_volume.sum(axis=1, keepdims=True) > 0.0, network.annual_volume, 1.0)
    whole = (new * weight).sum(axis=1) / (usual * weight).sum(axis=1)
    share, growth = market.labour_share, env.fuel_growth
    at_start = share * growth / (1.0 - share + share * growth)
    wages = share_of_month(at_start, wages_of_month(market), env.price_level)
    env.fuel_growth = 1.0 + np.divide(whole - 1.0, 1.0 - wages, out=np.zeros_like(whole), where=wages < 1.0)
    market.labour_share = at_start / (at_start + (1.0 - at_start) * env.fuel_growth)


def _unit_costs(market: Economy, costs: CostModel) -> Floats:
    """What a parcel on today's routes costs each carrier by zone at some rates, $, (K, Z)."""
    env, network, zones = market.state.environment, market.state.network, market.zones
    used = np.maximum(network.coverage[1:], SMALLEST_COVERAGE)
    wage, price = env.wage_other, env.price_level
    routes = street_costs(costs, zones, network.annual_volume[1:], used, network.start_coverage, wage, price).street
    usps = usps_mean_cost(costs, zones, market.mail_index, env.wage_usps, price)
    return np.concatenate([usps[None], routes])


def _move_interest(market: Economy) -> None:
    """Let what is built from now on bear the new rate; what stands keeps the rate at which it came."""
    moved = market.paths.shocks.interest.at(market.months_done) - market.state.environment.shocks.get(INTEREST, 0.0)
    if moved == 0.0:
        return
    network, before = market.state.network, market.figures.capital_annuity
    market.update_figures({"capital_rate": market.figures.capital_rate + moved})
    network.earlier_charge = network.earlier_charge + network.added_capital * (before - market.figures.capital_annuity)


def _dispute(market: Economy) -> None:
    """Shippers like the carrier of a dispute less, as long as it lasts."""
    disputes, choice = market.paths.shocks.disputes, market.state.choice
    if not disputes and not np.any(choice.disputed):
        return
    lost = np.zeros(market.carriers.n_carriers)
    for key, dispute in disputes.items():
        lost[market.carriers.keys.index(key)] = dispute.at(market.months_done)
    choice.disputed = lost


def _tell(market: Economy) -> None:
    """What begins, changes or ends this month, for the log."""
    told = market.state.environment.shocks
    now = {name: size for name, size in _sizes(market.paths.shocks, market.months_done) if size != 0.0}
    for name in dict.fromkeys((*_TEXTS, *now, *told)):
        size, before = now.get(name, 0.0), told.get(name, 0.0)
        if name not in _TEXTS and (size != 0.0) != (before != 0.0):
            what = "begins: its shippers fear a strike" if size else "ends"
            text = f"The labour dispute at {market.book.name(name)} {what}"
            market.events.add(market.month, "shock", (name,), text, begins=float(size != 0.0))
        elif name in _TEXTS and size != before:
            who, text = _TEXTS[name]
            where = f"{size:{'+.1%' if name == INTEREST else '+.0%'}} off" if size else "back on"
            market.events.add(market.month, "shock", (who,), text.format(where), change=size)
    market.state.environment.shocks = now


def _sizes(shocks: Shocks, t: int) -> Iterator[tuple[str, float]]:
    """What every shock comes to in a month, by what it strikes."""
    yield "fuel", shocks.fuel.at(t)
    yield "wage_other", shocks.wage_other.at(t)
    yield "wage_usps", shocks.wage_usps.at(t)
    yield INTEREST, shocks.interest.at(t)
    yield from ((segment, one.at(t)) for segment, one in zip(SEGMENTS, shocks.demand, strict=True))
    yield "duty_free", shocks.duty_free.at(t)
    yield from ((key, one.at(t)) for key, one in shocks.disputes.items())


def wages_beyond_path(market: Economy) -> Floats:
    """Wages of the month over those that everybody expected, by carrier, (K,): shocks, and what parties settled on."""
    shocks, t = market.paths.shocks, market.months_done
    env = market.state.environment
    expected = np.full(market.carriers.n_carriers, env.wage_other / (1.0 + shocks.wage_other.at(t)))
    usps = env.wage_usps / (1.0 + shocks.wage_usps.at(t))
    expected[USPS] = usps / (float(env.settled[USPS]) if env.settled.size else 1.0)
    return np.asarray(wages_of_month(market) / expected)


def shock_costs(market: Economy, routes_no_wages: Floats, wages: Floats, upstream: Floats) -> Floats:
    """Part of the cost of a month that is due to the price of fuel, and to wages beyond their path, $, (2, K).

    Args:
        market: The market.
        routes_no_wages: Cost of routes that is no wages, $, (K,).
        wages: On routes and in stations, $, (K,).
        upstream: Pick-up, line-haul and hubs, $, (K,).
    """
    env = market.state.environment
    upstream_growth = fuel_factor(market.figures.fuel_share_upstream, env.fuel)
    fuel = routes_no_wages * (1.0 - 1.0 / env.fuel_growth) + upstream * (1.0 - 1.0 / upstream_growth)
    return np.stack([fuel, wages * (1.0 - 1.0 / wages_beyond_path(market))])
