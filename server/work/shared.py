"""The one pool and the one list of sweeps of the server; made when they are first asked for."""

from __future__ import annotations

import threading

from server.work.changes import Changes
from server.work.pool import WorkPool
from server.work.sweeps import Sweeps

_lock = threading.Lock()
_changes = Changes()
_pool: WorkPool | None = None
_sweeps: Sweeps | None = None


def work_changes() -> Changes:
    """Told whenever work of this server gets on; to wait for it starts no process."""
    return _changes


def work_pool() -> WorkPool:
    """The pool that all visitors share."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = WorkPool(changes=_changes)
        return _pool


def sweeps() -> Sweeps:
    """The sweeps of this server."""
    global _sweeps
    with _lock:
        if _sweeps is None:
            _sweeps = Sweeps(_changes)
        return _sweeps


def close_work() -> None:
    """End all long work of this server; a sweep can be resumed."""
    with _lock:
        pool, running = _pool, _sweeps
    if pool is not None:
        pool.close()
    if running is not None:
        running.close()
