"""What own delivery spares or costs a carrier whose routes pass, and how one that used to buy takes parcels over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.capacity import CapacityOrder, cut_to_limit, whole_stations
from agents.make_or_buy import desired_coverage, own_cost, perceived_error, with_passing_routes
from model.access.accounts import passed_by
from model.access.terms import access_price
from model.carriers import UPS, USPS
from model.operations import expected_unit_grid
from model.timeline import surepost_end

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]


def spared_cost(market: Economy, carrier: int, passed: Floats) -> Floats:
    """What a parcel that is not delivered spares the carrier, by percentile of what it passes, $ per parcel, (Z, P).

    Its routes pass anyway: one stop less is saved, and a part of sorting at the station. A parcel for a delivery unit
    of USPS goes through the same building and is sorted there too, only more coarsely.

    Args:
        market: The market.
        carrier: Index of the carrier.
        passed: Share of households that its routes pass, densest first, (Z,).
    """
    street = market.state.network.street
    grid = street.marginal_grid[carrier - 1]
    spared = market.figures.access_sorting_spared * street.sort[carrier - 1][:, None]
    if (passed == 1.0).all():
        return np.asarray(grid + spared)
    cells = grid.shape[1]
    cost = np.where(passed[:, None] == 0.0, grid[:, :1], grid)
    zone = np.flatnonzero((passed > 0.0) & (passed < 1.0))
    position = np.clip((np.arange(cells) + 0.5) * passed[zone, None] - 0.5, 0.0, cells - 1.0)
    lower = position.astype(np.intp)
    at_lower, at_upper = grid[zone[:, None], lower], grid[zone[:, None], np.minimum(lower + 1, cells - 1)]
    cost[zone] = at_lower + (at_upper - at_lower) * (position % 1.0)
    return np.asarray(cost + spared)


def insourcing_error(market: Economy, carrier: int) -> float:
    """What a carrier misjudges its own cost by as long as delivering such parcels itself is new to it, $ per parcel."""
    since = market.state.access.learning_since.get(carrier)
    if since is None:
        return 0.0
    p = market.figures
    key = market.carriers.keys[carrier]
    normal = market.streams.generator("insourcing_error", owner=key).standard_normal(1)
    months = market.month - since
    error = perceived_error(
        normal, months, p.insourcing_error_mean, p.insourcing_error_sd, int(p.insourcing_learning_months)
    )
    return float(error[0])


def take_announced_decision(market: Economy) -> None:
    """UPS took its economy last mile back from USPS on 1 January 2025: a fact where announced plans take effect."""
    access = market.state.access
    moved = access.economy[USPS] * market.surepost_share * (1.0 - access.insourced)
    access.economy[USPS] -= moved
    access.economy[UPS] += moved
    access.insourced[:] = 1.0
    access.learning_since.setdefault(UPS, market.month)


def insource(market: Economy) -> None:
    """Once a quarter UPS takes over what it believes to deliver more cheaply itself: a part of the gap, densest first.

    The error of a carrier that has never delivered such parcels counts in full until it begins, and fades from then on.
    """
    access, p, settings = market.state.access, market.figures, market.settings
    after = market.month >= surepost_end()
    imposed = settings.announced_plans if after else settings.history_mode == "forced_events"
    if imposed or not settings.make_or_buy or market.surepost_share == 0.0:
        return
    new = UPS not in access.learning_since
    if new:
        access.learning_since[UPS] = market.month
    passed = market.state.network.coverage[UPS]
    cost = np.maximum(spared_cost(market, UPS, passed) + insourcing_error(market, UPS), 0.0)
    injection = p.injection_cost_amazon * market.state.environment.price_level
    desired = desired_coverage(cost, np.zeros(len(cost)), access_price(market, UPS), injection, 0.0)
    taken = p.coverage_adjust_speed * np.maximum(desired - access.insourced, 0.0)
    if not taken.any():
        if new:
            del access.learning_since[UPS]
        return
    access.insourced += taken
    if new:
        text = "UPS begins to deliver itself what USPS delivered for it"
        market.events.add(market.month, "sourcing", ("ups", "usps"), text, share=float(taken.mean()))


def extend_coverage(market: Economy, carrier: int, room: float) -> CapacityOrder | None:
    """A regional carrier that buys beyond its routes builds there where own delivery pays, a part of the gap a quarter.

    Args:
        market: The market.
        carrier: Index of the carrier.
        room: Annual parcels of capacity that it can still order this quarter.
    """
    access, network, p, zones = market.state.access, market.state.network, market.figures, market.zones
    passed, reach = network.coverage[carrier], access.reach[carrier]
    year = MONTHS_PER_YEAR / market.state.environment.season
    served = np.zeros(int(zones.state_index.max()) + 1, dtype=bool)
    served[zones.state_index[passed > 0.0]] = True
    here = (reach > passed) & served[zones.state_index]  # a new state is a matter of entry
    beyond = np.maximum(access.bought[carrier] - passed_by(market)[carrier], 0.0) * here * year
    if market.carriers.groups[carrier] != "regional" or not beyond.any():
        return None
    new = carrier not in access.learning_since
    if new:
        access.learning_since[carrier] = market.month
    capital = p.by_type("capital_charge")[zones.zone_type] * market.state.environment.price_level
    places = np.flatnonzero(beyond > 0.0)
    cost = _cost_beyond(market, carrier, beyond, capital, places)
    cost = np.maximum(cost + insourcing_error(market, carrier), 0.0)
    injection, hurdle = p.injection_cost_amazon * market.state.environment.price_level, p.investment_hurdle * capital
    price = access_price(market, carrier)
    desired, mean_cost = np.zeros((2, zones.n_zones))
    desired[places] = desired_coverage(cost, hurdle[places], price[places], injection, 0.0)
    desired, mean_cost[places] = np.minimum(desired, reach), cost.mean(axis=1)
    gap = np.maximum(desired - passed, 0.0)
    missing = np.divide(gap * beyond, reach - passed, out=np.zeros_like(gap), where=reach > passed)
    missing = np.maximum(missing - network.on_its_way(carrier), 0.0)
    smallest = market.carrier_agents[carrier].smallest_station()
    wanted = whole_stations(p.coverage_adjust_speed * missing, missing, smallest)
    additions = cut_to_limit(wanted, mean_cost, room)
    if not additions.any():
        if new:
            del access.learning_since[carrier]
        return None
    part = np.divide(additions, missing, out=np.zeros_like(gap), where=missing > 0.0)
    capex = float((additions * p.by_type("capacity_capex")[zones.zone_type]).sum())
    return CapacityOrder(carrier, market.month + int(p.build_lead_months), additions, passed + part * gap, capex)


def _cost_beyond(market: Economy, carrier: int, beyond: Floats, capital: Floats, places: NDArray[np.int64]) -> Floats:
    """Own cost by percentile: one stop more where routes pass, a new network with its capital beyond, $, (L, P).

    Args:
        market: The market.
        carrier: Index of the carrier.
        beyond: Parcels a year that it buys beyond its routes, (Z,).
        capital: Capital charge, $ per parcel, (Z,).
        places: Zones to look at, (L,).
    """
    network, env, zones = market.state.network, market.state.environment, market.zones
    annual, reach = network.annual_volume[carrier] + beyond, market.state.access.reach[carrier]
    unit = expected_unit_grid(market.costs, zones, carrier - 1, annual, reach, env.wage_other, env.price_level, places)
    key = market.carriers.keys[carrier]
    normal = market.streams.generator("zone_cost_noise", owner=key).standard_normal(zones.n_zones)
    spared = market.figures.access_sorting_spared * network.street.sort[carrier - 1][:, None]
    return with_passing_routes(
        own_cost(unit, capital[places], noise=np.exp(market.figures.zone_cost_noise_sd * normal[places])),
        network.street.marginal_grid[carrier - 1, places] + spared[places],
        network.coverage[carrier, places],
    )
