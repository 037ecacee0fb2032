"""Regional carriers enter neighbouring states, merge and leave the market; each leaves one event (section 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.capacity import CapacityOrder
from agents.delivery_cost import mean_over_coverage
from agents.entry import EntryCase, annuity_with_ramp, entry_parts, negative_months
from model.borders import read_borders
from model.carriers import USPS
from model.fixed_costs import fixed_cost_per_capacity, fixed_costs
from model.operations import expected_unit_grid
from model.phases.mergers import merge
from model.words import parcels_in_words

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]


def regionals(market: Economy) -> list[int]:
    """Regional carriers that are in the market: they sell something somewhere."""
    offered = np.isfinite(market.state.choice.constants).any(axis=0)
    reached = market.state.network.coverage.any(axis=1)
    return [k for k, group in enumerate(market.carriers.groups) if group == "regional" and offered[k] and reached[k]]


def enter(market: Economy, carrier: int, room: float) -> CapacityOrder | None:
    """Order capacity in the neighbouring states that are worth it.

    Args:
        market: The market.
        carrier: Index of the carrier.
        room: Annual parcels of capacity that its growth cap leaves for this quarter.
    """
    p = market.figures
    lead, smallest = int(p.build_lead_months), market.carrier_agents[carrier].smallest_station()
    if room < smallest:
        return None
    years = annuity_with_ramp(
        p.discount_rate_monthly, int(p.capital_life_years) * MONTHS_PER_YEAR, lead, p.reconsider_hazard
    )
    case = entry_case(market, carrier)
    part = entry_parts(case, years, p.regional_entry_density, smallest, room)
    if not part.any():
        return None
    before = market.state.network.coverage[carrier]
    coverage = np.maximum(before, np.where(part > 0.0, before + part * (case.coverage - before), 0.0))
    parcels = part * case.parcels
    capital = float((parcels * case.capital).sum())
    arrives = market.month + lead
    fixed = p.fixed_cost_recoverable * fixed_cost_per_capacity(market, carrier) * float(parcels.sum())
    market.state.network.savings.append((carrier, arrives, -fixed))
    states = sorted(set(market.zones.state[part > 0.0].tolist()))
    market.events.add(
        market.month,
        "entry",
        (market.carriers.keys[carrier],),
        f"{market.carriers.names[carrier]} goes to {', '.join(states)} with capacity for "
        f"{parcels_in_words(float(parcels.sum()))} a year, from {arrives}",
        annual_parcels=float(parcels.sum()),
        capital_usd=capital * market.state.environment.price_level,
    )
    return CapacityOrder(carrier, arrives, parcels, coverage, capital)


def entry_case(market: Economy, carrier: int) -> EntryCase:
    """What the carrier expects of the states around it: as many parcels by household as where it delivers today."""
    p, zones, env, network = market.figures, market.zones, market.state.environment, market.state.network
    reached = planned_coverage(market, carrier)
    target = p.by_type("regional_household_coverage")[zones.zone_type]
    served = set(zones.state[network.coverage[carrier] > 0.0].tolist())  # not what is only on order
    neighbours = {other for state in served for other in read_borders()[state]} | served
    open_to_it = np.array([state in neighbours for state in zones.state.tolist()]) & (reached < target)
    # A state of its own counts only where it has begun to enter and not yet finished.
    began = market.carriers.household_coverage[carrier] == 0.0
    open_to_it &= began
    covered = network.coverage[carrier] * zones.households
    rate = np.divide(
        np.bincount(zones.zone_type, weights=network.annual_volume[carrier] * (covered > 0.0), minlength=3),
        np.bincount(zones.zone_type, weights=covered, minlength=3),
        out=np.zeros(3),
        where=np.bincount(zones.zone_type, weights=covered, minlength=3) > 0.0,
    )[zones.zone_type]
    parcels = rate * zones.households * np.maximum(target - reached, 0.0)
    places, annual = np.flatnonzero(open_to_it), rate * zones.households * target
    unit = np.zeros(zones.n_zones)  # nobody asks where it cannot go
    unit[places] = mean_over_coverage(
        expected_unit_grid(market.costs, zones, carrier - 1, annual, target, env.wage_other, env.price_level, places),
        target[places],
    )
    books = market.state.books
    volume = float(books.volume[:, carrier].sum())
    price = float(books.revenue[:, carrier].sum()) / volume if volume > 0.0 else 0.0
    upstream = market.costs.upstream[:2, carrier].mean() * env.price_level
    fixed = p.fixed_cost_recoverable * fixed_cost_per_capacity(market, carrier) * MONTHS_PER_YEAR * env.price_level
    dense = market.zones.density_grid
    cells = dense.shape[1]
    inside = np.clip(target[:, None] * cells - np.arange(cells), 0.0, 1.0)
    area = (inside / dense).sum(axis=1)
    density = np.divide(inside.sum(axis=1), area, out=np.zeros_like(area), where=area > 0.0)
    rates = market.costs.rates
    daily_stops = rate / rates.operating_days[carrier - 1] / rates.parcels_per_stop[carrier - 1, zones.zone_type]
    return EntryCase(
        state=zones.state_index,
        open_to_it=open_to_it,
        parcels=parcels,
        stop_density=density * daily_stops,
        margin=price - unit - upstream - fixed,
        capital=p.by_type("capacity_capex")[zones.zone_type],
        coverage=target,
    )


def planned_coverage(market: Economy, carrier: int) -> Floats:
    """Coverage of a carrier once all its orders stand, (Z,)."""
    reached: Floats = market.state.network.coverage[carrier].copy()
    for order in market.state.network.pipeline:
        if order.carrier == carrier:
            reached = np.maximum(reached, order.coverage)
    return reached


def count_losses(market: Economy) -> None:
    """Count the months in a row in which a carrier's operating cash is negative, seasonally adjusted."""
    state = market.state
    cost, season = state.flows.operating_cost, state.environment.season
    fixed = fixed_costs(market) * state.environment.price_level
    variable = cost - fixed + state.access.paid
    cash = (state.books.revenue[-1] - variable) / season - fixed
    state.rivals.negative_months = negative_months(state.rivals.negative_months, cash)


