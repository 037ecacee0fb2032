"""The statutory tests, the queue, and that a month keeps the law or is told to break it."""

import numpy as np
import pytest

from agents import regulator as law
from agents.calendar import Month
from agents.regulator import Filing, Regulator, Rule
from model.market import ParcelMarket
from model.scenario import Scenario, ScenarioError
from tests.floors import floors_hold_or_are_told

JUNE = Month(2026, 6)


@pytest.fixture
def regulator(market):
    return market(n_shippers=120, end="2025-01").regulator


def filing(month, *prices, cost=2.0):
    return Filing(month, "usps", "amazon", prices, (cost,) * len(prices))


def test_a_contract_must_cover_its_attributable_cost(regulator):
    assert regulator.review_contract(2.04, 2.04).passed
    assert regulator.review_contract(2.04 * (1 - 1e-12), 2.04).passed  # rounding is no violation
    refused = regulator.review_contract(2.03, 2.04)
    assert not refused.passed
    assert (refused.rule, refused.value, refused.limit) == (Rule.CONTRACT_FLOOR, 2.03, 2.04)


@pytest.mark.parametrize(
    ("kept", "broken"),
    [
        (law.appropriate_share(3.83e9, 38.3e9, 0.1), law.appropriate_share(3.8e9, 38.3e9, 0.1)),
        (law.incremental_cost(21.6e9, 21.6e9), law.incremental_cost(21.5e9, 21.6e9)),
        (law.mail_price(0.052, 0.027, 0.025), law.mail_price(0.053, 0.027, 0.025)),
        (law.debt_ceiling(15e9, 15e9), law.debt_ceiling(15.01e9, 15e9)),
        (law.yearly_borrowing(3e9, 3e9), law.yearly_borrowing(3.01e9, 3e9)),
        (law.product_floor(4.0, 3.9), law.product_floor(3.9, 4.0)),
    ],
)
def test_each_rule_has_a_limit_that_may_be_reached_but_not_passed(kept, broken):
    assert kept.passed
    assert not broken.passed
    assert kept.rule == broken.rule


def test_filed_contracts_wait_for_the_lag_and_come_back_with_a_floor(regulator):
    assert regulator.lag_months == 1
    regulator.file(filing(JUNE, 2.5, 1.9))
    regulator.file(filing(JUNE + 1, 3.0))
    assert regulator.decide(JUNE) == []
    (decision,) = regulator.decide(JUNE + 1)
    assert not decision.approved
    assert [finding.passed for finding in decision.findings] == [True, False]
    np.testing.assert_array_equal(decision.floor, [2.0, 2.0])
    (second,) = regulator.decide(JUNE + 2)
    assert second.approved
    assert regulator.decide(JUNE + 9) == []


def test_a_violation_is_told_when_it_begins_and_when_it_ends(regulator):
    low, high = law.contract_floor(1.0, 2.0, "a contract"), law.contract_floor(2.0, 2.0, "a contract")
    assert regulator.note(JUNE, [high]) == ([], [])
    assert regulator.note(JUNE + 1, [low]) == ([low], [])
    assert regulator.note(JUNE + 2, [low]) == ([], [])
    assert regulator.note(JUNE + 3, []) == ([], [])
    assert regulator.broken == {(Rule.CONTRACT_FLOOR, "a contract"): JUNE + 1}
    assert regulator.note(JUNE + 4, [high]) == ([], [high])


def test_a_price_below_cost_is_a_dated_violation(finished):
    cheap = finished("renew", n_shippers=300, end="2025-12", hourly_cost_usps=150.0)
    floors_hold_or_are_told(cheap)
    told = [event for event in cheap.events if event.kind == "violation"]
    assert "contract floor" in told[0].text
    assert told[0].month == Month(2025, 1)
    assert dict(told[0].numbers)["value"] < dict(told[0].numbers)["limit"]
    assert cheap.records["usps_violations_count"][0] >= 1.0


def test_too_little_from_all_parcels_is_found_at_the_end_of_the_fiscal_year(finished):
    run = finished("renew", n_shippers=300, end="2025-12", appropriate_share=0.5)
    (told,) = [event for event in run.events if event.kind == "violation"]
    assert told.month == Month(2025, 9)
    assert "appropriate share" in told.text


def test_a_debt_above_the_ceiling_is_a_violation(finished):
    run = finished("renew", n_shippers=300, end="2025-03", usps_debt_cap=14.0)
    (told,) = [event for event in run.events if event.kind == "violation"]
    assert "debt ceiling" in told.text
    assert (run.records["usps_violations_count"] == 1.0).all()


class Lenient(Regulator):
    """Lets every contract pass."""

    def review_contract(self, price, attributable_cost, subject="", contract=""):
        return law.contract_floor(max(price, attributable_cost), attributable_cost, subject, contract)


class Strict(Regulator):
    """Asks for twice the attributable cost of whatever is sold."""

    def review_contract(self, price, attributable_cost, subject="", contract=""):
        return law.contract_floor(price, 2.0 * attributable_cost, subject, contract)

    def review_product(self, price, attributable_cost, subject):
        return law.product_floor(price, 2.0 * attributable_cost, subject)


def test_a_regulator_of_ones_own_rules_in_its_own_way(market):
    costly = market("renew", n_shippers=120, end="2025-01", hourly_cost_usps=150.0).settings
    usual, lenient, strict = (
        ParcelMarket(costly, rng=1, roster=roster).run()
        for roster in ({}, {"regulator": Lenient}, {"regulator": Strict})
    )

    def told(run, rule):
        return [event for event in run.events if event.kind == "violation" and rule in event.text]

    assert told(usual, "contract floor")
    assert not told(lenient, "contract floor")
    assert not told(usual, "product floor")
    assert told(strict, "product floor")
    assert list(strict.settings.roster) == ["regulator"]  # it travels


def test_awards_and_filings_follow_the_same_ruling(market):
    settings = market("auction_pay_as_bid", n_shippers=120, end="2026-10").settings
    usual, strict = (ParcelMarket(settings, rng=1, roster=roster).run() for roster in ({}, {"regulator": Strict}))

    def struck(run):
        return sum(dict(event.numbers)["parcels"] for event in run.events if "strikes out" in event.text)

    def won(run):
        return sum(float(one.parcels.sum()) for held in run.state.auctions for one in held.winnings)

    assert struck(usual) == 0.0
    assert struck(strict) > 0.0
    assert won(strict) == pytest.approx(won(usual) - struck(strict))


def test_a_roster_refuses_what_is_no_regulator():
    with pytest.raises(ScenarioError, match="its class must be a subclass of Regulator"):
        Scenario.load("baseline").with_changes({"roster": {"regulator": "agents.usps:Usps"}})
