"""Memory of processes that live long and have many threads."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
import time
from functools import cache

# Each thread that allocates would get a heap of its own, and what one run gives back another could not use.
HEAPS = 2
_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
# Months and pages leave holes between what stays; the system gets them back so often, at a few milliseconds each.
TRIM_SECONDS = 15.0


def share_heaps() -> None:
    """Let all threads of this process share a few heaps, and Arrow; call it before there are any, and before pyarrow.

    Arrow would have a pool of its own, which keeps what it has held once: 50 MB of a server that has shown some sweeps.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # processes that this one starts have it from here
    library = _gnu_library()
    if library is not None:
        library.mallopt(_ARENA_MAX, HEAPS)


def give_back() -> None:
    """Drop what holds itself in circles, as a market does, and hand the memory that is free to the system."""
    gc.collect()
    _trim()


def give_back_regularly() -> None:
    """Hand the memory that is free to the system from now on, as long as this process lives."""
    if _gnu_library() is not None:
        threading.Thread(target=_trim_on_and_on, name="lastmile-trim", daemon=True).start()


def _trim_on_and_on() -> None:
    while True:
        time.sleep(TRIM_SECONDS)
        _trim()


def _trim() -> None:
    library = _gnu_library()
    if library is not None:
        library.malloc_trim(0)


@cache
def _gnu_library() -> ctypes.CDLL | None:
    """The C library where it is GNU's, which alone knows both wishes."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
        return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
    except OSError:
        return None
