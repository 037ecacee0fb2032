"""UPS and FedEx with Amazon: what it is worth to both that they carry its parcels (sections 11, 13 and 15).

Amazon pays UPS and FedEx more than its own delivery or USPS would cost, and UPS takes less than what one more parcel of
the cost model costs it. What Amazon gets for that (pick-up at merchants, returns, express), and what its sorted and
dense parcels spare a carrier, is in no public figure. Both are inverted at the start, like the choice constants of
other shippers, from the fact that both signed: the channel value makes the least wanted parcel just worth its price,
the cost factor makes the price just cover cost and margin. Both stay as they are in real terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import exit_months, price_groups, slice_values
from agents.calendar import MONTHS_PER_YEAR, Month
from model.answers import checked
from model.bargains.access import capacity_after, own_cost_with_capital
from model.bargains.table import BargainTable
from model.carriers import FEDEX, UPS

if TYPE_CHECKING:
    from agents.bargaining import PriceGroups
    from agents.contracts import Contract
    from model.economy import Economy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ECONOMY = 0
RIVALS = {"ups": UPS, "fedex": FEDEX}


def carriage_groups(market: Economy) -> PriceGroups:
    """UPS and FedEx price by zone type, as their delivery-area surcharges do."""
    return price_groups("by_zone_type", market.zones.zone_type, ())


def start_price(market: Economy, seller: str) -> float:
    """What Amazon pays UPS or FedEx at the start, $ per parcel."""
    return float(market.figures[f"price_amazon_{seller}"])


def published_carriage_price(market: Economy, seller: str) -> float:
    """What Amazon pays UPS or FedEx without a contract, $ per parcel: it moves with their economy list prices."""
    moved = market.state.tariffs.growth(ECONOMY, RIVALS[seller], otherwise=market.state.environment.price_level)
    return market.figures.price_access_published_ratio * start_price(market, seller) * moved


def channel_value(market: Economy) -> float:
    """Worth of what UPS and FedEx do for Amazon beyond the last mile, $ per parcel at start prices.

    The mean price that it pays them at the start less the cheapest alternative among those parcels (own long-run
    delivery, USPS at the published price); 0 where it pays no more than that.
    """
    flows, at_usps = market.state.amazon.flows, usps_without_contract(market)
    zone, cell, volume = rival_slices(market, flows.ups + flows.fedex)
    if volume.sum() <= 0.0:
        return 0.0
    paid = flows.ups.sum() * start_price(market, "ups") + flows.fedex.sum() * start_price(market, "fedex")
    own = own_cost_with_capital(market, zone, cell) - market.figures.speed_benefit_amazon
    return max(0.0, float(paid / volume.sum() - np.minimum(own, at_usps).min()))


def carriage_cost_factors(market: Economy) -> dict[str, float]:
    """Cost of Amazon's parcels over that of others, by carrier: at most 1, and so that the start contract pays."""
    found = {}
    for seller, carrier in RIVALS.items():
        weight = handed_at_start(market, carrier)
        cost = _cost_of_others(market, carrier)
        mean = float(np.average(cost, weights=weight)) if weight.sum() > 0.0 else float(cost.mean())
        markup = market.carrier_agents[carrier].sourced_markup
        found[seller] = min(1.0, start_price(market, seller) / ((1.0 + markup) * mean))
    return found


def usps_without_contract(market: Economy) -> float:
    """What a parcel costs Amazon at USPS at the published price with injection, $ per parcel."""
    return market.published_access_price() + market.figures.injection_cost_amazon * market.state.environment.price_level


def handed_at_start(market: Economy, carrier: int) -> Floats:
    """Amazon's parcels a year at UPS or FedEx in the start year, (Z,)."""
    flows = market.state.amazon.flows
    return flows.ups if carrier == UPS else flows.fedex


def rival_slices(market: Economy, by_zone: Floats) -> tuple[Ints, Ints, Floats]:
    """Cut what UPS or FedEx deliver for Amazon into slices: addresses between its own coverage and those of USPS.

    Args:
        market: The market.
        by_zone: Parcels a year by zone, (Z,).

    Returns:
        Zone, density cell and parcels a year, (L,) each.
    """
    flows = market.state.amazon.flows
    n_zones, n_cells = market.zones.density_grid.shape
    low, high = flows.coverage[:, None], flows.usps_from[:, None]
    edges = np.arange(n_cells + 1) / n_cells
    overlap = np.maximum(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0.0)
    width = overlap.sum(axis=1, keepdims=True)
    share = np.divide(overlap, width, out=np.zeros_like(overlap), where=width > 0.0)
    volume = (by_zone[:, None] * share).ravel()
    used = volume > 0.0
    zone, cell = np.repeat(np.arange(n_zones), n_cells), np.tile(np.arange(n_cells), n_zones)
    return zone[used], cell[used], volume[used]


def carriage_table(
    market: Economy, seller: str, begin: Month, groups: PriceGroups, prices: Mapping[str, float]
) -> BargainTable:
    """What carriage by UPS or FedEx is worth to both sides from the first month of a contract on.

    Args:
        market: The market.
        seller: "ups" or "fedex".
        begin: First month of the contract that is talked about.
        groups: Zones that share a price.
        prices: What the other of the two would be paid then, $ per parcel, nan without a contract.
    """
    p, env, carrier = market.figures, market.state.environment, RIVALS[seller]
    zone, cell, volume = rival_slices(market, _on_the_table(market, seller, begin, prices))
    channel = market.state.amazon.channel_value * env.price_level
    own = own_cost_with_capital(market, zone, cell) + channel
    term = int(p.term_strategic)
    other = next((price for key, price in prices.items() if key != seller and np.isfinite(price)), np.inf)
    at_usps = usps_without_contract(market) + channel
    published = published_carriage_price(market, seller)
    values = slice_values(
        volume,
        own,
        carriage_cost(market, carrier)[zone],
        min(published, at_usps, other),
        exit_months(volume, own, capacity_after(market, begin, term)),
        term,
        seller_margin_floor=market.carrier_agents[carrier].least_markup(),
        saved_by_own_delivery=p.speed_benefit_amazon * env.price_level,
        discount_rate_monthly=p.discount_rate_monthly,
        seller_keeps=published <= min(at_usps, other),
    )
    return BargainTable(values, zone, groups)


