"""Who is on the server: how many sessions there may be, which of them has been left alone, and how it is all doing."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence

from server.session import TURNS, Session
from server.stepping.process import SteppingProcess
from server.stepping.shared import processes

DEFAULT_MAX_SESSIONS = 40
# After so long without a wish a session gives way, if somebody else finds the server full.
IDLE_SECONDS = 20 * 60.0

_lock = threading.Lock()
_leave: dict[Session, Callable[[], None]] = {}


def max_sessions() -> int:
    """How many sessions the operator allows (LASTMILE_MAX_SESSIONS).

    Raises:
        ValueError: It is no whole number above 0.
    """
    text = os.environ.get("LASTMILE_MAX_SESSIONS", str(DEFAULT_MAX_SESSIONS))
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"LASTMILE_MAX_SESSIONS must be a whole number above 0, not {text!r}")
    return int(text)


def take_seat(session: Session, leave: Callable[[], None]) -> None:
    """Count a session from now until it is closed.

    Args:
        session: The session.
        leave: Closes its page; may wait, so it is called from a thread of its own.
    """
    with _lock:
        _forget_closed()
        _leave[session] = leave


def sessions() -> list[Session]:
    """All sessions that are not closed."""
    with _lock:
        _forget_closed()
        return list(_leave)


def _forget_closed() -> None:
    """Call it with the lock. A session would not go by itself: what leaves its page knows the session."""
    for session in [one for one in _leave if one.is_closed]:
        del _leave[session]


def make_room(now: float | None = None) -> bool:
    """Close the session that was left alone for longest, if it is long enough; tell whether there was one."""
    now = time.monotonic() if now is None else now
    idle = [session for session in sessions() if now - session.touched_at > IDLE_SECONDS]
    if not idle:
        return False
    session = min(idle, key=lambda one: one.touched_at)
    with _lock:
        leave = _leave.get(session)
    session.close()
    if leave is not None:
        threading.Thread(target=leave, name="lastmile-leave", daemon=True).start()
    return True


def close_all() -> None:
    """End the threads of all sessions."""
    for session in sessions():
        session.close()


def health() -> dict[str, object]:
    """Counts for whoever watches over the server; nothing about who is on it."""
    found = sessions()
    states = [session.snapshot.status for session in found]
    stepping = processes()
    at_work = [process for process in stepping.all if not process.ended] if stepping else []
    return {
        "status": "ok",
        "sessions": len(found),
        "sessions_max": max_sessions(),
        "playing": states.count("playing"),
        "preparing": states.count("preparing"),
        "failed": states.count("failed"),
        "simulating_or_waiting": TURNS.competing + (stepping.competing if stepping else 0),
        "threads": len(sys._current_frames()),  # not active_count, which goes on counting some that have ended
        "memory_bytes": memory_bytes() + sum(memory_bytes(process.pid) for process in at_work),
        "server_memory_bytes": memory_bytes(),
        "processes": len(at_work),
        "processes_ready": sum(process.pulse is not None for process in at_work),
        "processes_replaced": stepping.n_replaced if stepping else 0,
    } | _health_of(at_work)


def _health_of(processes: Sequence[SteppingProcess]) -> dict[str, object]:
    """Counts of each stepping process; markets beyond its runs are on their way out, or twins of runs by hand."""
    told: dict[str, object] = {}
    for number, process in enumerate(processes, start=1):
        pulse = process.pulse
        told[f"process_{number}_pid"] = process.pid
        told[f"process_{number}_runs"] = process.n_runs
        told[f"process_{number}_markets"] = pulse.markets if pulse else 0
        told[f"process_{number}_memory_bytes"] = memory_bytes(process.pid)
    return told


def memory_bytes(pid: int | None = None) -> int:
    """Memory of a process now; where the system does not tell, its peak for this one and 0 for another."""
    try:
        with open(f"/proc/{pid or 'self'}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        if pid:
            return 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
