"""The books of USPS: mail, parcels, institutional cost, cash and debt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from agents.calendar import MONTHS_PER_YEAR
from model.demand import growth_index
from model.parameters import Parameters

BILLION = 1e9
MAIL_CLASSES = ("first_class", "marketing", "other")


@dataclass(frozen=True, slots=True)
class MailMonth:
    """Mail of one month.

    Attributes:
        revenue: Dollars.
        attributable_cost: Dollars.
        volume_index: Pieces relative to the start.
    """

    revenue: float
    attributable_cost: float
    volume_index: float


def mail_month(
    p: Parameters,
    months_since_start: int,
    price_index: float,
    price_level: float,
    wage_index: float,
    observed: Callable[[str, int], float | None] = lambda name, months: None,
    trend: Callable[[str, int], float] | None = None,
    trend_other: float | None = None,
) -> MailMonth:
    """Mail of one month by class: volume by trend and real price, cost by pieces and wages.

    Periodicals, international mail and services bring what they bring in dollars: what higher prices add is lost in
    pieces.

    Args:
        p: Parameters.
        months_since_start: 0 in the first month.
        price_index: Mail prices relative to the start, nominal.
        price_level: Consumer prices relative to the start.
        wage_index: USPS wages relative to the start.
        observed: Pieces of a class in a month relative to the start where they are imposed, None where they are not.
        trend: Pieces of letters and marketing mail by trend alone, relative to the start, by class and month; by the
            parameters unless told.
        trend_other: What other mail and services bring by trend, relative to the start; by the parameters unless told.
    """
    real_price = price_index / price_level
    revenue = cost = pieces = 0.0
    total_pieces = 0.0
    for name in MAIL_CLASSES:
        start_revenue = p[f"usps_{name}_revenue_2024"] * BILLION / MONTHS_PER_YEAR
        start_pieces = p[f"mail_volume_{name}_2024"]
        known = observed(name, months_since_start)
        if known is not None:
            index = known
        elif name == "other":
            other = (
                growth_index(p.mail_revenue_growth_other, months_since_start) if trend_other is None else trend_other
            )
            index = other / price_index
        else:
            if trend is None:
                index = growth_index(p[f"mail_trend_{name}"], months_since_start)
            else:
                index = trend(name, months_since_start)
            index *= real_price ** p[f"mail_elasticity_{name}"]
        revenue += start_revenue * index * price_index
        cost += start_revenue / p[f"cost_coverage_{name}"] * index * wage_index
        pieces += start_pieces * index
        total_pieces += start_pieces
    return MailMonth(revenue, cost, pieces / total_pieces)


@dataclass(frozen=True, slots=True)
class PostalStatement:
    """Income statement and cash of USPS for one month, dollars.

    Attributes:
        mail_revenue: From letters, marketing mail and other services.
        parcel_revenue: From parcels, access included.
        mail_cost: Attributable to mail.
        parcel_cost: Attributable to parcels, as staffed.
        institutional_cost: Not attributable to any product.
        interest_earned: On its cash.
        interest_paid: On its debt.
        noncash: Part of the cost that uses no cash, depreciation included.
        unpaid: The same without depreciation: what controllable income leaves out.
        capital: Capital spending.
        deferred: Part of the expense whose payment is put off.
    """

    mail_revenue: float
    parcel_revenue: float
    mail_cost: float
    parcel_cost: float
    institutional_cost: float
    interest_earned: float
    interest_paid: float
    noncash: float
    unpaid: float
    capital: float
    deferred: float = 0.0

    @property
    def net_interest(self) -> float:
        """Interest on its cash less that on its debt."""
        return self.interest_earned - self.interest_paid

    @property
    def expense(self) -> float:
        """All operating expense."""
        return self.mail_cost + self.parcel_cost + self.institutional_cost

    @property
    def net_income(self) -> float:
        """Revenue less expense, with interest."""
        return self.mail_revenue + self.parcel_revenue - self.expense + self.net_interest

    @property
    def controllable_income(self) -> float:
        """Net income without expense that uses no cash and is not under management's control."""
        return self.net_income + self.unpaid

    @property
    def parcel_contribution(self) -> float:
        """What parcels leave for institutional cost."""
        return self.parcel_revenue - self.parcel_cost

    @property
    def cash_expense(self) -> float:
        """Expense that is paid in the month."""
        return self.expense - self.noncash - self.deferred

    @property
    def depreciation(self) -> float:
        """Capital that is used up."""
        return self.noncash - self.unpaid

    @property
    def cash_flow(self) -> float:
        """Change of cash before borrowing, if everything due is paid."""
        revenue = self.mail_revenue + self.parcel_revenue + self.net_interest
        return revenue - self.cash_expense - self.capital


def in_cents(statement: PostalStatement) -> PostalStatement:
    """The statement with every figure in whole cents, as the ledger pays them."""
    return PostalStatement(**{item.name: round(getattr(statement, item.name), 2) for item in fields(statement)})


def institutional_cost_start(p: Parameters, parcel_cost: float) -> float:
    """Institutional cost a year that closes the accounts of FY2024 on total expense, dollars.

    Args:
        p: Parameters.
        parcel_cost: Attributable cost of parcels a year, dollars.
    """
    mail = sum(p[f"usps_{name}_revenue_2024"] / p[f"cost_coverage_{name}"] for name in MAIL_CLASSES)
    return (p.usps_expense_2024 - mail) * BILLION - parcel_cost


def interest(p: Parameters, rate: float, cash: float, debt: float) -> tuple[float, float]:
    """Interest of a month on cash and on debt, dollars.

    Args:
        p: Parameters.
        rate: What cash earns a year.
        cash: When the month began, dollars.
        debt: When the month began, dollars: what USPS owed at the start bears `usps_debt_rate`, what it has borrowed
            since the rate on cash and `usps_borrowing_premium`.

    Returns:
        Earned and paid.
    """
    old = min(debt, p.usps_debt_start * BILLION)
    paid = p.usps_debt_rate * old + (rate + p.usps_borrowing_premium) * (debt - old)
    return rate * max(0.0, cash) / MONTHS_PER_YEAR, paid / MONTHS_PER_YEAR


def borrowing_room(p: Parameters, cap: float, debt: float, borrowed_this_year: float) -> float:
    """Dollars that the law lets USPS borrow: what the debt cap ($) and the yearly limit leave."""
    return min(max(0.0, cap - debt), max(0.0, p.usps_borrowing_max_year * BILLION - borrowed_this_year))
