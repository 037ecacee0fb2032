"""What must balance after every month: parcels, money and capacity (ODD 3)."""

from __future__ import annotations

import numpy as np

from agents.geography import ECONOMY
from model.access import access_dollars
from model.billing import invoice_cents
from model.capital import capital_charges
from model.carriers import AMAZON, USPS
from model.demand import by_segment
from model.economy import Economy
from model.ledger import CENTS, to_cents
from model.statements import results

PARCEL_TOLERANCE = 1e-9
ROUNDING_USD = 0.03  # costs are kept in fractions of a cent and paid in whole cents: wages, other work and capital
CAPACITY_TOLERANCE = 1e-9


class BalanceError(RuntimeError):
    """Parcels, money or capacity do not balance: a defect of the model, never of a scenario."""


def check_month(market: Economy) -> None:
    """Check the month and remember the worst imbalance so far.

    Raises:
        BalanceError: Something does not balance beyond its tolerance.
    """
    parcels = parcel_imbalance(market)
    money = max(money_imbalance(market), postal_imbalance(market), result_imbalance(market))
    market.worst_parcels = max(market.worst_parcels, parcels)
    market.worst_money = max(market.worst_money, money)
    if parcels > PARCEL_TOLERANCE:
        raise BalanceError(f"{market.month}: parcels do not balance, relative gap {parcels:.3g}")
    if money != 0.0:
        raise BalanceError(f"{market.month}: money does not balance, gap ${money:.2f}")
    over = capacity_overrun(market)
    if over > CAPACITY_TOLERANCE:
        raise BalanceError(f"{market.month}: more parcels than capacity, relative gap {over:.3g}")


def parcel_imbalance(market: Economy) -> float:
    """Largest relative gap among the parcel identities.

    What shippers ship is tendered; tendered and waiting parcels are delivered, wait or are given up; Amazon's parcels
    are its own deliveries and what it hands over; no volume is negative.
    """
    flows = market.state.flows
    allocation, demand, sourcing, tender = flows.allocation, flows.demand, flows.sourcing, flows.tender
    shipped = float((by_segment(market.annual_parcels) * demand.scale).sum())
    delivered = float(allocation.accepted.sum())
    waiting = 0.0 if allocation.backlog is None else float(allocation.backlog.volume.sum())
    placed = sum(
        float(part.sum())
        for part in (
            sourcing.own,
            sourcing.usps,
            sourcing.ups,
            sourcing.fedex,
            sourcing.usps_overflow,
            sourcing.ups_overflow,
            sourcing.fedex_overflow,
        )
    )
    scale = max(shipped + placed, 1.0)
    gaps = (
        abs(float(tender.volume.sum()) - shipped),
        abs(placed - float(demand.amazon.sum())),
        abs(shipped + placed + allocation.waited - delivered - waiting - float(allocation.unserved.sum())),
        -float(min(allocation.accepted.min(), tender.volume.min(), sourcing.own.min(), 0.0)),
        access_imbalance(market),
    )
    return max(gaps) / scale


def access_imbalance(market: Economy) -> float:
    """Largest gap, in parcels, of the last mile that carriers buy: own and bought make up what a carrier accepted.

    No carrier hands over more economy parcels than it accepted, nothing under a contract that was not handed over, and
    who brings a parcel to the door changes no total.
    """
    access, allocation = market.state.access, market.state.flows.allocation
    accepted = allocation.accepted.sum(axis=0)
    gap = abs(float(market.state.flows.delivered.sum()) - float(accepted.sum()))
    beyond = (access.bought - accepted[ECONOMY]).max(), (access.contract - access.bought).max()
    return float(max(gap, *beyond, -access.bought.min(), -access.contract.min()))


def money_imbalance(market: Economy) -> float:
    """Largest gap in dollars between the ledger and what allocation, tariffs and contracts say was sold.

    Revenue is computed anew from accepted parcels, their prices and the surcharges in force, rounded like an invoice.
    """
    state, ledger = market.state, market.ledger
    allocation, carriers = state.flows.allocation, market.party_of_carrier
    received, paid = ledger.received, ledger.paid
    invoiced = invoice_cents(allocation, state.tariffs.surcharge, market.groups.tendered).sum(axis=(0, 1))
    access, row = to_cents(access_dollars(market)), ledger.category("access")
    gaps = (
        ledger.balance.sum(),
        invoiced - received[ledger.category("parcels"), carriers],
        access - paid[row, carriers],
        access.sum() - received[row, ledger.index("usps")],
        paid.sum(axis=1) - received.sum(axis=1),
    )
    return max(int(np.abs(gap).max()) for gap in gaps) / CENTS


def postal_imbalance(market: Economy) -> float:
    """Largest gap in dollars between the cash of USPS in the ledger and its statement, debt, arrears and deferrals.

    The statement says what cash should have changed by; what was borrowed and what could not be paid explain the rest.
    """
    state, ledger = market.state, market.ledger
    postal, party = state.flows.postal, ledger.index("usps")
    opening = int(ledger.balance[party] - ledger.received[:, party].sum() + ledger.paid[:, party].sum())

    usps = market.usps
    owed = (usps.debt, usps.arrears, usps.deferred)
    borrowed, unpaid, deferred = (
        round(now * CENTS) - round(before * CENTS) for now, before in zip(owed, usps.owed_before, strict=True)
    )
    flows = (postal.mail_revenue, postal.parcel_revenue, postal.net_interest, -postal.expense, postal.noncash)
    expected = sum(round(value * CENTS) for value in flows) - round(postal.capital * CENTS)
    return (
        max(
            abs(int(ledger.balance[party]) - opening - expected - borrowed - unpaid - deferred),
            abs(borrowed - round(ledger.income("borrowing", "usps") * CENTS)),
        )
        / CENTS
    )


def result_imbalance(market: Economy) -> float:
    """Largest gap in dollars between results in the ledger and the accounts that are kept beside it.

    What one party pays another receives, so the results of all add up to nothing. A carrier's result is what its
    invoices bring less the cost of operation, access, settlements and capital, and less what Amazon and big shippers
    are invoiced; that of USPS is the net income of its statement.
    """
    state, ledger = market.state, market.ledger
    found = results(ledger)
    worst = abs(int(found.sum())) / CENTS
    worst = max(worst, abs(int(found[ledger.index("usps")]) - round(state.flows.postal.net_income * CENTS)) / CENTS)
    books = state.books.revenue[-1] - state.flows.operating_cost - state.access.paid - capital_charges(market)
    invoiced = state.flows.invoices[market.groups.amazon.all].sum(axis=(0, 1)) / CENTS
    books[AMAZON] -= invoiced.sum() - invoiced[AMAZON]
    for one in market.groups.big:
        books[one.network] -= state.flows.invoices[one.group].sum() / CENTS
    parties = market.party_of_carrier
    gap = np.abs(found[parties] / CENTS - books - ledger.incomes("settlement")[parties])
    return max(worst, float(np.delete(gap, USPS).max()) - ROUNDING_USD)


def capacity_overrun(market: Economy) -> float:
    """Largest relative use beyond capacity, by zone and in sorting."""
    network, volume = market.state.network, market.state.flows.brought
    capacity = network.monthly_capacity
    with np.errstate(invalid="ignore"):
        by_zone = np.where(np.isinf(capacity), 0.0, (volume - capacity) / np.maximum(capacity, 1.0))
        national = np.where(np.isinf(network.sorting), 0.0, volume.sum(axis=1) / network.sorting - 1.0)
    return float(max(by_zone.max(), national.max(), 0.0))
