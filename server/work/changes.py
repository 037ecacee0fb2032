"""Tells pages that something changed, without calling them from threads that are not theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Changes:
    """A counter that threads can wait for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._version = 0

    def tell(self) -> None:
        """Something changed."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def wait(self, version: int, seconds: float) -> int:
        """Wait until the counter is not `version` any more, at most so long; return the counter."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, seconds)
            return self._version


def follow(changes: Changes, show: Callable[[], None], interval: float, at_rest: float) -> Callable[[], None]:
    """Call `show` from a thread of its own after every change, and now and then without one.

    Started in a page's effect, the thread belongs to the page, as Solara asks of those who change what it shows.

    Args:
        changes: What to wait for.
        show: Draws what is new; cheap, or nothing when nothing is new.
        interval: Shortest time between two calls, seconds.
        at_rest: Longest time between two calls.

    Returns:
        Ends it.
    """
    ended = threading.Event()

    def work() -> None:
        version = changes.wait(-1, 0.0)
        while not ended.wait(interval):
            version = changes.wait(version, at_rest)
            if not ended.is_set():
                show()

    threading.Thread(target=work, name="lastmile-page", daemon=True).start()
    return ended.set
