"""What deliveries cost and how well they arrive: routes, staff, sorting, congestion (ODD 7.6 and 7.7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.delivery_cost import (
    AccessRates,
    NetworkRates,
    RouteEconomics,
    StreetGeometry,
    mean_between,
    mean_over_coverage,
    means_between,
    route_economics,
    usps_unit_cost,
)
from agents.geography import ZoneTable
from model.carriers import AMAZON, USPS, CarrierTable
from model.distances import stem_factor
from model.parameters import ParameterError, Parameters

Floats = NDArray[np.float64]
SMALLEST_COVERAGE = 1e-9  # where nobody is covered, cost is that of the first household


@dataclass(frozen=True, slots=True, eq=False)
class CostModel:
    """Cost rates of all carriers at the wages and prices of the start.

    Attributes:
        geometry: Streets and working day.
        rates: Parcel-only networks, all carriers but USPS, in carrier order (N = K - 1).
        access: USPS last-mile access.
        upstream: Pick-up, line-haul and hub, $ per parcel, (S, K).
        mail_pieces: Mail pieces per point and delivery day at the start, (Z,).
        own_cost_multiplier: Factor on Amazon's cost where it did not deliver at the start.
        own_cost_noise: Local factor on the same, (Z,).
        own_cost_most: Most that both factors together are by density cell, as an announcement has revealed, (Z, P);
            None where nothing has.
    """

    geometry: StreetGeometry
    rates: NetworkRates
    access: AccessRates
    upstream: Floats
    mail_pieces: Floats
    own_cost_multiplier: float
    own_cost_noise: Floats
    own_cost_most: Floats | None = None


def build_cost_model(p: Parameters, zones: ZoneTable, carriers: CarrierTable, noise: Floats) -> CostModel:
    """Collect the cost rates; `upstream` of USPS economy holds its prior until the start accounts close it.

    Args:
        p: Parameters.
        zones: The zone table.
        carriers: The carriers.
        noise: Local factor on Amazon's own cost, (Z,).

    Raises:
        ParameterError: The stem of a zone leaves no time for stops.
    """
    groups = carriers.like[1:]
    types = ("urban", "suburban", "rural")

    def by_type(stem: str) -> Floats:
        return np.array([[p[f"{stem}_{group}_{name}"] for name in types] for group in groups])

    rates = NetworkRates(
        hourly_cost=p.by("hourly_cost", groups),
        paid_extra_hours=p.by("paid_extra_hours", groups),
        vehicle_day_cost=p.by("vehicle_day_cost", groups),
        vehicle_mile_cost=p.by("vehicle_mile_cost", groups),
        max_stops=p.by("max_stops", groups),
        operating_days=p.by("operating_days", groups),
        parcels_per_stop=by_type("parcels_per_stop"),
        sort_cost=by_type("sort_cost"),
    )
    geometry = StreetGeometry(
        tour_constant=p.tour_constant,
        productive_hours=p.productive_hours,
        service_minutes=p.by_type("service_minutes"),
        local_speed=p.by_type("local_speed"),
        stem_miles=p.by_type("stem_miles"),
        stem_speed=p.by_type("stem_speed"),
        stem_factor=stem_factor(zones, p.stem_by_distance) if p.stem_by_distance > 0.0 else None,
    )
    try:
        geometry.by_zone(zones.zone_type)
    except ValueError as error:
        raise ParameterError(f"stem_by_distance = {p.stem_by_distance:g} with these stem_miles: {error}") from None
    access = AccessRates(
        hourly_cost=p.hourly_cost_usps,
        mail_bundling=p.mail_bundling,
        sparse_cost_slope=p.sparse_cost_slope,
        sparse_threshold=p.sparse_threshold,
        parcel_load_minutes=p.by_type("parcel_load_minutes"),
        access_minutes=p.by_type("access_minutes"),
        delivery_unit_handling=p.by_type("delivery_unit_handling"),
        vehicle_cost=p.by_type("vehicle_cost_usps"),
    )
    ground = p.upstream_cost_ground_ups_fedex
    upstream_of = {
        "usps": (p.upstream_cost_usps_economy, p.upstream_cost_usps_ground, p.upstream_cost_usps_premium),
        "amazon": (p.middle_mile_cost_amazon,) * 3,
        "ups": (ground, ground, ground + p.upstream_cost_premium_extra),
        "fedex": (ground, ground, ground + p.upstream_cost_premium_extra),
        "regional": (p.upstream_cost_regional,) * 3,
    }
    return CostModel(
        geometry=geometry,
        rates=rates,
        access=access,
        upstream=np.array([upstream_of[group] for group in carriers.like]).T,
        mail_pieces=p.by_type("mail_pieces_per_point")[zones.zone_type],
        own_cost_multiplier=p.amazon_own_cost_multiplier,
        own_cost_noise=noise,
    )


def fuel_factor(share: float, price: float) -> float:
    """Growth of a cost once fuel, some share of it at its usual price, costs `price` times as much."""
    return 1.0 + share * (price - 1.0)


def with_fuel(model: CostModel, p: Parameters, before: float, now: float) -> CostModel:
    """The rates once fuel has moved: miles driven, line-haul, vehicles of USPS.

    Args:
        model: Rates as they were.
        p: Parameters: shares of fuel in these costs at its usual price.
        before: Price of fuel that is in them, over its usual one.
        now: Price of fuel from now on, likewise.
    """

    def growth(share: float) -> float:
        return fuel_factor(share, now) / fuel_factor(share, before)

    mile = model.rates.vehicle_mile_cost * growth(p.fuel_share_mile)
    vehicle = model.access.vehicle_cost * growth(p.fuel_share_vehicle_usps)
    return replace(
        model,
        rates=replace(model.rates, vehicle_mile_cost=mile),
        access=replace(model.access, vehicle_cost=vehicle),
        upstream=model.upstream * growth(p.fuel_share_upstream),
    )


@lru_cache(maxsize=16)
def rates_of_month(model: CostModel, wage_index: float, price_index: float, network: int | None = None) -> NetworkRates:
    """The rates of all networks, or of one alone, after wages and prices have moved: plans ask for the same again."""
    if network is None:
        return model.rates.scaled(wage_index, price_index)
    return rates_of_month(model, wage_index, price_index).only(network)


@dataclass(frozen=True, slots=True)
class RouteCosts:
    """Last-mile cost of one carrier's routes in one month: a row of each array of `StreetCosts`, (Z,) or (Z, P)."""

    street: Floats
    sort: Floats
    marginal: Floats
    next_household: Floats
    marginal_grid: Floats


