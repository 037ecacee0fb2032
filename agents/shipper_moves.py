"""When each small shipper changed its carrier last, from whom, and why: for readers; nobody decides by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month

LOOKED_AGAIN, REFUSED, TAKEN_OVER, CLOSED = range(4)
type Integers = NDArray[np.int8]
type Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LastMove:
    """One change of carrier.

    Attributes:
        month: When.
        before: Index of the carrier that it left.
        why: One of `LOOKED_AGAIN`, `REFUSED`, `TAKEN_OVER`, `CLOSED`.
    """

    month: Month
    before: int
    why: int


class LastMoves:
    """The last change of carrier of each shipper by segment, (n, S), small whole numbers.

    Args:
        shape: Shippers and segments.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._month = np.zeros(shape, dtype=np.int16)  # months since the year 0; 0 for never
        self._before = np.zeros(shape, dtype=np.int8)
        self._why = np.zeros(shape, dtype=np.int8)

    def note(self, where: tuple[NDArray[np.int64], ...], month: Month, before: Integers, why: Integers | int) -> None:
        """Remember changes; `where` is as numpy indexes (n, S), the others one value for each of them, (m,)."""
        self._month[where] = month.index
        self._before[where] = before
        self._why[where] = why

    def last(self, row: int, segment: int) -> LastMove | None:
        """The last one of a shipper in a segment; None where there was none."""
        months = int(self._month[row, segment])
        if not months:
            return None
        month = Month(months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR + 1)
        return LastMove(month, int(self._before[row, segment]), int(self._why[row, segment]))
