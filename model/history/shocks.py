"""What comes as a surprise: fuel, wages and interest that leave their paths in a month and what they leave them by."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shock:
    """A change that begins in a month, arrives evenly, and may end again.

    Attributes:
        size: What it comes to once in full: a share, or points of interest as a share.
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
class Shocks:
    """What a scenario changes in the prices that carriers pay; nothing unless it says so.

    Attributes:
        fuel: Of the price of fuel, a share.
        wage_other: Of wages of private carriers, a share.
        wage_usps: Of wages of USPS, a share.
        interest: Of the interest rate, 0.01 for a point.
    """

    fuel: Shock = field(default_factory=Shock)
    wage_other: Shock = field(default_factory=Shock)
    wage_usps: Shock = field(default_factory=Shock)
    interest: Shock = field(default_factory=Shock)


NO_SHOCKS = Shocks()
