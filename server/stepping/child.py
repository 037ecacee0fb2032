"""A stepping process: holds the markets of the sessions that were assigned to it and steps them, fairly in turn.

It is told what to do over a pipe and says over the same pipe what came of it. It ends when the pipe does: because the
server closes, or because it is gone, however it went.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection

from agents.bargaining import Answer
from model.market import ParcelMarket
from server.choice import Choice
from server.memory import give_back_regularly, share_heaps
from server.snapshot import Snapshot
from server.stepping.ahead import MarketsAhead
from server.stepping.messages import WHOLE_PROCESS, Pulse, Reply, Wish, content_of, key_of, packed
from server.stepping.pictures import PictureSender
from server.stepping.protocol import Extract
from server.stepping.stepper import Stepper, start_market
from server.turns import Turns

logger = logging.getLogger(__name__)

# The server and the browsers on the same machine come first, once a run is in motion.
NICENESS = 5
PULSE_SECONDS = 1.0
# One who holds a turn for longer hangs: no more signs of life are given, and the server ends the process.
LONGEST_TURN_SECONDS = 60.0
# What pages ask for is imported before somebody waits for it.
EXTRACTS = (
    "inspecting",
    "talks.negotiations",
    "talks.contracts",
    "talks.seat_view",
    "counties.watched",
    "files",
    "story.view",
    "story.ending",
)


def main(pipe: Connection, start: Callable[[Choice], ParcelMarket] = start_market) -> None:
    """Serve a pipe until its other end is closed.

    Args:
        pipe: Where wishes come from and pictures go to.
        start: Builds the market of a choice.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the server alone, which then closes the pipe
    share_heaps()
    import_extracts()
    gc.freeze()  # what stays need not be looked through each time a market goes
    give_back_regularly()
    SteppingRoom(pipe, start).serve()
    os._exit(0)  # at once: nothing in here is worth waiting for


def import_extracts() -> None:
    """Import what pages ask for."""
    for module in EXTRACTS:
        import_module(f"server.{module}")


def stand_back() -> None:
    """Let others come before this thread from now on, on Linux: elsewhere its number would name another process."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class _Run:
    """A run of the process and what the server has of it."""

    def __init__(self) -> None:
        self.stepper: Stepper | None = None
        self.sender = PictureSender()


class SteppingRoom:
    """The runs of this process.

    Args:
        pipe: Where wishes come from and pictures go to.
        start: Builds the market of a choice.
    """

    def __init__(self, pipe: Connection, start: Callable[[Choice], ParcelMarket]) -> None:
        self._pipe, self._start = pipe, start
        self._turns = Turns(1)  # one interpreter: a second run that computes would only slow the first one down
        self._ahead = MarketsAhead(start, self._turns)
        self._sending = threading.Lock()
        self._runs: dict[int, _Run] = {}
        self._markets: weakref.WeakSet[ParcelMarket] = weakref.WeakSet()

    def serve(self) -> None:
        """Take wishes until the other end is gone."""
        threading.Thread(target=self._give_signs_of_life, name="lastmile-pulse", daemon=True).start()
        while True:
            try:
                message = self._pipe.recv_bytes()
            except (EOFError, OSError):
                return
            if not message:  # the server closes
                return
            try:
                self._take(key_of(message), content_of(message))
            except Exception:  # one wish that cannot be read must not end the runs of others
                logger.exception("a wish was not understood")

    def _take(self, key: int, wish: Wish) -> None:
        if wish.what == "open":
            self._open(key, *wish.arguments)
            return
        if wish.what == "begin_ahead":
            self._ahead.begin(*wish.arguments)
            return
        run = self._runs.get(key)
        if run is None or run.stepper is None:
            return
        if wish.what == "ask":
            self._ask(key, run.stepper, *wish.arguments)
        elif wish.what == "answer":
            self._answer(run, *wish.arguments)
        elif wish.what == "close":
            del self._runs[key]
            run.stepper.close()
        else:
            getattr(run.stepper, wish.what)(*wish.arguments)

    def _open(
        self, key: int, choice: Choice, months: int, speed: float, number: int, views: dict[str, Extract]
    ) -> None:
        run = self._runs[key] = _Run()
        run.stepper = Stepper(
            choice,
            months,
            lambda: True,
            partial(self._show, key, run),
            self._start_counted,
            self._turns,
            number,
            stand_back,
        )
        run.stepper.set_speed(speed)
        for name, extract in views.items():
            run.stepper.show_view(name, extract)

    def _start_counted(self, choice: Choice) -> ParcelMarket:
        market = self._ahead.take(choice) or self._start(choice)
        self._markets.add(market)
        return market

    def _show(self, key: int, run: _Run, snapshot: Snapshot) -> None:
        """Called from the thread of a run."""
        try:
            self._send(key, run.sender.picture(snapshot))
        except Exception:  # the run goes on; with the next picture all is sent anew
            logger.exception("a picture cannot travel")
            run.sender = PictureSender()

    def _ask(self, key: int, stepper: Stepper, question: int, extract: Extract) -> None:
        stepper.ask(extract, lambda value: self._send(key, Reply(question, value)))

    def _answer(self, run: _Run, number: int, answer: Answer | None) -> None:
        """Answer the decision of that number; None does what the model does."""
        decision = run.sender.decision
        assert run.stepper is not None
        if decision is not None and run.sender.decisions == number:
            run.stepper.answer(decision, decision.question.usual if answer is None else answer)

    def _send(self, key: int, content: object) -> None:
        message = packed(key, content)
        try:
            with self._sending:
                self._pipe.send_bytes(message)
        except OSError:  # the server is gone; the thread that takes wishes sees it too
            return

    def _give_signs_of_life(self) -> None:
        while True:
            if self._turns.longest_seconds < LONGEST_TURN_SECONDS:
                self._send(WHOLE_PROCESS, Pulse(len(self._runs), len(self._markets), self._turns.competing))
            self._ahead.forget(time.monotonic())
            time.sleep(PULSE_SECONDS)
