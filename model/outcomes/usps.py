"""Outcomes of USPS: accounts, cash, distress, and whether its contracts cover their cost."""

from __future__ import annotations

import numpy as np

from model.economy import Economy
from model.outcomes.registry import Outcome, Rows, highest, last, named, single, total


def _cover(market: Economy, rows: Rows) -> dict[str, float]:
    paid = market.records["usps_contract_paid_usd"][rows].sum(axis=0)
    cost = market.records["usps_contract_cost_usd"][rows].sum(axis=0)
    return named(market.carriers.keys, paid, cost, "usps_{}_contract_cover")


def _exhausted(market: Economy, rows: Rows) -> dict[str, float]:
    """Whether cash has run out by the end of the span, and after how many months of the run it did."""
    short = np.flatnonzero(market.records["usps_arrears_usd"][: rows.stop] > 0.0)
    if len(short) == 0:
        return {"usps_cash_exhausted_share": 0.0}
    return {"usps_cash_exhausted_share": 1.0, "usps_cash_exhausted_after_months": float(short[0] + 1)}


OUTCOMES: tuple[Outcome, ...] = (
    *(
        Outcome(name, "$", meaning, single(name, total), fiscal=True)
        for name, meaning in (
            ("usps_mail_revenue_usd", "Revenue from mail and other services"),
            ("usps_parcel_revenue_usd", "Revenue from parcels"),
            ("usps_parcel_contribution_usd", "Parcel revenue less attributable cost as staffed"),
            ("usps_institutional_usd", "Cost of USPS that no product causes"),
            ("usps_expense_usd", "All operating expense"),
            ("usps_interest_earned_usd", "Interest on its cash"),
            ("usps_interest_paid_usd", "Interest on its debt"),
            ("usps_net_income_usd", "Net income of the year"),
            ("usps_controllable_income_usd", "Net income without retirement cost set by others"),
        )
    ),
    Outcome("usps_cash_usd", "$", "Cash at the end", single("usps_cash_usd", last), fiscal=True),
    Outcome("usps_debt_usd", "$", "Debt at the end", single("usps_debt_usd", last), fiscal=True),
    Outcome("usps_arrears_usd", "$", "Payments that could not be made", single("usps_arrears_usd", last), fiscal=True),
    Outcome(
        "usps_put_off_usd",
        "$",
        "Payments that USPS puts off or cannot make; its net income bears them already",
        single("usps_put_off_usd", total),
    ),
    Outcome("usps_deferred_usd", "$", "Retirement contributions put off so far", single("usps_deferred_usd", last)),
    Outcome(
        "usps_distress_rung",
        "rung",
        "Highest rung of the distress ladder: 1 deferral, 2 surcharge, 3 capital, 4 service, 5 five days, 6 no cash",
        single("usps_distress_rung", highest),
    ),
    Outcome(
        "usps_cash_exhausted_share, usps_cash_exhausted_after_months",
        "0 or 1, months",
        "Whether cash has run out, and in which month of the run",
        _exhausted,
    ),
    Outcome(
        "usps_{carrier}_contract_cover", "ratio", "What a carrier pays under its contract over what that costs", _cover
    ),
    Outcome(
        "usps_violations_count",
        "count",
        "Most statutory rules broken in a month",
        single("usps_violations_count", highest),
    ),
)
