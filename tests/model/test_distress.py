"""USPS in want of money: one rung a quarter, what each brings and costs, and books that add up to the cent."""

from itertools import pairwise

import numpy as np
import pytest

from agents.calendar import Month
from agents.rules.distress import Ladder, Rung, measures_in_force
from model.carriers import USPS
from model.parameters import Parameters
from tests.small import FEWER

P = Parameters.default()
POOR = {**FEWER, "n_shippers": 300, "usps_cash_start": 4.0, "end": "2026-12"}
START = Month(2025, 1)


def taken(run):
    return dict(run.usps.ladder.taken)


def cents(values):
    return np.rint(np.asarray(values) * 100).astype(np.int64)


@pytest.fixture(scope="module")
def poor(finished):
    return finished("withdraw", **POOR)


@pytest.fixture(scope="module")
def five_day(finished):
    return finished("withdraw", five_day_delivery="in_distress", **POOR)


def test_one_rung_a_quarter_while_the_forecast_is_short(five_day):
    ladder = taken(five_day)
    decided = [ladder[rung] for rung in Rung if rung <= Rung.FIVE_DAY]
    assert decided[0] == START + 3
    assert all(later - earlier >= 3 and later.quarter_start for earlier, later in pairwise(decided))
    told = {int(dict(e.numbers)["rung"]): e.month for e in five_day.events if e.kind == "distress" and e.numbers}
    for rung in told:
        assert ladder[Rung(rung)] == told[rung] + 1
    for event in five_day.events:
        if event.kind == "distress" and event.numbers:
            assert dict(event.numbers)["forecast_usd"] < P.usps_min_cash * 1e9


def test_no_rung_while_there_is_money(finished):
    rich = finished("withdraw", n_shippers=300, usps_cash_start=60.0, end="2026-12")
    assert taken(rich) == {}
    assert rich.records["usps_distress_rung"].max() == 0.0


def test_five_days_only_where_congress_allows_them(poor, five_day):
    assert Rung.FIVE_DAY not in taken(poor)
    assert Rung.FIVE_DAY in taken(five_day)


def test_without_the_ladder_no_measure_is_taken_but_the_end_of_cash_is_told(finished):
    run = finished("withdraw", distress_ladder=False, **POOR)
    assert list(taken(run)) == [Rung.EXHAUSTED]
    month = taken(run)[Rung.EXHAUSTED]
    assert [event.month for event in run.events if event.kind == "cash_exhausted"] == [month]
    row = month - START
    assert run.records["usps_arrears_usd"][row] > 0.0
    assert run.records["usps_arrears_usd"][row - 1] == 0.0
    assert run.records["usps_distress_rung"][row] == 6.0
    assert (run.records["usps_cash_usd"] >= 0.0).all()


def test_measures_put_off_the_end_of_cash(finished, poor):
    without = finished("withdraw", distress_ladder=False, **POOR)
    assert poor.records["usps_arrears_usd"][-1] < without.records["usps_arrears_usd"][-1]


def test_cash_debt_and_ladder_reconcile_with_the_ledger_to_the_cent(five_day):
    """Cash, from nothing but the statement's series, the dates of the rungs and what was borrowed or left unpaid."""
    r, p, ladder = five_day.records, five_day.figures, taken(five_day)
    cash, debt = cents(r["usps_cash_usd"]), cents(r["usps_debt_usd"])
    arrears, deferred = cents(r["usps_arrears_usd"]), cents(r["usps_deferred_usd"])
    months = r.months
    contributions = [cents(p.distress_deferral * 1e9) * (month >= ladder[Rung.DEFERRAL]) for month in months]
    np.testing.assert_array_equal(np.diff(deferred, prepend=0), contributions)
    cut = [p.distress_capex_cut * (month >= ladder[Rung.CAPITAL]) for month in months]
    capital = cents([p.usps_capex * 1e9 / 12 * (1.0 - share) for share in cut])
    noncash = cents((p.usps_noncash_and_unpaid + p.usps_depreciation) * 1e9 / 12)
    flow = cents(r["usps_net_income_usd"]) + noncash - capital
    opening = cents(p.usps_cash_start * 1e9)
    explained = flow + np.diff(debt, prepend=cents(p.usps_debt_start * 1e9))
    explained += np.diff(arrears, prepend=0) + np.diff(deferred, prepend=0)
    np.testing.assert_array_equal(np.diff(cash, prepend=opening), explained)
    assert five_day.ledger.balance[five_day.ledger.index("usps")] == cash[-1]
    assert five_day.balances()["money"] == 0.0


