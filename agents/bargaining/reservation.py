"""Quantity first: what a deal is worth to both sides, slice by slice and by price group (section 11, step A).

A slice is volume of the buyer with one own cost and one cost to the seller. What each side gets without a deal is what
it bargains against (Binmore, Rubinstein and Wolinsky 1986): as long as the buyer could not serve a slice otherwise, it
would pay the published price, and the seller would earn it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from agents.bargaining.offers import Bools, Floats, Ints, Stakes
from agents.delivery_cost.checks import IndexArray, check_shape, check_share, check_values
from agents.geography import ZONE_TYPES

PriceStructure = Literal["uniform", "by_zone_type", "by_zone"]


@dataclass(frozen=True, slots=True, eq=False)
class PriceGroups:
    """Which zones share a price.

    Attributes:
        names: Names of the groups, G of them.
        of_zone: Group of each zone, (Z,).
    """

    names: tuple[str, ...]
    of_zone: Ints


def price_groups(structure: PriceStructure, zone_type: IndexArray, zone_names: Sequence[str]) -> PriceGroups:
    """Group zones by price structure.

    Args:
        structure: "uniform" (one group), "by_zone_type" (three) or "by_zone".
        zone_type: Zone type of each zone, (Z,).
        zone_names: Names of the zones, used by "by_zone".

    Raises:
        ValueError: An unknown structure.
    """
    n_zones = len(zone_type)
    if structure == "uniform":
        return PriceGroups(("uniform",), np.zeros(n_zones, dtype=np.int64))
    if structure == "by_zone_type":
        return PriceGroups(ZONE_TYPES, np.asarray(zone_type, dtype=np.int64))
    if structure == "by_zone":
        if len(zone_names) != n_zones:
            raise ValueError(f"zone_names has {len(zone_names)} names; allowed: {n_zones}")
        return PriceGroups(tuple(zone_names), np.arange(n_zones, dtype=np.int64))
    raise ValueError(f"price structure is {structure!r}; allowed: uniform, by_zone_type, by_zone")


def exit_months(volume: Floats, own_cost: Floats, capacity: Floats) -> Ints:
    """Months after expiry until the buyer can serve each slice itself, cheapest slices first.

    Args:
        volume: Parcels a year by slice, (L,).
        own_cost: Own cost by slice, $ per parcel, (L,); sets the order.
        capacity: Parcels a year that it can serve of these slices h months after expiry, h = 0 .. H - 1, (H,), from
            pipeline and build limit; never falls.

    Returns:
        (L,) months, H where the capacity is not enough within H months.

    Raises:
        ValueError: Capacity falls.
    """
    if (capacity[1:] < capacity[:-1]).any():  # not a difference: without a build limit capacity is infinite
        raise ValueError("capacity falls between two months; allowed: never falling")
    order = np.argsort(own_cost, kind="stable")
    months = np.empty(volume.size, dtype=np.int64)
    needed = np.cumsum(volume[order])
    # The last slice must not miss a capacity that equals the total but for rounding.
    months[order] = np.searchsorted(capacity, needed * (1.0 - 1e-12), side="left")
    return months


def stay_weight(exit_month: Ints, term_months: int, discount_rate_monthly: float) -> Floats:
    """Discounted share of the term during which the buyer would have to stay at the published price without a deal.

    Args:
        exit_month: Months after expiry until it can leave, (L,).
        term_months: Length of the contract that is talked about.
        discount_rate_monthly: Discount rate.

    Returns:
        (L,) 0 (could leave at once) to 1 (could not leave within the term).

    Raises:
        ValueError: The term is not at least 1, or the rate is not from 0 to below 1.
    """
    if term_months < 1 or not 0.0 <= discount_rate_monthly < 1.0:
        raise ValueError(
            f"term_months is {term_months} and discount_rate_monthly {discount_rate_monthly}; "
            "allowed: at least 1, 0 to below 1"
        )
    weights = (1.0 - discount_rate_monthly) ** np.arange(term_months)
    until = np.concatenate([[0.0], np.cumsum(weights)])
    return np.asarray(until[np.clip(exit_month, 0, term_months)] / until[-1], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Sale:
    """What a seller knows of what it could sell, by slice, (L,) each.

    Attributes:
        volume: Parcels a year.
        attributable_cost: Its own, overtime where capacity binds included, $ per parcel.
        published: What the buyer pays without a contract, $ per parcel.
        stay: Part of the term during which the buyer would have to pay that; see `stay_weight`.
        keeps: Whether it is this seller that earns it.
    """

    volume: Floats
    attributable_cost: Floats
    published: Floats
    stay: Floats
    keeps: Bools | bool = True


@dataclass(frozen=True, slots=True, eq=False)
class SellerLimits:
    """Lowest prices of a seller, by slice, $ per parcel, (L,) each.

    Attributes:
        floor: Where nothing else is at stake: below it a slice is not worth delivering.
        limit: With what it would earn without a deal.
    """

    floor: Floats
    limit: Floats


def seller_limits(sale: Sale, margin: float) -> SellerLimits:
    """Limits of a seller that wants a margin over its cost, and no less than it would earn without a deal.

    Args:
        sale: What is sold.
        margin: Over attributable cost, a share.
    """
    floor = sale.attributable_cost * (1.0 + margin)
    return SellerLimits(floor, floor + sale.stay * np.maximum(0.0, sale.published - floor) * sale.keeps)


@dataclass(frozen=True, slots=True, eq=False)
class SliceValues:
    """What access to each slice is worth, (L,) each, $ per parcel but `volume`.

    Attributes:
        volume: Parcels a year.
        attributable_cost: Seller's attributable cost, overtime where capacity binds included.
        seller_floor: The same with the seller's margin.
        own_value: Price at which the buyer is indifferent to delivering itself.
        buyer: Value to the buyer.
        seller: Value to the seller.
        published: What it pays without a contract.
    """

    volume: Floats
    attributable_cost: Floats
    seller_floor: Floats
    own_value: Floats
    buyer: Floats
    seller: Floats
    published: Floats

    @property
    def efficient(self) -> Bools:
        """Slices that are cheaper to leave with the seller, (L,)."""
        return self.own_value >= self.seller_floor


@dataclass(frozen=True, slots=True, eq=False)
class BuyerValues:
    """What a buyer says of each slice, (L,) each, $ per parcel but `volume` and `stay`.

    Attributes:
        volume: Parcels a year.
        own_value: Price at which it is indifferent to delivering itself.
        published: What it pays without a contract.
        stay: Discounted share of the term during which it would have to pay that without a deal, 0 to 1.
        worth: The most that it pays.
    """

    volume: Floats
    own_value: Floats
    published: Floats
    stay: Floats
    worth: Floats


def buyer_values(
    volume: Floats,
    own_cost: Floats,
    published: Floats | float,
    exit_month: Ints,
    term_months: int,
    *,
    saved_by_own_delivery: float,
    discount_rate_monthly: float,
) -> BuyerValues:
    """The buyer's side of `slice_values`; the arguments are the same.

    Returns:
        Its values: the published price as long as it could not leave, its own cost from then on.
    """
    check_shape("own_cost", own_cost, volume.shape)
    check_values("own_cost", own_cost)
    check_values("volume", volume)
    own_value = own_cost - saved_by_own_delivery
    by_slice = np.broadcast_to(np.asarray(published, dtype=np.float64), volume.shape)
    stay = stay_weight(np.where(own_value >= by_slice, term_months, exit_month), term_months, discount_rate_monthly)
    return BuyerValues(volume, own_value, by_slice, stay, stay * by_slice + (1.0 - stay) * own_value)


def with_seller(
    buyer: BuyerValues,
    attributable_cost: Floats,
    sells: Callable[[Sale], SellerLimits],
    seller_keeps: Bools | bool = True,
) -> SliceValues:
    """What both sides say together.

    Args:
        buyer: What the buyer says.
        attributable_cost: Cost to the seller, $ per parcel, (L,).
        sells: How the seller sets its own limits.
        seller_keeps: Whether it is this seller that earns the price without a contract while the buyer stays.

    Raises:
        ValueError: Arrays of different length, or a number out of range, a limit of the seller included.
    """
    check_shape("attributable_cost", attributable_cost, buyer.volume.shape)
    check_values("attributable_cost", attributable_cost)
    asked = sells(Sale(buyer.volume, attributable_cost, buyer.published, buyer.stay, seller_keeps))
    for name, values in (("floor of the seller", asked.floor), ("limit of the seller", asked.limit)):
        check_shape(name, values, buyer.volume.shape)
        check_values(name, values)
    return SliceValues(
        volume=buyer.volume,
        attributable_cost=attributable_cost,
        seller_floor=asked.floor,
        own_value=buyer.own_value,
        buyer=buyer.worth,
        seller=asked.limit,
        published=buyer.published,
    )


def slice_values(
    volume: Floats,
    own_cost: Floats,
    attributable_cost: Floats,
    published: Floats | float,
    exit_month: Ints,
    term_months: int,
    *,
    seller_margin_floor: float = 0.0,
    saved_by_own_delivery: float,
    discount_rate_monthly: float,
    seller_keeps: bool = True,
    sells: Callable[[Sale], SellerLimits] | None = None,
) -> SliceValues:
    """Values of both sides by slice.

    Args:
        volume: Parcels a year, (L,).
        own_cost: What the buyer's alternative costs, $ per parcel, (L,) (section 12).
        attributable_cost: Seller's attributable cost with peak cost, $ per parcel, (L,).
        published: Price without a contract, $ per parcel, (L,) or one number.
        exit_month: Months after expiry until the buyer can serve the slice, (L,); see `exit_months`.
        term_months: Length of the contract that is talked about.
        seller_margin_floor: Margin over attributable cost that the seller wants at least.
        saved_by_own_delivery: Injection cost plus speed benefit of the buyer, $ per parcel.
        discount_rate_monthly: Discount rate.
        seller_keeps: Whether it is this seller that earns the price without a contract while the buyer stays.
        sells: How the seller sets its own limits; by its margin floor unless told.

    Returns:
        The values; a slice that the buyer would rather leave at the published price stays there for the whole term.

    Raises:
        ValueError: Arrays of different length, or a number out of range, a limit of the seller included.
    """
    buyer = buyer_values(
        volume,
        own_cost,
        published,
        exit_month,
        term_months,
        saved_by_own_delivery=saved_by_own_delivery,
        discount_rate_monthly=discount_rate_monthly,
    )
    usual = partial(seller_limits, margin=seller_margin_floor)
    return with_seller(buyer, attributable_cost, sells or usual, seller_keeps)


def group_stakes(values: SliceValues, group: Ints, n_groups: int) -> Stakes:
    """Quantity and reservation values by price group: means over the slices that are efficient to leave.

    Args:
        values: Values by slice.
        group: Group of each slice, (L,), 0 to `n_groups` - 1.
        n_groups: Number of groups.

    Returns:
        Stakes (G,); a group without efficient slices has quantity 0 and never closes.
    """
    weight = np.where(values.efficient, values.volume, 0.0)
    quantity = np.bincount(group, weights=weight, minlength=n_groups).astype(np.float64)

    def mean(by_slice: Floats) -> Floats:
        total = np.bincount(group, weights=weight * by_slice, minlength=n_groups)
        return np.divide(total, quantity, out=np.zeros(n_groups), where=quantity > 0.0)

    return Stakes(
        quantity=quantity,
        buyer=mean(values.buyer),
        seller=mean(values.seller),
        statutory_floor=mean(values.attributable_cost),
        published=mean(values.published),
    )


def tendered(values: SliceValues, group: Ints, price: Floats) -> Floats:
    """Parcels a year that the buyer would hand over at a price: slices worth at least that much to it.

    Under a uniform price this is what it commits to.

    Args:
        values: Values by slice.
        group: Group of each slice, (L,).
        price: $ per parcel by group, (G,); NaN (no deal) takes nothing.

    Returns:
        (G,).
    """
    takes = values.efficient & (values.buyer >= price[group])
    return np.bincount(group, weights=np.where(takes, values.volume, 0.0), minlength=price.size)


def private_noise(normal: Floats, belief_sd: float, current_price: Floats | float) -> tuple[Floats, Floats]:
    """Private errors of buyer and seller in their own limits, $ per parcel.

    Args:
        normal: Standard normal draws, (2, G): buyer, seller.
        belief_sd: S.d. as a share of the price in force.
        current_price: $ per parcel, (G,) or one number.

    Raises:
        ValueError: Not two rows of draws, or a share outside 0 to 1.
    """
    if normal.ndim != 2 or normal.shape[0] != 2:
        raise ValueError(f"normal has shape {normal.shape}; allowed: (2, G)")
    check_share("belief_sd", belief_sd)
    noise = normal * (belief_sd * current_price)
    return noise[0], noise[1]
