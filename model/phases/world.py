"""The outside world and what was decided long ago: environment, arriving capacity, price lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.billing import month_surcharges, peak_weight
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.demand import growth_index, season_factors
from model.fixed_costs import close_capacity
from model.operations import quote_floors, usps_costs
from model.phases.entry_exit import leave
from model.timeline import read_timeline

if TYPE_CHECKING:
    from model.market import ParcelMarket

MILLION = 1e6
JANUARY, JULY = 1, 7
USPS_PRODUCTS = ("parcel_select", "ground_advantage", "priority")  # in the order of the segments


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
    """Orders and the announced rural plan come into use, closures take effect, carriers with lasting losses leave."""
    network, amazon = market.state.network, market.state.amazon
    due = [order for order in network.pipeline if order.arrives <= market.month]
    network.pipeline = [order for order in network.pipeline if order.arrives > market.month]
    for order in due:
        network.recent.append((order.carrier, market.month, order.annual_parcels))
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
    close_capacity(market)
    if market.settings.entry_and_exit:
        leave(market)
    if market.settings.announced_plans and market.months_done < amazon.plan_months:
        network.recent.append((AMAZON, market.month, amazon.plan_monthly))
        network.capacity[AMAZON] += amazon.plan_monthly
        network.coverage[AMAZON] = np.minimum(1.0, network.coverage[AMAZON] + amazon.plan_coverage)


def publish_prices(market: ParcelMarket) -> None:
    """Yearly list increases, announced or planned by each carrier, and this month's surcharges."""
    tariffs = market.state.tariffs
    if market.settings.price_rule == "adaptive":
        for carrier in market.carrier_agents:
            announced = _announced(market, carrier.index)
            if announced is not None:
                change_prices(market, carrier.index, announced, announced=True)
            elif market.month.month == carrier.price_month:
                growth = np.full(tariffs.level.shape[0], carrier.price_increase())
                change_prices(market, carrier.index, growth, announced=False)
            if market.month.month == carrier.price_month:
                _close_price_year(market, carrier.index)
    if market.month.month == JULY:
        _change_mail_price(market)
    tariffs.surcharge = month_surcharges(
        tariffs.rural, tariffs.peak, market.zones.zone_type, peak_weight(market.month.month)
    )


def _close_price_year(market: ParcelMarket, carrier: int) -> None:
    """Remember the unit cost that the next price plan compares with."""
    books = market.state.books
    volume = float(books.volume[:, carrier].sum())
    if volume > 0.0:
        books.last_year_unit_cost[carrier] = float(books.cost[:, carrier].sum()) / volume


def change_prices(market: ParcelMarket, carrier: int, paid_growth: np.ndarray, announced: bool) -> None:
    """Apply one carrier's yearly change: levels and surcharges grow, floors follow cost.

    Args:
        market: The market.
        carrier: Index of the carrier.
        paid_growth: Growth of paid prices by segment, (S,).
        announced: Whether it was public before the run.
    """
    p, tariffs, env = market.figures, market.state.tariffs, market.state.environment
    level = tariffs.level[:, carrier] * (1.0 + paid_growth)
    if carrier == USPS and not announced:
        level = np.minimum(level, np.maximum(_parity_cap(market), tariffs.level[:, carrier]))
    offered = np.isfinite(market.state.choice.constants[:, carrier])
    if not offered.any():
        return
    mean_growth = float((level[offered] / tariffs.level[offered, carrier]).mean()) - 1.0
    tariffs.level[:, carrier] = level
    tariffs.rural[carrier] *= 1.0 + mean_growth
    tariffs.peak[carrier] *= 1.0 + mean_growth
    tariffs.list_growth[carrier] = mean_growth / p.list_to_paid_pass_through
    mean_usps, _ = usps_costs(
        market.costs,
        market.zones,
        np.zeros(market.zones.n_zones),
        market.mail_index,
        env.wage_usps,
        env.price_level,
    )
    now = quote_floors(
        market.costs, market.state.network.street, mean_usps, market.state.network.annual_volume, env.price_level
    )[:, carrier]
    start = market.start_floor_cost[:, carrier]
    tariffs.floor[:, carrier] = market.start_floor[:, carrier] * np.divide(
        now, start, out=np.ones_like(now), where=start > 0.0
    )
    if mean_growth == 0.0:
        return
    market.events.add(
        market.month,
        "price",
        (market.carriers.keys[carrier],),
        f"{market.carriers.names[carrier]} raises its list prices by {100 * tariffs.list_growth[carrier]:.1f} %"
        + (" as announced" if announced else ""),
        list_growth=tariffs.list_growth[carrier],
        paid_growth=mean_growth,
    )


def _parity_cap(market: ParcelMarket) -> np.ndarray:
    """Highest USPS level: a share of what UPS and FedEx charge for a like segment, (S,)."""
    level, start = market.state.tariffs.level, market.state.tariffs.start_level
    rivals = np.minimum(level[:, UPS], level[:, FEDEX])
    return np.maximum(market.figures.usps_price_parity_cap * rivals, start[:, USPS])


def _announced(market: ParcelMarket, carrier: int) -> np.ndarray | None:
    """Announced growth of paid prices in this month by segment, None where nothing was announced."""
    if not market.settings.announced_plans:
        return None
    p, month = market.figures, market.month
    symbols: list[str] = []
    if carrier in (UPS, FEDEX) and month.month == JANUARY:
        symbols = [f"list_increase_ups_fedex_{month.year}"] * 3
    elif carrier == USPS:
        symbols = [f"list_increase_usps_{product}_{month.year}_{month.month:02d}" for product in USPS_PRODUCTS]
    if not symbols or any(symbol not in p for symbol in symbols):
        return None
    return np.array([p[symbol] for symbol in symbols]) * p.list_to_paid_pass_through


def _change_mail_price(market: ParcelMarket) -> None:
    env, p = market.state.environment, market.figures
    increase = market.usps.mail_price_increase()
    if market.settings.announced_plans and f"mail_price_july_{market.month.year}" in p:
        increase = p[f"mail_price_july_{market.month.year}"]
    if increase == 0.0:
        return
    env.mail_price *= 1.0 + increase
    market.events.add(
        market.month, "price", ("usps",), f"USPS raises letter prices by {100 * increase:.1f} %", increase=increase
    )
