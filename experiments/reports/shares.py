"""What drives an outcome as cells of a table and as a sentence; the same on a terminal, in a report and on a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.analysis.drivers import Drivers
from experiments.analysis.groups import is_ordered
from experiments.analysis.partition import SIGNIFICANT
from experiments.figures import figure, unit_of
from experiments.reports.words import factor_meaning
from experiments.store.reading import SweepResult

READING = "In brackets: it cannot be told from chance (F test, p above 0.05)."


def heads(outcome: str) -> tuple[str, ...]:
    """Headings of the cells."""
    change = f"change, {unit_of(outcome)}" if unit_of(outcome) else "change"
    return ("what varies", "meaning", "share of variance", "95 % interval", "p", change, "lowest at", "highest at")


def cells(found: Drivers) -> list[list[str]]:
    """One row a source; empty where there is nothing to say."""
    return [
        [
            str(row["source"]),
            factor_meaning(str(row["source"])),
            share_told(row),
            interval_told(row),
            p_told(row["p"]),
            figure(found.outcome, float(row["change"]), signed=True),
            _value(row["lowest_at"]),
            _value(row["highest_at"]),
        ]
        for row in rows_of(found)
    ]


def rows_of(found: Drivers) -> list[dict[str, Any]]:
    """The rows of the table, with their source."""
    rows: dict[Any, dict[Any, Any]] = found.table.to_dict("index")
    return [{"source": str(source), **row} for source, row in rows.items()]


def may_be_chance(row: Mapping[str, Any]) -> bool:
    """Whether a share cannot be told from chance."""
    return bool(row["p"] > SIGNIFICANT)


def share_told(row: Mapping[str, Any]) -> str:
    """A share; in brackets where it may be chance."""
    if math.isnan(row["share"]):
        return "–"
    return f"({row['share']:.0%})" if may_be_chance(row) else f"{row['share']:.0%}"


def interval_told(row: Mapping[str, Any]) -> str:
    """The interval of a share."""
    return "–" if math.isnan(row["share_low"]) else f"{row['share_low']:.0%} to {row['share_high']:.0%}"


def p_told(p: float) -> str:
    """A probability, without decimals that mean nothing."""
    if math.isnan(p):
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _value(value: object) -> str:
    return value if isinstance(value, str) else ""


def finding(result: SweepResult, found: Drivers, outcome: str, words: Mapping[str, str]) -> str:
    """What moves an outcome most, in a sentence; empty where nothing is known.

    Args:
        result: The sweep.
        found: What drives the outcome.
        outcome: The outcome in words.
        words: Factors in words.
    """
    rows = [row for row in rows_of(found) if row["source"] in found.members]
    if not rows or found.method == "none":
        return ""
    told = [row for row in rows if not may_be_chance(row) and row["share"] > 0.0]
    if not told:
        return f"Nothing that was varied can be told from chance in {outcome}."
    first = max(told, key=lambda row: float(row["share"]))
    factors = found.members[first["source"]]
    names = [words[name] for name in factors]
    many = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    many = f"{many[:1].upper()}{many[1:]}"
    share = f"{first['share']:.0%} of the variance"
    if first["kind"] == "together":
        return f"{many} cannot be told apart; together they matter most for {outcome}: {share}."
    if first["kind"] == "interaction":
        return f"{many} matter most for {outcome} by acting together: {share}."
    amount = f"{figure(found.outcome, float(first['change']), signed=True)} {unit_of(found.outcome)}".rstrip()
    ordered = is_ordered(result.describe_factor(factors[0]))
    ends = "its lowest to its highest value" if ordered else f"{first['lowest_at']} to {first['highest_at']}"
    return f"{many} matters most for {outcome}: {amount.replace('-', '−')} from {ends}, {share}."
