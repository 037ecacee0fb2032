"""The stepping processes of a server: which of them steps whose market, and that there are always enough."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from weakref import WeakSet

from experiments.workers import default_workers
from model.market import ParcelMarket
from server.child_processes import child_context
from server.choice import Choice
from server.stepping.ahead import AHEAD_SECONDS
from server.stepping.messages import WHOLE_PROCESS, Wish
from server.stepping.pace import PictureCost, frame_seconds
from server.stepping.process import SILENCE_SECONDS, Hearer, SteppingProcess
from server.stepping.protocol import Show
from server.stepping.remote import RemoteStepper
from server.stepping.stepper import start_market

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
# Those that end by themselves are replaced, at once; one that cannot even start must not keep the machine busy with
# starting it, so that the wait doubles up to this.
LONGEST_WAIT_SECONDS = 60.0
CLOSING_SECONDS = 3.0


class SteppingProcesses:
    """A few processes that step the markets of all sessions; they start at once, so that nobody waits for them.

    Args:
        count: How many; one for each processor unless told.
        start: Builds the market of a choice, a function of a module.
        silence_seconds: How long a process may give no sign of life before it is ended.
    """

    def __init__(
        self,
        count: int | None = None,
        start: Callable[[Choice], ParcelMarket] = start_market,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._start, self._silence = start, silence_seconds
        self._context = child_context()
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._replaced = 0
        self.cost = PictureCost()
        self._steppers: WeakSet[RemoteStepper] = WeakSet()
        self._ahead: list[tuple[Choice, SteppingProcess, float]] = []
        self._all = [self._begin() for _ in range(count or default_workers())]
        threading.Thread(target=self._look_after, name="lastmile-processes", daemon=True).start()

    def open(self, choice: Choice, months: int, is_watched: Callable[[], bool], show: Show) -> RemoteStepper:
        """Have a session's market stepped; see `protocol.OpenStepping`."""
        stepper = RemoteStepper(self, choice, months, is_watched, show)
        with self._lock:
            self._steppers.add(stepper)
        return stepper

    def leave(self, stepper: RemoteStepper) -> None:
        """A session is closed."""
        with self._lock:
            self._steppers.discard(stepper)

    def begin_ahead(self, choice: Choice) -> None:
        """Start the market of a page that was asked for; nothing happens where enough of them wait for their page."""
        now = time.monotonic()
        with self._lock:
            self._ahead = [one for one in self._ahead if now - one[2] < AHEAD_SECONDS]
            waiting = {process for _, process, _ in self._ahead}
            free = [process for process in self._all if not process.ended and process not in waiting]
            if not free:
                return
            process = min(free, key=lambda one: one.n_runs)
            self._ahead.append((choice, process, now))
        process.tell(WHOLE_PROCESS, Wish("begin_ahead", (choice,)))

    def assign(self, key: int, hearer: Hearer, choice: Choice) -> SteppingProcess:
        """The process that has the market of a choice, else the one with the fewest runs; it has one more from now."""
        while True:
            with self._lock:
                alive = [process for process in self._all if not process.ended]
                ahead = next((one for one in self._ahead if one[0] == choice and one[1] in alive), None)
                if ahead is not None:
                    self._ahead.remove(ahead)
                    process = ahead[1]
                else:
                    process = min(alive, key=lambda one: one.n_runs) if alive else self._replace_one()
            if process.assign(key, hearer):
                return process

    @property
    def n_playing(self) -> int:
        """Sessions whose pictures keep coming."""
        with self._lock:
            return sum(stepper.is_playing for stepper in self._steppers)

    @property
    def frame_seconds(self) -> float:
        """Time from one picture of a session to the next."""
        return frame_seconds(self.cost.seconds, self.n_playing)

    @property
    def all(self) -> tuple[SteppingProcess, ...]:
        """All processes, the dead ones among them until they are replaced."""
        with self._lock:
            return tuple(self._all)

    @property
    def n_replaced(self) -> int:
        """How many ended by themselves and were replaced."""
        with self._lock:
            return self._replaced

    @property
    def competing(self) -> int:
        """Runs that compute or wait for their turn."""
        return sum(process.pulse.competing for process in self.all if process.pulse is not None)

    def close(self) -> None:
        """End all processes."""
        self._closed.set()
        everyone = self.all
        for process in everyone:
            process.close()
        deadline = time.monotonic() + CLOSING_SECONDS
        for process in everyone:
            process.join(max(0.1, deadline - time.monotonic()))

    def _begin(self) -> SteppingProcess:
        return SteppingProcess(self._context, self._start, self._silence)

    def _replace_one(self) -> SteppingProcess:
        """Put a new process in the place of one that has ended."""
        place = next(i for i, process in enumerate(self._all) if process.ended)
        self._all[place] = self._begin()
        self._replaced += 1
        return self._all[place]

    def _look_after(self) -> None:
        """End those that hang, and replace those that have ended."""
        wait = LOOK_SECONDS
        while not self._closed.wait(wait):
            now = time.monotonic()
            for process in self.all:
                process.look_after(now)
            with self._lock:
                gone = [process for process in self._all if process.ended]
                if gone and not self._closed.is_set():
                    self._replace_one()
            never_came_up = any(process.pulse is None for process in gone)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS) if never_came_up else LOOK_SECONDS
