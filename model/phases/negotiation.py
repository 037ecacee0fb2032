"""Amazon and USPS bargain over access: what is at stake, one round a month, and the contract that comes out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import (
    AlternatingOffers,
    Bargaining,
    Concession,
    NashSplit,
    PostedTariff,
    PriceGroups,
    Side,
    SliceValues,
    Stakes,
    TakeItOrLeaveIt,
    Talks,
    exit_months,
    group_stakes,
    price_groups,
    private_noise,
    slice_values,
)
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import Contract
from agents.make_or_buy import updated_price_belief
from model.auction.dates import announced
from model.carriers import AMAZON
from model.operations import amazon_own_cost, usps_cost_grid
from model.parameters import Parameters
from model.state import TalksState

if TYPE_CHECKING:
    from model.market import ParcelMarket

Floats = NDArray[np.float64]
PAIR = ("usps", "amazon")
ROUNDING = 1e-9


def negotiate(market: ParcelMarket) -> None:
    """Open talks when the contract's end comes near, play this month's round, sign what is agreed (section 11)."""
    if market.settings.usps_amazon_volume != "negotiated" or market.book.upcoming(*PAIR) is not None:
        return
    if announced(market.settings, market.month):
        return  # access is sold by auction and no other way
    state = market.state.amazon
    held = market.book.get(*PAIR)
    assert held is not None
    if state.talks is None or (state.talks.talks.signed and held.start > state.talks.opened):
        if market.month < held.expiry + -int(market.figures.opening_lead_strategic):
            return
        state.talks = _open(market, held)
    talks = state.talks
    values = value_slices(market, _earliest_start(market, held))
    stakes = _stakes(market, values, talks.groups)
    draw = float(market.streams.generator("breakdown", market.month, owner="usps-amazon").random())
    round_ = market.month - talks.opened
    after = bargaining_procedure(market).advance(talks.talks, round_, stakes, draw)
    if len(after.offers) > len(talks.talks.offers) and after.offers[-1].side is Side.SELLER:
        asked = _mean_price(after.offers[-1].price, stakes.quantity)
        state.price_belief = float(updated_price_belief(state.price_belief, asked, market.figures.belief_gain))
    talks.talks, talks.stakes = after, stakes
    talks.limits.append((round_, *after.perceived(stakes).limits()))
    if after.signed:
        _sign(market, held, values, after)


def _mean_price(price: Floats, quantity: Floats) -> float:
    """Mean of the prices that were named, weighted by quantity; nan where none was."""
    weight = np.where(np.isnan(price), 0.0, quantity)
    return float(np.nansum(price * weight) / weight.sum()) if weight.sum() > 0.0 else float("nan")


def bargaining_procedure(market: ParcelMarket) -> Bargaining:
    """The procedure that the scenario chose, with the sourced coefficients; a plugged-in one goes before."""
    if market.procedure is not None:
        return market.procedure
    p, kind = market.figures, market.settings.bargaining
    interval = int(p.resume_interval)
    if kind == "nash":
        return NashSplit(p.seller_bargaining_weight, interval, p.belief_gain)
    if kind == "take_it_or_leave_it":
        return TakeItOrLeaveIt(Side.SELLER, p.reservation_belief_sd * p.price_access_amazon, interval, p.belief_gain)
    if kind == "posted":
        return PostedTariff()
    return alternating_offers(p)


def alternating_offers(p: Parameters) -> AlternatingOffers:
    """The full protocol with the sourced concession tactics of both sides."""
    return AlternatingOffers(
        buyer=Concession(p.concession_exponent_buyer, p.aspiration_gap),
        seller=Concession(p.concession_exponent_seller, p.aspiration_gap),
        breakdown_hazard=p.breakdown_hazard,
        freeze_months=int(p.freeze_months),
        seller_weight=p.seller_bargaining_weight,
        resume_interval=int(p.resume_interval),
        belief_gain=p.belief_gain,
    )


def _open(market: ParcelMarket, held: Contract) -> TalksState:
    p, month = market.figures, market.month
    names = [f"{state} {kind}" for state, kind in zip(market.zones.state, market.zones.zone_type, strict=True)]
    groups = price_groups(market.settings.price_structure, market.zones.zone_type, names)
    current = np.array([_price_in_force(market, held)] * len(groups.names))
    normal = market.streams.generator("reservation", month, owner="usps-amazon").standard_normal((2, len(groups.names)))
    noise = private_noise(normal, p.reservation_belief_sd, current)
    talks = Talks.opened(
        groups.names,
        current,
        opening_lead=held.expiry - month,
        build_lead=min(int(p.build_lead_months), held.expiry - month),
        noise=noise,
        earliest_round=max(0, market.settings.earliest_signature - month),
    )
    market.events.add(month, "talks", ("amazon", "usps"), "Amazon and USPS open talks on last-mile access")
    return TalksState(opened=month, groups=groups, talks=talks, stakes=None)


def _price_in_force(market: ParcelMarket, held: Contract) -> float:
    """Mean price of the contract in force this month, $ per parcel."""
    weights = np.maximum(np.array(held.commitment), 1.0)
    prices = [
        held.price_at(market.month, group, published=market.published_access_price())
        for group in range(len(held.groups))
    ]
    return float(np.average(prices, weights=weights))


def value_slices(market: ParcelMarket, begin: Month) -> SliceValues:
    """What access to each slice is worth to both sides from the first month of a contract on (section 11, step A).

    Where Amazon has capacity already or on its way, its capital is sunk and only running cost counts.
    """
    p, slices = market.figures, market.state.amazon.slices
    own, capital, covered = own_slice_cost(market)
    own = np.where(covered, own, own + capital)
    env = market.state.environment
    grid = usps_cost_grid(market.costs, market.zones, market.mail_index, env.wage_usps, env.price_level)
    term = int(p.term_strategic)
    return slice_values(
        slices.volume,
        own,
        grid[slices.zone, slices.cell],
        market.published_access_price(),
        exit_months(slices.volume, own, capacity_after(market, begin, term)),
        term,
        seller_margin_floor=p.seller_margin_floor,
        saved_by_own_delivery=_saved(market),
        discount_rate_monthly=p.discount_rate_monthly,
    )


def own_slice_cost(market: ParcelMarket) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Amazon's running cost and capital charge by slice, $ per parcel, and whether capacity for it is in place."""
    p, slices, network, env = market.figures, market.state.amazon.slices, market.state.network, market.state.environment
    grid = amazon_own_cost(
        market.costs, market.zones, market.state.amazon.flows.parcels, env.wage_other, env.price_level
    )
    factor = market.costs.own_cost_multiplier * market.costs.own_cost_noise
    capital = p.by_type("capital_charge")[market.zones.zone_type] * factor * env.price_level
    reached = network.coverage[AMAZON].copy()
    for order in network.pipeline:
        if order.carrier == AMAZON:
            reached = np.maximum(reached, order.coverage)
    if market.settings.announced_plans:
        left = max(0, market.state.amazon.plan_months - market.months_done)
        reached = np.minimum(1.0, reached + market.state.amazon.plan_coverage * left)
    middle = (slices.cell + 0.5) / market.zones.density_grid.shape[1]
    return grid[slices.zone, slices.cell], capital[slices.zone], middle <= reached[slices.zone]


