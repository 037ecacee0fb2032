"""Scenarios of section 17 that this model tells with a lever: each changes what it says, and nothing before it."""

import numpy as np
import pytest

from model.carriers import AMAZON, USPS
from tests.small import FEWER

SHORT = {**FEWER, "n_shippers": 400, "end": "2026-12"}


@pytest.fixture(scope="module")
def base(finished):
    return finished("baseline", **SHORT)


def test_a_shock_begins_and_ends_on_its_dates_and_spares_other_segments(finished, differences):
    plain = {**SHORT, "end": "2027-06", "distress_ladder": False}  # a slower USPS would take some demand away, too
    base, run = finished("baseline", **plain), finished("demand_shock", **plain)
    assert differences(base, run, months=12) == []
    ratio = run.records["shipped_parcels"] / base.records["shipped_parcels"]
    amazon = run.records["amazon_parcels"].sum(axis=1) / base.records["amazon_parcels"].sum(axis=1)
    np.testing.assert_allclose(ratio[12:24, 0], 0.9, atol=0.002)
    np.testing.assert_allclose(amazon[12:24], 0.9, atol=0.002)
    np.testing.assert_allclose(ratio[12:24, 1:], 1.0, atol=0.01)
    np.testing.assert_allclose(ratio[24:], 1.0, atol=0.02)


def test_mail_falls_by_its_fast_trend(finished, base):
    run = finished("mail_decline", **SHORT)
    years = [run.records["usps_mail_index"][row::12] for row in range(12)]
    yearly = np.mean([index[1] / index[0] - 1.0 for index in years])
    usual = np.mean(
        [base.records["usps_mail_index"][row + 12] / base.records["usps_mail_index"][row] for row in range(12)]
    )
    assert yearly < usual - 1.0 - 0.03
    cost = [
        (r.records["usps_parcel_revenue_usd"] - r.records["usps_parcel_contribution_usd"])[-12:].sum()
        / r.records["volume_parcels"][-12:, USPS].sum()
        for r in (base, run)
    ]
    assert cost[1] > cost[0]  # fewer stops are shared with the mail


def test_a_raised_ceiling_is_that_of_the_law_and_the_check(finished):
    # Without contracts of other carriers, whose floors are another matter.
    run = finished("debt_cap_raised", usps_cash_start=3.0, make_or_buy=False, **{**SHORT, "end": "2027-12"})
    debt = run.records["usps_debt_usd"]
    assert 15e9 < debt[-1] <= 30e9
    assert not [event for event in run.events if event.kind == "violation"]
    twelve = [debt[21] - debt[9], debt[33] - debt[21]]  # fiscal years 2026 and 2027
    assert max(twelve) <= 3e9 + 1.0


def test_five_days_from_the_start_are_no_distress(finished, base):
    run = finished("five_day_delivery", **SHORT)
    assert run.records["usps_distress_rung"][0] == 0.0
    slower = run.records["mean_transit_days"] > base.records["mean_transit_days"]
    assert slower[:12].all()  # later the baseline slows its service in distress
    usage = [r.records["utilisation_share"][0, USPS] for r in (base, run)]
    assert usage[1] == pytest.approx(usage[0] * 6 / 5, rel=0.01)  # the load of six days on five


def test_an_open_network_sells_spare_capacity_and_not_the_own_parcels_place(finished, base):
    run = finished("amazon_opens_network", **SHORT)
    sold = [r.records["quoted_parcels"].sum() for r in (base, run)]
    assert sold[1] >= 0.999 * sold[0]  # the total follows prices, whose luck differs once a contract does
    others = [
        (r.records["volume_parcels"][:, AMAZON] - r.records["amazon_own_parcels"].sum(axis=1)) for r in (base, run)
    ]
    assert others[1][-12:].sum() > 1.1 * others[0][-12:].sum()
    short = [r.records["amazon_short_parcels"].sum() / r.records["amazon_parcels"].sum() for r in (base, run)]
    assert short[1] < short[0] + 0.001
    told = [event for event in run.events if event.kind == "network"]
    assert told[0].month == run.settings.start
    level = run.state.tariffs.level[:2, AMAZON] * (
        1.0 - np.average(run.shippers.discount, weights=run.shippers.market_volume.sum(axis=1))
    )
    assert (level >= run.state.tariffs.floor[:2, AMAZON] * 0.95).all()
