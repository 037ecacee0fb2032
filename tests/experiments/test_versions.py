"""The table of versions counts what the tests said, and tells what did not start."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.versions import PAIRS, PYTHONS, ROOT, USUAL, Row, counted, page, wanted

RESULT = (
    '<testsuites><testsuite tests="4" failures="1" errors="1" skipped="1">'
    '<testcase name="test_a"/><testcase name="test_b"><failure/></testcase></testsuite></testsuites>'
)


def test_counts_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    assert counted(file, "3.12", "locked", ("1",)).failed == 1
    file.write_text(RESULT)
    found = counted(file, "3.12", "locked", ("1",))
    assert (found.passed, found.failed, found.skipped, found.why) == (1, 2, 1, "test_b")


def test_the_table_names_every_pair_and_what_is_not_there() -> None:
    rows = [Row("3.12", pair, ("3.5.1", "1.64.1", "2.4", "2.3"), 5, 0, 1) for pair in PAIRS]
    shown = page(rows, ["3.14"], USUAL, date(2026, 12, 1))
    assert shown.count("| 5 | 0 | 1 |") == len(PAIRS)
    assert "Python 3.14 is not on the machine" in shown


def test_in_brief_each_python_and_each_other_package_is_tried_once() -> None:
    brief = wanted(PYTHONS, brief=True)
    assert {version for version, _ in brief} == set(PYTHONS)
    assert {pair for _, pair in brief} == set(PAIRS)
    assert len(wanted(PYTHONS, brief=False)) == len(PYTHONS) * len(PAIRS) > len(brief)
    assert all((ROOT / name).is_file() for name in USUAL)


def test_the_inside_of_solara_is_used_in_one_module() -> None:
    used = {
        path.name: [line for line in path.read_text().splitlines() if "solara.server" in line and "import" in line]
        for path in (ROOT / "server").rglob("*.py")
    }
    used = {name: lines for name, lines in used.items() if lines}
    assert list(used) == ["solara_inside.py"]
    assert len(used["solara_inside.py"]) <= 3
