"""What all results that come stored with the package have in common: where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from experiments.provenance import code_checksum, commit


@dataclass(frozen=True, eq=False)
class Stored:
    """Where stored results come from.

    Attributes:
        command: What made them.
        date: Day on which they were made, as in "2026-01-31".
        commit: Commit of the code, None where it was not known.
        code_checksum: SHA-256 over code and data that made them.
    """

    command: str
    date: str
    commit: str | None
    code_checksum: str

    @property
    def is_current(self) -> bool:
        """Whether the code and data are still those that made the results."""
        return self.code_checksum == code_checksum()

    @property
    def origin(self) -> str:
        """When and by what they were made, and whether that would give the same today, in a sentence or two."""
        old = "" if self.is_current else " Code or data have changed since; the command makes them anew."
        return f"Made on {self.date} by {self.command}.{old}".replace("`", "")


def origin_of(command: str) -> dict[str, Any]:
    """The fields of `Stored` for results that are made now."""
    return {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "code_checksum": code_checksum(),
    }
