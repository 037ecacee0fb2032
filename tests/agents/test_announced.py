"""Announced capacity: when it arrives, what is left of it once reconsidered, what it tells of cost."""

from __future__ import annotations

import numpy as np
import pytest

from agents.calendar import Month
from agents.rules.announced import AnnouncedPlan, Announcement, announced_cells, most_own_cost
from agents.rules.building import BuildingCase, worth_building

BEGINS = Month(2025, 1)
MONTHLY, COVERAGE = np.array([30.0, 0.0, 12.0]), np.array([0.01, 0.0, 0.02])
PLAN = AnnouncedPlan(BEGINS, 24, MONTHLY, COVERAGE)
DRAWS = np.random.default_rng(5)
UNIT, SPARED = DRAWS.uniform(2.5, 5.0, (4, 6)), DRAWS.uniform(2.0, 3.5, (4, 6))
CAPITAL = DRAWS.uniform(0.4, 0.7, (4, 1))


def known(**changes: object) -> Announcement:
    fields = {
        "unit_cost": UNIT, "capital": CAPITAL, "hurdle": 0.25, "saved": 0.6, "price": 3.53, "spared": SPARED,
    } | changes  # fmt: skip
    return Announcement(**fields)  # type: ignore[arg-type]


def pays_and_is_used(factor: float, zone: int, cell: int) -> bool:
    """By the rule by which capacity is ordered, and by that by which it is used, one place at a time."""
    worth = factor * UNIT[zone, cell] - 0.6
    capital = factor * CAPITAL[zone, 0]
    built = worth_building(
        BuildingCase(np.array([worth]), np.array([3.53]), 4.41, np.ones(1), np.array([1.25 * capital]))
    )
    return bool(built[0]) and worth <= SPARED[zone, cell]


def test_the_factor_is_the_largest_at_which_the_rule_of_orders_builds_and_running_costs_no_more_than_is_spared() -> (
    None
):
    found = most_own_cost(known())
    for zone, cell in np.ndindex(found.shape):
        low, high = 0.01, 5.0  # a search that knows nothing of the formula
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if pays_and_is_used(middle, zone, cell) else (low, middle)
        assert found[zone, cell] == pytest.approx(low, abs=1e-9)


def test_a_dearer_alternative_reveals_less_and_dearer_capital_more() -> None:
    found = most_own_cost(known())
    assert (most_own_cost(known(price=4.5, spared=SPARED + 1.0)) > found).all()
    assert (most_own_cost(known(hurdle=0.6)) <= found).all()
    assert (most_own_cost(known(saved=0.2)) < found).all()  # what is not worth much for its speed must be cheap
    assert (most_own_cost(known(spared=SPARED - 0.5)) <= found).all()


def test_the_cells_of_a_plan_lie_beyond_what_was_covered_and_no_further_than_it_goes() -> None:
    covered = np.array([0.33, 0.5, 0.0])
    cells = announced_cells(PLAN, covered, 10)
    assert np.flatnonzero(cells[0]).tolist() == [3, 4, 5]  # 0.33 to 0.57; the middle of the last one is 0.55
    assert not cells[1].any()
    assert np.flatnonzero(cells[2]).tolist() == [0, 1, 2, 3, 4]


def test_a_plan_that_is_cut_brings_all_of_what_is_begun_and_the_part_that_is_kept_of_the_rest() -> None:
    part = np.array([0.25, 1.0, 0.0])
    cut = PLAN.reconsidered(9, part)
    np.testing.assert_allclose(cut.coming(BEGINS), MONTHLY * (9 + 15 * part))
    np.testing.assert_allclose(cut.covering(BEGINS + 9), COVERAGE * 15 * part)
    np.testing.assert_allclose(cut.coming(BEGINS, within=9), MONTHLY * 9)
    again = cut.reconsidered(12, np.full(3, 0.5))
    np.testing.assert_allclose(again.coming(BEGINS + 9), MONTHLY * part * (3 + 12 * 0.5))
    until = np.array([0, 9, 12, 24])
    np.testing.assert_allclose(again.arrived(0, until), [again.coming(BEGINS, int(n)).sum() for n in until])


def test_a_plan_that_nobody_cuts_is_the_same_to_the_last_bit() -> None:
    whole, until = PLAN.reconsidered(9, np.ones(3)), np.arange(25)
    np.testing.assert_array_equal(whole.coming(BEGINS + 3), PLAN.monthly * 21)
    np.testing.assert_array_equal(PLAN.coming(BEGINS + 3, within=12), PLAN.monthly * 12)
    np.testing.assert_array_equal(PLAN.covering(BEGINS + 3), PLAN.coverage * 21)
    np.testing.assert_array_equal(PLAN.arrived(4, until), float(PLAN.monthly.sum()) * (until - 4))
