"""The way of a parcel through the month: shipped, tendered to a carrier, sourced by Amazon, accepted or not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.asked import AnswerError
from agents.calendar import MONTHS_PER_YEAR
from agents.geography import SEGMENTS
from agents.rules.choice import delivers_at_home, primary_available
from agents.rules.leaving import mean_wait
from agents.rules.pricing import quote
from agents.rules.sourcing import MonthToSource
from agents.rules.tendering import SegmentOffers, SplitCase
from model.access import decide_access, handed_share, set_reach
from model.allocation import AllocationRules, Priority, allocate
from model.answers import checked, checked_shares, chosen_carriers, chosen_places
from model.auction.delivery import hand_over_awards, take_enterprise_awards
from model.bargains.pairs import pairs_of_amazon, published_for
from model.bargains.table import PairKind
from model.billing import peak_weight
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.contract_margins import enterprise_quotes
from model.demand import Demand, by_segment, shocked_mix, with_other_sellers
from model.economy import Economy
from model.own_networks import left_to_carriers, let_big_shippers_grow, own_share
from model.phases.contracts import exit_progress
from model.phases.history import (
    contract_room,
    imposed_hand_overs,
    left_to_bargaining,
    response_within_total,
    take_back_economy,
)
from model.tender import Tender, quality_cost, served_elsewhere, small_shipper_tender

Floats = NDArray[np.float64]
Integers = NDArray[np.int8]
ECONOMY = 0
DAYS_PER_MONTH = 30.4


def generate_demand(market: Economy) -> None:
    """Parcels of other shippers by segment and of Amazon by zone (ODD 7.3)."""
    p, env, choice = market.figures, market.state.environment, market.state.choice
    let_big_shippers_grow(market)
    shock = float(np.exp(env.common_shock))
    growth = market.paths.other_parcels(market.months_done)
    price_index = choice.price_index.mean(axis=0)
    response = price_index ** p.by_segment("volume_elasticity")
    speed = 1.0 - p.speed_effect_other * choice.demand_delay
    response = response_within_total(market, response * speed)
    crisis = demand_factors(market)  # Amazon's parcels are economy parcels
    mix = shocked_mix(np.concatenate([market.mix, market.amazon_mix]), market.streams, market.month, p.zone_shock_sd)
    trend = market.amazon_parcels_expected(market.month)
    amazon_total = trend.sum() / MONTHS_PER_YEAR * env.season * shock
    amazon_speed = 1.0 - p.speed_effect_amazon * float(choice.demand_delay[ECONOMY])
    ordered = amazon_total * amazon_speed * crisis[ECONOMY] * mix[-1]
    refused, later = _orders_left(market)
    if later.any():
        ordered = ordered * (1.0 - p.speed_effect_amazon * mean_wait(p.amazon_later_days) * later)
    demand = Demand(
        scale=growth / MONTHS_PER_YEAR * env.season * shock * response * crisis * imports_factors(market),
        amazon=ordered * (1.0 - refused),
        amazon_trend=trend,
        mix=mix[:-1],
        season=env.season,
        amazon_refused=ordered * refused,
        amazon_later=later,
    )
    if refused.any():
        others = float((by_segment(market.annual_parcels) * demand.scale).sum())
        demand = with_other_sellers(demand, others, p.amazon_refused_elsewhere)
    market.state.flows.demand = demand


def demand_factors(market: Economy) -> Floats:
    """Parcels of the month over what would be shipped without shocks of demand, by segment, (S,)."""
    return np.array([1.0 + one.at(market.months_done) for one in market.paths.shocks.demand])


def imports_factors(market: Economy) -> Floats:
    """Parcels of others than Amazon over those with all small imports that come free of duty, by segment, (S,).

    These imports are a share of economy parcels at the start, and grow with them.
    """
    factors, lost = np.ones(len(SEGMENTS)), market.paths.shocks.duty_free.at(market.months_done)
    if lost != 0.0:
        economy = float(market.annual_parcels[:, ECONOMY].sum())
        factors[ECONOMY] = max(0.0, 1.0 + lost * min(1.0, market.figures.duty_free_parcels_2024 * 1e9 / economy))
    return factors


def _orders_left(market: Economy) -> tuple[Floats, Floats]:
    """Shares of Amazon's orders by zone that it refuses and that it delivers on fewer days, (Z,) each."""
    amazon, shape = market.amazon, (market.zones.n_zones,)
    refused = checked(amazon.key, "share of orders refused", amazon.refuses_orders(), shape, 1.0)
    later = checked(amazon.key, "share of orders delivered later", amazon.delivers_later(), shape, 1.0)
    return refused, later


