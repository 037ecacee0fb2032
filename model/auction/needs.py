"""What each bidder could hand over and what it costs otherwise, read from its own books and prices of today."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.auction import AccessNeed
from agents.calendar import Month
from agents.rules.pricing import quote
from model.access import buyers, carrier_slices
from model.auction.lots import ECONOMY, attributable_cost, last_month
from model.billing import mean_peak_weight
from model.carriers import USPS
from model.economy import Economy

Floats = NDArray[np.float64]
MILLION = 1e6
CONSOLIDATOR = "consolidator"


def bidders_needs(market: Economy, amazon_from: Month | None) -> tuple[AccessNeed, ...]:
    """Needs of all who may bid.

    Args:
        market: The market.
        amazon_from: First month of a contract that Amazon could win, None where it may not or need not bid.
    """
    cost = attributable_cost(market)
    needs = [] if amazon_from is None else [amazon_need(market, amazon_from, cost)]
    needs += network_needs(market, cost)
    needs += enterprise_needs(market, cost)
    needs += consolidator_needs(market, cost)
    return tuple(need for need in needs if need.quantity.sum() > 0.0)


def amazon_need(market: Economy, begin: Month, cost: Floats) -> AccessNeed:
    """What Amazon says that it needs, with what it would cost USPS, $ per parcel by zone and cell, (Z, P)."""
    slices = market.amazon.memory.slices
    return replace(market.amazon.access_need(begin), attributable_cost=cost[slices.zone, slices.cell])


def network_needs(market: Economy, cost: Floats) -> list[AccessNeed]:
    """Other carriers: their economy parcels by zone and density, at their own long-run alternative (ODD 7.8)."""
    needs = []
    for carrier in buyers(market):
        slices, key = carrier_slices(market, carrier), market.carriers.keys[carrier]
        needs.append(_need(key, slices.zone, slices.volume, slices.own_cost, cost[slices.zone, slices.cell]))
    return needs


def enterprise_needs(market: Economy, cost: Floats) -> list[AccessNeed]:
    """Enterprise shippers: what USPS charges them for an economy parcel from door to door, less their own line-haul."""
    tariffs, shippers = market.state.tariffs, market.shippers
    growth = market.paths.other_parcels(market.months_done)
    quoted = quote(tariffs.level[ECONOMY, USPS], tariffs.floor[ECONOMY, USPS], shippers.discount[shippers.enterprise])
    contract = market.state.choice.enterprise_price[:, ECONOMY, USPS]
    price = np.where(np.isnan(contract), quoted, contract)
    saved = price + _yearly_peak(market) - line_haul(market)
    return [
        _everywhere(
            market.groups.buyer(row),
            market.annual_parcels[row, ECONOMY] * growth * market.mix[shippers.division[row]],
            float(saved[row]),
            cost,
        )
        for row in range(market.groups.ordinary)
    ]


def consolidator_needs(market: Economy, cost: Floats) -> list[AccessNeed]:
    """Consolidators: each pools small shippers who pay USPS from door to door, and keeps a margin of the price."""
    if not market.months_done:
        return []
    p, allocation, small = market.figures, market.state.flows.allocation, market.groups.regions
    pool = last_month(market, allocation.accepted[small, ECONOMY, USPS].sum(axis=0))
    total = float(pool.sum())
    count = int(total // (p.consolidator_volume * MILLION))
    if count == 0:
        return []
    paid = float(allocation.value[small, ECONOMY, USPS].sum())
    price = paid / float(allocation.accepted[small, ECONOMY, USPS].sum()) + _yearly_peak(market)
    saved = price * (1.0 - p.target_margin_regional) - line_haul(market)
    each = pool * (p.consolidator_volume * MILLION / total)
    return [_everywhere(f"{CONSOLIDATOR}_{number + 1}", each, saved, cost) for number in range(count)]


def line_haul(market: Economy) -> float:
    """Pick-up and line-haul to the delivery unit for those without a network, $ per parcel."""
    return market.figures.upstream_cost_regional * market.state.environment.price_level


def _yearly_peak(market: Economy) -> float:
    """Peak surcharge of USPS per parcel of a year, $."""
    return float(market.state.tariffs.peak[USPS] * mean_peak_weight(market.figures, market.month))


def _everywhere(bidder: str, parcels: Floats, saved: float, cost: Floats) -> AccessNeed:
    """Need of a shipper whose parcels go to all addresses of a zone alike."""
    zone = np.flatnonzero(parcels > 0.0)
    return _need(bidder, zone, parcels[zone], np.full(len(zone), saved), cost.mean(axis=1)[zone])


def _need(bidder: str, zone: NDArray[np.int64], quantity: Floats, saved: Floats, cost: Floats) -> AccessNeed:
    """Need of a bidder who can do without at once."""
    return AccessNeed(bidder, zone, quantity, np.maximum(saved, 0.0), cost, np.zeros(len(zone)))
