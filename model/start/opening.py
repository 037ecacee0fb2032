"""What stands and runs at the start: capacity, routes and staff, accounts, Amazon's plans (ODD 5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.geography import ECONOMY, ZoneTable
from agents.rules.announced import AnnouncedPlan, rural_plan
from agents.rules.sourcing import AccessSlices, AmazonFlows
from agents.shipper_memory import ShipperMemory
from model.carriers import AMAZON, FEDEX, UPS, USPS, CarrierTable
from model.demand import growth_index, season_factors
from model.operations import CostModel, StreetCosts, amazon_own_cost, usps_costs, usps_resources
from model.parameters import Parameters
from model.postal_accounts import institutional_cost_start
from model.start.choice_constants import StartError
from model.start.handed import Handed
from model.start.population import BILLION
from model.state import Books, NetworkState

Floats = NDArray[np.float64]


def amazon_by_carrier(flows: AmazonFlows, n_carriers: int) -> Floats:
    """Amazon's parcels a year by who delivers them, (K, Z)."""
    handed = np.zeros((n_carriers, len(flows.parcels)))
    handed[USPS], handed[AMAZON], handed[UPS], handed[FEDEX] = flows.usps, flows.own, flows.ups, flows.fedex
    return handed


def opening_network(
    p: Parameters,
    zones: ZoneTable,
    carriers: CarrierTable,
    annual: Floats,
    flows: AmazonFlows,
    coverage: Floats,
    street: StreetCosts,
    costs: CostModel,
    volume: Floats,
    handed: Handed,
    goes_on: Floats,
) -> NetworkState:
    """Capacity from December of the start year at its planned utilisation, routes and staff as volume needs them.

    USPS has the staff for all that it delivered for others in the year; who takes parcels back has prepared for it.

    Args:
        p: Figures.
        zones: The zone table.
        carriers: The carriers.
        annual: Parcels a year by who sold them, Amazon's by who delivers them, (K, Z).
        flows: Amazon's parcels.
        coverage: Share of households that each carrier reaches, (K, Z).
        street: Cost of the networks.
        costs: Cost rates.
        volume: Other shippers' parcels a year by group, segment, carrier and zone.
        handed: What USPS delivered for others in the year.
        goes_on: The part of it that it goes on to deliver, (K, Z).
    """
    by_door = annual - goes_on
    by_door[USPS] += goes_on.sum(axis=0)
    others = by_door - amazon_by_carrier(flows, carriers.n_carriers)
    before_start = -1.0  # months; December of the year before
    grown = others * growth_index(p.growth_other_demand, before_start)
    grown += (by_door - others) * growth_index(p.growth_amazon_demand, before_start)
    capacity = grown.copy()
    capacity[USPS] = np.inf
    sorting = np.full(carriers.n_carriers, np.inf)
    million = 1e6
    sorting[USPS] = p.usps_sort_capacity_daily * million * p.operating_days_usps / MONTHS_PER_YEAR
    in_place = np.empty_like(annual)
    in_place[1:] = street.street * annual[1:] / MONTHS_PER_YEAR
    still = goes_on.any(axis=1)
    in_place[still] -= handed.spared[still] / MONTHS_PER_YEAR
    mean, sparse = usps_costs(costs, zones, flows.usps_from, 1.0, 1.0, 1.0)
    in_place[USPS] = usps_resources(costs, volume[:, :, USPS].sum(axis=0), flows.usps, mean, sparse)
    in_place[USPS] += handed.cost / MONTHS_PER_YEAR
    return NetworkState(
        capacity=capacity,
        added_capital=np.zeros(len(capacity)),
        earlier_charge=np.zeros(len(capacity)),
        coverage=coverage,
        start_coverage=flows.coverage,
        start_handled=annual.sum(axis=1),
        sorting=sorting,
        peak_factor=p.season_december / MONTHS_PER_YEAR / p.initial_peak_utilisation,
        pipeline=[],
        in_place=in_place,
        annual_volume=by_door,
        recent_volume=np.repeat(by_door[None], 3, axis=0),
        amazon_own=flows.own.copy(),
        street=street,
        utilisation=np.zeros_like(annual),
        on_time=np.zeros_like(annual),
    )


