"""The statutory tests, the queue, and that every month of every scenario keeps the law or is told to break it."""

import numpy as np
import pytest

from agents.calendar import Month
from model import regulator as law
from model.regulator import Filing, Regulator, Rule
from model.scenario import scenario_names

JUNE = Month(2026, 6)


@pytest.fixture
def regulator(market):
    return market(n_shippers=120, end="2025-01").regulator


def filing(month, *prices, cost=2.0):
    return Filing(month, "usps", "amazon", prices, (cost,) * len(prices))


def test_a_contract_must_cover_its_attributable_cost():
    assert Regulator.review_contract(2.04, 2.04).passed
    assert Regulator.review_contract(2.04 * (1 - 1e-12), 2.04).passed  # rounding is no violation
    refused = Regulator.review_contract(2.03, 2.04)
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


@pytest.mark.parametrize("name", scenario_names())
def test_the_floors_hold_every_month_or_a_dated_violation_says_otherwise(finished, name):
    run = finished(name, n_shippers=300)
    floors_hold_or_are_told(run)
    told = np.zeros(len(run.records.months))
    for event in run.events:
        if event.kind in ("violation", "compliance"):
            told[event.month - run.settings.start :] += 1.0 if event.kind == "violation" else -1.0
    np.testing.assert_array_equal(run.records["usps_violations_count"], told)


def test_a_price_below_cost_is_a_dated_violation(finished):
    cheap = finished("renew", n_shippers=300, end="2025-12", hourly_cost_usps=150.0)
    floors_hold_or_are_told(cheap)
    told = [event for event in cheap.events if event.kind == "violation"]
    assert "contract floor" in told[0].text
    assert told[0].month == Month(2025, 1)
    assert dict(told[0].numbers)["value"] < dict(told[0].numbers)["limit"]
    assert cheap.records["usps_violations_count"][0] >= 1.0


def floors_hold_or_are_told(run):
    """Cover of each carrier's contract from the records, month by month, against violations that are open then."""
    paid, cost = run.records["usps_contract_paid_usd"], run.records["usps_contract_cost_usd"]
    for carrier, name in enumerate(run.carriers.names):
        is_open = False
        events = [event for event in run.events if f"the contract with {name}:" in event.text]
        for row, month in enumerate(run.records.months):
            for event in events:
                if event.month == month:
                    is_open = event.kind == "violation"
            if cost[row, carrier] > 0.0:
                assert is_open == (paid[row, carrier] < cost[row, carrier] * (1 - 1e-9)), (name, month)


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
