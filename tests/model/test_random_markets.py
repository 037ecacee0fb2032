"""Whole markets under random valid assumptions: whatever is allowed, parcels, money and capacity balance."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from agents.calendar import Month
from model.market import ParcelMarket
from model.parameters import Parameters
from model.scenario import Scenario, ScenarioError, scenario_names
from model.start.choice_constants import StartError

sys.path.insert(0, str(Path(__file__).parents[1] / "soak"))
import invariants
import random_scenarios

DEFAULT = Parameters.default()
WITHOUT_PRIOR = {
    "demand_shock_sd": (0.0, 0.1),
    "zone_shock_sd": (0.0, 0.3),
    "initial_peak_utilisation": (0.5, 1.0),
    "usps_sort_capacity_daily": (10.0, 60.0),
    "partial_retained_share": (0.0, 1.0),
    "contract_cap_ratio": (1.0, 2.0),
    "growth_market": (-0.05, 0.15),
    "usps_cash_start": (0.0, 20.0),
    "usps_debt_cap": (0.0, 30.0),
    "value_of_on_time": (0.0, 0.5),
    "price_increase_max": (0.0, 0.3),
    "surepost_volume_2024": (0.0, 3.0),
}
PRIOR = {
    row.symbol: (row.low, row.high)
    for row in DEFAULT.rows()
    if row.low is not None and row.settable and not row.whole and row.allowed_low < row.allowed_high
}
DRAWN = PRIOR | WITHOUT_PRIOR


@st.composite
def scenarios(draw):
    changes = {
        "n_shippers": draw(st.sampled_from([120, 300, 500])),
        "end": str(Month(2025, 1) + draw(st.integers(5, 17))),
        "usps_amazon_volume": draw(st.sampled_from(["kept", "withdrawn", "partial"])),
        "usps_amazon_renewal": draw(st.sampled_from(["at_expiry", "early"])),
        "exit_start": str(Month(2025, 1) + draw(st.integers(0, 8))),
        "exit_end": str(Month(2025, 10) + draw(st.integers(0, 20))),
        "exit_at_once": draw(st.booleans()),
        "build_limit_applies": draw(st.booleans()),
        "announced_plans": draw(st.booleans()),
        "make_or_buy": draw(st.booleans()),
        "price_rule": draw(st.sampled_from(["adaptive", "frozen"])),
        "distress_ladder": draw(st.booleans()),
        "five_day_delivery": draw(st.sampled_from(["forbidden", "in_distress", "at_once"])),
        "universal_service": draw(st.booleans()),
        "mail_trend": draw(st.sampled_from(["usual", "fast"])),
        "demand_shock": draw(st.booleans()),
        "amazon_opens_network": draw(st.booleans()),
        "labour_stickiness": draw(st.booleans()),
        "max_overflow_passes": draw(st.integers(1, 4)),
        "backlog_max_months": draw(st.integers(0, 3)),
        "refusal_months": draw(st.integers(1, 3)),
    }
    for symbol in draw(st.lists(st.sampled_from(sorted(DRAWN)), min_size=8, max_size=16, unique=True)):
        low, high = DRAWN[symbol]
        changes[symbol] = draw(st.floats(low, high, allow_nan=False))
    return Scenario.load(draw(st.sampled_from(scenario_names()))).with_changes(changes)


# No shrinking: it would rerun whole markets for minutes, and the scenario of a failure is printed anyway.
@settings(
    max_examples=14,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(scenario=scenarios(), seed=st.integers(0, 10_000))
def test_every_valid_market_balances_every_month(scenario, seed):
    try:
        market = ParcelMarket(scenario, rng=seed)
    except StartError:  # figures at the ends of their ranges may have no start state; that is said, not played
        reject()
    invariants.play(market)


@pytest.mark.parametrize("number", range(16))
def test_numbered_random_scenarios_keep_every_rule(number):
    """The first of those that `make soak-scenarios` plays: any lever and parameter, also at the ends of its domain."""
    try:
        market = ParcelMarket(random_scenarios.valid_scenario(number), rng=number)
    except StartError:
        return
    invariants.play(market)


def test_numbered_invalid_scenarios_name_what_is_wrong():
    for number in range(300):
        values, key = random_scenarios.invalid_scenario(number)
        with pytest.raises(ScenarioError) as caught:
            Scenario.from_mapping(values)
        assert random_scenarios.is_named(key, str(caught.value)), (number, values)


def test_a_broken_rule_is_found():
    """The checks are no ornament: parcels that vanish, money from nowhere and a figure that is none are told."""
    market = ParcelMarket(Scenario.load("baseline").with_changes({"n_shippers": 120, "end": "2025-02"}), rng=1)
    market.step()
    assert invariants.parcel_problems(market) == []
    market.state.flows.allocation.unserved[...] += 1e6
    assert "tendered or waited" in invariants.parcel_problems(market)[0]
    market.state.network.coverage[2, 0] = 1.5
    assert "a coverage is no share" in invariants.capacity_problems(market)
    market.records["usps_cash_usd"][-1] = np.nan
    assert "series usps_cash_usd is not finite" in invariants.record_problems(market)
    market.records["usps_cash_usd"][-1] = -5.0
    assert any(problem.startswith("series usps_cash_usd falls to -5") for problem in invariants.record_problems(market))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stem_miles_rural": 500.0}, "stem_miles_rural"),
        ({"service_minutes_urban": 0.0}, "service_minutes_urban"),
        ({"contract_cap_ratio": 0.9}, "contract_cap_ratio"),
        ({"required_contract_margin": 1.0}, "required_contract_margin"),
    ],
)
def test_what_no_market_can_hold_is_refused_as_a_scenario(changes, told):
    with pytest.raises(ScenarioError, match=told):
        Scenario().with_changes(changes)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"access_minutes_rural": 1440.0}, "no shipper would choose carrier 0"),
        ({"volume_segment_economy": 1000.0}, "usps_expense_2024"),
        ({"start": "2019-01", "price_coef_premium": 100.0}, "price_coef_premium"),
    ],
)
def test_a_start_that_cannot_be_is_told_as_one(changes, told):
    with pytest.raises(StartError, match=told):
        ParcelMarket(Scenario().with_changes({"n_shippers": 400, **changes}))


def test_interest_that_usps_cannot_pay_is_owed_not_paid_from_nothing():
    scenario = Scenario().with_changes({"n_shippers": 120, "end": "2025-12", "usps_net_loss_2024": 120.0})
    market = ParcelMarket(scenario).run()
    assert market.ledger.cash("usps") >= 0.0
    assert market.usps.arrears > 50e9


@pytest.mark.parametrize(
    ("symbol", "value"), [("reservation_belief_sd", 1.01), ("delivery_days_per_week", 1), ("share_economy_usps", -0.1)]
)
def test_figures_that_no_market_could_play_are_refused_when_they_are_set(symbol, value):
    with pytest.raises(ScenarioError, match=f"{symbol} = .*it must be"):
        Scenario.load("baseline").with_changes({symbol: value}, "change")


def few(**changes):
    settings = Scenario.load("five_day_delivery")
    return settings.with_changes({"n_shippers": 60, "end": "2025-12", **changes}, "change")


@pytest.mark.filterwarnings("error")
def test_two_days_of_delivery_leave_one_under_five_day_delivery():
    invariants.play(ParcelMarket(few(delivery_days_per_week=2), rng=1))


@pytest.mark.filterwarnings("error")
def test_a_start_without_economy_parcels_of_usps_plays_or_says_what_cannot_be():
    invariants.play(ParcelMarket(few(share_economy_usps=0.0, n_shippers=120), rng=1))
    with pytest.raises(StartError, match="in segment economy carrier 10"):  # none of ten rows is at home near it
        ParcelMarket(few(share_economy_usps=0.0), rng=3)
