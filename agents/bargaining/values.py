"""What a deal is worth slice by slice: what the buyer says, what the seller says, and both together.

A slice is volume of the buyer with one own cost and one cost to the seller (ODD 7.1). What each side
gets without a deal is what it bargains against (Binmore, Rubinstein and Wolinsky 1986): as long as the buyer could not
serve a slice otherwise, it would pay the published price, and the seller would earn it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np

from agents.bargaining.offers import Bools, Floats, Ints
from agents.delivery_cost.checks import check_shape, check_values


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
    return np.asarray(_share_until(term_months, discount_rate_monthly).take(exit_month, mode="clip"))


@lru_cache(maxsize=8)
def _share_until(term_months: int, discount_rate_monthly: float) -> Floats:
    """Discounted share of a term that lies before each of its months and before its end, (term + 1,); read-only."""
    weights = (1.0 - discount_rate_monthly) ** np.arange(term_months)
    until = np.concatenate([[0.0], np.cumsum(weights)])
    share: Floats = until / until[-1]
    share.setflags(write=False)
    return share


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


@dataclass(frozen=True, eq=False)
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

    @cached_property
    def efficient(self) -> Bools:
        """Slices that are cheaper to leave with the seller, (L,)."""
        return self.own_value >= self.seller_floor

    @cached_property
    def exposed(self) -> Floats:
        """Share of the term in which no deal means own cost instead of the published price, 0 to 1, (L,)."""
        width = self.published - self.own_value
        share = np.divide(self.published - self.buyer, width, out=np.zeros_like(width), where=width > 0.0)
        return np.minimum(np.maximum(share, 0.0), 1.0)


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
        own_cost: What the buyer's alternative costs, $ per parcel, (L,) (ODD 7.8).
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
