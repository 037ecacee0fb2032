"""Packages on the table between two parties: what both know, the form that they fall back on, what it would carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.asked import AnswerError
from agents.bargaining import (
    MENU,
    Form,
    Package,
    PackageCase,
    PackageTerms,
    Side,
    Stakes,
    as_seen,
    build_package,
    fall_back,
    pool_slices,
)
from agents.contracts import Contract
from agents.party import Party
from model.answers import chosen_places
from model.bargains.access import structure_groups
from model.bargains.forms import imposed_form, on_one_level
from model.bargains.table import BargainTable, Pair, PairKind
from model.economy import Economy

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class PackageTable(BargainTable):
    """What is at stake in one month under the package that both talk about; one thread, the mean price.

    Attributes:
        package: The package; None where each side refuses all forms that the other would take.
    """

    package: Package | None

    def stakes(self, displacement_belief: float = 0.0) -> Stakes:
        """Stakes of the one thread, (1,) each; without a package nothing is at stake."""
        stakes = BargainTable.stakes(self) if self.package is None else self.package.stakes
        if self.package is None:
            stakes = replace(stakes, quantity=np.zeros(len(stakes.quantity)))
        stakes = replace(stakes, buyer_outside=stakes.published)
        if displacement_belief > 0.0:
            outside = displacement_belief * stakes.published + (1.0 - displacement_belief) * stakes.seller
            stakes = replace(stakes, seller_outside=outside)
        return stakes

    def taken(self, price: Floats, buyer: Party) -> Bools:
        """Slices that the package would carry at a mean price, (1,), (L,): the buyer has named what it promises."""
        if self.package is None or np.isnan(price).any():
            return np.zeros(len(self.zone), dtype=np.bool_)
        return self.package.taken(float(price[0]))


def has_packages(market: Economy, pair: Pair) -> bool:
    """Whether the two bargain over packages.

    UPS and FedEx carry for Amazon on their usual terms: what it hands over to them is what was agreed, whatever a
    contract says about missing it, so that no form would be worth more than another.
    """
    return pair.kind is not PairKind.CARRIAGE and on_one_level(market)


def package_terms(market: Economy, pair: Pair) -> PackageTerms:
    """What all packages of a pair share."""
    p = market.figures
    return PackageTerms(
        p.shortfall_tolerance,
        p.take_or_pay_rate,
        int(p.term_strategic if pair.kind is PairKind.ACCESS else p.term_usps_nsa),
        p.discount_rate_monthly,
        p.seller_bargaining_weight,
    )


def package_table(
    market: Economy, pair: Pair, base: BargainTable, errors: tuple[float, float], form: Form | None = None
) -> PackageTable:
    """The package that the two talk about today.

    Each side names the slices that a contract should promise, and puts the forms in order, by its own books; promised
    is what both name, and the form is what they fall back on.

    Args:
        market: The market.
        pair: Who talks.
        base: What each slice is worth, without errors.
        errors: Private errors of buyer and seller, $ per parcel.
        form: What they have settled on, if they do not talk about the form today.
    """
    known = package_case(market, pair, base, Side.BUYER)
    cases = {
        side: replace(known, side=side, values=as_seen(base.values, side, error, known.standing))
        for side, error in zip((Side.BUYER, Side.SELLER), errors, strict=True)
    }
    promised = np.ones(len(base.zone), dtype=np.bool_)
    for side, case in cases.items():
        key = _key(pair, side)
        answer = market.agent(key).would_promise(case)
        promised &= chosen_places(key, "what a contract should promise", answer, promised.shape)
    if form is not None:
        package = build_package(known, form, promised)
        return PackageTable(base.values, base.zone, package.groups, base.cell, package)
    orders = [_order(market, pair, case, promised) for case in cases.values()]
    position = fall_back(*orders)
    if position is None:
        return PackageTable(base.values, base.zone, base.groups, base.cell, None)
    package = build_package(known, known.menu[position], promised)
    return PackageTable(base.values, base.zone, package.groups, base.cell, package)


def package_case(market: Economy, pair: Pair, base: BargainTable, side: Side) -> PackageCase:
    """What is known of the slices on a table without anybody's error."""
    form = imposed_form(market)
    menu = MENU if form is None else (form,)
    worth, standing = _use(market, pair, base)
    return PackageCase(
        side=side,
        menu=menu,
        groups={structure: structure_groups(market, structure) for structure in {one.structure for one in menu}},
        zone=base.zone,
        values=base.values,
        worth=worth,
        standing=standing,
        terms=package_terms(market, pair),
    )


def _key(pair: Pair, side: Side) -> str:
    return pair.buyer if side is Side.BUYER else pair.seller


def _order(market: Economy, pair: Pair, case: PackageCase, promised: Bools) -> Sequence[int]:
    """The order in which a side would have the forms, checked."""
    key, pool = _key(pair, case.side), pool_slices(case, promised, case.menu)
    packages = pool.packages()
    order: Any = market.agent(key).ranks_forms(pool.case, packages)
    found = list(order)
    if len(set(found)) != len(found) or not set(found) <= set(range(len(packages))):
        raise AnswerError(
            f"{key}: order of the forms is {found}; allowed: each of 0 to {len(packages) - 1} at most once"
        )
    return found


def _use(market: Economy, pair: Pair, base: BargainTable) -> tuple[Floats, Bools]:
    """Worth of running own routes by slice, $ per parcel, and whether routes or stations reach it, (L,) each."""
    if pair.kind is PairKind.ACCESS:
        amazon = market.amazon
        return amazon.running_worth(), amazon.slice_cost(base.zone, base.cell)[2]
    coverage = market.state.network.coverage[market.carriers.keys.index(pair.buyer)]
    middle = (base.cell + 0.5) / market.zones.density_grid.shape[1]
    return base.values.own_value, middle <= coverage[base.zone]


def with_form(contract: Contract, package: Package, level: float) -> Contract:
    """A contract on the terms of a package at a mean price."""
    return replace(
        contract,
        shortfall_rule=package.form.rule,
        tolerance=package.tolerance,
        take_or_pay_rate=package.shortfall_rate(level),
    )