def test_what_each_rung_does():
    ladder = Ladder(tuple((rung, START + 3 * (rung - 1)) for rung in Rung if rung <= Rung.FIVE_DAY))
    before, all_but_surcharge = measures_in_force(P, ladder, START + -1), measures_in_force(P, ladder, START + 100)
    assert before == type(before)()
    assert measures_in_force(P, ladder, START).deferral == P.distress_deferral * 1e9
    first, last = START + 3, START + (3 + int(P.distress_surcharge_months) - 1)
    assert measures_in_force(P, ladder, first).surcharge == P.distress_surcharge
    assert measures_in_force(P, ladder, last).surcharge == P.distress_surcharge
    assert measures_in_force(P, ladder, last + 1).surcharge == 0.0
    assert all_but_surcharge.capital_cut == P.distress_capex_cut
    assert all_but_surcharge.institutional_cut == P.distress_cost_cut
    assert all_but_surcharge.on_time_loss == P.distress_on_time_loss
    assert all_but_surcharge.extra_days == pytest.approx(P.distress_transit_days + P.five_day_transit_days)
    assert all_but_surcharge.sorting == pytest.approx(5 / 6)
    savings = [measures_in_force(P, ladder, START + month).five_day_saving for month in range(10, 60)]
    assert savings[0] == savings[1] == 0.0  # in force from month 12 on
    assert savings[37] == savings[-1] == pytest.approx(P.five_day_saving * 1e9 / 12)
    assert (np.diff(savings) >= 0.0).all()


def test_the_surcharge_raises_prices_for_twelve_months_and_not_above_the_cap(market):
    own, rivals = [], []
    for share in (0.0, 0.05, 1.0):
        run = market("withdraw", distress_surcharge=share, **{**POOR, "end": "2026-12"})
        levels = []
        while not run.finished:
            run.step()
            levels.append(run.state.tariffs.level.copy())
        own.append(np.array(levels)[:, :, USPS])
        rivals.append(np.array(levels)[:, :, 2:4].min(axis=2))
    since = taken(run)[Rung.SURCHARGE] - START
    plain, charged, capped = own
    np.testing.assert_allclose(charged[since] / plain[since], 1.05)
    assert (charged[:since] == plain[:since]).all()
    np.testing.assert_allclose(charged[since + 12] / plain[since + 12], 1.0, atol=0.02)  # plans differ a little since
    assert (capped[since] > charged[since]).any()
    assert (capped[since] < 2.0 * plain[since] * (1 - 1e-9)).any()
    cap = run.figures.usps_price_parity_cap * rivals[2][since]
    assert (capped[since] <= np.maximum(cap, plain[since]) * (1 + 1e-12)).all()


def test_slower_service_is_felt_by_shippers_and_saves_cost(finished):
    quick = finished("withdraw", distress_transit_days=0.0, distress_on_time_loss=0.0, **POOR)
    slow = finished("withdraw", distress_transit_days=3.0, distress_on_time_loss=0.05, **POOR)
    since = taken(slow)[Rung.SERVICE] - START
    assert taken(quick)[Rung.SERVICE] - START == since
    on_time = [run.records["on_time_share"][since:, USPS] for run in (quick, slow)]
    np.testing.assert_allclose(on_time[0] - on_time[1], 0.05, atol=0.01)
    volume = [run.records["volume_parcels"][-12:, USPS].sum() for run in (quick, slow)]
    assert volume[1] < volume[0]
    institutional = slow.records["usps_institutional_usd"]
    wage = (1 + slow.figures.wage_growth_usps) ** (1 / 12)
    paid = institutional - (P.usps_noncash_and_unpaid + P.usps_depreciation) * 1e9 / 12
    assert paid[since] / paid[since - 1] / wage == pytest.approx(1 - P.distress_cost_cut, rel=1e-6)


def test_staff_that_follows_at_once_makes_a_loss_less_costly(finished):
    short = {"n_shippers": 300, "end": "2025-12"}
    exit_ = {"usps_amazon_volume": "withdrawn", "exit_at_once": True, **short}
    loss = []
    for sticky in (True, False):
        alone = finished("standing_still", labour_stickiness=sticky, **short)
        gone = finished("standing_still", labour_stickiness=sticky, **exit_)
        loss.append((alone.records["usps_net_income_usd"] - gone.records["usps_net_income_usd"]).sum())
    assert loss[0] > 1.3 * loss[1] > 0.0
