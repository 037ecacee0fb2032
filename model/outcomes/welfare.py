"""Who gains and who loses, by component.

Money comes from the ledger, where what one party pays another receives. What shippers, members of Amazon and mail users
gain is the value of prices and service against the start of the run.
"""

from __future__ import annotations

import math

import numpy as np

from model.carriers import AMAZON, USPS
from model.economy import Economy
from model.outcomes.registry import Outcome, Rows, single, total


def _shippers(market: Economy, rows: Rows) -> dict[str, float]:
    """Shippers pass a part of their gain on to those who buy from them."""
    passed = market.figures.consumer_pass_through
    big = total(market.records["enterprise_shippers_gain_usd"][rows])
    small = total(market.records["small_shippers_gain_usd"][rows])
    return {
        "welfare_enterprise_shippers_usd": (1.0 - passed) * big,
        "welfare_small_shippers_usd": (1.0 - passed) * small,
        "welfare_consumers_usd": passed * (big + small),
    }


def _producers(market: Economy, rows: Rows) -> dict[str, float]:
    profit = market.records["profit_usd"][rows].sum(axis=0)
    return {
        "welfare_rivals_usd": math.fsum(np.delete(profit, [USPS, AMAZON, *market.groups.own_networks])),
        "welfare_amazon_usd": float(profit[AMAZON]),
        "welfare_usps_usd": total(market.records["usps_net_income_usd"][rows]),
    }


OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "welfare_enterprise_shippers_usd, welfare_small_shippers_usd, welfare_consumers_usd",
        "$",
        "Parcels x change of ln(sum exp(utility)) / price coefficient since the start; consumers get "
        "consumer_pass_through of it",
        _shippers,
    ),
    Outcome(
        "welfare_rivals_usd, welfare_amazon_usd, welfare_usps_usd",
        "$",
        "Producers: profit of UPS, FedEx and regional carriers; less Amazon's delivery bill; net income of USPS",
        _producers,
    ),
    *(
        Outcome(f"welfare_{who}_usd", "$", meaning, single(f"welfare_{who}_usd", total, f"{who}_result_usd"))
        for who, meaning in (
            ("consolidators", "Consolidators: what shippers pay them less what they pay"),
            ("staff", "Staff of all carriers: wages; a cost of the work, not a gain, where labour has other work"),
            ("suppliers", "Suppliers: what they are paid for work; likewise a cost"),
            ("lenders", "Owners and lenders: depreciation and return of capital in use; likewise a cost"),
            ("retirement_funds", "Retirement cost of USPS that uses no cash; likewise a cost"),
            ("treasury", "Treasury: interest that USPS pays it less interest that it pays USPS"),
        )
    ),
    *(
        Outcome(f"{who}_paid_usd", "$", meaning, single(f"{who}_paid_usd", total))
        for who, meaning in (
            ("enterprise_shippers", "What enterprise shippers pay for their parcels"),
            ("small_shippers", "What small shippers pay for their parcels"),
            ("mail_users", "What mail users pay USPS"),
        )
    ),
    *(
        Outcome(f"welfare_{who}_usd", "$", meaning, single(f"welfare_{who}_usd", total, f"{who}_gain_usd"))
        for who, meaning in (
            ("mail_users", "Mail users: mail prices against inflation, times volume"),
            ("amazon_members", "Members of Amazon: days of delay times their value"),
        )
    ),
)
