"""The regulator's review of a month: contracts, products, debt, and once a year all parcels together.

The phase gathers what is true of the month; the regulator rules (ODD 7.9).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import SEGMENTS
from agents.regulator import Finding
from model.carriers import USPS
from model.economy import Economy
from model.ledger import CENTS
from model.phases.contract_cover import contract_cover, mean_access_cost
from model.postal_accounts import BILLION

Floats = NDArray[np.float64]
SEPTEMBER = 9


def review_month(market: Economy) -> None:
    """Test the month; what begins to break the law and what keeps it again becomes a dated event."""
    findings = [*_contracts(market), *_products(market), *_debt(market)]
    if market.month.month == SEPTEMBER:
        findings += _fiscal_year(market)
    begun, mended = market.regulator.note(market.month, findings)
    for finding in begun:
        _tell(market, "violation", finding, "breaks")
    for finding in mended:
        _tell(market, "compliance", finding, "keeps again")


def review_mail_price(market: Economy, increase: float) -> None:
    """Test a mail price change that USPS plans itself; announced ones were approved in the world that announced them.

    Args:
        market: The market.
        increase: Change of mail prices, a share.
    """
    finding = market.regulator.review_mail_price(increase)
    for found in market.regulator.note(market.month, [finding])[0]:
        _tell(market, "violation", found, "breaks")


def _tell(market: Economy, kind: str, finding: Finding, verb: str) -> None:
    market.events.add(
        market.month,
        kind,
        ("usps",),
        f"USPS {verb} the rule {finding.rule.replace('_', ' ')} for {finding.subject}: {finding.told}",
        (f"contract:{finding.contract}",) if finding.contract else (),
        value=finding.value,
        limit=finding.limit,
    )


def _contracts(market: Economy) -> list[Finding]:
    found = []
    for contract in market.book.in_force():
        if market.agent(contract.seller).under_postal_law:
            cover = contract_cover(market, contract)
            if cover.parcels > 0.0:
                subject = f"the contract with {market.book.name(contract.buyer)}"
                paid, cost = cover.paid / cover.parcels, cover.cost / cover.parcels
                found.append(market.regulator.review_contract(paid, cost, subject, contract.key))
    return found


def _products(market: Economy) -> list[Finding]:
    """Mean price of each segment at published prices against its attributable cost."""
    flows = market.state.flows
    parcels = flows.allocation.accepted[market.groups.tendered, :, USPS].sum(axis=0)
    last_mile = mean_access_cost(market)
    upstream = market.costs.upstream[:, USPS] * market.state.environment.price_level
    paid = flows.invoices[market.groups.tendered, :, USPS].sum(axis=0) / CENTS
    total = parcels.sum(axis=1)
    return [
        market.regulator.review_product(
            paid[s] / total[s], float(parcels[s] @ last_mile / total[s] + upstream[s]), f"{name} parcels"
        )
        for s, name in enumerate(SEGMENTS)
        if total[s] > 0.0
    ]


def _debt(market: Economy) -> tuple[Finding, ...]:
    return market.regulator.review_debt(
        market.usps.debt,
        market.settings.debt_ceiling * BILLION,
        market.usps.borrowed,
        market.figures.usps_borrowing_max_year * BILLION,
    )


def _fiscal_year(market: Economy) -> tuple[Finding, ...]:
    """All parcels of the last twelve months; institutional cost at the yearly rate of the month."""
    books, postal = market.state.books, market.state.flows.postal
    revenue, cost = float(books.revenue[:, USPS].sum()), float(books.cost[:, USPS].sum())
    institutional = postal.institutional_cost * MONTHS_PER_YEAR
    return market.regulator.review_year(revenue, cost, institutional)
