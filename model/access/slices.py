"""A carrier's economy parcels cut into slices of its own alternative cost, and what it sells beyond its routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.geography import ECONOMY
from agents.pricing import quote
from model.access.purchase import buyers
from model.access.terms import access_price

if TYPE_CHECKING:
    from model.market import ParcelMarket

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CarrierSlices:
    """The economy parcels of a carrier by zone and density, as what it could buy access for; all (L,).

    Attributes:
        zone: Zone of each slice.
        cell: Density percentile cell, densest first.
        volume: Parcels a year.
        own_cost: What delivering them itself costs, or what not selling them forgoes, $ per parcel.
    """

    zone: NDArray[np.int64]
    cell: NDArray[np.int64]
    volume: Floats
    own_cost: Floats


def carrier_slices(market: ParcelMarket, carrier: int) -> CarrierSlices:
    """Slices of a carrier's economy parcels with its own long-run alternative to access.

    Where its routes pass, one stop more and the sorting that access would spare; beyond them a new network with its
    capital, or the net revenue of a parcel where that is less, since it need not sell there.
    """
    network = market.state.network
    passed = network.coverage[carrier]
    grid = market.zones.density_grid
    cells = grid.shape[1]
    inside = np.clip(passed[:, None] * cells - np.arange(cells), 0.0, 1.0)
    covered = np.where(passed > 0.0, passed, 1.0)
    annual = market.state.access.economy[carrier]
    sold = np.minimum(annual, annual * passed / np.maximum(market.state.access.reach[carrier], 1e-12))
    volume = inside / cells * (sold / covered)[:, None]
    street = network.street
    spared = market.figures.access_sorting_spared * street.sort[carrier - 1][:, None]
    cost = street.marginal_grid[carrier - 1] + spared
    potential = potential_beyond(market, carrier)
    if potential.any():
        outside = (1.0 - inside) / cells
        share = outside.sum(axis=1)
        extra = outside * np.divide(potential, share, out=np.zeros_like(share), where=share > 0.0)[:, None]
        cost = np.where(volume > 0.0, cost, alternative_beyond(market, carrier)[:, None])
        volume = np.where(volume > 0.0, volume, extra)
    zone, cell = np.nonzero(volume > 0.0)
    return CarrierSlices(zone, cell, volume[zone, cell], cost[zone, cell])


def potential_beyond(market: ParcelMarket, carrier: int) -> Floats:
    """Parcels a year that a regional carrier's economy customers send beyond its routes in its divisions, (Z,)."""
    nothing = np.zeros(market.zones.n_zones)
    if market.carriers.groups[carrier] != "regional":
        return nothing
    shippers, passed = market.shippers, market.state.network.coverage[carrier]
    rows = np.flatnonzero(shippers.primary[:, ECONOMY] == carrier)
    if len(rows) == 0:
        return nothing
    by_division = np.bincount(
        shippers.division[rows], weights=market.annual_parcels[rows, ECONOMY], minlength=len(market.mix)
    )
    return np.asarray(np.where(home_zones(market, carrier), by_division @ market.mix * (1.0 - passed), 0.0))


def home_zones(market: ParcelMarket, carrier: int) -> NDArray[np.bool_]:
    """Zones of the Census divisions in which a carrier delivers somewhere, (Z,)."""
    division = market.zones.division
    served = np.unique(division[market.state.network.coverage[carrier] > 0.0])
    inside: NDArray[np.bool_] = np.isin(division, served)
    return inside


def net_revenue_beyond(market: ParcelMarket, carrier: int) -> float:
    """What an economy parcel of its customers brings a carrier after pick-up and line-haul, $ per parcel."""
    shippers, tariffs = market.shippers, market.state.tariffs
    share = (shippers.primary[:, ECONOMY] == carrier).astype(np.float64)
    share[shippers.enterprise] = market.state.choice.enterprise_share[:, ECONOMY, carrier].mean(axis=1)
    volume = shippers.market_volume[:, ECONOMY] * share
    if not volume.any():
        return 0.0
    paid = quote(tariffs.offered[ECONOMY, carrier], tariffs.floor[ECONOMY, carrier], shippers.discount)
    price = float(np.average(paid, weights=volume))
    return float(price - market.costs.upstream[ECONOMY, carrier] * market.state.environment.price_level)


def alternative_beyond(market: ParcelMarket, carrier: int) -> Floats:
    """What a regional carrier forgoes without access beyond its routes: a new network or the sale itself, $, (Z,)."""
    p, level = market.figures, market.state.environment.price_level
    capital = p.by_type("capital_charge")[market.zones.zone_type] * level
    build = market.state.network.street.next_household[carrier - 1] + capital * (1.0 + p.investment_hurdle)
    return np.asarray(np.minimum(build, max(net_revenue_beyond(market, carrier), 0.0)))


def set_reach(market: ParcelMarket) -> None:
    """Regional carriers sell economy beyond their routes where the price covers access, injection and upstream."""
    access, coverage = market.state.access, market.state.network.coverage
    access.reach = coverage.copy()
    if not market.settings.make_or_buy:
        return
    injection = market.figures.injection_cost_amazon * market.state.environment.price_level
    for carrier in buyers(market):
        sells = np.isfinite(market.state.choice.constants[ECONOMY, carrier])
        if market.carriers.groups[carrier] != "regional" or not sells:
            continue
        pays = net_revenue_beyond(market, carrier) >= access_price(market, carrier) + injection
        access.reach[carrier] = np.where(home_zones(market, carrier) & pays, 1.0, coverage[carrier])
