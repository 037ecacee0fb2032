"""UPS reviews its contracts and FedEx fills its network, once a quarter (section 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.pricing import quote
from model.bargains.carriage import ups_share
from model.bargains.enterprise import buyer_name
from model.carriers import FEDEX, UPS
from model.contract_margins import contract_margins
from model.words import parcels_in_words

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]


def review_contracts(market: Economy) -> None:
    """UPS gives notice to the contracts with the thinnest margins; afterwards it sells there at the margin it wants."""
    p, rivals, book = market.figures, market.state.rivals, market.book
    margin, parcels = contract_margins(market, UPS)
    daily = parcels / p.operating_days_ups
    for row in range(market.shippers.n_enterprise):
        contract = book.get("ups", buyer_name(row))
        ends_anyway = contract is None or not contract.in_force or contract.ends is not None
        if ends_anyway or (row in rivals.reviewed_until and market.month < rivals.reviewed_until[row]):
            daily[row] = 0.0
    shed = market.ups.sheds(margin, daily, shed_within_a_year(market))
    for row in map(int, np.flatnonzero(shed)):
        contract = book.get("ups", buyer_name(row))
        assert contract is not None
        book.give_notice("ups", buyer_name(row), market.month)
        rivals.shed.append((market.month, float(daily[row])))
        rivals.reviewed_until[row] = market.month + contract.notice_months + contract.term_months
        market.events.add(
            market.month,
            "shed",
            ("ups", buyer_name(row)),
            f"UPS gives notice to {book.name(buyer_name(row))}: a margin of {100 * margin[row]:.1f} % on "
            f"{parcels_in_words(float(parcels[row]))} a year",
            about=(f"contract:{contract.key}",),
            margin=float(margin[row]),
            daily_parcels=float(daily[row]),
        )


def shed_within_a_year(market: Economy) -> float:
    """Parcels a day that UPS sheds within a year: its own notices of the last one and Amazon's announced cut.

    The cut is public, so what is still to come of it counts as much as what has gone: the worst year around today.
    """
    now = market.month
    cuts = [
        ups_share(market, now + (months - MONTHS_PER_YEAR)) - ups_share(market, now + months)
        for months in range(MONTHS_PER_YEAR + 1)
    ]
    amazon = max(0.0, *cuts) * float(market.amazon.memory.flows.ups.sum()) / market.figures.operating_days_ups
    return amazon + sum(daily for month, daily in market.state.rivals.shed if now - month < MONTHS_PER_YEAR)


def fill_network(market: Economy) -> None:
    """FedEx sets the discount with which it fills until the next quarter."""
    tariffs, network, env = market.state.tariffs, market.state.network, market.state.environment
    before = tariffs.fill[:, FEDEX].any()
    shippers = market.shippers
    mean_discount = float(np.average(shippers.discount, weights=shippers.market_volume.sum(axis=1)))
    price = quote(tariffs.level[:, FEDEX], tariffs.floor[:, FEDEX], np.asarray(mean_discount))
    last_mile = network.street.marginal[FEDEX - 1] + network.street.sort[FEDEX - 1]
    marginal = np.average(last_mile, weights=network.annual_volume[FEDEX])
    marginal_cost = marginal + market.costs.upstream[:, FEDEX] * env.price_level
    tariffs.fill[:, FEDEX] = market.fedex.filling_discount(price, marginal_cost)
    now = tariffs.fill[:, FEDEX].any()
    if now != before:
        text = "FedEx offers lower prices to fill its network" if now else "FedEx stops filling its network"
        market.events.add(market.month, "fill", ("fedex",), text, discount=float(tariffs.fill[:, FEDEX].max()))
