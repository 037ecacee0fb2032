"""The outside world and what was decided long ago: environment, arriving capacity."""

from __future__ import annotations

import numpy as np

from agents.carriers import Carrier
from agents.rules.announced import AnnouncedPlan
from model.capital import buy_capital
from model.demand import season_factors
from model.economy import Economy
from model.fixed_costs import close_capacity
from model.phases.consideration import become_known
from model.phases.entry_exit import leave
from model.phases.history import update_history
from model.phases.labour import settle_wages
from model.phases.shocks import let_shocks_act
from model.timeline import read_timeline
from model.words import parcels_in_words


def update_environment(market: Economy) -> None:
    """Prices, wages, shocks, season and the common shock of demand."""
    update_history(market)
    p, t, env = market.figures, market.months_done, market.state.environment
    env.price_level = market.paths.price_level(t)
    env.wage_other = market.paths.wage_other(t)
    env.wage_usps = market.paths.wage_usps(t)
    settle_wages(market)
    let_shocks_act(market)
    env.season = float(season_factors(p)[market.month.month - 1])
    if market.settings.announced_plans:
        for fact in read_timeline():
            if fact.month == market.month and fact.kind in ("plan", "decision"):
                actors = tuple(name.strip().lower() for name in fact.actors)
                market.events.add(market.month, "fact", actors, f"{', '.join(fact.actors)}: {fact.text}")
    become_known(market)
    draw = market.streams.generator("demand_shock", market.month).standard_normal()
    env.common_shock = p.demand_ar1 * env.common_shock + p.demand_shock_sd * float(draw)


def commission_capacity(market: Economy) -> None:
    """Orders and the announced rural plan come into use, closures take effect, carriers with lasting losses leave."""
    network = market.state.network
    due = [order for order in network.pipeline if order.arrives <= market.month]
    network.pipeline = [order for order in network.pipeline if order.arrives > market.month]
    for order in due:
        network.recent.append((order.carrier, market.month, order.annual_parcels))
        network.capacity[order.carrier] += order.annual_parcels
        network.added_capital[order.carrier] += order.capital
        network.coverage[order.carrier] = np.maximum(network.coverage[order.carrier], order.coverage)
        market.events.add(
            market.month,
            "capacity",
            (market.carriers.keys[order.carrier],),
            f"{market.carriers.names[order.carrier]} opens capacity for "
            f"{parcels_in_words(float(order.annual_parcels.sum()))} a year",
            annual_parcels=order.annual_parcels.sum(),
        )
    close_capacity(market)
    if market.settings.entry_and_exit:
        leave(market)
    for carrier in market.carrier_agents:
        plan = carrier.announced_plan()
        if plan is not None and plan.arrives_in(market.month):
            _commission_plan(market, carrier, plan)


def _commission_plan(market: Economy, carrier: Carrier, plan: AnnouncedPlan) -> None:
    """What a carrier has announced for this month comes into use."""
    network, index = market.state.network, carrier.index
    done = plan.done(market.month)
    part = plan.parts(done, done + 1)
    arriving = plan.monthly * part
    network.recent.append((index, market.month, arriving))
    network.capacity[index] += arriving
    # Nobody announced when the plan is paid for: it is as it arrives.
    price = market.figures.by_type("capacity_capex")[market.zones.zone_type] * market.state.environment.price_level
    paid = float((arriving * price).sum())
    buy_capital(market, carrier.key, paid)
    network.added_capital[index] += paid
    network.coverage[index] = np.minimum(1.0, network.coverage[index] + plan.coverage * part)
