"""USPS and Amazon: what last-mile access is worth to both, slice by slice (sections 11 and 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import exit_months, price_groups, slice_values
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.make_or_buy import worth_of_delivering
from model.bargains.table import BargainTable
from model.carriers import AMAZON
from model.operations import amazon_own_cost, usps_cost_grid

if TYPE_CHECKING:
    from agents.bargaining import PriceGroups
    from model.economy import Economy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def access_groups(market: Economy) -> PriceGroups:
    """Zones that share an access price under the price structure that USPS chooses."""
    names = [f"{state} {kind}" for state, kind in zip(market.zones.state, market.zones.zone_type, strict=True)]
    structure = market.usps.price_structure(market.settings.price_structure)
    return price_groups(structure, market.zones.zone_type, names)


def access_table(market: Economy, begin: Month, groups: PriceGroups) -> BargainTable:
    """What access to each slice is worth to both sides from the first month of a contract on (section 11, step A).

    Where Amazon has capacity already or on its way, its capital is sunk and only running cost counts.

    Args:
        market: The market.
        begin: First month of the contract that is talked about.
        groups: Zones that share a price.
    """
    p, slices = market.figures, market.state.amazon.slices
    own = own_cost_with_capital(market, slices.zone, slices.cell)
    term = int(p.term_strategic)
    values = slice_values(
        slices.volume,
        own,
        usps_cost(market, slices.zone, slices.cell),
        market.published_access_price(),
        exit_months(slices.volume, own, capacity_after(market, begin, term)),
        term,
        saved_by_own_delivery=saved_by_own_delivery(market),
        discount_rate_monthly=p.discount_rate_monthly,
        sells=market.usps.seller_limits,
    )
    return BargainTable(values, slices.zone, groups)


def usps_cost(market: Economy, zone: Ints, cell: Ints) -> Floats:
    """Attributable cost of USPS by slice, $ per parcel, (L,)."""
    env = market.state.environment
    grid = usps_cost_grid(market.costs, market.zones, market.mail_index, env.wage_usps, env.price_level)
    return np.asarray(grid[zone, cell])


def own_slice_cost(market: Economy, zone: Ints, cell: Ints) -> tuple[Floats, Floats, Bools]:
    """Amazon's running cost and capital charge by slice, $ per parcel, and whether capacity for it stands or comes.

    Args:
        market: The market.
        zone: Zone of each slice, (L,).
        cell: Density percentile cell of each slice, (L,).
    """
    p, env = market.figures, market.state.environment
    grid = _own_grid(market)
    factor = market.costs.own_cost_multiplier * market.costs.own_cost_noise
    capital = p.by_type("capital_charge")[market.zones.zone_type] * factor * env.price_level
    return grid[zone, cell], capital[zone], cell_middle(market, cell) <= coverage_ahead(market)[zone]


def _own_grid(market: Economy) -> Floats:
    """Amazon's running cost by zone and density cell, $ per parcel, (Z, P); worked out once a month."""
    amazon, env = market.state.amazon, market.state.environment
    today = (market.month, env.wage_other, env.price_level, float(amazon.flows.parcels.sum()))
    if amazon.own_grid is None or amazon.own_grid[0] != today:
        grid = amazon_own_cost(market.costs, market.zones, amazon.flows.parcels, env.wage_other, env.price_level)
        amazon.own_grid = (today, grid)
    return amazon.own_grid[1]


def own_cost_with_capital(market: Economy, zone: Ints, cell: Ints) -> Floats:
    """Amazon's long-run cost by slice, $ per parcel, (L,): with capital where it would have to build."""
    own, capital, covered = own_slice_cost(market, zone, cell)
    return np.where(covered, own, own + capital)


def coverage_ahead(market: Economy) -> Floats:
    """Share of households that Amazon reaches once all that is ordered and planned stands, (Z,)."""
    network, amazon = market.state.network, market.state.amazon
    reached = network.coverage[AMAZON].copy()
    for order in network.pipeline:
        if order.carrier == AMAZON:
            reached = np.maximum(reached, order.coverage)
    if market.settings.announced_plans:
        left = max(0, amazon.plan_months - _plan_month(market))
        reached = np.minimum(1.0, reached + amazon.plan_coverage * left)
    return np.asarray(reached)


def _plan_month(market: Economy) -> int:
    """Months of the announced rural plan that are over."""
    return max(0, market.month - market.settings.projection_start)


def cell_middle(market: Economy, cell: Ints) -> Floats:
    """Household percentile in the middle of each density cell, (L,)."""
    return np.asarray((cell + 0.5) / market.zones.density_grid.shape[1])


def capacity_after(market: Economy, begin: Month, term: int) -> Floats:
    """Parcels a year of those that others deliver that Amazon could serve h months after `begin`, h < term, (term,)."""
    network, amazon, month = market.state.network, market.state.amazon, market.month
    lead = int(market.figures.build_lead_months)
    ready = float((network.capacity[AMAZON] + network.on_its_way(AMAZON)).sum())
    months = np.arange(term)
    building = np.maximum(0, begin - month + months - lead)
    ordered = np.where(building > 0, market.amazon.yearly_build_limit() / MONTHS_PER_YEAR, 0.0) * np.maximum(
        building, 1
    )
    if market.settings.announced_plans:
        done = min(_plan_month(market), amazon.plan_months)
        then = np.minimum(_plan_month(market) + (begin - month) + months, amazon.plan_months)
        ordered = ordered + float(amazon.plan_monthly.sum()) * (then - done)
    others = float(np.maximum(network.annual_volume[AMAZON] - network.amazon_own, 0.0).sum())
    flows = amazon.flows
    elsewhere = float(flows.ups.sum()) * amazon.ups_share + float(flows.fedex.sum())
    needed = np.array([float(market.amazon_parcels_expected(begin + int(h)).sum()) for h in months])
    spare = ready + ordered - (needed - amazon.slices.total - elsewhere + others)
    return np.asarray(np.maximum.accumulate(np.maximum(spare, 0.0)))


def desired_slices(market: Economy, price: float) -> Bools:
    """Slices that Amazon means to leave with USPS at a price when it decides what to build, (L,) (section 12)."""
    slices = market.state.amazon.slices
    own, capital, covered = own_slice_cost(market, slices.zone, slices.cell)
    hurdle = np.where(covered, 0.0, capital * market.figures.investment_hurdle)
    worth = worth_of_delivering(price, saved_by_own_delivery(market), 0.0, hurdle)
    return np.asarray(np.where(covered, own, own + capital) > worth)


def running_worth(market: Economy) -> Floats:
    """Price of access at which Amazon is indifferent this month to running own routes, $ per parcel, by slice (L,)."""
    slices = market.state.amazon.slices
    own, _, _ = own_slice_cost(market, slices.zone, slices.cell)
    return np.asarray(own - saved_by_own_delivery(market))


def saved_by_own_delivery(market: Economy) -> float:
    """What Amazon saves by delivering itself, injection and speed, $ per parcel."""
    p = market.figures
    return (p.injection_cost_amazon + p.speed_benefit_amazon) * market.state.environment.price_level
