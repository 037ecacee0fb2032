"""What is changed to a value that is possible and yet outside the range that is thought likely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.parameters import Parameters

# How finely a market is drawn is nothing that could be likely; `experiments.resolution` says where it is coarse.
RESOLUTION = frozenset({"n_shippers", "n_enterprise_shippers"})
# Whose ranges the screening of docs/sensitivity.md goes through.
SCREENED = (
    "amazon_own_cost_multiplier",
    "amazon_via_usps",
    "build_limit",
    "growth_amazon_demand",
    "growth_market",
    "investment_hurdle",
    "labour_flex_down",
    "mail_trend_first_class",
    "reservation_belief_sd",
    "usps_noncash_and_unpaid",
)


def about_the_start(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Ask of each change of what describes the start whether a shock was meant, one sentence each.

    Args:
        changes: Levers and parameters by name; what is not valid is told by others.
    """
    known = Parameters.default()
    asked = {name for name in changes if name in known and name not in RESOLUTION and known.row(name).settable}
    if not asked:
        return ()
    from model.start_figures import figures_of_start

    return tuple(
        f"{name} describes the start, which is solved again around it: another past, not a shock; a change at a date "
        "is --shock (fuel, wages, interest, demand, ...)"
        for name in changes
        if name in asked & figures_of_start()
    )


def unlikely(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """One sentence for each change that leaves its likely range; none for what has no range or may not be at all.

    Args:
        changes: Levers and parameters by name; what is no number, or not valid, is told by others.
    """
    known, told = Parameters.default(), []
    for symbol, value in changes.items():
        if symbol not in known or symbol in RESOLUTION or not isinstance(value, int | float):
            continue
        row, number = known.row(symbol), float(value)
        if row.low is None or row.high is None or isinstance(value, bool):
            continue
        possible = row.allowed_low <= number <= row.allowed_high
        if possible and not row.low <= number <= row.high:
            unit = "" if row.unit in ("-", "") else f" {row.unit}"
            told.append(f"{symbol} = {number:g} lies outside its likely range {row.low:g} to {row.high:g}{unit}")
    return tuple(told)