def choose_carriers(market: Economy) -> None:
    """Small shippers reconsider, enterprise shippers split anew; parcels are tendered (ODD 7.3 and 7.4)."""
    set_reach(market)
    _reconsider_small_shippers(market)
    demand = market.state.flows.demand
    shippers, reach, left = market.shippers, segment_reach(market), left_by(market)
    coverage = _as_if_everywhere(reach, left)
    small = shippers.small
    parcels = market.annual_parcels[small] * demand.scale
    volume, value = small_shipper_tender(
        shippers,
        parcels,
        _quotes(market, shippers.primary[small], shippers.discount[small]),
        _quotes(market, shippers.fallback[small], shippers.discount[small]),
        demand.mix[market.groups.regions],
        coverage,
    )
    big_volume, big_value = _enterprise_tender(market, demand)
    tender = Tender(np.concatenate([volume, big_volume]), np.concatenate([value, big_value]))
    if left.size:
        tender = served_elsewhere(tender, reach, market.national, left)
    market.state.flows.tender = tender


def _quotes(market: Economy, carrier: Integers, discount: Floats) -> Floats:
    """What shippers pay one carrier each in each segment before surcharges, $ per parcel, (n, S).

    Args:
        market: The market.
        carrier: Their carriers by segment, (n, S).
        discount: Their discounts, (n,).
    """
    tariffs = market.state.tariffs
    n_segments, n_carriers = tariffs.floor.shape
    offer = np.arange(n_segments) * n_carriers + carrier  # one index into all offers is quicker than two
    return quote(tariffs.offered.take(offer), tariffs.floor.take(offer), discount[:, None])


def left_by(market: Economy) -> NDArray[np.int64]:
    """National carriers that have left places of their own accord; shippers' parcels there go to others."""
    coverage = market.state.network.coverage
    return np.array(
        [one.index for one in market.carrier_agents if one.reviews_places and (coverage[one.index] < 1.0).any()],
        dtype=np.int64,
    )


def _as_if_everywhere(reach: Floats, left: NDArray[np.int64]) -> Floats:
    """Reach by segment, (S, K, Z), with all households for those that have left some: shippers name them as before."""
    if not left.size:
        return reach
    found = reach.copy()
    found[:, left] = 1.0
    return found


def segment_reach(market: Economy) -> Floats:
    """Share of households to which each carrier sells, by segment, (S, K, Z): economy may go on with USPS."""
    network = market.state.network.coverage
    reach = np.broadcast_to(network, (len(SEGMENTS), *network.shape)).copy()
    reach[ECONOMY] = market.state.access.reach
    return reach


