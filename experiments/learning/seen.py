"""What a party sees: numbers with names and units, all through the narrow door (`agents.world`).

A `Part` is a row of numbers that belong together and the function that reads them. A party's observation is its parts
one after the other, so the order of the parts is the layout of the array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import View
from agents.calendar import MONTHS_PER_YEAR
from agents.contracts import Contract
from agents.geography import SEGMENTS, ZONE_TYPES

if TYPE_CHECKING:
    from agents.carriers import Carrier
    from agents.large_shipper import LargeShipper

Floats = NDArray[np.float64]
MILLION = 1e6
PARCELS, MONEY, PRICE, SHARE = "million parcels a year", "million $", "$ per parcel", "share"


@dataclass(frozen=True, slots=True)
class Field:
    """One number of an array.

    Attributes:
        name: Its name.
        unit: Its unit.
        meaning: One line.
    """

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Part:
    """Numbers that are read together.

    Attributes:
        name: What they are about.
        fields: One for each number.
        read: Returns them for a party.
    """

    name: str
    fields: tuple[Field, ...]
    read: Callable[[Any], Any]


def _each(names: tuple[str, ...], stem: str, unit: str, meaning: str) -> tuple[Field, ...]:
    return tuple(Field(f"{stem}_{name}", unit, f"{meaning}, {name}") for name in names)


def _by_zone_type(party: Carrier, values: Floats) -> Floats:
    """Sums of a figure by zone, in millions, (3,)."""
    return np.bincount(party.world.zones.zone_type, weights=values, minlength=len(ZONE_TYPES)) / MILLION


def _mean_by_zone_type(party: Carrier, values: Floats, weights: Floats) -> Floats:
    """Weighted means by zone type, 0 where nothing weighs, (3,)."""
    kinds, size = party.world.zones.zone_type, len(ZONE_TYPES)
    total = np.bincount(kinds, weights=weights, minlength=size)
    some = np.bincount(kinds, weights=np.where(weights > 0.0, values * weights, 0.0), minlength=size)
    return np.divide(some, total, out=np.zeros(size), where=total > 0.0)


def _calendar(party: Carrier) -> list[float]:
    figures = party.world.figures
    month = party.world.month.month
    ahead = (party.price_month - month) % MONTHS_PER_YEAR
    return [month, ahead, figures.inflation, figures.growth_other_demand]


CALENDAR = Part(
    "calendar",
    (
        Field("month", "1 to 12", "Calendar month that is played next"),
        Field("months_to_price_change", "months", "Until its yearly price change; 0 where it is due next"),
        Field("inflation", "share a year", "Inflation that everybody expects"),
        Field("demand_growth", "share a year", "Growth of demand that everybody expects"),
    ),
    _calendar,
)


def _books(party: Carrier) -> list[float]:
    books = party.world.own_books(party.index)
    volume = _by_zone_type(party, books.annual_volume)
    return [*volume, books.margin, books.cost_growth, books.utilisation, books.start_utilisation]


BOOKS = Part(
    "own books",
    (
        *_each(ZONE_TYPES, "volume", PARCELS, "Parcels that it delivers, season taken out"),
        Field("margin", SHARE, "Operating margin of the last twelve months"),
        Field("cost_growth", SHARE, "Growth of its cost per parcel over the last twelve months"),
        Field("utilisation", SHARE, "Volume over capacity, mean of the last twelve months"),
        Field("start_utilisation", SHARE, "The same in the year before the start"),
    ),
    _books,
)


def _network(party: Carrier) -> list[float]:
    books, households = party.world.own_books(party.index), party.world.zones.households
    ordered = [values.sum() / MILLION for values in (books.on_its_way, books.closing, books.locked)]
    cost = _mean_by_zone_type(party, books.unit_cost, books.annual_volume)
    coverage = _mean_by_zone_type(party, books.coverage, households.astype(float))
    return [*_by_zone_type(party, books.capacity), *ordered, *coverage, *cost]


NETWORK = Part(
    "own network",
    (
        *_each(ZONE_TYPES, "capacity", PARCELS, "Last-mile capacity"),
        Field("capacity_on_its_way", PARCELS, "Capacity that is ordered and not yet in use"),
        Field("capacity_closing", PARCELS, "Capacity whose closure has been decided"),
        Field("capacity_locked", PARCELS, "Capacity that came into use too recently to be closed"),
        *_each(ZONE_TYPES, "coverage", SHARE, "Households that it can serve"),
        *_each(ZONE_TYPES, "cost", PRICE, "Cost of the next household, mean over its parcels"),
    ),
    _network,
)


def _demand(party: Carrier) -> list[float]:
    own = party.world.own_demand(party.index)
    return [*own.parcels / MILLION, *own.price, *own.variable_cost, *own.elasticity]


DEMAND = Part(
    "own demand",
    (
        *_each(SEGMENTS, "parcels", PARCELS, "Parcels that it sells"),
        *_each(SEGMENTS, "price", PRICE, "Mean price paid for them"),
        *_each(SEGMENTS, "variable_cost", PRICE, "Cost of one more of them"),
        *_each(SEGMENTS, "elasticity", "-", "Long-run elasticity of them with respect to its own prices"),
    ),
    _demand,
)


def _prices(party: Carrier) -> list[float]:
    prices = party.world.list_prices()
    offered = np.isfinite(prices)
    level = np.where(offered, prices, 0.0)
    rivals = np.delete(level, party.index, axis=1).sum(axis=1)
    count = np.delete(offered, party.index, axis=1).sum(axis=1)
    mean = np.divide(rivals, count, out=np.zeros_like(rivals), where=count > 0)
    return [*level[:, party.index], *mean, party.world.rival_price_ratio(party.index)]


PRICES = Part(
    "public prices",
    (
        *_each(SEGMENTS, "list_price", PRICE, "Its list price, 0 where it has no offer"),
        *_each(SEGMENTS, "rivals_list_price", PRICE, "Mean list price of the others that have an offer"),
        Field("rival_price_ratio", "-", "Growth of rivals' list prices since the start over its own"),
    ),
    _prices,
)


def _postal(party: Carrier) -> list[float]:
    books = party.world.postal_books()
    money = (
        books.cash,
        books.arrears,
        books.borrowing_room,
        books.underlying_flow,
        books.tariff_revenue,
        books.institutional_cost,
        books.capital_plan,
    )
    ladder, allowed = books.ladder.highest, float(books.five_day_allowed)
    return [*(one / MILLION for one in money), books.wage_index, ladder, allowed]


POSTAL = Part(
    "books of USPS (0 before its first month)",
    (
        Field("cash", MONEY, "Cash"),
        Field("arrears", MONEY, "Payments that it could not make"),
        Field("borrowing_room", MONEY, "What it may borrow in the next twelve months"),
        Field(
            "underlying_flow", "million $ a month", "Mean change of cash over a year, without borrowing and measures"
        ),
        Field("tariff_revenue", "million $ a month", "Revenue from parcels at published prices"),
        Field("institutional_cost", "million $ a month", "Cost that no product causes, without measures"),
        Field("capital_plan", "million $ a month", "Capital spending without measures"),
        Field("wage_index", "-", "Its wages relative to the start"),
        Field("distress_rung", "0 to 6", "Highest rung of the distress ladder taken"),
        Field("five_day_allowed", "0 or 1", "Whether Congress allows delivery on five days a week"),
    ),
    _postal,
)


def _shipper(party: LargeShipper) -> list[float]:
    world, now = party.world, party.world.month
    later = now + MONTHS_PER_YEAR
    seen = (
        world.amazon_parcels_expected(now),
        world.amazon_parcels_expected(later),
        party.outsourced(now, now),
        party.outsourced(later, now),
        party.expected_at_usps(now, now),
        party.expected_at_usps(later, now),
        world.amazon_own_volume(),
    )
    return [float(one.sum()) / MILLION for one in seen]


SHIPPER = Part(
    "Amazon as a shipper",
    (
        Field("shipped", PARCELS, "What it expects to ship this month, on trend"),
        Field("shipped_in_a_year", PARCELS, "The same a year ahead"),
        Field("outsourced", PARCELS, "What its contracts carry of it, as known today"),
        Field("outsourced_in_a_year", PARCELS, "The same a year ahead"),
        Field("at_usps", PARCELS, "The part of it at USPS"),
        Field("at_usps_in_a_year", PARCELS, "The same a year ahead"),
        Field("own_volume", PARCELS, "Its own parcels that it delivers itself, season taken out"),
    ),
    _shipper,
)


def with_other(other: str) -> Part:
    """What a party sees of its contract and its talks with one other party.

    Args:
        other: Key of the other party.
    """
    fields = tuple(Field(f"{other}_{one.name}", one.unit, one.meaning) for one in WITH_OTHER)
    return Part(f"contract and talks with {other}", fields, partial(_between, other))


def _between(other: str, party: Carrier) -> list[float]:
    held = [one for one in party.world.own_contracts(party.key) if other in (one.seller, one.buyer)]
    view = party.world.own_talks(party.key).get(other)
    return [*_contract(party, held[0] if held else None), *_talks(view)]


WITH_OTHER = (
    Field("contract", "0 or 1", "Whether a contract between the two is in force; what follows of it is 0 without"),
    Field("contract_months_left", "months", "Until it expires"),
    Field("contract_price", PRICE, "Its mean price this month, before the peak surcharge"),
    Field("contract_reverted", "0 or 1", "Whether the published price is paid instead: a commitment was missed"),
    Field("contract_parcels", PARCELS, "What the buyer has promised"),
    Field("talks", "0 or 1", "Whether the two talk; what follows of the talks is 0 if not"),
    Field("talks_round", "months", "Since the talks opened"),
    Field("talks_deadline", "months", "Until it is pressed: a buyer must order capacity, a seller's contract ends"),
    Field("talks_own_limit", PRICE, "Its own limit, mean over what is talked about"),
    Field("talks_price_in_force", PRICE, "Price in force when the talks opened"),
    Field("talks_published", PRICE, "What the parcels pay without a contract"),
    Field("talks_parcels", PARCELS, "What is talked about"),
    Field("talks_own_offer", PRICE, "Its own latest offer, 0 before the first"),
    Field("talks_their_offer", PRICE, "The other side's latest offer, 0 before the first"),
)


def _contract(party: Carrier, held: Contract | None) -> list[float]:
    if held is None:
        return [0.0] * 5
    month, weights = party.world.month, np.maximum(held.commitment, 1.0)
    price = np.average([held.price_at(month, group) for group in range(len(held.groups))], weights=weights)
    left = (held.expiry if held.ends is None else min(held.expiry, held.ends)) - month
    return [1.0, left, float(price), float(held.reverted), sum(held.commitment) / MILLION]


def _talks(view: View | None) -> list[float]:
    if view is None:
        return [0.0] * 9
    weights = np.where(view.quantity > 0.0, view.quantity, 0.0)

    def mean(values: Floats) -> float:
        weighed = np.where(np.isfinite(values), weights, 0.0)
        return float((np.where(weighed > 0.0, values, 0.0) * weighed).sum() / weighed.sum()) if weighed.any() else 0.0

    offers = [0.0, 0.0]
    for offer in view.offers:
        offers[offer.side is not view.side] = mean(offer.price)
    ahead = view.deadline - view.round
    terms = (view.reservation, view.current_price, view.published)
    return [1.0, view.round, ahead, *(mean(one) for one in terms), view.quantity.sum() / MILLION, *offers]
