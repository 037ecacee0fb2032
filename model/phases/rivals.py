"""Carriers review contracts with enterprise shippers that come up, and once a quarter fill what stands empty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.carriers import Carrier
from agents.contracts import Contract
from agents.rules.pricing import quote
from agents.rules.shedding import ReviewCase
from model.answers import checked, chosen_rows
from model.bargains.carriage import announced_cut
from model.bargains.enterprise import buyer_values
from model.contract_margins import contract_costs, contract_parcels, enterprise_quotes, margin_at
from model.economy import Economy
from model.words import parcels_in_words

Floats = NDArray[np.float64]


def review_contracts(market: Economy) -> None:
    """Carriers look at the contracts that come up this month, and give notice where no price suits both sides."""
    buyers = [market.groups.buyer(row) for row in range(market.shippers.n_enterprise)]
    # Both would talk about the next agreement at the latest in the month after.
    lead = int(market.figures.opening_lead_enterprise) + 1
    due = {
        carrier: [_comes_up(market, carrier.key, buyer, lead) for buyer in buyers]
        for carrier in market.carrier_agents
        if carrier.reviews_contracts
    }
    if not any(any(held) for held in due.values()):
        return
    price, quotes = market.state.choice.enterprise_price, enterprise_quotes(market)
    worth = buyer_values(market, np.where(np.isnan(price), quotes, price))
    most = np.minimum(worth, quotes) + market.state.tariffs.follows  # a surcharge comes on top of what is agreed
    cost, rows = contract_costs(market), np.flatnonzero([any(held) for held in zip(*due.values(), strict=True)])
    parcels = np.zeros_like(cost)
    parcels[rows] = contract_parcels(market, rows)
    for carrier, held in due.items():
        if any(held):
            _review(market, carrier, held, *(one[:, :, carrier.index] for one in (most, cost, parcels)))


def _review(
    market: Economy, carrier: Carrier, held: list[Contract | None], most: Floats, cost: Floats, parcels: Floats
) -> None:
    """One carrier looks at its contracts that come up; prices and costs are $ per parcel, (E, S)."""
    parcels = np.where([[contract is not None] for contract in held], parcels, 0.0)
    margin, yearly = margin_at(most, cost, parcels), parcels.sum(axis=1)
    daily = yearly / market.figures[f"operating_days_{carrier.like}"]
    ended = carrier.gives_notice(ReviewCase(margin, daily, announced_cut(market, carrier.key)))
    for row in chosen_rows(carrier.key, "notice", ended, len(held)):
        contract = held[row]
        if contract is None:
            continue  # there is nothing to give notice to
        market.book.give_notice(carrier.key, contract.buyer, market.month)
        carrier.notice_given(row, float(daily[row]))
        market.events.add(
            market.month,
            "shed",
            (carrier.key, contract.buyer),
            f"{carrier.name} gives notice to {market.book.name(contract.buyer)}: at most a margin of "
            f"{100 * margin[row]:.1f} % on {parcels_in_words(float(yearly[row]))} a year",
            about=(f"contract:{contract.key}",),
            margin=float(margin[row]),
            daily_parcels=float(daily[row]),
        )


def _comes_up(market: Economy, seller: str, buyer: str, lead: int) -> Contract | None:
    """The contract of an enterprise shipper with a carrier, in the month in which notice must be given; else None."""
    contract = market.book.get(seller, buyer)
    if contract is None or contract.months_left(market.month) != max(contract.notice_months, lead):
        return None
    free = contract.in_force and contract.ends is None and market.book.upcoming(seller, buyer) is None
    return contract if free else None


def fill_networks(market: Economy) -> None:
    """Carriers that fill what stands empty set their discount until the next quarter."""
    for carrier in market.carrier_agents:
        if carrier.fills_network:
            _fill(market, carrier)


def _fill(market: Economy, carrier: Carrier) -> None:
    tariffs, network, env = market.state.tariffs, market.state.network, market.state.environment
    shippers, index, routes = market.shippers, carrier.index, network.street.of(carrier.index)
    before = tariffs.fill[:, index].any()
    mean_discount = float(np.average(shippers.discount, weights=shippers.whole_volume))
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
