"""A carrier's economy parcels cut into slices of its own alternative cost, and what it sells beyond its routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.carriers import QUARTER
from agents.geography import ECONOMY
from agents.pricing import quote
from model.access.purchase import buyers
from model.access.terms import access_contract, access_price
from model.carriers import USPS

if TYPE_CHECKING:
    from model.economy import Economy

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


def carrier_slices(market: Economy, carrier: int) -> CarrierSlices:
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
    if potential.any():  # no more than it can take on at once, or the promise would be missed
        own, bought = sold_parcels(market, carrier)
        potential = potential * min(1.0, (bought + _quarterly_growth(market) * (own + bought)) / float(potential.sum()))
        outside = (1.0 - inside) / cells
        share = outside.sum(axis=1)
        extra = outside * np.divide(potential, share, out=np.zeros_like(share), where=share > 0.0)[:, None]
        cost = np.where(volume > 0.0, cost, alternative_beyond(market, carrier)[:, None])
        volume = np.where(volume > 0.0, volume, extra)
    place = np.flatnonzero(volume > 0.0)
    zone, cell = np.divmod(place, cells)
    return CarrierSlices(zone, cell, volume.ravel()[place], cost.ravel()[place])


def potential_beyond(market: Economy, carrier: int) -> Floats:
    """Parcels a year that a regional carrier's economy customers send beyond its routes in its divisions, (Z,)."""
    nothing = np.zeros(market.zones.n_zones)
    if market.carriers.groups[carrier] != "regional":
        return nothing
    shippers, passed = market.shippers, market.state.network.coverage[carrier]
    volume = market.annual_parcels[:, ECONOMY] * customer_share(market, carrier)
    by_division = np.bincount(shippers.division, weights=volume, minlength=len(market.mix))
    return np.asarray(np.where(home_zones(market, carrier), by_division @ market.mix * (1.0 - passed), 0.0))


def customer_share(market: Economy, carrier: int) -> Floats:
    """Share of each shipper's economy parcels that the carrier gets where it delivers, (n,)."""
    shippers, network = market.shippers, market.state.network
    share: Floats = (shippers.primary[:, ECONOMY] == carrier).astype(np.float64)
    split = market.state.choice.enterprise_share[:, ECONOMY, carrier]
    reached = market.mix * network.coverage[carrier]
    weight = reached[shippers.division[shippers.enterprise]]
    passed = np.maximum(network.coverage[carrier], 1e-12)
    total = weight.sum(axis=1)
    mean = np.divide((weight * split / passed).sum(axis=1), total, out=np.zeros_like(total), where=total > 0.0)
    share[shippers.enterprise] = np.clip(mean, 0.0, 1.0)
    return share


def home_zones(market: Economy, carrier: int) -> NDArray[np.bool_]:
    """Zones of the Census divisions in which a carrier delivers somewhere, (Z,)."""
    division, served = market.zones.division, np.zeros(len(market.mix), dtype=bool)
    served[division[market.state.network.coverage[carrier] > 0.0]] = True
    inside: NDArray[np.bool_] = served[division]
    return inside


def net_revenue_beyond(market: Economy, carrier: int) -> float:
    """What an economy parcel of its customers brings a carrier after pick-up and line-haul, $ per parcel."""
    shippers, tariffs = market.shippers, market.state.tariffs
    volume = shippers.market_volume[:, ECONOMY] * customer_share(market, carrier)
    if not volume.any():
        return 0.0
    paid = quote(tariffs.offered[ECONOMY, carrier], tariffs.floor[ECONOMY, carrier], shippers.discount)
    agreed = market.state.choice.enterprise_price[:, ECONOMY, carrier]
    paid[shippers.enterprise] = np.where(np.isnan(agreed), paid[shippers.enterprise], agreed)
    price = float(np.average(paid, weights=volume))
    return float(price - market.costs.upstream[ECONOMY, carrier] * market.state.environment.price_level)


def alternative_beyond(market: Economy, carrier: int) -> Floats:
    """What a regional carrier forgoes without access beyond its routes: a new network or the sale itself, $, (Z,)."""
    p, level = market.figures, market.state.environment.price_level
    capital = p.by_type("capital_charge")[market.zones.zone_type] * level
    build = market.state.network.street.next_household[carrier - 1] + capital * (1.0 + p.investment_hurdle)
    return np.asarray(np.minimum(build, max(net_revenue_beyond(market, carrier), 0.0)))


def set_reach(market: Economy) -> None:
    """Regional carriers sell economy beyond their routes where the price covers access, injection and upstream.

    They decide once a quarter. What a contract does not carry costs the published price; where only the contract pays
    they sell no more than its cap, in the same part of all zones.
    """
    access, coverage = market.state.access, market.state.network.coverage
    if not market.settings.make_or_buy:
        access.extension[:] = 0.0
    elif market.month.quarter_start or market.months_done == 0:
        for carrier in buyers(market):
            access.extension[carrier] = _extension(market, carrier)
    access.reach = coverage + access.extension * (1.0 - coverage) * (coverage[USPS] > 0.0)


def _extension(market: Economy, carrier: int) -> Floats:
    """Share of the households beyond its routes to which a regional carrier sells economy, (Z,)."""
    nowhere = np.zeros(market.zones.n_zones)
    sells = np.isfinite(market.state.choice.constants[ECONOMY, carrier])
    if market.carriers.groups[carrier] != "regional" or not sells:
        return nowhere
    injection = market.figures.injection_cost_amazon * market.state.environment.price_level
    worth, home = net_revenue_beyond(market, carrier) - injection, home_zones(market, carrier)
    if worth >= market.published_access_price():
        beyond = float((potential_beyond(market, carrier) * home).sum())
        return np.where(home, 1.0, nowhere) * _part_that_grows(market, carrier, beyond)
    contract = access_contract(market, carrier)
    if contract is None:
        return nowhere
    pays = home & (worth >= access_price(market, carrier))
    group = market.zones.price_groups(len(contract.groups))
    asked = np.bincount(group, weights=potential_beyond(market, carrier) * pays, minlength=len(contract.cap))
    part = np.minimum(1.0, np.divide(contract.cap, asked, out=np.zeros_like(asked), where=asked > 0.0))
    return np.where(pays, part[group], nowhere) * _part_that_grows(market, carrier, float((asked * part).sum()))


def _part_that_grows(market: Economy, carrier: int, beyond: float) -> float:
    """Share of parcels beyond its routes that a carrier can take on this quarter: all it sells grows by its cap.

    Args:
        market: The market.
        carrier: Index of the carrier.
        beyond: Parcels a year that it could sell beyond its routes.
    """
    own, bought = sold_parcels(market, carrier)
    room = (own + bought) * (1.0 + _quarterly_growth(market)) - own
    return min(1.0, max(0.0, room) / beyond) if beyond > 0.0 else 0.0


def _quarterly_growth(market: Economy) -> float:
    """Largest growth of a regional carrier in a quarter: four of them make its yearly cap."""
    growth: float = (1.0 + market.figures.regional_growth_cap) ** (QUARTER / MONTHS_PER_YEAR) - 1.0
    return growth


def sold_parcels(market: Economy, carrier: int) -> tuple[float, float]:
    """Deseasonalised parcels a year that a carrier delivers itself and that USPS delivers for it."""
    own = float(market.state.network.annual_volume[carrier].sum())
    return own, float(market.state.access.handed[carrier])
