"""Shocks: fuel and interest move what things cost, a labour dispute whom shippers like (ODD 7.4 to 7.6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from model.carriers import USPS
from model.economy import Economy
from model.operations import SMALLEST_COVERAGE, CostModel, fuel_factor, street_costs, usps_mean_cost, with_fuel
from model.phases.labour import wages_of_month
from model.wages import share_of_month

Floats = NDArray[np.float64]


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
    t, rise = market.months_done, market.paths.shocks.interest
    moved = rise.at(t) - (rise.at(t - 1) if t > 0 else 0.0)
    if moved == 0.0:
        return
    network, before = market.state.network, market.figures.capital_annuity
    market.update_figures({"capital_rate": market.figures.capital_rate + moved})
    network.earlier_charge = network.earlier_charge + network.added_capital * (before - market.figures.capital_annuity)


def _dispute(market: Economy) -> None:
    """Shippers like the carrier of a dispute less, as long as it lasts."""
    settings, choice = market.settings, market.state.choice
    if settings.labour_dispute == "none":
        return
    lost = np.zeros(market.carriers.n_carriers)
    if _disputed(market, market.month):
        lost[market.carriers.keys.index(settings.labour_dispute)] = market.figures.labour_dispute_utility
    choice.disputed = lost


def _disputed(market: Economy, month: Month) -> bool:
    """Whether a labour dispute is on in a month."""
    settings = market.settings
    if settings.labour_dispute == "none":
        return False
    return 0 <= month - settings.labour_dispute_start < market.figures.labour_dispute_months


def _tell(market: Economy) -> None:
    """What begins or ends this month, for the log."""
    settings, shocks, t = market.settings, market.paths.shocks, market.months_done
    told = (
        ("fuel", "Fuel costs {:+.0%} against its path", shocks.fuel),
        ("private carriers", "Wages of private carriers are {:+.0%} off their path", shocks.wage_other),
        ("usps", "Wages of USPS are {:+.0%} off their path", shocks.wage_usps),
        ("lenders", "Interest is {:+.1%} off its path", shocks.interest),
    )
    for who, text, shock in told:
        now, before = shock.at(t), shock.at(t - 1) if t > 0 else 0.0
        if now != before:
            market.events.add(market.month, "shock", (who,), text.format(now), change=now)
    on, was = _disputed(market, market.month), t > 0 and _disputed(market, market.month + -1)
    if on != was:
        what = "begins: its shippers fear a strike" if on else "ends"
        name = market.book.name(settings.labour_dispute)
        market.events.add(
            market.month, "shock", (settings.labour_dispute,), f"The labour dispute at {name} {what}", begins=float(on)
        )


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
