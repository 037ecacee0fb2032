"""`lastmile levers --check` in a short version, and that nothing is left without an expectation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from experiments.errors import InputError
from experiments.levers.check import (
    Check,
    Expectation,
    LeverCheck,
    check_levers,
    read_expectations,
    without_expectation,
)
from experiments.levers.page import levers_page
from model.shocks import KINDS

FEW = {"n_shippers": 300}
SHORT = ("labour_stickiness", "demand_shock_start")


def test_every_scenario_and_every_lever_has_an_expectation() -> None:
    assert without_expectation(read_expectations()) == ()


def test_every_expectation_can_be_run() -> None:
    for row in read_expectations():
        first, second = row.pair(FEW, None)
        assert first != second or row.direction == "stays"
        if row.kind == "shock":
            assert {shock.kind for shock in second.shocks} == {row.subject}
        elif row.kind == "lever":
            assert row.subject in " ".join(row.change)
        else:
            assert row.subject == row.scenario


def test_levers_move_what_they_should() -> None:
    result = check_levers(SHORT, FEW, until="2026-12", workers=1)
    assert {check.expectation.subject for check in result.checks} == set(SHORT)
    assert [check.expectation.subject for check in result.checks if not check.holds] == []
    assert result.holds
    found = json.loads(json.dumps(result.summary(), allow_nan=False))
    assert {row["owner"] for row in found["checks"] if row["kind"] == "lever"} == {"USPS", "the world"}
    page = levers_page(result)
    assert page.count("| yes |") == len(result.checks)


@pytest.mark.thorough
def test_every_kind_of_shock_moves_what_it_should_or_says_why_not() -> None:
    """The table of signs of all shocks at a small size; written down before it was run."""
    result = check_levers((*KINDS,), {"n_shippers": 300}, until="2028-12", workers=2)
    shocks = [check for check in result.checks if check.expectation.kind == "shock"]
    assert {check.expectation.subject for check in shocks} == set(KINDS)
    told = [check.expectation.outcome for check in shocks if not check.holds and not check.expectation.explanation]
    assert told == []
    assert sum(check.holds for check in shocks) >= len(shocks) - 1


def expectation(direction: str, explanation: str | None = None) -> Expectation:
    return Expectation(
        "lever", "x", "baseline", None, (), ("x=1",), "usps_cash_usd", direction, 1, "because", explanation
    )


@pytest.mark.parametrize(
    ("direction", "higher", "equal"), [("rises", True, False), ("falls", False, False), ("stays", False, True)]
)
def test_a_check_can_fail(direction: str, higher: bool, equal: bool) -> None:
    assert Check(expectation(direction), 1.0, 2.0).holds is higher
    assert Check(expectation(direction), 1.0, 1.0).holds is equal
    assert Check(expectation(direction), 2.0, 1.0).holds is (direction == "falls")


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(InputError, match="no expectation about nonsense"):
        check_levers(["nonsense"])
    with pytest.raises(InputError, match="no outcome"):
        check_levers(["exit_end"], FEW, until="2025-03", workers=1)


def test_what_does_not_hold_is_told_with_its_explanation() -> None:
    failing = [Check(expectation("falls", "they build more"), 1.0, 2.0), Check(expectation("falls"), 1.0, 2.0)]
    page = levers_page(LeverCheck(tuple(failing), (), 1, {"parameter_checksum": "0" * 64}))
    assert page.count("does not do what was expected: they build more.") == 1
    assert page.count("does not do what was expected: not explained.") == 1


def test_the_page_in_the_documentation_tells_every_explanation_that_there_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "levers.md").read_text(encoding="utf-8")
    told = re.findall(r"^`(\w+)` does not do what was expected: (.*)\.$", page, flags=re.MULTILINE)
    known = [(row.subject, row.explanation) for row in read_expectations() if row.explanation]
    assert told
    assert [pair for pair in told if pair not in known] == []  # nothing stays unexplained either
    assert len(told) == page.count("| **no** |")
