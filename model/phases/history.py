"""A run that begins in the past: what everybody learns each year, statutes, and what forced events impose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import Contract
from model.announced_cost import with_announced_plan
from model.carriers import AMAZON
from model.demand import by_segment
from model.economy import Economy
from model.history.paths import ObservedPast
from model.timeline import hand_over_ends

Floats = NDArray[np.float64]
BILLION = 1e9


def in_past(market: Economy, month: Month | None = None) -> bool:
    """Whether a month (this one if not given) lies before the first month of projections."""
    return (month or market.month) < market.settings.projection_start


def forced(market: Economy, month: Month | None = None) -> bool:
    """Whether dated contracts and decisions are imposed in a month (this one if not given)."""
    return in_past(market, month) and market.settings.history_mode == "forced_events"


def left_to_bargaining(market: Economy, month: Month | None = None) -> bool:
    """Whether Amazon and USPS bargain over their contract in a month: not while the past is imposed."""
    return market.settings.usps_amazon_volume == "negotiated" and not forced(market, month)


def earliest_round(market: Economy, held: Contract) -> int:
    """First round in which the parties can sign: talks on the contract of 2022 had failed until a known month."""
    settings = market.settings
    if settings.history_mode == "free_run" or held.expiry < settings.projection_start:
        return 0
    return max(0, settings.earliest_signature - market.month)


def update_history(market: Economy) -> None:
    """Expected growth of the year, statutes that take effect, and plans that were announced when the past ends."""
    if not market.paths.observed:
        return
    if market.months_done > 0:
        market.update_figures(market.paths.figures(market.months_done))
    if market.month == _month_of(market.figures.retiree_premiums_end):
        _premiums_end(market)
    if market.month == _month_of(market.figures.reform_act_date):
        _reform_act(market)
    if market.month == market.settings.projection_start and market.settings.announced_plans:
        market.amazon.announces_rural_plan(market.month)
        if market.settings.rural_plan == "revealed":
            _hear_of_cost(market)


def _hear_of_cost(market: Economy) -> None:
    """Let the plan that Amazon announces this month reveal its cost in the addresses of the plan."""
    plan, memory = market.amazon.announced_plan(), market.amazon.memory
    assert plan is not None
    covered, parcels = market.state.network.coverage[AMAZON], memory.flows.parcels
    price = min(memory.price_belief, market.published_access_price())
    market.costs = with_announced_plan(
        market.costs,
        market.figures,
        market.zones,
        parcels,
        covered,
        plan,
        price,
        market.mail_index,
        market.state.environment,
    )


def _month_of(date: float) -> Month:
    year = int(date)
    return Month(year, 1) + round((date - year) * MONTHS_PER_YEAR)


def _premiums_end(market: Economy) -> None:
    """A fund takes over the premiums of retired workers: cost that was paid in cash falls away."""
    saving = market.figures.retiree_premiums * BILLION
    market.state.books.institutional_cost -= saving / MONTHS_PER_YEAR
    market.events.add(
        market.month, "fact", ("usps",), "A fund takes over the health premiums of retired postal workers", usd=saving
    )


def _reform_act(market: Economy) -> None:
    """Prefunding of retiree health ends: cost that was charged but not paid falls away."""
    p, books = market.figures, market.state.books
    saving = p.reform_act_saving
    books.institutional_cost -= saving * BILLION / MONTHS_PER_YEAR
    market.update_figures({"usps_noncash_and_unpaid": p.usps_noncash_and_unpaid - saving})
    market.events.add(
        market.month, "fact", ("usps",), "The Postal Service Reform Act ends prefunding", usd=saving * BILLION
    )


def follow_history(market: Economy) -> None:
    """Contracts of the past follow Amazon's growth; forced events set what USPS, UPS and FedEx carry.

    The contract with USPS is over addresses, so its parcels grow with Amazon's, up to its cap. What UPS and FedEx carry
    stays as it was at the start unless it is imposed. From the first month of projections on nothing of this moves.
    """
    paths = market.paths
    if not isinstance(paths, ObservedPast) or not in_past(market):
        return
    amazon, months = market.amazon, market.months_done
    before = paths.amazon_parcels(months - 1, months) if months else 1.0
    growth = paths.amazon_parcels(months, months) / before
    imposed = None
    if forced(market):
        sellers = ("usps", *market.carriers.integrators)
        imposed = {seller: paths.observed_value(f"amazon_{seller}", months) * BILLION for seller in sellers}
    amazon.follows_growth(market.amazon_parcels_expected(market.month), growth, imposed)
    if not left_to_bargaining(market):
        held = market.book.get("usps", "amazon")
        total = amazon.memory.slices.total
        within = 1.0 if forced(market) or held is None or total <= 0.0 else min(1.0, sum(held.cap) / total)
        amazon.keeps_share(amazon.memory.retained_share, within)


def contract_room(market: Economy) -> float:
    """What USPS must take at the contract price beyond the contract's parcels of the month, as a share of these."""
    room = market.figures.contract_cap_ratio - 1.0
    held, total = market.book.get("usps", "amazon"), float(market.amazon.memory.retained.sum())
    if not market.paths.observed or forced(market) or held is None or total <= 0.0:
        return room
    return min(room, max(0.0, sum(held.cap) / total - 1.0))


def imposed_access_price(market: Economy) -> float | None:
    """Price per parcel that a renewal of Amazon's contract with USPS has in forced events, None where none is known."""
    paths = market.paths
    if not isinstance(paths, ObservedPast) or not forced(market):
        return None
    return paths.observed_value("amazon_usps_price", market.months_done)


def response_within_total(market: Economy, response: Floats) -> Floats:
    """Response of demand to price and speed by segment, (S,); in the past the observed total holds it already.

    Then only the segments move against each other.
    """
    if not (market.paths.observed and in_past(market)):
        return response
    weight = by_segment(market.annual_parcels)
    return np.asarray(response * weight.sum() / float(weight @ response))


def take_back_economy(market: Economy) -> None:
    """Who has said so takes its economy last mile back from USPS: a fact where announced plans take effect."""
    for key, month in hand_over_ends().items():
        if market.settings.announced_plans and market.month == month:
            market.agent(key).ends_hand_over()


def imposed_hand_overs(market: Economy) -> dict[int, float]:
    """Parcels of the month that carriers must hand to USPS, by carrier index; empty where they decide.

    Dated decisions are imposed on the past; without make-or-buy everybody hands over what it always has.
    """
    season = market.state.environment.season
    paths = market.paths
    if isinstance(paths, ObservedPast) and forced(market):
        month, done = BILLION / MONTHS_PER_YEAR * season, market.months_done
        return {market.agent(key).index: paths.handed_over(key, done) * month for key in market.carriers.integrators}
    if market.settings.make_or_buy:
        return {}
    return {one.index: float(one.handed.sum()) * season for one in market.carrier_agents if one.handed.any()}
