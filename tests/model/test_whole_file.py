"""Files that are written whole or not at all, with the rights that the umask gives."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.whole_file import try_writing, whole_file


@pytest.fixture(params=[0o077, 0o022, 0o002])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def write(file: Path, content: str) -> None:
    with whole_file(file) as draft:
        draft.write_text(content)


def rights(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_file_has_the_rights_of_any_new_file(tmp_path: Path, umask: int) -> None:
    write(tmp_path / "a.txt", "new")
    assert rights(tmp_path / "a.txt") == 0o666 & ~umask


def test_what_was_private_stays_private(tmp_path: Path, umask: int) -> None:
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "a.txt").chmod(0o600)
    write(tmp_path / "a.txt", "new")
    assert rights(tmp_path / "a.txt") == 0o600


def test_an_end_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def interrupted() -> None:
        with whole_file(tmp_path / "a.txt") as draft:
            draft.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "real")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "real").read_text() == "new"


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    write(tmp_path / ("n" * 251 + ".txt"), "new")
    assert [len(one.name) for one in tmp_path.iterdir()] == [255]


def test_a_file_that_is_a_mount_of_its_own_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(source: object, target: object) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(target))

    (tmp_path / "a.txt").write_text("a longer old text")
    monkeypatch.setattr(os, "replace", busy)
    write(tmp_path / "a.txt", "new")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a.txt", "new")]


def test_a_pipe_gets_what_is_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write(tmp_path / "pipe", "new")
    assert os.read(reader, 100) == b"new"
    os.close(reader)
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]


def test_a_try_leaves_nothing_behind(tmp_path: Path) -> None:
    try_writing(tmp_path)
    assert [*tmp_path.iterdir()] == []
    with pytest.raises(FileNotFoundError):
        try_writing(tmp_path / "none")