def _on_the_table(market: Economy, seller: str, begin: Month, prices: Mapping[str, float]) -> Floats:
    """Parcels a year that the two talk about, (Z,).

    A carrier talks about its own of the start year, less what it has announced to give up and what the other one has
    signed for of that; and about what it would take of those that the other one gives back or would not carry for want
    of a contract.
    """
    network, carrier = market.state.network, RIVALS[seller]
    other = next(key for key in RIVALS if key != seller)
    of_other = handed_at_start(market, RIVALS[other])
    own = handed_at_start(market, carrier) * share_left(market, seller, begin)
    if has_announced_cut(market, seller):
        own = np.maximum(own - np.maximum(_signed(market, other) - of_other, 0.0), 0.0)
    kept = of_other * share_left(market, other, begin) * bool(np.isfinite(prices.get(other, np.nan)))
    given_back = np.maximum(of_other - np.maximum(_signed(market, other), kept), 0.0)
    room = np.maximum(network.capacity[carrier] - network.annual_volume[carrier], 0.0)
    more = market.carrier_agents[carrier].carries_beyond(given_back, room)
    return np.asarray(own + checked(seller, "parcels of the other carrier", more, room.shape, given_back))


def share_left(market: Economy, seller: str, month: Month) -> float:
    """Share of Amazon's start volume at a carrier that an announced plan leaves in a month; 1 where there is none."""
    return ups_share(market, month) if has_announced_cut(market, seller) else 1.0


def ups_share(market: Economy, month: Month) -> float:
    """Share of Amazon's start volume at UPS that its announced plan leaves in a month: the cut, evenly to its end.

    A run through the past talks and builds without the plan until it is announced. Where a run begins with it, orders
    that stand at the start were placed with it in view: the two had agreed on it before they told.
    """
    p, announced = market.figures, market.settings.projection_start
    unknown = market.settings.start < announced and market.month < announced
    if not market.settings.announced_plans or unknown:
        return 1.0
    year = int(p.ups_amazon_cut_end)
    end = Month(year, 1) + round((p.ups_amazon_cut_end - year) * MONTHS_PER_YEAR)
    months = max(1, end - announced)
    done = min(1.0, max(0.0, (month - announced + 1) / months))
    return 1.0 - p.ups_amazon_cut_share * done


def announced_cut(market: Economy, seller: str) -> float:
    """Parcels a day of Amazon that a carrier gives up within a year by its announced plan; 0 for who has none.

    The cut is public, so what is still to come of it counts as much as what has gone: the worst year around today.
    """
    if not has_announced_cut(market, seller):
        return 0.0
    now, handed = market.month, float(handed_at_start(market, RIVALS[seller]).sum())
    cuts = [
        ups_share(market, now + (months - MONTHS_PER_YEAR)) - ups_share(market, now + months)
        for months in range(MONTHS_PER_YEAR + 1)
    ]
    return max(0.0, *cuts) * handed / market.figures[f"operating_days_{seller}"]


def has_announced_cut(market: Economy, seller: str) -> bool:
    """Whether a carrier has announced that it gives up a part of Amazon's parcels."""
    return f"{seller}_amazon_cut_share" in market.figures


def signed_contract(market: Economy, seller: str) -> Contract | None:
    """The contract that UPS or FedEx negotiated with Amazon and that is in force or waits for its start, if any."""
    contract = market.book.upcoming(seller, "amazon") or market.book.get(seller, "amazon")
    if contract is None or (seller, "amazon", contract.start) not in market.state.agreed_volume:
        return None
    return contract if contract.in_force or contract.start > market.month else None


def signed_prices(market: Economy) -> dict[str, float]:
    """Mean price that UPS and FedEx have signed with Amazon, $ per parcel; nan where there is no such contract."""
    signed = {seller: signed_contract(market, seller) for seller in RIVALS}
    return {seller: float("nan") if one is None else float(np.mean(one.price)) for seller, one in signed.items()}


def _signed(market: Economy, seller: str) -> Floats:
    """Parcels a year that the carrier has signed for with Amazon, (Z,)."""
    contract = signed_contract(market, seller)
    nothing = np.zeros(market.zones.n_zones)
    return nothing if contract is None else market.state.agreed_volume[seller, "amazon", contract.start]


def carriage_cost(market: Economy, carrier: int) -> Floats:
    """Cost of one more parcel of Amazon at a carrier, as it counts it, with sorting and line-haul, $, (Z,)."""
    seller = market.carrier_agents[carrier]
    cost = _cost_of_others(market, carrier) * market.state.amazon.carriage_cost_factor[seller.key]
    capital = market.figures.by_type("capital_charge")[market.zones.zone_type]
    found = seller.carriage_cost(cost, capital * market.state.environment.price_level)
    return checked(seller.key, "cost of one more parcel", found, cost.shape)


def _cost_of_others(market: Economy, carrier: int) -> Floats:
    """Cost of one more economy parcel of any shipper on routes that pass, $, (Z,)."""
    routes, level = market.state.network.street.of(carrier), market.state.environment.price_level
    upstream = market.costs.upstream[ECONOMY, carrier] * level
    return np.asarray(routes.marginal + routes.sort + upstream)
