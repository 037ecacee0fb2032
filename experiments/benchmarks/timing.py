"""Processor time of something that is done again and again, with its spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np


class Repeatable(Protocol):
    """Something that can be done again from the same beginning."""

    def prepare(self) -> None:
        """Go back to the beginning; not timed."""

    def run(self) -> Any:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Processor seconds of something.

    Attributes:
        median: The middle one.
        low: The fastest.
        high: The slowest.
        rounds: How often it was done.
    """

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Timing:
        """Sum up measured seconds."""
        return cls(statistics.median(seconds), min(seconds), max(seconds), len(seconds))

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


def time_in_turns(things: Mapping[str, Repeatable], rounds: Mapping[str, int]) -> dict[str, Timing]:
    """Time several things in turns, so that whatever else the machine does meets all of them.

    Args:
        things: What to do, by name.
        rounds: How often to do each.

    Returns:
        Processor time of this process, by name.
    """
    seconds: dict[str, list[float]] = {name: [] for name in things}
    for turn in range(max(rounds.values())):
        for name, thing in things.items():
            if turn < rounds[name]:
                thing.prepare()
                began = time.process_time()
                thing.run()
                seconds[name].append(time.process_time() - began)
    return {name: Timing.of(values) for name, values in seconds.items()}


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Slope of log cost over log size, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
