"""Memory of processes with many threads."""

import ctypes
import sys

# Each thread that allocates would get a heap of its own, and what one run gives back another could not use.
HEAPS = 2
_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h


def share_heaps() -> None:
    """Let all threads of this process share a few heaps; call it before there are any."""
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL("libc.so.6").mallopt(_ARENA_MAX, HEAPS)
    except (OSError, AttributeError):  # another C library, which has no such heaps
        return
