"""Test values of the design: figures that the running market has to meet."""

from __future__ import annotations

import csv
from pathlib import Path


def read_values(name: str) -> dict[str, float]:
    """Symbol -> value of a table in tests/data."""
    with (Path(__file__).parent / "data" / name).open(encoding="utf-8", newline="") as file:
        return {row["symbol"]: float(row["value"]) for row in csv.DictReader(file)}


ORACLES = read_values("oracles.csv")