@dataclass(frozen=True, slots=True)
class StreetCosts:
    """Last-mile cost of the parcel-only networks in one month, (N, Z) $ per parcel where not said otherwise.

    Attributes:
        street: Mean street cost of what is delivered.
        sort: Sorting at the station.
        marginal: Mean street cost of one more parcel on routes that pass anyway.
        next_household: Cost with sorting of the next household beyond coverage.
        marginal_grid: Street cost of one more parcel by density percentile, (N, Z, P).
    """

    street: Floats
    sort: Floats
    marginal: Floats
    next_household: Floats
    marginal_grid: Floats

    def of(self, carrier: int) -> RouteCosts:
        """Cost of one carrier's routes.

        Args:
            carrier: Index of the carrier; USPS, the first one, has no routes for parcels alone.
        """
        row = network_of(carrier)
        return RouteCosts(
            self.street[row], self.sort[row], self.marginal[row], self.next_household[row], self.marginal_grid[row]
        )


def network_of(carrier: int) -> int:
    """Position of a carrier among the parcel-only networks.

    Raises:
        ValueError: It is USPS, whose parcels go with the mail.
    """
    if carrier == USPS:
        raise ValueError("USPS has no routes for parcels alone; allowed: any other carrier")
    return carrier - 1


@dataclass(frozen=True, slots=True, eq=False)
class RareVisits:
    """Where Amazon does not come every day: the sparsest addresses of what it delivers itself.

    Attributes:
        share: Share of all households by zone, (Z,).
        bundled: Parcels that it brings at a time over those of a daily visit.
    """

    share: Floats
    bundled: float


