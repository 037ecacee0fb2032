"""How child processes of the server begin: forked from one that has imported everything, where the system allows it."""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext

PRELOADED = "server.preloaded"


def child_context() -> ForkServerContext | SpawnContext:
    """How processes are made here.

    The server has threads, which a fork would not survive. On Linux its children are forked from a process without
    any, so that they share the memory of what they import, 60 MB each; elsewhere each imports everything for itself.
    Sweeps do not: were that process killed, workers would go on of which the sweep no longer knows.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
    return context


def prepare() -> None:
    """Let what all children need be imported from now on; returns at once."""
    if isinstance(child_context(), ForkServerContext):
        from experiments.workers import interrupts_ignored

        with interrupts_ignored():  # Ctrl-C reaches the server alone, whose end its children see
            forkserver.ensure_running()
