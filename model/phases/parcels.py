"""The way of a parcel through the month: shipped, tendered to a carrier, sourced by Amazon, accepted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import SEGMENTS
from agents.rules.choice import Menu, delivers_at_home, own_weight, primary_available, reconsider
from agents.rules.pricing import quote
from agents.rules.sourcing import MonthToSource
from model.access import decide_access, handed_share, set_reach
from model.allocation import AllocationRules, Priority, allocate
from model.auction.delivery import hand_over_awards, take_enterprise_awards
from model.billing import peak_weight
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.contract_margins import enterprise_quotes
from model.demand import Demand, shock_factor, shocked_mix
from model.phases.contracts import exit_progress, published_price
from model.phases.history import contract_room, insource_economy, left_to_bargaining, response_within_total
from model.tender import Tender, enterprise_split, quality_cost, small_shipper_tender

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]
ECONOMY = 0
DAYS_PER_MONTH = 30.4


def generate_demand(market: Economy) -> None:
    """Parcels of other shippers by segment and of Amazon by zone (section 5)."""
    p, env, choice = market.figures, market.state.environment, market.state.choice
    shock = float(np.exp(env.common_shock))
    growth = market.paths.other_parcels(market.months_done)
    price_index = choice.price_index.mean(axis=0)
    response = price_index ** p.by_segment("volume_elasticity")
    speed = 1.0 - p.speed_effect_other * choice.demand_delay
    response = response_within_total(market, response * speed)
    crisis = np.ones(len(SEGMENTS))  # Amazon's parcels are economy parcels
    if market.settings.demand_shock:
        crisis[ECONOMY] = shock_factor(p, market.month - market.settings.demand_shock_start)
    mix = shocked_mix(np.concatenate([market.mix, market.amazon_mix]), market.streams, market.month, p.zone_shock_sd)
    trend = market.amazon_parcels_expected(market.month)
    amazon_total = trend.sum() / MONTHS_PER_YEAR * env.season * shock
    amazon_speed = 1.0 - p.speed_effect_amazon * float(choice.demand_delay[ECONOMY])
    market.state.flows.demand = Demand(
        scale=growth / MONTHS_PER_YEAR * env.season * shock * response * crisis,
        amazon=amazon_total * amazon_speed * crisis[ECONOMY] * mix[-1],
        amazon_trend=trend,
        mix=mix[:-1],
        season=env.season,
    )


def choose_carriers(market: Economy) -> None:
    """Small shippers reconsider, enterprise shippers split anew; parcels are tendered (sections 5 and 6)."""
    set_reach(market)
    _reconsider_small_shippers(market)
    demand = market.state.flows.demand
    tariffs, shippers = market.state.tariffs, market.shippers
    coverage = segment_reach(market)
    segments, small = np.arange(len(SEGMENTS)), market.shippers.small
    discount = shippers.discount[small, None]
    primary, fallback = shippers.primary[small], shippers.fallback[small]
    parcels = market.annual_parcels[small] * demand.scale
    volume, value = small_shipper_tender(
        shippers,
        parcels,
        quote(tariffs.offered[segments, primary], tariffs.floor[segments, primary], discount),
        quote(tariffs.offered[segments, fallback], tariffs.floor[segments, fallback], discount),
        demand.mix,
        coverage,
    )
    big_volume, big_value = _enterprise_tender(market, demand)
    market.state.flows.tender = Tender(
        np.concatenate([volume, big_volume[None]]), np.concatenate([value, big_value[None]])
    )


def segment_reach(market: Economy) -> Floats:
    """Share of households to which each carrier sells, by segment, (S, K, Z): economy may go on with USPS."""
    network = market.state.network.coverage
    reach = np.broadcast_to(network, (len(SEGMENTS), *network.shape)).copy()
    reach[ECONOMY] = market.state.access.reach
    return reach


def _reconsider_small_shippers(market: Economy) -> None:
    """Those whom the hazard or repeated refusals strike choose again, at today's prices and perceived quality."""
    p, shippers, choice, tariffs = market.figures, market.shippers, market.state.choice, market.state.tariffs
    draws = market.streams.generator("reconsider", market.month).random((len(shippers), len(SEGMENTS), 2))
    national = market.national
    position = np.cumsum(national) - 1  # national carriers first, then partial ones, in the menu's order
    position = np.where(national, position, national.sum() + np.cumsum(~national) - 1).astype(np.int8)
    index_of = np.argsort(position)
    reached = segment_reach(market)
    surcharge = market.mix @ tariffs.surcharge.T
    other = quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier)
    for segment in range(len(SEGMENTS)):
        struck = (draws[:, segment, 0] < p.reconsider_hazard) | (
            shippers.refused_months[:, segment] >= p.refusal_months
        )
        struck[shippers.enterprise] = False
        rows = np.flatnonzero(struck)
        if len(rows) == 0:
            continue
        coverage = market.mix @ reached[segment].T
        at_home = None if market.home is None else delivers_at_home(reached[segment], market.home)
        available = primary_available(coverage, p.primary_min_coverage, at_home)
        home = shippers.division[rows]
        paid = quote(tariffs.offered[segment], tariffs.floor[segment], shippers.discount[rows, None]) + surcharge[home]
        offered = np.isfinite(choice.constants[segment])
        cost = paid / market.state.environment.price_level + other[segment]
        liking = choice.constants[segment] + choice.known.T[home]
        utility = np.where(offered, liking - shippers.price_coef[rows, segment, None] * cost, -1e9)
        reach = coverage[home]
        menu = Menu(
            utility[:, national],
            utility[:, ~national],
            own_weight(reach[:, ~national], p.reached_addresses_decide > 0.0),
            (available[home] & offered)[:, ~national],
        )
        before = shippers.primary[rows, segment]
        chosen, fallback = reconsider(
            menu,
            position[before],
            position[shippers.fallback[rows, segment]],
            p.switching_inertia,
            draws[rows, segment, 1],
        )
        shippers.primary[rows, segment] = index_of[chosen]
        shippers.fallback[rows, segment] = index_of[fallback]
        shippers.refused_months[rows, segment] = 0
        shippers.switches[rows] += shippers.primary[rows, segment] != before


