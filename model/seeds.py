"""Seeds: whatever Mesa and NumPy take for one becomes a whole number, which is kept so that the run can be repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.parameter_table import short_text
from model.plain_values import plain

FIRST_SEED = 1
MAX_SEED = 2**31 - 1
# A seed that is made lies well below the largest, so that others can follow it.
_MADE_BELOW = 2**30

#: What Mesa and NumPy take for a seed.
type Seed = (
    int
    | np.integer
    | Sequence[int]
    | NDArray[np.integer]
    | np.random.SeedSequence
    | np.random.Generator
    | np.random.BitGenerator
    | np.random.RandomState
    | None
)


class SeedError(ValueError):
    """What was given is no seed; the message says what is."""


def make_seed(given: object) -> int:
    """A seed of everything that Mesa and NumPy take for one.

    Args:
        given: A whole number: up to `MAX_SEED` it is the seed itself. None: a new one. A larger number, a sequence of
            whole numbers or a `SeedSequence`: one that follows from it, the same every time. A generator: the next that
            it draws.

    Returns:
        The seed, 0 to `MAX_SEED`; give it again, and the run is the same.

    Raises:
        SeedError: It is none of these: true or false, a negative number, a fraction, a text.
    """
    if isinstance(given, np.random.BitGenerator):
        given = np.random.Generator(given)
    if isinstance(given, np.random.Generator):
        return int(given.integers(_MADE_BELOW))
    if isinstance(given, np.random.RandomState):
        return int(given.randint(_MADE_BELOW))
    if not isinstance(given, np.random.SeedSequence):
        entropy = plain(given)
        if _is_seed(entropy) and entropy <= MAX_SEED:
            return int(entropy)
        listed = isinstance(entropy, list) and bool(entropy) and all(_is_seed(one) for one in entropy)
        if not (given is None or _is_seed(entropy) or listed):
            raise SeedError(
                f"rng: {short_text(given)} is not allowed; a seed is a whole number of at least 0, several of them, "
                "None for a new one, or a SeedSequence or generator of NumPy"
            )
        given = np.random.SeedSequence(entropy)
    return int(given.generate_state(1)[0]) % _MADE_BELOW


def seed_made(given: Any) -> Any:
    """The first of a row of seeds: a seed made of what is no number; what is a number or no seed comes back as it is.

    Verbs call it before they check: a number that a person typed is theirs to mend, not to be replaced.
    """
    if isinstance(plain(given), int | float | str):
        return given
    try:
        return make_seed(given)
    except SeedError:
        return given


def _is_seed(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
