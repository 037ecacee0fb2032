"""Which regional carrier takes over another one that is about to give up, and what that is worth to it (section 15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MergerCase:
    """What one carrier expects of taking over another, by its own figures.

    Attributes:
        cash: Its operating cash of the last twelve months, $.
        negative_months: Months in a row, up to the last one, in which its cash was negative.
        touches: Whether the states of both overlap or border on each other.
        parcels: Parcels a year that the other one delivers, (Z,).
        margin: What the other one's customers pay less all cost that comes with their parcels in the joined network,
            $ per parcel, (Z,).
        fixed: Fixed cost of the other one that stays, $ a year.
    """

    cash: float
    negative_months: int
    touches: bool
    parcels: Floats
    margin: Floats
    fixed: float

    @property
    def possible(self) -> bool:
        """Whether it is in a position to buy: a neighbour that earns money."""
        return self.touches and self.cash > 0.0 and self.negative_months == 0


def merger_value(case: MergerCase, years: float) -> float:
    """Net present value of the take-over, $.

    There is no capital to pay, as in an entry: the capacity stands already. In its place comes the part of the fixed
    cost that closing does not save.

    Args:
        case: What the buyer expects.
        years: Value of a year's business, years (see `agents.entry.annuity_with_ramp`).
    """
    return years * (float((case.parcels * case.margin).sum()) - case.fixed)


def best_buyer(cases: Mapping[int, MergerCase], years: float) -> tuple[int, float] | None:
    """Return the carrier to which a take-over is worth most, and its value in $; None where it pays nobody.

    Args:
        cases: What each carrier expects, by index; of equals the first one buys.
        years: Value of a year's business, years.
    """
    values = {carrier: merger_value(case, years) for carrier, case in cases.items() if case.possible}
    if not values:
        return None
    best = max(values, key=lambda carrier: values[carrier])
    return (best, values[best]) if values[best] > 0.0 else None
