"""Whether values of parameters may be set: each within its domain, and all of them together."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from functools import cache
from typing import Any

from agents.geography import ZONE_TYPES
from model.parameter_table import Parameter, ParameterError, unknown_symbol

_ORDERED = (
    ("enterprise_size_min", "enterprise_size_max"),
    ("congestion_threshold", "congestion_reference"),
    ("n_enterprise_shippers", "n_shippers"),
    ("price_access_amazon_min", "price_access_amazon_max"),
)
_NOT_ALL_ZERO = (
    "share_economy_*",
    "share_ground_*",
    "share_premium_*",
    "amazon_mix_own_*",
    "amazon_mix_usps_*",
    "volume_2024_*",
)


def checked_overrides(table: Mapping[str, Parameter], overrides: Mapping[Any, object]) -> dict[str, float]:
    """Overrides as floats.

    Raises:
        ParameterError: One line per unknown symbol, wrong type or value outside its domain.
    """
    values: dict[str, float] = {}
    problems: list[str] = []
    for symbol, value in overrides.items():
        if not isinstance(symbol, str) or symbol not in table:
            problems.append(unknown_symbol(symbol, table))
            continue
        try:
            values[symbol] = table[symbol].check(value)
        except ParameterError as error:
            problems.append(str(error))
    if problems:
        raise ParameterError("\n".join(problems))
    return values


@cache
def _rows_not_all_zero(symbols: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Symbols of each pattern; sought once, since a sweep checks the same symbols for every run."""
    return tuple(tuple(fnmatch.filter(symbols, pattern)) for pattern in _NOT_ALL_ZERO)


def check_together(values: Mapping[str, float]) -> None:
    """Refuse values that are each allowed but make no sense together.

    Raises:
        ParameterError: What contradicts what.
    """
    problems = [
        f"{small} = {values[small]:g} must be below {large} = {values[large]:g}"
        for small, large in _ORDERED
        if not values[small] < values[large]
    ]
    for pattern, symbols in zip(_NOT_ALL_ZERO, _rows_not_all_zero(tuple(values)), strict=True):
        if not any(values[symbol] for symbol in symbols):
            problems.append(f"the rows {pattern} are all 0; at least one must be above 0")
    for kind in ZONE_TYPES:
        stem, service = values[f"stem_miles_{kind}"] / values[f"stem_speed_{kind}"], values[f"service_minutes_{kind}"]
        minutes = 60.0 * (values["productive_hours"] - 2.0 * stem)
        if not minutes > service:
            problems.append(
                f"stem_miles_{kind}, stem_speed_{kind} and productive_hours leave {minutes:g} minutes of a route day "
                f"for stops; it must be more than service_minutes_{kind} = {service:g}"
            )
    if problems:
        raise ParameterError("\n".join(problems))
