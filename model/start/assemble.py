"""Puts the start together, in the order of ODD 5: flows, costs, choice constants, carriers' customers, capacity."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.geography import ECONOMY, SEGMENTS, ZoneTable
from agents.rules.sourcing import AmazonFlows
from agents.shipper_memory import ShipperMemory
from agents.shipper_table import ShipperTable
from model.announced_cost import with_announced_plan
from model.big_shippers import BigShipperData
from model.carriers import AMAZON, USPS, CarrierTable
from model.consideration import home_rule, home_zones, opening_years
from model.demand import destination_mix
from model.history.table import LAST_YEAR, base_time
from model.operations import SMALLEST_COVERAGE, CostModel, StreetCosts, build_cost_model, street_costs, usps_costs
from model.parameters import Parameters
from model.start.amazon_flows import amazon_flows
from model.start.big_shippers import Published, big_start, settle_with_big_shippers
from model.start.customers import settle_customers
from model.start.handed import handed_at_start
from model.start.offers import (
    opening_choice,
    opening_tariffs,
    start_floors,
    start_surcharges,
    start_tender,
    target_prices,
    target_shares,
)
from model.start.opening import amazon_by_carrier, opening_amazon, opening_books, opening_network, opening_plan
from model.start.population import BILLION, draw_population
from model.start.small_rows import ChoiceSetting
from model.state import AccessState, Environment, MarketState
from model.streams import Streams
from model.tender import quality_cost

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Start:
    """A market ready to run.

    Attributes:
        state: All that changes.
        amazon: What Amazon remembers.
        handed: Parcels a year that USPS goes on to deliver for each carrier, (K, Z).
        shippers: The shippers with their carriers.
        costs: Cost rates.
        mix: Destination mix by home division, then by big shipper, without luck, (R, Z).
        amazon_mix: Amazon's destination mix without luck, (1, Z).
        national: Which carriers serve every address, (K,).
    """

    state: MarketState
    amazon: ShipperMemory
    handed: Floats
    shippers: ShipperTable
    costs: CostModel
    mix: Floats
    amazon_mix: Floats
    national: NDArray[np.bool_]


def assemble(
    p: Parameters,
    zones: ZoneTable,
    carriers: CarrierTable,
    streams: Streams,
    start: Month,
    plan_from: Month | None = None,
    named: Mapping[str, BigShipperData] | None = None,
    hand_over_ended: Collection[str] = (),
    plan_reveals_cost: bool = False,
) -> Start:
    """Build the state at the start of the run from the accounts of the year before.

    Args:
        p: Figures of that year.
        zones: The zone table.
        carriers: The carriers.
        streams: Random streams.
        start: First month of the run.
        plan_from: Month from which on Amazon's rural plan runs, if it is known at the start.
        named: Big shippers of the scenario, by key.
        hand_over_ended: Keys of the carriers that deliver themselves from now on what USPS has delivered for them.
        plan_reveals_cost: Whether Amazon's cost in the addresses of its plan follows from the plan.

    Raises:
        model.start.choice_constants.StartError: The published shares cannot be reached with these parameters.
    """
    national = np.array([group not in ("amazon", "regional") for group in carriers.groups]) & ~np.array(carriers.owned)
    mix, amazon_mix = destination_mix(p, zones), destination_mix(p, zones, tilt=False)
    flows = amazon_flows(p, zones)
    share, price = target_shares(p, carriers, base_time(start)), target_prices(p, carriers)
    segment_volume = p.by_segment("volume_segment") * BILLION
    coverage = carriers.household_coverage * _footprint(p, carriers, segment_volume @ share, start)[:, None]
    coverage[AMAZON] = flows.coverage
    home = home_zones(zones, len(mix))

    expected = _expected_volume(share, segment_volume, amazon_mix[0], coverage, national)
    costs = build_cost_model(p, zones, carriers, _zone_cost_noise(p, zones, streams))
    handed_over = amazon_by_carrier(flows, carriers.n_carriers)
    street = _street(costs, zones, expected + handed_over, coverage, flows)
    economy = segment_volume[ECONOMY] * share[ECONOMY][:, None] * amazon_mix[0]
    for_others = float(handed_at_start(p, zones, costs, street, economy).cost.sum())
    costs = _close_usps_upstream(p, zones, costs, expected[USPS], share[:, USPS] * segment_volume, flows, for_others)

    big = big_start(named or {}, carriers, zones, amazon_mix[0], segment_volume)
    population = draw_population(p, zones, streams, big.parcels.sum(axis=0))
    floor = start_floors(p, zones, costs, street, expected + handed_over, price, population.shippers)
    surcharges = start_surcharges(p, zones, carriers, amazon_mix[0], start + (-MONTHS_PER_YEAR))
    mean_surcharge = surcharges.mean
    on_time = p.by("on_time_base", carriers.like)
    setting = _choice_setting(p, national, coverage, mix, mean_surcharge, on_time, floor, home)
    order = streams.generator("start_order").random(population.uniform.shape)
    published = Published(share, price, segment_volume)
    if named:
        shippers, solution, taste = settle_with_big_shippers(p, population, setting, published, big, order)
    else:
        shippers, solution = settle_customers(population.shippers, setting, share, price, population.uniform, order)
        taste = np.zeros(())
    mix = np.concatenate([mix, big.mix])

    volume, value = start_tender(shippers, solution, floor, mix, coverage)
    annual = volume.sum(axis=(0, 1)) + handed_over
    street = _street(costs, zones, annual, coverage, flows)
    handed = handed_at_start(p, zones, costs, street, volume[:, ECONOMY].sum(axis=0))
    goes_on = np.where(np.isin(carriers.keys, list(hand_over_ended))[:, None], 0.0, handed.parcels)
    network = opening_network(p, zones, carriers, annual, flows, coverage, street, costs, volume, handed, goes_on)
    state = MarketState(
        environment=Environment(),
        tariffs=opening_tariffs(solution.level, floor, surcharges),
        choice=opening_choice(
            p,
            shippers,
            solution,
            on_time,
            (volume, value),
            mean_surcharge,
            taste,
            opening_years(carriers, coverage, home_zones(zones, len(mix), len(named or ()))),
        ),
        network=network,
        books=opening_books(p, carriers, network, volume, value, mean_surcharge, costs, flows, annual, handed),
        access=AccessState.opening(volume[:, ECONOMY].sum(axis=0), coverage, goes_on),
    )
    plan = None if plan_from is None else opening_plan(p, zones, flows, plan_from)
    if plan is not None and plan_reveals_cost:
        costs = with_announced_plan(
            costs, p, zones, flows.parcels, flows.coverage, plan, p.price_access_amazon, 1.0, state.environment
        )
    amazon = opening_amazon(p, zones, costs, flows, plan)
    return Start(state, amazon, goes_on, shippers, costs, mix, amazon_mix, national)


def _zone_cost_noise(p: Parameters, zones: ZoneTable, streams: Streams) -> Floats:
    """What zones cost Amazon over what their density says, (Z,); median 1, as in the table of access demand."""
    normal = streams.generator("zone_cost_noise", owner="amazon").standard_normal(zones.n_zones)
    return np.asarray(np.exp(p.zone_cost_noise_sd * normal))


def _choice_setting(
    p: Parameters,
    national: NDArray[np.bool_],
    coverage: Floats,
    mix: Floats,
    surcharge: Floats,
    on_time: Floats,
    floor: Floats,
    home: NDArray[np.bool_],
) -> ChoiceSetting:
    """What the choice constants are solved on: nothing is late or slower than usual before the run.

    Args:
        p: Figures.
        national: Which carriers serve every address, (K,).
        coverage: Share of households that each carrier reaches, (K, Z).
        mix: Destination mix by home division, (R, Z).
        surcharge: Mean surcharges, $ per parcel, (K, Z).
        on_time: Share of parcels that arrive in time, (K,).
        floor: Price floors of quotes.
        home: Zones of each home division, (R, Z).
    """
    return ChoiceSetting(
        national=national,
        coverage=coverage,
        mix=mix,
        surcharge=surcharge,
        other_cost=quality_cost(p, on_time, np.zeros(len(SEGMENTS))),
        floor=floor,
        inertia=p.switching_inertia,
        min_coverage=p.primary_min_coverage,
        reached_decide=p.reached_addresses_decide > 0.0,
        home=home_rule(p, home),
    )


def _footprint(p: Parameters, carriers: CarrierTable, volume: Floats, start: Month) -> Floats:
    """Share of its listed footprint that each carrier has at the start, (K,): that of its parcels before 2024.

    Args:
        p: Figures.
        carriers: The carriers.
        volume: Parcels a year at the start, (K,).
        start: First month.
    """
    regional = np.array([group == "regional" for group in carriers.groups]) & ~np.array(carriers.added)
    if start.year > LAST_YEAR:  # the list is of that year
        return np.ones(len(volume))
    listed = np.where(regional, np.maximum(carriers.volume_2024, 1.0), 1.0)
    return np.where(regional, np.clip(volume / listed, 0.0, 1.0) ** p.regional_footprint_follows, 1.0)


def _expected_volume(
    share: Floats, segment_volume: Floats, mix: Floats, coverage: Floats, national: NDArray[np.bool_]
) -> Floats:
    """Other shippers' parcels a year by carrier and zone, if every carrier's customers had the mean mix, (K, Z)."""
    total = segment_volume @ share
    reach = mix * np.where(national[:, None], 1.0, coverage)
    sums = reach.sum(axis=1, keepdims=True)
    return np.asarray(total[:, None] * np.divide(reach, sums, out=np.zeros_like(reach), where=sums > 0.0))


def _close_usps_upstream(
    p: Parameters,
    zones: ZoneTable,
    costs: CostModel,
    parcels: Floats,
    by_segment: Floats,
    flows: AmazonFlows,
    for_others: float,
) -> CostModel:
    """Solve the upstream cost of USPS economy parcels so that all parcels cost what the accounts attribute to them.

    Args:
        p: Figures.
        zones: The zone table.
        costs: Cost rates.
        parcels: Parcels a year of its own customers, (Z,).
        by_segment: The same by segment, (S,).
        flows: Amazon's parcels.
        for_others: Cost of what it delivers for UPS and FedEx, $ a year: they bring it to the delivery unit.
    """
    if by_segment[ECONOMY] <= 0.0:  # it carries none that could cost anything
        return costs
    mean, sparse = usps_costs(costs, zones, flows.usps_from, 1.0, 1.0, 1.0)
    last_mile = float((parcels * mean).sum() + (flows.usps * sparse).sum()) + for_others
    others = float((by_segment[1:] * costs.upstream[1:, USPS]).sum())
    total = p.usps_package_revenue_2024 * BILLION * (1.0 - p.competitive_margin)
    upstream = costs.upstream.copy()
    upstream[ECONOMY, USPS] = max(0.0, (total - last_mile - others) / by_segment[ECONOMY])
    return replace(costs, upstream=upstream)


def _street(costs: CostModel, zones: ZoneTable, annual: Floats, coverage: Floats, flows: AmazonFlows) -> StreetCosts:
    return street_costs(costs, zones, annual[1:], np.maximum(coverage[1:], SMALLEST_COVERAGE), flows.coverage, 1.0, 1.0)
