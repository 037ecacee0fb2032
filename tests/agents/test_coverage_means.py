"""Means over slices of households: limits, partial cells, order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.delivery_cost import mean_between, mean_over_coverage, means_between, value_at_coverage

reproducible = settings(deadline=None, derandomize=True)
grids = arrays(np.float64, (3, 7), elements=st.floats(0.0, 100.0))
share_arrays = arrays(np.float64, 3, elements=st.floats(0.0, 1.0))


@given(values=grids)
@reproducible
def test_limits_of_coverage(values: np.ndarray) -> None:
    nobody, all_households = np.zeros(3), np.ones(3)
    np.testing.assert_array_equal(mean_over_coverage(values, nobody), values[:, 0])
    np.testing.assert_array_equal(value_at_coverage(values, nobody), values[:, 0])
    np.testing.assert_array_equal(value_at_coverage(values, all_households), values[:, -1])
    np.testing.assert_allclose(mean_over_coverage(values, all_households), values.mean(axis=1), atol=1e-9)


@given(values=grids, cut=share_arrays)
@reproducible
def test_covered_and_uncovered_slices_add_up(values: np.ndarray, cut: np.ndarray) -> None:
    covered, uncovered = mean_over_coverage(values, cut), mean_between(values, cut, np.ones(3))
    np.testing.assert_allclose(cut * covered + (1 - cut) * uncovered, values.mean(axis=1), atol=1e-8)


@given(values=grids, cut=share_arrays)
@reproducible
def test_means_of_several_at_once_and_from_the_first_address_on_are_the_same(
    values: np.ndarray, cut: np.ndarray
) -> None:
    """To the last bit: what begins at the densest address is weighted by fewer steps, unless others begin elsewhere."""
    low = np.array([0.0, 0.0, min(0.5, cut[2])])
    found = means_between((values, values**2), low, cut)
    np.testing.assert_array_equal(found[0][:2], mean_over_coverage(values, cut)[:2])
    for one, mean in zip((values, values**2), found, strict=True):
        np.testing.assert_array_equal(mean, mean_between(one, low, cut))
    more = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(value_at_coverage(values, cut, more), value_at_coverage(values + more[:, None], cut))


def test_last_cell_counts_in_part() -> None:
    values = np.array([[1.0, 3.0, 9.0, 27.0]])
    assert mean_over_coverage(values, np.array([0.375]))[0] == pytest.approx((1.0 + 0.5 * 3.0) / 1.5)
    assert mean_between(values, np.array([0.375]), np.array([0.75]))[0] == pytest.approx((0.5 * 3.0 + 9.0) / 1.5)


@given(costs=grids, one=share_arrays, other=share_arrays)
@reproducible
def test_wider_coverage_never_lowers_cost_where_cost_rises_outwards(
    costs: np.ndarray, one: np.ndarray, other: np.ndarray
) -> None:
    rising = np.sort(costs, axis=1)
    narrow, wide = np.minimum(one, other), np.maximum(one, other)
    for function in (mean_over_coverage, value_at_coverage):
        assert np.all(function(rising, narrow) <= function(rising, wide) + 1e-9)


def test_coverage_broadcasts_over_networks() -> None:
    values = np.arange(12.0).reshape(3, 4)
    coverage = np.array([[0.0, 0.5, 1.0], [0.25, 0.6, 0.0]])
    for function in (mean_over_coverage, value_at_coverage):
        together = function(values, coverage)
        for k in range(2):
            np.testing.assert_array_equal(together[k], function(values, coverage[k]))
