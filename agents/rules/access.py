"""Buying the last mile: which addresses a carrier that has routes of its own hands to a seller of access this month.

A carrier delivers the densest addresses itself and hands over those where one more stop of its own costs more than
access. A cap on what the contract carries works like a higher price, a promised volume like a lower one: both are found
as the shadow price at which the carrier would want exactly that much. Rule: ODD 7.8.

Amazon's use of its contract is in `agents.rules.contract_use`: it looks at the slices of its table, each with a cost
of its own, and a slice goes whole. Other carriers have no such table: here each zone is divided by density. The two
are apart because slices come one by one and density does not; one function for both would need the slices and the
shadow price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.delivery_cost.checks import check_values
from agents.rules.make_or_buy import CoverageSearch

Floats = NDArray[np.float64]
BEYOND_REACH = 1e9  # $ per parcel; at this price nobody buys
CLOSE = 1e-6  # relative distance to the quantity that is asked for
NARROW = 1e-3  # $ per parcel, of the search for the shadow price; the quantity is met exactly, by interpolation


@dataclass(frozen=True, slots=True, eq=False)
class AccessTerms:
    """What access a carrier can buy in a month, by zone (Z,) and price group (G,).

    Attributes:
        price: Price of one more parcel, $ per parcel, (Z,): that of the contract, or the published one without.
        published: Price beyond the contract, $ per parcel.
        group: Price group of each zone, (Z,).
        cap: Parcels that the contract carries this month, (G,); 0 without a contract.
        least: Parcels of this month without which the commitment is missed, (G,).
        relief: Share of the price that parcels below `least` save: what a missing one would cost, (G,).
        reversion: Where a missed commitment ends the contract price: months of the contract year that are left, this
            one included, and months, at most a year, that the contract runs beyond it; None where it does not.
    """

    price: Floats
    published: float
    group: NDArray[np.int64]
    cap: Floats
    least: Floats
    relief: Floats
    reversion: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AccessCase:
    """What a carrier knows when it chooses what to hand over this month.

    Attributes:
        spared: What not delivering a parcel spares it, by percentile of what its routes pass, densest first, $, (Z, P).
        inside: Parcels of the month where its routes pass, (Z,).
        beyond: Parcels of the month that it has sold beyond its routes, (Z,).
        passed: Share of households that its routes pass, (Z,).
        terms: Prices and limits.
        injection_cost: Cost of dropping parcels at the seller, $ per parcel.
        luck: Its draw of the error in judging own cost that is new to it, standard normal, one number.
    """

    spared: Floats
    inside: Floats
    beyond: Floats
    passed: Floats
    terms: AccessTerms
    injection_cost: float
    luck: float


@dataclass(frozen=True, slots=True, eq=False)
class AlternativeCase:
    """What a carrier could do with economy parcels instead of handing them over.

    Attributes:
        spared: Cost of one stop more with the sorting that access would spare, by percentile, $ per parcel, (Z, P).
        passed: Whether its routes pass there, (Z, P).
        build: Cost with sorting of the next household beyond its routes, $ per parcel, (Z,).
        capital: Capital charge of new capacity, $ per parcel, (Z,).
        revenue: What a parcel beyond its routes brings after pick-up and line-haul, $ per parcel; 0 without any.
    """

    spared: Floats
    passed: NDArray[np.bool_]
    build: Floats
    capital: Floats
    revenue: float


def alternative_cost(case: AlternativeCase, hurdle: float) -> Floats:
    """What doing without access costs or forgoes, $ per parcel, (Z, P).

    Where routes pass, one stop more; beyond them a new network with its capital, or the sale itself where that is less,
    since the carrier need not sell there.

    Args:
        case: What the carrier could do.
        hurdle: Share of the capital charge that a gain must exceed.
    """
    build = case.build + case.capital * (1.0 + hurdle)
    return np.where(case.passed, case.spared, np.minimum(build, max(case.revenue, 0.0))[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class HandedOver:
    """What a carrier hands over this month, (Z,) each.

    Attributes:
        kept: Share of households, densest first, to which it delivers itself.
        parcels: Parcels that it hands over.
        contract: The part of them at the contract price.
    """

    kept: Floats
    parcels: Floats
    contract: Floats


@dataclass(frozen=True, slots=True, eq=False)
class AccessPurchase:
    """What a carrier hands over this month.

    Attributes:
        kept: Share of each zone's parcels, densest first, that it delivers itself, (Z,).
        contract: Parcels at the contract price, (Z,).
        published: Parcels at the published price, (Z,).
    """

    kept: Floats
    contract: Floats
    published: Floats

    @property
    def parcels(self) -> Floats:
        """All parcels handed over, (Z,)."""
        return self.contract + self.published


def hand_over(own_cost: Floats, case: AccessCase) -> HandedOver:
    """Choose what to hand over where routes pass and beyond them.

    What lies beyond the routes is bought first; what the contract has left is for the rest.

    Args:
        own_cost: What not delivering a parcel spares the carrier as it sees it, by percentile, $, (Z, P).
        case: Parcels, prices and limits.
    """
    terms, beyond, injection = case.terms, case.beyond, case.injection_cost
    anything = bool(beyond.any())
    if not anything and not terms.cap.any():
        dearest_stop = own_cost[case.inside > 0.0].max(initial=0.0)
        if dearest_stop <= terms.published + injection:  # usual without a contract: access is dearer than one stop more
            nothing = np.zeros_like(beyond)
            return HandedOver(case.passed, nothing, nothing)
    if terms.reversion is not None:
        keeps = keeps_commitment(own_cost, case.inside, terms, injection, *terms.reversion)
        terms = replace(terms, relief=keeps.astype(np.float64))
    under = np.zeros_like(beyond)
    if anything:
        needed = np.bincount(terms.group, weights=beyond, minlength=len(terms.cap))
        part = np.minimum(1.0, np.divide(terms.cap, needed, out=np.zeros_like(needed), where=needed > 0.0))
        under = beyond * part[terms.group]
        left, least = np.maximum(terms.cap - needed, 0.0), np.maximum(terms.least - needed, 0.0)
        terms = replace(terms, cap=left, least=least)
    purchase = buy_access(own_cost, case.inside, terms, injection)
    return HandedOver(purchase.kept * case.passed, purchase.parcels + beyond, purchase.contract + under)


@dataclass(frozen=True, slots=True, eq=False)
class HandOverPlan:
    """How a carrier that passes every address sees what it hands over.

    Attributes:
        later: What a parcel that is handed over spares once its routes have shrunk, by percentile, $, (Z, P).
        now: What it spares within the term of an agreement, likewise; no more than `later`.
        alone: Share of its parcels that make a stop of their own, (Z,); the others share one that it makes anyway.
        before: Parcels of a month like this one that it handed over last month, (Z,).
        speed: Part of the gap to what it wants that it closes in a month.
    """

    later: Floats
    now: Floats
    alone: Floats
    before: Floats
    speed: float


def hand_over_by_margin(plan: HandOverPlan, case: AccessCase) -> HandedOver:
    """Hand over what spares more than its price within the term; take back what would not even once routes shrink.

    What lies between stays as it is. The carrier moves a part of the gap a month.

    Args:
        plan: How it sees what it hands over.
        case: Parcels, prices and limits.
    """
    alone = replace(case, inside=case.inside * plan.alone)
    most = hand_over(plan.later, alone)
    least = most if plan.now is plan.later else hand_over(plan.now, alone)
    wanted = np.clip(plan.before, least.parcels, np.maximum(least.parcels, most.parcels))
    parcels = plan.before + plan.speed * (wanted - plan.before)
    parcels = np.clip(parcels, case.beyond, alone.inside + case.beyond)
    return _handed_over(parcels, case)


def hand_over_so_many(total: float, alone: Floats, case: AccessCase) -> HandedOver:
    """Hand over a number of parcels that is given: those that cost the carrier most to deliver itself.

    Args:
        total: Parcels of the month; no more than it could hand over.
        alone: Share of its parcels that make a stop of their own, (Z,).
        case: Parcels, prices and limits.
    """
    return _handed_over(dearest(case.spared / alone[:, None], case.inside * alone, total), case)


def _handed_over(parcels: Floats, case: AccessCase) -> HandedOver:
    """What is kept where so many parcels are handed over, and which of them the contract carries."""
    left = case.inside - (parcels - case.beyond)
    kept = np.divide(left, case.inside, out=np.ones_like(left), where=case.inside > 0.0)
    asked = np.bincount(case.terms.group, weights=parcels, minlength=len(case.terms.cap))
    under = np.minimum(case.terms.cap, asked)
    part = np.divide(under, asked, out=np.zeros_like(asked), where=asked > 0.0)
    return HandedOver(np.clip(kept, 0.0, 1.0) * case.passed, parcels, parcels * part[case.terms.group])


def dearest(cost: Floats, parcels: Floats, total: float) -> Floats:
    """The parcels of a carrier that cost it most to deliver, by zone, (Z,).

    Args:
        cost: Of one parcel by percentile, densest first, $, (Z, P).
        parcels: Parcels by zone, evenly over the percentiles, (Z,).
        total: How many are wanted; no more than there are.
    """
    wanted, zones = min(total, float(parcels.sum())), len(parcels)
    if wanted <= 0.0:
        return np.zeros_like(parcels)
    one = np.ones(1)  # all of it is promised, at a price of nothing and with no way round the contract
    terms = AccessTerms(np.zeros(zones), BEYOND_REACH, np.zeros(zones, dtype=np.int64), one * wanted, one * wanted, one)
    return buy_access(cost, parcels, terms, 0.0).contract


def share_of_stops_alone(per_stop: Floats, matched: float) -> Floats:
    """Share of parcels that make a stop of their own; the others share one that is made anyway.

    Args:
        per_stop: Parcels that the carrier brings to a stop.
        matched: How far it keeps parcels to stops that it makes anyway, 0 to 1.
    """
    return np.asarray(1.0 - matched * (1.0 - 1.0 / np.maximum(per_stop, 1.0)))


def avoidable_share(flex_down: float, months: int, discount_rate: float) -> float:
    """Share of the cost of a stop that is saved over the term of an agreement, since routes shrink slowly.

    Args:
        flex_down: Share of surplus routes that goes in a month.
        months: Term.
        discount_rate: Per month.
    """
    month = np.arange(months)
    weight = (1.0 - discount_rate) ** month
    saved = 1.0 - (1.0 - flex_down) ** (month + 1)
    return float((saved * weight).sum() / weight.sum())


def buy_access(own_cost: Floats, volume: Floats, terms: AccessTerms, injection_cost: float) -> AccessPurchase:
    """Choose what to hand over: the sparsest addresses first, as far as access is cheaper than own routes.

    Args:
        own_cost: What not delivering a parcel spares the carrier, by percentile, densest first, $, (Z, P).
        volume: Parcels that it could hand over this month, evenly over the percentiles, (Z,).
        terms: Prices and limits.
        injection_cost: Cost of dropping parcels at the seller, $ per parcel.

    Returns:
        The purchase; the contract carries at most its cap in each group. Where there is no parcel all is kept.

    Raises:
        ValueError: A cost is negative or not finite.
    """
    check_values("own_cost", own_cost)
    places = np.flatnonzero(volume > 0.0)  # elsewhere there is nothing to hand over
    parcels, carries = volume[places], (terms.cap > 0.0)[terms.group[places]]
    search = CoverageSearch(own_cost[places])
    kept = search.coverage(np.full_like(parcels, max(terms.published, 0.0) + injection_cost))
    contract = np.zeros_like(parcels)
    if carries.any():
        under = _kept_under_contract(search, float(own_cost.max()), places, volume, terms, injection_cost)
        contract = np.where(carries, parcels * (1.0 - under), 0.0)
        kept = np.where(carries, np.minimum(under, kept), kept)
    purchase = AccessPurchase(np.ones_like(volume), np.zeros_like(volume), np.zeros_like(volume))
    purchase.kept[places], purchase.contract[places] = kept, contract
    purchase.published[places] = np.maximum(parcels * (1.0 - kept) - contract, 0.0)
    return purchase


def _kept_under_contract(
    search: CoverageSearch,
    dearest_cost: float,
    places: NDArray[np.int64],
    volume: Floats,
    terms: AccessTerms,
    injection_cost: float,
) -> Floats:
    """Share kept in zones with parcels when the contract carries no more than its cap and no less than was promised.

    What has to be added to the price for that is searched for. Where many addresses cost the same, wanted parcels
    jump at one price; the carrier is indifferent there, and hands over the part that is missing to the limit.
    """
    groups, group, price, parcels = len(terms.cap), terms.group[places], terms.price[places], volume[places]

    def kept_with(shadow: Floats) -> tuple[Floats, Floats]:
        kept = search.coverage(np.maximum(price + shadow[group], 0.0) + injection_cost)
        return kept, np.bincount(group, weights=parcels * (1.0 - kept), minlength=groups)

    free, wanted = kept_with(np.zeros(groups))
    target = np.where(wanted > terms.cap, terms.cap, np.maximum(wanted, np.minimum(terms.least, terms.cap)))
    bound = (target != wanted)[group]
    if not bound.any():
        return free
    in_group = np.bincount(terms.group, minlength=groups)
    total_price = np.bincount(terms.group, weights=terms.price, minlength=groups)
    low = np.where(target > wanted, -total_price / np.maximum(in_group, 1) * terms.relief, 0.0)
    if in_group.max() == 1:  # a zone by itself needs no shadow price: the parcels that are left say what is kept
        least = kept_with(low)[0] if (target > wanted).any() else free
        return np.where(bound, np.maximum(1.0 - target[group] / parcels, least), free)
    high = np.where(target < wanted, dearest_cost, 0.0)

    def excess(shadow: Floats) -> Floats:
        return kept_with(shadow)[1] - target

    # What is wanted at no change of the price is known, and nothing is at the dearest cost of all.
    at_low = excess(low) if (low < 0.0).any() else wanted - target
    at_high = np.where(target < wanted, 0.0, wanted) - target
    low, high = _where_it_vanishes(excess, (low, high), (at_low, at_high), CLOSE * np.maximum(target, 1.0))
    (kept_less, most), (kept_more, fewest) = kept_with(low), kept_with(high)
    jump = most - fewest
    part = np.clip(np.divide(target - fewest, jump, out=np.zeros_like(jump), where=jump > 0.0), 0.0, 1.0)
    return np.where(bound, kept_more + part[group] * (kept_less - kept_more), free)


def _where_it_vanishes(
    excess: Callable[[Floats], Floats], between: tuple[Floats, Floats], at_ends: tuple[Floats, Floats], close: Floats
) -> tuple[Floats, Floats]:
    """Narrow bracket of the point where a falling function passes 0, all groups at once; by halving, since it jumps.

    Args:
        excess: The function of a price by group, (G,), that falls in the price of the same group.
        between: Prices between which it passes 0, the lower ones first, (G,) each.
        at_ends: Its values there: positive or 0 first, then negative or 0, (G,) each.
        close: Values that count as 0, (G,).
    """
    (at_low, at_high), groups = at_ends, range(len(close))
    low, high = (one.tolist() for one in between)  # groups are so few that lists are quicker than arrays
    found, least = ((at_low <= close) | (at_high >= -close)).tolist(), close.tolist()
    while any(not found[group] and high[group] - low[group] > NARROW for group in groups):
        middle = [0.5 * (one + other) for one, other in zip(low, high, strict=True)]
        value = excess(np.array(middle)).tolist()
        for group in groups:
            if not found[group]:
                end = low if value[group] > 0.0 else high
                end[group] = middle[group]
                found[group] = abs(value[group]) <= least[group]
    return np.array(low), np.array(high)


def keeps_commitment(
    own_cost: Floats, volume: Floats, terms: AccessTerms, injection_cost: float, months_left: int, months_after: int
) -> NDArray[np.bool_]:
    """Whether it pays to buy what was promised although own routes are cheaper, where the price reverts else.

    Args:
        own_cost: What not delivering a parcel spares the carrier, by percentile, densest first, $, (Z, P).
        volume: Parcels that it could hand over in a month, (Z,).
        terms: Prices and limits.
        injection_cost: Cost of dropping parcels at the seller, $ per parcel.
        months_left: Months of the contract year that are left, this one included.
        months_after: Months, at most a year, that the contract runs beyond it.

    Returns:
        (G,), true where the loss on what it would not buy is smaller than what the lower price saves afterwards.
    """
    groups, places = len(terms.cap), np.flatnonzero(volume > 0.0)  # elsewhere there is nothing to buy
    of_group, price, cell = terms.group[places], terms.price[places, None], volume[places, None] / own_cost.shape[1]
    gain = own_cost[places] - injection_cost - price
    pays = gain >= 0.0
    missing = terms.least - np.bincount(of_group, weights=(cell * pays).sum(axis=1), minlength=groups)
    if (missing <= 0.0).all() and (price <= terms.published).all():  # all is wanted anyway, so nothing is lost
        return np.ones(groups, dtype=np.bool_)
    saved = cell * (np.maximum(gain, 0.0) - np.maximum(gain - (terms.published - price), 0.0))
    benefit = np.bincount(of_group, weights=saved.sum(axis=1), minlength=groups) * months_after
    loss = np.zeros(groups)
    for group in np.flatnonzero(missing > 0.0):
        dear = ~pays & (of_group == group)[:, None]
        if benefit[group] <= 0.0:  # then any loss is too much
            loss[group] = np.inf if dear.any() else 0.0
            continue
        zone, percentile = np.nonzero(dear)
        loss[group] = _cheapest(-gain[zone, percentile], cell[zone, 0], missing[group]) * months_left
    return np.asarray(loss <= benefit)


def _cheapest(cost: Floats, parcels: Floats, wanted: float) -> float:
    """What so many parcels cost when the cheapest come first, $; all of them where there are no more."""
    order = np.argsort(cost)
    parcels = parcels[order]
    before = np.cumsum(parcels) - parcels
    return float((np.clip(wanted - before, 0.0, parcels) * cost[order]).sum())
