"""Amazon: one agent with two faces, the country's largest shipper and a carrier, and one set of books."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.capacity import whole_stations
from agents.carriers import Carrier

Floats = NDArray[np.float64]


class Amazon(Carrier):
    """Delivers the densest addresses itself and buys access for the rest."""

    hands_over = False  # what it leaves with USPS its contract says
    always_closes = True
    moves_price = True
    #: Whether its yearly build limit binds (a scenario may lift it).
    build_limit_applies: bool = True
    #: Share of what it means to take from USPS that it orders in one quarter; 1 where an exit is imposed.
    adjust_speed: float = 1.0

    def expected_volume(self, months: int) -> Floats:
        """Parcels a year that it expects to deliver itself: all that it ships less what contracts carry, (Z,)."""
        books = self.world.own_books(self.index)
        then = self.world.month + months
        shipped = self.world.amazon_parcels_expected(then)
        own = np.maximum(shipped - self.world.amazon_outsourced(then), 0.0)
        others = np.maximum(books.annual_volume - self.world.amazon_own_volume(), 0.0)
        return own + others

    def yearly_build_limit(self) -> float:
        """Annual parcels of capacity that it can add in a year, growth and returned volume included."""
        return self.world.figures.build_limit * 1e9 if self.build_limit_applies else float("inf")

    def wanted_additions(self, needed: Floats, months: int) -> Floats:
        """Growth in full, only a part of what it means to take from USPS, and no station below the smallest size."""
        wanted = super().wanted_additions(needed, months)
        if self.adjust_speed >= 1.0:
            return wanted
        now, then = self.world.month, self.world.month + months
        taken = np.maximum(self.world.amazon_at_usps(now) - self.world.amazon_at_usps(then), 0.0)
        gap = np.minimum(wanted, taken)
        return wanted - gap + whole_stations(gap * self.adjust_speed, gap, self.smallest_station())

    def coverage_after_closing(self, coverage: Floats, part: Floats, months: int) -> Floats:
        """Where it closes stations it gives up what it means to leave to others, in the same part."""
        then = self.world.month + months
        shipped = self.world.amazon_parcels_expected(then)
        planned = np.clip(1.0 - self.world.amazon_outsourced(then) / shipped, 0.0, 1.0)
        return coverage - part * np.maximum(coverage - planned, 0.0)

    def coverage_after(self, coverage: Floats, additions: Floats, wanted: Floats, months: int) -> Floats:
        """Coverage that the additions allow: all that is planned where nothing was cut, less in proportion else."""
        then: Month = self.world.month + months
        shipped = self.world.amazon_parcels_expected(then)
        planned = np.clip(1.0 - self.world.amazon_outsourced(then) / shipped, 0.0, 1.0)
        done = np.divide(additions, wanted, out=np.zeros_like(wanted), where=wanted > 0.0)
        return np.maximum(coverage, coverage + (planned - coverage) * done)
