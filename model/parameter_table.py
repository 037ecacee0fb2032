"""The table of parameters: what each row says, and what values it may take."""

from __future__ import annotations

import difflib
import fnmatch
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from model.derived_parameters import DERIVED, REPORTED, settable_inputs_of
from model.plain_values import plain
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
        value = plain(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
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
    patterns = [(re.compile(fnmatch.translate(row["pattern"])), row) for row in ranges if row["applies_to"] == "symbol"]
    units = {row["pattern"]: row for row in ranges if row["applies_to"] == "unit"}
    return {row["symbol"]: _parameter(row, units, patterns) for row in rows}


def _parameter(
    row: Mapping[str, Any],
    units: Mapping[str, Mapping[str, Any]],
    patterns: Sequence[tuple[re.Pattern[str], Mapping[str, Any]]],
) -> Parameter:
    symbol, unit = row["symbol"], row["unit"]
    if unit not in units:
        raise DataError(f"{PARAMETER_FILE}, {symbol}, column unit: {unit!r} has no row in {RANGE_FILE}")
    domain = [units[unit], *(found for pattern, found in patterns if pattern.match(symbol))][-1]
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


def unknown_symbol(symbol: object, table: Mapping[str, Parameter]) -> str:
    """That there is no such parameter, with the closest ones there are."""
    near = difflib.get_close_matches(symbol, table, n=3, cutoff=0.0) if isinstance(symbol, str) else []
    return f"unknown parameter {short_text(symbol)}" + (f"; the closest are {', '.join(near)}" if near else "")


def short_text(value: object) -> str:
    """A value as an error message shows it: never more than one short line."""
    try:
        shown = ascii(value)
    except Exception:  # a value of a stranger's class, or an integer too long to print
        shown = f"<{type(value).__name__}>"
    return shown if len(shown) <= 60 else shown[:57] + "..."