def _enterprise_tender(market: Economy, demand: Demand) -> tuple[Floats, Floats]:
    """Parcels and dollars of the enterprise shippers together, (S, K, Z) each."""
    shippers, choice, tariffs = market.shippers, market.state.choice, market.state.tariffs
    rows, level = shippers.enterprise, market.state.environment.price_level
    price = np.where(np.isnan(choice.enterprise_price), enterprise_quotes(market), choice.enterprise_price)
    choice.enterprise_share = enterprise_split(
        choice.enterprise_constants,
        price / level,
        tariffs.surcharge / level,
        quality_cost(market.figures, choice.perceived_on_time, choice.delay_by_carrier),
        shippers.price_coef[rows],
        choice.enterprise_share,
        market.figures.switching_inertia,
        segment_reach(market),
        market.national,
    )
    volume, value = np.empty((2, *choice.enterprise_share.shape[1:]))
    amount, mix = market.annual_parcels[rows] * demand.scale, demand.mix[shippers.division[rows]]
    for segment in range(len(SEGMENTS)):  # one after the other stays in the processor's cache
        parcels = amount[:, segment, None] * mix
        tendered = choice.enterprise_share[:, segment] * parcels[:, None, :]
        if segment == ECONOMY:
            market.state.flows.awarded = take_enterprise_awards(market, tendered, parcels)
        volume[segment] = tendered.sum(axis=0)
        value[segment] = np.einsum("ek,ekz->kz", price[:, segment], tendered)
    return volume, value


def source_deliveries(market: Economy) -> None:
    """Amazon places its parcels; UPS takes over the last mile that it used to buy from USPS (sections 12, 13, 15)."""
    state = market.state
    demand, tender = state.flows.demand, state.flows.tender
    insource_economy(market, tender)
    state.flows.awarded = hand_over_awards(market, tender, state.flows.awarded)
    decide_access(market, tender)
    contract = market.book.get("usps", "amazon")
    assert contract is not None
    kept = contract.in_force and exit_progress(market, market.month) == 0.0  # until an exit begins, none is known
    sold_by_lot = contract.cap == contract.commitment  # a lot has no room beyond what was won
    monthly, luck = state.network.monthly_capacity, demand.amazon / demand.amazon_trend  # season and shocks, by zone
    busy = tender.volume.sum(axis=(0, 1)) - state.access.bought
    ups, fedex = market.amazon.memory.with_rivals * luck
    case = MonthToSource(
        parcels=demand.amazon,
        luck=luck,
        own_limit=np.minimum(monthly[AMAZON], state.network.coverage[AMAZON] * demand.amazon),
        usps_room=contract_room(market) if kept and not sold_by_lot else 0.0,
        spare=np.array([monthly[UPS] - busy[UPS] - ups, monthly[FEDEX] - busy[FEDEX] - fedex]),
        imposed=not left_to_bargaining(market),
    )
    state.flows.sourcing = market.amazon.sources(case)


