"""One stepping process as the server sees it: wishes go in, pictures come out, and whether it still lives."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.context import ForkServerContext, SpawnContext
from queue import SimpleQueue
from typing import Protocol

from experiments.workers import interrupts_ignored
from model.market import ParcelMarket
from server.choice import Choice
from server.stepping import child
from server.stepping.messages import WHOLE_PROCESS, Pulse, Wish, content_of, key_of, packed

logger = logging.getLogger(__name__)

# A process that has come up and gives no sign of life for so long is ended.
SILENCE_SECONDS = 30.0
# Importing everything takes a second or two on a quiet machine.
STARTING_SECONDS = 120.0


class Hearer(Protocol):
    """Who is told what comes of a run."""

    def hear(self, message: bytes) -> None:
        """A message about the run has come."""

    def lose(self) -> None:
        """The process is gone."""


class SteppingProcess:
    """A process that steps the markets of some sessions.

    Args:
        context: How processes are made.
        start: Builds the market of a choice, a function of a module.
        silence_seconds: How long it may be silent.
    """

    def __init__(
        self,
        context: ForkServerContext | SpawnContext,
        start: Callable[[Choice], ParcelMarket],
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._silence = silence_seconds
        self._lock = threading.Lock()
        self._hearers: dict[int, Hearer] = {}
        self._ended = False
        self._heard_at = time.monotonic()
        self.pulse: Pulse | None = None
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=child.main, args=(theirs, start), name="lastmile-stepping", daemon=True)
        with interrupts_ignored():
            self._process.start()
        theirs.close()  # so that the pipe ends with the process
        # Whoever presses a button must not wait for a process that is slow to listen.
        self._out: SimpleQueue[bytes | None] = SimpleQueue()
        threading.Thread(target=self._write, name="lastmile-wishes", daemon=True).start()
        threading.Thread(target=self._read, name="lastmile-pictures", daemon=True).start()

    @property
    def pid(self) -> int:
        """Its number with the operating system."""
        return self._process.pid or 0

    @property
    def ended(self) -> bool:
        """Whether it is gone, or about to be."""
        with self._lock:
            return self._ended

    @property
    def n_runs(self) -> int:
        """Runs that were assigned to it."""
        with self._lock:
            return len(self._hearers)

    def assign(self, key: int, hearer: Hearer) -> bool:
        """From now on tell somebody what comes of a run; whether the process still lives."""
        with self._lock:
            if self._ended:
                return False
            self._hearers[key] = hearer
            return True

    def tell(self, key: int, wish: Wish) -> None:
        """Pass on a wish; returns at once, and nothing happens where the process is gone.

        Raises:
            Exception: The wish cannot travel, such as a function that is in no module.
        """
        self._out.put(packed(key, wish))

    def release(self, key: int) -> None:
        """A run is over for its session."""
        with self._lock:
            known = self._hearers.pop(key, None)
        if known is not None:
            self.tell(key, Wish("close"))

    def look_after(self, now: float) -> None:
        """End it where it hangs."""
        allowed = self._silence if self.pulse is not None else max(self._silence, STARTING_SECONDS)
        if not self.ended and now - self._heard_at > allowed:
            logger.error("stepping process %s gave no sign of life for %.0f s and is ended", self.pid, allowed)
            self._process.kill()

    def close(self) -> None:
        """Tell it to end; `join` waits for that."""
        with self._lock:
            self._ended = True
            self._hearers.clear()
        self._out.put(None)

    def join(self, seconds: float) -> None:
        """Wait for its end, and end it where that takes too long."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join(seconds)

    def _write(self) -> None:
        while True:
            message = self._out.get()
            try:
                self._pipe.send_bytes(b"" if message is None else message)
            except (OSError, ValueError):  # it is gone; the reading thread sees it too
                return
            if message is None:
                return

    def _read(self) -> None:
        while True:
            try:
                message = self._pipe.recv_bytes()
            except (EOFError, OSError):
                break
            self._heard_at = time.monotonic()
            key = key_of(message)
            if key == WHOLE_PROCESS:
                self.pulse = content_of(message)
                continue
            with self._lock:
                hearer = self._hearers.get(key)
            if hearer is not None:
                hearer.hear(message)
        self._end()

    def _end(self) -> None:
        with self._lock:
            wanted, self._ended = self._ended, True
            lost, self._hearers = list(self._hearers.values()), {}
        self._out.put(None)
        with suppress(OSError):
            self._pipe.close()
        self._process.join(1.0)
        if not wanted:
            logger.error("stepping process %s ended by itself (code %s)", self.pid, self._process.exitcode)
        for hearer in lost:
            hearer.lose()
