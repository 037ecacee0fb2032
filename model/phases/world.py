"""The outside world and what was decided long ago: environment, arriving capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.carriers import AMAZON
from model.demand import growth_index, season_factors
from model.timeline import read_timeline

if TYPE_CHECKING:
    from model.market import ParcelMarket

MILLION = 1e6


def update_environment(market: ParcelMarket) -> None:
    """Prices, wages, season and the common shock of demand."""
    p, t, env = market.figures, market.months_done, market.state.environment
    env.price_level = growth_index(p.inflation, t)
    env.wage_other = growth_index(p.wage_growth_other, t)
    env.wage_usps = growth_index(p.wage_growth_usps, t)
    env.season = float(season_factors(p)[market.month.month - 1])
    if market.settings.announced_plans:
        for fact in read_timeline():
            if fact.month == market.month and fact.kind in ("plan", "decision"):
                actors = tuple(name.strip().lower() for name in fact.actors)
                market.events.add(market.month, "fact", actors, f"{', '.join(fact.actors)}: {fact.text}")
    draw = market.streams.generator("demand_shock", market.month).standard_normal()
    env.common_shock = p.demand_ar1 * env.common_shock + p.demand_shock_sd * float(draw)


def commission_capacity(market: ParcelMarket) -> None:
    """Orders that are due come into use; the announced rural plan arrives month by month."""
    network, amazon = market.state.network, market.state.amazon
    due = [order for order in network.pipeline if order.arrives <= market.month]
    network.pipeline = [order for order in network.pipeline if order.arrives > market.month]
    for order in due:
        network.capacity[order.carrier] += order.annual_parcels
        network.coverage[order.carrier] = np.maximum(network.coverage[order.carrier], order.coverage)
        market.events.add(
            market.month,
            "capacity",
            (market.carriers.keys[order.carrier],),
            f"{market.carriers.names[order.carrier]} opens capacity for "
            f"{order.annual_parcels.sum() / MILLION:,.0f} million parcels a year",
            annual_parcels=order.annual_parcels.sum(),
        )
    if market.settings.announced_plans and market.months_done < amazon.plan_months:
        network.capacity[AMAZON] += amazon.plan_monthly
        network.coverage[AMAZON] = np.minimum(1.0, network.coverage[AMAZON] + amazon.plan_coverage)
