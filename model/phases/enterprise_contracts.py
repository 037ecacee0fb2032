"""Rate agreements of enterprise shippers with UPS and FedEx: staggered, repriced every year, renewed at quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.contracts import Contract, ContractState
from agents.geography import SEGMENTS
from agents.pricing import quote
from model.carriers import FEDEX, UPS
from model.contract_margins import least_price

if TYPE_CHECKING:
    from model.market import ParcelMarket

Floats = NDArray[np.float64]
SELLERS = (("ups", UPS), ("fedex", FEDEX))


def buyer_name(row: int) -> str:
    """Key of an enterprise shipper in contracts and events."""
    return f"enterprise_{row + 1}"


def hold_start_agreements(market: ParcelMarket) -> None:
    """Put the agreements that exist at the start into the book; their ends are spread evenly over one term."""
    term = int(market.figures.term_enterprise)
    for row in range(market.shippers.n_enterprise):
        age = row * term // market.shippers.n_enterprise
        for key, carrier in SELLERS:
            price = _quotes(market, row, carrier)
            market.book.hold(_agreement(market, row, key, price, age))
            market.state.choice.enterprise_price[row, :, carrier] = price


def advance_agreements(market: ParcelMarket) -> None:
    """Raise prices at anniversaries, below the general increase; sign anew at the quotes of the day after the term."""
    prices = market.state.choice.enterprise_price
    for row in range(market.shippers.n_enterprise):
        for key, carrier in SELLERS:
            contract = market.book.get(key, buyer_name(row))
            assert contract is not None
            if not contract.in_force:
                price = _quotes(market, row, carrier)
                market.book.sign(_agreement(market, row, key, price, 0), market.month)
                prices[row, :, carrier] = price
            elif contract.is_anniversary(market.month):
                general = float(market.state.tariffs.list_growth[carrier])
                rise = max(0.0, general - market.figures.rate_cap_below_list)
                if rise > 0.0:
                    prices[row, :, carrier] *= 1.0 + rise
                    market.book.reprice(contract, tuple(map(float, prices[row, :, carrier])), market.month)


def _quotes(market: ParcelMarket, row: int, carrier: int) -> Floats:
    """What the carrier quotes the shipper today before surcharges, $ per parcel, (S,)."""
    tariffs = market.state.tariffs
    quoted = quote(tariffs.offered[:, carrier], tariffs.floor[:, carrier], market.shippers.discount[row])
    return np.maximum(quoted, least_price(market, row, carrier))


def _agreement(market: ParcelMarket, row: int, seller: str, price: Floats, age: int) -> Contract:
    nothing = (0.0,) * len(SEGMENTS)
    return Contract(
        seller=seller,
        buyer=buyer_name(row),
        segment="all",
        groups=SEGMENTS,
        price=tuple(map(float, price)),
        escalator=0.0,
        commitment=nothing,
        cap=(float("inf"),) * len(SEGMENTS),
        shortfall_rule="none",
        tolerance=market.figures.shortfall_tolerance,
        take_or_pay_rate=0.0,
        start=market.month + -age,
        term_months=int(market.figures.term_enterprise),
        notice_months=int(market.figures.notice_months),
        state=ContractState.ACTIVE if age else ContractState.OFFERED,
    )
