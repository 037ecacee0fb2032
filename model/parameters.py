"""The parameters of the model: one documented number per symbol, changed only by name and only within its domain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS, ZONE_TYPES
from model.derived_parameters import DERIVED, REPORTED, inputs_of, settable_inputs_of
from model.parameter_checks import check_together, checked_overrides
from model.parameter_table import Parameter, ParameterError, read_parameters, short_text, unknown_symbol

__all__ = ["Parameter", "ParameterError", "Parameters", "read_parameters", "short_text"]


@cache
def _default_table() -> Mapping[str, Parameter]:
    return MappingProxyType(read_parameters())


@cache
def _default_inputs() -> Mapping[str, float]:
    table = _default_table().items()
    inputs = {symbol: row.value for symbol, row in table if symbol not in DERIVED and symbol not in REPORTED}
    return MappingProxyType(inputs)


@cache
def _default_lines() -> Mapping[str, str]:
    """What a checksum is taken of, by symbol in its order."""
    return MappingProxyType({symbol: _line(symbol, value) for symbol, value in sorted(_default_inputs().items())})


def _line(symbol: str, value: float) -> str:
    return f"{symbol}={value!r}\n"


class Parameters:
    """All parameters of one run: immutable, equal and hashed by value, small to pickle.

    Read them as attributes (`parameters.switching_inertia`), by name (`parameters["switching_inertia"]`) or as arrays
    (`by`, `by_type`, `by_segment`). Derived parameters are computed from the inputs when they are read.

    Attributes:
        stated: Symbols that were told by name, also where the value is the default. It is no part of the value.
        used: Symbols that were read from this object, inputs of derived ones included. It is no part of the value.
    """

    __slots__ = ("__dict__", "_arrays", "_derived", "_table", "_values", "stated", "used")

    _table: Mapping[str, Parameter]
    _values: Mapping[str, float]
    _derived: dict[str, float]
    _arrays: dict[tuple[str, tuple[str, ...], bool], NDArray[np.float64]]
    stated: frozenset[str]
    used: set[str]

    def __init__(self, overrides: Mapping[str, object] | None = None) -> None:
        """Take the defaults and change some.

        Args:
            overrides: Symbol to value.

        Raises:
            ParameterError: One line per unknown symbol, wrong type or value outside its domain, alone or together.
        """
        table = _default_table()
        values = dict(_default_inputs())
        values.update(checked_overrides(table, {} if overrides is None else overrides))
        check_together(values)
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_values", MappingProxyType(values))
        object.__setattr__(self, "_derived", {symbol: table[symbol].value for symbol in REPORTED})
        object.__setattr__(self, "_arrays", {})
        object.__setattr__(self, "stated", frozenset(overrides or ()))
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
        self._arrays.clear()
        self.__dict__.clear()  # what was read so far counts as unread

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
        return Parameters({**self._told(), **overrides})

    def _told(self) -> dict[str, float]:
        return {symbol: self._values[symbol] for symbol in sorted(self.stated)}

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
            raise KeyError(unknown_symbol(symbol, self._table))
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
            raise KeyError(unknown_symbol(symbol, self._table))
        if symbol not in self._derived:  # only while `_derive` runs; a formula may read a derived input
            self._derived[symbol] = float(DERIVED[symbol].formula(self))
        self.used.add(symbol)
        self.used.update(inputs_of(symbol))
        return self._derived[symbol]

    def __getattr__(self, symbol: str) -> float:
        if symbol.startswith("_"):  # asked for by copy and pickle before the object is built
            raise AttributeError(symbol)
        try:
            value = self[symbol]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None
        self.__dict__[symbol] = value  # phases ask thousands of times: from now on it is found without this call
        return value

    def by(self, stem: str, names: Sequence[str], *, normalise: bool = False) -> NDArray[np.float64]:
        """Values of the rows `<stem>_<name>`.

        Args:
            stem: What the symbols have in common, for example "hourly_cost".
            names: What tells them apart, for example ("amazon", "ups").
            normalise: Divide by the sum: for mixes and shares that must add to one also after a change of one row.

        Returns:
            (len(names),) float64 in the unit of the rows; read-only, for it is made once.

        Raises:
            KeyError: There is no such symbol; names close ones.
        """
        asked = stem, tuple(names), normalise
        if asked not in self._arrays:
            values = np.array([self[f"{stem}_{name}"] for name in names], dtype=np.float64)
            values = values / values.sum() if normalise else values
            values.flags.writeable = False
            self._arrays[asked] = values
        return self._arrays[asked]

    def by_type(self, stem: str, *, normalise: bool = False) -> NDArray[np.float64]:
        """Values by zone type, (3,): urban, suburban, rural. See `by`."""
        return self.by(stem, ZONE_TYPES, normalise=normalise)

    def by_segment(self, stem: str, *, normalise: bool = False) -> NDArray[np.float64]:
        """Values by segment, (3,): economy, ground, premium. See `by`."""
        return self.by(stem, SEGMENTS, normalise=normalise)

    def checksum(self) -> str:
        """SHA-256 of all input values: equal for equal parameters, in every process."""
        changed = {symbol: _line(symbol, value) for symbol, value in self.overrides.items()}
        return hashlib.sha256("".join({**_default_lines(), **changed}.values()).encode()).hexdigest()

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
        return Parameters, (self._told(),)
