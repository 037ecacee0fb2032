"""Arithmetic over many shippers: options first, rows last, in blocks of rows that fit the processor's cache.

Arrays of shape (options, rows) let every operation run along contiguous memory; (rows, options) would restart a loop of
a dozen numbers for every shipper.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BLOCK = 2048
LANES = 8


def blocks(n: int) -> Iterator[slice]:
    """Rows 0 to n in blocks."""
    for first in range(0, n, BLOCK):
        yield slice(first, min(first + BLOCK, n))


def sum_over_options(values: Floats) -> Floats:
    """Sum over the first axis, in the order in which NumPy sums one contiguous row.

    So an array gives the same last bit whichever of its axes comes first.

    Args:
        values: (options, n), at most 128 options.

    Returns:
        (n,).
    """
    n_options = len(values)
    if n_options < LANES:
        return np.asarray(values.sum(axis=0))
    lanes = [values[lane] for lane in range(LANES)]
    whole = n_options - n_options % LANES
    for first in range(LANES, whole, LANES):
        lanes = [lanes[lane] + values[first + lane] for lane in range(LANES)]
    total = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    for option in range(whole, n_options):
        total += values[option]
    return np.asarray(total)


def softmax_over_options(utility: Floats) -> Floats:
    """Chances proportional to exp(utility) along the first axis, (options, n); -inf means not available."""
    weight = np.exp(utility - utility.max(axis=0))
    weight /= sum_over_options(weight)
    return np.asarray(weight)
