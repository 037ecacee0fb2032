"""Miles that delivery vans drive for parcels, and what they emit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.delivery_cost import NetworkRates, StreetGeometry, mean_over_coverage
from agents.geography import ZoneTable

Floats = NDArray[np.float64]
MINUTES_PER_HOUR = 60.0
GRID_STEP = 5  # every fifth density percentile is enough for a national sum


def miles_per_parcel(
    rates: NetworkRates, geometry: StreetGeometry, zones: ZoneTable, annual: Floats, coverage: Floats
) -> Floats:
    """Van miles of a parcel by network and zone: between stops, and its part of the way to the first one, (N, Z).

    0 where there are no parcels.

    The routes are those of the cost model (ODD 7.6): as many stops as time or the vehicle allows.

    Args:
        rates: The N networks.
        geometry: Streets and working day.
        zones: The zones.
        annual: Deseasonalised parcels a year by network and zone, (N, Z).
        coverage: Share of households that these parcels go to, densest first, (N, Z), above 0.
    """
    there = np.nonzero(annual)
    network, zone = there
    per_stop = rates.parcels_per_stop[network, zones.zone_type[zone]]
    per_household = rates.parcels_per_household_day(annual, coverage * zones.households)[there]
    first = min(GRID_STEP // 2, zones.density_grid.shape[1] - 1)
    stop_density = (per_household / per_stop)[:, None] * zones.density_grid[zone, first::GRID_STEP]
    streets = geometry.by_zone(zones.zone_type).at(zone)
    with np.errstate(divide="ignore"):
        spacing = geometry.tour_constant / np.sqrt(stop_density)
    spacing = np.minimum(spacing, streets.longest_spacing[:, None])
    minutes = streets.service_minutes[:, None] + MINUTES_PER_HOUR * spacing / streets.local_speed[:, None]
    stops = np.minimum(streets.street_minutes[:, None] / minutes, rates.max_stops[network, None])
    miles = np.zeros_like(annual)
    by_cell = (spacing + 2.0 * streets.stem_miles[:, None] / stops) / per_stop[:, None]
    miles[there] = mean_over_coverage(by_cell, coverage[there])
    return miles