def street_costs(
    model: CostModel,
    zones: ZoneTable,
    annual_volume: Floats,
    coverage: Floats,
    amazon_start_coverage: Floats,
    wage_index: float,
    price_index: float,
    rare: RareVisits | None = None,
) -> StreetCosts:
    """Cost of the parcel-only networks at a volume and coverage.

    Amazon (row 0) pays the own-cost multiplier and local noise on what it covers beyond its start coverage.

    Args:
        model: Cost rates.
        zones: The zone table.
        annual_volume: Deseasonalised parcels a year by network and zone, (N, Z).
        coverage: Share of households that these parcels go to, densest first, (N, Z).
        amazon_start_coverage: Amazon's coverage at the start, (Z,).
        wage_index: Wages relative to the start.
        price_index: Prices relative to the start.
        rare: Where Amazon does not come every day; None where it does everywhere.
    """
    rates = rates_of_month(model, wage_index, price_index)
    per_household = rates.parcels_per_household_day(annual_volume, coverage * zones.households)
    economics = route_economics(zones.density_grid, zones.zone_type, per_household, rates, model.geometry)
    sort = economics.sort_cost.copy()
    street, marginal = economics.means_over_coverage(coverage)
    next_household = economics.next_household(coverage)
    street[0], sort[0] = _amazon_costs(model, economics, coverage[0], amazon_start_coverage, street[0], sort[0])
    if rare is not None:
        rarely = route_economics(
            zones.density_grid,
            zones.zone_type,
            per_household[:1] * rare.bundled,
            rates_of_month(model, wage_index, price_index, 0),
            model.geometry,
        )
        street[0] -= _spared_by_rare_visits(model, rare.share, economics, rarely, coverage[0], amazon_start_coverage)
    return StreetCosts(street, sort, marginal, next_household, economics.marginal_cost)


def _spared_by_rare_visits(
    model: CostModel, share: Floats, daily: RouteEconomics, rarely: RouteEconomics, coverage: Floats, start: Floats
) -> Floats:
    """What Amazon's mean street cost falls by where it does not come every day, $ per parcel, (Z,)."""
    first = np.clip(coverage - share, 0.0, coverage)
    edge = np.clip(start, first, coverage)  # beyond its coverage at the start, where it costs more
    by_cell = daily.street_cost_of(0) - rarely.street_cost_of(0)
    old = mean_between(by_cell, first, edge) * (edge - first)
    new = mean_between(by_cell * own_cost_factor(model), edge, coverage) * (coverage - edge)
    return np.asarray((old + new) / np.where(coverage > 0.0, coverage, 1.0))


def _amazon_costs(
    model: CostModel, economics: RouteEconomics, coverage: Floats, start: Floats, street: Floats, sort: Floats
) -> tuple[Floats, Floats]:
    """Amazon's mean street and sort cost with the multiplier on what lies beyond its start coverage."""
    if not (coverage > start).any():
        return street, sort
    by_percentile = economics.street_cost_of(0)
    old = np.minimum(coverage, start)
    new = coverage - old
    old_street = mean_over_coverage(by_percentile, old)
    if model.own_cost_most is None:
        factor = model.own_cost_multiplier * model.own_cost_noise
        new_street = mean_between(by_percentile, old, coverage) * factor
    else:
        by_cell = own_cost_factor(model)
        factor, new_street = means_between((by_cell, by_percentile * by_cell), old, coverage)
    total = np.where(coverage > 0.0, coverage, 1.0)
    mixed = np.where(coverage > 0.0, (old * old_street + new * new_street) / total, street)
    mixed_sort = np.where(coverage > 0.0, sort * (old + new * factor) / total, sort)
    return mixed, mixed_sort


@lru_cache(maxsize=4)
def usps_cost_grid(
    model: CostModel, zones: ZoneTable, mail_index: float, wage_index: float, price_index: float
) -> Floats:
    """Attributable cost of a parcel entered at the delivery unit by density percentile, $ per parcel, (Z, P).

    Contracts, floors, staffing and bargaining ask for the same grid dozens of times a month; it is read-only.

    Args:
        model: Cost rates.
        zones: The zone table.
        mail_index: Mail volume relative to the start.
        wage_index: USPS wages relative to the start.
        price_index: Prices relative to the start.
    """
    grid = usps_unit_cost(
        zones.zone_type, model.mail_pieces * mail_index, zones.density_grid, model.access, wage_index, price_index
    )
    grid.setflags(write=False)
    return grid


