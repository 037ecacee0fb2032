"""What own delivery spares or costs a carrier, where its routes pass and beyond them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.rules.extension import ExtensionCase
from agents.rules.make_or_buy import own_cost, with_passing_routes
from model.access.accounts import passed_by
from model.access.terms import access_price, injection_cost
from model.economy import Economy
from model.operations import expected_unit_grid
from model.streams import Streams

Floats = NDArray[np.float64]


def spared_cost(market: Economy) -> Floats:
    """What a parcel that is not delivered spares each network of parcels alone, $ per parcel, (N, Z, P).

    By percentile of what the network passes. Its routes pass anyway: one stop less is saved, and a part of sorting at
    the station. A parcel for a delivery unit of USPS goes through the same building and is sorted there too, only more
    coarsely.
    """
    routes, passed = market.state.network.street, market.state.network.coverage[1:]
    grid, cells = routes.marginal_grid, routes.marginal_grid.shape[2]
    sorting = market.figures.access_sorting_spared * routes.sort[:, :, None]
    cost: Floats = grid + sorting
    by_place = cost.reshape(-1, cells)
    nowhere, partly = np.flatnonzero(passed == 0.0), np.flatnonzero((passed > 0.0) & (passed < 1.0))
    by_place[nowhere] = by_place[nowhere, :1]
    position = np.clip((np.arange(cells) + 0.5) * passed.ravel()[partly, None] - 0.5, 0.0, cells - 1.0)
    lower, by_cell = position.astype(np.intp), grid.ravel()
    place = partly[:, None] * cells + lower
    at_lower, at_upper = by_cell[place], by_cell[place + (lower < cells - 1)]
    between = at_lower + (at_upper - at_lower) * (position - lower)
    by_place[partly] = between + sorting.ravel()[partly, None]
    return cost


def own_cost_luck(market: Economy, carrier: int) -> float:
    """The draw by which a carrier misjudges the cost of what is new to it, standard normal: one for the whole run."""
    return _luck(market.seed_number, market.carriers.keys[carrier])


@lru_cache(maxsize=256)
def _luck(seed: int, key: str) -> float:
    return float(Streams(seed).generator("insourcing_error", owner=key).standard_normal(1)[0])


def extension_case(market: Economy, carrier: int) -> ExtensionCase | None:
    """What a carrier knows of the places beyond its routes where it buys access; None where it buys none there.

    Args:
        market: The market.
        carrier: Index of the carrier.
    """
    access, network, zones = market.state.access, market.state.network, market.zones
    passed, reach = network.coverage[carrier], access.reach[carrier]
    year = MONTHS_PER_YEAR / market.state.environment.season
    served = np.zeros(int(zones.state_index.max()) + 1, dtype=bool)
    served[zones.state_index[passed > 0.0]] = True
    here = (reach > passed) & served[zones.state_index]  # a new state is a matter of entry
    beyond = np.maximum(access.bought[carrier] - passed_by(market)[carrier], 0.0) * here * year
    if not beyond.any():
        return None
    capital = market.figures.by_type("capital_charge")[zones.zone_type] * market.state.environment.price_level
    places = np.flatnonzero(beyond > 0.0)
    return ExtensionCase(
        bought=beyond,
        places=places,
        cost=_cost_beyond(market, carrier, beyond, capital, places),
        price=access_price(market, carrier),
        injection_cost=injection_cost(market),
        capital=capital,
        passed=passed,
        reach=reach,
        on_its_way=network.on_its_way(carrier),
        luck=own_cost_luck(market, carrier),
    )


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
    routes = network.street.of(carrier)
    annual, reach = network.annual_volume[carrier] + beyond, market.state.access.reach[carrier]
    unit = expected_unit_grid(market.costs, zones, carrier, annual, reach, env.wage_other, env.price_level, places)
    key = market.carriers.keys[carrier]
    normal = market.streams.generator("zone_cost_noise", owner=key).standard_normal(zones.n_zones)
    spared = market.figures.access_sorting_spared * routes.sort[:, None]
    return with_passing_routes(
        own_cost(unit, capital[places], noise=np.exp(market.figures.zone_cost_noise_sd * normal[places])),
        routes.marginal_grid[places] + spared[places],
        network.coverage[carrier, places],
    )