def capacity_after(market: ParcelMarket, begin: Month, term: int) -> Floats:
    """Parcels a year at USPS that Amazon could deliver itself h months after `begin`, h = 0 .. term - 1, (term,)."""
    network, amazon, month = market.state.network, market.amazon, market.month
    books = market.own_books(AMAZON)
    lead = int(market.figures.build_lead_months)
    ready = float((books.capacity + books.on_its_way).sum())
    months = np.arange(term)
    until = begin - month
    ordered = amazon.yearly_build_limit() / MONTHS_PER_YEAR * np.maximum(0, until + months - lead)
    slices = market.state.amazon.slices.total
    others = float(np.maximum(network.annual_volume[AMAZON] - network.amazon_own, 0.0).sum())
    flows = market.state.amazon.flows
    elsewhere = float(flows.ups.sum()) * market.state.amazon.ups_share + float(flows.fedex.sum())
    needed = np.array([float(market.amazon_parcels_expected(begin + int(h)).sum()) for h in months])
    spare = ready + ordered - (needed - slices - elsewhere + others)
    return np.asarray(np.maximum.accumulate(np.maximum(spare, 0.0)))


def _stakes(market: ParcelMarket, values: SliceValues, groups: PriceGroups) -> Stakes:
    """Stakes by price group; the seller expects auction revenue as far as it believes in it."""
    group = groups.of_zone[market.state.amazon.slices.zone]
    stakes = group_stakes(values, group, len(groups.names))
    stakes = replace(stakes, buyer_outside=stakes.published)  # nobody pays more than what is open to all
    belief = market.figures.auction_displacement_belief
    if belief > 0.0:
        stakes = replace(stakes, seller_outside=belief * stakes.published + (1.0 - belief) * stakes.seller)
    return stakes


