from __future__ import annotations

import dataclasses
import gc
import weakref

import numpy as np
import pytest

from experiments.resolution import coarse_note
from server import snapshot as snapshots
from server.pages.bargaining import page as bargaining
from server.pages.watch import page as watch
from server.session import Choice

ALL, URBAN, SUBURBAN, RURAL = range(4)
USPS, AMAZON, REGIONAL = 0, 1, 4
ALABAMA, ALASKA, DC, COUNTRY = range(4)


@pytest.fixture
def market(fake_market):
    market = fake_market(Choice(seed=30))
    market.step()
    market.step()
    return market


@pytest.fixture
def taken(market):
    return snapshots.take(market, snapshots.describe(market, 30), 7, "playing")


def test_parcels_add_up_over_states_and_densities(taken):
    delivered = taken.place_delivered
    np.testing.assert_allclose(delivered[ALL], delivered[URBAN] + delivered[SUBURBAN] + delivered[RURAL])
    np.testing.assert_allclose(delivered[..., COUNTRY], delivered[..., :COUNTRY].sum(axis=-1))
    np.testing.assert_allclose(delivered[ALL, :, COUNTRY], taken.volume[-1])


def test_each_state_has_its_own_figures(taken):
    assert taken.place_delivered[ALL, USPS, ALABAMA] == 3 * 600
    assert taken.place_delivered[ALL, USPS, ALASKA] == 3 * 400
    assert taken.place_delivered[RURAL, AMAZON, ALASKA] == 600
    assert taken.place_delivered[ALL, REGIONAL].sum() == 0


def test_a_place_without_zones_has_no_share(taken):
    assert np.isnan(taken.place_own_share[RURAL, DC])
    assert np.isnan(taken.place_on_time[RURAL, DC])
    assert taken.place_own_share[ALL, DC] == pytest.approx(0.30)


def test_on_time_of_a_state_is_weighted_by_the_parcels_of_its_zones(taken):
    assert taken.place_on_time[ALL, ALABAMA] == pytest.approx((0.95 + 0.95 + 0.8) / 3)
    assert taken.place_on_time[RURAL, ALABAMA] == pytest.approx(0.8)


def test_usps_money_is_in_order_income_cash_debt(taken):
    np.testing.assert_allclose(taken.usps[0], [1e9, 2e9, 3e9])


def test_a_snapshot_cannot_be_changed(taken):
    with pytest.raises(dataclasses.FrozenInstanceError):
        taken.status = "paused"


def test_a_run_is_described_with_its_states_in_order(market):
    run = snapshots.describe(market, 30)
    assert run.states == ("AL", "AK", "DC")
    assert run.debt_ceiling_usd > 1e9
    assert run.n_months == 24


def test_a_run_that_a_condition_has_ended_says_why(fake_market):
    market = fake_market(Choice())
    market.step()
    run = snapshots.describe(market, 1)
    assert snapshots.take(market, run, 1, "paused").message == ""
    market.stopped = "usps_cash_usd <= 0 (usps_cash_usd is -3)"
    last = market.month + -1
    expected = f"The run ended with {last}: usps_cash_usd <= 0 (usps_cash_usd is -3)."
    assert snapshots.take(market, run, 2, "finished").message == expected


@pytest.mark.parametrize("page", ["watch", "bargaining"])
@pytest.mark.parametrize(("shippers", "coarse"), [(300.0, True), (4000.0, False), (9000.0, False)])
def test_a_market_with_fewer_shippers_than_usual_says_so_on_its_page(fake_market, page, shippers, coarse):
    market = fake_market(Choice())
    market.settings = market.settings.with_changes({"n_shippers": shippers})
    taken = snapshots.take(market, snapshots.describe(market, 1), 1, "paused")
    head = watch._headline(taken) if page == "watch" else bargaining._headline(taken, None)
    assert head.kwargs["remark"] == (coarse_note([300]) if coarse else "")
    assert ("300 shippers instead of 4,000" in head.kwargs["remark"]) == coarse


def test_before_the_first_month_there_are_places_but_no_figures(fake_market):
    market = fake_market(Choice())
    empty = snapshots.take(market, snapshots.describe(market, 1), 1, "paused")
    assert empty.n_done == 0
    assert empty.month is None
    assert empty.place_delivered.shape == (4, 5, 4)
    assert np.isnan(empty.place_on_time).all()


def test_pictures_of_a_run_leave_nothing_behind_once_it_is_dropped(fake_market):
    market = fake_market(Choice(seed=30))
    market.step()
    snapshots.take(market, snapshots.describe(market, 30), 1, "playing")
    zones = weakref.ref(market.zones)
    del market
    gc.collect()
    assert zones() is None
