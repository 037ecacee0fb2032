"""One visitor's run as its pages see it: the newest snapshot, and what one may wish for.

Buttons leave wishes behind and return at once; the market is stepped elsewhere (`server.stepping`), by a thread of this
process or in another one. There is no Solara in here, so it runs in a test without a browser.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from agents.bargaining import Answer
from model.market import ParcelMarket
from model.seeds import MAX_SEED
from server import snapshot as snapshots
from server.choice import Choice
from server.snapshot import Snapshot
from server.stepping.pace import DEFAULT_SPEED, SPEEDS
from server.stepping.protocol import Extract, OpenStepping
from server.stepping.stepper import TURNS, Stepper, start_market
from server.talks.seat import Decision, Seat

logger = logging.getLogger(__name__)

__all__ = ["DEFAULT_SPEED", "MAX_SEED", "SPEEDS", "TURNS", "Choice", "Extract", "Session", "start_market"]


class Session:
    """A run that can be played, paused, stepped and started again, from any thread.

    Args:
        choice: What to start with.
        start: Builds the market of a choice in this process; may take seconds and may raise.
        is_watched: Whether a browser is connected; a run that nobody watches is paused.
        months: Months to simulate at once, as fast as possible.
        open_stepping: Where the market is stepped; None for a thread of this process.
    """

    def __init__(
        self,
        choice: Choice | None = None,
        start: Callable[[Choice], ParcelMarket] = start_market,
        is_watched: Callable[[], bool] = lambda: True,
        months: int = 0,
        open_stepping: OpenStepping | None = None,
    ) -> None:
        # All below are guarded by this lock.
        self._lock = threading.Lock()
        self._choice = choice or Choice()
        self._speed = DEFAULT_SPEED
        self._touched_at = time.monotonic()
        self._closed = False
        self._kept: dict[type, object] = {}
        self._listener: Callable[[Snapshot], None] | None = None
        self._follower: Callable[[Snapshot], None] | None = None
        self._snapshot = snapshots.empty(1, "preparing")
        open_stepping = open_stepping or partial(Stepper, start=start)
        self._stepping = open_stepping(self._choice, months, is_watched, self._show)

    # What a page may ask

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""
        with self._lock:
            return self._snapshot

    @property
    def choice(self) -> Choice:
        """What the run shown, or being prepared, was started with."""
        with self._lock:
            return self._choice

    @property
    def speed(self) -> float:
        """Steps a second, infinite for as fast as possible."""
        with self._lock:
            return self._speed

    @property
    def is_closed(self) -> bool:
        """Whether the session was closed; its thread may still be in its last month."""
        with self._lock:
            return self._closed

    @property
    def touched_at(self) -> float:
        """When its visitor last wished for something, on the monotonic clock; now while it plays."""
        with self._lock:
            return time.monotonic() if self._snapshot.status == "playing" else self._touched_at

    @property
    def is_alive(self) -> bool:
        """Whether the thread that shows snapshots still lives."""
        return self._stepping.is_alive

    @property
    def seat(self) -> Seat | None:
        """The seat that the visitor has in a run stepped by this process, if any; pages show `Snapshot.views` of it."""
        return self._stepping.seat if isinstance(self._stepping, Stepper) else None

    # What a page may wish for

    def kept[T](self, kind: type[T]) -> T:
        """What a page keeps as long as the session lives, one of each class; made by the first who asks."""
        with self._lock:
            found = self._kept.setdefault(kind, kind())
        assert isinstance(found, kind)
        return found

    def listen(self, listener: Callable[[Snapshot], None] | None) -> None:
        """Call `listener` from the session's thread with every snapshot from now on; None ends it."""
        with self._lock:
            self._listener = listener

    def follow(self, follower: Callable[[Snapshot], None] | None) -> None:
        """As `listen`, for what stands around the pages and stays when they change."""
        with self._lock:
            self._follower = follower

    def ask(self, extract: Extract, answer: Callable[[object], None]) -> None:
        """Call `answer(extract(market))` once, from the session's thread; never where there is no market."""
        self._stepping.ask(extract, answer)

    def show_view(self, name: str, extract: Extract | None) -> None:
        """From now on put `extract(market)` into every snapshot as `views[name]`, beginning at once; None ends it."""
        if extract is not None:
            self._touch()
        self._stepping.show_view(name, extract)

    def refresh(self) -> None:
        """Publish anew: something that a view shows has changed beside the market."""
        self._stepping.refresh()

    def answer(self, decision: Decision, answer: Answer) -> list[str]:
        """Answer for the side that the visitor plays, and play on.

        Returns:
            Why the answer is not possible; empty where it is taken, or comes too late to matter.
        """
        if self.snapshot.decision is not decision:
            return []
        if problems := decision.question.problems(answer):
            return problems
        self._touch()
        self._stepping.answer(decision, answer)
        return []

    def reset(self, choice: Choice, months: int = 0) -> None:
        """Forget the run and prepare the one that was chosen; simulate so many months of it at once."""
        with self._lock:
            self._choice = choice
        self._touch()
        self._stepping.reset(choice, months)

    def look_back(self, n_months: int | None) -> None:
        """Show the run as it stood after so many months; None shows the newest month again. The run itself goes on."""
        if n_months is not None and n_months < 1:
            raise ValueError(f"the first month to look back to is 1, not {n_months}")
        self._touch()
        self._stepping.look_back(n_months)

    def play(self) -> None:
        """Step until the last month, or until paused."""
        self._want_months(float("inf"))

    def pause(self) -> None:
        """Stop after the month that is being simulated."""
        self._want_months(0.0)

    def step(self) -> None:
        """Simulate one month."""
        self._want_months(1.0)

    def set_speed(self, steps_per_second: float) -> None:
        """Change how fast months follow each other while playing."""
        if not steps_per_second > 0:
            raise ValueError(f"speed must be above 0 steps a second, not {steps_per_second}")
        with self._lock:
            self._speed = steps_per_second
        self._stepping.set_speed(steps_per_second)

    def acknowledge(self, number: object) -> None:
        """The browser has drawn a snapshot and can take the next one; what is no snapshot's number is ignored."""
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= self.snapshot.number:
            self._stepping.acknowledge(number)

    def close(self) -> None:
        """End the thread after the month that is being simulated. Never waits, so it is safe under any lock."""
        with self._lock:
            self._closed = True
            self._listener = self._follower = None
        self._stepping.close()

    def join(self, timeout: float) -> None:
        """Wait for the thread of a closed session."""
        self._stepping.join(timeout)

    def _want_months(self, months: float) -> None:
        self._touch()
        self._stepping.want_months(months)

    def _touch(self) -> None:
        with self._lock:
            self._touched_at = time.monotonic()

    # Called by whoever steps the market, always from the same thread

    def _show(self, snapshot: Snapshot) -> None:
        with self._lock:
            self._snapshot = snapshot
            listeners = [listener for listener in (self._follower, self._listener) if listener is not None]
        for listener in listeners:
            try:
                listener(snapshot)
            except Exception:
                # The page may go while its picture is on the way; the session's owner closes it then.
                logger.debug("a snapshot found no page", exc_info=True)
