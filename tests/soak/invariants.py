"""What must hold in every month of every market, counted again from what the phases handed on."""

from __future__ import annotations

import numpy as np

from model.access import delivered_parcels
from model.market import PHASES, ParcelMarket
from model.records import SERIES

SIGNED = {"profit_usd", "usps_parcel_contribution_usd", "usps_net_income_usd", "usps_controllable_income_usd"} | {
    "usps_cash_expected_usd",  # what it would come to before it borrows or acts
    *(series.name for series in SERIES if series.name.endswith(("_gain_usd", "_result_usd"))),
}


class Violation(AssertionError):
    """A market broke a rule that all markets keep."""


def play(market: ParcelMarket) -> None:
    """Play a market to its end and check every month, then its records and outcomes.

    Raises:
        Violation: What is broken, where and by how much.
    """
    money = _Money(market)
    while not market.finished:
        month = market.month
        market.step()
        for problem in (*parcel_problems(market), *capacity_problems(market), *money.problems()):
            raise Violation(f"{month}: {problem}")
    for problem in record_problems(market):
        raise Violation(problem)


def parcel_problems(market: ParcelMarket) -> list[str]:
    """What does not add up between tendered, delivered, waiting and lost parcels."""
    flows = market.state.flows
    tendered = flows.tender.volume.sum() + flows.demand.amazon.sum()
    waiting = 0.0 if market.state.backlog is None else market.state.backlog.volume.sum()
    accounted = flows.allocation.accepted.sum() + waiting + flows.allocation.unserved.sum()
    expected = tendered + flows.allocation.waited
    problems = []
    if not abs(accounted - expected) <= 1e-9 * abs(expected):
        problems.append(f"{expected:.6f} parcels were tendered or waited, {accounted:.6f} are accounted for")
    shipped = market.records["shipped_parcels"][-1].sum()
    if not abs(flows.tender.volume.sum() - shipped) <= 1e-9 * shipped:
        problems.append(f"{shipped:.6f} parcels were shipped, {flows.tender.volume.sum():.6f} tendered")
    return problems


def capacity_problems(market: ParcelMarket) -> list[str]:
    """Where more was delivered than capacity allows, and coverage that is no share."""
    network = market.state.network
    used = delivered_parcels(market).sum(axis=0)  # own routes carry what the carrier did not hand over
    problems = []
    if not (used <= network.monthly_capacity * (1 + 1e-9) + 1e-6).all():
        problems.append("more parcels on routes than capacity")
    if not (used.sum(axis=1) <= network.sorting * (1 + 1e-9) + 1e-6).all():
        problems.append("more parcels sorted than capacity")
    if not ((network.coverage >= 0.0) & (network.coverage <= 1.0 + 1e-12)).all():
        problems.append("a coverage is no share")
    return problems


class _Money:
    """The cash of USPS, followed from month to month."""

    def __init__(self, market: ParcelMarket) -> None:
        self.market = market
        self.cash = market.ledger.cash("usps")
        self.debt, self.arrears = market.usps.debt, 0.0
        start = market.figures.usps_cash_start * 1e9
        if not abs(self.cash - start) <= 0.01:
            raise Violation(f"USPS starts with {self.cash} $ instead of {start} $")

    def problems(self) -> list[str]:
        """What does not add up this month between payments, income, borrowing and cash."""
        market, usps, p = self.market, self.market.usps, self.market.figures
        cash = market.ledger.cash("usps")
        problems = []
        if int(market.ledger.balance.sum()) != 0:
            problems.append(f"accounts sum to {int(market.ledger.balance.sum())} cents instead of 0")
        flows = sum(market.ledger.income(category, "usps") for category in market.ledger.categories)
        if not abs(cash - self.cash - flows) <= 0.011:
            problems.append(f"the cash of USPS changes by {cash - self.cash} $, its payments by {flows} $")
        measures = usps.measures
        capital = p.usps_capex * (1.0 - measures.capital_cut)
        noncash = (p.usps_noncash_and_unpaid + p.usps_depreciation - capital) * 1e9 / 12 + measures.deferral
        borrowed, unpaid = usps.debt - self.debt, usps.arrears - self.arrears
        income = market.records["usps_net_income_usd"][-1]
        expected = self.cash + income + noncash + borrowed + unpaid
        if not abs(cash - expected) <= 0.1 + 1e-12 * abs(expected):
            problems.append(f"the cash of USPS is {cash} $, its accounts say {expected} $")
        if not cash >= -0.01:
            problems.append(f"the cash of USPS is {cash} $")
        ceiling = max(market.settings.debt_ceiling, p.usps_debt_start) * 1e9
        if not usps.debt <= ceiling + 1.0:
            problems.append(f"USPS owes {usps.debt} $, it may owe {ceiling} $")
        self.cash, self.debt, self.arrears = cash, usps.debt, usps.arrears
        return problems


def record_problems(market: ParcelMarket) -> list[str]:
    """Records and outcomes that are not finite, negative where they must not be, or shares beyond 0 to 1."""
    problems = []
    if not market.balances()["parcels"] <= 1e-9 or market.balances()["money"] != 0.0:
        problems.append(f"balances {market.balances()}")
    for series in SERIES:
        values = market.records[series.name]
        if not np.isfinite(values).all():
            problems.append(f"series {series.name} is not finite")
        elif series.name not in SIGNED and not (values >= -0.01).all():
            problems.append(f"series {series.name} falls to {values.min()}")
    for name, value in market.outcomes().items():
        is_share = name.endswith("_share") and "retained" not in name
        if not np.isfinite(value) or (is_share and not -1e-9 <= value <= 1.0 + 1e-9):
            problems.append(f"outcome {name} is {value}")
    if set(market.phase_seconds) != {phase.name for phase in PHASES}:
        problems.append("not every phase was timed")
    return problems
