"""Amazon's parcels at USPS as the oracle tables of sections 11 and 12 define them: three national cells.

USPS serves the sparsest addresses of each cell. They are cut into density midpoints times noise midpoints: local noise
is lognormal with median 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtri

from agents.delivery_cost import AccessRates, NetworkRates, StreetGeometry, route_economics, usps_unit_cost
from experiments.talks.national_cells import lognormal_density
from model.parameters import Parameters

BILLION = 1e9
TYPES = np.arange(3)


@dataclass(frozen=True)
class NationalSlices:
    """Arrays (3, D, N) by zone type, density midpoint and noise midpoint; flat views for the functions."""

    volume: np.ndarray  # parcels a year
    unit_cost: np.ndarray  # Amazon's cost at multiplier 1 without capital and noise
    capital: np.ndarray
    noise: np.ndarray
    attributable: np.ndarray  # USPS

    @property
    def zone_type(self) -> np.ndarray:
        return np.repeat(TYPES, self.volume[0].size)


@cache
def national_slices(p: Parameters, density_points: int, noise_points: int) -> NationalSlices:
    households = p.households_total * 1e6 * p.by_type("household_share")
    sigma = p.by_type("example_density_sigma")[:, None]
    own = p.amazon_own_delivered_2024 * BILLION * p.by_type("amazon_mix_own")
    shipped = own / p.by_type("amazon_coverage")
    at_usps = p.amazon_via_usps * BILLION * p.by_type("amazon_mix_usps")
    first = (1.0 - at_usps / shipped)[:, None]
    percentile = first + (1.0 - first) * (np.arange(density_points) + 0.5) / density_points
    density = lognormal_density((households / p.by_type("example_area"))[:, None], sigma, percentile)
    rates = NetworkRates(
        **{
            name: np.array([p[f"{name}_amazon"]])
            for name in (
                "hourly_cost",
                "paid_extra_hours",
                "vehicle_day_cost",
                "vehicle_mile_cost",
                "max_stops",
                "operating_days",
            )
        },
        **{name: p.by_type(f"{name}_amazon")[None] for name in ("parcels_per_stop", "sort_cost")},
    )
    street = ("service_minutes", "local_speed", "stem_miles", "stem_speed")
    geometry = StreetGeometry(p.tour_constant, p.productive_hours, *(p.by_type(name) for name in street))
    access = AccessRates(
        p.hourly_cost_usps,
        p.mail_bundling,
        p.sparse_cost_slope,
        p.sparse_threshold,
        *(p.by_type(f) for f in ("parcel_load_minutes", "access_minutes", "delivery_unit_handling")),
        p.by_type("vehicle_cost_usps"),
    )
    parcels = rates.parcels_per_household_day(shipped[None], households[None])
    unit_cost = route_economics(density, TYPES, parcels, rates, geometry).unit_cost[0]
    attributable = usps_unit_cost(TYPES, p.by_type("mail_pieces_per_point"), density, access)
    noise = np.exp(p.zone_cost_noise_sd * ndtri((np.arange(noise_points) + 0.5) / noise_points))
    shape = (3, density_points, noise_points)
    cells = density_points * noise_points
    return NationalSlices(
        volume=np.broadcast_to((at_usps / cells)[:, None, None], shape),
        unit_cost=np.broadcast_to(unit_cost[:, :, None], shape),
        capital=np.broadcast_to(p.by_type("capital_charge")[:, None, None], shape),
        noise=np.broadcast_to(noise, shape),
        attributable=np.broadcast_to(attributable[:, :, None], shape),
    )
