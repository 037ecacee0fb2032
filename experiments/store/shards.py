"""Parquet files of a store: complete, or not there."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

RUNS, MONTHLY, WORK, DAMAGED = "runs", "monthly", "work", "damaged"
STOP = "stop"
_NAME = re.compile(r"^part-(?P<session>[0-9a-f]+)-(?P<number>\d+)\.parquet$")
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StorageError(RuntimeError):
    """The store cannot take more: the disk is full, or a limit on files or a quota is reached."""


class StoppedWriterError(RuntimeError):
    """Another process has taken over the store; what this one was writing is dropped."""


@dataclass(frozen=True)
class Shard:
    """A file that was written.

    Attributes:
        file: Its name.
        rows: Number of runs in it.
        bytes: Its size.
        sha256: Its checksum.
        monthly_sha256: Checksum of the file with its months, if there is one.
    """

    file: str
    rows: int
    bytes: int
    sha256: str
    monthly_sha256: str | None = None


def shard_name(session: str, number: int) -> str:
    """Name of the file that a session writes for one order."""
    return f"part-{session}-{number:06d}.parquet"


def is_shard(name: str) -> bool:
    """Whether a file is one of ours."""
    return _NAME.match(name) is not None


def write_shard(
    folder: Path, session: str, number: int, runs: Sequence[Mapping[str, Any]], schema: Any, monthly: Any = None
) -> Shard:
    """Write the rows of some runs, and their months, then put them in place: the rows last.

    The work folder belongs to one session and is taken away by the next one, so a writer that outlives its session
    cannot put anything in place any more.

    Args:
        folder: The store.
        session: Session that writes.
        number: Number of the order, unique in the session.
        runs: One row per run.
        schema: Columns of the rows.
        monthly: Arrow table of their months, or None.

    Raises:
        StorageError: There is no space.
        StoppedWriterError: Another session has taken over.
    """
    name = shard_name(session, number)
    work = folder / WORK / session
    draft = uuid.uuid4().hex[:8]  # a scheduler may give one order to two workers; both write the same rows
    parts = [(RUNS, pa.Table.from_pylist(list(runs), schema=schema))]
    if monthly is not None:
        parts.insert(0, (MONTHLY, monthly))
    try:
        for kind, table in parts:
            write_table(work / f"{draft}-{kind}", table)
        checksum, size = file_checksum(work / f"{draft}-{RUNS}")
        months = None if monthly is None else file_checksum(work / f"{draft}-{MONTHLY}")[0]
        for kind, _ in parts:
            os.rename(work / f"{draft}-{kind}", folder / kind / name)
        _sync_folder(folder / RUNS)
    except OSError as error:
        for kind, _ in parts:
            (work / f"{draft}-{kind}").unlink(missing_ok=True)
        raise storage_error(error, folder, work) from error
    return Shard(name, len(runs), size, checksum, months)


def write_table(path: Path, table: Any) -> None:
    """Write an Arrow table and see it to the disk."""
    with path.open("wb") as stream:
        # Checksums in the pages: a file that was changed on the disk is found out when it is read.
        pq.write_table(table, stream, compression="zstd", write_page_checksum=True)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def storage_error(error: OSError, folder: Path, work: Path | None = None) -> Exception:
    """What an error of the file system means for a sweep."""
    if error.errno in NO_SPACE:
        return StorageError(f"{folder}: {os.strerror(error.errno or 0).lower()}")
    if work is not None and not work.is_dir():
        return StoppedWriterError(f"{folder}: another process has taken over the store")
    return error


def file_checksum(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return digest.hexdigest(), stream.tell()


def read_ids(path: Path) -> list[tuple[str, str, str]]:
    """Run, key and status of every row of a file, which is read whole so that damage is found.

    Raises:
        OSError: It is damaged.
    """
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        columns = [table.column(name).to_pylist() for name in ("run", "key", "status")]
    except (pa.ArrowException, KeyError) as error:
        raise OSError(f"{path.name}: {error}") from error
    return list(zip(*columns, strict=True))


def quick_ids(path: Path) -> Iterable[tuple[str, str, str]]:
    """The same from a file whose checksum has been found right."""
    table = pq.read_table(path, columns=["run", "key", "status"])
    return zip(*(table.column(name).to_pylist() for name in ("run", "key", "status")), strict=True)


def shard_files(folder: Path, kind: str = RUNS) -> list[Path]:
    """The files of a table, in order."""
    place = folder / kind
    return sorted(path for path in place.iterdir() if is_shard(path.name)) if place.is_dir() else []
