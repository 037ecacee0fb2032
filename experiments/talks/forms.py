"""What each form of a contract between Amazon and USPS is worth when both know all: no errors, no tactics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.bargaining import Package, Side, ranking, worth_leaving
from experiments.runs import start_market
from experiments.talks.access_curve import MULTIPLIER, MULTIPLIERS
from model.bargains.access import access_groups, access_table
from model.bargains.packages import package_case
from model.bargains.table import Pair, PairKind
from model.scenario import Scenario
from model.timeline import usps_amazon_expiry

PAIR = Pair("usps", "amazon", PairKind.ACCESS)


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
    market = start_market(scenario.with_changes({MULTIPLIER: multiplier}), 1)
    base = access_table(market, usps_amazon_expiry(after=market.month), access_groups(market))
    packages = package_case(market, PAIR, base, Side.BUYER).packages(worth_leaving(base.values))
    values = base.values
    most = float((values.volume * np.maximum(values.buyer - values.seller, 0.0))[values.efficient].sum())
    cheaper, chosen = float(values.volume[values.efficient].sum()), ranking(packages)[0]
    return tuple(
        FormWorth(
            form_name(one),
            float((values.volume * one.kept).sum()) / cheaper,
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
