"""What names mean, for people."""

from __future__ import annotations

import re
from functools import cache

from experiments.figures import scale_of, split_year, unit_of
from experiments.store.reading import SweepResult
from model.outcomes import OUTCOMES
from model.parameters import Parameters
from model.scenario import levers

_HOLE = re.compile(r"\\\{\w+\\\}")


def outcome_meaning(name: str) -> str:
    """Meaning of an outcome in one line, with its year; empty for an outcome of somebody's own."""
    stem, year = split_year(name)
    if "_fiscal_" in stem:
        stem, year = stem.replace("_fiscal_", "_", 1), f"fiscal year {year}"
    for pattern, meaning, _ in _patterns():
        match = pattern.fullmatch(stem)
        if match:
            actor = next((group for group in match.groups() if group), None)
            told = f"{actor}: {meaning[0].lower()}{meaning[1:]}" if actor else meaning
            return f"{told}, {year or 'whole run'}"
    return ""


def outcome_unit(name: str) -> str:
    """Unit in which a table shows an outcome or monthly series: "bn $", "mn parcels", "%", or the registered one."""
    scale, unit = scale_of(name)
    stem = split_year(name)[0]
    if unit:
        return f"{unit} parcels" if stem.endswith("_parcels") and scale > 1.0 else unit
    stem = stem.replace("_fiscal_", "_", 1)
    return next((unit for pattern, _, unit in _patterns() if pattern.fullmatch(stem)), "")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    found = []
    for outcome in OUTCOMES:
        for name in outcome.name_pattern.split(", "):
            text = re.escape(name).replace(r"\[", "(?:").replace(r"\]", ")?")
            found.append((re.compile(_HOLE.sub("([a-z0-9_]+?)", text)), outcome.meaning, outcome.unit))
    return tuple(found)


def factor_meaning(name: str) -> str:
    """Meaning of a lever or a parameter in one line."""
    parameters = Parameters.default()
    if name in parameters:
        return parameters.row(name).name
    return next((lever.meaning for lever in levers() if lever.key == name), "")


def label(result: SweepResult, scenario: object) -> str:
    """Name of a scenario; forced ones say so wherever they are shown."""
    forced = {one["name"] for one in result.manifest.design["scenarios"] if one.get("forced")}
    return f"{scenario} (forced)" if scenario in forced else str(scenario)


def heading(name: str) -> str:
    """Name of an outcome with its unit."""
    unit = unit_of(name)
    return f"{name}, {unit}" if unit else name
