"""What each form of a contract between Amazon and USPS is worth when both know all: no errors, no tactics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agents.bargaining import MENU, Package, Side, SliceValues, build_package, forecast_use, ranking, worth_leaving
from experiments.runs import start_market
from experiments.talks.access_curve import MULTIPLIER, MULTIPLIERS
from experiments.workers import Task, work_all
from model.bargains.access import access_groups, access_table
from model.bargains.packages import package_case
from model.bargains.table import Pair, PairKind
from model.market import ParcelMarket
from model.scenario import Scenario
from model.timeline import usps_amazon_expiry

PAIR = Pair("usps", "amazon", PairKind.ACCESS)
SAME_COST = 1e-6  # $ per parcel

#: The market with one form: a price for parcels at will, an even split after an expiry, orders for one expected price.
BEFORE = {
    "price_structure": "uniform",
    "shortfall_rule": "reversion",
    "after_expiry": "split",
    "building": "expected_price",
}
#: As in the usual market: all of it bargained over, both asked after an expiry, orders for what may come of the talks.
BARGAINED = {
    "price_structure": "bargained",
    "shortfall_rule": "bargained",
    "after_expiry": "asked",
    "building": "outcomes",
}


@dataclass(frozen=True, slots=True)
class FormWorth:
    """What one form would come to.

    Attributes:
        name: The form, in words.
        kept: Parcels that stay over the term, as a share of those that are cheaper to leave.
        surplus: Joint surplus over that of leaving exactly those.
        chosen: Whether both would fall back on it.
    """

    name: str
    kept: float
    surplus: float
    chosen: bool


def form_worths(scenario: Scenario, multiplier: float) -> tuple[FormWorth, ...]:
    """All forms of the menu, simplest first, at the start of a run for a contract from the expiry on.

    Args:
        scenario: What is assumed; it must not set a form.
        multiplier: Amazon's own cost where it does not deliver yet, over that of a network that passes.
    """
    market = start_market(scenario.with_changes({**BARGAINED, MULTIPLIER: multiplier}), 1)
    base = access_table(market, usps_amazon_expiry(after=market.month), access_groups(market))
    packages = package_case(market, PAIR, base, Side.BUYER).packages(worth_leaving(base.values))
    values = base.values
    most, chosen = _most(values), ranking(packages)[0]
    return tuple(
        FormWorth(
            form_name(one),
            _share_kept(values, one),
            one.joint_surplus() / most,
            position == chosen,
        )
        for position, one in enumerate(packages)
    )


def all_worths(scenario: Scenario) -> dict[float, tuple[FormWorth, ...]]:
    """`form_worths` by multiplier."""
    return {multiplier: form_worths(scenario, multiplier) for multiplier in MULTIPLIERS}


def form_name(package: Package) -> str:
    """A form in a few words, such as "by zone, make whole"."""
    structure, rule = (name.replace("_", " ") for name in (package.form.structure, package.form.rule))
    return f"{structure}, {rule}" + ("" if package.form.promised else ", at will")


@dataclass(frozen=True, slots=True)
class Deal:
    """The first contract that the two agree on in a run; month "" and nan where there is none.

    Attributes:
        form: Its form in words.
        month: Month of the agreement.
        price: Mean price, $ per parcel.
        kept: Parcels that are expected to stay over the term, as a share of those that are cheaper to leave.
        surplus: Joint surplus over that of leaving exactly those, private errors left out.
    """

    form: str
    month: str
    price: float
    kept: float
    surplus: float


def deals(scenario: Scenario, seeds: Sequence[int], workers: int | None = None) -> dict[str, list[Deal]]:
    """First contracts by seed: with one form, and with all of it bargained over.

    Args:
        scenario: What is assumed; it must not set a form.
        seeds: Seeds.
        workers: Processes; one for each processor unless told.
    """
    variants = {"before": scenario.with_changes(BEFORE), "now": scenario.with_changes(BARGAINED)}
    tasks = [Task(variant, seed) for variant in variants.values() for seed in seeds]
    found = work_all(first_deal, tasks, workers, None)
    return {name: found[k * len(seeds) : (k + 1) * len(seeds)] for k, name in enumerate(variants)}


def first_deal(task: Task) -> Deal:
    """Play a market until Amazon and USPS have agreed, and look at what they agreed on."""
    market = start_market(task.scenario, task.seed)
    while not market.finished:
        market.step()
        state = market.state.talks.get(PAIR.parties)
        if state is not None and state.talks.signed:
            return _deal(market)
    return Deal("", "", float("nan"), float("nan"), float("nan"))


def _deal(market: ParcelMarket) -> Deal:
    """What was agreed on this month, at what the slices are worth now."""
    state = market.state.talks[PAIR.parties]
    event = next(one for one in reversed(market.events) if one.kind == "agreement" and one.actors == ("amazon", "usps"))
    base = access_table(market, market.month, access_groups(market))
    package = state.package
    if package is None:
        case, level = package_case(market, PAIR, base, Side.BUYER), float(np.nanmean(state.talks.price))
        carried = base.taken(state.talks.price, market.agent(PAIR.buyer))
        draft = build_package(case, MENU[0], carried)
        draft = replace(draft, use=replace(draft.use, carried=carried))
        at_price, at_published = forecast_use(draft, level, case.worth, case.standing)
        package = replace(draft, use=replace(draft.use, at_price=at_price, at_published=at_published))
    values = package.values
    return Deal(
        form_name(package),
        str(event.month),
        dict(event.numbers)["price_usd"],
        _share_kept(values, package),
        package.joint_surplus() / _most(values),
    )


def _share_kept(values: SliceValues, package: Package) -> float:
    """Parcels that stay as a share of those that are cheaper to leave.

    Where both ways cost the same, as at the edge of what Amazon's announcement reveals, nobody minds who delivers:
    these slices do not count.
    """
    matters = values.efficient & (values.buyer - values.seller > SAME_COST)
    volume = values.volume[matters]
    return float(volume @ package.kept[matters]) / float(volume.sum())


def _most(values: SliceValues) -> float:
    """Joint surplus of leaving exactly the slices that are cheaper to leave, $ a year."""
    return float((values.volume * np.maximum(values.buyer - values.seller, 0.0))[values.efficient].sum())
