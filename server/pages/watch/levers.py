"""What a visitor can set: levers by whose choice they are, and uncertainties with their ranges."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import solara

from experiments.likely import RESOLUTION, SCREENED
from model.parameters import Parameters
from model.scenario import levers
from server.choice import library_scenario, plain
from server.words import without_keys

# Whose choice it is, in the order of the panel and in words.
OWNERS = {
    "USPS": "USPS decides",
    "Amazon": "Amazon decides",
    "Amazon and USPS": "Amazon and USPS decide",
    "UPS and FedEx": "UPS and FedEx decide",
    "all carriers": "All carriers",
    "all": "Everybody",
    "Congress": "Congress decides",
    "the world": "The world",
    "run": "The run",
}
ALLOWED = {"month": "YYYY-MM", "switch": "on or off"}


@cache
def lever_groups() -> list[dict[str, Any]]:
    """Levers by owner, with all that a person needs to set one."""
    found: dict[str, list[dict[str, Any]]] = {owner: [] for owner in OWNERS}
    for lever in levers():
        found.setdefault(lever.owner, []).append(
            {
                "key": lever.key,
                "kind": lever.kind,
                "choices": list(lever.choices),
                "meaning": without_keys(lever.meaning),
                "allowed": ALLOWED.get(lever.kind, " | ".join(lever.choices)),
            }
        )
    return [{"owner": OWNERS.get(owner, owner), "levers": group} for owner, group in found.items() if group]


@cache
def parameter_rows() -> list[dict[str, Any]]:
    """Parameters that can be set: those that matter most first, then in the order of the table."""
    rows = [row for row in Parameters.default().rows() if row.settable]
    # What the screening of docs/sensitivity.md looked at is offered before anything is typed.
    rank = {symbol: place for place, symbol in enumerate(SCREENED)}
    rows.sort(key=lambda row: rank.get(row.symbol, len(rank)))
    return [
        {
            "key": row.symbol,
            "meaning": without_keys(row.name),
            "unit": "" if row.unit == "-" else row.unit,
            "low": None if row.symbol in RESOLUTION else row.low,
            "high": None if row.symbol in RESOLUTION else row.high,
            "min": row.allowed_low,
            "max": row.allowed_high,
            "important": row.symbol in rank,
        }
        for row in rows
    ]


@cache
def starting_values(scenario: str) -> dict[str, Any]:
    """Values of a scenario before anything is changed, by name."""
    settings = library_scenario(scenario)
    keys = [lever.key for lever in levers()] + [row["key"] for row in parameter_rows()]
    return {key: plain(settings, key) for key in keys}


@solara.component_vue("../../vue/levers.vue", vuetify=False)
def lever_panel(
    groups: list[dict[str, Any]],
    parameters: list[dict[str, Any]],
    start: dict[str, Any],
    overrides: dict[str, Any],
    problems: list[str],
    can_branch: bool,
    event_apply: Callable[[dict[str, Any]], None],
    event_branch: Callable[[dict[str, Any]], None],
) -> None:
    """Changes are collected in the browser; a button starts the run again with them, another one branches it."""
