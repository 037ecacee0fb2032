"""Last-mile cost of parcel-only networks: continuous approximation of tours at local stop density.

A route leaves the station, drives to its neighbourhood (stem), visits as many stops as time or the van allows, and
returns. The distance between neighbouring stops is `tour_constant / sqrt(stop density)` (Beardwood, Halton and
Hammersley 1959, with road circuity). Density inside a zone is a grid of household percentiles, densest first, because
every carrier serves the densest addresses first. Rule: ODD 7.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.delivery_cost.checks import (
    N_ZONE_TYPES,
    FloatArray,
    IndexArray,
    check_shape,
    check_share,
    check_values,
    check_zone_type,
)

MINUTES_PER_HOUR = 60.0

# Below this width, in cells of the density grid, rounding outweighs a mean over a slice: take the value at its place.
_NARROWEST_SLICE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class StreetGeometry:
    """Streets and working day, the same for all networks.

    Attributes:
        tour_constant: Miles between stops times the square root of stops per square mile.
        productive_hours: Hours of a route day from leaving to reaching the station.
        service_minutes: (3,) minutes at a stop, by zone type.
        local_speed: (3,) miles per hour between stops.
        stem_miles: (3,) miles one way between station and neighbourhood.
        stem_speed: (3,) miles per hour on the stem.
        stem_factor: (Z,) stem of each zone over that of its type, for calls with all zones; None where all zones of a
            type have the same.
    """

    tour_constant: float
    productive_hours: float
    service_minutes: FloatArray
    local_speed: FloatArray
    stem_miles: FloatArray
    stem_speed: FloatArray
    stem_factor: FloatArray | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            values = getattr(self, field.name)
            if field.name == "stem_factor":
                continue
            if field.name == "stem_miles":
                check_values(field.name, values)
            else:
                check_values(field.name, values, above=0.0)
            if field.name not in ("tour_constant", "productive_hours"):
                check_shape(field.name, values, (N_ZONE_TYPES,))
        if not np.all(self.street_minutes > self.service_minutes):
            raise ValueError(
                f"productive_hours is {self.productive_hours:g}, which leaves {self.street_minutes} minutes on the "
                f"street after the stem; allowed: more than service_minutes {self.service_minutes}"
            )

    @property
    def street_minutes(self) -> FloatArray:
        """(3,) minutes of a route day left for stops after driving the stem both ways."""
        stem_minutes = 2 * MINUTES_PER_HOUR * self.stem_miles / self.stem_speed
        return MINUTES_PER_HOUR * self.productive_hours - stem_minutes

    @property
    def longest_spacing(self) -> FloatArray:
        """(3,) miles at which one stop fills the whole route day; a route never does less than one stop."""
        return (self.street_minutes - self.service_minutes) * self.local_speed / MINUTES_PER_HOUR

    def by_zone(self, zone_type: IndexArray) -> ZoneStreets:
        """The same by zone.

        Args:
            zone_type: (Z,) types of the zones; where stems differ by zone, of those that `stem_factor` is of.
        """
        return _streets(self, zone_type.tobytes(), zone_type.dtype.str)


@dataclass(frozen=True, slots=True, eq=False)
class ZoneStreets:
    """Streets by zone, (Z,) each.

    Attributes:
        stem_miles: Miles one way between station and neighbourhood.
        street_minutes: Minutes of a route day left for stops.
        service_minutes: Minutes at a stop.
        local_speed: Miles per hour between stops.
        longest_spacing: Miles at which one stop fills the whole route day.
    """

    stem_miles: FloatArray
    street_minutes: FloatArray
    service_minutes: FloatArray
    local_speed: FloatArray
    longest_spacing: FloatArray

    def at(self, places: IndexArray | slice) -> ZoneStreets:
        """The streets of some of the zones."""
        return ZoneStreets(*(getattr(self, field.name)[places] for field in fields(self)))


@lru_cache(maxsize=16)
def _streets(geometry: StreetGeometry, zone_types: bytes, dtype: str) -> ZoneStreets:
    """`StreetGeometry.by_zone`: costs ask for the same dozens of times a month.

    Args:
        geometry: The streets.
        zone_types: Content of the array of types.
        dtype: Its type.
    """
    zone_type: IndexArray = np.frombuffer(zone_types, dtype=dtype)
    stem = geometry.stem_miles[zone_type]
    if geometry.stem_factor is not None:
        check_shape("stem_factor", geometry.stem_factor, zone_type.shape)
        stem = stem * geometry.stem_factor
    service, speed = geometry.service_minutes[zone_type], geometry.local_speed[zone_type]
    stem_minutes = 2 * MINUTES_PER_HOUR * stem / geometry.stem_speed[zone_type]
    minutes = MINUTES_PER_HOUR * geometry.productive_hours - stem_minutes
    if not np.all(minutes > service):
        raise ValueError(
            f"stem_factor leaves {np.min(minutes):g} minutes of a route day for stops where the stem is longest, "
            f"{np.max(stem):g} miles; allowed: more than service_minutes"
        )
    found = ZoneStreets(stem, minutes, service, speed, (minutes - service) * speed / MINUTES_PER_HOUR)
    for field in fields(found):
        getattr(found, field.name).setflags(write=False)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class NetworkRates:
    """Cost rates and habits of N parcel-only networks.

    Attributes:
        hourly_cost: (N,) $ per paid hour of a route, loaded.
        paid_extra_hours: (N,) paid hours per route day beyond the productive ones.
        vehicle_day_cost: (N,) $ per vehicle and day.
        vehicle_mile_cost: (N,) $ per mile.
        max_stops: (N,) most stops per route day.
        operating_days: (N,) days of operation per year.
        parcels_per_stop: (N, 3) parcels handed over per stop, by zone type.
        sort_cost: (N, 3) $ per parcel for sorting at the delivery station.
    """

    hourly_cost: FloatArray
    paid_extra_hours: FloatArray
    vehicle_day_cost: FloatArray
    vehicle_mile_cost: FloatArray
    max_stops: FloatArray
    operating_days: FloatArray
    parcels_per_stop: FloatArray
    sort_cost: FloatArray

    def __post_init__(self) -> None:
        n_networks = self.hourly_cost.size
        for field in fields(self):
            values = getattr(self, field.name)
            by_type = field.name in ("parcels_per_stop", "sort_cost")
            check_shape(field.name, values, (n_networks, N_ZONE_TYPES) if by_type else (n_networks,))
            if field.name in ("parcels_per_stop", "operating_days"):
                check_values(field.name, values, above=0.0)
            else:
                check_values(field.name, values, low=1.0 if field.name == "max_stops" else 0.0)

    def parcels_per_household_day(self, annual_parcels: FloatArray, covered_households: FloatArray) -> FloatArray:
        """Parcels per covered household and operating day.

        Args:
            annual_parcels: (N, Z) parcels per year to the covered households. For Amazon all its parcels to them;
                coverage is counted in households, so this is the same as own parcels over own households.
            covered_households: (N, Z) households covered.

        Returns:
            (N, Z); 0 where no household is covered.
        """
        visits = covered_households * self.operating_days[:, None]
        return np.divide(annual_parcels, visits, out=np.zeros_like(visits), where=visits > 0)

    def only(self, network: int) -> NetworkRates:
        """The rates of one network alone, N = 1."""
        return NetworkRates(**{field.name: getattr(self, field.name)[network : network + 1] for field in fields(self)})

    def scaled(self, wage_index: float, price_index: float) -> NetworkRates:
        """The same networks after wages and prices have moved.

        Args:
            wage_index: Wages relative to those of the rates; moves hourly cost and sort cost (both are labour).
            price_index: Consumer prices relative to those of the rates; moves vehicle costs.
        """
        return replace(
            self,
            hourly_cost=self.hourly_cost * wage_index,
            sort_cost=self.sort_cost * wage_index,
            vehicle_day_cost=self.vehicle_day_cost * price_index,
            vehicle_mile_cost=self.vehicle_mile_cost * price_index,
        )


@dataclass(frozen=True, slots=True, eq=False)
class RouteEconomics:
    """Last-mile cost of N networks by zone and density percentile, $ per parcel.

    Density matters only where there is volume: elsewhere a place costs the same at all percentiles, and is not kept
    percentile by percentile.

    Attributes:
        places: Positions with volume in the flattened (N, Z), rising, (R,).
        street_there: Average street cost at these, without sort, (R, P).
        marginal_there: Street cost of one more parcel there, see `marginal_cost`, (R, P).
        street_elsewhere: Average street cost at all other places, (N, Z); without meaning where there is volume.
        marginal_elsewhere: Likewise of one more parcel.
        sort_cost: Sorting at the station, (N, Z).
    """

    places: IndexArray
    street_there: FloatArray
    marginal_there: FloatArray
    street_elsewhere: FloatArray
    marginal_elsewhere: FloatArray
    sort_cost: FloatArray

    @property
    def street_cost(self) -> FloatArray:
        """Average street cost, without sort, (N, Z, P)."""
        return _by_percentile(self.places, self.street_there, self.street_elsewhere)

    @property
    def marginal_cost(self) -> FloatArray:
        """Street cost of one more parcel on routes that are on the road already, without sort, (N, Z, P).

        It jumps up where density makes `max_stops` instead of time the limit, because one more stop then takes a whole
        1/max_stops of a route; unit and street cost never rise with density.
        """
        return _by_percentile(self.places, self.marginal_there, self.marginal_elsewhere)

    @property
    def unit_cost(self) -> FloatArray:
        """Average last-mile cost: street and sort, (N, Z, P)."""
        return self.street_cost + self.sort_cost[:, :, None]

    def street_cost_of(self, network: int) -> FloatArray:
        """Average street cost of one network, (Z, P)."""
        n_zones = self.sort_cost.shape[1]
        first, end = np.searchsorted(self.places, (network * n_zones, (network + 1) * n_zones))
        places = self.places[first:end] - network * n_zones
        return _by_percentile(places, self.street_there[first:end], self.street_elsewhere[network])

    def means_over_coverage(self, coverage: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean street cost, and mean cost of one more parcel, of the densest share that each network covers, (N, Z).

        Args:
            coverage: Covered share, 0 to 1, (N, Z).
        """
        covered = coverage.ravel()[self.places]
        means = means_over_coverage((self.street_there, self.marginal_there), covered)
        return self._with_there(self.street_elsewhere, means[0]), self._with_there(self.marginal_elsewhere, means[1])

    def mean_unit_cost(self, coverage: FloatArray) -> FloatArray:
        """Mean last-mile cost, street and sort, of the densest share that each network covers, (N, Z).

        Args:
            coverage: Covered share, 0 to 1, (N, Z).
        """
        by_percentile = self.street_there + self.sort_cost.ravel()[self.places, None]
        there = mean_over_coverage(by_percentile, coverage.ravel()[self.places])
        return self._with_there(self.street_elsewhere + self.sort_cost, there)

    def next_household(self, coverage: FloatArray) -> FloatArray:
        """Average last-mile cost of the next household beyond the covered ones, (N, Z).

        Args:
            coverage: Covered share, 0 to 1, (N, Z).
        """
        covered, sort = coverage.ravel()[self.places], self.sort_cost.ravel()[self.places]
        there = value_at_coverage(self.street_there, covered, sort)
        return self._with_there(self.street_elsewhere + self.sort_cost, there)

    def _with_there(self, elsewhere: FloatArray, there: FloatArray) -> FloatArray:
        """One number for each place, (N, Z), from those with volume, (R,), and all others."""
        values = elsewhere.flatten()
        values[self.places] = there
        return values.reshape(elsewhere.shape)


