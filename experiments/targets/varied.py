"""What a target varies: a lever or parameter of which there is more and less."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.calendar import Month
from experiments.designs.factors import read_factors
from experiments.errors import InputError
from model.plain_values import plain
from model.scenario import Scenario, ScenarioError, levers


@dataclass(frozen=True)
class Composite:
    """A quantity that several levers and parameters make up together.

    Attributes:
        unit: Its unit.
        words: What it is called within a sentence.
        meaning: One line.
        names: What it sets.
        changes: From a scenario and a value to what is set.
        beside: Outcome that tells what became of it, without a year.
    """

    unit: str
    words: str
    meaning: str
    names: tuple[str, ...]
    changes: Callable[[Scenario, float], dict[str, Any]]
    beside: str


def _access_price(scenario: Scenario, dollars: float) -> dict[str, Any]:
    paid = float(scenario.value("price_access_amazon"))
    return {"bargaining": "posted", "price_access_published_ratio": dollars / paid}


COMPOSITES: dict[str, Composite] = {
    "price_access": Composite(
        "$ per parcel",
        "price of the last mile that USPS asks of everybody",
        "Price at which USPS sells the last mile to everybody when Amazon's contract ends: posted, not bargained over; "
        "in prices of the start, it moves with the list prices of USPS",
        ("bargaining", "price_access_published_ratio"),
        _access_price,
        "amazon_usps_price_usd",
    )
}


@dataclass(frozen=True)
class Varied:
    """One lever or parameter and the range in which it is varied.

    Attributes:
        name: Its name.
        unit: Its unit.
        meaning: One line.
        kind: "range" (any number), "whole" (whole numbers) or "month".
        low: Lower end; a month as months since year 0.
        high: Upper end.
    """

    name: str
    unit: str
    meaning: str
    kind: str
    low: float
    high: float

    @property
    def names(self) -> tuple[str, ...]:
        """All levers and parameters that it sets."""
        return COMPOSITES[self.name].names if self.name in COMPOSITES else (self.name,)

    @property
    def whole(self) -> bool:
        """Whether there is nothing between two neighbouring values."""
        return self.kind != "range"

    def plain(self, value: float) -> float | str:
        """A value as it is set, and as JSON can hold it."""
        return str(Month(0, 1) + round(value)) if self.kind == "month" else float(value)

    def told(self, value: float) -> str:
        """A value for people, without its unit."""
        return str(self.plain(value)) if self.kind == "month" else f"{value:.4g}"

    def with_unit(self, text: str) -> str:
        """A text about values with the unit behind it."""
        return text if self.kind == "month" or self.unit in ("-", "") else f"{text} {self.unit}"

    def scenario(self, base: Scenario, value: float) -> Scenario:
        """A scenario with this value.

        Raises:
            InputError: It is not possible there.
        """
        if self.name in COMPOSITES:
            changes = COMPOSITES[self.name].changes(base, value)
        else:
            changes = {self.name: self.plain(value)}
        try:
            return base.with_changes(changes, source=f"{self.name} = {self.told(value)}")
        except ScenarioError as error:
            raise InputError(str(error).splitlines()) from error


def read_varied(
    name: str, between: object, base: Scenario, fixed: Mapping[str, Any], problems: list[str]
) -> Varied | None:
    """Read what is varied and in which range.

    Args:
        name: Lever, parameter, or one of `COMPOSITES`.
        between: "2..5", or the two ends.
        base: Scenario that is varied.
        fixed: What is set in all runs.
        problems: Gets a line for everything that is wrong.
    """
    problems += [
        f"vary: {one} is set and varied{f' by {name}' if one != name else ''}; leave one of both"
        for one in (COMPOSITES[name].names if name in COMPOSITES else (name,))
        if one in fixed
    ]
    ends = _ends(between, problems)
    if not name:
        problems.append("vary: missing; name a parameter, a lever that is a month, or price_access")
        return None
    lever = {one.key: one for one in levers()}.get(name)
    if lever is not None and lever.kind != "month":
        values = "true, false" if lever.kind == "switch" else ", ".join(lever.choices)
        problems.append(
            f"vary: {name} has no values in between, it is one of {values}; `lastmile compare` and `lastmile matrix` "
            "set such levers side by side"
        )
        return None
    # `price_access` is a price like this one, and has its limits.
    known = "price_access_published_ratio" if name in COMPOSITES else name
    span = {"low": ends[0], "high": ends[1], "beyond": True} if ends else {"low": 0, "high": 1, "beyond": True}
    if lever is not None:
        span.pop("beyond")
        span = span if ends else {"low": "2025-01", "high": "2026-01"}
    found: list[str] = []
    factors = read_factors("lever", {known: span}, base, False, found)
    for problem in found:
        field, _, told = problem.partition(": ")
        in_range = field.count(".") > 1 or told.startswith("high ")
        near = difflib.get_close_matches(name, COMPOSITES, n=1) if told.startswith("unknown") else []
        told = f"unknown; did you mean {near[0]}?" if near else told
        problems.append(f"in: {told}" if in_range else f"vary: {name}: {told}")
    if not factors or ends is None:
        return None
    factor = factors[0]
    if name in COMPOSITES:
        composite = COMPOSITES[name]
        return Varied(name, composite.unit, composite.meaning, "range", factor.low, factor.high)
    meaning = lever.meaning if lever is not None else base.parameters.row(name).name
    return Varied(name, factor.unit, meaning, factor.kind, factor.low, factor.high)


def _ends(between: object, problems: list[str]) -> tuple[Any, Any] | None:
    """The two ends as they were given; numbers where they are some."""
    parts = between.split("..") if isinstance(between, str) else plain(between)
    if not isinstance(parts, list | tuple) or len(parts) != 2 or not all(str(part).strip() for part in parts):
        problems.append(f"in: {between!r} is not allowed; it must be two ends, for example 2..5 or 2026-01..2027-12")
        return None
    first, last = (_number(part) for part in parts)
    return first, last


def _number(part: object) -> object:
    if not isinstance(part, str):
        return part
    try:
        return float(part)
    except ValueError:
        return part.strip()
