"""What carriers with routes of their own hand to USPS this month, by zone and density."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from agents.geography import ECONOMY
from agents.rules.access import AccessCase
from model.access.insourcing import own_cost_luck, spared_cost
from model.access.terms import access_terms, injection_cost
from model.answers import checked
from model.carriers import USPS
from model.economy import Economy
from model.operations import network_of
from model.tender import Tender

Floats = NDArray[np.float64]


def buyers(market: Economy) -> list[int]:
    """Carriers that may buy access by this rule: all with routes of their own; Amazon's parcels have their own way."""
    return [carrier.index for carrier in market.carrier_agents if carrier.hands_over]


def decide_access(market: Economy, tender: Tender, imposed: Mapping[int, float]) -> None:
    """Every carrier with routes of its own chooses what to hand over this month, as far as USPS can sort it.

    Args:
        market: The market.
        tender: What shippers give to carriers this month.
        imposed: Parcels that a carrier must hand over, by its index; without make-or-buy nobody else hands any over.
    """
    access = market.state.access
    access.open_month()
    served = market.state.network.coverage[USPS] > 0.0  # without the universal service USPS may drop zones
    spared = spared_cost(market)
    for carrier in buyers(market) if market.settings.make_or_buy else imposed:
        volume = tender.volume[:, ECONOMY, carrier].sum(axis=0) * served
        if not volume.any():
            continue
        agent = market.carrier_agents[carrier]
        case = access_case(market, carrier, volume, spared[network_of(carrier)])
        new = agent.learning_since is None
        chosen = agent.hands_so_many(imposed[carrier], case) if carrier in imposed else agent.buys_access(case)
        if new and agent.learning_since is not None:
            text = f"{agent.name} begins to deliver itself what USPS delivered for it"
            market.events.add(market.month, "sourcing", (agent.key, "usps"), text)
        who, zones = agent.key, volume.shape
        access.kept[carrier] = checked(who, "share of households that it delivers to itself", chosen.kept, zones, 1.0)
        access.bought[carrier] = checked(who, "parcels handed over", chosen.parcels, zones, volume)
        access.contract[carrier] = checked(who, "parcels under the contract", chosen.contract, zones, chosen.parcels)
    left = market.state.network.capacity[USPS] <= 0.0  # places that a USPS without universal service has given up
    if left.any():
        access.bought[:, left] = access.contract[:, left] = 0.0
        access.kept[:, left] = np.minimum(access.reach, market.state.network.coverage)[:, left]
    room = usps_room(market, market.state.network.sorting[USPS])
    total = float(access.bought.sum(axis=0).sum())  # zone by zone: a carrier more changes not even the last digit
    if total > room:
        access.bought *= room / total
        access.contract *= room / total


def access_case(market: Economy, carrier: int, volume: Floats, spared: Floats) -> AccessCase:
    """What a carrier knows when it chooses what to hand over.

    Args:
        market: The market.
        carrier: Index of the carrier.
        volume: Its economy parcels of the month where USPS delivers, (Z,).
        spared: What not delivering a parcel spares it, $ per parcel, (Z, P).
    """
    reach, passed = market.state.access.reach[carrier], market.state.network.coverage[carrier]
    inside = np.divide(passed, reach, out=np.zeros_like(reach), where=reach > 0.0)
    return AccessCase(
        spared=spared,
        inside=volume * inside,
        beyond=volume * (1.0 - inside),
        passed=passed,
        terms=access_terms(market, carrier),
        injection_cost=injection_cost(market),
        luck=own_cost_luck(market, carrier),
    )


def usps_room(market: Economy, sorting: float) -> float:
    """Parcels that USPS can sort this month beyond those that wait there and those of Amazon's contract."""
    state, demand = market.state, market.state.flows.demand
    waiting = 0.0 if state.backlog is None else float(state.backlog.by_carrier_zone[USPS].sum())
    promised = float((market.amazon.memory.retained * demand.amazon_ordered / demand.amazon_trend).sum())
    return max(0.0, sorting - waiting - promised)


def handed_share(market: Economy, tender: Tender) -> Floats:
    """Share of each carrier's economy parcels that it hands over this month, (K, Z)."""
    volume = tender.volume[:, ECONOMY].sum(axis=0)
    bought = market.state.access.bought
    return np.clip(np.divide(bought, volume, out=np.zeros_like(volume), where=volume > 0.0), 0.0, 1.0)