def opening_books(
    p: Parameters,
    carriers: CarrierTable,
    network: NetworkState,
    volume: Floats,
    value: Floats,
    surcharge: Floats,
    costs: CostModel,
    flows: AmazonFlows,
    annual: Floats,
    handed: Handed,
) -> Books:
    """Accounts of the start year; fixed network costs give the published margins, institutional cost closes USPS.

    Args:
        p: Figures.
        carriers: The carriers.
        network: What stands at the start.
        volume: Other shippers' parcels a year by group, segment, carrier and zone.
        value: What they pay without surcharges, $, likewise.
        surcharge: Mean surcharges, $ per parcel, (K, Z).
        costs: Cost rates.
        flows: Amazon's parcels.
        annual: Parcels a year by who sold them, Amazon's by who delivers them, (K, Z).
        handed: What USPS delivered for others.
    """
    street = network.street
    revenue = (value + volume * surcharge).sum(axis=(0, 1, 3))
    revenue[USPS] += flows.usps.sum() * p.price_access_amazon
    revenue[UPS] += flows.ups.sum() * p.price_amazon_ups
    revenue[FEDEX] += flows.fedex.sum() * p.price_amazon_fedex
    between = handed.parcels.sum(axis=1)
    access = between * p.price_access_other_ratio * p.price_access_amazon
    revenue[USPS] += access.sum()
    upstream = (costs.upstream * volume.sum(axis=(0, 3))).sum(axis=0)
    upstream[AMAZON] += flows.own.sum() * costs.upstream[ECONOMY, AMAZON]
    upstream[UPS] += flows.ups.sum() * costs.upstream[ECONOMY, UPS]
    upstream[FEDEX] += flows.fedex.sum() * costs.upstream[ECONOMY, FEDEX]
    variable = np.empty_like(revenue)
    sorted_here = annual - p.access_sorting_spared * handed.parcels
    variable[1:] = (street.street * annual[1:] + street.sort * sorted_here[1:]).sum(axis=1) + upstream[1:]
    variable += access + between * p.injection_cost_amazon - handed.spared.sum(axis=1)
    variable[USPS] = network.in_place[USPS].sum() * MONTHS_PER_YEAR
    margin = np.array([p[f"operating_margin_{g}"] if g in ("ups", "fedex", "regional") else 0.0 for g in carriers.like])
    fixed = np.maximum(0.0, (1.0 - margin) * revenue - variable)
    fixed[[USPS, AMAZON]] = 0.0
    cost = variable + fixed
    total = annual.sum(axis=1)
    total[USPS] += between.sum()
    sold = total.copy()
    sold[AMAZON] -= flows.own.sum()
    cost[AMAZON] *= sold[AMAZON] / total[AMAZON]
    capacity = np.where(np.isinf(network.capacity), 0.0, network.capacity).sum(axis=1) * network.peak_factor
    capacity[USPS] = network.sorting[USPS]
    total[1:] = network.annual_volume[1:].sum(axis=1)
    utilisation = np.divide(total / MONTHS_PER_YEAR, capacity, out=np.zeros_like(total), where=capacity > 0.0)

    def year(values: Floats) -> Floats:
        return np.repeat(values[None] / MONTHS_PER_YEAR, MONTHS_PER_YEAR, axis=0)

    return Books(
        fixed_cost=fixed / MONTHS_PER_YEAR,
        institutional_cost=_institutional_cost(p, float(variable[USPS])) / MONTHS_PER_YEAR,
        revenue=year(revenue),
        cost=year(cost),
        volume=year(sold),
        utilisation=np.repeat(utilisation[None], MONTHS_PER_YEAR, axis=0),
        start_utilisation=utilisation,
        start_margin=1.0 - np.divide(cost, revenue, out=np.ones_like(cost), where=revenue > 0.0),
        shock_cost=np.zeros((MONTHS_PER_YEAR, 2, len(total))),
        last_year_unit_cost=np.zeros_like(sold),  # the year before is in no books
    )


def opening_plan(p: Parameters, zones: ZoneTable, flows: AmazonFlows, begins: Month) -> AnnouncedPlan:
    """Amazon's announced rural plan, from the network of the start."""
    at_end = flows.parcels * growth_index(p.growth_amazon_demand, int(p.rural_plan_months))
    return rural_plan(p, zones, at_end, flows.coverage, begins)


def opening_amazon(
    p: Parameters, zones: ZoneTable, costs: CostModel, flows: AmazonFlows, plan: AnnouncedPlan | None = None
) -> ShipperMemory:
    """What Amazon knows at the start: its slices at USPS, and its announced rural plan."""
    own_cost = amazon_own_cost(costs, zones, flows.parcels)
    slices = AccessSlices.cut(flows.parcels, flows.usps_from, own_cost)
    return ShipperMemory(
        flows=flows,
        slices=slices,
        retained=slices.by_zone(),
        with_rivals=np.array([flows.ups, flows.fedex]),
        plan=plan,
        price_belief=p.price_access_amazon,
    )


def opening_cash_flow(p: Parameters, start: Month) -> Floats:
    """Change of cash of USPS in the twelve months before the start, newest last, by its accounts, $, (12,).

    Only the contribution of parcels has a season: both their revenue and their cost do.

    Args:
        p: Parameters.
        start: First month of the run.
    """
    monthly = p.usps_cash_drift_2024 + p.usps_competitive_contribution_2024 * (season_factors(p) - 1.0)
    return np.roll(monthly * BILLION / MONTHS_PER_YEAR, 1 - start.month)


def _institutional_cost(p: Parameters, parcel_cost: float) -> float:
    """Cost of USPS a year that no product causes, dollars: what its whole expense leaves."""
    found = institutional_cost_start(p, parcel_cost)
    if found < 0.0:
        raise StartError(
            f"mail and parcels of USPS alone would cost {-found / BILLION:,.1f} bn $ a year more than all its expense, "
            f"usps_expense_2024 = {p.usps_expense_2024:g} bn $"
        )
    return found
