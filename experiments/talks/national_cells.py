"""Amazon's parcels at USPS in three national cells, the setting of the worked example of the bargaining.

USPS serves the sparsest addresses of each zone type. They are cut into density midpoints times midpoints of the local
cost noise, which is lognormal with median 1.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from agents.bargaining import SliceValues, slice_values
from agents.delivery_cost import AccessRates, NetworkRates, StreetGeometry, route_economics, usps_unit_cost
from agents.geography import ZONE_TYPES
from agents.rules.make_or_buy import own_cost
from model.parameters import Parameters

BILLION, MILLION = 1e9, 1e6
TYPES = np.arange(len(ZONE_TYPES))
_BY_CARRIER = (
    "hourly_cost",
    "paid_extra_hours",
    "vehicle_day_cost",
    "vehicle_mile_cost",
    "max_stops",
    "operating_days",
)
_STREET = ("service_minutes", "local_speed", "stem_miles", "stem_speed")
_ACCESS = ("parcel_load_minutes", "access_minutes", "delivery_unit_handling")


def lognormal_density(density: np.ndarray, sigma: np.ndarray, percentile: np.ndarray) -> np.ndarray:
    """Household density at a household percentile of a cell in which it is lognormal, densest first.

    Args:
        density: Households per square mile of the whole cell.
        sigma: Log standard deviation of density inside it.
        percentile: Share of households that live at least as densely, 0 to 1. The arguments broadcast.
    """
    return np.asarray(density * np.exp(sigma**2 / 2 - sigma * ndtri(percentile)))


def national_values(p: Parameters, density_points: int, noise_points: int) -> tuple[SliceValues, np.ndarray]:
    """What each slice is worth where Amazon could leave at once: own delivery is its only alternative.

    Args:
        p: Parameters.
        density_points: Density midpoints by zone type, D.
        noise_points: Midpoints of the local cost noise, N.

    Returns:
        Values (3 D N) and the zone type of each slice.
    """
    households = p.households_total * MILLION * p.by_type("household_share")
    own = p.amazon_own_delivered_2024 * BILLION * p.by_type("amazon_mix_own")
    shipped = own / p.by_type("amazon_coverage")
    at_usps = p.amazon_via_usps * BILLION * p.by_type("amazon_mix_usps")
    first = (1.0 - at_usps / shipped)[:, None]
    percentile = first + (1.0 - first) * (np.arange(density_points) + 0.5) / density_points
    sigma = p.by_type("example_density_sigma")
    density = lognormal_density((households / p.by_type("example_area"))[:, None], sigma[:, None], percentile)
    noise = np.exp(p.zone_cost_noise_sd * ndtri((np.arange(noise_points) + 0.5) / noise_points))
    cells = density_points * noise_points
    zone_type = np.repeat(TYPES, cells)
    by_slice = np.repeat(_amazon_unit_cost(p, density, shipped, households).ravel(), noise_points)
    cost = own_cost(
        by_slice[:, None],
        p.by_type("capital_charge")[zone_type],
        p.amazon_own_cost_multiplier,
        np.tile(noise, len(TYPES) * density_points),
    ).ravel()
    values = slice_values(
        (at_usps / cells)[zone_type],
        cost,
        np.repeat(_usps_unit_cost(p, density).ravel(), noise_points),
        2.0 * float(cost.max()),  # above all that own delivery costs: staying at the published price is never better
        np.zeros(zone_type.size, dtype=np.int64),
        int(p.term_strategic),
        seller_margin_floor=p.seller_margin_floor,
        saved_by_own_delivery=p.injection_cost_amazon + p.speed_benefit_amazon,
        discount_rate_monthly=p.discount_rate_monthly,
    )
    return values, zone_type


def _amazon_unit_cost(p: Parameters, density: np.ndarray, shipped: np.ndarray, households: np.ndarray) -> np.ndarray:
    """Cost of Amazon's own routes without capital and multiplier, $ per parcel, (3, D)."""
    rates = NetworkRates(
        **{name: np.array([p[f"{name}_amazon"]]) for name in _BY_CARRIER},
        **{name: p.by_type(f"{name}_amazon")[None] for name in ("parcels_per_stop", "sort_cost")},
    )
    geometry = StreetGeometry(p.tour_constant, p.productive_hours, *(p.by_type(name) for name in _STREET))
    parcels = rates.parcels_per_household_day(shipped[None], households[None])
    return np.asarray(route_economics(density, TYPES, parcels, rates, geometry).unit_cost[0])


def _usps_unit_cost(p: Parameters, density: np.ndarray) -> np.ndarray:
    """Attributable cost of USPS at the start, $ per parcel, (3, D)."""
    access = AccessRates(
        p.hourly_cost_usps,
        p.mail_bundling,
        p.sparse_cost_slope,
        p.sparse_threshold,
        **{name: p.by_type(name) for name in _ACCESS},
        vehicle_cost=p.by_type("vehicle_cost_usps"),
    )
    return np.asarray(usps_unit_cost(TYPES, p.by_type("mail_pieces_per_point"), density, access))
