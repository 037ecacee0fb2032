"""How much of a contract its buyer uses: what it takes back into its own network month by month (ODD 7.8).

Below tolerance x commitment a parcel that is not handed over saves less than the price: under take-or-pay it saves
price x (1 - rate), under reversion the buyer compares keeping and missing the commitment. Under make-whole all parcels
of the addresses are promised, those of a good year too, and each that is not handed over saves the seller's cost. A
contract without a shortfall rule, and one that has reverted already, binds to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.contracts import Contract, ShortfallRule

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class OwnContracts:
    """What a buyer has signed with one seller, as it knows it in a month.

    Attributes:
        held: The latest contract that has begun, in force or over.
        upcoming: One that is signed and waits for its first month, if any.
        volumes: Parcels a year by zone under those of the two that were negotiated, (Z,) each, by first month.
        delivered: Parcels of the contract year so far under the one held, by price group.
        goes_on: Whether the one held stays as it is beyond its term because nobody talks about another one.
        closed: Whether the buyer knows that it can sign no other one.
    """

    held: Contract
    upcoming: Contract | None
    volumes: Mapping[Month, Floats]
    delivered: tuple[float, ...]
    goes_on: bool
    closed: bool

    def of(self, month: Month) -> Contract:
        """The contract that counts in a month, in force or not."""
        return self.upcoming if self.upcoming is not None and month >= self.upcoming.start else self.held

    def carry(self, month: Month) -> bool:
        """Whether a contract carries anything in a month."""
        return self.goes_on or self.of(month).covers(month)


@dataclass(frozen=True, slots=True, eq=False)
class ContractPosition:
    """Where a buyer stands in a contract.

    Attributes:
        price: Price of the month by group, $ per parcel, (G,).
        owed: Parcels a year that must still be handed over for the rest of the contract year, by group, so that the
            commitment is met within its tolerance, (G,); 0 where nothing binds.
        published: Price after a reversion, $ per parcel.
        year_left: Share of a contract year that is left, this month included.
        year_after: Share of a year, at most 1, that the contract runs beyond this contract year.
    """

    price: Floats
    owed: Floats
    published: float
    year_left: float
    year_after: float


class MissedCommitment(Protocol):
    """What of a contract decides what a parcel that is not handed over costs."""

    @property
    def shortfall_rule(self) -> ShortfallRule:
        """What a missed commitment costs."""

    @property
    def take_or_pay_rate(self) -> float:
        """Share of the price due for a missing parcel."""


def owed_pace(contract: Contract, delivered: Floats, year_left: float) -> Floats:
    """Parcels a year that the rest of the contract year still owes, by group, (G,).

    Args:
        contract: A contract in force under which all of the commitment is owed from the start.
        delivered: Parcels of the contract year so far, by group, (G,).
        year_left: Share of a contract year's parcels that usually falls into the rest of it, above 0.
    """
    if contract.shortfall_rule == "none" or contract.reverted:
        return np.zeros(len(contract.groups))
    missing = contract.tolerance * np.array(contract.commitment) - delivered
    return np.asarray(np.maximum(missing, 0.0) / year_left)


def taken_back(
    contract: MissedCommitment, position: ContractPosition, volume: Floats, worth: Floats, group: Ints, reachable: Bools
) -> Bools:
    """Slices that the buyer delivers itself this month although the contract would carry them, (L,).

    Args:
        contract: A contract in force.
        position: Where the buyer stands in it.
        volume: Parcels a year by slice under the contract, (L,).
        worth: Price at which the buyer is indifferent to delivering a slice itself this month, $ per parcel, (L,).
        group: Price group of each slice, (L,).
        reachable: Slices where it has routes or stations already, (L,).
    """
    return taken_back_before(contract, position, volume, worth, group, reachable, (position.year_after,))[0]


def taken_back_before(
    contract: MissedCommitment,
    position: ContractPosition,
    volume: Floats,
    worth: Floats,
    group: Ints,
    reachable: Bools,
    years_after: Sequence[float],
) -> list[Bools]:
    """What `taken_back` says at each of several values of `year_after`, all else equal; that of `position` is not read.

    Args:
        contract: See `taken_back`.
        position: See `taken_back`.
        volume: See `taken_back`.
        worth: See `taken_back`.
        group: See `taken_back`.
        reachable: See `taken_back`.
        years_after: Share of a year, at most 1, that the contract runs beyond this contract year.
    """
    price = position.price[group]
    if contract.shortfall_rule == "make_whole":
        gone = np.asarray(reachable & (worth < price * (1.0 - contract.take_or_pay_rate)))
        return [gone for _ in years_after]
    cheaper = np.flatnonzero(reachable & (worth < price))
    if not cheaper.size:
        return [np.zeros(len(volume), dtype=np.bool_) for _ in years_after]
    cheaper = cheaper[np.lexsort((worth[cheaper], group[cheaper]))]
    within = _within_commitment(position, volume, group, cheaper)
    free, beyond = cheaper[within], cheaper[~within]
    if contract.shortfall_rule == "take_or_pay":
        beyond = beyond[worth[beyond] < price[beyond] * (1.0 - contract.take_or_pay_rate)]
        breaches = [True for _ in years_after]
    else:
        outside = np.where(reachable, worth, np.inf)
        breaches = _breach_pays(position, volume, outside, price, cheaper, beyond, years_after)
    answers = []
    for breach in breaches:
        back = np.zeros(len(volume), dtype=np.bool_)
        back[free] = True
        if breach:
            back[beyond] = True
        answers.append(back)
    return answers


def _within_commitment(position: ContractPosition, volume: Floats, group: Ints, cheaper: Ints) -> Bools:
    """Which of the slices, sorted by group and then by worth, can go without missing a commitment."""
    room = np.bincount(group, weights=volume, minlength=len(position.owed)) - position.owed
    running = np.cumsum(volume[cheaper])
    first = np.searchsorted(group[cheaper], np.arange(len(room)), side="left")
    before = np.concatenate([[0.0], running])[first]
    # Where nothing is owed all can go; sums in another order may differ in the last digit, and one slice would stay.
    nothing_owed = position.owed[group[cheaper]] <= 0.0
    return np.asarray(nothing_owed | (running - before[group[cheaper]] <= room[group[cheaper]]))


def _breach_pays(
    position: ContractPosition,
    volume: Floats,
    worth: Floats,
    price: Floats,
    cheaper: Ints,
    beyond: Ints,
    years_after: Sequence[float],
) -> list[bool]:
    """Whether missing the commitment is cheaper: taking more back this year against the published price of the next.

    A missed commitment of one group makes the prices of all groups revert. Beyond a year nothing needs to be compared:
    the commitment can be missed then, too.
    """
    if len(beyond) == 0:
        return [False for _ in years_after]
    saved = position.year_left * float((volume[beyond] * (price[beyond] - worth[beyond])).sum())
    stays = np.ones(len(volume), dtype=np.bool_)
    stays[cheaper] = False
    dearer = np.minimum(np.maximum(worth, price), position.published) - price
    dearer_after = float((volume[stays] * np.maximum(dearer[stays], 0.0)).sum())
    return [saved > after * dearer_after for after in years_after]
