"""What carriers decide for later: capacity orders once a quarter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.books import CarrierBooks
from agents.calendar import JANUARY, Month
from agents.carriers import QUARTER, Carrier
from agents.rules.capacity import CapacityOrder, Closure
from model.access.insourcing import extension_case
from model.answers import checked, checked_order
from model.capital import buy_capital
from model.economy import Economy
from model.phases.entry_exit import (
    Prospect,
    count_losses,
    enter,
    expanding,
    openings_before_start,
    prospects,
    within,
)
from model.phases.places import review_places
from model.phases.prices import usps_basket_cost
from model.phases.rivals import fill_networks, review_contracts
from model.words import parcels_in_words

Floats = NDArray[np.float64]
SMALLEST_PART = 1.0  # parcels a year: less is rounding
LONGEST_LEAD = 120.0  # months


def learn_and_plan(market: Economy) -> None:
    """Once a quarter every carrier orders what it expects to need and closes what it does not; the order is drawn.

    Rivals' rules and entry follow the same calendar.
    """
    settings = market.settings
    count_losses(market)
    if settings.rival_rules:
        review_contracts(market)
    if not (market.month + 1).quarter_start:
        return
    order = market.streams.generator("planning_order", market.month).permutation(len(market.carrier_agents))
    around = prospects(market, expanding(market))
    with books_at_hand(market):
        for position in order:
            _build_and_close(market, market.carrier_agents[position], around.get(position))
        if settings.rival_rules:
            fill_networks(market)
    free = settings.make_or_buy and settings.price_rule == "adaptive"  # it moves both networks and prices
    if free and market.figures.places_are_left > 0.0 and (market.month + 1).month == JANUARY:
        review_places(market)


@contextmanager
def books_at_hand(market: Economy) -> Iterator[None]:
    """While carriers plan or talk, their own books are drawn up once: only what they order and close changes these."""
    market.books_at_hand = {}
    try:
        yield
    finally:
        market.books_at_hand = None


def _note_in_books(market: Economy, carrier: int) -> None:
    """A carrier has ordered or closed something: that alone changes in its books at hand."""
    at_hand, network = market.books_at_hand, market.state.network
    if at_hand is not None and carrier in at_hand:
        at_hand[carrier] = replace(
            at_hand[carrier], on_its_way=network.on_its_way(carrier), closing=network.closing(carrier)
        )


def _build_and_close(market: Economy, carrier: Carrier, prospect: Prospect | None) -> None:
    """Orders, entry and closures of one carrier.

    Args:
        market: The market.
        carrier: The carrier.
        prospect: What it can expect around it; None where it goes nowhere.
    """
    settings, lead = market.settings, _lead_of(carrier)
    if settings.rural_plan == "reconsidered" and carrier.announced_plan() is not None:
        _reconsider_plan(market, carrier, lead)
    placed = ordered_capacity(market, carrier, carrier.capacity_order(lead))
    if placed is not None:
        _place(market, placed)
    ordered = 0.0 if placed is None else float(placed.annual_parcels.sum())
    if prospect is not None:
        _grow(market, carrier, prospect, max(0.0, carrier.build_room(QUARTER) - ordered))
    if settings.make_or_buy or carrier.always_closes:
        closure = carrier.closure(int(market.figures.closure_lag), lead)
        if closure is not None:
            market.state.network.closures.append(_possible_closure(market, carrier, closure))
            _note_in_books(market, carrier.index)


def _lead_of(carrier: Carrier) -> int:
    """Months from an order of a carrier to its use."""
    return int(checked(carrier.key, "months from an order to its use", carrier.build_lead(), (), LONGEST_LEAD))


def _reconsider_plan(market: Economy, carrier: Carrier, lead: int) -> None:
    """What a carrier has announced and does not build yet: it goes on with the part that still pays."""
    plan, open_from = carrier.announced_plan(), market.month + lead
    found = carrier.reconsiders_plan()
    if plan is None or found is None:
        return
    coming = plan.coming(open_from)
    part = checked(carrier.key, "part of its plan that it builds", found, coming.shape, 1.0)
    dropped = float((coming * (1.0 - part)).sum())
    if dropped < SMALLEST_PART:
        return
    carrier.cuts_plan(part)
    market.events.add(
        market.month,
        "order",
        (carrier.key,),
        f"{carrier.name} gives up {parcels_in_words(dropped)} a year of the {parcels_in_words(float(coming.sum()))} a "
        f"year that its announced plan was still to bring from {open_from} on: they would not pay",
        dropped_annual_parcels=dropped,
    )


def ordered_capacity(market: Economy, carrier: Carrier, order: CapacityOrder | None) -> CapacityOrder | None:
    """The quarterly order of a carrier, for itself alone, once it is sure that it can be placed.

    Raises:
        model.answers.AnswerError: It is not possible, or more than the carrier can order in a quarter.
    """
    if order is None:
        return None
    found = checked_order(carrier.key, order, market.zones.n_zones, carrier.build_room(QUARTER))
    return found if found.carrier == carrier.index else replace(found, carrier=carrier.index)


def _possible_closure(market: Economy, carrier: Carrier, closure: Closure) -> Closure:
    """A closure of what a carrier has, for itself alone.

    Raises:
        model.answers.AnswerError: It has another shape, is negative, or more than there is.
    """
    capacity = market.state.network.capacity[carrier.index]
    closed = checked(carrier.key, "capacity closed", closure.annual_parcels, capacity.shape, capacity)
    coverage = checked(carrier.key, "coverage after its closure", closure.coverage, capacity.shape, 1.0)
    return replace(closure, carrier=carrier.index, annual_parcels=closed, coverage=coverage)


def _grow(market: Economy, carrier: Carrier, prospect: Prospect, room: float) -> None:
    """A carrier goes beyond what it covers today, as far as its growth cap leaves room."""
    orders = []
    if market.settings.make_or_buy:
        orders.append(extend(market, carrier, room))
    if market.settings.entry_and_exit:
        taken = sum(float(order.annual_parcels.sum()) for order in orders if order is not None)
        orders.append(enter(market, carrier, prospect, room - taken))
    for order in orders:
        if order is not None:
            _place(market, order)


def extend(market: Economy, carrier: Carrier, room: float) -> CapacityOrder | None:
    """Ask a carrier that buys the last mile beyond its routes what it builds there.

    Args:
        market: The market.
        carrier: The carrier.
        room: Annual parcels of capacity that it can still order this quarter.
    """
    case = extension_case(market, carrier.index)
    order = None if case is None else carrier.extends(case, room)
    if order is None:
        return None
    return within(checked_order(carrier.key, order, market.zones.n_zones), carrier.index, room)


def order_before_start(market: Economy) -> None:
    """Orders that were on their way when the run begins: one a quarter, as each carrier would have placed them then.

    They were placed in ignorance of anything that a scenario decides from the start on.
    """
    start, leads = market.settings.start, [_lead_of(carrier) for carrier in market.carrier_agents]
    for arrives in range(0, max(1, *leads), QUARTER):
        for carrier, lead in zip(market.carrier_agents, leads, strict=True):
            if arrives >= max(1, lead):
                continue
            placed = ordered_capacity(market, carrier, carrier.capacity_order(lead, month=start + (arrives - lead)))
            if placed is not None:
                _place(market, placed, quiet=True)
    for index in expanding(market) if market.settings.entry_and_exit else []:
        for order in openings_before_start(market, index, leads[index]):
            _place(market, order, quiet=True)


def _place(market: Economy, order: CapacityOrder, quiet: bool = False) -> None:
    """Put an order on its way and pay for it at the prices of the month; a quiet one was paid for before the start."""
    paid = order.capital if quiet else order.capital * market.state.environment.price_level
    market.state.network.pipeline.append(replace(order, capital=paid))
    _note_in_books(market, order.carrier)
    if quiet:
        return
    key = market.carriers.keys[order.carrier]
    buy_capital(market, key, paid)
    market.events.add(
        market.month,
        "order",
        (key,),
        f"{market.carriers.names[order.carrier]} orders capacity for "
        f"{parcels_in_words(float(order.annual_parcels.sum()))} a year, usable from {order.arrives}",
        annual_parcels=order.annual_parcels.sum(),
        capital_usd=paid,
    )


def own_books(market: Economy, carrier: int, month: Month) -> CarrierBooks:
    """A carrier's own accounts, capacity and prices, as in a month."""
    at_hand = market.books_at_hand
    if at_hand is None or month != market.month:
        return _draw_up_books(market, carrier, month)
    if carrier not in at_hand:
        at_hand[carrier] = _draw_up_books(market, carrier, month)
    return at_hand[carrier]


