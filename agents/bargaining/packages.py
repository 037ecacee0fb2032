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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agents.bargaining.offers import Bools, Floats, Ints, Side, Stakes
from agents.bargaining.price_path import SAME, along, mean_over, price_path
from agents.bargaining.reservation import PriceGroups, PriceStructure, group_stakes
from agents.bargaining.values import SliceValues
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import Contract, ShortfallRule
from agents.rules.contract_use import ContractPosition, taken_back


@dataclass(frozen=True, slots=True)
class Form:
    """What a contract looks like before anybody names a price.

    Attributes:
        structure: Which zones share a price.
        rule: What a missed commitment costs.
        promised: Whether all slices that both find worth leaving are promised; else the buyer promises those that are
            worth the price to it, which only one price for all allows.
    """

    structure: PriceStructure
    rule: ShortfallRule
    promised: bool

    def __post_init__(self) -> None:
        if not self.promised and (self.structure != "uniform" or self.rule == "make_whole"):
            raise ValueError(f"{self} leaves parcels at will; allowed: one price for all, and not make_whole")


#: Simplest first: whoever ranks forms takes the simplest of those that are worth the same.
MENU: tuple[Form, ...] = (
    Form("uniform", "reversion", False),
    *(
        Form(structure, rule, True)
        for rule in ("reversion", "take_or_pay", "make_whole")
        for structure in ("uniform", "by_zone_type", "by_zone")
    ),
)


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
        months = (1.0 - self.discount_rate_monthly) ** np.arange(self.term_months)
        years = np.arange(self.term_months) // MONTHS_PER_YEAR
        return np.asarray(np.bincount(years, weights=months) / months.sum())


@dataclass(slots=True)
class Shared:
    """What forms of one menu have in common, so that it is worked out once.

    Attributes:
        paths: Price paths by structure and whether they are `make_whole`.
        stakes: What promised slices are worth on average.
    """

    paths: dict[tuple[str, bool], tuple[Floats, Floats]] = field(default_factory=dict)
    stakes: Stakes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PackageCase:
    """What a side knows when it looks at the menu; by slice, (L,), where not said otherwise.

    Attributes:
        side: Whether it buys or sells.
        menu: Forms, simplest first.
        groups: Zones that share a price, by price structure.
        zone: Zone of each slice.
        values: What each slice is worth to both, its own side with its own error, the other as it expects it.
        worth: Price at which the buyer is indifferent to running own routes, $ per parcel.
        standing: Whether the buyer's routes or stations reach it, ordered ones included.
        terms: What all forms share.
    """

    side: Side
    menu: tuple[Form, ...]
    groups: Mapping[PriceStructure, PriceGroups]
    zone: Ints
    values: SliceValues
    worth: Floats
    standing: Bools
    terms: PackageTerms

    def packages(self, carried: Bools, limits: bool = True) -> tuple[Package, ...]:
        """What each form of the menu would come to.

        Args:
            carried: Slices that a contract would carry, (L,).
            limits: Whether to work out at which level each side is as well off as without a deal; who only compares
                joint surplus needs none.
        """
        shared = Shared()
        return tuple(build_package(self, form, carried, shared, limits) for form in self.menu)


@dataclass(frozen=True, slots=True, eq=False)
class Package:
    """One contract without its price level.

    Attributes:
        form: Its form.
        terms: What all forms share.
        groups: Zones that share a price, G of them.
        group: Group of each slice, (L,).
        values: What each slice is worth, (L,).
        carried: Slices that it carries, (L,).
        at_price: Expected share of the term during which each slice is handed over at the price, (L,).
        at_published: The same at the published price, after a commitment was missed, (L,).
        levels: Rising mean prices between which the prices of the groups are on straight lines, $ per parcel, (A,).
        anchors: Prices by group at these levels, $ per parcel, (A, G).
        floor: Mean seller floor of what it carries, $ per parcel.
        stakes: What both bargain over: one thread, the mean price.
    """

    form: Form
    terms: PackageTerms
    groups: PriceGroups
    group: Ints
    values: SliceValues
    carried: Bools
    at_price: Floats
    at_published: Floats
    levels: Floats
    anchors: Floats
    floor: float
    stakes: Stakes

    @property
    def kept(self) -> Floats:
        """Expected share of the term during which each slice stays with the seller, (L,)."""
        return self.at_price + self.at_published

    def prices(self, level: float) -> Floats:
        """Prices by group whose mean over what it carries is a level, $ per parcel, (G,)."""
        if len(self.groups.names) == 1:
            return np.array([level])
        return along(self.levels, self.anchors, level)

    def least_level(self, floor: Floats) -> float:
        """Lowest level at which no price lies below a floor, $ per parcel.

        Args:
            floor: Lowest price of each group, $ per parcel, (G,).
        """
        rising = np.maximum.accumulate(self.anchors)
        found = [along(rising[:, g], self.levels[:, None], float(value))[0] for g, value in enumerate(floor)]
        return float(max(found))

    def shortfall_rate(self, level: float) -> float:
        """Share of the price that is due for a missing parcel."""
        if self.form.rule == "make_whole":
            return max(0.0, 1.0 - self.floor / level) if level > 0.0 else 0.0
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

    def joint_surplus(self) -> float:
        """Expected surplus of both together over no deal, $ a year."""
        gain = self.values.buyer - self.values.seller
        return float((self.values.volume * self.kept * gain).sum())


