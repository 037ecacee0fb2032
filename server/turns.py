"""Whose turn it is to simulate: sessions that all play share the processors fairly, and the page stays quick.

Many threads that compute at once make each click wait for all of them (one holds the interpreter at a time), so only a
few may, and those that wait are served in the order in which they came: first those who have seen nothing yet.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Two: while one computes in numpy, without the interpreter, the other one can go on.
AT_ONCE = 2
# How often one who waits looks whether the turn is still wanted.
LOOK_SECONDS = 0.03


class Turns:
    """Lets a few threads at a time through, first come first served.

    Args:
        at_once: How many.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._at_once = at_once
        self._lock = threading.Lock()
        self._first: deque[threading.Event] = deque()  # before all of the other queue
        self._queue: deque[threading.Event] = deque()
        self._began: dict[int, float] = {}  # by thread

    @contextmanager
    def turn(self, wanted: Callable[[], bool] | None = None, first: bool = False) -> Iterator[bool]:
        """Wait for one's turn and give it back at the end.

        Args:
            wanted: Asked now and then while waiting; leaves the queue when it says no.
            first: Whether to come before all that wait without this wish: someone looks at a page that is still empty.

        Yields:
            Whether it is one's turn; False where it was no longer wanted.
        """
        if not self._take(wanted, first):
            yield False
            return
        try:
            yield True
        finally:
            self._hand_on()

    def _take(self, wanted: Callable[[], bool] | None = None, first: bool = False) -> bool:
        if not self._queue_up(wanted, first):
            return False
        with self._lock:
            self._began[threading.get_ident()] = time.monotonic()
        return True

    def _queue_up(self, wanted: Callable[[], bool] | None, first: bool) -> bool:
        ticket: threading.Event | None = None
        queue = self._first if first else self._queue
        with self._lock:
            if self._free > 0:
                self._free -= 1
            else:
                ticket = threading.Event()
                queue.append(ticket)
        if ticket is None:
            return True
        while not ticket.wait(None if wanted is None else LOOK_SECONDS):
            assert wanted is not None
            if not wanted():
                with self._lock:
                    if not ticket.is_set():  # else the turn has come this moment
                        queue.remove(ticket)
                        return False
        return True

    def _hand_on(self) -> None:
        with self._lock:
            self._began.pop(threading.get_ident(), None)
            queue = self._first or self._queue
            if queue:
                queue.popleft().set()  # nobody can push in between
            else:
                self._free += 1

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Give one's turn to others for as long as this lasts, for one who waits for a person in the middle of it."""
        self._hand_on()
        try:
            yield
        finally:
            self._take()

    @property
    def competing(self) -> int:
        """Threads that have a turn or wait for one."""
        with self._lock:
            return self._at_once - self._free + len(self._first) + len(self._queue)

    @property
    def longest_seconds(self) -> float:
        """How long the longest of the present turns lasts already."""
        with self._lock:
            return time.monotonic() - min(self._began.values()) if self._began else 0.0
