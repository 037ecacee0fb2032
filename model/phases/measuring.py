"""Measures of the month for the records: concentration, access, transit, welfare, idle capacity, emissions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import RURAL
from agents.rules.leaving import mean_wait
from model.carriers import AMAZON, USPS
from model.economy import Economy
from model.measuring.carbon import miles_per_parcel
from model.measuring.concentration import concentration, sold_parcels
from model.measuring.places import served_by_at_least, transit_by_zone_type, transit_of_zones
from model.measuring.welfare import mail_users_gain, members_gain, shipper_surplus
from model.operations import SMALLEST_COVERAGE
from model.phases.parcels import ECONOMY
from model.service import transit_days

Floats = NDArray[np.float64]
Measures = dict[str, Floats | float]


def measure(market: Economy) -> Measures:
    """Everything that is measured and not needed by any phase, by name of its series."""
    return {
        **_concentration(market),
        **_places(market),
        **_paid(market),
        **_welfare(market),
        **_idle(market),
        "carbon_kg": _carbon(market),
    }


def _concentration(market: Economy) -> Measures:
    door = concentration(market.state.flows.delivered)
    sold = concentration(sold_parcels(market.state.flows.allocation.accepted, market.groups, AMAZON))
    return {
        "delivered_by_segment_parcels": door.parcels,
        "hhi_delivered_index": door.index,
        "hhi_sold_index": sold.index,
        "leading_carrier": door.leader.astype(np.float64),
    }


def _places(market: Economy) -> Measures:
    zones, choice, p = market.zones, market.state.choice, market.figures
    coverage = market.state.network.coverage[~np.array(market.carriers.owned)]
    rural = zones.zone_type == RURAL
    door, measures, wait = market.state.flows.delivered, market.usps.measures, mean_wait(p.amazon_later_days)
    if market.service.flat and measures.far_days == 0.0:
        days = p.by_segment("transit_days")[:, None] + choice.delay_by_carrier
        mean, tail = transit_by_zone_type(*_later_apart(door, days, later_parcels(market), wait), zones.zone_type)
    else:
        by_way = _by_way(market, door)
        mean, tail = transit_of_zones(*_later_apart(*by_way, later_parcels(market), wait), zones.zone_type)
    households, parcels = served_by_at_least(coverage, zones.households * rural, door.sum(axis=(0, 1)) * rural)
    return {
        "rural_households_served_share": households,
        "rural_parcels_served_share": parcels,
        "mean_transit_days": mean,
        "p90_transit_days": tail,
    }


def later_parcels(market: Economy) -> Floats:
    """Parcels of the month that Amazon delivers itself on fewer days of the week, (Z,)."""
    own = market.state.flows.allocation.accepted[market.groups.amazon.all, ECONOMY, AMAZON].sum(axis=0)
    demand = market.state.flows.demand
    return np.asarray(np.minimum(demand.amazon_later * demand.amazon_ordered, own))


def _later_apart(parcels: Floats, days: Floats, later: Floats, wait: float) -> tuple[Floats, Floats]:
    """Parcels and their days, what Amazon brings on fewer days of the week as of a carrier of its own.

    Args:
        parcels: By segment, carrier and zone, (S, K, Z).
        days: By segment and carrier, (S, K), or by zone, too, (S, K, Z).
        later: Parcels on fewer days, (Z,).
        wait: Days that these wait more.
    """
    if not later.any():
        return parcels, days
    apart = np.concatenate([parcels, np.zeros_like(parcels[:, :1])], axis=1)
    apart[ECONOMY, AMAZON] -= later
    apart[ECONOMY, -1] = later
    return apart, np.concatenate([days, days[:, [AMAZON]] + wait], axis=1)


def _by_way(market: Economy, door: Floats) -> tuple[Floats, Floats]:
    """Parcels at the door and their days, what others bring to delivery units apart, (S, K + 1, Z) each."""
    found = transit_days(market.figures, market.state, market.service, market.usps.measures)
    handed = market.state.access.bought.sum(axis=0)
    handed = handed + market.state.flows.allocation.accepted[market.groups.amazon.all, ECONOMY, USPS].sum(axis=0)
    parcels = np.concatenate([door, np.zeros_like(door[:, :1])], axis=1)
    parcels[ECONOMY, USPS] = np.maximum(parcels[ECONOMY, USPS] - handed, 0.0)
    parcels[ECONOMY, -1] = handed
    return parcels, np.concatenate([found.own, np.broadcast_to(found.handed, door[:, :1].shape)], axis=1)


def _paid(market: Economy) -> Measures:
    """Parcels of others than Amazon by zone, and what they pay with surcharges, $."""
    allocation, tendered = market.state.flows.allocation, market.groups.tendered
    quoted = allocation.accepted[tendered].sum(axis=(0, 1))
    quoted[market.groups.own_networks] = 0.0  # nobody is paid for these
    paid = allocation.value[tendered].sum(axis=(0, 1, 2)) + (quoted * market.state.tariffs.surcharge).sum(axis=0)
    return {"quoted_parcels": quoted.sum(axis=0), "quoted_paid_usd": paid}


def _welfare(market: Economy) -> Measures:
    state, p, env, shippers = market.state, market.figures, market.state.environment, market.shippers
    demand, postal = state.flows.demand, state.flows.postal
    gain = shipper_surplus(p, shippers, state, market.mix, market.national) - market.start_surplus
    dollars = np.einsum("ns,ns,s->n", gain, market.annual_parcels, demand.scale) * env.price_level
    handed = market.state.flows.allocation.accepted[market.groups.amazon.all, ECONOMY, USPS]
    via_usps = float((handed * market.service.distress).sum())
    shipped = float(demand.amazon.sum())
    days = float(state.choice.transit_delay[ECONOMY]) * shipped + market.usps.measures.extra_days * via_usps
    days += mean_wait(p.amazon_later_days) * float(later_parcels(market).sum())
    return {
        "enterprise_shippers_gain_usd": float(dollars[: market.groups.ordinary].sum()),
        "small_shippers_gain_usd": float(dollars[shippers.small].sum()),
        "mail_users_gain_usd": mail_users_gain(postal.mail_revenue, env.mail_price, env.price_level),
        "amazon_members_gain_usd": members_gain(days / shipped, shipped, p.value_of_day_economy, env.price_level)
        if shipped > 0.0
        else 0.0,
    }


def _idle(market: Economy) -> Measures:
    """Capacity of Amazon beyond what it delivers in a mean month, annual parcels, and the capital in it, $."""
    network, zones = market.state.network, market.zones
    annual = market.state.flows.brought[AMAZON] * MONTHS_PER_YEAR / market.state.environment.season
    idle = np.maximum(network.capacity[AMAZON] - annual, 0.0)
    price = market.figures.by_type("capacity_capex")[zones.zone_type] * market.state.environment.price_level
    return {"amazon_idle_capacity_parcels": idle, "amazon_idle_capital_usd": float((idle * price).sum())}


def _carbon(market: Economy) -> Floats:
    """Emissions of delivery vans by carrier, kg, (K,); USPS 0: its routes pass every address for the mail anyway."""
    network, env, door = market.state.network, market.state.environment, market.state.flows.brought
    coverage = np.maximum(network.coverage[1:], SMALLEST_COVERAGE)
    annual = door[1:] * (MONTHS_PER_YEAR / env.season)
    miles = miles_per_parcel(market.costs.rates, market.costs.geometry, market.zones, annual, coverage)
    found = np.zeros(market.carriers.n_carriers)
    found[1:] = (miles * door[1:]).sum(axis=1) * market.figures.co2_per_mile
    return found
