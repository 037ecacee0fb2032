"""The rules that docstrings and comments name are chapters of the project's own protocol, so a reader finds them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "docs" / "odd.md"
SOURCES = sorted(path for floor in ("agents", "model") for path in (ROOT / floor).rglob("*.py"))
_NAMED = re.compile(r"\bODD\s+(\d+(?:\.\d+)?(?:(?:,\s+|\s+and\s+)\d+(?:\.\d+)?)*)")


def chapters() -> set[str]:
    """Numbers of the headings of the protocol, for example "7.3"."""
    return set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?)[. ]", PROTOCOL.read_text(encoding="utf-8"), re.MULTILINE))


def named(text: str) -> set[str]:
    """Chapters that a text names, as in "ODD 7.1, 7.8 and 7.11"."""
    return {number for found in _NAMED.findall(text) for number in re.findall(r"\d+(?:\.\d+)?", found)}


def test_names_of_chapters_are_read() -> None:
    assert named("(ODD 7.1,\n    7.8 and 7.11), ODD 3; 12 months of ODD\n 5.") == {"7.1", "7.8", "7.11", "3", "5"}
    assert {"1", "7", "7.1", "7.12"} <= chapters()


def test_rules_that_are_named_are_chapters_of_the_protocol() -> None:
    found = {path.relative_to(ROOT).as_posix(): named(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: numbers - chapters() for path, numbers in found.items() if numbers - chapters()} == {}
    assert sum(map(bool, found.values())) > 50


@pytest.mark.parametrize("pattern", [r"\bsections? \d", r"market\.md", r"design text"])
def test_no_text_is_named_that_readers_do_not_have(pattern: str) -> None:
    assert [path.name for path in SOURCES if re.search(pattern, path.read_text(encoding="utf-8"))] == []
