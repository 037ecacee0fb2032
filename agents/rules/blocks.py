"""Arithmetic over many shippers: options first, rows last, in blocks of rows that fit the processor's cache.

Arrays of shape (options, rows) let every operation run along contiguous memory; (rows, options) would restart a loop of
a dozen numbers for every shipper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
BLOCK = 2048
LANES = 8


def blocks(n: int) -> Iterator[slice]:
    """Rows 0 to n in blocks."""
    for first in range(0, n, BLOCK):
        yield slice(first, min(first + BLOCK, n))


def sum_over_options(values: Floats, place: Sequence[int] | Integers | None = None, n_options: int = 0) -> Floats:
    """Sum over the first axis, in the order in which NumPy sums one contiguous row.

    So an array gives the same last bit whichever of its axes comes first, and whether options that add nothing are
    left out or not.

    Args:
        values: (options, n), at most 128 options.
        place: Where these options stand among all of them, rising; None when none is left out.
        n_options: How many there are with those left out; needed with `place`.

    Returns:
        (n,).
    """
    if len(values) == 1:
        return np.array(values[0])
    parts: list[Floats | None] = list(values)
    if place is not None:
        parts = [None] * n_options
        for option, row in zip(place, values, strict=True):
            parts[option] = row
    whole = len(parts) - len(parts) % LANES
    if whole:
        lanes = parts[:LANES]
        for first in range(LANES, whole, LANES):
            lanes = list(map(_plus, lanes, parts[first : first + LANES]))
        while len(lanes) > 1:  # neighbours pair by pair
            lanes = list(map(_plus, lanes[::2], lanes[1::2]))
        parts = [*lanes, *parts[whole:]]
    total = reduce(_plus, parts)
    assert total is not None
    return total


def _plus(one: Floats | None, other: Floats | None) -> Floats | None:
    """Their sum; None stands for zeros."""
    if one is None or other is None:
        return one if other is None else other
    return one + other


def softmax_over_options(utility: Floats) -> Floats:
    """Chances proportional to exp(utility) along the first axis, (options, n); -inf means not available."""
    below = utility - utility.max(axis=0)
    there = below > -np.inf
    weight = np.exp(below if there.all() else np.where(there, below, 0.0))  # exp of -inf takes ten times as long
    weight *= there
    weight /= sum_over_options(weight)
    return np.asarray(weight)
