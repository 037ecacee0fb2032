"""A store that is open for writing: one process at a time."""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.designs.kept_keys import FILE as KEYS
from experiments.designs.kept_keys import keep_keys
from experiments.designs.plan import Plan, run_name
from experiments.errors import InputError
from experiments.storage import check_folder, names_in, saved_files
from experiments.store.journal import FILE as JOURNAL
from experiments.store.journal import Journal, read_journal
from experiments.store.locks import LOCK, locked
from experiments.store.manifest import FILE as MANIFEST
from experiments.store.manifest import check_same, manifest_of, read_manifest
from experiments.store.recovery import Findings, recover, rewrite, take_away_work
from experiments.store.schema import arrow_schema
from experiments.store.shards import (
    MONTHLY,
    RUNS,
    STOP,
    WORK,
    Shard,
    shard_files,
    shard_name,
    storage_error,
    write_shard,
)

MISSING, DONE, FAILED = 0, 1, 2


class Store:
    """The store of one plan, opened by `open_store`.

    Attributes:
        folder: Where it is.
        plan: Its runs.
        id: Its id.
        session: Id of this opening.
        state: (runs,) MISSING, DONE or FAILED.
        repairs: What had to be put right, one line each.
        journal: Its log.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.session = uuid.uuid4().hex[:12]
        self.state: NDArray[np.int8] = np.zeros(len(plan), dtype=np.int8)
        self.number = 0
        self.repairs: list[str] = []
        if (folder / MANIFEST).exists() and not _never_used(folder):
            old = read_manifest(folder)
            check_same(old, plan, folder)
            self.id = old.id
        else:
            self.id = uuid.uuid4().hex
        try:
            for name in (RUNS, WORK, *([MONTHLY] if plan.monthly else [])):
                (folder / name).mkdir(exist_ok=True)
            manifest = manifest_of(plan, self.id)
            manifest.write(folder)
            keep_keys(folder, plan.design, plan.environment, plan.keys)
            self.schema = arrow_schema(manifest.columns["runs"])
            self.journal = Journal(folder)
            self._find()
            (folder / WORK / self.session).mkdir()
        except OSError as error:
            raise storage_error(error, folder) from error

    def _find(self) -> None:
        plan = self.plan
        number_of: dict[str, int] = {}

        def key_of(run: str) -> str | None:
            number = self._number(run)
            if number is None:
                return None
            number_of[run] = number
            return bytes(plan.keys[number]).hex()

        found = recover(self.folder, self.journal, key_of)
        for run, (_, status, _) in found.rows.items():
            self.state[number_of[run]] = FAILED if status == "failed" else DONE
        self.repairs = found.repairs
        for file, rows in found.unlogged:
            self._log_shard(self._described(file, rows), adopted=True)
        if found.repairs:
            self.journal.append("repaired", repairs=found.repairs)
        self._failed_files = _files_with_failures(found)

    def _number(self, run: str) -> int | None:
        """Number of a run of the plan by its id."""
        design = self.plan.design
        try:
            point_text, rest = run.split("-", 1)
            name, seed_text = rest.rsplit("-", 1)
            point, replication = int(point_text), int(seed_text) - design.seed
            scenario = [one.name for one in design.scenarios].index(name)
        except ValueError:
            return None
        if not (0 <= point < design.n_points and 0 <= replication < design.replications):
            return None
        number = (point * len(design.scenarios) + scenario) * design.replications + replication
        return number if run_name(point, name, int(seed_text)) == run else None

    def _described(self, file: str, rows: int) -> Shard:
        from experiments.store.shards import file_checksum

        checksum, size = file_checksum(self.folder / RUNS / file)
        months = self.folder / MONTHLY / file
        return Shard(file, rows, size, checksum, file_checksum(months)[0] if months.is_file() else None)

    def _log_shard(self, shard: Shard, **more: Any) -> None:
        self.journal.append("shard", **asdict(shard), **more)

    def drop_failures(self) -> int:
        """Take the rows of failed runs out, so that they are missing again; return how many there were."""
        count = int((self.state == FAILED).sum())
        for file, runs in self._failed_files.items():
            rewrite(self.folder, file, runs, self.journal)
        self.state[self.state == FAILED] = MISSING
        self._failed_files = {}
        if count:
            self.journal.append("retry", runs=count)
        return count

    def next_number(self) -> int:
        """A number for the next order of this session."""
        self.number += 1
        return self.number

    def has_file(self, number: int) -> bool:
        """Whether the file of an order of this session is in place."""
        return (self.folder / RUNS / shard_name(self.session, number)).is_file()

    def note(self, shard: Shard, done: Sequence[int], failed: Sequence[int], **more: Any) -> None:
        """Take note of a file that a worker has put in place.

        Args:
            shard: The file.
            done: Numbers of the runs in it that ended well.
            failed: Numbers of those that did not.
            more: What else to log.
        """
        self._log_shard(shard, failed=len(failed), **more)
        self.state[list(done)] = DONE
        self.state[list(failed)] = FAILED

    def adopt(self, number: int) -> None:
        """Take note of a file whose worker died before it could report."""
        from experiments.store.shards import read_ids

        file = shard_name(self.session, number)
        rows = read_ids(self.folder / RUNS / file)
        self._log_shard(self._described(file, len(rows)), adopted=True)
        for run, _, status in rows:
            self.state[self._number(run)] = FAILED if status == "failed" else DONE

    def put(self, rows: Sequence[Mapping[str, Any]], monthly: Any = None) -> None:
        """Write rows from this process: copies of equal points, runs that killed their workers."""
        shard = write_shard(self.folder, self.session, self.next_number(), rows, self.schema, monthly)
        numbers = {row["run"]: self._number(row["run"]) for row in rows}
        failed = [numbers[row["run"]] for row in rows if row["status"] == "failed"]
        done = [numbers[row["run"]] for row in rows if row["status"] != "failed"]
        self.note(shard, done, failed)  # type: ignore[arg-type]

    def ask_to_stop(self) -> None:
        """Tell all workers to end after the run that they are in."""
        (self.folder / WORK / self.session / STOP).touch()

    def close(self) -> None:
        """Remove the work folder; nobody can put anything in place afterwards."""
        take_away_work(self.folder)


def _files_with_failures(found: Findings) -> dict[str, set[str]]:
    files: dict[str, set[str]] = {}
    for run, (_, status, file) in found.rows.items():
        if status == "failed":
            files.setdefault(file, set()).add(run)
    return files


@contextmanager
def open_store(folder: str | Path, plan: Plan) -> Iterator[Store]:
    """Open a store for the runs of a plan, or make it; nobody else can write to it meanwhile.

    Args:
        folder: A new or empty folder, or the store of the same design, or of one that this design only adds to.
        plan: The runs.

    Raises:
        InputError: It holds something else, or another process is at work on it.
        experiments.store.shards.StorageError: The disk is full.
    """
    path = check_store_folder(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"out: {str(folder)!r} cannot be made: {error.strerror}") from error
    with locked(path, str(folder), _holder(path)):
        store = Store(path, plan)
        try:
            store.journal.append(
                "started", session=store.session, pid=os.getpid(), host=platform.node(), runs=len(plan)
            )
            yield store
        finally:
            store.close()


def check_store_folder(folder: str | Path) -> Path:
    """Return where a store can be.

    Raises:
        InputError: It is a file, or a folder with other files in it, a saved run among them.
    """
    path = Path(str(folder)).expanduser()
    if str(folder).strip() and saved_files(path) is not None:
        raise InputError(f"out: {str(folder)!r} holds the result of a run; a sweep needs a folder of its own")
    ours = {MANIFEST, f".{MANIFEST}", KEYS, JOURNAL, LOCK, RUNS, WORK, MONTHLY}
    if str(folder).strip() and path.is_dir():
        if (path / MANIFEST).is_file():
            read_manifest(path)
            return path.resolve()
        # A first start that was killed leaves these; a manifest is the first thing that counts.
        if names_in(path) <= ours:
            return path.resolve()
    return check_folder(folder)


def _never_used(folder: Path) -> bool:
    """Whether a store never held a run: its first start came to nothing, and it can become that of another design."""
    return not shard_files(folder) and all(entry["event"] != "shard" for entry in read_journal(folder))


def _holder(folder: Path) -> str:
    last = None
    for entry in read_journal(folder):
        last = entry if entry["event"] == "started" else last
    return f" (process {last['pid']} on {last['host']}, since {last['time']})" if last else ""
