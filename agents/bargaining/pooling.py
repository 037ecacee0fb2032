"""What the forms of a menu would come to, worked out on as few slices as say the same.

Slices of a zone differ for a contract only where the buyer may take one back and leave the other, and without a promise
by whether they are worth the price; the rest are pooled, and nothing is lost. Rule: ODD 7.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from agents.bargaining.forms import Form
from agents.bargaining.offers import Bools, Floats, Ints, Side, Stakes
from agents.bargaining.packages import Package, PackageTerms, Use, borne_errors, forecast_use, stakes_of_level
from agents.bargaining.price_path import LevelMeans, along, mean_over, sums_by_group
from agents.bargaining.reservation import PriceGroups, PriceStructure
from agents.bargaining.values import SliceValues

_FIELDS = tuple(one.name for one in fields(SliceValues))


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
        levels: Price levels that a forecast assumes, of `promised` and of `at_will`, $ per parcel.
        stays: Whether nothing would be taken back at any price that a forecast assumes.
    """

    case: PackageCase
    members: Ints
    place: Ints
    promised: Stakes
    at_will: Stakes | None
    paths: Mapping[tuple[PriceStructure, bool], tuple[Floats, Floats]]
    floor: float
    levels: tuple[float, float]
    stays: bool

    def packages(self) -> tuple[Package, ...]:
        """What each form of the menu would come to, by slice of the pool: its surplus, not the limits of its price."""
        return tuple(_draft(self, form) for form in self.case.menu)

    def spread(self, of_pool: Floats, size: int) -> Floats:
        """By slice of the case from which the pool was made, (L,); 0 where nothing is carried."""
        found = np.zeros(size)
        found[self.members] = of_pool[self.place]
        return found


def build_package(case: PackageCase, form: Form, wanted: Bools, pool: Pool | None = None) -> Package:
    """Work out what a form would carry, what of it would stay, and what there is to bargain over.

    Args:
        case: What is known.
        form: The form.
        wanted: Slices that it would promise, (L,); without a promise those that it is about.
        pool: What `pool_slices` makes of them, where that is known.
    """
    pool = pool_slices(case, wanted, (form,)) if pool is None else pool
    draft = _draft(pool, form)
    if not form.promised:
        carried = np.zeros(len(wanted), dtype=np.bool_)
        carried[pool.members] = draft.carried[pool.place]
        return _package(case, form, draft.stakes, _spread(pool, draft.use, carried))
    use = _spread(pool, draft.use, wanted)
    volume = case.values.volume * (use.at_price + use.at_published)
    of_buyer, of_seller = (float((volume * one).sum()) for one in borne_errors(case.values, case.standing))
    return _package(case, form, stakes_of_level(draft, (of_buyer, of_seller)), use)


def _package(case: PackageCase, form: Form, stakes: Stakes, use: Use) -> Package:
    groups = case.groups[form.structure]
    return Package(form, case.terms, groups, groups.of_zone[case.zone], case.values, case.standing, stakes, use)


def _spread(pool: Pool, use: Use, carried: Bools) -> Use:
    """The use of a package by slice of the case from which the pool was made."""
    at_price, at_published = (pool.spread(one, len(carried)) for one in (use.at_price, use.at_published))
    return replace(use, carried=carried, at_price=at_price, at_published=at_published)


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
    columns, zone = _columns(values, slice(None) if len(members) == len(wanted) else members), case.zone[members]
    weighted = _weighted(columns)
    n_zones = len(case.groups[forms[0].structure].of_zone)
    at_will = None if all(form.promised for form in forms) else _stakes_at_will(values, case.standing)
    bar = np.inf if at_will is None else terms.even_split(at_will)
    kind = zone if at_will is None else zone + n_zones * (columns[4] >= bar)
    of_kind = _means(weighted, kind, n_zones if at_will is None else 2 * n_zones)
    kind_zone = np.arange(len(of_kind.volume)) % n_zones
    by_zone = of_kind if at_will is None else _means(_weighted(_columns(of_kind)), kind_zone, n_zones)
    promised = _mean_stakes(by_zone)
    level, everything = terms.even_split(promised), np.ones(n_zones, dtype=np.bool_)
    highest = np.full(n_zones, level if at_will is None else max(level, bar))
    paths: dict[tuple[PriceStructure, bool], tuple[Floats, Floats]] = {}
    means = LevelMeans(by_zone, everything)
    for form in forms:
        key, groups = (form.structure, form.rule == "make_whole"), case.groups[form.structure]
        if key not in paths:
            size = len(groups.names)
            paths[key] = means.path(groups.of_zone, size, make_whole=key[1])
            if size > 1:
                highest = np.maximum(highest, along(*paths[key], level)[groups.of_zone])
    shared = promised, at_will, paths, means.floor, (level, bar)
    worth = case.worth[members]
    alone = case.standing[members] & (worth < np.maximum(columns[6], highest[zone]))
    single = np.flatnonzero(alone)
    if not single.size:
        nobody = np.zeros(len(kind_zone), dtype=np.bool_)
        never = np.full(len(kind_zone), np.inf)
        small = replace(case, zone=kind_zone, values=of_kind, worth=never, standing=nobody)
        return Pool(small, members, kind, *shared, stays=True)
    place = kind + len(single)
    place[single] = np.arange(len(single))
    size = len(single) + len(kind_zone)
    small = replace(
        case,
        zone=np.concatenate([zone[single], kind_zone]),
        values=_means(weighted, place, size),
        worth=np.concatenate([worth[single], np.full(len(kind_zone), np.inf)]),
        standing=np.arange(size) < len(single),
    )
    return Pool(small, members, place, *shared, stays=False)


def _columns(values: SliceValues, members: Ints | slice = slice(None)) -> Floats:
    """Volume of some slices and what a parcel of each is worth, in the order of the fields of `SliceValues`, (7, M)."""
    return np.array([getattr(values, name)[members] for name in _FIELDS])


def _weighted(columns: Floats) -> Floats:
    """Volume, and what all parcels of a slice are worth, (7, M)."""
    weighted: Floats = columns * columns[0]
    weighted[0] = columns[0]
    return weighted


def _means(weighted: Floats, place: Ints, size: int) -> SliceValues:
    """Slices made one by their place: the sum of their volume, and what a parcel is worth on average."""
    sums = sums_by_group(weighted, place, size)
    sums[1:] /= np.where(sums[0] > 0.0, sums[0], 1.0)
    return SliceValues(*sums)


def _draft(pool: Pool, form: Form) -> Package:
    """A form on the slices of a pool; its stakes hold what a parcel is worth, not yet the limits of the level."""
    case, stakes = pool.case, pool.promised if form.promised else pool.at_will
    assert stakes is not None
    level = pool.levels[0 if form.promised else 1]
    carried = np.ones(len(case.zone), dtype=np.bool_) if form.promised else case.values.buyer >= level
    levels, anchors = pool.paths[form.structure, form.rule == "make_whole"]
    use = Use(carried, carried.astype(np.float64), np.zeros(len(carried)), levels, anchors, pool.floor)
    draft = _package(case, form, stakes, use)
    if not pool.stays:
        use.at_price[:], use.at_published[:] = forecast_use(draft, level, case.worth, case.standing)
    return draft


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
