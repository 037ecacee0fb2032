"""Arrays with options first give what arrays with rows first give, to the last bit."""

import numpy as np
import pytest

from agents.rules.blocks import BLOCK, blocks, softmax_over_options, sum_over_options
from agents.rules.choice import draw, draw_from_options, softmax


@pytest.mark.parametrize("options", [1, 3, 8, 12, 17, 40])
def test_sums_do_not_depend_on_which_axis_comes_first(options):
    values = np.random.default_rng(options).standard_normal((501, options))
    np.testing.assert_array_equal(sum_over_options(values.T.copy()), values.sum(axis=1))
    values[values < -1.0] = -np.inf
    values[:, 0] = 0.0
    np.testing.assert_array_equal(softmax_over_options(values.T.copy()).T, softmax(values))


@pytest.mark.parametrize("options", [2, 7, 8, 12, 17, 40])
def test_options_that_add_nothing_can_be_left_out(options):
    rng = np.random.default_rng(options)
    for share in (0.1, 0.3, 0.7):
        there = rng.random(options) < share
        there[rng.integers(options)] = True
        values = rng.standard_normal((options, 101)) * there[:, None]
        total = sum_over_options(values[there], np.flatnonzero(there), options)
        np.testing.assert_array_equal(total, sum_over_options(values))
        assert not np.shares_memory(total, values)


@pytest.mark.parametrize("n", [0, 1, BLOCK, BLOCK + 1, 3 * BLOCK - 7])
def test_blocks_take_every_row_once(n):
    rows = [row for block in blocks(n) for row in range(n)[block]]
    assert rows == list(range(n))


def test_draws_are_those_of_rows_first_and_never_of_zero_chance():
    rng = np.random.default_rng(0)
    n = BLOCK + 100
    chances = rng.random((n, 9)) * (rng.random((n, 9)) < 0.7)
    chances[:, 4] += 0.01
    uniform = rng.random(n)
    uniform[:50], uniform[50:100] = 0.0, np.nextafter(1.0, 0.0)
    before = chances.copy()
    chosen = draw_from_options(chances.T, uniform)
    np.testing.assert_array_equal(chosen, draw(chances, uniform))
    np.testing.assert_array_equal(chances, before)
    assert (chances[np.arange(n), chosen] > 0.0).all()
