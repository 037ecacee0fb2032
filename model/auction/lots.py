"""Lots of the access auction: one for each zone and tender window, from slack and attributable cost (ODD 7.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.auction import WINDOWS, Handover, Lot
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.geography import RURAL
from model.access import access_contract, buyers
from model.carriers import USPS
from model.economy import Economy
from model.operations import usps_cost_grid
from model.phases.history import left_to_bargaining

Floats = NDArray[np.float64]
BILLION = 1e9
ECONOMY = 0


def draw_up_lots(market: Economy, service: Month) -> tuple[Lot, ...]:
    """Lots that stand from a month on; zones without slack have none.

    Args:
        market: The market.
        service: First month of service.
    """
    p, zones = market.figures, market.zones
    share = window_shares(market)
    cost = attributable_cost(market).mean(axis=1)
    offered = slack(market, service) * min(1.0, max(0.0, market.usps.offered_share()))
    reserve = market.usps.reserve_price(cost)
    belief = np.where(zones.zone_type == RURAL, p.auction_bidders_rural, p.auction_bidders_dense)
    return tuple(
        Lot(
            zone=zone,
            window=window,
            capacity=float(offered[zone] * share[w]),
            reserve=float(reserve[zone]),
            attributable_cost=float(cost[zone]),
            bidders=int(belief[zone]),
        )
        for zone in range(zones.n_zones)
        for w, window in enumerate(WINDOWS)
        if offered[zone] * share[w] > 0.0
    )


def attributable_cost(market: Economy) -> Floats:
    """What a parcel entered at the delivery unit costs USPS today, $ per parcel, (Z, P)."""
    env = market.state.environment
    return usps_cost_grid(market.costs, market.zones, market.mail_index, env.wage_usps, env.price_level)


def slack(market: Economy, service: Month) -> Floats:
    """Parcels a year that USPS could take beyond what is not for sale in the auction, by zone, (Z,).

    Units can take parcels in proportion to their delivery points, together the national sorting capacity. What Amazon
    and earlier winners have now is for sale again where no contract holds it beyond the first month of service.
    """
    network = market.state.network
    capacity = network.sorting[USPS] * MONTHS_PER_YEAR * point_share(market)
    resold = resold_volume(market, service)
    used = np.maximum(network.annual_volume[USPS] - resold, 0.0)
    return np.asarray(np.maximum(capacity - used, 0.0))


def resold_volume(market: Economy, service: Month) -> Floats:
    """Deseasonalised parcels a year at USPS that the auction sells anew, (Z,)."""
    resold = np.zeros(market.zones.n_zones)
    if left_to_bargaining(market):
        held = market.book.get("usps", "amazon")
        free = held is None or held.expiry < service + int(market.figures.auction_term)
        if market.months_done and free and market.book.upcoming("usps", "amazon") is None:
            accepted = market.state.flows.allocation.accepted[market.groups.amazon.all, ECONOMY, USPS]
            resold += last_month(market, accepted.sum(axis=0))
    for carrier in buyers(market):
        contract = access_contract(market, carrier)
        if contract is None or contract.expiry <= service:
            resold += last_month(market, market.state.access.bought[carrier])
    if market.state.flows.awarded is not None:  # consolidators' parcels would stay with USPS from door to door
        resold += last_month(market, market.state.flows.awarded.enterprise)
    return resold


def last_month(market: Economy, parcels: Floats) -> Floats:
    """Parcels of last month as deseasonalised parcels a year, the shape of `parcels`."""
    return np.asarray(parcels * MONTHS_PER_YEAR / market.season_of(market.month + -1))


def point_share(market: Economy) -> Floats:
    """Share of delivery points by zone, (Z,)."""
    points = market.zones.delivery_points
    return np.asarray(points / points.sum())


def window_shares(market: Economy) -> Floats:
    """Share of parcels in each tender window, (W,)."""
    same_day = market.figures.auction_same_day_share
    return np.array([same_day, 1.0 - same_day])


def handover_terms(market: Economy) -> Handover:
    """Terms of the handover at delivery units, at today's prices."""
    p, level = market.figures, market.state.environment.price_level
    # The published cost of Amazon's drop is a truck's stop over its pieces and sorting to units; the rest is sorting.
    pieces = p.amazon_via_usps * BILLION / (p.auction_delivery_units * p.operating_days_usps)
    stop_per_piece = p.delivery_unit_stop_cost / pieces if pieces > 0.0 else 0.0
    return Handover(
        units=p.auction_delivery_units * point_share(market),
        delivery_days=p.operating_days_usps,
        stop_cost=p.delivery_unit_stop_cost * level,
        presort_cost=max(0.0, p.injection_cost_amazon - stop_per_piece) * level,
        published=market.published_access_price(),
        window_value=np.array([p.tender_window_value * level, 0.0]),
        window_share=window_shares(market),
        entry_cost=p.auction_entry_cost * level,
    )
