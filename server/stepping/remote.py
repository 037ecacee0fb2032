"""A session's run that is stepped in another process: passes wishes on, and shows what comes back."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

from agents.bargaining import Answer
from server import snapshot as snapshots
from server.choice import Choice
from server.snapshot import Snapshot
from server.stepping.messages import Reply, Wish, content_of, key_of
from server.stepping.pace import DEFAULT_SPEED
from server.stepping.pictures import NO_DECISION, Picture, PictureKeeper
from server.stepping.process import SteppingProcess
from server.stepping.protocol import Extract, Show
from server.talks.seat import Decision

if TYPE_CHECKING:
    from server.stepping.processes import SteppingProcesses

logger = logging.getLogger(__name__)

LOST = "The process that computed this run has ended, perhaps because memory ran out. Reset starts the run again."
# How often a run that plays looks whether anybody watches it.
LOOK_SECONDS = 0.5
# Questions that nobody has answered, such as those to a run that is gone, are forgotten from so many on.
MOST_QUESTIONS = 100

_keys = itertools.count(1)


class RemoteStepper:
    """Steps the market of one session in another process; see `protocol.Stepping`.

    Args:
        processes: Those that there are.
        choice: What to start with.
        months: Months to simulate at once, as fast as possible.
        is_watched: Whether a browser is connected; a run that nobody watches is paused.
        show: Called from one thread with every snapshot.
    """

    def __init__(
        self,
        processes: SteppingProcesses,
        choice: Choice,
        months: int,
        is_watched: Callable[[], bool],
        show: Show,
    ) -> None:
        self._processes, self._is_watched, self._show_to = processes, is_watched, show
        # Those below are guarded by this lock.
        self._lock = threading.RLock()
        self._process: SteppingProcess | None = None
        self._key = 0
        self._closed = False
        self._speed = DEFAULT_SPEED
        self._views: dict[str, Extract] = {}
        self._questions: dict[int, Callable[[object], None]] = {}
        self._asked = 0
        # Those below belong to the thread, but may be looked at.
        self._snapshot = snapshots.empty(1, "preparing")
        self._keeper = PictureKeeper(self._snapshot)
        self._kept_key = 0
        self._decision: tuple[Decision | None, int] = (None, NO_DECISION)
        self._inbox: SimpleQueue[bytes | Literal["lost", "closed"]] = SimpleQueue()
        # Made here, so that it belongs to the page that the session belongs to, as Solara asks.
        self._thread = threading.Thread(target=self._work, name="lastmile-session", daemon=True)
        self._open(choice, months)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread that shows snapshots still lives."""
        return self._thread.is_alive()

    @property
    def is_playing(self) -> bool:
        """Whether pictures keep coming."""
        return self._snapshot.status == "playing"

    def reset(self, choice: Choice, months: int) -> None:
        """Forget the market and prepare another one, in another process where the old one is gone."""
        with self._lock:
            if self._closed:
                return
            if self._process is None or self._process.ended:
                self._open(choice, months)
            else:
                self._tell("reset", choice, months)

    def want_months(self, months: float) -> None:
        """From now on simulate so many months: infinity plays to the end, 0 pauses."""
        self._tell("want_months", months)

    def set_speed(self, speed: float) -> None:
        """Months a second while playing."""
        with self._lock:
            self._speed = speed
            self._tell("set_speed", speed)

    def look_back(self, n_months: int | None) -> None:
        """Show the run as it stood after so many months; None shows the newest."""
        self._tell("look_back", n_months)

    def show_view(self, name: str, extract: Extract | None) -> None:
        """From now on put `extract(market)` into every snapshot; None ends it."""
        with self._lock:
            self._tell("show_view", name, extract)  # may refuse what cannot travel
            if extract is None:
                self._views.pop(name, None)
            else:
                self._views[name] = extract

    def refresh(self) -> None:
        """Publish anew."""
        self._tell("refresh")

    def ask(self, extract: Extract, answer: Callable[[object], None]) -> None:
        """Call `answer(extract(market))` once, from the session's thread."""
        with self._lock:
            self._asked += 1
            self._questions.pop(self._asked - MOST_QUESTIONS, None)
            self._questions[self._asked] = answer
            self._tell("ask", self._asked, extract)

    def answer(self, decision: Decision, answer: Answer) -> None:
        """Answer for the side that the visitor plays, and play on; without effect where it comes too late."""
        open_, number = self._decision
        if open_ is decision:
            self._tell("answer", number, None if answer is decision.question.usual else answer)

    def acknowledge(self, number: int) -> None:
        """A snapshot has been drawn; says as well how soon the next one may come, as drawing happens here."""
        self._tell("acknowledge", number, self._processes.frame_seconds)

    def close(self) -> None:
        """Forget the market, and end the thread. Never waits."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
            self._questions.clear()
        if process is not None:
            process.release(self._key)
        self._processes.leave(self)
        self._inbox.put("closed")

    def join(self, timeout: float) -> None:
        """Wait for the thread of a closed session."""
        self._thread.join(timeout)

    # Called by the process, from its thread

    def hear(self, message: bytes) -> None:
        """A message about the run has come."""
        self._inbox.put(message)

    def lose(self) -> None:
        """The process is gone."""
        self._inbox.put("lost")

    def _open(self, choice: Choice, months: int) -> None:
        self._key = next(_keys)
        self._process = self._processes.assign(self._key, self, choice)
        number = self._snapshot.number
        self._process.tell(self._key, Wish("open", (choice, months, self._speed, number, dict(self._views))))

    def _tell(self, what: Any, *arguments: object) -> None:
        with self._lock:
            if self._process is not None:
                self._process.tell(self._key, Wish(what, arguments))

    # The session's thread

    def _work(self) -> None:
        while True:
            try:
                batch = [self._inbox.get(timeout=LOOK_SECONDS if self.is_playing else None)]
            except Empty:
                if self.is_playing and not self._is_watched():
                    self.want_months(0.0)
                continue
            while not self._inbox.empty():
                batch.append(self._inbox.get())
            if "closed" in batch:
                return
            try:
                self._take(batch)
            except Exception:  # such as a page that has gone; what comes next must be shown all the same
                logger.exception("what came from a stepping process could not be shown")

    def _take(self, batch: list[Any]) -> None:
        """Take note of all that has come, and show the newest of it."""
        before = self._snapshot
        for item in batch:
            if item == "lost":
                self._fail()
            elif key_of(item) == self._key:
                self._read(key_of(item), content_of(item))
        if self._snapshot is not before:
            self._processes.cost.count()
            self._show_to(self._snapshot)

    def _read(self, key: int, content: Picture | Reply) -> None:
        if isinstance(content, Reply):
            with self._lock:
                answer = self._questions.pop(content.question, None)
            if answer is not None:
                try:
                    answer(content.value)
                except Exception:  # one answer that fails must not lose the pictures that came with it
                    logger.exception("the answer to a question about the market could not be used")
            return
        if key != self._kept_key:
            self._kept_key = key
            self._keeper = PictureKeeper(snapshots.empty(content.number, "preparing"))
        self._snapshot = self._keeper.snapshot(content)
        self._decision = (self._snapshot.decision, self._keeper.decision)

    def _fail(self) -> None:
        with self._lock:
            if self._process is not None and not self._process.ended:
                return  # the run was started again in the meantime
            self._process = None
        last: Snapshot = self._snapshot
        self._snapshot = replace(last, number=last.number + 1, status="failed", message=LOST, decision=None)
