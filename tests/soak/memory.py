"""Memory of a process and its children, and whether it stays where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import linregress

FLAT_SHARE = 0.05  # a growth of less than this share in an hour counts as none


@dataclass(frozen=True)
class Sample:
    """What was found at one moment.

    Attributes:
        minute: Since the first visitor came.
        bytes: Memory of the server and its children; what processes share is counted once.
        processes: How many they are.
        sessions: Sessions on the server.
    """

    minute: float
    bytes: int
    processes: int
    sessions: int


@dataclass(frozen=True)
class Trend:
    """A line through the samples after the settling.

    Attributes:
        level: Median, bytes.
        slope: Growth by the line, bytes an hour.
        error: Standard error of the slope, bytes an hour.
        samples: How many there were.
    """

    level: float
    slope: float
    error: float
    samples: int

    @property
    def is_flat(self) -> bool:
        """Whether the growth of an hour is a small share of the level."""
        return self.slope < FLAT_SHARE * self.level


def family(pid: int) -> list[int]:
    """A process and all that come from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [one for child in task.read_text().split() for one in family(int(child))]
        except OSError:  # ended meanwhile
            continue
    return found


def memory_of(pids: Sequence[int]) -> int:
    """Bytes of processes, proportional set size: a page that several share counts once."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:  # ended meanwhile
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def trend(samples: Sequence[Sample], from_minute: float) -> Trend | None:
    """The line through the samples from a minute on; None where there are fewer than three."""
    kept = [one for one in samples if one.minute >= from_minute]
    if len(kept) < 3:
        return None
    sizes = np.array([one.bytes for one in kept], dtype=float)
    line = linregress([one.minute / 60 for one in kept], sizes)
    return Trend(float(np.median(sizes)), float(line.slope), float(line.stderr), len(kept))