def route_economics(
    density_grid: FloatArray,
    zone_type: IndexArray,
    parcels_per_household_day: FloatArray,
    rates: NetworkRates,
    geometry: StreetGeometry,
    streets: ZoneStreets | None = None,
) -> RouteEconomics:
    """Cost of each network in each zone at each household density percentile.

    Where a network has no volume, or so little that not even one stop fits a route day, the cost is that of a route
    day spent on a single stop: the finite limit of the formula (a van for one delivery, hundreds of $). A carrier
    that considers a zone must therefore pass the volume that it would carry there, not the zero that it carries now.

    Args:
        density_grid: (Z, P) households per square mile at percentile midpoints, densest first.
        zone_type: (Z,) 0 urban, 1 suburban, 2 rural.
        parcels_per_household_day: (N, Z) parcels per covered household and operating day.
        rates: The N networks.
        geometry: Streets and working day.
        streets: Streets of these zones, where they are only some of those that the geometry knows.

    Raises:
        ValueError: An array has the wrong shape or dtype, a density is not positive, or a volume is negative.
    """
    check_zone_type(zone_type)
    check_values("density_grid", density_grid, above=0.0)
    check_values("parcels_per_household_day", parcels_per_household_day)
    check_shape("density_grid", density_grid, (zone_type.size, density_grid.shape[-1]))
    check_shape("parcels_per_household_day", parcels_per_household_day, (rates.hourly_cost.size, zone_type.size))

    parcels_per_stop = rates.parcels_per_stop[:, zone_type]
    # No volume: infinite spacing, cut below. One root by zone and one by cell are cheaper than one by both.
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        reach = geometry.tour_constant / np.sqrt(parcels_per_household_day / parcels_per_stop)
    streets = geometry.by_zone(zone_type) if streets is None else streets

    # A stop takes a share of the route day: of its minutes, or one of its stops, whichever costs more. Either way
    # its street cost is a fixed part plus a part per mile of spacing, all (N, Z) in $ per parcel.
    route_day = _route_day_cost(rates, geometry.productive_hours, streets.stem_miles) / parcels_per_stop
    drive_share = MINUTES_PER_HOUR / (streets.local_speed * streets.street_minutes)
    vehicle_mile = rates.vehicle_mile_cost[:, None] / parcels_per_stop
    parts = (
        route_day * (streets.service_minutes / streets.street_minutes),
        route_day * drive_share + vehicle_mile,
        route_day / rates.max_stops[:, None],
        vehicle_mile,
    )
    # Only where there is volume does density matter.
    places = np.flatnonzero(parcels_per_household_day)
    zone = places % zone_type.size
    spacing = (1.0 / np.sqrt(density_grid))[zone]
    with np.errstate(over="ignore", under="ignore"):
        spacing *= reach.ravel()[places, None]
    np.minimum(spacing, streets.longest_spacing[zone, None], out=spacing)
    street, marginal = _costs_of_spacing(spacing, [part.ravel()[places, None] for part in parts])
    single_street = single_marginal = np.zeros(reach.shape)
    if places.size < reach.size:
        longest = np.tile(streets.longest_spacing, len(reach))[:, None]
        single_stop = _costs_of_spacing(longest, [part.reshape(-1, 1) for part in parts])
        single_street, single_marginal = (cost.reshape(reach.shape) for cost in single_stop)
    return RouteEconomics(places, street, marginal, single_street, single_marginal, rates.sort_cost[:, zone_type])