@lru_cache(maxsize=4)
def usps_mean_cost(
    model: CostModel, zones: ZoneTable, mail_index: float, wage_index: float, price_index: float
) -> Floats:
    """The mean of `usps_cost_grid` over all addresses, $ per parcel, (Z,); read-only like it."""
    mean: Floats = usps_cost_grid(model, zones, mail_index, wage_index, price_index).mean(axis=1)
    mean.setflags(write=False)
    return mean


def usps_costs(
    model: CostModel, zones: ZoneTable, amazon_from: Floats, mail_index: float, wage_index: float, price_index: float
) -> tuple[Floats, Floats]:
    """Attributable cost of a parcel entered at the delivery unit.

    Args:
        model: Cost rates.
        zones: The zone table.
        amazon_from: Household percentile beyond which USPS serves Amazon, (Z,).
        mail_index: Mail volume relative to the start.
        wage_index: USPS wages relative to the start.
        price_index: Prices relative to the start.

    Returns:
        Mean over all addresses and mean over the sparse end that Amazon hands over, $ per parcel, (Z,) each.
    """
    grid = usps_cost_grid(model, zones, mail_index, wage_index, price_index)
    mean = usps_mean_cost(model, zones, mail_index, wage_index, price_index)
    return mean, mean_between(grid, np.clip(amazon_from, 0.0, 1.0), np.ones_like(amazon_from))


def handed_over_cost(
    model: CostModel,
    zones: ZoneTable,
    kept: Floats,
    reach: Floats,
    mail_index: float,
    wage_index: float,
    price_index: float,
    places: NDArray[np.int64] | slice = slice(None),
) -> Floats:
    """Attributable cost at USPS of what carriers hand over between two household percentiles, $ per parcel, (B, Z).

    Args:
        model: Cost rates.
        zones: The zone table.
        kept: Percentile from which on each buyer hands over, (B, Z).
        reach: Percentile up to which it sells, at least `kept`, (B, Z).
        mail_index: Mail volume relative to the start.
        wage_index: USPS wages relative to the start.
        price_index: Prices relative to the start.
        places: Zones of the last axis, where not all.
    """
    grid = usps_cost_grid(model, zones, mail_index, wage_index, price_index)[places]
    return mean_between(grid, np.minimum(kept, reach), reach)


def on_time_share(p: Parameters, base: Floats, utilisation: Floats, backlog_share: Floats) -> Floats:
    """On-time share by carrier and zone (ODD 7.7).

    Args:
        p: Parameters.
        base: Share without congestion, (K, Z).
        utilisation: Volume over capacity, (K, Z).
        backlog_share: Waiting parcels over tendered ones, (K, Z).
    """
    over = np.maximum(utilisation - p.congestion_threshold, 0.0) / (p.congestion_reference - p.congestion_threshold)
    loss = p.congestion_loss * over**2 + p.backlog_on_time_loss * backlog_share
    return np.asarray(np.clip(base - loss, 0.0, 1.0))


def usps_resources(
    costs: CostModel,
    annual_by_segment: Floats,
    annual_amazon: Floats,
    mean: Floats,
    sparse: Floats,
    price_level: float = 1.0,
) -> Floats:
    """Staff that USPS parcels need, deseasonalised dollars a month by zone, (Z,).

    Args:
        costs: Cost rates.
        annual_by_segment: Other shippers' parcels a year, (S, Z).
        annual_amazon: Amazon's parcels a year at USPS, (Z,).
        mean: Attributable cost of a parcel over all addresses, $, (Z,); see `usps_costs`.
        sparse: The same over the addresses where USPS serves Amazon, $, (Z,).
        price_level: Prices relative to the start.
    """
    upstream = costs.upstream[:, USPS] * price_level
    needed = annual_by_segment.sum(axis=0) * mean + annual_amazon * sparse + upstream @ annual_by_segment
    return np.asarray(needed / MONTHS_PER_YEAR)


