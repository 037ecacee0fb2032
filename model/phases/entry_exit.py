"""Regional carriers enter neighbouring states, merge and leave the market; each leaves one event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.carriers import QUARTER, Carrier
from agents.geography import ZoneTable
from agents.rules.capacity import CapacityOrder
from agents.rules.entry import EntryCase
from model.answers import ROUNDING, checked_order
from model.borders import read_borders
from model.carriers import USPS
from model.economy import Economy
from model.fixed_costs import cost_of_entry, fixed_cost_per_capacity, fixed_costs
from model.history.table import LAST_YEAR, regional_pace
from model.operations import expected_unit_costs, network_of
from model.phases.consideration import considered_after_entry
from model.phases.mergers import mean_price, merge
from model.words import parcels_in_words

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """What a carrier can expect around where it delivers, whatever it orders this quarter, (Z,) each.

    Attributes:
        near: Zones of its own and of neighbouring states.
        target: Share of households that it would reach.
        parcels_by_household: Parcels a year.
        unit_cost: Mean last-mile cost at the target where it can go, $ per parcel.
        stop_density: Stops per square mile and operating day at the target.
    """

    near: NDArray[np.bool_]
    target: Floats
    parcels_by_household: Floats
    unit_cost: Floats
    stop_density: Floats


def expanding(market: Economy) -> list[int]:
    """Carriers in the market (they sell something somewhere) that may go to other places and give up."""
    offered = np.isfinite(market.state.choice.constants).any(axis=0)
    reached = market.state.network.coverage.any(axis=1)
    return [k for k, carrier in enumerate(market.carrier_agents) if carrier.expands and offered[k] and reached[k]]


def enter(market: Economy, carrier: Carrier, prospect: Prospect, room: float) -> CapacityOrder | None:
    """Ask a carrier where it goes, and count the fixed cost that comes with it.

    Args:
        market: The market.
        carrier: The carrier.
        prospect: What it can expect around it.
        room: Annual parcels of capacity that its growth cap leaves for this quarter.
    """
    if room < carrier.smallest_station():
        return None  # nothing fits
    order = carrier.enters(entry_case(market, carrier.index, prospect), room)
    if order is None:
        return None
    order = within(checked_order(carrier.key, order, market.zones.n_zones), carrier.index, room)
    parcels = order.annual_parcels
    fixed = cost_of_entry(market)[0] * fixed_cost_per_capacity(market, carrier.index)
    market.state.network.savings.append((carrier.index, order.arrives, -(fixed * float(parcels.sum()))))
    states = sorted(set(market.zones.state[parcels > 0.0].tolist()))
    market.events.add(
        market.month,
        "entry",
        (carrier.key,),
        f"{carrier.name} goes to {', '.join(states)} with capacity for "
        f"{parcels_in_words(float(parcels.sum()))} a year, from {order.arrives}",
        annual_parcels=float(parcels.sum()),
        capital_usd=order.capital * market.state.environment.price_level,
    )
    return order


def openings_before_start(market: Economy, carrier: int, lead: int) -> list[CapacityOrder]:
    """Orders of a regional carrier that are on their way when a run of the past begins, one a quarter.

    It has the part of its listed places that goes with its parcels, and has been going to the others at the pace at
    which all regional carriers grew in the year before; what it has decided within its lead time opens after the start.

    Args:
        market: The market before its first month.
        carrier: Index of the carrier.
        lead: Months from an order to its use.
    """
    p, network, start = market.figures, market.state.network, market.settings.start
    if start.year > LAST_YEAR or market.carriers.added[carrier]:
        return []
    pace = min(regional_pace(start), 1.0 + p.regional_growth_cap) ** p.regional_footprint_follows
    listed, before = market.carriers.household_coverage[carrier], network.coverage[carrier]
    capacity, found = network.capacity[carrier], []
    for arrives in range(0, lead, QUARTER):
        after = np.maximum(before, np.minimum(listed, before * pace ** (QUARTER / MONTHS_PER_YEAR)))
        more = capacity * (np.divide(after, before, out=np.ones_like(after), where=before > 0.0) - 1.0)
        if more.any():
            capital = float((more * p.by_type("capacity_capex")[market.zones.zone_type]).sum())
            found.append(CapacityOrder(carrier, start + arrives, more, after, capital))
        before, capacity = after, capacity + more
    return found


def within(order: CapacityOrder, carrier: int, room: float) -> CapacityOrder:
    """What a limit leaves of an order: all of it, or the same part of it everywhere.

    Args:
        order: What a carrier wants.
        carrier: Its index, for which alone it can order.
        room: Annual parcels of capacity that it can order.
    """
    wanted = float(order.annual_parcels.sum())
    if wanted > room * (1.0 + ROUNDING):
        part = room / wanted
        order = replace(order, annual_parcels=order.annual_parcels * part, capital=order.capital * part)
    return order if order.carrier == carrier else replace(order, carrier=carrier)


def prospects(market: Economy, carriers: Sequence[int]) -> dict[int, Prospect]:
    """What carriers can expect around where they deliver: as many parcels by household as there, at their own cost.

    Args:
        market: The market.
        carriers: Which ones, not USPS.

    Returns:
        By carrier.
    """
    zones, env, network, rates = market.zones, market.state.environment, market.state.network, market.costs.rates
    target = market.figures.by_type("regional_household_coverage")[zones.zone_type]
    density, close = _mean_density(zones, target), _close_by(zones)
    near, parcels = {}, {}
    annual = np.zeros((network.coverage.shape[0] - 1, zones.n_zones))
    for carrier in carriers:
        coverage = network.coverage[carrier]
        served = zones.state_index[coverage > 0.0]  # not what is only on order
        near[carrier] = close[served].any(axis=0)[zones.state_index]
        covered = coverage * zones.households
        sold = np.bincount(zones.zone_type, weights=network.annual_volume[carrier] * (covered > 0.0), minlength=3)
        households = np.bincount(zones.zone_type, weights=covered, minlength=3)
        rate = np.divide(sold, households, out=np.zeros(3), where=households > 0.0)[zones.zone_type]
        parcels[carrier] = rate
        # Nobody asks for the cost where it cannot go.
        can_go = near[carrier] & (coverage < target) & _not_yet_entered(market, carrier, coverage)
        annual[network_of(carrier)] = np.where(can_go, rate * zones.households * target, 0.0)
    everywhere = np.broadcast_to(target, annual.shape)
    unit = expected_unit_costs(market.costs, zones, annual, everywhere, env.wage_other, env.price_level)
    found = {}
    for carrier in carriers:
        row = network_of(carrier)
        daily_stops = parcels[carrier] / rates.operating_days[row] / rates.parcels_per_stop[row, zones.zone_type]
        found[carrier] = Prospect(near[carrier], target, parcels[carrier], unit[row], density * daily_stops)
    return found


def _mean_density(zones: ZoneTable, coverage: Floats) -> Floats:
    """Households per square mile where the densest share of the households of each zone lives, (Z,)."""
    cells = zones.density_grid.shape[1]
    inside = np.clip(coverage[:, None] * cells - np.arange(cells), 0.0, 1.0)
    area = (inside / zones.density_grid).sum(axis=1)
    return np.asarray(np.divide(inside.sum(axis=1), area, out=np.zeros_like(area), where=area > 0.0))


def _not_yet_entered(market: Economy, carrier: int, reached: Floats) -> NDArray[np.bool_]:
    """Zones in which a carrier does not deliver by its list, or has not come yet in a run that plays the past, (Z,).

    A state of its own counts only where it has begun to enter and not yet finished.

    Args:
        market: The market.
        carrier: The carrier.
        reached: Share of households that it reaches, (Z,).
    """
    listed = market.carriers.household_coverage[carrier]
    began: NDArray[np.bool_] = listed == 0.0
    if market.figures.regional_footprint_follows > 0.0 and market.settings.start.year <= LAST_YEAR:
        began |= reached < listed - ROUNDING
    return began


def entry_case(market: Economy, carrier: int, prospect: Prospect) -> EntryCase:
    """What the carrier expects of the states around it beyond what it has ordered."""
    p, zones, env = market.figures, market.zones, market.state.environment
    reached, target = planned_coverage(market, carrier), prospect.target
    upstream = market.costs.upstream[:2, carrier].mean() * env.price_level
    fixed = sum(cost_of_entry(market)) * fixed_cost_per_capacity(market, carrier) * MONTHS_PER_YEAR * env.price_level
    return EntryCase(
        state=zones.state_index,
        open_to_it=prospect.near & (reached < target) & _not_yet_entered(market, carrier, reached),
        parcels=prospect.parcels_by_household * zones.households * np.maximum(target - reached, 0.0),
        stop_density=prospect.stop_density,
        margin=(mean_price(market, carrier) - prospect.unit_cost - upstream - fixed) / env.price_level,
        capital=p.by_type("capacity_capex")[zones.zone_type],
        coverage=target,
        covered=market.state.network.coverage[carrier],
        considered=considered_after_entry(market, carrier, int(p.capital_life_years) * MONTHS_PER_YEAR),
    )


@lru_cache(maxsize=4)
def _close_by(zones: ZoneTable) -> NDArray[np.bool_]:
    """Whether one state is another or borders on it, by `state_index` of both."""
    states = dict(zip(zones.state_index.tolist(), zones.state.tolist(), strict=True))
    close = np.zeros((max(states) + 1,) * 2, dtype=np.bool_)
    for one, name in states.items():
        near = read_borders()[name] | {name}
        close[one, [other for other, other_name in states.items() if other_name in near]] = True
    return close


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
    for carrier in market.carrier_agents:
        carrier.close_month(float(cash[carrier.index]))


def leave(market: Economy) -> None:
    """Carriers that give up are taken over where that pays somebody, or close."""
    for index in expanding(market):
        carrier = market.carrier_agents[index]
        if not carrier.leaves():
            continue
        lost = float(market.state.network.annual_volume[index].sum())
        merged = merge(market, index, expanding(market))
        close_carrier(market, index)
        if not merged:
            market.events.add(
                market.month,
                "exit",
                (carrier.key,),
                f"{carrier.name} leaves the market after {carrier.negative_months} months of losses in a row",
                annual_parcels=lost,
            )


def close_carrier(market: Economy, carrier: int) -> None:
    """Take a carrier out of the market: its shippers fall back to national carriers, its contracts and capacity end."""
    state, key = market.state, market.carriers.keys[carrier]
    network = state.network
    sellers = state.choice.enterprise_sellers
    state.choice.enterprise_sellers = [tuple(one for one in row if one != carrier) for row in sellers]
    state.talks = {parties: talks for parties, talks in state.talks.items() if key not in parties}
    market.regulator.drop(key)
    market.book.leave(key, market.month)
    market.population.lose(carrier, everywhere=USPS)
    state.choice.constants[:, carrier] = -np.inf
    state.choice.enterprise_share[:, :, carrier] = 0.0
    state.choice.enterprise_price[:, :, carrier] = np.nan
    for values in (network.capacity, network.coverage, network.in_place, state.access.extension):
        values[carrier] = 0.0
    network.pipeline = [order for order in network.pipeline if order.carrier != carrier]
    network.closures = [closure for closure in network.closures if closure.carrier != carrier]
    state.books.fixed_cost[carrier] = 0.0
    network.earlier_charge[carrier] = 0.0
    network.added_capital[carrier] = 0.0  # those who put it in have lost what was not paid back
    network.savings = [saving for saving in network.savings if saving[0] != carrier]
    if state.backlog is not None:
        for waiting in (state.backlog.volume, state.backlog.value):
            waiting[..., USPS, :] += waiting[..., carrier, :]
            waiting[..., carrier, :] = 0.0
