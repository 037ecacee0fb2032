"""How units are written: m is the metre, so that millions are "mn", as billions are "bn", or "million"."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
A_NUMBER_AND_M = re.compile(r"[0-9}] m\b(?![-.(])")
MADE_AGAIN = {"external.md", "places.md"}  # pages that a command writes with its next figures


@pytest.mark.parametrize("name", ["parameters.csv", "start_years.csv", "allowed_ranges.csv"])
def test_no_unit_of_the_tables_calls_a_million_m(name):
    with (ROOT / "model" / "data" / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    units = {row.get("unit") or row.get("pattern") or "" for row in rows}
    assert len(units) > 5
    assert [unit for unit in units if re.match(r"m\b", unit)] == []


def test_no_text_calls_a_million_m():
    floors = [path for floor in ("agents", "model", "experiments", "server") for path in (ROOT / floor).rglob("*")]
    found = [
        f"{path.relative_to(ROOT)}: {match[0]} in {line.strip()[:80]}"
        for path in (*floors, *(ROOT / "docs").glob("*.md"), ROOT / "README.md")
        if path.suffix in {".py", ".vue", ".js", ".toml", ".csv", ".md"} and path.name not in MADE_AGAIN
        if "cdn" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        for match in A_NUMBER_AND_M.finditer(line)
    ]
    assert found == []
