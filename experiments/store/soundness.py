"""Whether the files of a store are what was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.store.journal import read_journal
from experiments.store.shards import MONTHLY, file_checksum, quick_ids, read_ids, shard_files

Entries = Sequence[Mapping[str, Any]]


def logged_files(folder: Path) -> tuple[dict[str, list[dict[str, Any]]], set[str], int]:
    """Entries of the log by file, the files that were removed on purpose, and how many lines cannot be read."""
    logged: dict[str, list[dict[str, Any]]] = {}
    removed: set[str] = set()
    unreadable = 0
    for entry in read_journal(folder):
        if entry["event"] == "shard":
            logged.setdefault(entry["file"], []).append(entry)
        elif entry["event"] == "removed":
            removed.add(entry["file"])
        unreadable += entry["event"] == "unreadable"
    return logged, removed, unreadable


def checked_ids(folder: Path, path: Path, entries: Entries | None) -> list[tuple[str, str, str]]:
    """Run, key and status of the rows of a file that is as it was written, its months too.

    Args:
        folder: The store.
        path: The file.
        entries: What the log says of it; None where it knows nothing, because a writer was killed before it could say.

    Raises:
        OSError: It is not.
    """
    months = folder / MONTHLY / path.name
    if entries is None:
        if months.is_file():
            _read_whole(months)
        return read_ids(path)
    checksum, size = file_checksum(path)
    entry = next((one for one in reversed(entries) if one["sha256"] == checksum), None)
    if entry is None:
        raise OSError(f"it was changed: {entries[-1]['bytes']} bytes were written, there are {size}")
    wanted = entry.get("monthly_sha256")
    if wanted is not None and (not months.is_file() or file_checksum(months)[0] != wanted):
        raise OSError("its months are missing or were changed")
    return list(quick_ids(path))


def _read_whole(path: Path) -> None:
    try:
        pq.read_table(path, page_checksum_verification=True)
    except pa.ArrowException as error:
        raise OSError(f"{MONTHLY}/{path.name}: {error}") from error


def damaged_files(folder: Path) -> dict[str, str]:
    """Files of rows that are not as they were written or whose months are not, and what is wrong with each.

    A file that the log knows and that is not there is no damage: its runs are missing. Nothing is changed, so this can
    be asked while a sweep is at work; it is, often, so a file that has not changed since is not read again.
    """
    logged, _, _ = logged_files(folder)
    found: dict[str, str] = {}
    for path in shard_files(folder):
        entries = logged.get(path.name)
        sums = None if entries is None else tuple((one["sha256"], one.get("monthly_sha256")) for one in entries)
        sizes = 0 if not entries else int(entries[-1]["bytes"])
        wrong = _wrong(folder, path, sums, sizes, _state(path), _state(folder / MONTHLY / path.name))
        if wrong:
            found[path.name] = wrong
    return found


def _state(path: Path) -> tuple[int, int, int] | None:
    """What tells one state of a file from another."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


@lru_cache(maxsize=20_000)
def _wrong(
    folder: Path,
    path: Path,
    sums: tuple[tuple[str, str | None], ...] | None,
    size: int,
    state: tuple[int, int, int] | None,
    months: tuple[int, int, int] | None,
) -> str:
    """What is wrong with a file; empty for nothing."""
    del state, months  # they only tell one state of the files from another
    entries = None if sums is None else [{"sha256": one, "monthly_sha256": other, "bytes": size} for one, other in sums]
    try:
        checked_ids(folder, path, entries)
    except (OSError, ValueError, KeyError, TypeError, MemoryError, pa.ArrowException) as error:
        return next(iter(str(error).splitlines()), type(error).__name__)
    return ""
