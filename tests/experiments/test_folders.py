"""Folders that results go into: mounts, full and read-only disks, kills in the middle, rights."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import stand_ins
from stand_ins import DESIGN
from typer.testing import CliRunner

from experiments import InputError, merge, open_sweep, report, sweep
from experiments.cli.app import app
from experiments.errors import DamagedError
from experiments.reopening import open_result
from experiments.spreadsheets.writing import write_tables
from experiments.storage import check_file, check_folder, saved_files, write_result
from experiments.store.store import check_store_folder
from model.whole_file import DRAFT

ONE_SCENARIO = {**DESIGN, "scenarios": ["baseline"]}
TABLE = pd.DataFrame({"a": [1.0, 2.0]})
OTHER = pd.DataFrame({"b": [3.0]})


@pytest.fixture
def mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a mount: nothing can take its place, and it cannot be moved or taken away."""
    folder = tmp_path / "mount"
    (folder / "lost+found").mkdir(parents=True)  # as a fresh disk has it

    def guarded(name: str) -> None:
        usual = getattr(os, name)

        def moving(*paths: object, **more: object) -> object:
            if folder in [Path(str(one)) for one in paths]:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(paths[-1]))
            return usual(*paths, **more)

        monkeypatch.setattr(os, name, moving)

    for name in ("rename", "replace", "rmdir"):
        guarded(name)
    return folder


def held(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir()) if not one.name.startswith(DRAFT)}


def test_a_mount_takes_a_result_and_another_in_its_place(mount: Path) -> None:
    write_result(mount, {"table": TABLE, "more": OTHER}, {"number": 1})
    write_result(mount, {"table": OTHER}, {"number": 2}, {"picture.svg": "<svg/>"})
    assert sorted(one.name for one in mount.iterdir()) == ["lost+found", "picture.svg", "summary.json", "table.parquet"]
    pd.testing.assert_frame_equal(pd.read_parquet(mount / "table.parquet"), OTHER)


def test_a_mount_takes_a_sweep_and_stores_made_one(mount: Path, tmp_path: Path) -> None:
    sweep(ONE_SCENARIO, tmp_path / "first", workers=1, simulate=stand_ins.product)
    sweep(ONE_SCENARIO, tmp_path / "second", workers=1, simulate=stand_ins.product)
    both = merge([tmp_path / "first", tmp_path / "second"], mount)
    pd.testing.assert_frame_equal(both.runs, open_sweep(tmp_path / "first").runs)
    assert sweep(ONE_SCENARIO, mount, workers=1, simulate=stand_ins.product).status.left == 0


class KilledError(BaseException):
    """Stands for a kill: nothing is put right afterwards."""


def test_a_kill_at_any_step_leaves_a_whole_result_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "result"
    old = {"table": TABLE, "more": OTHER}
    steps = 0
    for killed_at in range(20):
        write_result(folder, old, {"number": 1})
        before = held(folder)
        with monkeypatch.context() as patched:
            usual, steps = os.replace, 0

            def moving(*paths: object, last: int = killed_at, usual: object = usual) -> None:
                nonlocal steps
                steps += 1
                if steps > last:  # whatever tries to put things right is dead as well
                    raise KilledError
                usual(*paths)  # type: ignore[operator]

            patched.setattr(os, "replace", moving)
            patched.setattr("experiments.storage.shutil.rmtree", lambda *_, **__: None)
            patched.setattr(Path, "unlink", lambda *_, **__: None)
            try:
                write_result(folder, {"table": OTHER, "new": TABLE}, {"number": 2})
            except KilledError:
                pass
            else:
                break
        if saved_files(folder) is None:
            with pytest.raises((InputError, DamagedError)):
                open_result(folder)
        else:
            assert held(folder) == before
        assert check_folder(folder) == folder  # the same command again can write there
    assert steps == killed_at == 6  # three files go, three come
    write_result(folder, old, {"number": 3})
    assert sorted(one.name for one in folder.iterdir()) == ["more.parquet", "summary.json", "table.parquet"]