def _costs_of_spacing(spacing: FloatArray, parts: Sequence[FloatArray]) -> list[FloatArray]:
    """Street cost of a parcel and of one more, $ per parcel, in the shape of the spacing, which is used up.

    Args:
        spacing: Miles between stops, (R, P).
        parts: Of street cost where time limits a route, the fixed part and that per mile of spacing; then where stops
            do, likewise; $ per parcel, (R, 1) each.
    """
    fixed_by_time, mile_by_time, fixed_by_stops, mile_by_stops = parts
    limited_by_time = spacing * mile_by_time
    limited_by_time += fixed_by_time
    limited_by_stops = np.multiply(spacing, mile_by_stops, out=spacing)
    limited_by_stops += fixed_by_stops
    time_limits = limited_by_time > limited_by_stops
    street_cost = np.maximum(limited_by_time, limited_by_stops, out=limited_by_time)

    # Tour length grows with the root of its stops, so one more stop adds half the mean spacing: it costs the fixed
    # part and half of the rest, which is the mean of the fixed part and the whole.
    # Products instead of np.where and buffers used again: both are several times faster at this size.
    marginal_cost = np.multiply(time_limits, fixed_by_time - fixed_by_stops, out=limited_by_stops)
    marginal_cost += fixed_by_stops
    marginal_cost += street_cost
    marginal_cost *= 0.5
    return [street_cost, marginal_cost]


