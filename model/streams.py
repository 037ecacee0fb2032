"""Named random streams: one generator for each (seed, purpose, owner, month).

A long shared stream would shift with every extra draw. Here an extra draw by one agent, or one more agent, changes
nobody else's numbers, and two scenarios with one seed share the world's luck until they differ.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import DTypeLike, NDArray

from agents.calendar import Month

Key = NDArray[np.uint64]


class _KnownKey(ISeedSequence):
    """Hands a known key to a generator; given the key alone, NumPy asks the system for entropy that nobody uses."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def generate_state(self, n_words: int, dtype: DTypeLike = np.uint32) -> Key:
        """The key."""
        return self._key


class Streams:
    """Hands out generators that depend on nothing but their names.

    Args:
        seed: Replication seed, any integer.
    """

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)

    def generator(self, purpose: str, month: Month | None = None, owner: str = "") -> np.random.Generator:
        """Return the generator of one purpose, owner and month.

        Args:
            purpose: What is drawn, for example "reconsider".
            month: The month of the draw, None for draws at the start.
            owner: Who draws, for example a carrier's key; empty for draws over an array (one per row, new rows last).

        Returns:
            A fresh generator: asking twice gives the same numbers twice.
        """
        name = f"{self.seed}|{purpose}|{owner}|{'' if month is None else month}"
        digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
        key = _KnownKey(np.frombuffer(digest, dtype=np.uint64))
        return np.random.Generator(np.random.Philox(key))  # type: ignore[arg-type]  # the stubs know no ISeedSequence
