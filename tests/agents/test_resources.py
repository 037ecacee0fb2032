"""Sticky resources: what is in place follows need with a lag, and what is in place is paid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.delivery_cost import adjust, resource_cost
from model.parameters import Parameters
from tests.oracles import ORACLES

PARAMETERS = Parameters.default()
TOLERANCE = 0.02
reproducible = settings(deadline=None, derandomize=True)
amounts = st.floats(0.0, 1e9)
shares = st.floats(0.0, 1.0)


def avoided_shares(lost: float, flex_down: float) -> list[float]:
    """Avoided cost over lost attributable cost in the first and second year after a loss of volume.

    Staff adjusts first each month and is paid then.
    """
    before = np.array([100.0, 250.0])
    needed = before * (1 - lost)
    in_place, years = before, []
    for _ in range(2):
        paid = 0.0
        for _ in range(12):
            in_place = adjust(in_place, needed, flex_down, PARAMETERS.labour_flex_up)
            paid += float(resource_cost(in_place, needed, PARAMETERS.overtime_premium).sum())
        years.append((12 * before.sum() - paid) / (12 * lost * before.sum()))
    return years


@pytest.mark.parametrize("lost", [0.1, 0.25, 1.0])
def test_avoidable_share_meets_the_oracle_whatever_the_loss(lost: float) -> None:
    expected = [ORACLES["avoidable_year1"], ORACLES["avoidable_year2"]]
    assert avoided_shares(lost, PARAMETERS.labour_flex_down) == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.parametrize(("factor", "sign"), [(1.1, 1), (0.9, -1)])
def test_faster_attrition_avoids_more_and_misses_the_oracle(factor: float, sign: int) -> None:
    first, _ = avoided_shares(0.25, PARAMETERS.labour_flex_down * factor)
    assert sign * (first - ORACLES["avoidable_year1"]) > TOLERANCE


def test_monthly_route_flexibility_is_the_quarterly_one() -> None:
    p = PARAMETERS
    routes, needed = np.array([100.0]), np.array([80.0])
    for _ in range(3):
        routes = adjust(routes, needed, p.route_flex_down_monthly, p.route_flex_up)
    assert (100 - routes[0]) / 20 == pytest.approx(p.route_flex_down, abs=1e-3)


@given(in_place=amounts, needed=amounts, flex_down=shares, flex_up=shares)
@reproducible
def test_resources_move_towards_need_and_never_past_it(
    in_place: float, needed: float, flex_down: float, flex_up: float
) -> None:
    after = adjust(np.array([in_place]), np.array([needed]), flex_down, flex_up)[0]
    low, high = sorted((in_place, needed))
    rounding = 1e-9 * high
    assert low - rounding <= after <= high + rounding


@pytest.mark.parametrize(("flex", "expected"), [(0.0, [100.0, 100.0]), (1.0, [60.0, 140.0])])
def test_limits_of_flexibility(flex: float, expected: list[float]) -> None:
    after = adjust(np.array([100.0, 100.0]), np.array([60.0, 140.0]), flex, flex)
    np.testing.assert_allclose(after, expected)


def test_idle_resources_are_paid_and_missing_ones_cost_overtime() -> None:
    cost = resource_cost(np.array([100.0, 100.0, 100.0]), np.array([60.0, 100.0, 140.0]), 0.25)
    np.testing.assert_allclose(cost, [100.0, 100.0, 150.0])


@given(in_place=amounts, needed=amounts, more=amounts)
@reproducible
def test_more_volume_never_costs_less(in_place: float, needed: float, more: float) -> None:
    cost = [resource_cost(np.array([in_place]), np.array([n]), 0.25)[0] for n in (needed, needed + more)]
    assert cost[1] >= cost[0] >= needed * (1 - 1e-12)


def test_bad_input_names_field_and_what_is_allowed() -> None:
    ones = np.ones(2)
    with pytest.raises(ValueError, match=r"flex_down reaches 1\.5; allowed: 0 to 1"):
        adjust(ones, ones, 1.5, 0.25)
    with pytest.raises(ValueError, match=r"needed runs from -1 .*at least 0"):
        resource_cost(ones, -ones, 0.25)
