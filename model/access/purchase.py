"""What carriers with routes of their own hand to USPS this month, by zone and density (section 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.access import AccessPurchase, AccessTerms, buy_access
from agents.geography import ECONOMY
from model.access.insourcing import insourcing_error, spared_cost
from model.access.terms import access_contract, access_terms
from model.carriers import AMAZON, USPS
from model.tender import Tender

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]


def buyers(market: Economy) -> list[int]:
    """Carriers that may buy access by this rule: all with routes of their own; Amazon's parcels have their own way."""
    return [k for k in range(market.carriers.n_carriers) if k not in (USPS, AMAZON)]


def decide_access(market: Economy, tender: Tender) -> None:
    """Every carrier with routes of its own chooses what to hand over this month, as far as USPS can sort it."""
    access, p = market.state.access, market.figures
    access.open_month()
    if not market.settings.make_or_buy:
        return
    injection = p.injection_cost_amazon * market.state.environment.price_level
    published = market.published_access_price()
    served = market.state.network.coverage[USPS] > 0.0  # without the universal service USPS may drop zones
    for carrier in buyers(market):
        volume = tender.volume[:, ECONOMY, carrier].sum(axis=0) * served
        if not volume.any():
            continue
        reach, passed = access.reach[carrier], market.state.network.coverage[carrier]
        inside = np.divide(passed, reach, out=np.zeros_like(reach), where=reach > 0.0)
        # Only who used to buy where its own routes pass is new to it there.
        error = 0.0 if market.carriers.groups[carrier] == "regional" else insourcing_error(market, carrier)
        cost = np.maximum(spared_cost(market, carrier, passed) + error, 0.0)
        beyond = volume * (1.0 - inside)
        if not beyond.any() and access_contract(market, carrier) is None and float(cost.max()) <= published + injection:
            access.kept[carrier] = passed
            continue  # the usual case of a regional carrier: access is dearer than one stop more, everywhere
        terms = access_terms(market, carrier, cost, volume * inside)
        under, purchase = _with_beyond(cost, volume * inside, beyond, terms, injection)
        access.kept[carrier] = purchase.kept * passed
        access.bought[carrier] = purchase.parcels + beyond
        access.contract[carrier] = purchase.contract + under
    left = market.state.network.capacity[USPS] <= 0.0  # places that a USPS without universal service has given up
    if left.any():
        access.bought[:, left] = access.contract[:, left] = 0.0
        access.kept[:, left] = np.minimum(access.reach, market.state.network.coverage)[:, left]
    room = usps_room(market, market.state.network.sorting[USPS])
    total = float(access.bought.sum(axis=0).sum())  # zone by zone: a carrier more changes not even the last digit
    if total > room:
        access.bought *= room / total
        access.contract *= room / total


def usps_room(market: Economy, sorting: float) -> float:
    """Parcels that USPS can sort this month beyond those that wait there and those of Amazon's contract."""
    state, demand = market.state, market.state.flows.demand
    waiting = 0.0 if state.backlog is None else float(state.backlog.by_carrier_zone[USPS].sum())
    promised = float((market.amazon.memory.retained * demand.amazon / demand.amazon_trend).sum())
    return max(0.0, sorting - waiting - promised)


def _with_beyond(
    cost: Floats, inside: Floats, beyond: Floats, terms: AccessTerms, injection: float
) -> tuple[Floats, AccessPurchase]:
    """Buy for what lies beyond the carrier's routes first; what the contract has left is for the rest.

    Returns:
        Parcels beyond its routes under the contract, (Z,), and the purchase for those that its routes pass.
    """
    if not beyond.any():
        return np.zeros_like(beyond), buy_access(cost, inside, terms, injection)
    needed = np.bincount(terms.group, weights=beyond, minlength=len(terms.cap))
    part = np.minimum(1.0, np.divide(terms.cap, needed, out=np.zeros_like(needed), where=needed > 0.0))
    left = AccessTerms(
        terms.price,
        terms.published,
        terms.group,
        np.maximum(terms.cap - needed, 0.0),
        np.maximum(terms.least - needed, 0.0),
        terms.relief,
    )
    return beyond * part[terms.group], buy_access(cost, inside, left, injection)


def handed_share(market: Economy, tender: Tender) -> Floats:
    """Share of each carrier's economy parcels that it hands over this month, (K, Z)."""
    volume = tender.volume[:, ECONOMY].sum(axis=0)
    bought = market.state.access.bought
    return np.clip(np.divide(bought, volume, out=np.zeros_like(volume), where=volume > 0.0), 0.0, 1.0)
