"""Tasks for the pool of the server in tests: they count months, fail, and take their process down."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

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


def own_memory() -> tuple[bool, int]:
    """Whether what all need was here before this process, and what this process alone takes, bytes."""
    here = "server.preloaded" in sys.modules
    import server.stepping.child  # noqa: F401 - what comes with the process, and not with its first task

    return here, sum(
        int(line.split()[1]) * 1024
        for line in Path("/proc/self/smaps_rollup").read_text().splitlines()
        if line.startswith(("Private_Clean:", "Private_Dirty:"))
    )


def together(found: list[int]) -> tuple[int, ...]:
    return tuple(found)
