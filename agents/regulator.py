"""The regulator: statutory tests of what USPS charges, earns and owes. It follows no interest of its own.

Law, in the reading of ODD 7.9: 39 U.S.C. 2005 (debt), 3622 (mail prices), 3632 and 3633
(prices of competitive products). The tests are pure functions; the party rules by them, keeps the queue of filed
contracts and knows which rule is broken at present.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.party import Party

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
PER_PARCEL = "$ per parcel"
ROUNDING = 1e-9  # relative; a price that equals its cost up to rounding covers it


class Rule(StrEnum):
    """What the law asks of USPS."""

    CONTRACT_FLOOR = "contract_floor"
    PRODUCT_FLOOR = "product_floor"
    APPROPRIATE_SHARE = "appropriate_share"
    INCREMENTAL_COST = "incremental_cost"
    MAIL_PRICE = "mail_price"
    DEBT_CEILING = "debt_ceiling"
    YEARLY_BORROWING = "yearly_borrowing"


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one test.

    Attributes:
        rule: What was tested.
        value: What was found.
        limit: What the law asks for, in the unit of `value`.
        passed: Whether the law is kept.
        unit: Unit of both.
        subject: What was looked at, for example "the contract with Amazon".
        contract: Key of the contract that was looked at, empty for anything else.
    """

    rule: Rule
    value: float
    limit: float
    passed: bool
    unit: str
    subject: str = ""
    contract: str = ""

    @property
    def told(self) -> str:
        """What was found against the limit, in words."""
        return f"{_amount(self.value, self.unit)} against {_amount(self.limit, self.unit)}"


def _amount(value: float, unit: str) -> str:
    """A tested figure as people write it, such as "$3.025 per parcel", "$15.00 billion" or "5.4 % a year"."""
    if unit == PER_PARCEL:
        return f"${value:,.3f} per parcel"
    if unit.startswith("$"):
        return f"${value / 1e9:,.3f} billion{unit[1:]}"
    return f"{100 * value:,.2f} % {unit.removeprefix('share ')}"


def at_least(rule: Rule, value: float, limit: float, unit: str, subject: str = "", contract: str = "") -> Finding:
    """Test that a value reaches a limit."""
    return Finding(rule, value, limit, value >= limit - ROUNDING * abs(limit), unit, subject, contract)


def at_most(rule: Rule, value: float, limit: float, unit: str, subject: str = "") -> Finding:
    """Test that a value does not exceed a limit."""
    return Finding(rule, value, limit, value <= limit + ROUNDING * abs(limit), unit, subject)


def contract_floor(price: float, attributable_cost: float, subject: str = "", contract: str = "") -> Finding:
    """Every competitive contract covers its attributable cost, both $ per parcel (39 U.S.C. 3633(a)(2))."""
    return at_least(Rule.CONTRACT_FLOOR, price, attributable_cost, PER_PARCEL, subject, contract)


def product_floor(price: float, attributable_cost: float, subject: str = "") -> Finding:
    """Every competitive product covers its attributable cost, both $ per parcel (39 U.S.C. 3633(a)(2))."""
    return at_least(Rule.PRODUCT_FLOOR, price, attributable_cost, PER_PARCEL, subject)


def appropriate_share(contribution: float, institutional_cost: float, share: float) -> Finding:
    """Competitive products together bear their share of institutional cost, both $ (39 U.S.C. 3633(a)(3))."""
    return at_least(
        Rule.APPROPRIATE_SHARE, contribution / institutional_cost, share, "share of institutional cost", "all parcels"
    )


def incremental_cost(revenue: float, incremental: float) -> Finding:
    """Competitive products bring what they cost together, both $: letters do not pay for parcels (3633(a)(1))."""
    return at_least(Rule.INCREMENTAL_COST, revenue, incremental, "$ a year", "all parcels")


def mail_price(increase: float, inflation: float, authority: float) -> Finding:
    """Mail prices rise in a year by inflation and the authority beyond it at most, shares (39 U.S.C. 3622)."""
    return at_most(Rule.MAIL_PRICE, increase, inflation + authority, "a year", "mail prices")


def debt_ceiling(debt: float, ceiling: float) -> Finding:
    """Debt stays within the ceiling, both $ (39 U.S.C. 2005(a))."""
    return at_most(Rule.DEBT_CEILING, debt, ceiling, "$", "the debt")


def yearly_borrowing(borrowed: float, limit: float) -> Finding:
    """Net borrowing of a fiscal year stays within its limit, both $ (39 U.S.C. 2005(a))."""
    return at_most(Rule.YEARLY_BORROWING, borrowed, limit, "$ a fiscal year", "borrowing")


