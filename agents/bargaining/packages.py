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
from dataclasses import dataclass, fields, replace

import numpy as np

from agents.bargaining.offers import Bools, Floats, Ints, Side, Stakes
from agents.bargaining.price_path import SAME, along, mean_over, price_path
from agents.bargaining.reservation import PriceGroups, PriceStructure
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


_FIELDS = tuple(one.name for one in fields(SliceValues))


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

    def even_split(self, stakes: Stakes) -> float:
        """Price level that a forecast of use assumes, $ per parcel."""
        buyer, seller = stakes.limits()
        return float((seller + self.seller_weight * (buyer - seller))[0])


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

    def packages(self, carried: Bools) -> tuple[Package, ...]:
        """What each form of the menu would come to.

        Args:
            carried: Slices that a contract would carry, (L,).
        """
        pool = pool_slices(self, carried, self.menu)
        return tuple(build_package(self, form, carried, pool) for form in self.menu)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What a contract would carry in as few slices as say the same, and what the forms on them share.

    Attributes:
        case: The case with these slices alone, N of them.
        members: Slices that a contract would carry, of the case from which the pool was made, (M,).
        place: In which of the N each of them is, (M,).
        promised: What is at stake where all of it is promised, without limits of the price level.
        at_will: What is at stake where the buyer promises what is worth the price to it; None where no form asks.
        paths: Price paths by structure and whether they are `make_whole`.
        floor: Mean seller floor, $ per parcel.
        stays: Whether nothing would be taken back at any price that a forecast assumes.
    """

    case: PackageCase
    members: Ints
    place: Ints
    promised: Stakes
    at_will: Stakes | None
    paths: Mapping[tuple[PriceStructure, bool], tuple[Floats, Floats]]
    floor: float
    stays: bool

    def packages(self) -> tuple[Package, ...]:
        """What each form of the menu would come to, by slice of the pool: its surplus, not the limits of its price."""
        return tuple(_draft(self, form) for form in self.case.menu)

    def spread(self, of_pool: Floats, size: int) -> Floats:
        """By slice of the case from which the pool was made, (L,); 0 where nothing is carried."""
        found = np.zeros(size)
        found[self.members] = of_pool[self.place]
        return found


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
        standing: Whether the buyer's routes or stations reach a slice, (L,).
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
    standing: Bools
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


def build_package(case: PackageCase, form: Form, wanted: Bools, pool: Pool | None = None) -> Package:
    """Work out what a form would carry, what of it would stay, and what there is to bargain over.

    Args:
        case: What is known.
        form: The form.
        wanted: Slices that it would promise, (L,); without a promise those that it is about.
        pool: What `pool_slices` makes of them, where that is known.
    """
    pool = pool_slices(case, wanted, (form,)) if pool is None else pool
    draft, size = _draft(pool, form), len(wanted)
    at_price, at_published = (pool.spread(one, size) for one in (draft.at_price, draft.at_published))
    stakes = draft.stakes
    if form.promised:
        volume = case.values.volume * (at_price + at_published)
        borne = tuple(float((volume * one).sum()) for one in borne_errors(case.values, case.standing))
        stakes = _stakes_of_level(draft, (borne[0], borne[1]))
    return replace(
        draft,
        group=draft.groups.of_zone[case.zone],
        values=case.values,
        carried=wanted if form.promised else pool.spread(draft.carried.astype(np.float64), size) > 0.0,
        at_price=at_price,
        at_published=at_published,
        standing=case.standing,
        stakes=stakes,
    )


def pool_slices(case: PackageCase, wanted: Bools, forms: Sequence[Form]) -> Pool:
    """Make one of the slices of a zone that the buyer would never take back.

    Prices are means over groups of zones and what stays counts in sums, so nothing is lost: slices differ only where
    the buyer may take one back and leave the other, and without a promise by whether they are worth the price. A slice
    stays by itself where own routes or stations reach it and running them costs less than the published price or the
    highest price of a form in its zone.

    Args:
        case: What is known.
        wanted: Slices that a contract would carry, (L,).
        forms: Forms that will be looked at.
    """
    values, terms, members = case.values, case.terms, np.flatnonzero(wanted)
    columns, zone = _columns(values, members), case.zone[members]
    n_zones = len(case.groups[forms[0].structure].of_zone)
    at_will = None if all(form.promised for form in forms) else _stakes_at_will(values, case.standing)
    bar = np.inf if at_will is None else terms.even_split(at_will)
    kind = zone if at_will is None else zone + n_zones * (columns[4] >= bar)
    of_kind = _means(columns, kind, n_zones if at_will is None else 2 * n_zones)
    kind_zone = np.arange(len(of_kind.volume)) % n_zones
    by_zone = of_kind if at_will is None else _means(_columns(of_kind), kind_zone, n_zones)
    promised = _mean_stakes(by_zone)
    level, everything = terms.even_split(promised), np.ones(n_zones, dtype=np.bool_)
    highest = np.full(n_zones, level if at_will is None else max(level, bar))
    paths: dict[tuple[PriceStructure, bool], tuple[Floats, Floats]] = {}
    for form in forms:
        key, groups = (form.structure, form.rule == "make_whole"), case.groups[form.structure]
        if key not in paths:
            size = len(groups.names)
            paths[key] = price_path(by_zone, groups.of_zone, size, everything, make_whole=key[1])
            if size > 1:
                highest = np.maximum(highest, along(*paths[key], level)[groups.of_zone])
    floor, worth = mean_over(by_zone.volume, by_zone.seller_floor), case.worth[members]
    alone = case.standing[members] & (worth < np.maximum(columns[6], highest[zone]))
    single = np.flatnonzero(alone)
    if not single.size:
        nobody = np.zeros(len(kind_zone), dtype=np.bool_)
        never = np.full(len(kind_zone), np.inf)
        small = replace(case, zone=kind_zone, values=of_kind, worth=never, standing=nobody)
        return Pool(small, members, kind, promised, at_will, paths, floor, stays=True)
    place = kind + len(single)
    place[single] = np.arange(len(single))
    size = len(single) + len(kind_zone)
    small = replace(
        case,
        zone=np.concatenate([zone[single], kind_zone]),
        values=_means(columns, place, size),
        worth=np.concatenate([worth[single], np.full(len(kind_zone), np.inf)]),
        standing=np.arange(size) < len(single),
    )
    return Pool(small, members, place, promised, at_will, paths, floor, stays=False)


def _columns(values: SliceValues, members: Ints | slice = slice(None)) -> tuple[Floats, ...]:
    """Volume of some slices, and what a parcel of each is worth, in the order of the fields of `SliceValues`."""
    return tuple(getattr(values, name)[members] for name in _FIELDS)


def _means(columns: Sequence[Floats], place: Ints, size: int) -> SliceValues:
    """Slices made one by their place: the sum of their volume, and what a parcel is worth on average."""
    volume = np.bincount(place, weights=columns[0], minlength=size).astype(np.float64)
    safe = np.where(volume > 0.0, volume, 1.0)
    means = (np.bincount(place, weights=columns[0] * one, minlength=size) / safe for one in columns[1:])
    return SliceValues(volume, *means)


def _draft(pool: Pool, form: Form) -> Package:
    """A form on the slices of a pool; its stakes hold what a parcel is worth, not yet the limits of the level."""
    case, groups = pool.case, pool.case.groups[form.structure]
    stakes = pool.promised if form.promised else pool.at_will
    assert stakes is not None
    level = case.terms.even_split(stakes)
    carried = np.ones(len(case.zone), dtype=np.bool_) if form.promised else case.values.buyer >= level
    levels, anchors = pool.paths[form.structure, form.rule == "make_whole"]
    draft = Package(
        form=form,
        terms=case.terms,
        groups=groups,
        group=groups.of_zone[case.zone],
        values=case.values,
        carried=carried,
        at_price=carried.astype(np.float64),
        at_published=np.zeros(len(carried)),
        standing=case.standing,
        levels=levels,
        anchors=anchors,
        floor=pool.floor,
        stakes=stakes,
    )
    if pool.stays:
        return draft
    at_price, at_published = forecast_use(draft, level, case.worth, case.standing)
    return replace(draft, at_price=at_price, at_published=at_published)


def _mean_stakes(values: SliceValues, weight: Floats | None = None) -> Stakes:
    """What a parcel is worth on average, weighted by volume unless told; nothing is at stake without any."""
    weight = values.volume if weight is None else weight
    total = float(weight.sum())

    def one(by_slice: Floats) -> Floats:
        return np.array([float(weight @ by_slice) / total if total > 0.0 else 0.0])

    return Stakes(
        quantity=np.array([total]),
        buyer=one(values.buyer),
        seller=one(values.seller),
        statutory_floor=one(values.attributable_cost),
        published=one(values.published),
    )


def _stakes_at_will(values: SliceValues, standing: Bools) -> Stakes:
    """Stakes where the buyer promises what is worth the price to it: means over all that it might, as ever."""
    weight = np.where(values.efficient, values.volume, 0.0)
    of_buyer, of_seller = (np.array([mean_over(weight, one)]) for one in borne_errors(values, standing))
    return replace(_mean_stakes(values, weight), buyer_error_share=of_buyer, seller_error_share=of_seller)


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
    volume, group, rule = package.values.volume[mine], package.group[mine], package.form.rule
    price, published = np.maximum(package.prices(level), 0.0), float(package.stakes.published[0])
    weights, worth, standing = package.terms.year_weights(), worth[mine], standing[mine]
    if not (standing & (worth < np.maximum(price[group], published))).any():  # nothing would ever be taken back
        at_price[mine] = 1.0
        return at_price, at_published
    owed = package.tolerance * np.bincount(group, weights=volume, minlength=size) * (1.0 - SAME)
    contract = _contract(package, package.shortfall_rate(level))

    def stays(prices: Floats, owed: Floats, left: float) -> Bools:
        position = ContractPosition(prices, owed, published, year_left=1.0, year_after=left)
        return ~taken_back(contract, position, volume, worth, group, standing)

    if rule != "reversion":  # each year is like the one before
        at_price[mine] = stays(price, owed, 1.0)
        return at_price, at_published
    missed, reverted, stay = False, False, np.ones(len(mine), dtype=np.bool_)
    for year, weight in enumerate(weights):
        if year in (0, len(weights) - 1) or missed != reverted:
            reverted = missed
            left = 0.0 if year == len(weights) - 1 else 1.0
            today = np.full(size, published) if reverted else price
            stay = stays(today, np.zeros(size) if reverted else owed, left)
        (at_published if reverted else at_price)[mine[stay]] += weight
        delivered = np.bincount(group[stay], weights=volume[stay], minlength=size)
        missed = reverted or bool((delivered < owed).any())
    return at_price, at_published


def _contract(package: Package, rate: float) -> Contract:
    """The contract whose use is forecast: only its rule and its rate are asked for."""
    return Contract(
        seller="",
        buyer="",
        segment="economy",
        groups=("",),
        price=(0.0,),
        escalator=0.0,
        commitment=(0.0,),
        cap=(0.0,),
        shortfall_rule=package.form.rule,
        tolerance=package.tolerance,
        take_or_pay_rate=rate,
        start=Month(2000, 1),
        term_months=package.terms.term_months,
        notice_months=0,
    )


def _stakes_of_level(package: Package, borne: tuple[float, float]) -> Stakes:
    """Stakes of the price level: where each side is as well off as without a deal.

    What the buyer pays for what it hands over and for what is missing is a straight line in each part of the price
    path; a limit is where it meets what the parcels that stay are worth to a side.

    Args:
        package: The package.
        borne: Parcels a year that stay, weighted by how far the errors of buyer and seller bear on them.
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
        return replace(package.stakes, quantity=np.zeros(1))

    def level(by_slice: Floats) -> Floats:
        return along(bill, package.levels[:, None], float((volume * kept * by_slice).sum()))

    of_buyer, of_seller = (np.array([one / slope]) for one in borne)
    return replace(
        package.stakes,
        buyer=level(values.buyer),
        seller=level(values.seller),
        buyer_error_share=of_buyer,
        seller_error_share=of_seller,
    )
