"""Whether a process is at work on a store. Only a lock that is held shows one, and to read a store needs no lock."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from experiments.errors import InputError

LOCK = "lock"
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)
_SECONDS = 1.0
_UNTOLD = "Whether a process is at work on it cannot be told"


@dataclass(frozen=True)
class LockState:
    """What the lock of a store shows.

    Attributes:
        at_work: Whether a process holds it.
        told: The same as a sentence, without its stop; it also says why, where that cannot be told.
    """

    at_work: bool
    told: str


_FREE = LockState(False, "Nobody is at work on it")
_HELD = LockState(True, "A process is at work on it")
_LEFT = LockState(False, "Nobody is at work on it: its last process was ended, and nobody holds the lock file it left")


def look_at_lock(folder: Path, was_ended: bool = True) -> LockState:
    """Look whether a process is at work on a store, without changing anything in it.

    Args:
        folder: The store.
        was_ended: Whether its last session has told its end; else its lock file is one that is left over.
    """
    file = folder / LOCK
    try:
        is_held = _is_held(file)
    except FileNotFoundError:
        return _FREE
    except (OSError, NotImplementedError) as error:
        return LockState(False, f"{_UNTOLD}: {_why(error)}")
    return _HELD if is_held else _FREE if was_ended else _LEFT


def is_locked(folder: Path) -> bool:
    """Whether a process is known to be at work on a store."""
    return look_at_lock(folder).at_work


def _is_held(file: Path) -> bool:
    """Whether somebody holds a lock.

    Raises:
        FileNotFoundError: It was never taken.
        PermissionError: It cannot be read.
        OSError: The disk has no locks, or does not answer.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where a lock is taken to be looked at
        if not file.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file)) from None
        try:
            with FileLock(file, timeout=0):
                return False
        except Timeout:
            return True
    # A shared lock needs no right to write: it can be asked for on a disk that is read-only.
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES):
            return True
        raise
    else:
        return False
    finally:
        os.close(handle)


def _why(error: Exception) -> str:
    if isinstance(error, NotImplementedError) or getattr(error, "errno", None) in NO_LOCKS:
        return "its disk has no file locks"
    if isinstance(error, PermissionError):
        return "there is no right to read its lock file"
    return getattr(error, "strerror", None) or str(error)


@contextmanager
def locked(folder: Path, named: str, holder: str = "") -> Iterator[None]:
    """Hold the lock of a store: nobody else can write to it meanwhile.

    Args:
        folder: The store.
        named: What the caller named it.
        holder: Who is at work on it if anybody is, for the message.

    Raises:
        InputError: Another process holds it, or it cannot be taken; the message says which.
    """
    lock = FileLock(folder / LOCK, timeout=_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(f"out: another process is at work on {named!r}{holder}; wait for it") from None
    except (OSError, NotImplementedError) as error:
        if isinstance(error, NotImplementedError) or error.errno in NO_LOCKS:
            why = "its disk has no file locks, so that two processes could write at once; name a folder on another disk"
        elif isinstance(error, PermissionError):
            why = "there is no right to write its lock file, which another user may have left"
        else:
            why = str(error.strerror or error)
        raise InputError(f"out: {named!r} cannot be written to: {why}") from error
    try:
        yield
    finally:
        lock.release()
