"""Whether a process is at work on a store: only a lock that is held shows one."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest
import stand_ins
from filelock import FileLock
from stand_ins import DESIGN
from typer.testing import CliRunner

from experiments import InputError, merge, open_sweep, report, status, sweep
from experiments.cli.app import app
from experiments.store.journal import Journal
from experiments.store.locks import LOCK, look_at_lock
from server.work.stores import list_stores


@pytest.fixture
def store(tmp_path: Path) -> Path:
    sweep(DESIGN, tmp_path / "store", workers=1, simulate=stand_ins.product)
    return tmp_path / "store"


def test_only_a_lock_that_is_held_shows_somebody_at_work(store: Path) -> None:
    assert (status(store).at_work, status(store).lock) == (False, "Nobody is at work on it")
    with FileLock(store / LOCK):
        assert (status(store).at_work, status(store).lock) == (True, "A process is at work on it")
    (store / LOCK).unlink()
    assert (status(store).at_work, status(store).lock) == (False, "Nobody is at work on it")


def test_a_lock_file_that_a_kill_left_is_told_as_that(store: Path) -> None:
    Journal(store).append("started", session="a", pid=1, host="gone", runs=48)
    found = status(store)
    assert not found.at_work
    assert found.lock == "Nobody is at work on it: its last process was ended, and nobody holds the lock file it left"


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_read_and_told_and_not_written_to(
    store: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", none)
    found = CliRunner().invoke(app, ["status", str(store)])
    assert found.exit_code == 0
    assert "Whether a process is at work on it cannot be told: its disk has no file locks" in found.output
    assert "48" in found.output
    assert not status(store).at_work
    with pytest.raises(InputError, match="its disk has no file locks, so that two processes could write at once"):
        sweep(DESIGN, store, workers=1, simulate=stand_ins.product)


def test_a_lock_file_of_somebody_else_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = os.open

    def refusing(path: object, *more: object, **named: object) -> int:
        if str(path).endswith(f"/{LOCK}"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return usual(path, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refusing)
    assert status(store).lock.endswith("cannot be told: there is no right to read its lock file")
    with pytest.raises(InputError, match="no right to write its lock file"):
        sweep(DESIGN, store, workers=1, simulate=stand_ins.product)


def test_on_a_disk_that_is_read_only_a_finished_store_is_finished(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = os.open

    def read_only(path: object, flags: int, *more: object, **named: object) -> int:
        if str(path).startswith(str(store)) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return usual(path, flags, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", read_only)
    monkeypatch.setenv("LASTMILE_STORES", str(tmp_path))
    before = {one: one.stat().st_mtime_ns for one in [store, *store.rglob("*")]}
    assert (status(store).at_work, status(store).lock) == (False, "Nobody is at work on it")
    assert [(one.name, one.done, one.at_work) for one in list_stores()] == [("store", 48, False)]
    assert len(open_sweep(store).runs) == 48
    report(store, out=tmp_path / "page.html")
    assert {one: one.stat().st_mtime_ns for one in [store, *store.rglob("*")]} == before
    with pytest.raises(InputError, match="Read-only file system"):
        sweep(DESIGN, store, workers=1, simulate=stand_ins.product)


def test_stores_whose_locks_cannot_be_told_are_made_one(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sweep(DESIGN, tmp_path / "other", workers=1, simulate=stand_ins.product).folder

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    assert not look_at_lock(store).at_work
    assert merge([store, other], tmp_path / "both").status.done == 48
