"""What lies outside its likely range is taken, and told in one line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from experiments.cli.app import app
from experiments.likely import unlikely
from model.parameters import Parameters

LIMIT = Parameters.default().row("build_limit")


@pytest.mark.parametrize("value", [LIMIT.low, LIMIT.value, LIMIT.high])
def test_what_is_likely_needs_no_word(value):
    assert unlikely({"build_limit": value}) == ()


@pytest.mark.parametrize("value", [LIMIT.low - 0.01, LIMIT.high + 0.01])
def test_what_leaves_its_range_is_told_with_the_range(value):
    (told,) = unlikely({"build_limit": value, "make_or_buy": True, "price_rule": "frozen"})
    assert told.startswith(f"build_limit = {value:g} lies outside its likely range {LIMIT.low:g} to {LIMIT.high:g}")


def test_what_is_not_possible_or_unknown_is_told_by_others():
    assert unlikely({"build_limit": LIMIT.allowed_high + 1, "nonsense": 3.0, "n_shippers": 100, "seed": True}) == ()


def test_set_says_so_on_stderr_and_goes_on():
    change = f"build_limit={LIMIT.high + 1:g}"
    arguments = ["run", "baseline", "--until", "2025-01", "--set", "n_shippers=200", "--set", change]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    lines = [line for line in result.stderr.splitlines() if "likely range" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"lastmile: note: build_limit = {LIMIT.high + 1:g} lies outside")
    usual = CliRunner().invoke(app, [*arguments[:-1], f"build_limit={LIMIT.high:g}"])
    assert "likely range" not in usual.stderr
