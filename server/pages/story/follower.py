"""Hands a run to the Story page part by part: the browser says how many months it has, and is told what follows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from server.charts import pack
from server.choice import Choice
from server.session import Session
from server.snapshot import Run, Snapshot
from server.story.opening import opening_of
from server.story.stage import N_COLUMNS
from server.story.view import Told, tell

OTHER = {"usps": "amazon", "amazon": "usps"}
NOTHING: dict[str, Any] = {"key": ""}


@dataclass
class _Known:
    """What the browser has of which run.

    Attributes:
        run: The run.
        count: Counts the runs of the page.
        months: Months that the browser has.
        at: Month to show first, from 0.
        asked: Whether an answer is on its way.
        given: Months that were shown before the run had them: those stored with the package.
    """

    run: Run | None = None
    count: int = 0
    months: int = 0
    at: int = 0
    asked: bool = False
    given: int = 0

    @property
    def key(self) -> str:
        """Name of the run between the page and the browser."""
        return str(self.count) if self.run is not None or self.given else ""


class Follower:
    """Follows a session for one page. Safe from any thread.

    Args:
        session: The tab's session.
        show: Called with each part, from the session's thread.
        at: Month to show first, from 0; None for the month that the session shows.
        stored: Months of a run as `opening_of` finds them; they are shown until the session has its own.
    """

    def __init__(
        self,
        session: Session,
        show: Callable[[dict[str, Any]], None],
        at: int | None = None,
        stored: Callable[[Choice], dict[str, Any] | None] = opening_of,
    ) -> None:
        self._session, self._show, self._stored = session, show, stored
        self._lock = threading.Lock()
        self._known = _Known()
        self._first = at
        self._leaving: Run | None = None  # that which another one is about to replace
        self._opened: Choice | None = None

    def open(self) -> None:
        """Show what is stored of the session's run, where nothing of it is simulated yet."""
        choice, snapshot = self._session.choice, self._session.snapshot
        opening = self._stored(choice) if snapshot.n_done <= 1 else None
        at = self._first or 0
        if opening is None or at >= len(opening["months"]):
            return
        with self._lock:
            self._opened = choice
            # It counts as asked: the run's own first month must not come in their place before the browser has them.
            self._known = _Known(None, self._known.count + 1, asked=True, given=len(opening["months"]))
            key = self._known.key
        self._show({"key": key, "at": at, **opening})

    def see(self, snapshot: Snapshot) -> None:
        """Take note of a snapshot, and ask for what the browser does not have."""
        with self._lock:
            known = self._known
            if known.given and known.run is None:
                if _is_of(snapshot.run, self._opened):
                    known.run = snapshot.run
                elif self._session.choice == self._opened:
                    return  # it is being prepared
            begun_again = snapshot.n_done < known.months and known.months > known.given
            if snapshot.run is not known.run or begun_again:
                at = max(0, snapshot.shown - 1) if self._first is None else self._first
                known = self._known = _Known(snapshot.run, known.count + 1, at=at)
            if snapshot.n_done > 0 and snapshot.status != "preparing" and snapshot.run is not self._leaving:
                self._first = None
        self._ask(snapshot)

    def begin_at(self, month: int) -> None:
        """Show a month of the next run first, from 0."""
        with self._lock:
            self._first, self._leaving = month, self._known.run

    def again(self) -> None:
        """Tell the run that goes on from its beginning, as another one."""
        with self._lock:
            known, first = self._known, self._first
            if known.run is None:  # it is still being prepared
                self._known = _Known(count=known.count)
                return
            self._known = _Known(known.run, known.count + 1, at=known.at if first is None else first)
            self._first = None
        self._ask(self._session.snapshot)

    def has(self, key: object, months: object) -> None:
        """The browser has so many months of a run."""
        with self._lock:
            if key != self._known.key or type(months) is not int or not 0 <= months <= 10_000:
                return
            self._known.months, self._known.asked = months, False
        self._ask(self._session.snapshot)

    def _ask(self, snapshot: Snapshot) -> None:
        with self._lock:
            known = self._known
            if known.asked or not known.key or snapshot.run is not known.run or snapshot.n_done <= known.months:
                return
            known.asked = True
            key, months, at, run = known.key, known.months, known.at, snapshot.run
        assert run is not None

        def answer(told: object) -> None:
            with self._lock:
                stale = key != self._known.key
            if not stale and isinstance(told, Told) and told.months:
                self._show(part_of(told, key, at, run))

        self._session.ask(partial(tell, begin=months, hidden=OTHER.get(run.seat, "")), answer)


def _is_of(run: Run | None, choice: Choice | None) -> bool:
    """Whether a run is what was chosen."""
    if run is None or choice is None or run.changed or run.seat:
        return False
    return (run.scenario, run.seed) == (choice.scenario, choice.seed)


def part_of(told: Told, key: str, at: int, run: Run) -> dict[str, Any]:
    """A part of the story as the browser reads it."""
    return {
        "key": key,
        "at": at,
        "first": str(run.start),
        "total": run.n_months,
        "begin": told.begin,
        "width": N_COLUMNS,
        "rows": pack(told.rows),
        "months": list(told.months),
        "turns": list(told.turns),
        "due": [list(one) for one in told.due],
    }