def _reconsider_small_shippers(market: Economy) -> None:
    """Ask small shippers who looks again, and with whom those ship from now on."""
    shippers, population = market.shippers, market.population
    shape = shippers.primary.shape
    draws = market.streams.generator("reconsider", market.month).random((*shape, 2))
    looking = chosen_places(population.key, "who looks again", population.looks_again(draws[..., 0]), shape)
    surcharge = market.mix @ market.state.tariffs.surcharge.T
    reached = segment_reach(market)
    other = believed_quality(market)
    n_carriers = market.carriers.n_carriers
    switched = np.zeros((n_carriers, n_carriers))
    for segment in range(len(SEGMENTS)):
        rows = shippers.n_enterprise + np.flatnonzero(looking[shippers.small, segment])
        if len(rows) == 0:
            continue
        offers = _offers(market, segment, reached[segment], surcharge, other[segment])
        answer = population.reconsider(segment, rows, offers, draws[rows, segment, 1])
        before = shippers.primary[rows, segment]
        population.change_to(segment, rows, *_possible_choice(market, segment, rows, offers, answer))
        np.add.at(switched, (before, shippers.primary[rows, segment]), 1.0)
    np.fill_diagonal(switched, 0.0)
    market.state.flows.switched = switched


def _offers(market: Economy, segment: int, coverage: Floats, surcharge: Floats, quality: Floats) -> SegmentOffers:
    """What carriers offer small shippers of a segment at today's prices, where they sell to `coverage`, (K, Z)."""
    tariffs, p = market.state.tariffs, market.figures
    reach = market.mix @ coverage.T
    at_home = None if market.home is None else delivers_at_home(coverage, market.home)
    return SegmentOffers(
        constants=market.state.choice.constants[segment] - market.state.choice.disputed,
        level=tariffs.offered[segment],
        floor=tariffs.floor[segment],
        surcharge=surcharge,
        quality_cost=quality,
        price_level=market.state.environment.price_level,
        reach=reach,
        available=primary_available(reach, p.primary_min_coverage, at_home),
        known=market.state.choice.known.T,
        reached_decide=p.reached_addresses_decide > 0.0,
        national=market.national,
    )


def _possible_choice(
    market: Economy, segment: int, rows: NDArray[np.int64], offers: SegmentOffers, answer: Any
) -> tuple[Integers, Integers]:
    """Primary and fallback carriers that shippers chose, once it is sure that these serve them.

    Who stays where it is may do so even where nobody new would be taken.
    """
    who, shippers, index = market.population.key, market.shippers, np.arange(len(rows))
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise AnswerError(f"{who}: with whom they ship is a {type(answer).__name__}; allowed: two arrays")
    primary = offers.possible(shippers.division[rows])
    primary[index, shippers.primary[rows, segment]] = True
    rest = np.broadcast_to(offers.national, primary.shape)
    return (
        chosen_carriers(who, "primary carrier", answer[0], primary),
        chosen_carriers(who, "fallback carrier", answer[1], rest),
    )


def believed_quality(market: Economy) -> Floats:
    """Money value of days and reliability as shippers believe in them, $ per parcel at start prices, (S, K)."""
    choice = market.state.choice
    return quality_cost(market.figures, choice.perceived_on_time, choice.delay_by_carrier)


def _enterprise_tender(market: Economy, demand: Demand) -> tuple[Floats, Floats]:
    """Parcels and dollars of enterprise shippers together, then of each big shipper, (1 + B, S, K, Z) each."""
    shippers, choice, tariffs = market.shippers, market.state.choice, market.state.tariffs
    groups, named = market.groups, market.groups.big
    rows, level = shippers.enterprise, market.state.environment.price_level
    price = np.where(np.isnan(choice.enterprise_price), enterprise_quotes(market), choice.enterprise_price)
    case = SplitCase(
        constants=choice.enterprise_constants - choice.disputed,
        price=price / level,
        surcharge=tariffs.surcharge / level,
        quality_cost=believed_quality(market),
        lagged=left_to_carriers(choice.enterprise_share, market) if named else choice.enterprise_share,
        reach=_as_if_everywhere(segment_reach(market), left_by(market)),
        national=market.national,
    )
    split = market.population.split(case)
    choice.enterprise_share = checked_shares(market.population.key, "split", split, case.lagged.shape, axis=2)
    price[:, :, groups.own_networks] = 0.0
    for one in named:
        own = own_share(market, one)
        choice.enterprise_share[one.row] *= 1.0 - own
        choice.enterprise_share[one.row, :, one.network] = own
    volume, value = np.empty((2, 1 + len(named), *choice.enterprise_share.shape[1:]))
    amount, mix = market.annual_parcels[rows] * demand.scale, demand.mix[shippers.division[rows]]
    for segment in range(len(SEGMENTS)):  # one after the other stays in the processor's cache
        parcels, share = amount[:, segment, None] * mix, choice.enterprise_share[:, segment]
        if segment == ECONOMY:
            market.state.flows.awarded = take_enterprise_awards(market, parcels)
        ordinary = slice(0, groups.ordinary)
        volume[0, segment] = np.einsum("ekz,ez->kz", share[ordinary], parcels[ordinary])
        value[0, segment] = np.einsum("ek,ekz,ez->kz", price[ordinary, segment], share[ordinary], parcels[ordinary])
        for place, one in enumerate(named, start=1):
            volume[place, segment] = share[one.row] * parcels[one.row]
            value[place, segment] = price[one.row, segment, :, None] * volume[place, segment]
    return volume, value


