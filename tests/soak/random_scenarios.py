"""Random scenarios by number: the same number gives the same scenario, so a failure can be named and repeated."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.calendar import Month
from model.parameters import Parameter, Parameters
from model.scenario import Lever, Scenario, ScenarioError, levers, scenario_names

FIRST_MONTHS = (*["2025-01"] * 8, "2016-01", "2019-01", "2020-04", "2022-01", "2023-10", "2024-12")
SETTABLE = tuple(
    row for row in Parameters.default().rows() if row.settable and row.allowed_low < row.allowed_high
)  # fmt: skip
# Sizes of the run, not assumptions about the market: large ones would only take time.
SIZES = {"n_shippers", "n_enterprise_shippers", "projection_start_year"}
LEVERS = tuple(lever for lever in levers() if lever.key not in ("start", "end"))


def valid_scenario(number: int) -> Scenario:
    """A random scenario that validation accepts; draws again until it does.

    A scenario of the library gets a third of all levers and 0 to 12 parameters changed: half of these within the range
    that designs sample, a quarter to nearby values beyond it, a quarter anywhere that is allowed, its ends included.
    """
    for attempt in range(1000):
        draw = np.random.default_rng([number, attempt])
        try:
            return _base(draw).with_changes(_changes(draw))
        except ScenarioError:
            continue
    raise RuntimeError(f"no valid scenario {number} in 1000 attempts")


def _base(draw: np.random.Generator) -> Scenario:
    return Scenario.load(str(draw.choice(scenario_names())))


def _changes(draw: np.random.Generator) -> dict[str, Any]:
    start = Month.parse(str(draw.choice(FIRST_MONTHS)))
    changes: dict[str, Any] = {
        "start": str(start),
        "end": str(start + int(draw.integers(0, 6))),
        "n_shippers": int(draw.choice([60, 120, 200])),
    }
    changes |= {lever.key: _lever_value(draw, lever) for lever in LEVERS if draw.random() < 1 / 3}
    for position in draw.choice(len(SETTABLE), size=draw.integers(0, 13), replace=False):
        row = SETTABLE[position]
        if row.symbol not in SIZES:
            changes[row.symbol] = _parameter_value(draw, row)
    return changes


def _lever_value(draw: np.random.Generator, lever: Lever) -> Any:
    if lever.kind == "switch":
        return bool(draw.random() < 0.5)
    if lever.kind == "month":
        return str(Month(2016, 1) + int(draw.integers(0, 12 * 16)))
    return str(draw.choice(lever.choices))


def _parameter_value(draw: np.random.Generator, row: Parameter) -> float:
    low = row.value if row.low is None else row.low
    high = row.value if row.high is None else row.high
    kind = draw.random()
    if kind < 0.5 and low < high:
        value = draw.uniform(low, high)
    elif kind < 0.75:
        value = row.value * draw.uniform(0.5, 2.0)
    else:
        value = float(draw.choice([row.allowed_low, row.allowed_high, draw.uniform(row.allowed_low, row.allowed_high)]))
    value = min(max(value, row.allowed_low), row.allowed_high)
    return float(round(value)) if row.whole else float(value)


def invalid_scenario(number: int) -> tuple[dict[str, Any], str]:
    """A mapping that cannot be a scenario, and the key that is wrong with it; the rest of it may be right or wrong."""
    draw = np.random.default_rng([number, 2**31])
    changes: dict[str, Any] = _changes(draw)
    lever, row = LEVERS[draw.integers(len(LEVERS))], SETTABLE[draw.integers(len(SETTABLE))]
    wrong: list[tuple[str, Any]] = [
        (lever.key, "no such choice"),
        (lever.key, 10 ** int(draw.integers(0, 400))),
        (lever.key, [True]),
        (row.symbol, float("nan")),
        (row.symbol, float(draw.choice([np.inf, -np.inf]))),
        (row.symbol, row.allowed_high + draw.uniform(1.0, 1e6)),
        (row.symbol, row.allowed_low - draw.uniform(1.0, 1e6)),
        (row.symbol, "much"),
        (row.symbol, True),
        (row.symbol, {"low": 1.0}),
        (f"{row.symbol}x", row.value),
        ("parameters", {row.symbol: row.value}),
        ("end", "2015-12"),
        ("start", "2026-13"),
        ("", 1.0),
        ("\0", None),
    ]
    key, value = wrong[draw.integers(len(wrong))]
    return {**changes, key: value}, key


def is_named(key: str, message: str) -> bool:
    """Whether a message names a key; one that cannot be printed is shown escaped."""
    return key in message or ascii(key)[1:-1] in message
