"""What was published, and the limits that were written down before any run: `limits.csv`."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from model.texts import read_text_file

TEST, COMPARISON = "test", "comparison"


@dataclass(frozen=True, slots=True)
class Limit:
    """One row: an outcome, what was published of it, and within what the model's must lie.

    Attributes:
        test: Key of the test, for example "X1".
        figure: Key of the figure.
        outcome: What it is, in words.
        unit: Unit of all its numbers.
        published_low: What was published; the lower end where sources or cases differ.
        published_high: The upper end.
        low: Lowest value that meets the limit.
        high: Highest.
        kind: "test" of something that happened or was measured, or "comparison" with an opinion or another case.
        source_id: Row of `model/data/sources.csv`.
        why: Why the limit is as it is.
    """

    test: str
    figure: str
    outcome: str
    unit: str
    published_low: float
    published_high: float
    low: float
    high: float
    kind: str
    source_id: str
    why: str

    def holds(self, value: float) -> bool:
        """Whether a value lies within the limit; nan does not."""
        return math.isfinite(value) and self.low <= value <= self.high


@cache
def limits() -> tuple[Limit, ...]:
    """All rows, in the order of the file."""
    return read_limits(Path(str(resources.files("experiments") / "external" / "limits.csv")))


def read_limits(file: Path) -> tuple[Limit, ...]:
    """Rows of a file of limits.

    Raises:
        ValueError: A row contradicts itself; names the row and what is allowed.
    """
    try:
        lines = io.StringIO(read_text_file(file))
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from error
    rows = [_limit(row) for row in csv.DictReader(lines)]
    twice = [row.figure for i, row in enumerate(rows) if row.figure in {other.figure for other in rows[:i]}]
    if twice:
        raise ValueError(f"{file.name}: {twice[0]} stands there twice; allowed: one row for each figure")
    return tuple(rows)


def _limit(row: dict[str, str]) -> Limit:
    numbers = {name: float(row[name]) for name in ("published_low", "published_high", "low", "high")}
    if numbers["low"] > numbers["high"] or numbers["published_low"] > numbers["published_high"]:
        raise ValueError(f"limits of {row['figure']}: a lower end lies above its upper end; allowed: low up to high")
    if row["kind"] not in (TEST, COMPARISON):
        raise ValueError(f"limits of {row['figure']}: kind is {row['kind']!r}; allowed: {TEST} or {COMPARISON}")
    return Limit(
        test=row["test"],
        figure=row["figure"],
        outcome=row["outcome"],
        unit=row["unit"],
        kind=row["kind"],
        source_id=row["source_id"],
        why=row["why"],
        **numbers,
    )