def source_deliveries(market: Economy) -> None:
    """Amazon places its parcels; carriers choose what USPS delivers for them (ODD 7.8 and 7.11)."""
    state = market.state
    demand, tender = state.flows.demand, state.flows.tender
    take_back_economy(market)
    state.flows.awarded = hand_over_awards(market, tender, state.flows.awarded)
    decide_access(market, tender, imposed_hand_overs(market))
    contract = market.book.get("usps", "amazon")
    assert contract is not None
    kept = contract.in_force and exit_progress(market, market.month) == 0.0  # until an exit begins, none is known
    sold_by_lot = contract.cap == contract.commitment  # a lot has no room beyond what was won
    monthly, luck = (
        state.network.monthly_capacity,
        demand.amazon_ordered / demand.amazon_trend,
    )  # season and shocks, by zone
    busy = tender.volume.sum(axis=(0, 1)) - state.access.bought
    ups, fedex = market.amazon.memory.with_rivals * luck
    case = MonthToSource(
        parcels=demand.amazon,
        luck=luck,
        own_limit=np.minimum(monthly[AMAZON], state.network.coverage[AMAZON] * demand.amazon_ordered),
        usps_room=contract_room(market) if kept and not sold_by_lot else 0.0,
        spare=np.array([monthly[UPS] - busy[UPS] - ups, monthly[FEDEX] - busy[FEDEX] - fedex]),
        imposed=not left_to_bargaining(market),
    )
    state.flows.sourcing = market.amazon.sources(case)


def allocate_capacity(market: Economy) -> None:
    """Accept, overflow, let wait or give up (ODD 7.7)."""
    state = market.state
    tender, sourcing = state.flows.tender, state.flows.sourcing
    groups, tendered, amazon = market.groups, market.groups.tendered, market.groups.amazon
    volume = np.zeros((groups.n, *tender.volume.shape[1:]))
    value = np.zeros_like(volume)
    volume[tendered], value[tendered] = tender.volume, tender.value
    handed = handed_share(market, tender)
    volume[tendered, ECONOMY] *= 1.0 - handed
    value[tendered, ECONOMY] *= 1.0 - handed
    access, overflow = amazon_prices(market)
    contract, spill = volume[amazon.agreed, ECONOMY], volume[amazon.beyond, ECONOMY]
    contract[USPS], contract[AMAZON], contract[UPS], contract[FEDEX] = (
        sourcing.usps,
        sourcing.own,
        sourcing.ups,
        sourcing.fedex,
    )
    spill[USPS], spill[UPS], spill[FEDEX] = sourcing.usps_overflow, sourcing.ups_overflow, sourcing.fedex_overflow
    value[amazon.agreed, ECONOMY] = contract * access
    value[amazon.beyond, ECONOMY] = spill * overflow[:, None]
    sorting = state.network.sorting.copy()
    sorting[USPS] = max(0.0, sorting[USPS] - state.access.bought.sum(axis=0).sum())
    priority = np.full((groups.n, market.carriers.n_carriers), Priority.OTHER, dtype=np.int8)
    priority[amazon.agreed] = Priority.COMMITTED
    state.flows.allocation = allocate(
        volume,
        value,
        priority,
        state.backlog,
        state.network.monthly_capacity,
        sorting,
        _rules(market, volume, value, overflow),
    )
    # What USPS delivers for a carrier stays with its customers: own and bought make up what the carrier accepted.
    state.flows.allocation.accepted[tendered, ECONOMY] += tender.volume[:, ECONOMY] * handed
    state.flows.allocation.value[tendered, ECONOMY] += tender.value[:, ECONOMY] * handed
    state.backlog = state.flows.allocation.backlog
    count_refusals(market, state.flows.allocation.refused)


