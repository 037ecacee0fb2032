"""How far a sweep is."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.parties import parties_of_design
from experiments.store.journal import read_journal
from experiments.store.locks import look_at_lock
from experiments.store.manifest import read_manifest
from experiments.store.schema import ENDED
from experiments.store.shards import shard_files
from experiments.store.soundness import damaged_files

ENDS = ("finished", "interrupted", "stopped")
_IN_WORDS = {"interrupted": "cancelled", "finished": "some are missing"}


@dataclass(frozen=True)
class Status:
    """How far a sweep is.

    Attributes:
        runs: Runs in all.
        done: Runs that ended well.
        failed: Runs that did not.
        left: Runs that are missing.
        at_work: Whether a process is known to be at work on it now: it holds the lock.
        lock: What the lock shows, as a sentence; also why it cannot be told whether a process is at work.
        runs_per_second: Rate of the latest session, over all its workers; None before its first file.
        seconds_left: What is left at this rate; None when nothing is or no rate is known.
        cpu_seconds: Processor time of all recorded simulations.
        sessions: How many times it was started.
        ended: How the latest session ended: one of `ENDS`, empty while it is at work or if it was killed.
        errors: Failed runs by kind of error.
        examples: One message for each kind.
        repairs: What had to be put right, one line each.
        unreadable: Files that are not as they were written, or whose months are not; their runs count as missing, and
            the next sweep does them again.
        parties: Who plays whom, where it is not the usual party, one sentence each.
        ended_early: Runs that a condition of their scenario ended, by its text; empty where none has one.
    """

    runs: int
    done: int
    failed: int
    left: int
    at_work: bool
    lock: str
    runs_per_second: float | None
    seconds_left: float | None
    cpu_seconds: float
    sessions: int
    ended: str
    errors: dict[str, int]
    examples: dict[str, str]
    repairs: tuple[str, ...]
    unreadable: tuple[str, ...]
    parties: tuple[str, ...]
    ended_early: dict[str, int]

    @property
    def partial(self) -> str:
        """What every headline must say of a sweep that lacks runs; empty if all of them ended well."""
        if self.done >= self.runs:
            return ""
        told = [f"{self.done:,} of {self.runs:,} runs"]
        if self.failed:
            told.append(f"{self.failed:,} failed")
        if self.left:
            told.append("still running" if self.at_work else _IN_WORDS.get(self.ended, "stopped before its end"))
        return "; ".join(told)

    def summary(self) -> dict[str, Any]:
        """The status as `lastmile status --json` prints it."""
        return {
            **asdict(self),
            "partial": self.partial,
            "repairs": list(self.repairs),
            "unreadable": list(self.unreadable),
            "parties": list(self.parties),
        }


def status(folder: str | Path) -> Status:
    """Look how far a sweep is; also while it is running.

    Args:
        folder: The store.

    Raises:
        InputError: The folder holds no sweep.

    Examples:
        >>> now = status(example.folder)
        >>> now.done, now.failed, now.left
        (8, 0, 0)
    """
    path = Path(folder)
    manifest = read_manifest(path)
    counts, errors, examples, unreadable, early = _count(path, ENDED in manifest.columns["runs"])
    done, failed = counts["done"], counts["failed"]
    rate, cpu, sessions, ended, repairs = _history(path)
    left = max(0, manifest.runs - done - failed)
    lock = look_at_lock(path, was_ended=not sessions or ended in ENDS)
    return Status(
        runs=manifest.runs,
        done=done,
        failed=failed,
        left=left,
        at_work=lock.at_work,
        lock=lock.told,
        runs_per_second=rate,
        seconds_left=left / rate if left and rate else None,
        cpu_seconds=cpu,
        sessions=sessions,
        ended=ended,
        errors=dict(errors.most_common()),
        examples=examples,
        repairs=repairs,
        unreadable=tuple(unreadable),
        parties=parties_of_design(manifest.design),
        ended_early=early,
    )


def _count(folder: Path, can_end: bool) -> tuple[Counter[str], Counter[str], dict[str, str], list[str], dict[str, int]]:
    """Runs by status, errors by kind with an example each, damaged files, and runs that a condition ended, by it."""
    errors: Counter[str] = Counter()
    examples: dict[str, str] = {}
    tables = []
    damaged = damaged_files(folder)
    columns = ["run", "status", "error_kind", "error", *([ENDED] if can_end else [])]
    for file in shard_files(folder):
        if file.name not in damaged:
            try:
                tables.append(pq.read_table(file, columns=columns))
            except (OSError, pa.ArrowException):  # it has gone since
                damaged[file.name] = "it cannot be read"
    rows = pa.concat_tables(tables).to_pandas().drop_duplicates("run") if tables else pd.DataFrame(columns=["status"])
    counts = Counter({str(name): int(count) for name, count in rows["status"].value_counts().items()})
    for row in rows[rows["status"] == "failed"].itertuples():
        errors[str(row.error_kind)] += 1
        examples.setdefault(str(row.error_kind), next(iter(str(row.error).splitlines()), ""))
    early = Counter(str(why).partition(": ")[2].partition(" (")[0] for why in rows.get(ENDED, pd.Series()).dropna())
    return counts, errors, examples, sorted(damaged), dict(early.most_common())


def _history(folder: Path) -> tuple[float | None, float, int, str, tuple[str, ...]]:
    """Rate of the latest session that ran anything, processor time, number of sessions, its end, and repairs."""
    rate, cpu, sessions, done, ended = None, 0.0, 0, 0, ""
    began: datetime | None = None
    repairs: list[str] = []
    for entry in read_journal(folder):
        if entry["event"] == "started":
            sessions, began, done, ended = sessions + 1, datetime.fromisoformat(entry["time"]), 0, ""
        elif entry["event"] == "shard" and "cpu_seconds" in entry:
            cpu, done = cpu + entry["cpu_seconds"], done + entry["rows"]
            if began is not None:
                seconds = (datetime.fromisoformat(entry["time"]) - began).total_seconds()
                rate = done / seconds if seconds > 0 else rate
        elif entry["event"] in ENDS:
            ended = entry["event"]
        elif entry["event"] == "repaired":
            repairs += entry["repairs"]
    return rate, cpu, sessions, ended, tuple(repairs)