def quote_floors(
    costs: CostModel, street: StreetCosts, usps_cost: Floats, annual: Floats, price_level: float
) -> Floats:
    """Lowest quotes by segment and carrier, $ per parcel, (S, K) (ODD 7.5).

    Args:
        costs: Cost rates.
        street: Cost of the networks.
        usps_cost: Attributable cost of USPS by zone, $, (Z,).
        annual: Parcels a year by carrier and zone, the weights, (K, Z).
        price_level: Prices relative to the start, for upstream cost.
    """
    last_mile = np.concatenate([usps_cost[None], street.marginal + street.sort])
    total = annual.sum(axis=1)
    mean = np.divide((last_mile * annual).sum(axis=1), total, out=np.zeros_like(total), where=total > 0.0)
    return np.asarray(mean + costs.upstream * price_level)


def expected_unit_grid(
    model: CostModel,
    zones: ZoneTable,
    carrier: int,
    annual: Floats,
    coverage: Floats,
    wage_index: float,
    price_index: float,
    places: NDArray[np.int64] | slice = slice(None),
) -> Floats:
    """Cost with sorting by percentile that a carrier would have at some volume and coverage, $ per parcel, (Z, P).

    Args:
        model: Cost rates.
        zones: The zone table.
        carrier: Index of the carrier, not USPS.
        annual: Parcels a year by zone, (Z,).
        coverage: Share of households that they go to, densest first, (Z,).
        wage_index: Wages relative to the start.
        price_index: Prices relative to the start.
        places: Zones to look at, where not all; the result has their rows alone.
    """
    rates = rates_of_month(model, wage_index, price_index, network_of(carrier))
    per_household = rates.parcels_per_household_day(annual[None, places], (coverage * zones.households)[None, places])
    grid, zone_type = zones.density_grid[places], zones.zone_type[places]
    streets = model.geometry.by_zone(zones.zone_type).at(places)
    economics = route_economics(grid, zone_type, per_household, rates, model.geometry, streets)
    return np.asarray(economics.unit_cost[0])


def expected_unit_costs(
    model: CostModel, zones: ZoneTable, annual: Floats, coverage: Floats, wage_index: float, price_index: float
) -> Floats:
    """Mean cost with sorting that parcel-only networks would have at some volume and coverage, $ per parcel, (N, Z).

    Args:
        model: Cost rates.
        zones: The zone table.
        annual: Parcels a year by network and zone, (N, Z).
        coverage: Share of households that they go to, densest first, (N, Z).
        wage_index: Wages relative to the start.
        price_index: Prices relative to the start.
    """
    rates = rates_of_month(model, wage_index, price_index)
    per_household = rates.parcels_per_household_day(annual, coverage * zones.households)
    economics = route_economics(zones.density_grid, zones.zone_type, per_household, rates, model.geometry)
    return economics.mean_unit_cost(coverage)


def amazon_own_cost(
    costs: CostModel, zones: ZoneTable, parcels: Floats, wage_index: float = 1.0, price_index: float = 1.0
) -> Floats:
    """Amazon's cost of delivering itself where it did not at the start, without capital, $ per parcel, (Z, P).

    Args:
        costs: Cost rates.
        zones: The zone table.
        parcels: All that Amazon ships, parcels a year by zone, (Z,).
        wage_index: Wages relative to the start.
        price_index: Prices relative to the start.
    """
    everybody = np.ones(zones.n_zones)
    unit_cost = expected_unit_grid(costs, zones, AMAZON, parcels, everybody, wage_index, price_index)
    return np.asarray(unit_cost * own_cost_factor(costs))


@lru_cache(maxsize=1)
def own_cost_factor(costs: CostModel) -> Floats:
    """Factor on Amazon's cost where it did not deliver at the start, by density cell, (Z, P), or alike in all, (Z, 1).

    Multiplier and local factor, at most what an announcement has revealed. Asked for several times a month; read-only.
    """
    factor = (costs.own_cost_multiplier * costs.own_cost_noise)[:, None]
    if costs.own_cost_most is not None:
        factor = np.minimum(factor, costs.own_cost_most)
    factor.setflags(write=False)
    return factor
