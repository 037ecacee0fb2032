"""Interest of USPS: the published sum at the start, earned on cash and paid on debt ever after."""

import numpy as np
import pytest

from model.history.paths import settling_rate
from model.parameters import Parameters
from model.postal_accounts import interest
from model.scenario import ScenarioError
from tests.small import FEWER

P = Parameters.default()
SMALL = {**FEWER, "n_shippers": 150}
BILLION = 1e9


def test_rates_give_the_published_sum_at_the_start(finished):
    rate = settling_rate(P, 0.0, P.usps_cash_rate_2024)
    earned, paid = interest(P, rate, P.usps_cash_start * BILLION, P.usps_debt_start * BILLION)
    assert 12 * (earned - paid) / BILLION == pytest.approx(P.usps_interest_income_net_2024, abs=1e-9)
    first = finished("baseline", end="2025-03", **SMALL).records
    net = 12 * (first["usps_interest_earned_usd"] - first["usps_interest_paid_usd"])[0] / BILLION
    assert net == pytest.approx(P.usps_interest_income_net_2024, abs=0.02)  # rates have begun to fall


@pytest.mark.parametrize(("year", "published"), [(2020, -0.1), (2021, -0.1), (2022, 0.1), (2023, 0.7), (2024, 0.5)])
def test_the_past_gives_what_was_published(finished, year, published):
    """Net income less revenue plus expense of the fiscal years, from the balances and rates of the time."""
    run = finished("baseline", start=f"{year}-01", end=f"{year}-12", **SMALL)
    net = (run.records["usps_interest_earned_usd"] - run.records["usps_interest_paid_usd"]).sum() / BILLION
    assert net == pytest.approx(published, abs=0.2)
    assert run.figures.usps_debt_rate == pytest.approx(0.017, abs=0.01)


def test_every_month_bears_interest_on_what_there_was_when_it_began(finished):
    run = finished("debt_cap_raised", end="2028-12", **SMALL)
    cash, debt = run.records["usps_cash_usd"], run.records["usps_debt_usd"]
    assert debt[-1] > debt[0] + BILLION
    for month in (1, 24, 36, 47):
        rate = run.paths.interest_rate(month)
        earned, paid = interest(P, rate, cash[month - 1], debt[month - 1])
        assert run.records["usps_interest_earned_usd"][month] == pytest.approx(earned, abs=0.01)
        assert run.records["usps_interest_paid_usd"][month] == pytest.approx(paid, abs=0.01)
    new = debt[46] - P.usps_debt_start * BILLION
    extra = new * (P.interest_rate_projected + P.usps_borrowing_premium) / 12
    old = P.usps_debt_start * BILLION * P.usps_debt_rate / 12
    assert run.records["usps_interest_paid_usd"][47] == pytest.approx(old + extra, abs=1.0)


def test_a_higher_debt_ceiling_costs_interest(finished):
    """Without measures in distress nothing but interest differs, and the difference is the arithmetic's."""
    terms = {"end": "2029-12", "distress_ladder": False, "usps_distress_pricing": 0.0, **SMALL}
    low, high = (finished(name, **terms) for name in ("baseline", "debt_cap_raised"))
    income = [run.records["usps_net_income_usd"][48:].sum() for run in (low, high)]
    net = [
        (run.records["usps_interest_earned_usd"] - run.records["usps_interest_paid_usd"])[48:].sum()
        for run in (low, high)
    ]
    assert income[1] < income[0] - 0.1 * BILLION
    assert income[1] - income[0] == pytest.approx(net[1] - net[0], abs=1.0)


def test_the_rate_moves_evenly_to_what_is_projected(finished):
    rates = [finished("baseline", end="2025-03", **SMALL).paths.interest_rate(month) for month in range(40)]
    assert rates[0] == pytest.approx(P.usps_cash_rate_2024, abs=0.001)
    np.testing.assert_allclose(np.diff(rates[:23]), np.diff(rates[:23])[0], rtol=1e-9)
    assert rates[24:] == [P.interest_rate_projected] * 16


def test_dearer_money_costs_who_owes_and_pays_who_has(finished):
    """A higher rate: more for cash, more on new debt, nothing on what was owed at the start."""
    terms = {"end": "2027-12", "distress_ladder": False, **SMALL}
    cheap, dear = (finished("debt_cap_raised", interest_rate_projected=rate, **terms) for rate in (0.02, 0.05))
    earned = [run.records["usps_interest_earned_usd"].sum() for run in (cheap, dear)]
    paid = [run.records["usps_interest_paid_usd"].sum() for run in (cheap, dear)]
    assert earned[1] > earned[0]
    assert paid[1] > paid[0]
    old = P.usps_debt_start * BILLION * P.usps_debt_rate / 12
    np.testing.assert_allclose(cheap.records["usps_interest_paid_usd"][:3], old, atol=0.01)
    np.testing.assert_allclose(dear.records["usps_interest_paid_usd"][:3], old, atol=0.01)


def test_a_rate_that_is_none_is_refused(market):
    with pytest.raises(ScenarioError, match="interest_rate_projected"):
        market("baseline", interest_rate_projected=-2.0)


def test_expense_that_uses_no_cash_does_not_grow_with_wages(finished):
    """Institutional cost that is paid follows wages, and drifts from them as far as the scenario says."""
    flat, dear, drifting = (
        finished("standing_still", end="2026-12", wage_growth_usps=wage, institutional_drift=drift, **SMALL)
        for wage, drift in ((0.0, 0.0), (0.1, 0.0), (0.0, 0.011))
    )
    institutional, dearer, drifted = (
        np.asarray(run.records["usps_institutional_usd"][:12]) for run in (flat, dear, drifting)
    )
    noncash = (P.usps_noncash_and_unpaid + P.usps_depreciation) * BILLION / 12
    wages, drifts = (np.array([rate ** ((month + 6.5) / 12) for month in range(12)]) for rate in (1.1, 1.011))
    assert dearer - noncash == pytest.approx((institutional - noncash) * wages)
    assert drifted - noncash == pytest.approx((institutional[0] - noncash) * drifts)
    assert sum(dearer) > sum(institutional)
