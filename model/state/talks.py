"""Negotiations under way, and what was agreed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import Package, PriceGroups, Stakes, Talks
from agents.calendar import Month
from agents.contracts import Contract
from model.bargains.table import Pair

Floats = NDArray[np.float64]


@dataclass(slots=True)
class TalksState:
    """One negotiation between two parties.

    Attributes:
        pair: Who talks about what.
        opened: Month in which talks opened; rounds count from it.
        groups: Which zones share a thread.
        talks: State after the latest round.
        stakes: What was at stake in it, None before the first.
        limits: Limits of buyer and seller by round, with their private noise: (round, (G,), (G,)).
        benchmark: Nash price of each of these rounds at these limits, $ per parcel, (G,); nan without a zone of
            agreement.
        reopening: Whether they talk about the rest of a contract in force, under its clause.
        under_review: What both agreed on while the regulator looks at it, None otherwise.
        package: The package that lay on the table in the latest round; None before, and where each price group is a
            thread of its own.
    """

    pair: Pair
    opened: Month
    groups: PriceGroups
    talks: Talks
    stakes: Stakes | None = None
    limits: list[tuple[int, Floats, Floats]] = field(default_factory=list)
    benchmark: list[Floats] = field(default_factory=list)
    reopening: bool = False
    under_review: Agreement | None = None
    package: Package | None = None

    @property
    def key(self) -> str:
        """Name of the negotiation: seller, buyer and the month in which it opened."""
        return f"{self.pair.seller}-{self.pair.buyer}-{self.opened}"


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """What two parties agreed on.

    Attributes:
        contract: Terms in the state "offered".
        taken: Slices of the table that it carries, (L,).
        by_zone: Parcels a year that it carries, (Z,).
    """

    contract: Contract
    taken: NDArray[np.bool_]
    by_zone: Floats
