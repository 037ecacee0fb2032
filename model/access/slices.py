"""A carrier's economy parcels cut into slices of its own alternative cost, and what it sells beyond its routes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.carriers import QUARTER
from agents.geography import ECONOMY
from agents.rules.access import AlternativeCase
from agents.rules.pricing import quote
from agents.rules.reach import ReachCase, taken_on
from model.access.purchase import buyers
from model.access.terms import access_contract, access_price, injection_cost
from model.answers import checked
from model.carriers import USPS
from model.economy import Economy
from model.fixed_costs import overhead_of_more

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CarrierSlices:
    """The economy parcels of a carrier by zone and density, as what it could buy access for; all (L,).

    Attributes:
        zone: Zone of each slice.
        cell: Density percentile cell, densest first.
        volume: Parcels a year.
        own_cost: What doing without access costs the carrier, $ per parcel.
    """

    zone: NDArray[np.int64]
    cell: NDArray[np.int64]
    volume: Floats
    own_cost: Floats


def carrier_slices(market: Economy, carrier: int, least: Floats | float = -np.inf) -> CarrierSlices:
    """Slices of a carrier's economy parcels with what access to them is worth to it.

    Args:
        market: The market.
        carrier: Index of the carrier.
        least: Cost without access below which a slice is left out, $ per parcel, one number or (Z, P).
    """
    network, agent = market.state.network, market.carrier_agents[carrier]
    passed = network.coverage[carrier]
    cells = market.zones.density_grid.shape[1]
    inside = np.minimum(np.maximum(passed[:, None] * cells - np.arange(cells), 0.0), 1.0)
    covered = np.where(passed > 0.0, passed, 1.0)
    annual = market.state.access.economy[carrier]
    sold = np.minimum(annual, annual * passed / np.maximum(market.state.access.reach[carrier], 1e-12))
    volume = inside / cells * (sold / covered)[:, None]
    volume *= agent.stops_alone()[:, None]
    on_routes, revenue = volume > 0.0, 0.0
    everywhere = bool((passed >= 1.0).all())
    share = None if everywhere else customer_share(market, carrier)
    potential = potential_beyond(market, carrier, share)
    if potential.any():  # no more than it can take on at once, or the promise would be missed
        own, bought = sold_parcels(market, carrier)
        more = taken_on(agent.growth_cap(QUARTER), own, bought, float(potential.sum()))
        revenue = net_revenue_beyond(market, carrier, own, more, share)
        potential = potential * (more / float(potential.sum()))
        outside = (1.0 - inside) / cells
        not_passed = outside.sum(axis=1)
        extra = (
            outside * np.divide(potential, not_passed, out=np.zeros_like(potential), where=not_passed > 0.0)[:, None]
        )
        volume = np.where(on_routes, volume, extra)
    worth = agent.worth_of_access(alternatives(market, carrier, on_routes, revenue))
    worth = checked(agent.key, "worth of access", worth, volume.shape)
    place = np.flatnonzero((volume > 0.0) & (worth >= least))
    zone = place // cells
    return CarrierSlices(zone, place - zone * cells, volume.ravel()[place], worth.ravel()[place])


def alternatives(market: Economy, carrier: int, on_routes: NDArray[np.bool_], revenue: float) -> AlternativeCase:
    """What a carrier could do with its economy parcels instead of handing them over.

    Args:
        market: The market.
        carrier: Index of the carrier.
        on_routes: Where its routes pass, (Z, P).
        revenue: What a parcel beyond its routes brings, $ per parcel.
    """
    routes = market.state.network.street.of(carrier)
    capital = market.figures.by_type("capital_charge")[market.zones.zone_type] * market.state.environment.price_level
    spared = market.figures.access_sorting_spared * routes.sort[:, None]
    return AlternativeCase(routes.marginal_grid + spared, on_routes, routes.next_household, capital, revenue)


def potential_beyond(market: Economy, carrier: int, share: Floats | None = None) -> Floats:
    """Parcels a year that a carrier's economy customers send beyond its routes in its divisions, (Z,).

    Args:
        market: The market.
        carrier: Index of the carrier.
        share: What `customer_share` says, where it is known.
    """
    shippers, passed = market.shippers, market.state.network.coverage[carrier]
    if (passed >= 1.0).all():
        return np.zeros(market.zones.n_zones)
    volume = market.annual_parcels[:, ECONOMY] * (customer_share(market, carrier) if share is None else share)
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


def net_revenue_beyond(market: Economy, carrier: int, own: float, more: float, share: Floats | None = None) -> float:
    """What an economy parcel of its customers brings a carrier after all but delivery, $ per parcel.

    Pick-up, line-haul, and the overhead that comes with the parcels that it handles.

    Args:
        market: The market.
        carrier: Index of the carrier.
        own: Parcels a year that it delivers itself.
        more: Parcels a year beyond its routes that it could take on.
        share: What `customer_share` says, where it is known.
    """
    shippers, tariffs = market.shippers, market.state.tariffs
    economy = shippers.annual_volume[:, ECONOMY] * shippers.weight
    volume = economy * (customer_share(market, carrier) if share is None else share)
    total = float(volume.sum())
    if total <= 0.0:
        return 0.0
    paid = quote(tariffs.offered[ECONOMY, carrier], tariffs.floor[ECONOMY, carrier], shippers.discount)
    agreed = market.state.choice.enterprise_price[:, ECONOMY, carrier]
    paid[shippers.enterprise] = np.where(np.isnan(agreed), paid[shippers.enterprise], agreed)
    price = float((paid * volume).sum()) / total
    overhead = market.figures.access_overhead * overhead_of_more(market, carrier, own, more)
    return float(price - (market.costs.upstream[ECONOMY, carrier] + overhead) * market.state.environment.price_level)


def set_reach(market: Economy) -> None:
    """Once a quarter carriers decide how far beyond their routes they sell economy with the last mile that they buy."""
    access, coverage = market.state.access, market.state.network.coverage
    if not market.settings.make_or_buy:
        access.extension[:] = 0.0
    elif market.month.quarter_start or market.months_done == 0:
        for carrier in buyers(market):
            access.extension[carrier] = _extension(market, carrier)
    access.reach = coverage + access.extension * (1.0 - coverage) * (coverage[USPS] > 0.0)


def _extension(market: Economy, carrier: int) -> Floats:
    """Share of the households beyond its routes to which a carrier sells economy, (Z,)."""
    nowhere = np.zeros(market.zones.n_zones)
    sells = np.isfinite(market.state.choice.constants[ECONOMY, carrier])
    if not sells or (market.state.network.coverage[carrier] >= 1.0).all():
        return nowhere
    case = reach_case(market, carrier)
    found = market.carrier_agents[carrier].sells_beyond(case)
    found = checked(market.carriers.keys[carrier], "share of households beyond its routes", found, nowhere.shape, 1.0)
    if found.any() != case.now.any() and market.months_done > 0:
        agent = market.carrier_agents[carrier]
        gave_up = agent.reviews_places  # it once went everywhere
        where = "where it has given up its routes" if gave_up else "beyond its routes"
        does = f"{'goes on selling' if gave_up else 'begins to sell'} {where}; USPS delivers for it there"
        market.events.add(
            market.month,
            "sourcing",
            (agent.key, "usps"),
            f"{agent.name} {does if found.any() else f'no longer sells {where}'}",
            annual_parcels=float((np.maximum(found, case.now) * case.potential).sum()),
        )
    return found


def reach_case(market: Economy, carrier: int) -> ReachCase:
    """What a carrier could sell beyond its routes, and what access costs there."""
    share, contract = customer_share(market, carrier), access_contract(market, carrier)
    own, bought = sold_parcels(market, carrier)
    potential = potential_beyond(market, carrier, share)
    more = taken_on(market.carrier_agents[carrier].growth_cap(QUARTER), own, bought, float(potential.sum()))
    return ReachCase(
        worth=net_revenue_beyond(market, carrier, own, more, share) - injection_cost(market),
        published=market.published_access_price(),
        home=home_zones(market, carrier),
        potential=potential,
        price=access_price(market, carrier),
        cap=None if contract is None else np.array(contract.cap),
        group=market.zones.price_groups(1 if contract is None else len(contract.groups)),
        own=own,
        bought=bought,
        now=market.state.access.extension[carrier],
    )


def sold_parcels(market: Economy, carrier: int) -> tuple[float, float]:
    """Deseasonalised parcels a year that a carrier delivers itself and that USPS delivers for it."""
    own = float(market.state.network.annual_volume[carrier].sum())
    return own, float(market.state.access.handed[carrier])
