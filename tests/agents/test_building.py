"""Nobody builds what it will idle: the chance of a contract, and what capacity is worth while it is open."""

from __future__ import annotations

import numpy as np
import pytest

from agents.bargaining import MENU, Form
from agents.calendar import Month
from agents.rules.building import BuildingCase, TableSeen, spared_under, worth_building
from tests.agents.test_packages import TERMS, menu, random_case

EXPIRY = Month(2026, 10)


def table(**changes: object) -> TableSeen:
    fields = {
        "package": None, "limit": 3.4, "expected": 2.6, "floor": 2.2, "error_sd": 0.4, "expiry": EXPIRY,
    } | changes  # fmt: skip
    return TableSeen(**fields)  # type: ignore[arg-type]


def case(worth: float, chance: float, spared: float = 2.5, published: float = 4.4, capital: float = 0.4) -> bool:
    one = np.ones(1)
    return bool(worth_building(BuildingCase(worth * one, spared * one, published, chance * one, capital * one))[0])


def test_the_chance_of_a_deal_rises_with_the_own_limit_and_is_certain_without_errors() -> None:
    before = EXPIRY + -9
    chances = [table(limit=limit).chance(before) for limit in (2.3, 2.6, 3.0, 3.4)]
    assert chances == sorted(chances)
    assert chances[1] == pytest.approx(0.5)
    assert table(error_sd=0.0).chance(before) == 1.0
    assert table(error_sd=0.0, limit=2.5).chance(before) == 0.0
    assert table(limit=2.1).chance(before) == 0.0  # the regulator would refuse whatever it can pay


def test_after_an_expiry_without_a_contract_it_builds_as_if_there_were_none_unless_one_waits_for_approval() -> None:
    assert table().chance(EXPIRY + -1) > 0.9
    assert table().chance(EXPIRY) == 0.0
    assert table(agreed=3.1).chance(EXPIRY + 2) == 1.0


def test_what_a_contract_will_keep_is_not_built_for_and_what_no_contract_would_cost_is() -> None:
    assert case(worth=3.0, chance=0.0)  # the published price is saved
    assert not case(worth=3.0, chance=1.0)  # a parcel less spares less than delivering it costs
    assert not case(worth=3.0, chance=0.8)
    assert case(worth=3.0, chance=0.5)
    assert case(worth=1.9, chance=1.0)  # what is cheaper even under the contract is built for in any case
    assert not case(worth=4.2, chance=0.0)  # capital is not covered


def test_under_make_whole_a_parcel_less_spares_what_it_costs_the_seller_whatever_the_price() -> None:
    packages = dict(zip(MENU, menu(random_case(4)), strict=True))
    package = packages[Form("uniform", "make_whole", True)]
    for level in (2.6, 3.5, 4.2):
        spared = spared_under(package, level, 4.4)
        np.testing.assert_allclose(spared[package.carried], package.use.floor)
        np.testing.assert_array_equal(spared[~package.carried], 4.4)
    half = packages[Form("uniform", "take_or_pay", True)]
    carried = spared_under(half, 3.0, 4.4)[half.carried]
    np.testing.assert_allclose(carried, 3.0 * (1.0 - TERMS.take_or_pay_rate))
    free = packages[Form("uniform", "reversion", True)]
    np.testing.assert_allclose(spared_under(free, 3.0, 4.4)[free.carried], 3.0)
