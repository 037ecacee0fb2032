"""The one pool of the server; made when it is first asked for."""

from __future__ import annotations

import threading

from server.work.pool import WorkPool

_lock = threading.Lock()
_pool: WorkPool | None = None


def work_pool() -> WorkPool:
    """The pool that all visitors share."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = WorkPool()
        return _pool


def close_work() -> None:
    """End all long work of this server; a sweep can be resumed."""
    with _lock:
        pool = _pool
    if pool is not None:
        pool.close()