def as_seen(values: SliceValues, side: Side, error: float) -> SliceValues:
    """Values as one side believes them: its private error moves its own, the other's it expects as they are.

    The error is a mistake about the own cost. It bears on a slice as far as no deal means own cost: where the buyer
    would have to pay the published price meanwhile, both know what that is.

    Args:
        values: Without errors.
        side: Who looks.
        error: Its error, $ per parcel.
    """
    moved = values.exposed * error
    if side is Side.BUYER:
        own = values.own_value + error
        return replace(values, own_value=own, buyer=np.minimum(values.buyer + moved, values.published))
    floor, lowest = values.seller_floor + error, values.attributable_cost
    return replace(values, seller_floor=np.maximum(floor, lowest), seller=np.maximum(values.seller + moved, lowest))


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


def fall_back(buyer: Sequence[int], seller: Sequence[int]) -> int | None:
    """What both settle on when each falls back from its best to its next best until they meet.

    Fallback bargaining (Brams and Kilgour 2001): the choice has the smallest larger rank; it is efficient for the two
    orders, asks for no numbers, and is the common best where the orders agree.

    Args:
        buyer: Positions in the menu, best first, without those that it refuses.
        seller: The same of the seller.

    Returns:
        Position in the menu; None where each refuses all that the other would take.
    """
    of_buyer = {choice: rank for rank, choice in enumerate(buyer)}
    of_seller = {choice: rank for rank, choice in enumerate(seller)}
    common = of_buyer.keys() & of_seller.keys()
    if not common:
        return None
    return min(common, key=lambda c: (max(of_buyer[c], of_seller[c]), of_buyer[c] + of_seller[c], c))


def build_package(
    case: PackageCase, form: Form, wanted: Bools, shared: Shared | None = None, limits: bool = True
) -> Package:
    """Work out what a form would carry, what of it would stay, and what there is to bargain over.

    Args:
        case: What is known.
        form: The form.
        wanted: Slices that it would promise, (L,); without a promise those that it is about.
        shared: What was worked out for other forms with the same slices.
        limits: Whether its stakes are the levels at which each side is as well off as without a deal; else what its
            slices are worth on average.
    """
    values, groups = case.values, case.groups[form.structure]
    group, shared = groups.of_zone[case.zone], shared or Shared()
    path = (form.structure, form.rule == "make_whole")
    if path not in shared.paths:
        shared.paths[path] = price_path(values, group, len(groups.names), wanted, make_whole=form.rule == "make_whole")
    levels, anchors = shared.paths[path]
    volume = np.where(wanted, values.volume, 0.0)
    if form.promised and shared.stakes is None:
        shared.stakes = _mean_stakes(values, volume)
    stakes = shared.stakes if form.promised else _stakes_at_will(values, group)
    assert stakes is not None
    draft = Package(
        form=form,
        terms=case.terms,
        groups=groups,
        group=group,
        values=values,
        carried=wanted,
        at_price=wanted.astype(np.float64),
        at_published=np.zeros(len(wanted)),
        levels=levels,
        anchors=anchors,
        floor=mean_over(volume, values.seller_floor),
        stakes=stakes,
    )
    buyer, seller = draft.stakes.limits()
    level = float((seller + case.terms.seller_weight * (buyer - seller))[0])
    if not form.promised:
        draft = replace(draft, carried=wanted & (values.buyer >= level))
    at_price, at_published = forecast_use(draft, level, case.worth, case.standing)
    draft = replace(draft, at_price=at_price, at_published=at_published)
    return _with_limits(draft) if form.promised and limits else draft


def _mean_stakes(values: SliceValues, volume: Floats) -> Stakes:
    def one(by_slice: Floats) -> Floats:
        return np.array([mean_over(volume, by_slice)])

    return Stakes(
        quantity=np.array([float(volume.sum())]),
        buyer=one(values.buyer),
        seller=one(values.seller),
        statutory_floor=one(values.attributable_cost),
        published=one(values.published),
        error_share=one(values.exposed),
    )


