"""With everything known to both, the full menu leads to the efficient contract in the market as it stands."""

import pytest

from experiments.talks.access_curve import MULTIPLIERS
from experiments.talks.forms import BARGAINED, BEFORE, deals, form_worths
from model.scenario import Scenario

BASELINE = Scenario.load("baseline").with_changes({"n_shippers": 100})


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_the_form_that_both_choose_keeps_the_efficient_share_and_surplus(multiplier):
    worths = form_worths(BASELINE, multiplier)
    (chosen,) = (one for one in worths if one.chosen)
    assert chosen.kept == pytest.approx(1.0, abs=0.02)
    assert chosen.surplus >= 0.995
    assert chosen.surplus == pytest.approx(max(one.surplus for one in worths), abs=1e-12)
    at_will, promised = worths[0], next(one for one in worths if one.name == "uniform, reversion")
    assert at_will.name == "uniform, reversion, at will"
    assert promised.surplus > at_will.surplus + 0.02


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_a_promise_is_worth_more_than_any_structure_of_prices(multiplier):
    # Before the plan is taken as evidence of its cost: as evidence, its addresses cost both sides the same, and at a
    # high multiplier there is little left that parcels at will could waste.
    worths = form_worths(BASELINE.with_changes({"rural_plan": "as_announced"}), multiplier)
    at_will, promised = worths[0], next(one for one in worths if one.name == "uniform, reversion")
    assert at_will.surplus < 0.9
    assert promised.surplus > at_will.surplus + 0.1


def test_the_first_contracts_of_runs_are_looked_at_before_and_now():
    found = deals(BASELINE.with_changes({"end": "2026-09", "reservation_belief_sd": 0.0}), [1], workers=1)
    assert list(found) == ["before", "now"]
    (before,), (now,) = found.values()
    assert before.form == "uniform, reversion, at will"
    assert now.surplus == pytest.approx(1.0, abs=0.01)  # without errors both find the efficient contract
    assert before.surplus < now.surplus - 0.1
    assert set(BEFORE) == set(BARGAINED)
    (none,) = deals(BASELINE.with_changes({"end": "2025-03"}), [1], workers=1)["now"]
    assert none.month == ""
