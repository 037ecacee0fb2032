"""Contracts as frozen values with an explicit life cycle, and the one function that settles them.

A change never alters a contract: it makes the next version. Who holds the book (the market) records each new version
as an event. Prices are dollars per parcel, quantities parcels per contract year.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from operator import lt
from typing import Literal

from agents.calendar import MONTHS_PER_YEAR, Month

ShortfallRule = Literal["none", "take_or_pay", "reversion", "make_whole"]
#: Share of what is owed for a year below which nothing is missing: sums over months differ in the last digits.
COUNTED = 1e-9


class ContractState(StrEnum):
    """Stations in the life of a contract.

    It is over when it has expired without a successor, was terminated (by notice, or because a side left), replaced by
    a new one between the same parties, or assigned to another seller.
    """

    OFFERED = "offered"
    SIGNED = "signed"
    ACTIVE = "active"
    BREACHED = "breached"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    REPLACED = "replaced"
    ASSIGNED = "assigned"


@dataclass(frozen=True, slots=True)
class Contract:
    """Terms between one seller and one buyer of delivery.

    Attributes:
        seller: Key of the carrier that delivers.
        buyer: Key of the party that hands over parcels.
        segment: "economy", "ground", "premium" or "all".
        groups: What the prices refer to, for example ("uniform",) or the three zone types.
        price: Dollars per parcel by group, at the start of the contract.
        escalator: Yearly rise of the price as a share, at each anniversary.
        commitment: Parcels per contract year that the buyer promises, by group.
        cap: Parcels per contract year that the seller must accept, by group.
        shortfall_rule: What a missed commitment costs.
        tolerance: Share of the commitment below which it is missed.
        take_or_pay_rate: Share of the price due for each missing parcel under "take_or_pay", and under "make_whole",
            where it is the seller's lost margin.
        start: First month in force.
        term_months: Length in months.
        notice_months: Notice for early termination, months.
        state: Station in the life cycle.
        version: Counts the versions from 1.
        peak_surcharge: Dollars per parcel on top in the peak season.
        reopener: Either side may ask for a new price at an anniversary once the published price has moved against the
            contract price by more than this share since the signature; None without such a clause.
        published: Published price at the signature, dollars per parcel; what a reopener compares with.
        reverted: Whether the price has reverted to the published one.
        ends: Month in which it stops before its term is over, None otherwise.
        owed_at_start: Share of the commitment that is owed in the first month, 0 to 1.
        build_up: Part of what is left to the whole commitment by which that rises in a month, 0 to 1.
    """

    seller: str
    buyer: str
    segment: str
    groups: tuple[str, ...]
    price: tuple[float, ...]
    escalator: float
    commitment: tuple[float, ...]
    cap: tuple[float, ...]
    shortfall_rule: ShortfallRule
    tolerance: float
    take_or_pay_rate: float
    start: Month
    term_months: int
    notice_months: int
    state: ContractState = ContractState.OFFERED
    version: int = 1
    peak_surcharge: float = 0.0
    reopener: float | None = None
    published: float = 0.0
    reverted: bool = False
    ends: Month | None = None
    owed_at_start: float = 1.0
    build_up: float = 0.0

    def __post_init__(self) -> None:
        if not len(self.groups) == len(self.price) == len(self.commitment) == len(self.cap):
            raise ValueError("groups, price, commitment and cap must have the same length")
        if min(self.price) < 0 or min(self.commitment) < 0 or self.term_months < 1:
            raise ValueError("price and commitment must not be negative, the term at least one month")
        if any(map(lt, self.cap, self.commitment)):
            raise ValueError("cap must not be below commitment")
        if self.peak_surcharge < 0 or (self.reopener is not None and self.reopener <= 0):
            raise ValueError("the peak surcharge must not be negative, a reopener must be above 0")
        if not 0.0 <= self.owed_at_start <= 1.0 or not 0.0 <= self.build_up <= 1.0:
            raise ValueError("what is owed at the start and how it builds up must be shares, 0 to 1")

    @property
    def key(self) -> str:
        """Name of the contract, the same for all its versions: seller, buyer and first month."""
        return f"{self.seller}-{self.buyer}-{self.start}"

    @property
    def expiry(self) -> Month:
        """First month after the term."""
        return self.start + self.term_months

    def months_left(self, month: Month) -> int:
        """Months of the term from a month on; below 0 once it is over."""
        return self.start - month + self.term_months

    @property
    def in_force(self) -> bool:
        """Whether parcels move under it now."""
        return self.state in (ContractState.ACTIVE, ContractState.BREACHED)

    def covers(self, month: Month) -> bool:
        """Whether the term holds a month, as known today; notice that was given counts."""
        return self.start <= month < self.expiry and (self.ends is None or month < self.ends)

    def reopens(self, month: Month, published: float) -> bool:
        """Whether the clause lets either side ask for a new price this month.

        Args:
            month: The month.
            published: The published price of today, dollars per parcel.
        """
        if self.reopener is None or self.published <= 0.0 or not self.in_force or not self.is_anniversary(month):
            return False
        moved = published / self.published / (1.0 + self.escalator) ** self.contract_year(month)
        return abs(moved - 1.0) > self.reopener

    def contract_year(self, month: Month) -> int:
        """Full years since the start, 0 in the first."""
        return max(0, month - self.start) // MONTHS_PER_YEAR

    def is_anniversary(self, month: Month) -> bool:
        """Whether a contract year ends just before this month."""
        return month > self.start and (month - self.start) % MONTHS_PER_YEAR == 0

    def owed_share(self, month: Month) -> float:
        """Share of the commitment that is owed in a month, 0 to 1: all of it, or more and more from month to month."""
        if self.owed_at_start == 1.0:
            return 1.0
        return float(1.0 - (1.0 - self.owed_at_start) * (1.0 - self.build_up) ** max(0, month - self.start))

    def price_at(self, month: Month, group: int = 0, published: float | None = None) -> float:
        """Return the price of a group in a month without peak surcharge, dollars per parcel.

        Args:
            month: The month.
            group: Index into `groups`.
            published: The published price, which a reverted contract pays.
        """
        if self.reverted and published is not None:
            return published
        return float(self.price[group] * self.raised(month))

    def prices_at(self, month: Month, published: float | None = None) -> tuple[float, ...]:
        """`price_at` of all groups."""
        if self.reverted and published is not None:
            return (published,) * len(self.price)
        raised = self.raised(month)
        return tuple(float(price * raised) for price in self.price)

    def raised(self, month: Month) -> float:
        """Prices of a month over those at the start."""
        return float((1.0 + self.escalator) ** self.contract_year(month))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an anniversary brings.

    Attributes:
        contract: The next version, or the same one when nothing changed.
        shortfall: Parcels missing to tolerance x commitment.
        payment: Dollars that the buyer owes the seller for them.
    """

    contract: Contract
    shortfall: float
    payment: float


