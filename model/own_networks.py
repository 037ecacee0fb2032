"""What the networks of big shippers deliver, and what their owners know when they decide on more of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.rules.extension import ExtensionCase
from agents.rules.make_or_buy import own_cost
from model.access.insourcing import own_cost_luck
from model.contract_margins import enterprise_quotes
from model.demand import growth_index
from model.economy import Economy
from model.groups import BigShipperGroup
from model.operations import expected_unit_grid

Floats = NDArray[np.float64]
FULL = 1.0 - 1e-9  # of a capacity that is used up: rounding must not make it too small


def let_big_shippers_grow(market: Economy) -> None:
    """Let big shippers whose growth is stated ship as much as it says, whatever others do."""
    for one in market.groups.big:
        rate, start = market.settings.shippers[one.key].growth, market.shippers.market_volume[one.row]
        if rate is not None:
            others = market.paths.other_parcels(market.months_done)
            market.annual_parcels[one.row] = start * growth_index(rate, market.months_done) / others


def own_share(market: Economy, one: BigShipperGroup) -> Floats:
    """Share of its parcels of the month that a big shipper delivers itself, as far as its capacity goes, (Z,)."""
    demand, network = market.state.flows.demand, market.state.network
    mix = demand.mix[market.shippers.division[one.row]]
    parcels = float((market.annual_parcels[one.row] * demand.scale).sum()) * mix
    room = network.monthly_capacity[one.network] * FULL
    fits = np.divide(room, parcels, out=np.ones_like(parcels), where=parcels > room)
    return np.asarray(np.minimum(network.coverage[one.network], fits))


def left_to_carriers(share: Floats, market: Economy) -> Floats:
    """How enterprise shippers split what they leave to carriers, (E, S, K, Z): their own networks apart.

    Args:
        share: Split of all that they ship, (E, S, K, Z).
        market: The market.
    """
    found = share.copy()
    for one in market.groups.big:
        others = 1.0 - share[one.row, :, one.network, None]
        found[one.row] = np.divide(share[one.row], others, out=np.zeros_like(share[one.row]), where=others > 0.0)
        found[one.row, :, one.network] = 0.0
    return found


def parcels_expected(market: Economy, carrier: int, months: int) -> Floats:
    """Parcels a year that the owner of a network expects to ship some months from now, (Z,)."""
    one = _owner(market, carrier)
    rate = market.settings.shippers[one.key].growth
    rate = market.figures.growth_other_demand if rate is None else rate
    now = float(market.annual_parcels[one.row].sum()) * market.paths.other_parcels(market.months_done)
    mix = market.mix[market.shippers.division[one.row]]
    return np.asarray(now * (1.0 + rate) ** (months / MONTHS_PER_YEAR) * mix)


def delivery_case(market: Economy, carrier: int, months: int) -> ExtensionCase:
    """What the owner of a network knows of the parcels that carriers deliver for it.

    Carriers take a parcel at its door: what its own routes must beat is their price less its own way to the station.

    Args:
        market: The market.
        carrier: Index of its network.
        months: Months until what it orders now is in use.
    """
    zones, env, one = market.zones, market.state.environment, _owner(market, carrier)
    parcels, everybody = parcels_expected(market, carrier, months), np.ones(zones.n_zones)
    passed = market.coverage_ordered(carrier)
    unit = expected_unit_grid(market.costs, zones, carrier, parcels, everybody, env.wage_other, env.price_level)
    capital = market.figures.by_type("capital_charge")[zones.zone_type] * env.price_level
    upstream = float(market.costs.upstream[:, carrier] @ _services(market, one)) * env.price_level
    return ExtensionCase(
        bought=parcels * (1.0 - passed),
        places=np.arange(zones.n_zones),
        cost=own_cost(unit, capital),
        price=price_of_carriers(market, one) - upstream,
        injection_cost=0.0,
        capital=capital,
        passed=passed,
        reach=everybody,
        on_its_way=np.zeros(zones.n_zones),  # counted in what is passed
        luck=own_cost_luck(market, carrier),
    )


def price_of_carriers(market: Economy, one: BigShipperGroup) -> Floats:
    """Mean price with surcharges that a big shipper pays carriers by zone, $ per parcel, (Z,)."""
    choice, tariffs = market.state.choice, market.state.tariffs
    agreed, quoted = choice.enterprise_price[one.row], enterprise_quotes(market)[one.row]
    price = np.where(np.isnan(agreed), quoted, agreed)[..., None] + tariffs.mean_surcharge + tariffs.follows[:, None]
    split = left_to_carriers(choice.enterprise_share, market)[one.row]
    split *= _services(market, one)[:, None, None]
    weight = split.sum(axis=(0, 1))
    paid = (split * price).sum(axis=(0, 1))
    usual = paid.sum() / weight.sum() if weight.any() else 0.0
    return np.asarray(np.divide(paid, weight, out=np.full_like(paid, usual), where=weight > 0.0))


def _services(market: Economy, one: BigShipperGroup) -> Floats:
    """Share of each service in the parcels of a big shipper, (S,)."""
    parcels = market.annual_parcels[one.row]
    return np.asarray(parcels / parcels.sum())


def _owner(market: Economy, carrier: int) -> BigShipperGroup:
    return next(one for one in market.groups.big if one.network == carrier)