def _draw_up_books(market: Economy, carrier: int, month: Month) -> CarrierBooks:
    network, books = market.state.network, market.state.books
    revenue, cost = float(books.revenue[:, carrier].sum()), float(books.cost[:, carrier].sum())
    volume = float(books.volume[:, carrier].sum())
    planned = cost - float(books.shock_cost[:, :, carrier].sum())  # a surcharge follows the rest
    before = float(books.last_year_unit_cost[carrier])
    growth = planned / volume / before - 1.0 if volume > 0.0 and before > 0.0 else market.figures.inflation
    if market.carrier_agents[carrier].under_postal_law:
        growth += market.figures.usps_like_for_like * (_basket_growth(market) - growth)
    routes = market.carrier_agents[carrier].parcel_routes
    unit_cost = network.street.of(carrier).next_household if routes else np.zeros(market.zones.n_zones)
    return CarrierBooks(
        annual_volume=network.annual_volume[carrier],
        capacity=network.capacity[carrier],
        on_its_way=network.on_its_way(carrier),
        closing=network.closing(carrier),
        locked=network.locked(carrier, month + -int(market.figures.capacity_lock_months)),
        coverage=network.coverage[carrier],
        unit_cost=unit_cost,
        revenue=revenue,
        margin=1.0 - cost / revenue if revenue > 0.0 else 0.0,
        cost_growth=growth,
        utilisation=float(books.utilisation[:, carrier].mean()),
        start_utilisation=float(books.start_utilisation[carrier]),
        start_margin=float(books.start_margin[carrier]),
    )


def _basket_growth(market: Economy) -> float:
    """Growth of what a fixed basket of parcels costs USPS since its last price plan."""
    before = market.state.books.last_year_basket or usps_basket_cost(market, 1.0, 1.0, 1.0)
    env = market.state.environment
    return usps_basket_cost(market, market.mail_index, env.wage_usps, env.price_level) / before - 1.0
