"""The parameters of the model: one documented number per symbol, changed only by name and only within its domain."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS, ZONE_TYPES
from model.derived_parameters import DERIVED, REPORTED, inputs_of, settable_inputs_of
from model.tables import DataError, choice, number, read_table, text

PARAMETER_FILE = "parameters.csv"
RANGE_FILE = "allowed_ranges.csv"
STATUSES = ("sourced", "estimate", "derived", "choice")
USES = {
    "input": "the market reads it",
    "reference": "it is a published value or a size of the model to compare results with; the market does not read it",
    "planned": "the mechanism that will read it is not built yet",
}

_PARAMETER_COLUMNS = {
    "symbol": text(),
    "name": text(),
    "value": number(),
    "low": number(required=False),
    "high": number(required=False),
    "unit": text(),
    "use": choice(*USES),
    "status": choice(*STATUSES),
    "source": text(required=False),
    "note": text(required=False),
}
_RANGE_COLUMNS = {
    "applies_to": choice("unit", "symbol"),
    "pattern": text(),
    "allowed_low": number(),
    "allowed_high": number(),
    "whole": choice("yes", "no"),
    "why": text(),
}


class ParameterError(ValueError):
    """Values that a parameter cannot take; one line per problem."""


@dataclass(frozen=True)
class Parameter:
    """One row of the parameter table.

    Attributes:
        symbol: Name in code.
        name: Meaning in one line.
        value: Default value.
        low: Lower end of the prior range that designs sample; None where nothing is sampled.
        high: Upper end of the prior range.
        unit: Unit of the value.
        use: One of `USES`.
        status: One of `STATUSES`.
        source: Source id or formula, may be empty.
        note: Remark, may be empty.
        allowed_low: Smallest value that validation accepts; wider than the prior range.
        allowed_high: Largest value that validation accepts.
        whole: Whether only whole numbers are accepted.
    """

    symbol: str
    name: str
    value: float
    low: float | None
    high: float | None
    unit: str
    use: str
    status: str
    source: str
    note: str
    allowed_low: float
    allowed_high: float
    whole: bool

    @property
    def settable(self) -> bool:
        """Whether it is an input that can be set; the others follow from inputs or move nothing."""
        return self.use == "input" and self.symbol not in DERIVED and self.symbol not in REPORTED

    @property
    def allowed(self) -> str:
        """What is accepted, in words."""
        kind = "a whole number" if self.whole else "a number"
        if self.allowed_low == self.allowed_high:
            return f"{self.allowed_low:g} (fixed)"
        return f"{kind} from {self.allowed_low:,.12g} to {self.allowed_high:,.12g} ({self.unit})"

    def check(self, value: object) -> float:
        """Return a proposed value as a float.

        Raises:
            ParameterError: It is derived, no number, not finite, not whole or outside the domain.
        """
        if self.symbol in DERIVED:
            inputs = ", ".join(settable_inputs_of(self.symbol))
            raise ParameterError(f"{self.symbol} cannot be set: it is computed from {inputs}; set those instead")
        if self.symbol in REPORTED:
            raise ParameterError(f"{self.symbol} cannot be set: {REPORTED[self.symbol]}")
        if self.use != "input":
            raise ParameterError(f"{self.symbol} cannot be set: {USES[self.use]}")
        if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
            raise ParameterError(
                f"{self.symbol} = {short_text(value)}: a {type(value).__name__}; it must be {self.allowed}"
            )
        try:
            found = float(value)
        except (OverflowError, ValueError):
            found = math.inf
        inside = self.allowed_low <= found <= self.allowed_high
        if not math.isfinite(found) or not inside or (self.whole and found != round(found)):
            raise ParameterError(f"{self.symbol} = {short_text(value)}: it must be {self.allowed}")
        return found + 0.0  # turns -0.0 into 0.0, so that equal values have equal checksums


def read_parameters(folder: Traversable | None = None) -> dict[str, Parameter]:
    """Read the parameter table and the allowed ranges, by symbol and in file order.

    Raises:
        DataError: A file is wrong, a row has no allowed range, or its numbers contradict each other.
    """
    rows = read_table(PARAMETER_FILE, _PARAMETER_COLUMNS, key=("symbol",), folder=folder)
    ranges = read_table(RANGE_FILE, _RANGE_COLUMNS, key=("applies_to", "pattern"), folder=folder)
    return {row["symbol"]: _parameter(row, ranges) for row in rows}


def _parameter(row: Mapping[str, Any], ranges: Sequence[Mapping[str, Any]]) -> Parameter:
    symbol, unit = row["symbol"], row["unit"]
    by_unit = [r for r in ranges if r["applies_to"] == "unit" and r["pattern"] == unit]
    by_symbol = [r for r in ranges if r["applies_to"] == "symbol" and fnmatch.fnmatchcase(symbol, r["pattern"])]
    if not by_unit:
        raise DataError(f"{PARAMETER_FILE}, {symbol}, column unit: {unit!r} has no row in {RANGE_FILE}")
    domain = (by_unit + by_symbol)[-1]
    parameter = Parameter(
        **{**row, "source": row["source"] or "", "note": row["note"] or ""},
        allowed_low=domain["allowed_low"],
        allowed_high=domain["allowed_high"],
        whole=domain["whole"] == "yes",
    )
    if (parameter.low is None) != (parameter.high is None):
        raise DataError(f"{PARAMETER_FILE}, {symbol}: low and high must both be given or both be empty")
    if parameter.settable:
        for column in ("low", "value", "high"):
            if row[column] is not None:
                try:
                    parameter.check(row[column])
                except ParameterError as error:
                    raise DataError(f"{PARAMETER_FILE}, {symbol}, column {column}: {error}") from None
    low, high = parameter.low, parameter.high
    if low is not None and high is not None and not low <= parameter.value <= high:
        raise DataError(f"{PARAMETER_FILE}, {symbol}, column value: {parameter.value:g} is not within low to high")
    return parameter


@cache
def _default_table() -> Mapping[str, Parameter]:
    return MappingProxyType(read_parameters())


class Parameters:
    """All parameters of one run: immutable, equal and hashed by value, small to pickle.

    Read them as attributes (`parameters.switching_inertia`), by name (`parameters["switching_inertia"]`) or as arrays
    (`by`, `by_type`, `by_segment`). Derived parameters are computed from the inputs when they are read.

    Attributes:
        used: Symbols that were read from this object, inputs of derived ones included. It is no part of the value.
    """

    __slots__ = ("_derived", "_table", "_values", "used")

    _table: Mapping[str, Parameter]
    _values: Mapping[str, float]
    _derived: dict[str, float]
    used: set[str]

    def __init__(self, overrides: Mapping[str, object] | None = None) -> None:
        """Take the defaults and change some.

        Args:
            overrides: Symbol to value.

        Raises:
            ParameterError: One line per unknown symbol, wrong type or value outside its domain, alone or together.
        """
        table = _default_table()
        values = {
            symbol: row.value for symbol, row in table.items() if symbol not in DERIVED and symbol not in REPORTED
        }
        values.update(_validated(table, {} if overrides is None else overrides))
        _check_together(values)
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_values", MappingProxyType(values))
        object.__setattr__(self, "_derived", {symbol: table[symbol].value for symbol in REPORTED})
        object.__setattr__(self, "used", set())
        self._derive()

    def _derive(self) -> None:
        """Compute the derived parameters, which must lie in their domains too."""
        problems: list[str] = []
        for symbol in DERIVED:
            value, row = self[symbol], self._table[symbol]
            if not row.allowed_low <= value <= row.allowed_high:
                inputs = ", ".join(settable_inputs_of(symbol))
                problems.append(f"{symbol} would be {value:g}; it must be {row.allowed}; it is computed from {inputs}")
        if problems:
            raise ParameterError("\n".join(problems))
        self.used.clear()

    @classmethod
    def default(cls) -> Parameters:
        """The values of the parameter table."""
        return cls()

    def with_overrides(self, overrides: Mapping[str, object]) -> Parameters:
        """These parameters with some values changed.

        Raises:
            ParameterError: One line per unknown symbol, wrong type or value outside its domain.
        """
        if not isinstance(overrides, Mapping):
            raise ParameterError(f"parameters must be a table of symbol = value, not a {type(overrides).__name__}")
        return Parameters({**self.overrides, **overrides})

    @property
    def overrides(self) -> dict[str, float]:
        """Values that differ from the defaults, by symbol and in table order."""
        return {symbol: value for symbol, value in self._values.items() if value != self._table[symbol].value}

    def row(self, symbol: str) -> Parameter:
        """The documentation of a parameter; its `value` is the default.

        Raises:
            KeyError: There is no such symbol; names close ones.
        """
        if symbol not in self._table:
            raise KeyError(_unknown(symbol, self._table))
        return self._table[symbol]

    def rows(self) -> tuple[Parameter, ...]:
        """The documentation of all parameters, in table order."""
        return tuple(self._table.values())

    @property
    def symbols(self) -> tuple[str, ...]:
        """All symbols, in the order of the file."""
        return tuple(self._table)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._table

    def __getitem__(self, symbol: str) -> float:
        if symbol in self._values:
            self.used.add(symbol)
            return self._values[symbol]
        if symbol not in self._table:
            raise KeyError(_unknown(symbol, self._table))
        if symbol not in self._derived:  # only while `_derive` runs; a formula may read a derived input
            self._derived[symbol] = float(DERIVED[symbol].formula(self))
        self.used.add(symbol)
        self.used.update(inputs_of(symbol))
        return self._derived[symbol]

    def __getattr__(self, symbol: str) -> float:
        if symbol.startswith("_"):  # asked for by copy and pickle before the object is built
            raise AttributeError(symbol)
        if symbol in self._values:  # the usual case, without another call: phases ask thousands of times
            self.used.add(symbol)
            return self._values[symbol]
        try:
            return self[symbol]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def by(self, stem: str, names: Sequence[str], *, normalise: bool = False) -> NDArray[np.float64]:
        """Values of the rows `<stem>_<name>`.

        Args:
            stem: What the symbols have in common, for example "hourly_cost".
            names: What tells them apart, for example ("amazon", "ups").
            normalise: Divide by the sum: for mixes and shares that must add to one also after a change of one row.

        Returns:
            (len(names),) float64 in the unit of the rows.

        Raises:
            KeyError: There is no such symbol; names close ones.
        """
        values = np.array([self[f"{stem}_{name}"] for name in names], dtype=np.float64)
        return values / values.sum() if normalise else values

    def by_type(self, stem: str, *, normalise: bool = False) -> NDArray[np.float64]:
        """Values by zone type, (3,): urban, suburban, rural. See `by`."""
        return self.by(stem, ZONE_TYPES, normalise=normalise)

    def by_segment(self, stem: str, *, normalise: bool = False) -> NDArray[np.float64]:
        """Values by segment, (3,): economy, ground, premium. See `by`."""
        return self.by(stem, SEGMENTS, normalise=normalise)

    def checksum(self) -> str:
        """SHA-256 of all input values: equal for equal parameters, in every process."""
        lines = (f"{symbol}={value!r}\n" for symbol, value in sorted(self._values.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"parameters cannot be changed in place: use with_overrides({{{name!r}: ...}})")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("parameters cannot be changed in place")

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, Parameters) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.overrides.items()))

    def __repr__(self) -> str:
        return f"Parameters({self.overrides})"

    def __reduce__(self) -> tuple[type[Parameters], tuple[dict[str, float]]]:
        return Parameters, (self.overrides,)


def _validated(table: Mapping[str, Parameter], overrides: Mapping[Any, object]) -> dict[str, float]:
    values: dict[str, float] = {}
    problems: list[str] = []
    for symbol, value in overrides.items():
        if not isinstance(symbol, str) or symbol not in table:
            problems.append(_unknown(symbol, table))
            continue
        try:
            values[symbol] = table[symbol].check(value)
        except ParameterError as error:
            problems.append(str(error))
    if problems:
        raise ParameterError("\n".join(problems))
    return values


_ORDERED = (
    ("enterprise_size_min", "enterprise_size_max"),
    ("congestion_threshold", "congestion_reference"),
    ("n_enterprise_shippers", "n_shippers"),
    ("smartpost_move_start", "smartpost_move_end"),
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


def _check_together(values: Mapping[str, float]) -> None:
    """Refuse values that are each allowed but make no sense together."""
    problems = [
        f"{small} = {values[small]:g} must be below {large} = {values[large]:g}"
        for small, large in _ORDERED
        if not values[small] < values[large]
    ]
    for pattern in _NOT_ALL_ZERO:
        if not any(values[symbol] for symbol in fnmatch.filter(values, pattern)):
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


def _unknown(symbol: object, table: Mapping[str, Parameter]) -> str:
    near = difflib.get_close_matches(symbol, table, n=3, cutoff=0.0) if isinstance(symbol, str) else []
    return f"unknown parameter {short_text(symbol)}" + (f"; the closest are {', '.join(near)}" if near else "")


def short_text(value: object) -> str:
    """A value as an error message shows it: never more than one short line."""
    try:
        shown = ascii(value)
    except Exception:  # a value of a stranger's class, or an integer too long to print
        shown = f"<{type(value).__name__}>"
    return shown if len(shown) <= 60 else shown[:57] + "..."
