"""Tasks for the pool of the server in tests: they count months, fail, and take their process down."""

from __future__ import annotations

import os
import signal
import time

from experiments.errors import InputError
from server.work.worker import tick


def count(months: int, seconds: float) -> int:
    for _ in range(months):
        time.sleep(seconds)
        tick()
    return months


def refuse() -> None:
    raise InputError(["one thing is wrong", "and another"])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def together(found: list[int]) -> tuple[int, ...]:
    return tuple(found)
