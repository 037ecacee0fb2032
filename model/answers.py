"""What parties may answer: a decision that is not possible stops the run with one sentence that says whose it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ROUNDING = 1e-9  # what arithmetic may add to a limit


class AnswerError(ValueError):
    """A party decided what is not possible; the message names the party, the decision and what is allowed."""


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
    found = np.asarray(values, dtype=np.float64)
    if found.shape != shape:
        raise AnswerError(f"{who}: {what} has shape {found.shape}; allowed: {shape}")
    possible = (found >= 0.0) & (found <= most * (1.0 + ROUNDING) + ROUNDING)
    if not possible.all():
        place = np.unravel_index(int(np.argmin(possible)), shape)
        limit = np.broadcast_to(most, shape)[place]
        at = ", ".join(map(str, place))
        raise AnswerError(f"{who}: {what} is {found[place]:g} at ({at}); allowed: 0 to {limit:g}")
    return found


def chosen_rows(who: str, what: str, values: Any, size: int) -> list[int]:
    """An answer of a party that says yes or no to each of some things: the positions of the yeses.

    Raises:
        AnswerError: It is no array of so many booleans.
    """
    found = np.asarray(values)
    if found.shape != (size,) or found.dtype != np.bool_:
        raise AnswerError(f"{who}: {what} is {found.dtype} of shape {found.shape}; allowed: bool of shape ({size},)")
    return [int(row) for row in np.flatnonzero(found)]
