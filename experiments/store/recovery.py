"""What is done to a store before anything is added to it: whatever a kill or a full disk left is put right and told."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.store.journal import Journal
from experiments.store.shards import DAMAGED, MONTHLY, RUNS, WORK, file_checksum, shard_files, write_table
from experiments.store.soundness import checked_ids, logged_files

Ids = dict[str, tuple[str, str, str]]  # run to key, status, file
KeyOf = Callable[[str], str | None]


@dataclass
class Findings:
    """What a store holds once it has been put right.

    Attributes:
        rows: Run to its key, its status and the file that holds it.
        repairs: What was wrong and what was done, one line each.
        unlogged: Files that the log did not know, with their rows.
    """

    rows: Ids = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    unlogged: list[tuple[str, int]] = field(default_factory=list)


def recover(folder: Path, journal: Journal, keys: KeyOf) -> Findings:
    """Put a store right and find out what it holds.

    Args:
        folder: The store; the process holds its lock.
        journal: Its log.
        keys: Gives the key of a run of the design, or None when it has no such run.
    """
    found = Findings()
    torn = journal.mend()
    if torn:
        found.repairs.append(torn)
    # Work folders first: a writer that outlived its session cannot put a file in place afterwards.
    take_away_work(folder)
    logged, removed, unreadable = logged_files(folder)
    if unreadable:
        found.repairs.append(f"{unreadable} lines of the log cannot be read and are passed over")
    for path in shard_files(folder):
        _take(folder, path, logged.pop(path.name, None), keys, found, journal)
    for name in sorted(set(logged) - removed):
        found.repairs.append(f"{RUNS}/{name} is missing; its runs are done again")
        journal.append("removed", file=name)
    kept = {path.name for path in shard_files(folder)}
    for path in shard_files(folder, MONTHLY):
        if path.name not in kept:
            path.unlink()
    return found


def take_away_work(folder: Path) -> None:
    """Remove what sessions have left half done. The name goes first, so that nobody can write there any more."""
    place = folder / WORK
    if not place.is_dir():
        return
    for item in place.iterdir():
        gone = item
        if not item.name.startswith(".gone-"):
            gone = place / f".gone-{uuid.uuid4().hex}"
            os.rename(item, gone)
        shutil.rmtree(gone, ignore_errors=True)


def _take(
    folder: Path, path: Path, entries: list[dict[str, Any]] | None, keys: KeyOf, found: Findings, journal: Journal
) -> None:
    """Count the rows of a file in, or put it away."""
    try:
        ids = checked_ids(folder, path, entries)
    except OSError as error:
        _put_away(folder, path, str(error), found, journal)
        return
    foreign = [run for run, key, _ in ids if keys(run) != key]
    if foreign:
        _put_away(folder, path, f"run {foreign[0]} is not of this design", found, journal)
        return
    twice = {run for run, _, _ in ids if run in found.rows}
    if twice or len({run for run, _, _ in ids}) < len(ids):
        found.repairs.append(f"{RUNS}/{path.name}: {len(twice)} runs were there twice; the second ones are dropped")
        rewrite(folder, path.name, twice, journal)
        ids = [one for one in ids if one[0] not in twice]
    elif entries is None:
        found.unlogged.append((path.name, len(ids)))
    for run, key, status in ids:
        found.rows[run] = (key, status, path.name)


def _put_away(folder: Path, path: Path, why: str, found: Findings, journal: Journal) -> None:
    place = folder / DAMAGED
    place.mkdir(exist_ok=True)
    for kind in (RUNS, MONTHLY):
        source = folder / kind / path.name
        if source.exists():
            target = place / f"{kind}-{path.name}"
            while target.exists():
                target = target.with_name(f"{uuid.uuid4().hex[:4]}-{target.name}")
            os.replace(source, target)
    journal.append("removed", file=path.name)
    first = why.splitlines()[0]
    found.repairs.append(
        f"{RUNS}/{path.name} is damaged ({first}); it is now in {DAMAGED}/ and its runs are done again"
    )


def rewrite(folder: Path, name: str, drop: set[str], journal: Journal) -> None:
    """Write a file of the store again without some runs.

    The new checksum is logged before the file takes the place of the old one, so both are known to be right.
    """
    work = folder / WORK / "rewrite"
    work.mkdir(parents=True, exist_ok=True)
    new: dict[str, Path] = {}
    rows = 0
    for kind in (MONTHLY, RUNS):
        if (folder / kind / name).is_file():
            table = pq.read_table(folder / kind / name)
            table = table.filter(pa.array([run not in drop for run in table.column("run").to_pylist()]))
            new[kind], rows = work / f"{kind}-{name}", table.num_rows
            write_table(new[kind], table)
    checksum, size = file_checksum(new[RUNS])
    months = file_checksum(new[MONTHLY])[0] if MONTHLY in new else None
    journal.append("shard", file=name, rows=rows, bytes=size, sha256=checksum, monthly_sha256=months, rewritten=True)
    for kind, path in new.items():
        os.replace(path, folder / kind / name)
    shutil.rmtree(work, ignore_errors=True)
