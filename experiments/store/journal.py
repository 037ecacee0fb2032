"""The status log of a store: one JSON object a line, only ever appended to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.store.shards import storage_error

FILE = "log.jsonl"
_CONTENT: dict[str, dict[str, type]] = {
    "shard": {"file": str, "rows": int, "bytes": int, "sha256": str},
    "removed": {"file": str},
    "started": {"pid": int, "host": str},
    "repaired": {"repairs": list},
}


class Journal:
    """Appends to the log of a store; the process must hold its lock.

    Args:
        folder: The store.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        self.path.touch()

    def append(self, event: str, **content: Any) -> None:
        """Write one line, or none when there is no space.

        Raises:
            StorageError: There is no space.
        """
        line = json.dumps({"time": _now(), "event": event, **content}, allow_nan=False) + "\n"
        data = line.encode()
        try:
            with self.path.open("ab", buffering=0) as stream:
                before = stream.tell()
                if (stream.write(data) or 0) < len(data):
                    stream.truncate(before)
                    raise OSError(28, os.strerror(28))
                os.fsync(stream.fileno())
        except OSError as error:
            raise storage_error(error, self.folder) from error

    def mend(self) -> str | None:
        """Cut off a last line that was not written to its end.

        Returns:
            What was found, or None.
        """
        data = self.path.read_bytes()
        end = data.rfind(b"\n") + 1
        if end == len(data):
            return None
        with self.path.open("r+b") as stream:
            stream.truncate(end)
        return f"{FILE}: the last line was torn ({len(data) - end} bytes) and has been cut off"


def read_journal(folder: Path) -> Iterator[dict[str, Any]]:
    """Entries of a log, in order; a line that cannot be read is given as {"event": "unreadable"}."""
    path = folder / FILE
    if not path.is_file():
        return
    with path.open("rb") as stream:
        for line in stream:
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                entry = None
            yield entry if _is_whole(entry) else {"event": "unreadable"}


def _is_whole(entry: Any) -> bool:
    """Whether a line has what its readers count on; a damaged one may still be JSON."""
    if not isinstance(entry, dict) or not isinstance(entry.get("event"), str):
        return False
    try:
        datetime.fromisoformat(entry["time"])
    except (KeyError, TypeError, ValueError):
        return False
    wanted = _CONTENT.get(entry["event"], {})
    return all(isinstance(entry.get(name), kind) for name, kind in wanted.items())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
