"""Once a quarter carriers review their contracts with enterprise shippers and fill what stands empty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.carriers import Carrier
from agents.contracts import Contract
from agents.rules.pricing import quote
from agents.rules.shedding import ReviewCase
from model.answers import checked, chosen_rows
from model.bargains.carriage import announced_cut
from model.contract_margins import contract_margins
from model.economy import Economy
from model.words import parcels_in_words

Floats = NDArray[np.float64]


def review_contracts(market: Economy) -> None:
    """Carriers that review their contracts give notice to some; afterwards they sell there at the margin they want."""
    for carrier in market.carrier_agents:
        if carrier.reviews_contracts:
            _review(market, carrier)


def _review(market: Economy, carrier: Carrier) -> None:
    margin, parcels = contract_margins(market, carrier.index)
    daily = parcels / market.figures[f"operating_days_{carrier.like}"]
    held = [_that_goes_on(market, carrier.key, row) for row in range(len(daily))]
    daily[[contract is None for contract in held]] = 0.0
    cut = announced_cut(market, carrier.key)
    shed = carrier.gives_notice(ReviewCase(margin, daily, cut))
    for row in chosen_rows(carrier.key, "notice", shed, len(held)):
        contract, shipper = held[row], market.groups.buyer(row)
        if contract is None:
            continue  # there is nothing to give notice to
        market.book.give_notice(carrier.key, shipper, market.month)
        carrier.notice_given(row, float(daily[row]), market.month + contract.notice_months + contract.term_months)
        market.events.add(
            market.month,
            "shed",
            (carrier.key, shipper),
            f"{carrier.name} gives notice to {market.book.name(shipper)}: a margin of {100 * margin[row]:.1f} % on "
            f"{parcels_in_words(float(parcels[row]))} a year",
            about=(f"contract:{contract.key}",),
            margin=float(margin[row]),
            daily_parcels=float(daily[row]),
        )


def _that_goes_on(market: Economy, seller: str, row: int) -> Contract | None:
    """The contract of an enterprise shipper with a carrier that is in force and under no notice."""
    contract = market.book.get(seller, market.groups.buyer(row))
    return contract if contract is not None and contract.in_force and contract.ends is None else None


def fill_networks(market: Economy) -> None:
    """Carriers that fill what stands empty set their discount until the next quarter."""
    for carrier in market.carrier_agents:
        if carrier.fills_network:
            _fill(market, carrier)


def _fill(market: Economy, carrier: Carrier) -> None:
    tariffs, network, env = market.state.tariffs, market.state.network, market.state.environment
    shippers, index, routes = market.shippers, carrier.index, network.street.of(carrier.index)
    before = tariffs.fill[:, index].any()
    mean_discount = float(np.average(shippers.discount, weights=shippers.market_volume.sum(axis=1)))
    price = quote(tariffs.level[:, index], tariffs.floor[:, index], np.asarray(mean_discount))
    marginal = np.average(routes.marginal + routes.sort, weights=network.annual_volume[index])
    marginal_cost = marginal + market.costs.upstream[:, index] * env.price_level
    discount = carrier.filling_discount(price, marginal_cost)
    tariffs.fill[:, index] = checked(carrier.key, "discount on its quotes", discount, price.shape, 1.0)
    now = tariffs.fill[:, index].any()
    if now != before:
        what = "offers lower prices to fill its network" if now else "stops filling its network"
        discount_now = float(tariffs.fill[:, index].max())
        market.events.add(market.month, "fill", (carrier.key,), f"{carrier.name} {what}", discount=discount_now)
