"""USPS and Amazon: what last-mile access is worth to both, slice by slice (ODD 7.1 and 7.8)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import PriceGroups, PriceStructure, price_groups, with_seller
from agents.calendar import Month
from agents.geography import ZoneTable
from model.bargains.forms import imposed_form, on_one_level
from model.bargains.table import BargainTable
from model.economy import Economy
from model.operations import usps_cost_grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def access_groups(market: Economy) -> PriceGroups:
    """Zones that share a thread of talks over access: one for all where a price level is bargained over."""
    form = imposed_form(market)
    return structure_groups(market, "uniform" if form is None or on_one_level(market) else form.structure)


def structure_groups(market: Economy, structure: PriceStructure) -> PriceGroups:
    """Zones that share an access price under a price structure."""
    return _zones_by_structure(market.zones, structure)


@lru_cache(maxsize=16)
def _zones_by_structure(zones: ZoneTable, structure: PriceStructure) -> PriceGroups:
    names = [f"{state} {kind}" for state, kind in zip(zones.state, zones.zone_type, strict=True)]
    return price_groups(structure, zones.zone_type, names)


def access_table(market: Economy, begin: Month, groups: PriceGroups) -> BargainTable:
    """What access to each slice is worth to both sides from the first month of a contract on (ODD 7.1, step 1).

    Args:
        market: The market.
        begin: First month of the contract that is talked about.
        groups: Zones that share a price.
    """
    slices = market.amazon.memory.slices
    cost = usps_cost(market, slices.zone, slices.cell)
    values = with_seller(market.amazon.values_access(begin), cost, market.usps.seller_limits)
    return BargainTable(values, slices.zone, groups, slices.cell)


def usps_cost(market: Economy, zone: Ints, cell: Ints) -> Floats:
    """Attributable cost of USPS by slice, $ per parcel, (L,)."""
    grid = usps_cost_by_cell(market)
    return np.asarray(grid.take(zone * grid.shape[1] + cell))


def usps_cost_by_cell(market: Economy) -> Floats:
    """Attributable cost of USPS by density percentile, $ per parcel, (Z, P)."""
    env = market.state.environment
    return usps_cost_grid(market.costs, market.zones, market.mail_index, env.wage_usps, env.price_level)
