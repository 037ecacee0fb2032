"""Nobody builds what it will idle: what capacity is worth while it is open whether there will be a contract.

Capacity pays where the saving that it brings, over what may come of the talks, covers its capital. Under a contract one
parcel less saves what the contract lets go of (under `make_whole` the seller's cost, under `take_or_pay` part of the
price); without one it saves the published price. Rule: ODD 7.8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from agents.bargaining import Package
from agents.calendar import Month

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TableSeen:
    """What a buyer sees of its talks with one seller after a round.

    Attributes:
        package: What both talk about; None where each price group is a thread of its own, or nothing is on the table.
        limit: Most that it would pay itself, with its own error, $ per parcel.
        expected: Least that the other side would take, as far as it can tell, $ per parcel.
        floor: Price below which no contract is approved, $ per parcel.
        error_sd: S.d. of the other side's private error, $ per parcel.
        expiry: Month in which the contract in force ends; nothing is in force from then on unless one is signed.
        agreed: Price agreed on that waits for approval, $ per parcel; None where there is none.
    """

    package: Package | None
    limit: float
    expected: float
    floor: float
    error_sd: float
    expiry: Month
    agreed: float | None = None

    def chance(self, now: Month) -> float:
        """Chance that a contract is signed before the one in force ends, as the buyer sees it, 0 to 1.

        Every zone of agreement is found in time, so it is the chance that the other side's limit lies within its own.
        Once the contract has ended it is 0: the buyer carries out what no deal means, which both bargain against.
        """
        if self.agreed is not None:
            return 1.0
        if now >= self.expiry or self.limit < self.floor:
            return 0.0
        if self.error_sd <= 0.0:
            return float(self.limit >= self.expected)
        return float(ndtr((self.limit - self.expected) / self.error_sd))


@dataclass(frozen=True, slots=True, eq=False)
class BuildingCase:
    """What capacity could save, by slice, $ per parcel, (L,), where not said otherwise.

    Attributes:
        worth: Price at which it is indifferent to running own routes.
        spared: What one parcel less saves under a contract.
        published: What it saves without one, one number.
        chance: Chance that a contract carries the slice, 0 to 1.
        capital: Capital charge with the hurdle of investment. Capacity that stands counts like capacity to be built:
            growth would use it.
    """

    worth: Floats
    spared: Floats
    published: float
    chance: Floats
    capital: Floats


def worth_building(case: BuildingCase) -> Bools:
    """Slices for which capacity covers its capital, (L,)."""
    with_contract = case.chance * np.maximum(case.spared - case.worth, 0.0)
    without = (1.0 - case.chance) * np.maximum(case.published - case.worth, 0.0)
    return np.asarray(with_contract + without >= case.capital)


def spared_under(package: Package, level: float, published: float) -> Floats:
    """What one parcel less saves under a package at a mean price, $ per parcel, (L,): all of it where nothing is due.

    Args:
        package: The package.
        level: Mean price, $ per parcel.
        published: What parcels pay that it does not carry, $ per parcel.
    """
    binds = package.form.rule in ("take_or_pay", "make_whole")
    due = package.shortfall_rate(level) if binds else 0.0
    return np.where(package.carried, package.prices(level)[package.group] * (1.0 - due), published)
