"""What a visitor wants of a run: left behind by any thread, read by the one that steps the market."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from agents.bargaining import Answer
from server.choice import Choice
from server.stepping.pace import Pace
from server.stepping.protocol import Extract
from server.talks.seat import Decision, Seat


class Wishes:
    """The side of a run that other threads see; see `protocol.Stepping`.

    Args:
        choice: What to start with.
        months: Months to simulate at once, as fast as possible.
    """

    def __init__(self, choice: Choice, months: int) -> None:
        # All below are guarded by this condition.
        self._changed = threading.Condition()
        self._wanted: Choice | None = choice
        self._months_at_once = months
        self._pace = Pace()
        self._paced_from_afar = False
        self._look_back: int | None = None
        self._stale = False
        self._closed = False
        self._questions: list[tuple[Extract, Callable[[object], None]]] = []
        self._views: dict[str, Extract] = {}
        self._seat: Seat | None = None
        self._decision: Decision | None = None
        self._answer: Answer | None = None

    @property
    def seat(self) -> Seat | None:
        """The seat that the visitor has in the run, if any."""
        with self._changed:
            return self._seat

    def reset(self, choice: Choice, months: int) -> None:
        """Forget the market and prepare another one; simulate so many months of it at once."""
        with self._changed:
            self._wanted = choice
            self._pace.months_wanted, self._pace.hurry = 0.0, 0
            self._months_at_once = months
            self._look_back = None
            self._changed.notify_all()

    def want_months(self, months: float) -> None:
        """From now on simulate so many months: infinity plays to the end, 0 pauses."""
        with self._changed:
            self._pace.want(months, time.monotonic())
            self._changed.notify_all()

    def set_speed(self, speed: float) -> None:
        """Months a second while playing."""
        with self._changed:
            self._pace.set_speed(speed, time.monotonic())
            self._changed.notify_all()

    def look_back(self, n_months: int | None) -> None:
        """Show the run as it stood after so many months; None shows the newest."""
        with self._changed:
            self._look_back = n_months
            self._stale = True
            self._changed.notify_all()

    def show_view(self, name: str, extract: Extract | None) -> None:
        """From now on put `extract(market)` into every snapshot as `views[name]`, beginning at once; None ends it."""
        with self._changed:
            if extract is None:
                self._views.pop(name, None)
            else:
                self._views[name] = extract
                self._stale = True
            self._changed.notify_all()

    def refresh(self) -> None:
        """Publish anew: something that a view shows has changed beside the market."""
        with self._changed:
            self._stale = True
            self._changed.notify_all()

    def ask(self, extract: Extract, answer: Callable[[object], None]) -> None:
        """Call `answer(extract(market))` once, from the stepping thread; never where there is no market."""
        with self._changed:
            self._questions.append((extract, answer))
            self._changed.notify_all()

    def answer(self, decision: Decision, answer: Answer) -> None:
        """Answer for the side that the visitor plays, and play on; without effect where it comes too late."""
        with self._changed:
            if self._decision is decision and self._answer is None:
                self._answer = answer
                self._pace.months_wanted = float("inf")
                self._pace.next_month_at = time.monotonic()
                self._changed.notify_all()

    def acknowledge(self, number: int, seconds: float | None = None) -> None:
        """The browser has drawn a snapshot and can take the next one.

        Args:
            number: Its number.
            seconds: Time from one picture to the next, where another process draws them and so knows what they cost.
        """
        with self._changed:
            self._pace.drawn = max(self._pace.drawn, number)
            if seconds is not None:
                self._paced_from_afar = True
                self._pace.next_frame_at += seconds - self._pace.frame_seconds
                self._pace.frame_seconds = seconds
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread after the month that is being simulated. Never waits, so it is safe under any lock."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
