"""A USPS without the duty to serve every address, as the shadow runs have it."""

import numpy as np
import pytest

from agents.calendar import Month
from agents.rules.universal_service import fixed_street_cost, mail_share, pay_after_leaving, unprofitable
from model.carriers import USPS
from model.phases.universal_service import zone_contribution

YEAR = {"end": "2026-06", "n_shippers": 400, "distress_ladder": False}
DEAR = {"hourly_cost_usps": 70.0, "tour_constant": 1.6}


@pytest.fixture(scope="module")
def shadow(finished):
    return finished("baseline", universal_service=False, five_day_delivery="at_once", **DEAR, **YEAR)


def test_a_zone_is_left_where_it_does_not_pay():
    contribution, cost = np.array([3.0, 1.0, 1.0, 2.0]), np.array([2.0, 2.0, 2.0, 2.0])
    served = np.array([True, True, False, True])
    assert unprofitable(contribution, cost, served).tolist() == [False, True, False, False]


def test_a_zone_is_kept_where_the_gain_does_not_pay_for_the_staff_that_stays():
    contribution, cost, served = np.array([1.0, 1.0]), np.array([2.0, 1.1]), np.array([True, True])
    staying = pay_after_leaving(np.array([0.3, 0.3]), 0.1)
    assert staying == pytest.approx([2.7, 2.7])  # nine months: a tenth of what is left goes each month
    assert unprofitable(contribution, cost, served, staying, 0.08).tolist() == [True, False]
    assert unprofitable(contribution, cost, served, staying, 0.0).tolist() == [True, True]
    assert not pay_after_leaving(staying, 1.0).any()


def test_pay_after_leaving_is_what_the_accounts_pay():
    monthly, shrinks, left, paid = 1.0, 0.1, 1.0, 0.0
    for _ in range(400):
        left *= 1.0 - shrinks
        paid += monthly * left
    assert pay_after_leaving(np.array([monthly]), shrinks)[0] == pytest.approx(paid)


def test_usps_leaves_fewer_places_once_it_counts_who_stays(finished):
    short = {**YEAR, "end": "2025-02", "universal_service": False}
    blind, careful = (finished("baseline", usps_counts_staff_that_stays=one, **short) for one in (0.0, 1.0))
    left = [np.isfinite(run.usps.left) for run in (blind, careful)]
    assert 0 < left[1].sum() < left[0].sum()
    assert not (left[1] & ~left[0]).any()
    told = next(event for event in careful.events if event.kind == "service")
    assert "rural WY" in told.text


def test_passing_addresses_costs_more_where_they_lie_apart(market):
    built = market(n_shippers=120, end="2025-01")
    zones = built.zones
    each = fixed_street_cost(built.figures, zones) / zones.delivery_points
    rural = zones.zone_type == 2
    assert np.corrcoef(np.log(zones.density[rural]), np.log(each[rural]))[0, 1] < -0.95
    assert each[rural].mean() > 2 * each[zones.zone_type == 0].mean()
    assert mail_share(built.figures, zones).sum() == pytest.approx(1.0)


def test_contribution_of_the_zones_adds_up_to_that_of_the_accounts(market):
    built = market("standing_still", n_shippers=300, end="2025-01")
    p, books = built.figures, built.state.books
    parcels = (books.revenue[:, USPS] - books.cost[:, USPS]).sum()
    mail = sum(
        p[f"usps_{kind}_revenue_2024"] * (1 - 1 / p[f"cost_coverage_{kind}"])
        for kind in ("first_class", "marketing", "other")
    )
    found = zone_contribution(built).sum()
    assert found == pytest.approx(parcels + mail * 1e9, rel=0.01)


def test_nobody_gets_a_usps_parcel_where_usps_has_left(shadow):
    left = np.isfinite(shadow.usps.left)
    assert 0 < left.sum() < shadow.zones.n_zones
    assert (shadow.records["delivered_parcels"][:, USPS][:, left][-1] == 0.0).all()
    assert (shadow.records["delivered_parcels"][-1][:, left].sum(axis=0) > 0.0).all()  # others bring parcels there
    told = [event for event in shadow.events if event.kind == "service"]
    assert {event.month for event in told} <= {Month(2025, 1), Month(2026, 1)}
    assert shadow.balances()["money"] == 0.0


def test_less_choice_and_less_cost_without_the_duty(finished, shadow):
    duty = finished("baseline", **DEAR, **YEAR)
    assert not np.isfinite(duty.usps.left).any()
    for outcome in ("rural_households_with_3_carriers_share", "usps_mail_revenue_usd", "usps_institutional_usd"):
        assert shadow.outcomes()[outcome] < duty.outcomes()[outcome]


def test_free_days_save_what_the_scenario_says(finished):
    duty, free = (finished("standing_still", five_day_delivery=one, **YEAR) for one in ("forbidden", "at_once"))
    saved = duty.records["usps_institutional_usd"] - free.records["usps_institutional_usd"]
    expected = free.figures.five_day_saving * 1e9 / 12 * np.arange(1, 19) / free.figures.five_day_phase_in
    np.testing.assert_allclose(saved, expected, rtol=1e-6)
    sorting = free.state.network.sorting[USPS] / duty.state.network.sorting[USPS]
    assert sorting == pytest.approx(5 / 6)
