"""The last change of carrier of a small shipper: what is kept, and that nothing else changes by it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from agents.calendar import Month
from agents.shipper_moves import CLOSED, LOOKED_AGAIN, REFUSED, TAKEN_OVER, LastMove, LastMoves
from agents.shippers import Shippers

MARCH = Month(2026, 3)


def population() -> Shippers:
    """Four small shippers of two segments with carrier 1, of which the second has been refused for long."""
    table = SimpleNamespace(
        primary=np.ones((4, 2), dtype=np.int8),
        fallback=np.zeros((4, 2), dtype=np.int8),
        refused_months=np.array([[0, 0], [3, 0], [0, 0], [0, 0]], dtype=np.int8),
        switches=np.zeros(4, dtype=np.int32),
    )
    found = object.__new__(Shippers)
    found.table, found.moves = table, LastMoves((4, 2))
    found.model = SimpleNamespace(month=MARCH, figures=SimpleNamespace(refusal_months=2))
    return found


def test_a_change_is_kept_with_its_month_its_former_carrier_and_its_reason():
    shippers = population()
    rows, new = np.array([0, 1, 2]), np.array([2, 2, 1], dtype=np.int8)
    shippers.change_to(0, rows, new, np.zeros(3, dtype=np.int8))
    assert shippers.moves.last(0, 0) == LastMove(MARCH, 1, LOOKED_AGAIN)
    assert shippers.moves.last(1, 0) == LastMove(MARCH, 1, REFUSED)
    assert shippers.moves.last(2, 0) is None  # it looked again and stayed
    assert shippers.moves.last(0, 1) is None
    assert shippers.table.switches.tolist() == [1, 1, 0, 0]
    assert shippers.table.refused_months[1, 0] == 0


@pytest.mark.parametrize(("how", "why"), [("follow", TAKEN_OVER), ("lose", CLOSED)])
def test_who_loses_its_carrier_is_told_so(how, why):
    shippers = population()
    shippers.table.primary[3] = 2
    if how == "follow":
        shippers.follow(shippers.table.primary == 2, 0)
    else:
        shippers.lose(2, 0)
    assert shippers.moves.last(3, 1) == LastMove(MARCH, 2, why)
    assert shippers.moves.last(0, 1) is None
    assert shippers.table.primary.tolist() == [[1, 1], [1, 1], [1, 1], [0, 0]]


def test_refusals_are_counted_in_a_row_as_far_as_their_integers_go():
    shippers, drawn = population(), np.random.default_rng(3)
    longest = np.iinfo(np.int8).max
    months = shippers.table.refused_months
    months[:] = drawn.integers(0, longest + 1, months.shape)
    months[0] = longest, longest - 1
    for hit in drawn.uniform(size=(20, *months.shape)) < 0.7:
        wanted = np.where(hit, np.minimum(months.astype(np.int64) + 1, longest), 0).tolist()
        shippers.meet_refusals(hit)
        assert shippers.table.refused_months is months
        assert months.tolist() == wanted
