"""What comes as a surprise: prices, wages, demand and liking that leave their paths in a month, and by how much."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.geography import SEGMENTS


@dataclass(frozen=True, slots=True)
class Shock:
    """A change that begins in a month, arrives evenly, and may end again.

    Attributes:
        size: What it comes to once in full: a share, points of interest as a share, or utils.
        begins: Months from the start of the run to its first month.
        rises: Months until it has arrived in full, at least 1.
        lasts: Months after which it ends at once.
    """

    size: float = 0.0
    begins: int = 0
    rises: int = 1
    lasts: float = math.inf

    def at(self, months: int) -> float:
        """What it comes to in a month; 0 before its first and after its last.

        Args:
            months: From the start of the run, 0 first.
        """
        since = months - self.begins
        if not 0 <= since < self.lasts:
            return 0.0
        return self.size * min(1.0, (since + 1) / self.rises)


@dataclass(frozen=True, slots=True)
class Overlay:
    """All shocks that strike one thing.

    Attributes:
        shocks: The shocks.
        adds: Whether sizes add where they overlap, as points of interest do; shares act one upon the other: +50 % and
            +20 % make +80 %.
    """

    shocks: tuple[Shock, ...] = ()
    adds: bool = False

    def at(self, months: int) -> float:
        """What they come to together in a month; see `Shock.at`."""
        sizes = [size for shock in self.shocks if (size := shock.at(months)) != 0.0]
        if self.adds or len(sizes) < 2:
            return math.fsum(sizes)
        return math.prod(1.0 + size for size in sizes) - 1.0

    def __add__(self, shock: Shock) -> Overlay:
        return Overlay((*self.shocks, shock), self.adds)


def _added() -> Overlay:
    return Overlay(adds=True)


@dataclass(frozen=True, slots=True)
class Shocks:
    """What a scenario changes in the world of a run; nothing unless it says so.

    Attributes:
        fuel: Of the price of fuel, a share.
        wage_other: Of wages of private carriers, a share.
        wage_usps: Of wages of USPS, a share.
        interest: Of the interest rate, 0.01 for a point.
        demand: Of the parcels of a segment, a share, by segment; Amazon's are economy parcels.
        duty_free: Of small imports that come free of duty, a share; they are economy parcels of others than Amazon.
        disputes: Utility that shippers lose with a carrier while a labour dispute lasts, by its key.
    """

    fuel: Overlay = field(default_factory=Overlay)
    wage_other: Overlay = field(default_factory=Overlay)
    wage_usps: Overlay = field(default_factory=Overlay)
    interest: Overlay = field(default_factory=_added)
    demand: tuple[Overlay, ...] = (Overlay(),) * len(SEGMENTS)
    duty_free: Overlay = field(default_factory=Overlay)
    disputes: Mapping[str, Overlay] = field(default_factory=dict)


NO_SHOCKS = Shocks()
