"""Parties that act otherwise than usual because a test is about what follows from that: the treatments.

None of them is a rule of the model. Each does one thing that a study assumes or an experiment imposes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.amazon import Amazon
from agents.bargaining import Sale, SellerLimits
from agents.calendar import JULY, Month
from agents.carriers import Carrier
from agents.geography import SEGMENTS
from agents.rivals import FedEx, Ups
from agents.rules.sourcing import MonthToSource, Sourcing
from agents.usps import Usps

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
HALF, DOUBLE = 0.5, 1.0
LETTER_RISE = 0.10
#: Part of Amazon's parcels at UPS that makes up a fifth of what UPS delivers.
A_FIFTH_OF_UPS = 0.84
UPS_AMONG_RIVALS = 0


class _Dearer(Carrier):
    """A carrier that raises all prices once, in the first month of the run, and acts as usual from then on."""

    rise = HALF
    _risen = False

    def price_change(self, announced: Floats | None) -> Floats | None:
        """Growth of its paid prices this month by segment, (S,): what is usual, and once the rise."""
        usual = super().price_change(announced)
        if self._risen:
            return usual
        self._risen = True
        plain = np.zeros(len(SEGMENTS)) if usual is None else usual
        return np.asarray((1.0 + plain) * (1.0 + self.rise) - 1.0)


class DearerUsps(_Dearer, Usps):
    """USPS with all parcel prices raised by half: lists, what it publishes for access, and what it signs at least."""

    def price_cap(self, rivals: Floats, start: Floats) -> Floats:
        """None: the study lets USPS ask more than its rivals, $ per parcel, (S,)."""
        return np.full_like(start, np.inf)

    def seller_limits(self, sale: Sale) -> SellerLimits:
        """Lowest prices at which it sells access by slice: raised as its lists are."""
        usual = super().seller_limits(sale)
        return SellerLimits(usual.floor * (1.0 + self.rise), usual.limit * (1.0 + self.rise))


class TwiceAsDearUsps(DearerUsps):
    """The same with all prices doubled."""

    rise = DOUBLE


class DearerUps(_Dearer, Ups):
    """UPS when it follows a rise of USPS by half."""


class DearerFedEx(_Dearer, FedEx):
    """FedEx when it follows."""


class DearerLetters(Usps):
    """USPS with letter prices a tenth higher from the first July that was not announced."""

    _risen = False

    def mail_price_increase(self) -> float:
        """Yearly change of mail prices: what is usual, and once a tenth more."""
        usual = super().mail_price_increase()
        if self._risen or self.world.month < Month(2026, JULY):
            return usual
        self._risen = True
        return (1.0 + usual) * (1.0 + LETTER_RISE) - 1.0


class KeepsItsReach(Amazon):
    """Amazon that takes no address more into its own network, and builds what growth needs where it delivers."""

    def leaves_with_usps(self, price: float, now: Month | None = None) -> Bools:
        """Slices that it means to leave with USPS: all, (L,)."""
        return np.ones(len(self.memory.slices.volume), dtype=np.bool_)

    def leaves_open(self, now: Month) -> Bools:
        """Slices that it means to leave with USPS while no contract is signed: all, (L,)."""
        return self.leaves_with_usps(0.0)


class LeavesUps(Amazon):
    """Amazon that takes so many parcels from UPS at once that UPS loses a fifth of what it delivers."""

    def uses_contracts(self) -> None:
        """Decide what its contracts carry this month; that with UPS a part of what is usual."""
        super().uses_contracts()
        with_rivals = self.memory.with_rivals.copy()
        with_rivals[UPS_AMONG_RIVALS] *= 1.0 - A_FIFTH_OF_UPS
        self._remember(with_rivals=with_rivals)

    def sources(self, case: MonthToSource) -> Sourcing:
        """Place the parcels of a month; none beyond the contract with UPS."""
        spare: Any = case.spare.copy()
        spare[UPS_AMONG_RIVALS] = 0.0
        return super().sources(replace(case, spare=spare))
