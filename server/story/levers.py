"""The five levers of the Story page: what decides most of parcels kept and of USPS's cash (docs/sensitivity.md)."""

from __future__ import annotations

from functools import cache
from typing import Any

from model.parameters import Parameters
from server.story import words

# Key, name, one line why, and how its value is said.
FIVE = (
    (
        "amazon_own_cost_multiplier",
        "What a new rural route costs Amazon",
        "Nobody outside Amazon knows. It decides most.",
    ),
    ("build_limit", "How much Amazon can build in a year", "Its record since 2020 differs fivefold from year to year."),
    ("amazon_via_usps", "How much is at stake", "Not public; press figures disagree."),
    ("growth_market", "How fast parcels grow", "Published forecasts disagree."),
    ("mail_trend_first_class", "How fast letters vanish", "Decides how long USPS has cash."),
)
STEPS = 16


def say(key: str, value: float) -> str:
    """A value of a lever in words."""
    if key == "amazon_own_cost_multiplier":
        return f"{value:.2f} times what its routes of today cost"
    if key == "build_limit":
        return f"room for {value:.1f} billion parcels a year"
    if key == "amazon_via_usps":
        return f"{value:.2f} billion parcels a year"
    return f"{words.percent(100.0 * value, 1)} a year"


@cache
def five_levers() -> list[dict[str, Any]]:
    """The levers with their usual value, their likely range, and the steps between."""
    rows = {row.symbol: row for row in Parameters.default().rows()}
    found = []
    for key, name, why in FIVE:
        row = rows[key]
        assert row.low is not None
        assert row.high is not None
        low, high, usual = float(row.low), float(row.high), float(row.value)
        steps = sorted({round(low + (high - low) * step / STEPS, 4) for step in range(STEPS + 1)} | {round(usual, 4)})
        found.append(
            {
                "key": key,
                "name": name,
                "why": why,
                "steps": steps,
                "words": [say(key, step) for step in steps],
                "usual": steps.index(round(usual, 4)),
            }
        )
    return found