def _sign(market: ParcelMarket, held: Contract, values: SliceValues, talks: Talks) -> None:
    """Turn an agreement into a contract: it starts when the old one ends, at the earliest after the review."""
    p, amazon = market.figures, market.state.amazon
    assert amazon.talks is not None
    group = amazon.talks.groups.of_zone[amazon.slices.zone]
    price = np.where(np.isnan(talks.price), market.published_access_price(), talks.price)
    agreed = ~np.isnan(talks.price)
    taken = values.efficient & agreed[group]
    if market.settings.price_structure == "uniform":
        # One price for all: the buyer commits what is worth that much to it. A mean of equal prices may exceed them by
        # its rounding, which must not cost the whole deal.
        taken &= values.buyer >= price[group] * (1.0 - ROUNDING)
    volume = np.bincount(group[taken], weights=amazon.slices.volume[taken], minlength=len(price))
    start = _earliest_start(market, held)
    amazon.agreed[start] = taken
    contract = Contract(
        seller="usps",
        buyer="amazon",
        segment="economy",
        groups=talks.groups,
        price=tuple(map(float, price)),
        escalator=p.inflation,
        commitment=tuple(map(float, volume)),
        cap=tuple(float(v * p.contract_cap_ratio) for v in volume),
        shortfall_rule="reversion",
        tolerance=p.shortfall_tolerance,
        take_or_pay_rate=p.take_or_pay_rate,
        start=start,
        term_months=int(p.term_strategic),
        notice_months=int(p.notice_months),
    )
    market.book.sign(contract, market.month)
    mean = float(np.average(price, weights=np.maximum(volume, 1.0)))
    volume_taken, paid = amazon.slices.volume[taken], price[group[taken]]
    market.events.add(
        market.month,
        "agreement",
        ("amazon", "usps"),
        f"Amazon and USPS agree on {mean:.2f} $ for {volume.sum() / 1e6:,.0f} million parcels a year from {start}",
        price_usd=mean,
        parcels=float(volume.sum()),
        round=float(market.month - amazon.talks.opened),
        buyer_surplus_usd=float((volume_taken * (values.buyer[taken] - paid)).sum()),
        seller_surplus_usd=float((volume_taken * (paid - values.seller[taken])).sum()),
    )


def _earliest_start(market: ParcelMarket, held: Contract) -> Month:
    """First month of a contract that is signed now: after the review, not before the one in force ends."""
    return max(held.expiry, market.month + int(market.figures.regulator_lag))


def desired_slices(market: ParcelMarket, price: float) -> NDArray[np.bool_]:
    """Slices that Amazon means to leave with USPS at a price when it decides what to build, (L,) (section 12)."""
    own, capital, covered = own_slice_cost(market)
    cost = np.where(covered, own, own + capital * (1.0 + market.figures.investment_hurdle))
    return np.asarray(cost - _saved(market) > price)


def slices_bought(market: ParcelMarket, price: float) -> NDArray[np.bool_]:
    """Slices that are cheaper this month to hand to USPS at a price than to run own routes for, (L,)."""
    own, _, _ = own_slice_cost(market)
    return np.asarray(own - _saved(market) > price)


def _saved(market: ParcelMarket) -> float:
    """What Amazon saves by delivering itself, injection and speed, $ per parcel."""
    p = market.figures
    return (p.injection_cost_amazon + p.speed_benefit_amazon) * market.state.environment.price_level
