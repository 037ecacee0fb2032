"""A limit on the time of one run."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# A run that hangs where Python cannot interrupt it ends its process after this many times its limit, plus seconds.
HARD_FACTOR, HARD_SECONDS = 2.0, 5.0

_local = threading.local()


class RunTimeoutError(Exception):
    """A run took longer than it may."""


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Let what happens inside take at most some seconds.

    In the main thread of a process the clock interrupts it wherever it is; in other threads (dask) it is asked between
    months by `check_deadline`.

    Args:
        seconds: The limit; None for none.

    Raises:
        RunTimeoutError: It took longer.
    """
    if seconds is None:
        yield
        return
    _local.end, _local.seconds = time.monotonic() + seconds, seconds
    alarm = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    silent = None
    if alarm:
        before = signal.signal(signal.SIGALRM, _ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        if multiprocessing.parent_process() is not None:
            # Only in a worker: the pool notices its end and starts another. The traceback is of no use to anybody.
            silent = open(os.devnull, "w")  # noqa: SIM115
            faulthandler.dump_traceback_later(HARD_FACTOR * seconds + HARD_SECONDS, exit=True, file=silent)
    try:
        yield
    finally:
        _local.end = None
        if silent is not None:
            faulthandler.cancel_dump_traceback_later()
            silent.close()
        if alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def check_deadline() -> None:
    """Raise `RunTimeoutError` when the time of this thread's run is over."""
    end = getattr(_local, "end", None)
    if end is not None and time.monotonic() > end:
        _fail()


def _ring(number: int, frame: FrameType | None) -> None:
    _fail()


def _fail() -> NoReturn:
    raise RunTimeoutError(f"it took longer than {_local.seconds:g} seconds")