def leave(market: Economy) -> None:
    """Regional carriers that have lost money for too long are taken over where that pays somebody, or give up."""
    longest, network = int(market.figures.regional_exit_cash_months), market.state.network
    for carrier in regionals(market):
        months = int(market.state.rivals.negative_months[carrier])
        if months < longest:
            continue
        lost = float(network.annual_volume[carrier].sum())
        merged = merge(market, carrier, regionals(market))
        close_carrier(market, carrier)
        if not merged:
            market.events.add(
                market.month,
                "exit",
                (market.carriers.keys[carrier],),
                f"{market.carriers.names[carrier]} leaves the market after {months} months of losses in a row",
                annual_parcels=lost,
            )


def close_carrier(market: Economy, carrier: int) -> None:
    """Take a carrier out of the market: its shippers fall back to national carriers, its contracts and capacity end."""
    state, shippers, key = market.state, market.shippers, market.carriers.keys[carrier]
    network = state.network
    sellers = state.choice.enterprise_sellers
    state.choice.enterprise_sellers = [tuple(one for one in row if one != carrier) for row in sellers]
    state.talks = {parties: talks for parties, talks in state.talks.items() if key not in parties}
    market.regulator.drop(key)
    market.book.leave(key, market.month)
    left = shippers.primary == carrier
    fallback = np.where(shippers.fallback == carrier, USPS, shippers.fallback)
    shippers.fallback[:] = fallback
    shippers.primary[left] = fallback[left]
    shippers.refused_months[left] = 0
    state.choice.constants[:, carrier] = -np.inf
    state.choice.enterprise_share[:, :, carrier] = 0.0
    state.choice.enterprise_price[:, :, carrier] = np.nan
    for values in (network.capacity, network.coverage, network.in_place, state.access.extension):
        values[carrier] = 0.0
    network.pipeline = [order for order in network.pipeline if order.carrier != carrier]
    network.closures = [closure for closure in network.closures if closure.carrier != carrier]
    state.books.fixed_cost[carrier] = 0.0
    network.added_capital[carrier] = 0.0  # those who put it in have lost what was not paid back
    network.savings = [saving for saving in network.savings if saving[0] != carrier]
    if state.backlog is not None:
        for waiting in (state.backlog.volume, state.backlog.value):
            waiting[..., USPS, :] += waiting[..., carrier, :]
            waiting[..., carrier, :] = 0.0
