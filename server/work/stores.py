"""The stores that the server shows: those in one folder, by name, and nothing beside it."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.errors import InputError
from experiments.store.locks import is_locked
from experiments.store.manifest import FILE, Manifest, read_manifest
from experiments.store.shards import shard_files
from experiments.store.soundness import damaged_files

VARIABLE = "LASTMILE_STORES"
DEFAULT_FOLDER = "results"
MAX_LISTED = 200
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,39}$")


@dataclass(frozen=True)
class StoreEntry:
    """A store in the list.

    Attributes:
        name: Name of its folder.
        kind: Kind of its design.
        scenarios: What was run.
        factors: What is varied.
        runs: Runs in all.
        done: Runs that ended well.
        failed: Runs that did not.
        at_work: Whether a process is at work on it, of this server or another one.
    """

    name: str
    kind: str
    scenarios: tuple[str, ...]
    factors: tuple[str, ...]
    runs: int
    done: int = 0
    failed: int = 0
    at_work: bool = False

    @property
    def left(self) -> int:
        """Runs that are missing."""
        return max(0, self.runs - self.done - self.failed)


def stores_folder() -> Path:
    """The folder: LASTMILE_STORES, else `results` where the server was started."""
    return Path(os.environ.get(VARIABLE) or DEFAULT_FOLDER).resolve()


def list_stores() -> list[StoreEntry]:
    """All stores, the one changed last first."""
    found: list[tuple[float, StoreEntry]] = []
    for path in _folders():
        try:
            manifest = read_manifest(path)
            found.append(((path / FILE).stat().st_mtime, _entry(path, manifest)))
        except (InputError, OSError, KeyError):
            continue  # half made, of another version, or somebody else's
    return [entry for _, entry in sorted(found, key=lambda item: -item[0])[:MAX_LISTED]]


def existing_store(name: object) -> Path:
    """Folder of a store that is in the list.

    Raises:
        InputError: There is none of this name.
    """
    if isinstance(name, str):
        for path in _folders():
            if path.name == name and (path / FILE).is_file():
                return path
    raise InputError(f"store: there is none called {str(name)[:60]!r}")


def new_store(name: object) -> Path:
    """Folder for a store of a new name, or of one that is there.

    Raises:
        InputError: The name is not allowed, or the server shows a single store.
    """
    root = stores_folder()
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"name: {str(name)[:60]!r} is not allowed; it must be up to 40 small letters, digits, - and _, for example "
            "build-limit"
        )
    if (root / FILE).is_file():
        raise InputError(f"name: this server shows the one store {root.name}; start it with a folder of stores")
    if (root / name).resolve().parent != root.resolve():
        raise InputError(f"name: {name!r} is not allowed; it leads out of the folder of stores")
    return root / name


def _folders() -> list[Path]:
    root = stores_folder()
    if (root / FILE).is_file():
        return [root]
    try:
        paths = sorted(root.iterdir())
    except OSError:
        return []
    # A link that leads out of the folder would show what the operator did not mean to show.
    return [path for path in paths if path.is_dir() and path.resolve().parent == root]


def _entry(path: Path, manifest: Manifest) -> StoreEntry:
    design = manifest.design
    scenarios = tuple(str(one["name"]) for one in design["scenarios"])
    done, failed = _count(path)
    return StoreEntry(
        name=path.name,
        kind=str(design["kind"]),
        scenarios=scenarios,
        factors=tuple(design["factors"]),
        runs=manifest.runs,
        done=done,
        failed=failed,
        at_work=is_locked(path),
    )


def _count(path: Path) -> tuple[int, int]:
    """Runs that ended well and runs that failed; what cannot be read now counts as missing."""
    done = failed = 0
    damaged = damaged_files(path)
    for file in shard_files(path):
        if file.name in damaged:
            continue
        try:
            state = file.stat()
            ended = _statuses(file, state.st_size, state.st_mtime_ns)
        except (OSError, pa.ArrowException):
            continue
        done, failed = done + ended[0], failed + ended[1]
    return done, failed


@lru_cache(maxsize=20_000)
def _statuses(file: Path, size: int, changed: int) -> tuple[int, int]:
    """Done and failed of one file. The list is asked for often, and a file of one size and time stays as it is."""
    del size, changed  # they only tell one state of the file from another
    counts = Counter(pq.read_table(file, columns=["status"]).column("status").to_pylist())
    return counts["done"], counts["failed"]