def test_an_error_in_the_middle_brings_the_earlier_result_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_result(tmp_path / "result", {"table": TABLE, "more": OTHER}, {"number": 1})
    before, usual = held(folder), os.replace

    def failing(source: Path, target: Path) -> None:
        if source.parent.name == "new" and source.name == "other.parquet":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        usual(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="Input/output"):
        write_result(folder, {"table": OTHER, "other": TABLE}, {"number": 2})
    assert held(folder) == before
    assert len([*folder.iterdir()]) == len(before)


# -- what fails is found out before anything is computed ---------------------------------------------------------------


@pytest.fixture(params=[errno.EROFS, errno.ENOSPC, errno.EACCES])
def closed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A folder into which no file can be written, and what the system says."""
    folder = tmp_path / "closed"
    folder.mkdir()
    usual = Path.open

    def opening(self: Path, mode: str = "r", *more: object, **named: object) -> object:
        if self.parent == folder and mode[0] in "xwa":
            raise OSError(request.param, os.strerror(request.param), str(self))
        return usual(self, mode, *more, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", opening)
    return folder, os.strerror(request.param)


@pytest.mark.parametrize(
    "command",
    [
        "run baseline --out {}",
        "run baseline --out {}/new",
        "run baseline --table {}/a.xlsx",
        "compare baseline renew --out {}",
        "places baseline --out {}/a.csv",
        "questions --write {}/page.md",
        "levers --check --write {}/page.md",
        "firms --write {}/page.md",
        "benchmark --write {}/page.md",
        "hindcast --figures {}",
    ],
)
def test_a_folder_that_takes_no_file_is_told_before_anything_runs(
    closed: tuple[Path, str], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def computing(*_: object, **__: object) -> None:
        pytest.fail("something was computed")

    for what in ("model.market.ParcelMarket.__init__", "experiments.workers.WorkerPool.__init__"):
        monkeypatch.setattr(what, computing)
    folder, reason = closed
    found = CliRunner().invoke(app, command.format(folder).split())
    assert found.exit_code == 2, found.output
    assert reason in found.output
    assert "closed" in found.output
    assert [*folder.iterdir()] == []


def test_a_name_that_is_taken_and_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for check in (check_folder, check_store_folder):
        with pytest.raises(InputError, match="is a file; it must be a folder"):
            check(tmp_path / "file")
        with pytest.raises(InputError, match="is a file"):
            check(tmp_path / "file" / "below")
    with pytest.raises(InputError, match="is no folder"):
        check_file(tmp_path / "file" / "page.md")
    with pytest.raises(InputError, match="File name too long"):
        check_file(tmp_path / ("n" * 300))
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


# -- rights ------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[0o077, 0o022])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_all_that_is_written_follows_the_umask(tmp_path: Path, umask: int) -> None:
    store = tmp_path / "store"
    sweep(ONE_SCENARIO, store, workers=1, simulate=stand_ins.product)
    merge([store, sweep(ONE_SCENARIO, tmp_path / "more", workers=1, simulate=stand_ins.product).folder],
          tmp_path / "both")  # fmt: skip
    report(store)
    write_result(tmp_path / "result", {"table": TABLE}, {"number": 1}, {"picture.svg": "<svg/>"})
    for name in ("a.csv", "a.xlsx"):
        write_tables(tmp_path / name, {"one": TABLE, "two": OTHER})
    found = {one.relative_to(tmp_path): one.stat().st_mode for one in tmp_path.rglob("*")}
    assert {"report.html", "summary.json", "picture.svg", "a-two.csv", "manifest.json"} <= {one.name for one in found}
    wrong = {
        str(name): oct(stat.S_IMODE(mode))
        for name, mode in found.items()
        if stat.S_IMODE(mode) != (0o777 if stat.S_ISDIR(mode) else 0o666) & ~umask
    }
    assert wrong == {}
