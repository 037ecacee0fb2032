"""What a party has in its hands: one statement a month, read off the double entry and from nowhere else.

A result is what a party received less what it paid for work, access, carriage, capital in use and interest. Money that
changes hands without making anybody richer (loans, purchases of capital, bills that are put off) is in its cash and not
in its result. What one party pays another receives, so the results of all parties add up to nothing in every month.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from agents.calendar import Month
from model.groups import ENTERPRISE, REGIONS
from model.ledger import CENTS, Cents, Ledger


@dataclass(frozen=True, slots=True)
class Category:
    """What a payment can be for.

    Attributes:
        name: Key in the ledger.
        meaning: In words.
        in_result: Whether it makes somebody richer or poorer, or only moves cash.
    """

    name: str
    meaning: str
    in_result: bool = True


CATEGORIES = (
    Category("parcels", "Carriage of parcels, Amazon's parcels at USPS, UPS and FedEx among them"),
    Category("access", "Last mile that other carriers buy from USPS"),
    Category("settlement", "Commitments that were missed"),
    Category("mail", "Mail and other services of USPS"),
    Category("wages", "Wages on routes and in stations; all work at USPS but its vehicles"),
    Category("operations", "Vehicles, line-haul, hubs and overhead"),
    Category("capital_charge", "Depreciation and return of capital that was added since the start"),
    Category("interest", "Interest of USPS on its debt and on its cash"),
    Category(
        "noncash", "Expense of USPS that uses no cash: retirement cost set by others, depreciation, what it defers"
    ),
    Category("capital", "Capital goods, paid when they are ordered", in_result=False),
    Category("financing", "What owners and lenders put in when capital is ordered", in_result=False),
    Category("borrowing", "Borrowing of USPS", in_result=False),
    Category("credit", "Bills of USPS that are booked and not paid", in_result=False),
    Category("opening", "Cash at the start", in_result=False),
)
STAFF, SUPPLIERS, LENDERS = "staff", "suppliers", "owners and lenders"
TREASURY, RETIREMENT_FUNDS = "treasury", "retirement funds"
CONSOLIDATORS, MAIL_USERS = "consolidators", "mail_users"
OUTSIDE_PARTIES = (
    *REGIONS,
    ENTERPRISE,
    CONSOLIDATORS,
    MAIL_USERS,
    STAFF,
    SUPPLIERS,
    LENDERS,
    TREASURY,
    RETIREMENT_FUNDS,
)
IN_RESULT = np.array([category.in_result for category in CATEGORIES])


def open_ledger(carriers: Iterable[str]) -> Ledger:
    """An empty ledger with an account for everybody who pays or receives, carriers first."""
    return Ledger((*carriers, *OUTSIDE_PARTIES), tuple(category.name for category in CATEGORIES))


def results(ledger: Ledger) -> Cents:
    """Result of the month of each party, whole cents, (P,)."""
    counted = ledger.flow[IN_RESULT]
    return np.asarray(counted.sum(axis=(0, 1)) - counted.sum(axis=(0, 2)))


def flows_of_last(ledger: Ledger, months: int) -> Cents:
    """Payments of the last months that were closed, summed: whole cents by category, payer and payee, (C, P, P)."""
    total = np.zeros(ledger.flow.size, dtype=np.int64)
    for paid in ledger.history[-months:]:
        total[paid.place] += paid.cents
    return total.reshape(ledger.flow.shape)


def payments(ledger: Ledger, months: Iterable[Month]) -> pd.DataFrame:
    """Everything that was paid in the months that were closed.

    Args:
        ledger: The ledger.
        months: The months, in order.

    Returns:
        One row for each month, category, payer and payee with a payment: columns month, category, payer, payee, usd
        (whole cents; below zero where it went the other way) and in_result.
    """
    shape = ledger.flow.shape
    parts = []
    for month, paid in zip(months, ledger.history, strict=True):
        category, payer, payee = np.unravel_index(paid.place, shape)
        parts.append(
            pd.DataFrame(
                {
                    "month": str(month),
                    "category": np.array(ledger.categories)[category],
                    "payer": np.array(ledger.parties)[payer],
                    "payee": np.array(ledger.parties)[payee],
                    "usd": paid.cents / CENTS,
                    "in_result": IN_RESULT[category],
                }
            )
        )
    columns = ["month", "category", "payer", "payee", "usd", "in_result"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def statement(paid: pd.DataFrame, party: str) -> pd.DataFrame:
    """Statement of one party, month by month.

    Args:
        paid: What `payments` returns.
        party: Its name in the ledger.

    Returns:
        One row for each month, category and other party: columns month, category, other, in_result and usd, which is
        above zero where the party received it. The rows with `in_result` of a month add up to its result, all rows to
        the change of its cash.

    Raises:
        KeyError: Nobody of that name pays or receives anything.
    """
    received, spent = paid[paid["payee"] == party], paid[paid["payer"] == party]
    if received.empty and spent.empty:
        raise KeyError(party)
    rows = pd.concat(
        [
            received.rename(columns={"payer": "other"}).drop(columns="payee"),
            spent.rename(columns={"payee": "other"}).drop(columns="payer").assign(usd=-spent["usd"]),
        ]
    )
    rows["category"] = pd.Categorical(rows["category"], [category.name for category in CATEGORIES])
    keys = ["month", "category", "other", "in_result"]
    table = rows.groupby(keys, observed=True)["usd"].sum().round(2).reset_index()
    return table.astype({"category": str})
