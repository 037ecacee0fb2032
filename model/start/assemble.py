"""Puts the start together, in the order of section 4: flows, costs, choice constants, carriers' customers, capacity."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS, ZoneTable
from agents.pricing import quote
from agents.shippers import ShipperTable
from model.billing import mean_peak_weight, month_surcharges, sum_over_carriers
from model.carriers import AMAZON, USPS, CarrierTable
from model.demand import destination_mix, season_factors
from model.operations import (
    SMALLEST_COVERAGE,
    CostModel,
    StreetCosts,
    build_cost_model,
    quote_floors,
    street_costs,
    usps_costs,
    usps_mean_cost,
)
from model.parameters import Parameters
from model.start.amazon_flows import AmazonFlows, amazon_flows
from model.start.choice_constants import ChoiceSolution
from model.start.customers import settle_customers
from model.start.opening import amazon_by_carrier, opening_amazon, opening_books, opening_network, opening_postal
from model.start.population import BILLION, draw_population
from model.start.small_rows import ChoiceSetting
from model.state import (
    AccessState,
    ChoiceState,
    Environment,
    MarketState,
    RivalState,
    Tariffs,
)
from model.streams import Streams
from model.tender import quality_cost, small_shipper_tender

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Start:
    """A market ready to run.

    Attributes:
        state: All that changes.
        shippers: The shippers with their carriers.
        costs: Cost rates.
        mix: Destination mix by home division without luck, (R, Z).
        amazon_mix: Amazon's destination mix without luck, (1, Z).
        national: Which carriers serve every address, (K,).
        solution: How the choice constants were found.
    """

    state: MarketState
    shippers: ShipperTable
    costs: CostModel
    mix: Floats
    amazon_mix: Floats
    national: NDArray[np.bool_]
    solution: ChoiceSolution


def target_shares(p: Parameters, carriers: CarrierTable) -> Floats:
    """Published shares of the non-Amazon market by segment and carrier, regional ones split by volume, (S, K)."""
    regional = np.array([group == "regional" for group in carriers.groups])
    split = np.where(regional, carriers.volume_2024, 0.0)
    split = split / split.sum() if split.sum() > 0.0 else split
    rows = []
    for segment in SEGMENTS:
        share = p.by(f"share_{segment}", carriers.groups)
        share = np.where(regional, share * split, share)
        rows.append(share / share.sum())
    return np.array(rows)


def target_prices(p: Parameters, carriers: CarrierTable) -> Floats:
    """Published mean paid prices by segment and carrier, $ per parcel, (S, K)."""
    return np.array([p.by(f"price_{segment}", carriers.groups) for segment in SEGMENTS])


def assemble(p: Parameters, zones: ZoneTable, carriers: CarrierTable, streams: Streams, planned: bool = True) -> Start:
    """Build the state at the start of the run from the accounts of the year before.

    Args:
        p: Figures of that year.
        zones: The zone table.
        carriers: The carriers.
        streams: Random streams.
        planned: Whether Amazon's rural plan is known at the start.

    Raises:
        model.start.choice_constants.StartError: The published shares cannot be reached with these parameters.
    """
    national = np.array([group not in ("amazon", "regional") for group in carriers.groups])
    mix, amazon_mix = destination_mix(p, zones), destination_mix(p, zones, tilt=False)
    flows = amazon_flows(p, zones)
    coverage = carriers.household_coverage.copy()
    coverage[AMAZON] = flows.coverage
    normal = streams.generator("zone_cost_noise", owner="amazon").standard_normal(zones.n_zones)
    noise = np.exp(p.zone_cost_noise_sd * normal)  # median 1, as in the table of access demand
    costs = build_cost_model(p, zones, carriers, noise)

    share, price = target_shares(p, carriers), target_prices(p, carriers)
    segment_volume = p.by_segment("volume_segment") * BILLION
    handed_over = amazon_by_carrier(flows, carriers.n_carriers)
    expected = _expected_volume(share, segment_volume, amazon_mix[0], coverage, national)
    costs = _close_usps_upstream(p, zones, costs, expected[USPS], share[:, USPS] * segment_volume, flows)
    street = _street(costs, zones, expected + handed_over, coverage, flows)

    rural = np.where(
        [key in ("ups", "fedex") for key in carriers.keys],
        p.rural_surcharge_list * (1 - p.rural_surcharge_discount),
        0.0,
    )
    peak = np.full(carriers.n_carriers, p.peak_surcharge)
    mean_surcharge = month_surcharges(rural, peak, zones.zone_type, mean_peak_weight(season_factors(p)))
    on_time = p.by("on_time_base", carriers.groups)
    shippers = draw_population(p, zones, streams)
    floor = _floors(p, zones, costs, street, expected + handed_over, price, shippers)
    setting = ChoiceSetting(
        national=national,
        coverage=coverage,
        mix=mix,
        surcharge=mean_surcharge,
        other_cost=quality_cost(p, on_time, np.zeros(len(SEGMENTS))),
        floor=floor,
        inertia=p.switching_inertia,
        min_coverage=p.primary_min_coverage,
    )
    uniform = streams.generator("start_carrier").random((len(shippers), len(SEGMENTS)))[shippers.small]
    solution = settle_customers(shippers, setting, share, price, uniform)

    level = solution.level
    volume, value = _start_tender(shippers, solution, level, floor, mix, coverage)
    by_carrier = volume.sum(axis=(0, 1))
    annual = by_carrier + handed_over
    street = _street(costs, zones, annual, coverage, flows)
    paid, parcels = (part.sum(axis=(0, 3)) for part in (value + volume * mean_surcharge, volume))
    start_price = sum_over_carriers(paid) / sum_over_carriers(parcels)
    network = opening_network(p, zones, carriers, annual, flows, coverage, street, costs, by_carrier, volume)
    books = opening_books(p, carriers, network, volume, value, mean_surcharge, street, costs, flows, annual)
    state = MarketState(
        environment=Environment(),
        tariffs=Tariffs(
            level=level.copy(),
            floor=floor,
            start_level=level.copy(),
            rural=rural,
            peak=peak,
            surcharge=mean_surcharge,
            list_growth=np.zeros(carriers.n_carriers),
            mean_surcharge=mean_surcharge,
            fill=np.zeros_like(level),
        ),
        choice=ChoiceState(
            constants=solution.constants.copy(),
            perceived_on_time=on_time,
            enterprise_share=solution.enterprise_share.copy(),
            enterprise_price=np.full((shippers.n_enterprise, *level.shape), np.nan),
            price_index=np.ones((int(p.price_memory_months), len(SEGMENTS))),
            start_price=start_price,
            transit_delay=np.zeros(len(SEGMENTS)),
        ),
        network=network,
        amazon=opening_amazon(p, zones, costs, flows, planned),
        books=books,
        rivals=RivalState(np.zeros(carriers.n_carriers, dtype=np.int64)),
        postal=opening_postal(p, zones),
        access=AccessState.opening(volume[:, 0].sum(axis=0), coverage),
    )
    return Start(state, shippers, costs, mix, amazon_mix, national, solution)


def _expected_volume(
    share: Floats, segment_volume: Floats, mix: Floats, coverage: Floats, national: NDArray[np.bool_]
) -> Floats:
    """Other shippers' parcels a year by carrier and zone, if every carrier's customers had the mean mix, (K, Z)."""
    total = segment_volume @ share
    reach = mix * np.where(national[:, None], 1.0, coverage)
    sums = reach.sum(axis=1, keepdims=True)
    return np.asarray(total[:, None] * np.divide(reach, sums, out=np.zeros_like(reach), where=sums > 0.0))


def _close_usps_upstream(
    p: Parameters, zones: ZoneTable, costs: CostModel, parcels: Floats, by_segment: Floats, flows: AmazonFlows
) -> CostModel:
    """Solve the upstream cost of USPS economy parcels so that all parcels cost what the accounts attribute to them."""
    mean, sparse = usps_costs(costs, zones, flows.usps_from, 1.0, 1.0, 1.0)
    last_mile = float((parcels * mean).sum() + (flows.usps * sparse).sum())
    others = float((by_segment[1:] * costs.upstream[1:, USPS]).sum())
    total = p.usps_package_revenue_2024 * BILLION * (1.0 - p.competitive_margin)
    upstream = costs.upstream.copy()
    upstream[0, USPS] = max(0.0, (total - last_mile - others) / by_segment[0])
    return replace(costs, upstream=upstream)


def _street(costs: CostModel, zones: ZoneTable, annual: Floats, coverage: Floats, flows: AmazonFlows) -> StreetCosts:
    return street_costs(costs, zones, annual[1:], np.maximum(coverage[1:], SMALLEST_COVERAGE), flows.coverage, 1.0, 1.0)


def _floors(
    p: Parameters,
    zones: ZoneTable,
    costs: CostModel,
    street: StreetCosts,
    annual: Floats,
    price: Floats,
    shippers: ShipperTable,
) -> Floats:
    """Lowest quotes at the start, (S, K).

    USPS may not quote below attributable cost. Private carriers do sell below what the cost model calls marginal: the
    published mean price of UPS economy (7.50) is below its marginal cost (7.82). Their floor is therefore no higher
    than what their most discounted customer pays at the published mean price.
    """
    mean_usps = usps_mean_cost(costs, zones, 1.0, 1.0, 1.0)
    floor = quote_floors(costs, street, mean_usps, annual, 1.0)
    kept = np.average(1.0 - shippers.discount[:, None] * np.ones(len(SEGMENTS)), axis=0, weights=shippers.market_volume)
    most_discounted = price * ((1.0 - p.discount_max) / kept)[:, None]
    capped = np.minimum(floor, most_discounted)
    capped[:, USPS] = floor[:, USPS]
    return np.asarray(capped)


def _start_tender(
    shippers: ShipperTable, solution: ChoiceSolution, level: Floats, floor: Floats, mix: Floats, coverage: Floats
) -> tuple[Floats, Floats]:
    """Parcels and dollars of the start year by group, segment, carrier and zone."""
    segments = np.arange(len(SEGMENTS))
    discount = shippers.discount[:, None]
    small = shippers.small
    paid = quote(level[segments, shippers.primary], floor[segments, shippers.primary], discount)[small]
    fallback = quote(level[segments, shippers.fallback], floor[segments, shippers.fallback], discount)[small]
    volume, value = small_shipper_tender(shippers, shippers.market_volume[small], paid, fallback, mix, coverage)
    rows = shippers.enterprise
    price = quote(level, floor, shippers.discount[rows, None, None])
    parcels = shippers.market_volume[rows, :, None, None] * mix[shippers.division[rows]][:, None, None, :]
    big = parcels * solution.enterprise_share
    return np.concatenate([volume, big.sum(axis=0)[None]]), np.concatenate(
        [value, (big * price[..., None]).sum(axis=0)[None]]
    )
