"""What an outcome is, and the few ways of computing one from a recorded series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.economy import Economy

Floats = NDArray[np.float64]
Rows = slice
type Values = Callable[[Economy, Rows], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One declared outcome.

    Attributes:
        name_pattern: Name without year; braces stand for an actor, segment or zone type.
        unit: Unit of the value.
        meaning: One line.
        values: Computes it for a span of months: name to value.
        whole_run: Whether it is also given for the whole run, without a year in its name.
        from_second_year: Whether it compares with the first twelve months, so that no year has it that begins in them.
        fiscal: Whether it is also given for fiscal years of USPS, with "fiscal" after the actor in its name.
    """

    name_pattern: str
    unit: str
    meaning: str
    values: Values
    whole_run: bool = True
    from_second_year: bool = False
    fiscal: bool = False


def by_carrier(series: str, how: Callable[[Floats], Floats]) -> Values:
    """One value per carrier, `{carrier}_{series}`, from a series by carrier."""

    def values(market: Economy, rows: Rows) -> dict[str, float]:
        data = how(market.records[series][rows])
        return {f"{key}_{series}": float(data[i]) for i, key in enumerate(market.carriers.keys)}

    return values


def single(name: str, how: Callable[[Floats], float], series: str = "") -> Values:
    """One value from a series, which has the same name unless told."""

    def values(market: Economy, rows: Rows) -> dict[str, float]:
        return {name: float(how(market.records[series or name][rows]))}

    return values


def over_months(values: Floats) -> Floats:
    """Sum over months."""
    return np.asarray(values.sum(axis=0))


def total(values: Floats) -> float:
    """Sum over everything."""
    return float(values.sum())


def last(values: Floats) -> float:
    """Value at the end of the last month."""
    return float(values[-1])


def highest(values: Floats) -> float:
    """Largest value of any month."""
    return float(values.max())


def named(names: tuple[str, ...], values: Floats, weight: Floats, pattern: str) -> dict[str, float]:
    """Ratios by name, `pattern` with the name in place of the braces; left out where the weight is 0."""
    return {pattern.format(name): float(values[i] / weight[i]) for i, name in enumerate(names) if weight[i] > 0.0}
