"""The other road: what a finished run is set beside, with the same luck, simulated once it can be compared."""

from __future__ import annotations

import threading
from collections.abc import Callable

from server.choice import Choice
from server.session import Session
from server.snapshot import Run, Snapshot
from server.stepping import shared
from server.story.ending import Ended, ended

# The two roads by scenario.
ROADS = ("baseline", "impasse")
type Endings = tuple[Ended | None, Ended | None]
NONE: Endings = (None, None)


class Companion:
    """Takes the ending of a session's run when it is over, and then that of the other road. Safe from any thread.

    Args:
        session: The tab's session.
        show: Called with both endings, None for one that is not there yet.
    """

    def __init__(self, session: Session, show: Callable[[Endings], None]) -> None:
        self._session, self._show = session, show
        self._lock = threading.RLock()
        self._run: Run | None = None
        self._other: Session | None = None
        self._closed = False

    def see(self, snapshot: Snapshot) -> None:
        """Take note of a snapshot of the session."""
        with self._lock:
            if self._closed or snapshot.status != "finished" or snapshot.run is self._run:
                if snapshot.status == "preparing" and self._run is not None:
                    self._run = None
                    self._leave()
                    self._show(NONE)
                return
            run = self._run = snapshot.run
        choice = self._session.choice

        def answer(found: object) -> None:
            if isinstance(found, Ended):
                self._take(run, choice, found)

        self._session.ask(ended, answer)

    def close(self) -> None:
        """Give the other road up."""
        with self._lock:
            self._closed = True
            self._leave()

    def _take(self, run: Run | None, choice: Choice, mine: Ended) -> None:
        with self._lock:
            if self._closed or run is not self._run:
                return
            self._show((mine, None))
            if choice.scenario not in ROADS or choice.seat:
                return
            road = ROADS[1 - ROADS.index(choice.scenario)]
            months = 0 if run is None else run.n_months
            other = self._other = Session(
                Choice(road, choice.seed, choice.overrides),
                months=months,
                is_watched=lambda: not self._session.is_closed,
                open_stepping=shared.open_stepping(),
            )

        def answer(found: object) -> None:
            with self._lock:
                if isinstance(found, Ended) and other is self._other:
                    self._show((mine, found))
                    self._leave()

        def note(snapshot: Snapshot) -> None:
            other.acknowledge(snapshot.number)  # nobody draws it
            if snapshot.status == "finished":
                other.listen(None)
                other.ask(ended, answer)

        other.listen(note)
        note(other.snapshot)

    def _leave(self) -> None:
        if self._other is not None:
            self._other.close()
            self._other = None
