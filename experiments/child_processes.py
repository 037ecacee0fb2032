"""How child processes begin: forked from one that has imported everything, where the system allows it."""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext

# Imports what runs and sweeps need.
PRELOADED = "experiments.preloaded"


def child_context(preloaded: str = PRELOADED) -> ForkServerContext | SpawnContext:
    """How processes are made here.

    A process with threads of its own must not be forked. On Linux children are forked from a process without any, so
    that they share the memory of what they import, 60 MB each, and only the first waits for it; elsewhere each imports
    everything for itself.

    Args:
        preloaded: Module that imports what the children need, once for all of this process.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preloaded])
    return context


def prepare(preloaded: str = PRELOADED) -> None:
    """Let what all children need be imported from now on; returns at once.

    Args:
        preloaded: As in `child_context`.
    """
    if isinstance(child_context(preloaded), ForkServerContext):
        from experiments.workers import interrupts_ignored

        with interrupts_ignored():  # Ctrl-C reaches this process alone, whose end its children see
            forkserver.ensure_running()
