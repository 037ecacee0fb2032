"""Who bargains with whom, when talks open, and what kind of table, price and terms each pair has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import PriceGroups
from agents.calendar import JANUARY, Month
from agents.contracts import Contract, ShortfallRule
from model.auction.dates import announced
from model.bargains.access import access_groups, access_table
from model.bargains.carriage import (
    carriage_groups,
    carriage_table,
    handed_at_start,
    published_carriage_price,
    signed_prices,
)
from model.bargains.forms import USUAL_RULE, imposed_form
from model.bargains.last_mile import last_mile_table
from model.bargains.table import BargainTable, Pair, PairKind
from model.billing import mean_peak_weight
from model.carriers import CarrierTable
from model.economy import Economy

Floats = NDArray[np.float64]


def known_pairs(carriers: CarrierTable) -> tuple[Pair, ...]:
    """All pairs that can talk one by one."""
    return (
        Pair("usps", "amazon", PairKind.ACCESS),
        *(Pair(seller, "amazon", PairKind.CARRIAGE) for seller in carriers.integrators),
        *(Pair("usps", key, PairKind.LAST_MILE) for key in carriers.access_buyers),
    )


def strategic_pairs(market: Economy) -> list[Pair]:
    """All pairs that talk one by one; small shippers take quotes, enterprise shippers have rate agreements.

    From the announcement of an auction on USPS sells access by it and no other way.
    """
    settings = market.settings
    silent = set() if settings.usps_amazon_volume == "negotiated" else {PairKind.ACCESS}
    if not settings.make_or_buy or market.month < settings.access_talks_start:
        silent.add(PairKind.LAST_MILE)
    if announced(settings, market.month):
        silent |= {PairKind.ACCESS, PairKind.LAST_MILE}
    return [pair for pair in known_pairs(market.carriers) if pair.kind not in silent]


def pairs_of_amazon(market: Economy) -> list[Pair]:
    """Pairs in which Amazon buys, under contracts that stand from the start on."""
    return [pair for pair in known_pairs(market.carriers) if pair.kind is not PairKind.LAST_MILE]


class LastMileTables:
    """What lies between USPS and carriers over the last mile in a month: neither term nor price of others bears on it.

    Args:
        market: The market; a month of it.
    """

    def __init__(self, market: Economy) -> None:
        self._market = market
        self._laid: dict[str, BargainTable] = {}

    def of(self, buyer: str, groups: PriceGroups) -> BargainTable:
        """The table of a carrier, laid when it is first asked for.

        Args:
            buyer: Key of the carrier.
            groups: Zones that share a price.
        """
        laid = self._laid.get(buyer)
        if laid is None or laid.groups is not groups:
            laid = self._laid[buyer] = last_mile_table(self._market, buyer, groups)
        return laid


def opens(market: Economy, pair: Pair, held: Contract | None, last_mile: LastMileTables) -> bool:
    """Whether talks of a pair are due this month: the contract's end comes near, or its clause reopens it.

    Without any contract a carrier asks USPS for one in January, if there is something to agree on.
    """
    if held is None or (pair.kind is PairKind.LAST_MILE and not held.in_force):
        if market.month.month != JANUARY:
            return False
        return bool(last_mile.of(pair.buyer, groups_of(market, pair)).stakes().agreeable().any())
    if held.months_left(market.month) <= int(market.figures.opening_lead_strategic):
        return True
    return held.reopener is not None and held.reopens(market.month, published_for(market, pair))


def groups_of(market: Economy, pair: Pair) -> PriceGroups:
    """Zones that share a price in the contract of a pair."""
    return carriage_groups(market) if pair.kind is PairKind.CARRIAGE else access_groups(market)


def table_of(
    market: Economy,
    pair: Pair,
    begin: Month,
    groups: PriceGroups,
    prices: Mapping[str, float] | None = None,
    last_mile: LastMileTables | None = None,
) -> BargainTable:
    """What is at stake between the two from the first month of a contract on.

    Args:
        market: The market.
        pair: Who talks about what.
        begin: First month of the contract.
        groups: Zones that share a price.
        prices: What UPS and FedEx would be paid by Amazon then where that is not what they have signed, $ per parcel,
            nan without a contract.
        last_mile: Tables of the month that are laid already.
    """
    if pair.kind is PairKind.CARRIAGE:
        return carriage_table(market, pair.seller, begin, groups, {**signed_prices(market), **(prices or {})})
    if pair.kind is PairKind.LAST_MILE:
        return (last_mile or LastMileTables(market)).of(pair.buyer, groups)
    return access_table(market, begin, groups)


def delivered_at_start(market: Economy, pair: Pair) -> float:
    """Parcels a year that the seller delivered for the buyer in the start year."""
    if pair.kind is PairKind.ACCESS:
        return market.amazon.memory.slices.total
    if pair.kind is PairKind.CARRIAGE:
        return float(handed_at_start(market, market.carriers.integrators[pair.seller]).sum())
    return 0.0


def published_for(market: Economy, pair: Pair) -> float:
    """What the buyer pays this seller without a contract, $ per parcel."""
    if pair.kind is PairKind.CARRIAGE:
        return published_carriage_price(market, pair.seller)
    return market.published_access_price()


def _shortfall_rule(market: Economy, pair: Pair) -> ShortfallRule:
    """What a missed commitment costs where nothing else is agreed on."""
    if pair.kind is PairKind.CARRIAGE:
        return "none"
    form = imposed_form(market)
    return USUAL_RULE if form is None else form.rule


def terms_for(
    market: Economy, pair: Pair, groups: tuple[str, ...], price: Floats, volume: Floats, begin: Month
) -> Contract:
    """Terms of what two parties agreed on, in the state "offered".

    UPS and FedEx take part of the mean price as a surcharge in the peak season, as they do from everybody; in years in
    which nobody takes one, the whole price is paid all year.

    Args:
        market: The market.
        pair: Who agreed.
        groups: Names of the price groups, G.
        price: Mean price by group, $ per parcel, (G,).
        volume: Parcels a year committed by group, (G,).
        begin: First month.
    """
    p = market.figures
    weight = mean_peak_weight(p, begin)
    # No more of the price than there is can be a surcharge.
    peak = (
        min(p.peak_surcharge, float(price.min()) / weight) if pair.kind is PairKind.CARRIAGE and weight > 0.0 else 0.0
    )
    at_once, build_up = 1.0, 0.0
    if pair.kind is PairKind.LAST_MILE:
        at_once, build_up = market.agent(pair.buyer).promises(float(volume.sum()))
    return Contract(
        seller=pair.seller,
        buyer=pair.buyer,
        segment="economy",
        groups=groups,
        price=tuple(float(value) for value in np.maximum(0.0, price - peak * weight)),
        escalator=p.inflation,
        commitment=tuple(map(float, volume)),
        cap=tuple(float(v * p.contract_cap_ratio) for v in volume),
        shortfall_rule=_shortfall_rule(market, pair),
        tolerance=p.shortfall_tolerance,
        take_or_pay_rate=p.take_or_pay_rate,
        start=begin,
        term_months=int(p.term_usps_nsa if pair.kind is PairKind.LAST_MILE else p.term_strategic),
        notice_months=int(p.notice_months),
        peak_surcharge=peak,
        reopener=p.contract_reopener if market.settings.reopeners else None,
        published=published_for(market, pair),
        owed_at_start=at_once,
        build_up=build_up,
    )
