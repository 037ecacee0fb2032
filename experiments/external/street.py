"""What a parcel costs between leaving the station and coming back, part by part."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from agents.delivery_cost import NetworkRates, StreetGeometry
from agents.geography import ZoneTable
from experiments.external.declaration import Figures
from model.carriers import AMAZON
from model.market import ParcelMarket
from model.operations import SMALLEST_COVERAGE, network_of, rates_of_month

Floats = NDArray[np.float64]
MINUTES_PER_HOUR = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class StreetParts:
    """Street cost of a parcel by zone and density cell, without sorting, $, (Z, P) each.

    Attributes:
        door: Time of the driver at the stop.
        between: Time and miles between stops.
        stem: Time and miles from the station to the first stop and back from the last.
        vehicle: The vehicle's day.
        paid: Paid time off the road: loading, breaks.
        idle: Time that is left when the vehicle is empty.
    """

    door: Floats
    between: Floats
    stem: Floats
    vehicle: Floats
    paid: Floats
    idle: Floats

    @property
    def total(self) -> Floats:
        """All of it."""
        return np.asarray(sum(getattr(self, part.name) for part in fields(self)))


def take_apart(
    rates: NetworkRates, geometry: StreetGeometry, zones: ZoneTable, annual: Floats, coverage: Floats
) -> StreetParts:
    """Street cost of one network part by part; the parts add up to what the market pays (ODD 7.6).

    Args:
        rates: Of that network alone, N = 1.
        geometry: Streets and working day.
        zones: The zones.
        annual: Its parcels a year, (Z,).
        coverage: Share of households that they go to, densest first, (Z,), above 0.
    """
    kind, streets = zones.zone_type, geometry.by_zone(zones.zone_type)
    per_stop = rates.parcels_per_stop[0, kind][:, None]
    per_household = rates.parcels_per_household_day(annual[None], (coverage * zones.households)[None])[0]
    with np.errstate(divide="ignore"):
        spacing = geometry.tour_constant / np.sqrt(per_household[:, None] / per_stop * zones.density_grid)
    spacing = np.minimum(spacing, streets.longest_spacing[:, None])
    at_stop = np.broadcast_to(streets.service_minutes[:, None], spacing.shape)
    driving = MINUTES_PER_HOUR * spacing / streets.local_speed[:, None]
    street = streets.street_minutes[:, None]
    stops = np.minimum(street / (at_stop + driving), rates.max_stops[0])
    minute, mile = rates.hourly_cost[0] / MINUTES_PER_HOUR, rates.vehicle_mile_cost[0]
    on_route = stops * per_stop  # parcels of a route day
    stem_miles = 2.0 * streets.stem_miles[:, None]
    stem_minutes = MINUTES_PER_HOUR * geometry.productive_hours - street
    return StreetParts(
        door=minute * at_stop / per_stop,
        between=(minute * driving + mile * spacing) / per_stop,
        stem=(minute * stem_minutes + mile * stem_miles) / on_route,
        vehicle=rates.vehicle_day_cost[0] / on_route,
        paid=rates.hourly_cost[0] * rates.paid_extra_hours[0] / on_route,
        idle=minute * (street - stops * (at_stop + driving)) / on_route,
    )


def amazon_parts(market: ParcelMarket) -> tuple[StreetParts, Floats]:
    """Street cost of Amazon's routes of the last month, and the households of each cell that they reach, (Z, P)."""
    env, network, zones = market.state.environment, market.state.network, market.zones
    own, shipped = market.records["amazon_own_parcels"][-1], market.records["amazon_parcels"][-1]
    used = np.clip(own / shipped, SMALLEST_COVERAGE, 1.0)
    rates = rates_of_month(market.costs, env.wage_other, env.price_level, network_of(AMAZON))
    parts = take_apart(rates, market.costs.geometry, zones, network.recent_volume[-1, AMAZON], used)
    cells = zones.density_grid.shape[1]
    reached = np.clip(used[:, None] * cells - np.arange(cells), 0.0, 1.0)
    return parts, reached * (zones.households / cells)[:, None]


def street_parts(market: ParcelMarket) -> Figures:
    """Median over the households that Amazon reaches, and each part for those near the median, $ per parcel."""
    parts, households = amazon_parts(market)
    total, weight = parts.total.ravel(), households.ravel()
    order = np.argsort(total)
    below = np.cumsum(weight[order]) / weight.sum()

    def at(share: float) -> float:
        return float(total[order][np.searchsorted(below, share)])

    near = order[(below > 0.45) & (below < 0.55)]
    mean = {
        part.name: float(np.average(getattr(parts, part.name).ravel()[near], weights=weight[near]))
        for part in fields(parts)
    }
    whole = sum(mean.values())
    on_route = mean["door"] + mean["between"]
    return {
        "street_cost_median": at(0.5),
        "street_low": at(0.1),
        "street_high": at(0.9),
        "street_cost_at_door": mean["door"] / whole,
        "street_on_route": on_route,
        "street_door_of_route": mean["door"] / on_route,
        **{f"street_{name}": value for name, value in mean.items()},
    }