def amazon_prices(market: Economy) -> tuple[Floats, Floats]:
    """What Amazon pays per parcel: under its contracts by carrier and zone, (K, Z), and beyond them, (K,)."""
    p, month = market.figures, market.month
    access = np.zeros((market.carriers.n_carriers, market.zones.n_zones))
    beyond = np.zeros(market.carriers.n_carriers)
    for pair in pairs_of_amazon(market):
        index, contract = market.agent(pair.seller).index, market.book.get(*pair.parties)
        assert contract is not None
        published = published_for(market, pair)
        if contract.in_force:
            surcharge = contract.peak_surcharge * peak_weight(p, month)
            prices = [contract.price_at(month, group, published) for group in range(len(contract.groups))]
            access[index] = np.array(prices)[market.zones.price_groups(len(prices))] + surcharge
        else:
            access[index] = published
        beyond[index] = published if pair.kind is PairKind.ACCESS else access[index].mean() + p.peak_surcharge
    return access, beyond


def _rules(market: Economy, volume: Floats, value: Floats, beyond: Floats) -> AllocationRules:
    """Where refused parcels go: by mean liking of each carrier, at its mean price and the peak surcharge."""
    p, choice, tariffs = market.figures, market.state.choice, market.state.tariffs
    total, worth = volume.sum(axis=-1), value.sum(axis=-1)
    mean_discount = float(np.average(market.shippers.discount, weights=market.shippers.whole_volume))
    listed = quote(tariffs.offered, tariffs.floor, np.full_like(tariffs.level, mean_discount))
    price = np.where(total > 0.0, np.divide(worth, total, out=np.zeros_like(worth), where=total > 0.0), listed)
    price = price + p.peak_surcharge
    other = believed_quality(market)
    offered = np.isfinite(choice.constants)
    utility = np.where(offered, choice.constants - choice.disputed, 0.0) - p.by_segment("price_coef")[:, None] * (
        price / market.state.environment.price_level + other
    )
    utility = np.where(offered, utility, -np.inf)
    preference = np.exp(utility - utility.max(axis=-1, keepdims=True))
    amazon = market.groups.amazon.all
    preference[amazon] = 0.0
    preference[amazon, ECONOMY, USPS] = 1.0  # Amazon's refused parcels go where every address is served
    if not market.settings.universal_service:
        preference[amazon, ECONOMY, UPS] = preference[amazon, ECONOMY, FEDEX] = 1.0
    price[amazon] = beyond
    return AllocationRules(
        max_passes=int(p.max_overflow_passes),
        max_months=int(p.backlog_max_months),
        preference=preference,
        overflow_price=price,
        coverage=market.state.network.coverage,
    )


def count_refusals(market: Economy, refused: Floats) -> None:
    """Count months in a row of refusal; a shipper meets one with the chance that a parcel of its is refused."""
    shippers = market.shippers
    draws = market.streams.generator("refusal", market.month).random(shippers.primary.shape)
    share = market.mix @ refused.T
    place = shippers.division[:, None] * np.int64(share.shape[1]) + shippers.primary
    market.population.meet_refusals(draws < share.take(place))
