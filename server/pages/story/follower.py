"""Hands a run to the Story page part by part: the browser says how many months it has, and is told what follows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from server.charts import pack
from server.session import Session
from server.snapshot import Run, Snapshot
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
    """

    run: Run | None = None
    count: int = 0
    months: int = 0
    at: int = 0
    asked: bool = False

    @property
    def key(self) -> str:
        """Name of the run between the page and the browser."""
        return str(self.count) if self.run is not None else ""


class Follower:
    """Follows a session for one page. Safe from any thread.

    Args:
        session: The tab's session.
        show: Called with each part, from the session's thread.
        at: Month to show first, from 0; None for the month that the session shows.
    """

    def __init__(self, session: Session, show: Callable[[dict[str, Any]], None], at: int | None = None) -> None:
        self._session, self._show = session, show
        self._lock = threading.Lock()
        self._known = _Known()
        self._first = at

    def see(self, snapshot: Snapshot) -> None:
        """Take note of a snapshot, and ask for what the browser does not have."""
        with self._lock:
            known = self._known
            if snapshot.run is not known.run or snapshot.n_done < known.months:
                at = max(0, snapshot.shown - 1) if self._first is None else self._first
                known = self._known = _Known(snapshot.run, known.count + 1, at=at)
            if snapshot.n_done > 0 and snapshot.status != "preparing":
                self._first = None
        self._ask(snapshot)

    def begin_at(self, month: int) -> None:
        """Show a month of the next run first, from 0."""
        with self._lock:
            self._first = month

    def again(self) -> None:
        """Tell the run that goes on from its beginning, as another one."""
        with self._lock:
            known, first = self._known, self._first
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
