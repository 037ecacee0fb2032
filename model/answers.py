"""What parties may answer: a decision that is not possible stops the run with one sentence that says whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.asked import AnswerError, last_asked, told
from agents.calendar import Month
from agents.rules.capacity import CapacityOrder

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
ROUNDING = 1e-9  # what arithmetic may add to a limit
SHARE_ROUNDING = 1e-6  # what it may add to a sum of many shares


def checked(who: str, what: str, values: Any, shape: tuple[int, ...], most: Floats | float = np.inf) -> Floats:
    """An answer of a party in numbers that are at least 0.

    Args:
        who: Key of the party.
        what: What it decided, for example "parcels handed over".
        values: Its answer.
        shape: Shape that it must have.
        most: Largest value allowed, one number or an array of that shape.

    Raises:
        AnswerError: It has another shape, or a number is missing, negative or above what is allowed.
    """
    found = _numbers(who, what, values, shape)
    largest = most * (1.0 + ROUNDING) + ROUNDING
    if found.size and isinstance(largest, float) and found.min() >= 0.0 and found.max() <= largest:
        return found  # the usual case, without arrays of its size
    possible = (found >= 0.0) & (found <= largest)
    if not possible.all():
        place = np.unravel_index(int(np.argmin(possible)), shape)
        limit = np.broadcast_to(most, shape)[place]
        at = f" at ({', '.join(map(str, place))})" if shape else ""
        raise AnswerError(f"{who}: {what} is {found[place]:g}{at}; allowed: 0 to {limit:g}")
    return found


def _numbers(who: str, what: str, values: Any, shape: tuple[int, ...]) -> Floats:
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise AnswerError(f"{who}: {what} is {told(values)}; allowed: numbers of shape {shape}") from None
    if found.shape != shape:
        raise AnswerError(f"{who}: {what} has shape {found.shape}; allowed: {shape}")
    return found


def dated(error: AnswerError, month: Month) -> AnswerError:
    """The same error with the month of the answer, and with the method where a class of one's own has answered."""
    method = last_asked(str(error).partition(":")[0])
    known = method is None or " answers " in str(error)
    return AnswerError(f"{error} ({month})" if known else f"{error} ({method}, {month})")


def checked_number(who: str, what: str, values: Any, shape: tuple[int, ...]) -> Floats:
    """An answer of a party in numbers of either sign.

    Raises:
        AnswerError: It has another shape, or a number is missing.
    """
    found = _numbers(who, what, values, shape)
    if np.isnan(found).any():
        at = ", ".join(map(str, np.unravel_index(int(np.argmax(np.isnan(found))), shape)))
        raise AnswerError(f"{who}: {what} is nan at ({at}); allowed: a number")
    return found


def checked_order(who: str, order: CapacityOrder, zones: int, room: float = np.inf) -> CapacityOrder:
    """A capacity order that can be placed.

    Args:
        who: Key of the carrier.
        order: What it orders.
        zones: Number of zones, Z.
        room: Annual parcels of capacity that it can order.

    Raises:
        AnswerError: Capacity, coverage or capital has another shape, is missing or negative, or there is more capacity
            than it can order or more coverage than households.
    """
    parcels = checked(who, "capacity ordered", order.annual_parcels, (zones,))
    total = float(parcels.sum())
    if not total <= room * (1.0 + ROUNDING) + ROUNDING or np.isinf(total):
        raise AnswerError(f"{who}: capacity ordered is {total:g} annual parcels in all; allowed: 0 to {room:g}")
    coverage = checked(who, "coverage once its order stands", order.coverage, (zones,), 1.0)
    capital = float(checked(who, "capital of its order", order.capital, ()))
    return replace(order, annual_parcels=parcels, coverage=coverage, capital=capital)


def checked_shares(who: str, what: str, values: Any, shape: tuple[int, ...], axis: int) -> Floats:
    """An answer of a party in shares that sum to 1 along an axis.

    Raises:
        AnswerError: It has another shape, or a share is missing, negative or above 1, or they sum to something else.
    """
    found = _numbers(who, what, values, shape)
    total = found.sum(axis=axis)
    if found.size and found.min() >= 0.0 and np.abs(total - 1.0).max() <= ROUNDING:
        return found  # the usual case: what is never negative is nowhere more than its sum
    found = checked(who, what, found, shape, 1.0)
    wrong = np.abs(total - 1.0) > SHARE_ROUNDING
    if wrong.any():
        place = np.unravel_index(int(np.argmax(wrong)), total.shape)
        at = ", ".join(map(str, place))
        raise AnswerError(f"{who}: {what} sums to {total[place]:g} at ({at}); allowed: 1")
    return found


def chosen_carriers(who: str, what: str, values: Any, allowed: Bools) -> NDArray[np.int8]:
    """An answer of a party that names one carrier for each of some rows.

    Args:
        who: Key of the party.
        what: What it decided.
        values: Its answer.
        allowed: Which carriers a row may name, (n, K).

    Raises:
        AnswerError: It is no array of so many integers, or names a carrier that is not allowed.
    """
    found, (size, count) = np.asarray(values), allowed.shape
    if found.shape != (size,) or found.dtype.kind not in "iu":
        raise AnswerError(
            f"{who}: {what} is {found.dtype} of shape {found.shape}; allowed: integers of shape ({size},)"
        )
    known = (found >= 0) & (found < count)
    possible = known & allowed[np.arange(size), np.where(known, found, 0)]
    if not possible.all():
        row = int(np.argmin(possible))
        names = ", ".join(map(str, np.flatnonzero(allowed[row])))
        raise AnswerError(f"{who}: {what} is {found[row]} at ({row}); allowed: {names}")
    return found.astype(np.int8)


def chosen_places(who: str, what: str, values: Any, shape: tuple[int, ...], allowed: Bools | bool = True) -> Bools:
    """An answer of a party that says yes or no to each place of an array.

    Args:
        who: Key of the party.
        what: What it decided.
        values: Its answer.
        shape: Shape that it must have.
        allowed: Where it may say yes, one for all or an array of that shape.

    Raises:
        AnswerError: It is no array of booleans of that shape, or says yes where it may not.
    """
    found = np.asarray(values)
    if found.shape != shape or found.dtype != np.bool_:
        raise AnswerError(f"{who}: {what} is {found.dtype} of shape {found.shape}; allowed: bool of shape {shape}")
    if allowed is not True and (beyond := found & ~np.asarray(allowed)).any():
        at = ", ".join(map(str, np.unravel_index(int(np.argmax(beyond)), shape)))
        raise AnswerError(f"{who}: {what}: yes at ({at}), where there is nothing to decide; allowed: no")
    return found


def chosen_rows(who: str, what: str, values: Any, size: int) -> list[int]:
    """An answer of a party that says yes or no to each of some things: the positions of the yeses.

    Raises:
        AnswerError: It is no array of so many booleans.
    """
    return [int(row) for row in np.flatnonzero(chosen_places(who, what, values, (size,)))]
