"""Checks of array input, shared by the cost functions: one clear error that names field, value and what is allowed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.integer[Any]]

N_ZONE_TYPES = 3


def check_values(name: str, values: FloatArray | float, *, above: float | None = None, low: float = 0.0) -> None:
    """Refuse anything but finite float64 values in the allowed range.

    Args:
        name: Name of the field, for the message.
        values: Array of any shape, or a number.
        above: Values must be greater than this; if None, they must be at least `low`.
        low: Smallest allowed value where `above` is None.

    Raises:
        ValueError: Wrong dtype, not finite, or out of range.
    """
    if isinstance(values, np.ndarray) and values.dtype != np.float64:
        raise ValueError(f"{name} has dtype {values.dtype}; allowed: float64")
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return
    # NaN survives min and max, so that these two comparisons refuse it without another pass over the array.
    smallest, largest = float(array.min()), float(array.max())
    enough = smallest > above if above is not None else smallest >= low
    if not (enough and largest < math.inf):
        allowed = f"greater than {above:g}" if above is not None else f"at least {low:g}"
        raise ValueError(f"{name} runs from {smallest:g} to {largest:g}; allowed: finite and {allowed}")


def check_share(name: str, values: FloatArray | float) -> None:
    """Refuse shares outside 0 to 1.

    Raises:
        ValueError: Wrong dtype, not finite, or outside 0 to 1.
    """
    if not within(values, 0.0, 1.0):
        check_values(name, values)
        raise ValueError(f"{name} reaches {np.max(values):g}; allowed: 0 to 1")


def within(values: FloatArray | float, low: float, high: float) -> bool:
    """Whether all values are float64 between two bounds, NaN is not; the quick look before a search for the culprit."""
    array = np.asarray(values)
    return array.dtype == np.float64 and bool(array.min(initial=low) >= low and array.max(initial=high) <= high)


def check_shape(name: str, values: FloatArray, shape: tuple[int, ...]) -> None:
    """Refuse an array of another shape.

    Raises:
        ValueError: The shape differs.
    """
    if np.shape(values) != shape:
        raise ValueError(f"{name} has shape {np.shape(values)}; allowed: {shape}")


def check_zone_type(zone_type: IndexArray) -> None:
    """Refuse anything but a one-dimensional array of zone types 0, 1, 2.

    Raises:
        ValueError: Wrong dtype, shape or value.
    """
    if zone_type.ndim != 1 or not np.issubdtype(zone_type.dtype, np.integer):
        raise ValueError(f"zone_type is {zone_type.dtype} of shape {zone_type.shape}; allowed: integers of shape (Z,)")
    if zone_type.size and (zone_type.min() < 0 or zone_type.max() >= N_ZONE_TYPES):
        raise ValueError(f"zone_type runs from {zone_type.min()} to {zone_type.max()}; allowed: 0, 1, 2")
