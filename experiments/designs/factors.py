"""What a design varies: a lever or an uncertainty with the values that it can take."""

from __future__ import annotations

import bisect
import difflib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agents.calendar import Month
from experiments.designs.distributions import (
    LEAST_KEPT,
    NUMBERS,
    OPTIONAL,
    Distribution,
    read_distribution,
    read_weights,
)
from model.parameters import Parameter, ParameterError, Parameters
from model.plain_values import plain
from model.scenario import Lever, Scenario, levers

Group = Literal["lever", "uncertainty"]
Kind = Literal["range", "whole", "month", "choice"]

_SPEC_KEYS = ("low", "high", "steps", "beyond")
_WEIGHTED = ("values", "weights")
_NOT_VARIED = {
    "start": "the first month is the scenario's",
    "end": "the last month is given by until",
    **dict.fromkeys(("name", "title", "description", "forced", "parameters"), "it only describes a scenario"),
}


@dataclass(frozen=True)
class Factor:
    """One column of a design.

    Attributes:
        name: Lever or parameter.
        group: "lever" (somebody chooses it) or "uncertainty" (the world does).
        kind: "range" (any number), "whole" (whole numbers), "month", or "choice" (listed values).
        unit: Unit of the values.
        low: Lower end of a range; a month as months since year 0; 0 for a choice.
        high: Upper end of a range, included; the last position for a choice.
        values: The values of a choice, in order; empty for the other kinds.
        steps: How many values a grid takes from a range; 0 unless given.
        distribution: How likely the values of a range are; None where all are equally likely.
        weights: How likely the values of a choice are, in their order, 1 together; empty where all are equally likely.
    """

    name: str
    group: Group
    kind: Kind
    unit: str
    low: float
    high: float
    values: tuple[Any, ...] = ()
    steps: int = 0
    distribution: Distribution | None = None
    weights: tuple[float, ...] = ()

    def value(self, share: float) -> Any:
        """Value below which a share of all lies, 0 to 1; they are equally likely unless told."""
        if self.distribution is not None:
            if self.kind == "range":
                return self.distribution.value(share, self.low, self.high)
            whole = round(self.distribution.value(share, self.low - 0.5, self.high + 0.5))
            return float(min(max(whole, self.low), self.high))
        if self.weights:
            position = bisect.bisect_right(list(itertools.accumulate(self.weights)), share)
            return self.values[min(position, len(self.values) - 1)]
        if self.kind == "range":
            return self.low + share * (self.high - self.low)
        count = round(self.high - self.low) + 1
        position = min(int(share * count), count - 1)
        if self.kind == "choice":
            return self.values[position]
        found = round(self.low) + position
        return str(Month(0, 1) + found) if self.kind == "month" else float(found)

    def grid(self) -> list[Any]:
        """The values that a grid takes: those listed, or `steps` of them evenly from low to high."""
        if self.kind == "choice":
            return list(self.values)
        spread = [self.low + i * (self.high - self.low) / max(1, self.steps - 1) for i in range(self.steps)]
        if self.kind == "range":
            return spread
        whole = dict.fromkeys(round(value) for value in spread)
        return [str(Month(0, 1) + value) if self.kind == "month" else float(value) for value in whole]

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers with an order, so that a slope over them means something."""
        if self.kind == "choice":
            return all(isinstance(value, float) for value in self.values)
        return self.kind != "month"

    def describe(self) -> dict[str, Any]:
        """The factor as plain values for a manifest."""
        told: dict[str, Any] = {"group": self.group, "kind": self.kind, "unit": self.unit}
        if self.kind == "choice":
            return {**told, "values": list(self.values), **({"weights": list(self.weights)} if self.weights else {})}
        ends: list[Any] = [self.low, self.high]
        if self.kind == "month":
            ends = [str(Month(0, 1) + round(end)) for end in ends]
        likely = {} if self.distribution is None else {"distribution": self.distribution.describe()}
        return {**told, "low": ends[0], "high": ends[1], **({"steps": self.steps} if self.steps else {}), **likely}


def read_factors(
    group: Group, table: object, base: Scenario, needs_steps: bool, problems: list[str], even: str = ""
) -> tuple[Factor, ...]:
    """Read the `[levers]` or `[uncertainties]` of a design.

    Args:
        group: Which of the two.
        table: Name to what it takes: "declared", "all", a list of values, {low, high, steps, beyond}, {values,
            weights}, or {distribution, its numbers, within, beyond}.
        base: Scenario that is changed; knows what exists.
        needs_steps: Whether a range must say how many values it takes (grids).
        problems: Gets a line for everything that is wrong.
        even: Kind of design whose values are all equally likely; empty for those that take distributions.
    """
    title = {"lever": "levers", "uncertainty": "uncertainties"}[group]
    table = plain(table)
    if not isinstance(table, Mapping):
        problems.append(f"{title}: {table!r} is not allowed; it must be a table of names and values")
        return ()
    known = {lever.key: lever for lever in levers()}
    found = []
    for name, spec in table.items():
        where = f"{title}.{name}"
        before = len(problems)
        if even and isinstance(spec, Mapping) and spec.keys() & {"distribution", *_WEIGHTED}:
            problems.append(
                f"{where}: a design of kind {even} has no distributions; lhs and sobol have, and others take low and "
                "high or a list of values"
            )
            continue
        if name in _NOT_VARIED:
            problems.append(f"{where}: cannot be varied; {_NOT_VARIED[name]}")
        elif name in known:
            found.append(_lever(group, known[name], spec, needs_steps, where, problems))
        elif name in base.parameters:
            found.append(_parameter(group, base.parameters.row(name), spec, needs_steps, where, problems))
        else:
            problems.append(f"{where}: unknown; {_closest(name, [*known, *_settable(base.parameters)])}")
        if len(problems) > before and found and found[-1] is None:
            found.pop()
    return tuple(factor for factor in found if factor is not None)


def _settable(parameters: Parameters) -> list[str]:
    return [row.symbol for row in parameters.rows() if row.settable]


def _closest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {', '.join(close)}?"
    return "`lastmile scenarios --levers` and `lastmile parameters` list what there is"


def _lever(
    group: Group, lever: Lever, spec: object, needs_steps: bool, where: str, problems: list[str]
) -> Factor | None:
    allowed: tuple[Any, ...] = (True, False) if lever.kind == "switch" else lever.choices
    if lever.kind == "month":
        return _months(group, lever, spec, needs_steps, where, problems)
    if spec in ("all", "declared"):
        return Factor(lever.key, group, "choice", lever.unit, 0, len(allowed) - 1, allowed)
    told = "true, false" if lever.kind == "switch" else ", ".join(allowed)
    spec, weights = _weighted(spec, where, problems)
    values = _list(spec, where, f'"all" or a list of {told}', problems)
    wrong = [value for value in values if not any(value is one or (value == one) for one in allowed)]
    wrong += [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if wrong:
        problems.append(f"{where}: {wrong[0]!r} is not allowed; it must be one of {told}")
    return _choice(group, lever.key, lever.unit, values, weights) if values and not wrong else None


def _months(
    group: Group, lever: Lever, spec: object, needs_steps: bool, where: str, problems: list[str]
) -> Factor | None:
    spec, weights = _weighted(spec, where, problems)
    if isinstance(spec, Mapping):
        if "distribution" in spec:
            problems.append(f"{where}.distribution: months have none; give low and high, or values and weights")
            return None
        steps = _check_spec(spec, needs_steps, where, problems)
        ends = [_month(spec.get(end), f"{where}.{end}", problems) for end in ("low", "high")]
        if steps is None or ends[0] is None or ends[1] is None:
            return None
        if ends[1] <= ends[0]:
            problems.append(f"{where}: high {spec['high']} must be after low {spec['low']}")
            return None
        return Factor(lever.key, group, "month", "month", ends[0].index, ends[1].index, (), steps)
    values = _list(spec, where, "a list of months, or {low, high}", problems)
    months = [_month(value, where, problems) for value in values]
    if not months or None in months:
        return None
    return _choice(group, lever.key, "month", [str(month) for month in months], weights)


def _month(value: object, where: str, problems: list[str]) -> Month | None:
    try:
        return Month.parse(str(value))
    except ValueError as error:
        problems.append(f"{where}: {error}")
        return None


def _parameter(
    group: Group, row: Parameter, spec: object, needs_steps: bool, where: str, problems: list[str]
) -> Factor | None:
    if not row.settable:
        try:
            row.check(row.value)
        except ParameterError as error:
            problems.append(f"{where}: {error}")
        return None
    if spec == "declared":
        spec = {}
    spec, weights = _weighted(spec, where, problems)
    if isinstance(spec, Mapping) and "distribution" in spec:
        return _distributed(group, row, spec, where, problems)
    if isinstance(spec, Mapping):
        return _range(group, row, spec, needs_steps, where, problems)
    values = _list(spec, where, '"declared", a list of values, or {low, high}', problems)
    before = len(problems)
    numbers = [_checked(row, value, where, problems) for value in values]
    return _choice(group, row.symbol, row.unit, numbers, weights) if numbers and len(problems) == before else None


def _weighted(spec: Any, where: str, problems: list[str]) -> tuple[Any, tuple[float, ...]]:
    """Values and weights of {values, weights}; anything else as it is."""
    if not isinstance(spec, Mapping) or not spec.keys() & {*_WEIGHTED}:
        return spec, ()
    if odd := [key for key in spec if key not in (*_WEIGHTED, "distribution")]:
        problems.append(f"{where}.{odd[0]}: unknown beside values and weights")
    if spec.get("distribution", "discrete") != "discrete":
        problems.append(f"{where}.distribution: {spec['distribution']!r} has no values and weights")
    values = spec.get("values")
    if "weights" not in spec:
        problems.append(f"{where}.weights: missing; values alone are written as a list")
        return values, ()
    count = len(values) if isinstance(values, list | tuple) else 0
    return values, read_weights(spec["weights"], count, where, problems) if count else ()


def _distributed(
    group: Group, row: Parameter, spec: Mapping[str, Any], where: str, problems: list[str]
) -> Factor | None:
    """A parameter with a distribution, cut off at the range that is declared, or at that within which it is to be."""
    before = len(problems)
    name = spec["distribution"]
    known = (*NUMBERS.get(str(name), ()), *OPTIONAL.get(str(name), {}), "distribution", "within", "beyond")
    found = read_distribution(spec, where, problems)
    if found is not None:
        problems += [f"{where}.{key}: unknown; {name} has {', '.join(known[:-3])}, within, beyond"
                     for key in spec if key not in known]  # fmt: skip
    beyond = spec.get("beyond", False)
    if not isinstance(beyond, bool):
        problems.append(f"{where}.beyond: {beyond!r} is not allowed; it must be true or false")
    ends = _ends(row, spec.get("within"), beyond is True, where, problems)
    if found is None or len(problems) > before:
        return None
    half = 0.5 if row.whole else 0.0
    if found.kept(ends[0] - half, ends[1] + half) < LEAST_KEPT:
        problems.append(
            f"{where}: less than {LEAST_KEPT:.0%} of {found.in_words()} lies within {ends[0]:g} to {ends[1]:g} "
            f"({row.unit}); write beyond = true if values outside the likely range are meant"
        )
        return None
    return Factor(row.symbol, group, "whole" if row.whole else "range", row.unit, *ends, (), 0, found)


def _ends(row: Parameter, within: object, beyond: bool, where: str, problems: list[str]) -> tuple[float, float]:
    """Where a distribution is cut off: as told, else at the declared range, else at what a parameter can be at all."""
    allowed = (row.allowed_low, row.allowed_high)
    declared = (row.low, row.high) if row.low is not None and row.high is not None and row.low < row.high else None
    if within is None:
        return allowed if beyond or declared is None else declared
    if not isinstance(within, list | tuple) or len(within) != 2:
        problems.append(f"{where}.within: {within!r} is not allowed; it must be the two ends, [low, high]")
        return allowed
    low, high = (_checked(row, value, f"{where}.within", problems) for value in within)
    if not low < high and not math.isnan(low + high):
        problems.append(f"{where}.within: {high:g} must be above {low:g}")
    elif declared and not beyond and not declared[0] <= low <= high <= declared[1] and not math.isnan(low + high):
        problems.append(
            f"{where}.within: {low:g} to {high:g} goes beyond the declared range {declared[0]:g} to {declared[1]:g} "
            f"({row.unit}); write beyond = true if that is meant"
        )
    return low, high


def _range(
    group: Group, row: Parameter, spec: Mapping[str, Any], needs_steps: bool, where: str, problems: list[str]
) -> Factor | None:
    before = len(problems)
    steps = _check_spec(spec, needs_steps, where, problems)
    declared = (row.low, row.high) if row.low is not None and row.high is not None and row.low < row.high else None
    if declared is None and not {"low", "high"} <= spec.keys():
        problems.append(f"{where}: it has no declared range; give low and high")
        return None
    low, high = (
        _checked(row, spec.get(end, declared[i] if declared else None), f"{where}.{end}", problems)
        for i, end in enumerate(("low", "high"))
    )
    if steps is None or len(problems) > before:
        return None
    if not low < high:
        problems.append(f"{where}: high {high:g} must be above low {low:g}")
        return None
    if declared and not spec.get("beyond") and not declared[0] <= low <= high <= declared[1]:
        problems.append(
            f"{where}: {low:g} to {high:g} goes beyond the declared range {declared[0]:g} to {declared[1]:g} "
            f"({row.unit}); write beyond = true beside low and high if that is meant"
        )
        return None
    return Factor(row.symbol, group, "whole" if row.whole else "range", row.unit, low, high, (), steps)


def _check_spec(spec: Mapping[str, Any], needs_steps: bool, where: str, problems: list[str]) -> int | None:
    """Check the keys of a range and return its steps (0 when it has none and needs none); None when it is wrong."""
    before = len(problems)
    for key in spec:
        if key not in _SPEC_KEYS:
            problems.append(f"{where}.{key}: unknown; a range has {', '.join(_SPEC_KEYS)}")
    if not isinstance(spec.get("beyond", False), bool):
        problems.append(f"{where}.beyond: {spec['beyond']!r} is not allowed; it must be true or false")
    steps = spec.get("steps", 0)
    if isinstance(steps, bool) or not isinstance(steps, int) or ("steps" in spec and not 2 <= steps <= 10_000):
        problems.append(f"{where}.steps: {steps!r} is not allowed; it must be a whole number from 2 to 10000")
    elif needs_steps and not steps:
        problems.append(f"{where}: a grid needs a list of values, or steps = ... beside low and high")
    return int(steps) if len(problems) == before else None


def _checked(row: Parameter, value: object, where: str, problems: list[str]) -> float:
    try:
        return row.check(value)
    except ParameterError as error:
        problems.append(f"{where}: {error}")
        return math.nan


def _list(spec: object, where: str, wanted: str, problems: list[str]) -> list[Any]:
    if not isinstance(spec, Sequence) or isinstance(spec, str) or not spec:
        problems.append(f"{where}: {spec!r} is not allowed; it must be {wanted}")
        return []
    values = list(spec)
    seen: set[str] = set()
    for value in values:
        # By their text: true and 1 are two values, and a list or a table among them must not end in a traceback.
        text = repr(plain_number(value))
        if text in seen:
            problems.append(f"{where}: {value!r} is listed twice")
            return []
        seen.add(text)
    return values


def plain_number(value: Any) -> Any:
    """A whole number as a float, as parameters are; anything else, and what no float can hold, as it is."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    try:
        return float(value)
    except OverflowError:
        return value


def _choice(group: Group, name: str, unit: str, values: Sequence[Any], weights: tuple[float, ...] = ()) -> Factor:
    return Factor(name, group, "choice", unit, 0, len(values) - 1, tuple(values), weights=weights)
