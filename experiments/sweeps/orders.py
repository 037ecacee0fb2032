"""Which runs are left, and how many of them make a good order for a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.designs.plan import Item, Plan

# An order takes some seconds: long enough that handing it over costs nothing, short enough that little is lost by a
# kill. It is one file of the store.
ORDER_SECONDS = 10.0
LAST_ORDER_SECONDS = 1.0
MAX_ITEMS = 256
# A run is given up after its worker died this many times; from the second time on it runs alone, so that no other run
# is blamed.
MAX_DEATHS = 3
ALONE_AFTER = 2


@dataclass(frozen=True)
class Missing:
    """What a store lacks of its plan.

    Attributes:
        first: (n,) numbers of the runs to do, in the order of the plan.
        twins: Other missing runs with the same key, by the first of them.
        copies: Missing runs whose key is recorded under another id: to do and where from.
    """

    first: NDArray[np.int64]
    twins: Mapping[int, tuple[int, ...]]
    copies: Mapping[int, int]


def find_missing(plan: Plan, recorded: NDArray[np.bool_]) -> Missing:
    """Group what is missing by key, so that nothing is run twice."""
    missing = np.flatnonzero(~recorded)
    done = np.flatnonzero(recorded)
    known = np.isin(plan.keys[missing], plan.keys[done])
    copies: dict[int, int] = {}
    if known.any():
        source = {bytes(plan.keys[run]): int(run) for run in done}
        copies = {int(run): source[bytes(plan.keys[run])] for run in missing[known]}
    missing = missing[~known]
    _, first, inverse = np.unique(plan.keys[missing], return_index=True, return_inverse=True)
    twins: dict[int, tuple[int, ...]] = {}
    if len(first) < len(missing):
        lead = missing[first][inverse]
        for run, leader in zip(missing.tolist(), lead.tolist(), strict=True):
            if run != leader:
                twins[leader] = (*twins.get(leader, ()), run)
    return Missing(missing[np.sort(first)], twins, copies)


class Queue:
    """Hands out the runs that are left.

    Args:
        plan: All runs.
        missing: Those to do.
        workers: How many orders are done at a time.
    """

    def __init__(self, plan: Plan, missing: Missing, workers: int) -> None:
        self._plan, self._missing, self._workers = plan, missing, workers
        self._next = 0
        self._suspects: deque[Item] = deque()
        self._deaths: dict[str, int] = {}
        self._seconds_per_run: float | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is left to hand out."""
        return not self._suspects and self._next >= len(self._missing.first)

    @property
    def wants_alone(self) -> bool:
        """Whether the next order must run with no other beside it."""
        return bool(self._suspects) and self._deaths[self._suspects[0].key] >= ALONE_AFTER

    def take(self) -> tuple[Item, ...]:
        """Runs for the next order; what was there when a worker died comes first, one at a time."""
        if self._suspects:
            return (self._suspects.popleft(),)
        runs = self._missing.first[self._next : self._next + self._size()]
        self._next += len(runs)
        return tuple(self._plan.item(run, self._missing.twins.get(run, ())) for run in runs.tolist())

    def learn(self, runs: int, seconds: float) -> None:
        """Take note of how long runs take."""
        if runs:
            mean = seconds / runs
            self._seconds_per_run = mean if self._seconds_per_run is None else 0.7 * self._seconds_per_run + 0.3 * mean

    def blame(self, items: tuple[Item, ...]) -> list[Item]:
        """Put runs back whose worker died; return those that are given up."""
        given_up = []
        for item in items:
            self._deaths[item.key] = self._deaths.get(item.key, 0) + 1
            if self._deaths[item.key] >= MAX_DEATHS:
                given_up.append(item)
            else:
                self._suspects.append(item)
        self._suspects = deque(sorted(self._suspects, key=lambda item: self._deaths[item.key]))
        return given_up

    def _size(self) -> int:
        if self._seconds_per_run is None:
            return 1
        wished, least = (int(s / max(self._seconds_per_run, 1e-6)) for s in (ORDER_SECONDS, LAST_ORDER_SECONDS))
        left = len(self._missing.first) - self._next
        # Smaller orders towards the end, so that all workers end at about the same time.
        return max(1, min(wished, MAX_ITEMS, max(least, left // (2 * self._workers))))
