"""A party that is no carrier sets wages: its carriers pay them, nobody else does, and nonsense is refused."""

from __future__ import annotations

import numpy as np
import pytest

from agents.asked import AnswerError
from agents.calendar import Month
from agents.party import Party
from agents.roster import RosterError
from model.market import ParcelMarket
from model.scenario import Scenario

SETTINGS = Scenario().with_changes({"n_shippers": 120, "end": "2025-09"})


class Union(Party):
    """Sets wages in July; the figures are for the test to choose."""

    step: dict[str, object] = {}  # noqa: RUF012

    def wage_step(self, month: Month) -> dict[str, object]:
        return self.step if month.month == 7 else {}


def played(**step: object) -> ParcelMarket:
    kind = type("Union", (Union,), {"step": step})
    return ParcelMarket(SETTINGS, rng=1, roster={"union": kind}).run()


def wages(market: ParcelMarket) -> dict[str, float]:
    found = market.records["wages_usd"].sum(axis=0)
    return dict(zip(market.carriers.keys, found.tolist(), strict=True))


def test_nobody_sets_wages_unless_somebody_does() -> None:
    usual = ParcelMarket(SETTINGS, rng=1).run()
    assert played().outcomes() == usual.outcomes()
    assert played(ups=1.0).outcomes() == pytest.approx(usual.outcomes(), rel=1e-12)


@pytest.mark.parametrize(("group", "payers"), [("ups", {"ups"}), ("usps", {"usps"}), ("regional", {"ontrac", "lso"})])
def test_those_it_is_about_pay_more_from_that_month_on(group: str, payers: set[str]) -> None:
    usual, dearer = ParcelMarket(SETTINGS, rng=1).run(), played(**{group: 1.1})
    before, after = wages(usual), wages(dearer)
    for key in ("usps", "ups", "fedex", "ontrac", "lso"):
        if key in payers:
            assert after[key] > 1.01 * before[key]  # three months of nine, by a tenth
        else:
            assert after[key] == pytest.approx(before[key], rel=0.006)  # parcels that change hands
    np.testing.assert_array_equal(usual.records["profit_usd"][:6], dearer.records["profit_usd"][:6])
    told = [event for event in dearer.events if event.kind == "wages"]
    assert [(event.month, event.actors) for event in told] == [(Month(2025, 7), ("union", group))]
    assert "+10.0%" in told[0].text
    assert dearer.balances()["money"] == 0.0


def test_steps_add_up_and_go_through_the_costs_that_plans_ask_for() -> None:
    class Twice(Union):
        def wage_step(self, month: Month) -> dict[str, float]:
            return {"ups": 1.1}

    market = ParcelMarket(SETTINGS, rng=1, roster={"union": Twice})
    before = market.costs.rates.hourly_cost.copy()
    market.step()
    market.step()
    np.testing.assert_allclose(market.costs.rates.hourly_cost / before, [1.0, 1.1**2, *[1.0] * 9])


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"upps": 1.1}, "union: wage_step names 'upps'; allowed: usps, amazon, ups, fedex, regional"),
        ({"ups": 3.0}, "union: wage_step sets ups to 3.0; allowed: a growth factor from 0.5 to 2.0"),
        ({"ups": float("nan")}, "union: wage_step answers {'ups': nan}; allowed: a mapping from a text to a number"),
        ({"ups": "more"}, "union: wage_step answers {'ups': 'more'}; allowed: a mapping from a text to a number"),
    ],
)
def test_what_is_no_wage_step_is_refused(step: dict[str, object], told: str) -> None:
    with pytest.raises((RosterError, AnswerError), match=told):
        played(**step)