@dataclass(frozen=True, slots=True)
class Filing:
    """A signed contract that waits for its review.

    Attributes:
        filed: Month of signature.
        seller: Key of the seller.
        buyer: Key of the buyer.
        price: $ per parcel by price group.
        attributable_cost: Of the parcels in each group, $ per parcel.
    """

    filed: Month
    seller: str
    buyer: str
    price: tuple[float, ...]
    attributable_cost: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the regulator says of a filed contract.

    Attributes:
        filing: The contract.
        findings: One per price group.
    """

    filing: Filing
    findings: tuple[Finding, ...]

    @property
    def approved(self) -> bool:
        """Whether every price covers its cost."""
        return all(finding.passed for finding in self.findings)

    @property
    def floor(self) -> Floats:
        """Lowest price by group that would be accepted, $ per parcel, (G,)."""
        return np.array([finding.limit for finding in self.findings])


class Regulator(Party):
    """Applies the law, decides filed contracts after its lag, and keeps the dates of violations.

    Rule of all its rulings: ODD 7.9.

    Args:
        model: The market.
        key: Name in code.
        name: Name for people.
        lag_months: Months from filing to decision.

    Attributes:
        lag_months: Months from filing to decision.
        queue: Filed contracts that wait for their review.
        broken: Month since when a rule is broken, by rule and subject.
    """

    def __init__(self, model: Any, key: str, name: str, lag_months: int) -> None:
        super().__init__(model, key, name)
        self.lag_months = lag_months
        self.queue: list[Filing] = []
        self.broken: dict[tuple[Rule, str], Month] = {}

    def review_contract(self, price: float, attributable_cost: float, subject: str = "", contract: str = "") -> Finding:
        """Rule on one price of a contract; `limit` of the finding is the lowest price that passes.

        It knows price and attributable cost as filed or booked, $ per parcel, and decides whether one covers the other.

        Args:
            price: $ per parcel.
            attributable_cost: $ per parcel.
            subject: What is looked at, in words.
            contract: Key of a contract in force, empty for one that is filed.
        """
        return contract_floor(price, attributable_cost, subject, contract)

    def review_product(self, price: float, attributable_cost: float, subject: str) -> Finding:
        """Rule on a product: whether its mean published price covers its attributable cost, both $ per parcel.

        It knows published price and cost as booked.
        """
        return product_floor(price, attributable_cost, subject)

    def review_awards(self, parcels: Floats, payment: Floats, attributable_cost: Floats) -> Bools:
        """Rule on what a bidder has won: which zones may be signed, (Z,).

        It knows the very parcels won in each zone, and decides where their price covers what they cost USPS.

        Args:
            parcels: Parcels a year, (Z,).
            payment: $ a year, (Z,).
            attributable_cost: $ a year, (Z,).
        """
        return np.array(
            [
                won <= 0.0 or self.review_contract(paid / won, cost / won).passed
                for won, paid, cost in zip(parcels, payment, attributable_cost, strict=True)
            ]
        )

    def review_mail_price(self, increase: float) -> Finding:
        """Rule on a yearly change of mail prices, a share: within inflation and the authority beyond it.

        It knows inflation and the authority beyond it.
        """
        figures = self.world.figures
        return mail_price(increase, figures.inflation, figures.mail_price_above_inflation)

    def review_debt(self, debt: float, ceiling: float, borrowed: float, yearly_limit: float) -> tuple[Finding, ...]:
        """Rule on what USPS owes and has borrowed within the fiscal year.

        It knows what is owed and what the law allows.

        Args:
            debt: $.
            ceiling: Of the debt, as Congress has set it, $.
            borrowed: In the fiscal year, $.
            yearly_limit: Of borrowing, $.
        """
        return debt_ceiling(debt, ceiling), yearly_borrowing(borrowed, yearly_limit)

    def review_year(self, revenue: float, cost: float, institutional_cost: float) -> tuple[Finding, ...]:
        """Rule on all parcels of a fiscal year together.

        It knows revenue and cost of the year.

        Args:
            revenue: From parcels, $.
            cost: What they cost together, $.
            institutional_cost: Cost that no product causes, $.
        """
        share = self.world.figures.appropriate_share
        return appropriate_share(revenue - cost, institutional_cost, share), incremental_cost(revenue, cost)

    def file(self, filing: Filing) -> None:
        """Take a contract into the queue."""
        self.queue.append(filing)

    def drop(self, party: str) -> None:
        """Forget the filings of a party that has left the market."""
        self.queue = [filing for filing in self.queue if party not in (filing.seller, filing.buyer)]

    def decide(self, month: Month) -> list[Decision]:
        """Decide what was filed at least `lag_months` ago, in the order of filing.

        It knows what was filed, and when.
        """
        due = [filing for filing in self.queue if month - filing.filed >= self.lag_months]
        self.queue = [filing for filing in self.queue if month - filing.filed < self.lag_months]
        return [
            Decision(
                filing,
                tuple(
                    self.review_contract(price, cost)
                    for price, cost in zip(filing.price, filing.attributable_cost, strict=True)
                ),
            )
            for filing in due
        ]

    def note(self, month: Month, findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
        """Compare findings with what was broken before.

        Args:
            month: The month of the review.
            findings: Tests of this month; rules and subjects that were not tested keep their standing.

        Returns:
            Violations that begin now, and rules that are kept again.
        """
        begun, mended = [], []
        for finding in findings:
            key = (finding.rule, finding.subject)
            if not finding.passed and key not in self.broken:
                self.broken[key] = month
                begun.append(finding)
            elif finding.passed and key in self.broken:
                del self.broken[key]
                mended.append(finding)
        return begun, mended