def settle(contract: Contract, month: Month, delivered: tuple[float, ...], year_share: float = 1.0) -> Settlement:
    """Settle the contract year that ended before `month` (ODD 7.1).

    Args:
        contract: A contract in force.
        month: An anniversary, or the month after the last one in force.
        delivered: Parcels delivered in the contract year, by group.
        year_share: Part of a contract year that it was in force; below 1 where it ends within one.

    Returns:
        The next version, the shortfall in parcels and the payment in dollars. Under "make_whole" a parcel that is not
        handed over is an option that is used and paid, no breach.
    """
    months = max(1, round(year_share * MONTHS_PER_YEAR))
    share = 1.0
    if contract.owed_at_start < 1.0:
        share = sum(contract.owed_share(month + -back) for back in range(1, months + 1)) / months
    owed = contract.tolerance * share
    missing = [
        max(0.0, owed * promised * year_share - got)
        for promised, got in zip(contract.commitment, delivered, strict=True)
    ]
    shortfall = sum(missing)
    if shortfall <= COUNTED * owed * year_share * sum(contract.commitment):
        state = ContractState.ACTIVE
        kept = contract if contract.state is state else next_version(contract, state=state)
        return Settlement(kept, 0.0, 0.0)
    payment = 0.0
    reverted = contract.reverted
    if contract.shortfall_rule in ("take_or_pay", "make_whole"):
        last = month + -1
        prices = [contract.price_at(last, group) for group in range(len(contract.groups))]
        payment = contract.take_or_pay_rate * sum(p * m for p, m in zip(prices, missing, strict=True))
    elif contract.shortfall_rule == "reversion":
        reverted = True
    state = ContractState.ACTIVE if contract.shortfall_rule == "make_whole" else ContractState.BREACHED
    return Settlement(next_version(contract, state=state, reverted=reverted), shortfall, payment)


def next_version(contract: Contract, **changes: object) -> Contract:
    """Return the contract with changes as its next version."""
    return replace(contract, version=contract.version + 1, **changes)  # type: ignore[arg-type]


def over_by(contract: Contract, month: Month) -> ContractState | None:
    """Return how a contract in force has come to its end by a month, after notice or at its expiry; None while not."""
    if not contract.in_force:
        return None
    if contract.ends is not None and month >= contract.ends:
        return ContractState.TERMINATED
    return ContractState.EXPIRED if contract.months_left(month) <= 0 else None


def advance(contract: Contract, month: Month) -> Contract:
    """Return the version that the calendar asks for at the beginning of a month, or the same contract."""
    if contract.state is ContractState.SIGNED and month >= contract.start:
        contract = next_version(contract, state=ContractState.ACTIVE)
    over = over_by(contract, month)
    return contract if over is None else next_version(contract, state=over)


def quiet_until(contract: Contract, month: Month) -> int:
    """Index of the first month after `month` in which the calendar asks something of a contract.

    An anniversary, its start or its end; until then `advance` returns it unchanged.
    """
    today, start = month.index, contract.start.index
    if contract.state is ContractState.SIGNED:
        return max(start, today + 1)
    if not contract.in_force:
        return sys.maxsize
    anniversary = start + (max(today - start, 0) // MONTHS_PER_YEAR + 1) * MONTHS_PER_YEAR
    ends = sys.maxsize if contract.ends is None else contract.ends.index
    return max(min(anniversary, ends, start + contract.term_months), today + 1)


def give_notice(contract: Contract, month: Month) -> Contract:
    """Return the version that ends after the period of notice."""
    return next_version(contract, ends=month + contract.notice_months)