def allocate_capacity(market: Economy) -> None:
    """Accept, overflow, let wait or give up (section 7)."""
    state = market.state
    tender, sourcing = state.flows.tender, state.flows.sourcing
    n_groups, n_segments, n_carriers, n_zones = tender.volume.shape
    volume = np.zeros((n_groups + 2, n_segments, n_carriers, n_zones))
    value = np.zeros_like(volume)
    volume[:n_groups], value[:n_groups] = tender.volume, tender.value
    handed = handed_share(market, tender)
    volume[:n_groups, ECONOMY] *= 1.0 - handed
    value[:n_groups, ECONOMY] *= 1.0 - handed
    access, overflow = amazon_prices(market)
    contract, spill = volume[n_groups, ECONOMY], volume[n_groups + 1, ECONOMY]
    contract[USPS], contract[AMAZON], contract[UPS], contract[FEDEX] = (
        sourcing.usps,
        sourcing.own,
        sourcing.ups,
        sourcing.fedex,
    )
    spill[USPS], spill[UPS], spill[FEDEX] = sourcing.usps_overflow, sourcing.ups_overflow, sourcing.fedex_overflow
    value[n_groups, ECONOMY] = contract * access
    value[n_groups + 1, ECONOMY] = spill * overflow[:, None]
    sorting = state.network.sorting.copy()
    sorting[USPS] = max(0.0, sorting[USPS] - state.access.bought.sum(axis=0).sum())
    priority = np.full((n_groups + 2, n_carriers), Priority.OTHER, dtype=np.int8)
    priority[n_groups] = Priority.COMMITTED
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
    state.flows.allocation.accepted[:n_groups, ECONOMY] += tender.volume[:, ECONOMY] * handed
    state.flows.allocation.value[:n_groups, ECONOMY] += tender.value[:, ECONOMY] * handed
    state.backlog = state.flows.allocation.backlog
    count_refusals(market, state.flows.allocation.refused)


def amazon_prices(market: Economy) -> tuple[Floats, Floats]:
    """What Amazon pays per parcel: under its contracts by carrier and zone, (K, Z), and beyond them, (K,)."""
    p, month = market.figures, market.month
    access = np.zeros((market.carriers.n_carriers, market.zones.n_zones))
    beyond = np.zeros(market.carriers.n_carriers)
    for seller, index in (("usps", USPS), ("ups", UPS), ("fedex", FEDEX)):
        contract = market.book.get(seller, "amazon")
        assert contract is not None
        published = published_price(market, seller)
        if contract.in_force:
            surcharge = contract.peak_surcharge * peak_weight(month.month)
            prices = [contract.price_at(month, group, published) for group in range(len(contract.groups))]
            access[index] = np.array(prices)[market.zones.price_groups(len(prices))] + surcharge
        else:
            access[index] = published
        beyond[index] = published if seller == "usps" else access[index].mean() + p.peak_surcharge
    return access, beyond


def _rules(market: Economy, volume: Floats, value: Floats, beyond: Floats) -> AllocationRules:
    """Where refused parcels go: by mean liking of each carrier, at its mean price and the peak surcharge."""
    p, choice, tariffs = market.figures, market.state.choice, market.state.tariffs
    total, worth = volume.sum(axis=-1), value.sum(axis=-1)
    mean_discount = float(np.average(market.shippers.discount, weights=market.shippers.market_volume.sum(axis=1)))
    listed = quote(tariffs.offered, tariffs.floor, np.full_like(tariffs.level, mean_discount))
    price = np.where(total > 0.0, np.divide(worth, total, out=np.zeros_like(worth), where=total > 0.0), listed)
    price = price + p.peak_surcharge
    other = quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier)
    offered = np.isfinite(choice.constants)
    utility = np.where(offered, choice.constants, 0.0) - p.by_segment("price_coef")[:, None] * (
        price / market.state.environment.price_level + other
    )
    utility = np.where(offered, utility, -np.inf)
    preference = np.exp(utility - utility.max(axis=-1, keepdims=True))
    preference[-2:] = 0.0
    preference[-2:, ECONOMY, USPS] = 1.0  # Amazon's refused parcels go where every address is served
    if not market.settings.universal_service:
        preference[-2:, ECONOMY, [UPS, FEDEX]] = 1.0
    price[-2:] = beyond
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
    hit = draws < share[shippers.division[:, None], shippers.primary]
    longest = np.iinfo(shippers.refused_months.dtype).max
    shippers.refused_months[:] = np.where(hit, np.minimum(shippers.refused_months, longest - 1) + 1, 0)