def _stakes_at_will(values: SliceValues, group: Ints) -> Stakes:
    """Stakes where the buyer promises what is worth the price to it: means over all that it might, as ever."""
    share = np.array([mean_over(np.where(values.efficient, values.volume, 0.0), values.exposed)])
    return replace(group_stakes(values, group, 1), error_share=share)


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
    mine, size = np.flatnonzero(package.carried), len(package.groups.names)
    at_price, at_published = np.zeros(len(package.carried)), np.zeros(len(package.carried))
    if not mine.size:
        return at_price, at_published
    volume, group = package.values.volume[mine], package.group[mine]
    promised = np.bincount(group, weights=volume, minlength=size)
    price, published = np.maximum(package.prices(level), 0.0), float(package.stakes.published[0])
    contract = _contract(package, price, promised, package.shortfall_rate(level))
    weights, worth, standing = package.terms.year_weights(), worth[mine], standing[mine]
    if not (standing & (worth < np.maximum(price[group], published))).any():  # nothing would ever be taken back
        at_price[mine] = weights.sum()
        return at_price, at_published
    reverted, owed, stays = False, np.zeros(size), np.ones(len(mine), dtype=np.bool_)
    for year, weight in enumerate(weights):
        if year in (0, len(weights) - 1) or contract.reverted != reverted:  # else the year is like the one before
            reverted = contract.reverted
            owed = np.zeros(size) if reverted else contract.tolerance * promised * (1.0 - SAME)
            today = np.full(size, published) if reverted else price
            left = 0.0 if year == len(weights) - 1 else 1.0
            position = ContractPosition(today, owed, published, year_left=1.0, year_after=left)
            stays = ~taken_back(contract, position, volume, worth, group, standing)
        (at_published if contract.reverted else at_price)[mine[stays]] += weight
        delivered = np.bincount(group[stays], weights=volume[stays], minlength=size)
        if contract.shortfall_rule == "reversion" and (delivered < owed).any():
            contract = replace(contract, reverted=True)
    return at_price, at_published


def _contract(package: Package, price: Floats, promised: Floats, rate: float) -> Contract:
    """The contract whose use is forecast: only its rule, its tolerance and its rate are asked for."""
    return Contract(
        seller="",
        buyer="",
        segment="economy",
        groups=package.groups.names,
        price=tuple(price),
        escalator=0.0,
        commitment=tuple(promised),
        cap=tuple(promised),
        shortfall_rule=package.form.rule,
        tolerance=package.tolerance,
        take_or_pay_rate=rate,
        start=Month(2000, 1),
        term_months=package.terms.term_months,
        notice_months=0,
    )


def _with_limits(package: Package) -> Package:
    """The package with the price levels at which each side is as well off as without a deal.

    What the buyer pays for what it hands over and for what is missing is a straight line in each part of the price
    path; a limit is where it meets what the parcels that stay are worth to a side.
    """
    values, group, size = package.values, package.group, len(package.groups.names)
    volume, kept = np.where(package.carried, values.volume, 0.0), package.kept

    def by_group(weight: Floats) -> Floats:
        return np.bincount(group, weights=volume * weight, minlength=size).astype(np.float64)

    everything = np.ones(len(volume))
    paid, fixed = by_group(package.at_price), float((volume * package.at_published * values.published).sum())
    if package.form.rule == "make_whole":
        gone, promised = by_group(1.0 - kept), by_group(everything)
        floors = by_group(values.seller_floor)
        fixed -= float((gone * np.divide(floors, promised, out=np.zeros(size), where=promised > 0.0)).sum())
        paid = paid + gone
    elif package.form.rule == "take_or_pay":
        missing = np.maximum(package.tolerance * by_group(everything) - by_group(kept), 0.0)
        paid = paid + package.terms.take_or_pay_rate * missing
    bill = package.anchors @ paid + fixed
    slope = (bill[-1] - bill[0]) / (package.levels[-1] - package.levels[0])
    if not slope > 0.0:  # nothing would be paid at its price
        return replace(package, stakes=replace(package.stakes, quantity=np.zeros(1)))

    def level(by_slice: Floats) -> Floats:
        return along(bill, package.levels[:, None], float((volume * kept * by_slice).sum()))

    share = np.array([float((volume * kept * values.exposed).sum()) / slope])
    buyer, seller = level(values.buyer), level(values.seller)
    return replace(package, stakes=replace(package.stakes, buyer=buyer, seller=seller, error_share=share))
