"""Network cost that volume does not move, and what closing, merging and entering change in it (ODD 7.8 and 7.11)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from model.economy import Economy
from model.words import parcels_in_words

Floats = NDArray[np.float64]
type Carriers = int | slice


def fixed_costs(market: Economy) -> Floats:
    """Fixed cost of the month by carrier at start prices, $, (K,).

    What a closure spares, and what entry into a state adds, arrives evenly within a year. Work that contractors do for
    regional carriers by the stop or shift comes and goes with their parcels. The rest grows with the parcels that a
    carrier handles beyond its start, at a decreasing rate; it shrinks by closures alone.
    """
    cost = market.state.books.fixed_cost * overhead_growth(market, slice(None), volume_over_start(market))
    if market.settings.rival_rules:
        months = market.month - market.settings.projection_start + 1
        cost *= 1.0 - np.array([carrier.merger_saving(months) for carrier in market.carrier_agents])
    for carrier, since, spared in market.state.network.savings:
        cost[carrier] -= spared * min(max((market.month - since + 1) / MONTHS_PER_YEAR, 0.0), 1.0)
    return np.maximum(cost, 0.0)


def overhead_growth(market: Economy, carriers: Carriers, grown: Floats | float) -> Floats:
    """Fixed cost over that of the start at parcels handled over those of the start, one or all carriers."""
    by_parcel = np.where(market.carriers.partial[carriers], 1.0 - market.figures.regional_fixed_share, 0.0)
    overhead = np.maximum(grown, 1.0) ** market.figures.overhead_elasticity
    return np.asarray(1.0 + by_parcel * (grown - 1.0) + (1.0 - by_parcel) * (overhead - 1.0))


def overhead_of_more(market: Economy, carrier: int, before: float, more: float) -> float:
    """What handling more parcels adds to a carrier's network cost, $ per parcel more at start prices.

    Args:
        market: The market.
        carrier: Index of the carrier.
        before: Parcels a year that it handles without them.
        more: How many more.
    """
    start = float(market.state.network.start_handled[carrier])
    if start <= 0.0 or more <= 0.0:
        return 0.0
    without, with_them = overhead_growth(market, carrier, np.array([before, before + more]) / start)
    cost = float(market.state.books.fixed_cost[carrier]) * MONTHS_PER_YEAR
    return float(cost * (with_them - without) / more)


def cost_of_entry(market: Economy) -> tuple[float, float]:
    """Share of its mean network cost by which a regional carrier's cost grows with entry: at once, and with parcels."""
    p = market.figures
    fixed = p.regional_fixed_share
    if p.overhead_elasticity > 0.0:
        return 0.0, 1.0 - fixed + fixed * p.overhead_elasticity
    return fixed * p.fixed_cost_recoverable, 1.0 - fixed


def volume_over_start(market: Economy) -> Floats:
    """Deseasonalised parcels a year that each carrier handles, those that it hands over too, over the start, (K,)."""
    now = market.state.network.annual_volume.sum(axis=1) + market.state.access.handed
    start = market.state.network.start_handled
    return np.divide(now, start, out=np.ones_like(now), where=start > 0.0)


def fixed_cost_per_capacity(market: Economy, carrier: int) -> float:
    """Fixed cost by annual parcel of capacity in place, $ a month at start prices, once all savings have arrived."""
    network = market.state.network
    spared = sum(amount for owner, since, amount in network.savings if owner == carrier and since <= market.month)
    capacity = float(network.capacity[carrier].sum())
    left = max(0.0, float(market.state.books.fixed_cost[carrier]) - spared)
    return left / capacity if 0.0 < capacity < float("inf") else 0.0


def close_capacity(market: Economy) -> None:
    """Closures that are due take effect: capacity goes, and a part of its fixed cost within a year."""
    network, p = market.state.network, market.figures
    due = [closure for closure in network.closures if closure.closes <= market.month]
    network.closures = [closure for closure in network.closures if closure.closes > market.month]
    for closure in due:
        carrier = closure.carrier
        closed = np.minimum(closure.annual_parcels, network.capacity[carrier])
        spared = p.fixed_cost_recoverable * fixed_cost_per_capacity(market, carrier) * float(closed.sum())
        network.savings.append((carrier, market.month, spared))
        network.capacity[carrier] -= closed
        network.coverage[carrier] = np.minimum(network.coverage[carrier], closure.coverage)
        market.events.add(
            market.month,
            "closure",
            (market.carriers.keys[carrier],),
            f"{market.carriers.names[carrier]} closes capacity for {parcels_in_words(float(closed.sum()))} a year",
            annual_parcels=float(closed.sum()),
            saving_usd_per_year=spared * MONTHS_PER_YEAR,
        )