def _by_percentile(places: IndexArray, there: FloatArray, elsewhere: FloatArray) -> FloatArray:
    """Values by percentile, (..., P), from those of some places, (R, P), and one number for all others, (...)."""
    cells = there.shape[1]
    if places.size == elsewhere.size:
        return there.reshape(*elsewhere.shape, cells)
    values = np.empty((elsewhere.size, cells))
    values[:] = elsewhere.reshape(-1, 1)
    values[places] = there
    return values.reshape(*elsewhere.shape, cells)


def _route_day_cost(rates: NetworkRates, productive_hours: float, stem_miles: FloatArray) -> FloatArray:
    """(N, Z) $ of one route day, with the stem, without miles between stops."""
    paid = rates.hourly_cost * (productive_hours + rates.paid_extra_hours) + rates.vehicle_day_cost
    return paid[:, None] + rates.vehicle_mile_cost[:, None] * (2 * stem_miles)


def mean_over_coverage(values: FloatArray, coverage: FloatArray) -> FloatArray:
    """Mean over the densest share of households that a carrier covers.

    Args:
        values: (..., Z, P) by density percentile, densest first.
        coverage: (..., Z) covered share, 0 to 1; leading axes broadcast against those of `values`.

    Returns:
        (..., Z); where coverage is 0, the value at the densest percentile.

    Raises:
        ValueError: A coverage is outside 0 to 1.
    """
    return means_over_coverage((values,), coverage)[0]


