"""USPS month by month: its statement, cash and debt, and the measures it takes in want of money.

The phase gathers what is due and what the law leaves, asks USPS, checks the answer and books (ODD 7.9).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.delivery_cost.checks import check_values
from agents.rules.distress import PostalBooks, Rung
from agents.usps import Bill
from model.carriers import USPS
from model.economy import Economy
from model.ledger import CENTS
from model.phases.universal_service import saved_street_cost
from model.postal_accounts import BILLION, PostalStatement, borrowing_room, in_cents, interest
from model.statements import MAIL_USERS, RETIREMENT_FUNDS, STAFF, SUPPLIERS, TREASURY
from model.tariffs import price_cap, set_temporary
from model.wages import share_of_month

Floats = NDArray[np.float64]
OCTOBER = 10
WORDS = {
    Rung.DEFERRAL: "defers retirement contributions",
    Rung.SURCHARGE: "puts a temporary surcharge on parcels",
    Rung.CAPITAL: "cuts capital spending",
    Rung.SERVICE: "slows its service",
    Rung.FIVE_DAY: "goes over to delivery on five days a week",
    Rung.EXHAUSTED: "runs out of cash; payments stop",
}


def apply_measures(market: Economy) -> None:
    """Let the measures of the month act on prices, service and sorting; their money is booked with the statement."""
    state, usps = market.state, market.usps
    before, now = usps.measures, usps.distress_measures(market.month)
    if not market.settings.announced_plans:
        now = replace(now, far_days=0.0, far_on_time_loss=0.0)
    if now == before:
        return
    usps.act_by(now)
    if now.surcharge != before.surcharge:
        _change_surcharge(market, now.surcharge)
    state.network.sorting[USPS] *= now.sorting / before.sorting
    state.choice.extra_days = np.zeros(market.carriers.n_carriers)
    state.choice.extra_days[USPS] = now.extra_days + now.far_days * market.service.far_mean


def _change_surcharge(market: Economy, share: float) -> None:
    """Put the surcharge on the list level, as far as USPS goes with it, or take it off."""
    tariffs = market.state.tariffs
    plain = tariffs.level[:, USPS] / tariffs.temporary.get(USPS, 1.0)
    factor = market.usps.surcharge(share, plain, price_cap(market.usps, tariffs))
    check_values("surcharge of USPS", factor, above=0.0)
    set_temporary(tariffs, USPS, factor)
    if share == 0.0:
        market.events.add(
            market.month, "distress", ("usps",), "USPS takes the temporary surcharge on parcels off again"
        )


def postal_statement(market: Economy, parcel_cost: float, mail_revenue: float, mail_cost: float) -> PostalStatement:
    """Statement of the month without parcel revenue, which the invoices bring.

    Args:
        market: The market.
        parcel_cost: Attributable to parcels, as staffed, $.
        mail_revenue: $.
        mail_cost: Attributable to mail, $.
    """
    p, wage, measures = market.figures, market.state.environment.wage_usps, market.usps.measures
    year = MONTHS_PER_YEAR / BILLION
    rate = market.paths.interest_rate(market.months_done)
    earned, paid = interest(p, rate, market.ledger.opening_cash("usps"), market.usps.debt)
    paid_cost = institutional_cash_cost(market) * (1.0 - measures.institutional_cut)
    paid_cost -= measures.five_day_saving + saved_street_cost(market)
    noncash = (p.usps_noncash_and_unpaid + p.usps_depreciation) / year
    return PostalStatement(
        mail_revenue=mail_revenue,
        parcel_revenue=0.0,
        mail_cost=mail_cost,
        parcel_cost=parcel_cost,
        institutional_cost=max(0.0, paid_cost) * wage + noncash,  # nobody saves more than there is
        interest_earned=earned,
        interest_paid=paid,
        noncash=noncash,
        unpaid=p.usps_noncash_and_unpaid / year,
        capital=p.usps_capex / year * (1.0 - measures.capital_cut),
        deferred=measures.deferral,
    )


def institutional_cash_cost(market: Economy) -> float:
    """Institutional cost of a month that is paid, at start wages, $.

    Amortisation that others set, retirement cost that is charged and not paid, and depreciation of what was bought
    earlier do not follow today's wages. What is paid does, and drifts from them by `institutional_drift`.
    """
    p = market.figures
    noncash = (p.usps_noncash_and_unpaid + p.usps_depreciation) * BILLION / MONTHS_PER_YEAR
    drift = market.paths.trend("institutional_drift", market.months_done)
    return max(0.0, market.state.books.institutional_cost - noncash) * drift


def close_postal_books(market: Economy) -> None:
    """Profit, cash and debt; payments that cannot be made are recorded, never silently owed; then the ladder."""
    state, ledger, usps = market.state, market.ledger, market.usps
    usps.remember_owed()
    income = sum(ledger.income(category, "usps") for category in ("parcels", "access", "settlement"))
    state.flows.postal = postal = in_cents(replace(state.flows.postal, parcel_revenue=income))
    ledger.pay("mail", MAIL_USERS, "usps", postal.mail_revenue)
    ledger.pay("interest", TREASURY, "usps", postal.interest_earned)
    _borrow(market, ledger.cash("usps") - postal.interest_paid - postal.cash_expense - postal.capital)
    _book_without_cash(market, "noncash", RETIREMENT_FUNDS, postal.unpaid + postal.deferred)
    _book_without_cash(market, "noncash", SUPPLIERS, postal.depreciation)
    unpaid = 0.0
    for bill in _in_its_order(market, _bills(market, postal)):
        affordable = min(bill.due, max(0.0, ledger.cash("usps")))
        ledger.pay(bill.category, "usps", bill.payee, affordable)
        _book_without_cash(market, bill.category, bill.payee, bill.due - affordable)
        unpaid += bill.due - affordable
    usps.remember_month(postal.deferred, postal.cash_flow - _relief(market))
    if unpaid >= 1.0 / CENTS:
        if usps.ladder.since(Rung.EXHAUSTED) is None:
            _tell(market, "cash_exhausted", Rung.EXHAUSTED, "")
            usps.take_rung(Rung.EXHAUSTED, market.month)
        usps.owe(unpaid)
    if market.settings.distress_ladder and (market.month + 1).quarter_start:
        _climb(market)


def _bills(market: Economy, postal: PostalStatement) -> tuple[Bill, ...]:
    """What is due this month."""
    wages, prices = market.state.environment.wage_usps, market.state.environment.price_level
    labour = float(share_of_month(market.labour_share, wages, prices)[USPS])
    vehicles = round((1.0 - labour) * postal.parcel_cost, 2)  # mail and institutional cost follow wages alone
    return (
        Bill("interest", postal.interest_paid, TREASURY),
        Bill("wages", round(postal.cash_expense - vehicles, 2), STAFF),
        Bill("operations", vehicles, SUPPLIERS),
        Bill("capital", postal.capital, SUPPLIERS),
    )


def _in_its_order(market: Economy, bills: tuple[Bill, ...]) -> Sequence[Bill]:
    """Bills in the order in which USPS pays them: all that are due, each once."""
    order = market.usps.pays_first(bills)
    if Counter(order) != Counter(bills):
        names = ", ".join(bill.category for bill in bills)
        raise ValueError(
            f"usps pays {', '.join(bill.category for bill in order)}; allowed: {names} in any order, each as it is due"
        )
    return order


def _book_without_cash(market: Economy, category: str, payee: str, dollars: float) -> None:
    """An expense that is not paid this month: the payee gives credit for it."""
    market.ledger.pay(category, "usps", payee, dollars)
    market.ledger.pay("credit", payee, "usps", dollars)


def _borrow(market: Economy, cash: float) -> None:
    """Let USPS borrow what it asks for, within the law."""
    usps = market.usps
    if market.month.month == OCTOBER:
        usps.open_fiscal_year()
    room = borrowing_room(market.figures, debt_cap(market), usps.debt, usps.borrowed)
    amount = min(usps.borrows(cash, room), room)
    if amount > 0.0:
        paid = market.ledger.pay("borrowing", TREASURY, "usps", amount) / CENTS
        usps.take_loan(paid)
        market.events.add(
            market.month, "borrowing", ("usps", "treasury"), f"USPS borrows ${paid / BILLION:.2f} billion", usd=paid
        )


def debt_cap(market: Economy) -> float:
    """Statutory ceiling of the debt of USPS, as Congress has set it in this scenario, $."""
    return market.settings.debt_ceiling * BILLION


def _relief(market: Economy) -> float:
    """Cash that the measures brought this month, $."""
    measures = market.usps.measures
    saved = (
        institutional_cash_cost(market) * measures.institutional_cut + measures.five_day_saving
    ) * market.state.environment.wage_usps
    capital = market.figures.usps_capex * BILLION / MONTHS_PER_YEAR * measures.capital_cut
    with_surcharge = _tariff_revenue(market)
    surcharge = with_surcharge - with_surcharge / market.state.tariffs.temporary.get(USPS, 1.0)
    return float(measures.deferral + saved + capital + surcharge.sum())


def _tariff_revenue(market: Economy) -> Floats:
    """What shippers paid USPS at published prices this month, by segment, $, (S,)."""
    invoices = market.state.flows.invoices
    return np.asarray(invoices[market.groups.tendered, :, USPS].sum(axis=0) / CENTS)


def postal_books(market: Economy) -> PostalBooks:
    """What USPS knows of its own money at the end of the month."""
    p, state, usps = market.figures, market.state, market.usps
    env = state.environment
    revenue = _tariff_revenue(market) / state.tariffs.temporary.get(USPS, 1.0) / env.season
    return PostalBooks(
        cash=market.ledger.cash("usps"),
        arrears=usps.arrears,
        borrowing_room=max(0.0, min(debt_cap(market) - usps.debt, p.usps_borrowing_max_year * BILLION)),
        underlying_flow=float(usps.cash_flow.mean()),
        tariff_revenue=float(revenue.sum()),
        institutional_cost=institutional_cash_cost(market) * env.wage_usps,
        capital_plan=p.usps_capex * BILLION / MONTHS_PER_YEAR,
        wage_index=env.wage_usps,
        ladder=usps.ladder,
        five_day_allowed=_five_day_allowed(market),
    )


def _five_day_allowed(market: Economy) -> bool:
    """Whether Congress allows delivery on five days a week in this scenario."""
    return market.settings.five_day_delivery != "forbidden"


def _climb(market: Economy) -> None:
    """Take the rung that USPS decides on, in force from the next month."""
    usps = market.usps
    rung = usps.distress_step(market.month)
    if rung is None:
        return
    allowed = usps.ladder.open_decisions(_five_day_allowed(market))
    if rung not in allowed:
        names = ", ".join(one.name for one in allowed) or "none"
        raise ValueError(f"usps decides on the distress measure {rung!r}; allowed: {names}")
    _tell(market, "distress", rung, f" from {market.month + 1}")
    usps.take_rung(rung, market.month + 1)


def _tell(market: Economy, kind: str, rung: Rung, when: str) -> None:
    market.events.add(
        market.month,
        kind,
        ("usps",),
        f"USPS {WORDS[rung]}{when}",
        rung=float(rung),
        forecast_usd=market.usps.forecast_cash(market.month),
        cash_usd=market.ledger.cash("usps"),
    )
