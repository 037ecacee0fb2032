"""Parcels that UPS and FedEx sell and USPS brings to the door in the year before the start (ODD 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.delivery_cost import mean_between
from agents.geography import ZoneTable
from agents.rules.access import dearest, share_of_stops_alone
from model.carriers import FEDEX, UPS
from model.operations import CostModel, StreetCosts, handed_over_cost
from model.parameters import Parameters
from model.start.population import BILLION

Floats = NDArray[np.float64]
HANDED = ((UPS, "ups", "surepost_volume_2024"), (FEDEX, "fedex", "smartpost_volume_2024"))


@dataclass(frozen=True, slots=True, eq=False)
class Handed:
    """Parcels a year between carriers in the year before the start.

    Attributes:
        parcels: What USPS delivered for each carrier, (K, Z).
        kept: Share of households, densest first, to which the carrier itself delivered economy parcels, (K, Z).
        spared: Routes that it needed less, $ a year, (K, Z).
        cost: Attributable cost of the parcels at USPS, $ a year, (Z,).
    """

    parcels: Floats
    kept: Floats
    spared: Floats
    cost: Floats


def handed_at_start(p: Parameters, zones: ZoneTable, costs: CostModel, street: StreetCosts, economy: Floats) -> Handed:
    """Spread the flows of the year over zones: what costs a carrier most to deliver itself goes first.

    Args:
        p: Figures of the start year.
        zones: The zone table.
        costs: Cost rates.
        street: Cost of the networks; those of UPS and FedEx pass every address.
        economy: Economy parcels a year that each carrier sold, without Amazon's, (K, Z).
    """
    parcels, spared = np.zeros_like(economy), np.zeros_like(economy)
    kept = np.ones_like(economy)
    for carrier, name, symbol in HANDED:
        per_stop = p.by_type(f"parcels_per_stop_{name}")[zones.zone_type]
        alone = share_of_stops_alone(per_stop, p.access_matched)
        routes = street.of(carrier)
        stop = routes.marginal_grid / alone[:, None]
        parcels[carrier] = dearest(stop, economy[carrier] * alone, p[symbol] * BILLION)
        own = np.divide(parcels[carrier], economy[carrier], out=np.zeros(zones.n_zones), where=economy[carrier] > 0.0)
        kept[carrier] = 1.0 - own
        spared[carrier] = mean_between(stop, kept[carrier], np.ones(zones.n_zones)) * parcels[carrier]
    rows = [carrier for carrier, _, _ in HANDED]
    at_usps = handed_over_cost(costs, zones, kept[rows], np.ones_like(kept[rows]), 1.0, 1.0, 1.0)
    return Handed(parcels, kept, spared, (parcels[rows] * at_usps).sum(axis=0))
