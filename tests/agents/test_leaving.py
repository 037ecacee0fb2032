"""What a shipper that withdraws does with places in which own daily delivery does not pay."""

from dataclasses import replace

import numpy as np
import pytest

from agents.rules.leaving import DAILY, LATER, PUBLISHED, REFUSED, LeavingCase, left_places, mean_wait, ways
from agents.rules.sourcing import AccessSlices

SLICES = AccessSlices.cut(
    np.array([1000.0, 1000.0]), np.array([0.6, 0.6]), np.array([np.linspace(2.0, 11.0, 10), np.linspace(1.0, 10.0, 10)])
)
N = len(SLICES.volume)
CASE = LeavingCase(
    daily=SLICES.own_cost,
    later=SLICES.own_cost - 1.0,
    published=8.5,
    margin=12.0,
    covered=np.zeros(N, dtype=np.bool_),
    remote=np.ones(N, dtype=np.bool_),
    volume=SLICES.volume,
    smallest=0.0,
)


def test_own_delivery_up_to_the_cheapest_other_and_then_the_cheapest_of_the_rest() -> None:
    way = ways(CASE, SLICES)
    cost = SLICES.own_cost
    assert (way[cost <= 8.5] == DAILY).all()
    assert (way[(cost > 8.5) & (cost <= 9.5)] == LATER).all()
    assert (way[cost > 9.5] == PUBLISHED).all()
    without_usps = ways(replace(CASE, published=float("inf"), later=np.full(N, np.inf), margin=8.5), SLICES)
    assert ((without_usps == REFUSED) == (cost > 8.5)).all()


def test_the_way_chosen_is_never_dearer_than_any_other_where_daily_delivery_does_not_pay() -> None:
    way = ways(CASE, SLICES)
    cost = np.stack([CASE.daily, CASE.later, np.full(N, CASE.published), np.full(N, CASE.margin)])
    chosen = cost[way, np.arange(N)]
    assert (chosen[way != DAILY] <= cost.min(axis=0)[way != DAILY]).all()


def test_too_few_parcels_for_a_station_are_left_unless_capacity_stands_or_the_place_is_near() -> None:
    case = replace(CASE, smallest=250.0, published=9.2)  # zone 0 keeps 200, zone 1 keeps 300
    way = ways(case, SLICES)
    pays = SLICES.own_cost <= 9.2
    assert (way[(SLICES.zone == 0) & pays] != DAILY).all()
    assert (way[(SLICES.zone == 1) & pays] == DAILY).all()
    assert (ways(replace(case, covered=~CASE.covered), SLICES)[pays] == DAILY).all()
    assert (ways(replace(case, remote=~CASE.remote), SLICES)[pays] == DAILY).all()


@pytest.mark.parametrize("share", [1.0, 0.7, 0.2, 0.0])
def test_what_leaves_and_what_stays_add_up(share: float) -> None:
    gone = SLICES.gone(share)
    assert SLICES.zones_of(1.0 - gone) == pytest.approx(SLICES.retained(share))
    left = left_places(ways(CASE, SLICES), gone, SLICES, np.array([1000.0, 1000.0]))
    total = left.later + left.published + left.refused
    assert (total >= 0.0).all()
    assert (total <= 0.4 + 1e-12).all()
    assert share < 1.0 or not total.any()


def test_a_week_of_seven_days_has_no_wait() -> None:
    assert mean_wait(7.0) == 0.0
    assert mean_wait(3.5) == pytest.approx(0.5)
    assert mean_wait(1.0) == pytest.approx(3.0)
