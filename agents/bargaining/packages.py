"""Packages: two sides agree first on the form of a contract and on what it promises, then on one price level.

A package is a price structure, a rule for missed commitments, and the slices that it carries. Money can be moved by
the price level alone, so whatever split follows, each side gains most from the package with the largest joint surplus
(Nash bargaining with transfers); what may differ is what each believes that surplus to be. A package is worth what it
will do, not what it says: its use is forecast with the rule by which contracts are used (`agents.rules.contract_use`).

Relative prices of the groups follow from the package, so that a single number is bargained over and no group is lost
to an error in its own limit. Under `make_whole` a parcel that is not handed over costs the seller's lost margin, price
less seller floor: what one parcel more or less costs the buyer is then the seller's cost, and it breaks a promise
exactly where that is efficient (a two-part tariff in the clothes of a commitment). Rule: ODD 7.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from agents.bargaining.forms import Form
from agents.bargaining.offers import Bools, Floats, Ints, Side, Stakes
from agents.bargaining.price_path import SAME, along, sums_by_group
from agents.bargaining.reservation import PriceGroups
from agents.bargaining.values import SliceValues
from agents.calendar import MONTHS_PER_YEAR
from agents.contracts import ShortfallRule
from agents.rules.contract_use import ContractPosition, taken_back, taken_back_before


@dataclass(frozen=True, slots=True)
class PackageTerms:
    """What all packages of a menu share.

    Attributes:
        tolerance: Share of a commitment below which it is missed, but under `make_whole`.
        take_or_pay_rate: Share of the price due for a missing parcel under `take_or_pay`.
        term_months: Length.
        discount_rate_monthly: Discount rate.
        seller_weight: Share of the surplus that the seller gets at the price level that a forecast of use assumes.
    """

    tolerance: float
    take_or_pay_rate: float
    term_months: int
    discount_rate_monthly: float
    seller_weight: float

    def year_weights(self) -> Floats:
        """Weight of each contract year, sum 1."""
        return np.array(_year_weights(self.term_months, self.discount_rate_monthly))

    def even_split(self, stakes: Stakes) -> float:
        """Price level that a forecast of use assumes, $ per parcel."""
        buyer, seller = stakes.limits()
        return float((seller + self.seller_weight * (buyer - seller))[0])


@lru_cache(maxsize=64)
def _year_weights(term_months: int, discount_rate_monthly: float) -> tuple[float, ...]:
    months = (1.0 - discount_rate_monthly) ** np.arange(term_months)
    years = np.arange(term_months) // MONTHS_PER_YEAR
    return tuple((np.bincount(years, weights=months) / months.sum()).tolist())


class _Shortfall(NamedTuple):
    """The rule of the contract whose use is forecast."""

    shortfall_rule: ShortfallRule
    take_or_pay_rate: float


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """What a package carries, how long that stays, and the prices that follow from a level.

    Attributes:
        carried: Slices that it carries, (L,).
        at_price: Expected share of the term during which each slice is handed over at the price, (L,).
        at_published: The same at the published price, after a commitment was missed, (L,).
        levels: Rising mean prices between which the prices of the groups are on straight lines, $ per parcel, (A,).
        anchors: Prices by group at these levels, $ per parcel, (A, G).
        floor: Mean seller floor of what it carries, $ per parcel.
    """

    carried: Bools
    at_price: Floats
    at_published: Floats
    levels: Floats
    anchors: Floats
    floor: float


@dataclass(frozen=True, eq=False)
class Package:
    """One contract without its price level.

    Attributes:
        form: Its form.
        terms: What all forms share.
        groups: Zones that share a price, G of them.
        group: Group of each slice, (L,).
        values: What each slice is worth, (L,).
        standing: Whether the buyer's routes or stations reach a slice, (L,).
        stakes: What both bargain over: one thread, the mean price.
        use: What it carries, how long that stays, and its prices.
    """

    form: Form
    terms: PackageTerms
    groups: PriceGroups
    group: Ints
    values: SliceValues
    standing: Bools
    stakes: Stakes
    use: Use

    @property
    def carried(self) -> Bools:
        """Slices that it carries, (L,)."""
        return self.use.carried

    @property
    def kept(self) -> Floats:
        """Expected share of the term during which each slice stays with the seller, (L,)."""
        return self.use.at_price + self.use.at_published

    def prices(self, level: float) -> Floats:
        """Prices by group whose mean over what it carries is a level, $ per parcel, (G,)."""
        if len(self.groups.names) == 1:
            return np.array([level])
        return along(self.use.levels, self.use.anchors, level)

    def least_level(self, floor: Floats) -> float:
        """Lowest level at which no price lies below a floor, $ per parcel.

        Args:
            floor: Lowest price of each group, $ per parcel, (G,).
        """
        use, rising = self.use, np.maximum.accumulate(self.use.anchors)
        found = [along(rising[:, g], use.levels[:, None], float(value))[0] for g, value in enumerate(floor)]
        return float(max(found))

    def shortfall_rate(self, level: float) -> float:
        """Share of the price that is due for a missing parcel."""
        if self.form.rule == "make_whole":
            return max(0.0, 1.0 - self.use.floor / level) if level > 0.0 else 0.0
        return self.terms.take_or_pay_rate

    @property
    def tolerance(self) -> float:
        """Share of the commitment below which it is missed."""
        return 1.0 if self.form.rule == "make_whole" else self.terms.tolerance

    def taken(self, level: float) -> Bools:
        """Slices that a contract would carry at a mean price, (L,).

        Without a promise the buyer keeps back what is worth less to it, and what it hands over can cost the seller more
        than the mean of all: then the seller leaves it, and nothing is carried.

        Args:
            level: $ per parcel.
        """
        if self.form.promised:
            return self.carried
        values = self.values
        picked = np.asarray(values.efficient & (values.buyer >= level * (1.0 - SAME)))
        gain = float((values.volume * (level - values.seller))[picked].sum())
        return picked if gain >= -SAME * float(values.volume[picked].sum()) else np.zeros_like(picked)

    def as_remembered(self) -> Package:
        """The same once it is signed: form, prices and floor, without what each slice was worth."""
        if not self.group.size:
            return self
        use = replace(self.use, **_emptied(self.use, "carried", "at_price", "at_published"))
        values = replace(self.values, **_emptied(self.values, *(field.name for field in fields(self.values))))
        return replace(self, values=values, use=use, **_emptied(self, "group", "standing"))

    def joint_surplus(self) -> float:
        """Expected surplus of both together over no deal, $ a year."""
        gain = self.values.buyer - self.values.seller
        return float((self.values.volume * self.kept * gain).sum())


def _emptied(owner: object, *names: str) -> dict[str, Any]:
    """Arrays of a dataclass without elements; what is no array stays."""
    found = {name: getattr(owner, name) for name in names}
    # A copy: a view of nothing would keep the whole array alive.
    return {name: value[:0].copy() if isinstance(value, np.ndarray) else value for name, value in found.items()}


def borne_errors(values: SliceValues, standing: Bools) -> tuple[Floats, Floats]:
    """How far the private errors of buyer and seller bear on each slice, 0 to 1, (L,) each.

    They are mistakes about the own cost, so they bear as far as no deal means own cost: where the buyer would have to
    pay the published price meanwhile, both know what that is. Where its own routes or stations stand the buyer knows
    its cost from its accounts: by these it decides month by month what of a contract it takes back, and nobody is
    wrong at the table about what he is right about on the road.

    Args:
        values: Without errors.
        standing: Whether the buyer's routes or stations reach a slice, (L,).
    """
    exposed = values.exposed
    return np.where(standing, 0.0, exposed), exposed


def as_seen(values: SliceValues, side: Side, error: float, standing: Bools) -> SliceValues:
    """Values as one side believes them: its private error moves its own, the other's it expects as they are.

    Args:
        values: Without errors.
        side: Who looks.
        error: Its error, $ per parcel; see `borne_errors`.
        standing: Whether the buyer's routes or stations reach a slice, (L,).
    """
    if side is Side.BUYER:
        if standing.all():
            return values
        moved = borne_errors(values, standing)[0] * error
        own = values.own_value + np.where(standing, 0.0, error)
        return replace(values, own_value=own, buyer=np.minimum(values.buyer + moved, values.published))
    floor, lowest = values.seller_floor + error, values.attributable_cost
    seller = np.maximum(values.seller + values.exposed * error, lowest)
    return replace(values, seller_floor=np.maximum(floor, lowest), seller=seller)


def worth_leaving(values: SliceValues) -> Bools:
    """Slices that are worth leaving with the seller, (L,)."""
    return np.asarray(values.efficient & (values.buyer - values.seller >= -SAME))


def ranking(packages: Sequence[Package]) -> tuple[int, ...]:
    """Positions from the best to the worst in joint surplus; the simplest first of what is equal but for rounding.

    A side gets the same share of the surplus whatever the package, so its own order is that of the joint surplus as it
    believes it.
    """
    left = {position: package.joint_surplus() for position, package in enumerate(packages)}
    order: list[int] = []
    while left:
        best = max(left.values())
        first = min(position for position, value in left.items() if value >= best - SAME * abs(best))
        order.append(first)
        del left[first]
    return tuple(order)


def forecast_use(package: Package, level: float, worth: Floats, standing: Bools) -> tuple[Floats, Floats]:
    """Share of the term, discounted, during which each slice is handed over: at the price, and at the published one.

    Year by year the buyer takes back what `contract_use.taken_back` says; after a missed commitment under `reversion`
    the published price stands for the rest.

    Args:
        package: The package; how much it keeps is not read.
        level: Mean price, $ per parcel.
        worth: Price at which the buyer is indifferent to running own routes, $ per parcel, (L,).
        standing: Slices that its routes or stations reach, (L,).

    Returns:
        (L,) each.
    """
    carried, size = package.carried, len(package.groups.names)
    at_price, at_published = np.zeros(len(carried)), np.zeros(len(carried))
    if carried.all():
        volume, group = package.values.volume, package.group
    else:
        volume, group = package.values.volume[carried], package.group[carried]
        worth, standing = worth[carried], standing[carried]
    if not volume.size:
        return at_price, at_published
    price, published = np.maximum(package.prices(level), 0.0), float(package.stakes.published[0])
    rule, weights = package.form.rule, package.terms.year_weights()
    if not (standing & (worth < np.maximum(price[group], published))).any():  # nothing would ever be taken back
        at_price[carried] = 1.0
        return at_price, at_published
    promised = package.tolerance * np.bincount(group, weights=volume, minlength=size)
    owed = promised * (1.0 - SAME)
    contract = _Shortfall(rule, package.shortfall_rate(level))
    position = ContractPosition(price, owed, published, year_left=1.0, year_after=1.0)
    slices = volume, worth, group, standing
    if rule != "reversion":  # each year is like the one before
        at_price[carried] = ~taken_back(contract, position, *slices)
        return at_price, at_published
    # A missed commitment ends the price after the first year or never: the years up to the last one are alike, and in
    # the last one nothing comes after.
    alike = (0.0,) if len(weights) == 1 else (1.0, 0.0)
    first, *last = (~back for back in taken_back_before(contract, position, *slices, alike))
    missed = bool((np.bincount(group[first], weights=volume[first], minlength=size) < owed).any())
    if not missed or not last:
        share = np.where(first, np.cumsum(weights)[max(len(weights) - 2, 0)], 0.0)
        for stay in last:
            share[stay] += weights[-1]
        at_price[carried] = share
        return at_price, at_published
    at_price[carried] = np.where(first, weights[0], 0.0)
    reverted = replace(position, price=np.full(size, published), owed=np.zeros(size))  # nothing binds any more
    at_published[carried] = np.where(taken_back(contract, reverted, *slices), 0.0, np.cumsum(weights[1:])[-1])
    return at_price, at_published


def stakes_of_level(package: Package, borne: tuple[float, float]) -> Stakes:
    """Stakes of the price level: where each side is as well off as without a deal.

    What the buyer pays for what it hands over and for what is missing is a straight line in each part of the price
    path; a limit is where it meets what the parcels that stay are worth to a side.

    Args:
        package: The package.
        borne: Parcels a year that stay, weighted by how far the errors of buyer and seller bear on them.
    """
    values, group, use, size = package.values, package.group, package.use, len(package.groups.names)
    volume, kept = np.where(package.carried, values.volume, 0.0), package.kept

    def by_group(*weights: Floats) -> Floats:
        return sums_by_group(volume * np.array(weights), group, size)

    everything = np.ones(len(volume))
    fixed = float((volume * use.at_published * values.published).sum())
    if package.form.rule == "make_whole":
        paid, gone, promised, floors = by_group(use.at_price, 1.0 - kept, everything, values.seller_floor)
        fixed -= float((gone * np.divide(floors, promised, out=np.zeros(size), where=promised > 0.0)).sum())
        paid = paid + gone
    elif package.form.rule == "take_or_pay":
        paid, promised, stays = by_group(use.at_price, everything, kept)
        missing = np.maximum(package.tolerance * promised - stays, 0.0)
        paid = paid + package.terms.take_or_pay_rate * missing
    else:
        (paid,) = by_group(use.at_price)
    bill = use.anchors @ paid + fixed
    slope = (bill[-1] - bill[0]) / (use.levels[-1] - use.levels[0])
    if not slope > 0.0:  # nothing would be paid at its price
        return replace(package.stakes, quantity=np.zeros(1))

    def level(by_slice: Floats) -> Floats:
        return along(bill, use.levels[:, None], float((volume * kept * by_slice).sum()))

    of_buyer, of_seller = (np.array([one / slope]) for one in borne)
    return replace(
        package.stakes,
        buyer=level(values.buyer),
        seller=level(values.seller),
        buyer_error_share=of_buyer,
        seller_error_share=of_seller,
    )
