"""Snapshots on their way from one process to another: of each only what the other side does not have yet.

Months that have been simulated never change, so their figures and events travel once; so do the places of a month, the
description of a run, what a visitor has to decide, and a view of a page that has not changed.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from model.events import Event
from server import snapshot as snapshots
from server.snapshot import Floats, Run, Snapshot, Status
from server.talks.seat import Decision

logger = logging.getLogger(__name__)

# Fields of a snapshot with one row a month, and those of the month shown.
SERIES = ("volume", "usps", "own_share", "paid", "list_price")
PLACES = ("place_delivered", "place_own_share", "place_price", "place_on_time")
NO_DECISION = 0


@dataclass(frozen=True, eq=False)
class Picture:
    """What is new in a snapshot.

    Attributes:
        number: See `Snapshot`, as are status, message, month, shown and headline.
        run: The run where it is another one than in the picture before, else None.
        begin: Month from which `series` goes on; 0 begins anew.
        series: New rows of `SERIES`.
        events_begin: Event from which `events` goes on.
        events: New events.
        places: Values of `PLACES`, None where the month shown is that of the picture before.
        views: Pickled views of pages by name; None for one that has not changed.
        decision: Counts the decisions of the run; 0 for none.
        question: The decision where it is a new one.
    """

    number: int
    status: Status
    message: str
    month: Month | None
    shown: int
    headline: str
    run: Run | None
    begin: int
    series: tuple[Floats, ...]
    events_begin: int
    events: tuple[Event, ...]
    places: tuple[Floats, ...] | None
    views: Mapping[str, bytes | None]
    decision: int
    question: Decision | None


class PictureSender:
    """Knows what the other side has of a session, and makes pictures of what it has not."""

    def __init__(self) -> None:
        self._last: Snapshot | None = None
        self._views: dict[str, bytes] = {}
        self.decisions = NO_DECISION
        self._question: Decision | None = None

    @property
    def decision(self) -> Decision | None:
        """The decision that the newest picture tells about."""
        return self._question

    def picture(self, snapshot: Snapshot) -> Picture:
        """What is new in a snapshot; call it with each one, in order."""
        last, self._last = self._last, snapshot
        same_run = last is not None and last.run is snapshot.run and last.n_done <= snapshot.n_done
        begin = last.n_done if last is not None and same_run else 0
        events_begin = len(last.events) if last is not None and same_run else 0
        same_month = last is not None and same_run and last.n_done > 0 and last.shown == snapshot.shown
        new_question = snapshot.decision is not None and snapshot.decision is not self._question
        self.decisions += new_question
        self._question = snapshot.decision
        return Picture(
            number=snapshot.number,
            status=snapshot.status,
            message=snapshot.message,
            month=snapshot.month,
            shown=snapshot.shown,
            headline=snapshot.headline,
            run=None if last is not None and last.run is snapshot.run else snapshot.run,
            begin=begin,
            series=tuple(getattr(snapshot, name)[begin:] for name in SERIES),
            events_begin=events_begin,
            events=snapshot.events[events_begin:],
            places=None if same_month else tuple(getattr(snapshot, name) for name in PLACES),
            views=self._new_views(snapshot.views),
            decision=self.decisions if snapshot.decision is not None else NO_DECISION,
            question=snapshot.decision if new_question else None,
        )

    def _new_views(self, views: Mapping[str, object]) -> dict[str, bytes | None]:
        packed: dict[str, bytes] = {}
        for name, view in views.items():
            try:
                packed[name] = pickle.dumps(view, pickle.HIGHEST_PROTOCOL)
            except Exception:  # the page then shows itself without it
                logger.exception("the view %s of a page cannot travel", name)
        before, self._views = self._views, packed
        return {name: None if before.get(name) == content else content for name, content in packed.items()}


class PictureKeeper:
    """Makes snapshots again out of pictures; the arrays of a snapshot never change afterwards.

    Args:
        snapshot: The one before the first picture.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._last = snapshot
        self._rows: tuple[NDArray[np.float64], ...] = ()
        self._views: dict[str, object] = {}
        self.decision = NO_DECISION

    def snapshot(self, picture: Picture) -> Snapshot:
        """The snapshot that a picture tells about; call it with each one, in order."""
        last = self._last
        run = picture.run or last.run
        changes: dict[str, Any] = self._series(picture, run)
        for name, value in zip(PLACES, picture.places or [getattr(last, name) for name in PLACES], strict=True):
            changes[name] = value
        self._views = {
            name: self._views[name] if content is None else pickle.loads(content)
            for name, content in picture.views.items()
        }
        self.decision = picture.decision
        self._last = replace(
            snapshots.empty(picture.number, picture.status, picture.message, run),
            month=picture.month,
            shown=picture.shown,
            headline=picture.headline,
            events=(*last.events[: picture.events_begin], *picture.events),
            views=dict(self._views),
            decision=(picture.question or last.decision) if picture.decision != NO_DECISION else None,
            **changes,
        )
        return self._last

    def _series(self, picture: Picture, run: Run | None) -> dict[str, Any]:
        """The months so far; rows that are there already are not touched, for older snapshots look at them too."""
        begin, end = picture.begin, picture.begin + len(picture.series[0])
        if begin == 0 or not self._rows or len(self._rows[0]) < end:
            length = max(end, run.n_months if run else 0)
            grown = tuple(np.empty((length, *new.shape[1:])) for new in picture.series)
            for there, rows in zip(self._rows, grown, strict=False):
                rows[:begin] = there[:begin]
            self._rows = grown
        found: dict[str, Any] = {}
        for name, rows, new in zip(SERIES, self._rows, picture.series, strict=True):
            rows[begin:end] = new
            found[name] = rows[:end]
            found[name].flags.writeable = False
        return found
