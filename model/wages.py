"""How much of what work costs is wages: the part of cost that follows wages, not prices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZoneTable
from model.carriers import USPS
from model.operations import SMALLEST_COVERAGE, CostModel, street_costs, usps_mean_cost
from model.state.networks import NetworkState

Floats = NDArray[np.float64]


def labour_shares(costs: CostModel, zones: ZoneTable, network: NetworkState) -> Floats:
    """Share of wages in the cost of routes (USPS: in the attributable cost of a parcel) at the start, (K,).

    The cost of the start is computed once with and once without what follows prices: vehicles and, at USPS, distances.
    """
    shares = np.zeros(len(network.annual_volume))
    volume, used = network.annual_volume[1:], np.maximum(network.coverage[1:], SMALLEST_COVERAGE)
    whole, labour = (
        (street_costs(costs, zones, volume, used, network.start_coverage, 1.0, price).street * volume).sum(axis=1)
        for price in (1.0, 0.0)
    )
    shares[1:] = np.divide(labour, whole, out=np.ones_like(whole), where=whole > 0.0)
    weight = zones.households
    with_price, without = (usps_mean_cost(costs, zones, 1.0, 1.0, price) @ weight for price in (1.0, 0.0))
    shares[USPS] = without / with_price
    return shares


def share_of_month(at_start: Floats, wage_index: Floats | float, price_index: float) -> Floats:
    """The shares once wages and prices have moved, (K,)."""
    labour = at_start * wage_index
    return np.asarray(labour / (labour + (1.0 - at_start) * price_index))
