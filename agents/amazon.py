"""Amazon: one agent with two faces, the country's largest shipper and a carrier, and one set of books."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.carriers import Carrier

Floats = NDArray[np.float64]


class Amazon(Carrier):
    """Delivers the densest addresses itself and buys access for the rest."""

    #: Whether its yearly build limit binds (a scenario may lift it).
    build_limit_applies: bool = True

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

    def coverage_after(self, coverage: Floats, additions: Floats, wanted: Floats, months: int) -> Floats:
        """Coverage that the additions allow: all that is planned where nothing was cut, less in proportion else."""
        then: Month = self.world.month + months
        shipped = self.world.amazon_parcels_expected(then)
        planned = np.clip(1.0 - self.world.amazon_outsourced(then) / shipped, 0.0, 1.0)
        done = np.divide(additions, wanted, out=np.zeros_like(wanted), where=wanted > 0.0)
        return np.maximum(coverage, coverage + (planned - coverage) * done)
