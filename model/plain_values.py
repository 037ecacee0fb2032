"""Values that people bring from other libraries, as built-in types: every door takes them through here."""

from __future__ import annotations

import os
from collections.abc import Iterator, KeysView, Mapping, Sequence, ValuesView
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

_PLAIN = (float, int, str, bool, type(None))


def plain(value: Any) -> Any:
    """A value as built-in types say it: what tables of TOML and JSON could hold, and dates by their month.

    Scalars of numpy and pandas become numbers, texts and booleans; `Decimal` and `Fraction` become floats; a date, a
    timestamp or a monthly period becomes its month, "2026-10"; arrays, columns, tuples, ranges and iterators become
    lists; a frame becomes a list of its rows; a path becomes its text; members of an enumeration become their value.
    Mappings and lists are gone through.

    Args:
        value: Anything.

    Returns:
        The same in built-in types. What belongs to the market (a scenario, a month), has no order (a set), or is not
        known here comes back as it is, for whoever checks it to name.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, np.generic | np.ndarray):
        return _of_numpy(value)
    if isinstance(value, date):
        return f"{value.year:04d}-{value.month:02d}" if isinstance(value.year, int) else value  # no date has nan
    if isinstance(value, Decimal | Fraction):
        return float(value)
    if isinstance(value, str | int | float):  # of a class of its own
        return next(kind(value) for kind in (str, int, float) if isinstance(value, kind))
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence | Iterator | KeysView | ValuesView) and not isinstance(
        value, bytes | bytearray | memoryview
    ):
        # A named tuple is a value of its own class.
        return value if hasattr(value, "_fields") else [plain(one) for one in value]
    return _of_library(value)


def _of_numpy(value: Any) -> Any:
    if value.dtype.kind == "M":  # here, because `tolist` makes a number of a date with nanoseconds
        return value if np.isnat(value).any() else value.astype("datetime64[M]").astype(str).tolist()
    if value.dtype.kind == "f":
        return value.astype(np.float64).tolist()  # a longer float would come back as it is
    return [plain(one) for one in value.tolist()] if value.dtype.kind == "O" and value.shape else value.tolist()


def _of_library(value: Any) -> Any:
    """Values of pandas and of libraries like it, by what they can do: none of them is loaded for this."""
    if type(value).__name__ == "Period" and getattr(value, "freqstr", "")[:1] == "M":
        return f"{value.year:04d}-{value.month:02d}"
    if hasattr(value, "columns") and callable(getattr(value, "to_dict", None)):
        return [plain(row) for row in value.to_dict("records")]
    for name in ("to_list", "tolist", "to_pylist"):
        if callable(turn := getattr(value, name, None)):
            return plain(turn())
    return value
