"""What it is worth to a regional carrier to take over another one that is about to give up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MergerCase:
    """What one carrier expects of taking over another, by its own figures.

    Attributes:
        cash: Its operating cash of the last twelve months, $.
        touches: Whether the states of both overlap or border on each other.
        parcels: Parcels a year that the other one delivers, (Z,).
        margin: What the other one's customers pay less all cost that comes with their parcels in the joined network,
            $ per parcel, (Z,).
        fixed: Fixed cost of the other one that stays, $ a year.
        bill: What the other one's business costs until its customers' money comes in, $.
    """

    cash: float
    touches: bool
    parcels: Floats
    margin: Floats
    fixed: float
    bill: float


def merger_value(case: MergerCase, years: float) -> float:
    """Net present value of the take-over, $.

    There is no capital to pay, as in an entry: the capacity stands already. In its place comes the part of the fixed
    cost that closing does not save.

    Args:
        case: What the buyer expects.
        years: Value of a year's business, years (see `agents.rules.entry.annuity_with_ramp`).
    """
    return years * (float((case.parcels * case.margin).sum()) - case.fixed)
