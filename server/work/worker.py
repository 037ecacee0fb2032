"""What a worker process of the pool knows: which job it works for, whether that is still wanted, how far it is."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from typing import Any

from server.memory import give_back, give_back_regularly

NICENESS = 10
# The two scenarios of a pair start alike, the next pair starts otherwise.
STARTS_BYTES = 4_000_000


class NotWantedError(Exception):
    """The job was cancelled while it was at work."""


# Shared with the server by a pool of this process alone; set once when the process starts.
_ticks: Any = None
_stops: Any = None
_slot = 0


def begin(ticks: Any, stops: Any) -> None:
    """Start of a worker process: give way to the server and load the market."""
    global _ticks, _stops
    from experiments.workers import leave_with_parent

    leave_with_parent()
    os.nice(NICENESS)
    _ticks, _stops = ticks, stops
    import experiments.simulation  # noqa: F401
    from model.start.customers import remember_less

    remember_less(STARTS_BYTES)
    gc.freeze()  # what stays need not be looked through after each task
    give_back_regularly()


def do[T](slot: int, task: Callable[[], T]) -> T:
    """Do a task of the job in a slot; the market of a run holds itself in circles and goes with the task."""
    global _slot
    _slot = slot
    try:
        return task()
    finally:
        give_back()


def tick() -> None:
    """Tell that one month is done.

    Raises:
        NotWantedError: The job was cancelled.
    """
    if _ticks is None:
        return
    if _stops[_slot]:
        raise NotWantedError
    with _ticks.get_lock():
        _ticks[_slot] += 1