def means_over_coverage(values: Sequence[FloatArray], coverage: FloatArray) -> tuple[FloatArray, ...]:
    """`mean_over_coverage` of several kinds of values, (..., Z) each."""
    check_share("coverage", coverage)
    cells = values[0].shape[-1]
    inside = coverage[..., None] * cells - np.arange(cells, dtype=np.float64)
    np.clip(inside, 0.0, 1.0, out=inside)
    return _means_by_weight(values, inside, np.zeros(()))


def mean_between(values: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """`means_between` of one kind of values."""
    return means_between((values,), low, high)[0]


def means_between(values: Sequence[FloatArray], low: FloatArray, high: FloatArray) -> tuple[FloatArray, ...]:
    """Means over one slice of households, for example the sparse end that a carrier leaves to others.

    Args:
        values: Of which means are wanted: (..., Z, P) each by density percentile, densest first.
        low: (..., Z) densest end of the slice as a household share, 0 to 1; broadcasts as `high` does.
        high: (..., Z) sparsest end of the slice, `low` to 1; leading axes broadcast against those of `values`.

    Returns:
        (..., Z) each; cells cut by an end count with the part inside. An empty slice gives the value at its place.

    Raises:
        ValueError: An end is outside 0 to 1, or `high` is below `low`.
    """
    check_share("low", low)
    check_share("high", high)
    if not (low <= high).all():
        raise ValueError(f"high is below low by {np.max(low - high):g}; allowed: low to 1")
    cells = values[0].shape[-1]
    start = np.arange(cells, dtype=np.float64)
    weights = np.minimum(high[..., None] * cells, start + 1)
    weights -= np.maximum(low[..., None] * cells, start)
    np.maximum(weights, 0.0, out=weights)
    return _means_by_weight(values, weights, low)


def _means_by_weight(values: Sequence[FloatArray], weights: FloatArray, low: FloatArray) -> tuple[FloatArray, ...]:
    """Means of values (..., Z, P) by the part of each cell that counts; where none does, the value at a place.

    Args:
        values: Of which means are wanted, see `means_between`.
        weights: Part of each cell that counts, 0 to 1, (..., Z, P).
        low: The place, as a household share, (..., Z).
    """
    total = weights.sum(axis=-1)
    narrow = total < _NARROWEST_SLICE
    if not narrow.any():
        return tuple(np.asarray(np.vecdot(weights, one) / total, dtype=np.float64) for one in values)
    width, means = np.where(narrow, 1.0, total), []
    for one in values:
        mean = np.vecdot(weights, one) / width
        by_cell, at, place = _of_one_shape(one, narrow, low)
        mean[at] = value_at_coverage(by_cell[at], place[at])  # for these places alone
        means.append(np.asarray(mean, dtype=np.float64))
    return tuple(means)


def _of_one_shape(values: FloatArray, *shares: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Values (..., Z, P) and shares (..., Z) with the same leading axes."""
    places = values.shape[:-1]
    if all(share.shape == places for share in shares):
        return values, *shares
    places = np.broadcast_shapes(places, *(share.shape for share in shares))
    cells = values.shape[-1]
    return np.broadcast_to(values, (*places, cells)), *(np.broadcast_to(share, places) for share in shares)


def value_at_coverage(values: FloatArray, coverage: FloatArray, more: FloatArray | None = None) -> FloatArray:
    """Value at the next household beyond the covered ones.

    Linear between percentile midpoints, so that it moves without steps as coverage grows; flat beyond the first and
    last midpoint.

    Args:
        values: (..., Z, P) by density percentile, densest first.
        coverage: (..., Z) covered share, 0 to 1; leading axes broadcast against those of `values`.
        more: (..., Z) added to the values of all percentiles, of the shape of the result; None where nothing is.

    Returns:
        (..., Z).

    Raises:
        ValueError: A coverage is outside 0 to 1.
    """
    check_share("coverage", coverage)
    cells = values.shape[-1]
    values, coverage = _of_one_shape(values, coverage)
    position = np.clip(coverage.ravel() * cells - 0.5, 0.0, cells - 1.0)
    by_cell, place, lower = values.reshape(-1, cells), np.arange(position.size), position.astype(np.intp)
    at_lower, at_upper = by_cell[place, lower], by_cell[place, np.minimum(lower + 1, cells - 1)]
    if more is not None:
        at_lower, at_upper = at_lower + more.ravel(), at_upper + more.ravel()
    found = at_lower + (at_upper - at_lower) * (position - lower)
    return np.asarray(found.reshape(coverage.shape), dtype=np.float64)
