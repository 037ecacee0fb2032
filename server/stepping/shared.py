"""The stepping processes that all sessions of this server share; none where the server itself simulates months."""

from __future__ import annotations

import threading

from server.choice import Choice
from server.stepping.processes import SteppingProcesses
from server.stepping.protocol import OpenStepping

_lock = threading.Lock()
_processes: SteppingProcesses | None = None


def start_processes(count: int | None) -> None:
    """Start them.

    Args:
        count: How many; None for one for each processor, 0 for none.
    """
    global _processes
    with _lock:
        if count != 0 and _processes is None:
            _processes = SteppingProcesses(count)


def processes() -> SteppingProcesses | None:
    """Those that there are."""
    with _lock:
        return _processes


def open_stepping() -> OpenStepping | None:
    """Where a new session has its market stepped; None for the server's own process."""
    found = processes()
    return None if found is None else found.open


def begin_ahead(choice: Choice) -> None:
    """Start the market of a page that was asked for, where there are processes for that."""
    found = processes()
    if found is not None:
        found.begin_ahead(choice)


def close_processes() -> None:
    """End them."""
    global _processes
    with _lock:
        found, _processes = _processes, None
    if found is not None:
        found.close()
