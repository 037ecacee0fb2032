"""UPS and FedEx with Amazon: what it is worth to both that they carry its parcels (ODD 7.1, 7.8 and 7.11).

Amazon pays UPS and FedEx more than its own delivery or USPS would cost, and UPS takes less than what one more parcel of
the cost model costs it. What Amazon gets for that (pick-up at merchants, returns, express), and what its sorted and
dense parcels spare a carrier, is in no public figure. Both are inverted at the start, like the choice constants of
other shippers, from the fact that both signed: the channel value makes the least wanted parcel just worth its price,
the cost factor makes the price just cover cost and margin. Both stay as they are in real terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import PriceGroups, price_groups, seller_limits, with_seller
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import Contract
from agents.large_buyer import CarriageCase
from model.answers import checked
from model.bargains.table import BargainTable
from model.economy import Economy

Floats = NDArray[np.float64]
ECONOMY = 0


def carriage_groups(market: Economy) -> PriceGroups:
    """UPS and FedEx price Amazon's parcels by zone type; tiers of place are for those who pay list prices."""
    return price_groups("by_zone_type", market.zones.zone_type, ())


def start_price(market: Economy, seller: str) -> float:
    """What Amazon pays UPS or FedEx at the start, $ per parcel."""
    return float(market.figures[f"price_amazon_{seller}"])


def published_carriage_price(market: Economy, seller: str) -> float:
    """What Amazon pays UPS or FedEx without a contract, $ per parcel: it moves with their economy list prices."""
    moved = market.state.tariffs.growth(
        ECONOMY, market.carriers.integrators[seller], otherwise=market.state.environment.price_level
    )
    return market.figures.price_access_published_ratio * start_price(market, seller) * moved


def carriage_cost_factors(market: Economy) -> dict[str, float]:
    """Cost of Amazon's parcels over that of others, by carrier: at most 1, and so that the start contract pays."""
    found = {}
    for seller, carrier in market.carriers.integrators.items():
        weight = handed_at_start(market, carrier)
        cost = _cost_of_others(market, carrier)
        mean = float(np.average(cost, weights=weight)) if weight.sum() > 0.0 else float(cost.mean())
        markup = market.carrier_agents[carrier].sourced_markup
        found[seller] = min(1.0, start_price(market, seller) / ((1.0 + markup) * mean))
    return found


def handed_at_start(market: Economy, carrier: int) -> Floats:
    """Amazon's parcels a year at UPS or FedEx in the start year, (Z,)."""
    return market.amazon.memory.flows.handed_to(market.carriers.keys[carrier])


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
    flows, carrier = market.amazon.memory.flows, market.carriers.integrators[seller]
    offered = _on_the_table(market, seller, begin, prices)
    zone, cell, volume = flows.between(offered, market.zones.density_grid.shape[1])
    other = next((price for key, price in prices.items() if key != seller and np.isfinite(price)), np.inf)
    published = published_carriage_price(market, seller)
    buyer = market.amazon.values_carriage(CarriageCase(begin, zone, cell, volume, published, other))
    values = with_seller(
        buyer,
        carriage_cost(market, carrier)[zone],
        partial(seller_limits, margin=market.carrier_agents[carrier].least_markup()),
        published <= buyer.published,  # else Amazon would have gone elsewhere meanwhile
    )
    return BargainTable(values, zone, groups, cell)


def _on_the_table(market: Economy, seller: str, begin: Month, prices: Mapping[str, float]) -> Floats:
    """Parcels a year that the two talk about, (Z,).

    A carrier talks about its own of the start year, less what it has announced to give up and what the other one has
    signed for of that; and about what it would take of those that the other one gives back or would not carry for want
    of a contract.
    """
    network, integrators = market.state.network, market.carriers.integrators
    carrier, other = integrators[seller], next(key for key in integrators if key != seller)
    of_other = handed_at_start(market, integrators[other])
    own = handed_at_start(market, carrier) * announced_share(market, seller, begin)
    if has_announced_cut(market, seller):
        own = np.maximum(own - np.maximum(_signed(market, other) - of_other, 0.0), 0.0)
    kept = of_other * announced_share(market, other, begin) * bool(np.isfinite(prices.get(other, np.nan)))
    given_back = np.maximum(of_other - np.maximum(_signed(market, other), kept), 0.0)
    room = np.maximum(network.capacity[carrier] - network.annual_volume[carrier], 0.0)
    more = market.carrier_agents[carrier].carries_beyond(given_back, room)
    return np.asarray(own + checked(seller, "parcels of the other carrier", more, room.shape, given_back))


def announced_share(market: Economy, seller: str, month: Month, now: Month | None = None) -> float:
    """Share of Amazon's start volume that an announced plan leaves a carrier in a month; 1 where there is none.

    Args:
        market: The market.
        seller: Key of the carrier.
        month: The month.
        now: Month in which one looks ahead, this one unless given.
    """
    return ups_share(market, month, now) if has_announced_cut(market, seller) else 1.0


def ups_share(market: Economy, month: Month, now: Month | None = None) -> float:
    """Share of Amazon's start volume at UPS that its announced plan leaves in a month: the cut, evenly to its end.

    A run through the past talks and builds without the plan until it is announced. Where a run begins with it, orders
    that stand at the start were placed with it in view: the two had agreed on it before they told.
    """
    return _share_left(_cut_of_ups(market, now or market.month), month)


def _cut_of_ups(market: Economy, now: Month) -> tuple[Month, int, float] | None:
    """Begin and length in months of the cut that UPS has announced, and the share that it takes; None where unknown."""
    p, announced = market.figures, market.settings.projection_start
    unknown = market.settings.start < announced and now < announced
    if not market.settings.announced_plans or unknown:
        return None
    year = int(p.ups_amazon_cut_end)
    end = Month(year, 1) + round((p.ups_amazon_cut_end - year) * MONTHS_PER_YEAR)
    return announced, max(1, end - announced), p.ups_amazon_cut_share


def _share_left(cut: tuple[Month, int, float] | None, month: Month) -> float:
    """Share that an announced cut leaves in a month."""
    if cut is None:
        return 1.0
    begin, months, part = cut
    return 1.0 - part * min(1.0, max(0.0, (month - begin + 1) / months))


def announced_cut(market: Economy, seller: str) -> float:
    """Parcels a day of Amazon that a carrier gives up within a year by its announced plan; 0 for who has none.

    The cut is public, so what is still to come of it counts as much as what has gone: the worst year around today.
    """
    if not has_announced_cut(market, seller):
        return 0.0
    now, handed = market.month, float(handed_at_start(market, market.agent(seller).index).sum())
    cut = _cut_of_ups(market, now)
    shares = [_share_left(cut, now + months) for months in range(-MONTHS_PER_YEAR, MONTHS_PER_YEAR + 1)]
    cuts = [before - after for before, after in zip(shares, shares[MONTHS_PER_YEAR:], strict=False)]
    return max(0.0, *cuts) * handed / market.figures[f"operating_days_{seller}"]


def has_announced_cut(market: Economy, seller: str) -> bool:
    """Whether a carrier has announced that it gives up a part of Amazon's parcels."""
    return f"{seller}_amazon_cut_share" in market.figures


def signed_contract(market: Economy, seller: str) -> Contract | None:
    """The contract that UPS or FedEx negotiated with Amazon and that is in force or waits for its start, if any."""
    contract = market.book.upcoming(seller, "amazon") or market.book.get(seller, "amazon")
    if contract is None or market.state.agreed_volume.get((seller, "amazon", contract.start)) is None:
        return None
    return contract if contract.in_force or contract.start > market.month else None


def signed_prices(market: Economy) -> dict[str, float]:
    """Mean price that UPS and FedEx have signed with Amazon, $ per parcel; nan where there is no such contract."""
    signed = {seller: signed_contract(market, seller) for seller in market.carriers.integrators}
    return {seller: float("nan") if one is None else float(np.mean(one.price)) for seller, one in signed.items()}


def _signed(market: Economy, seller: str) -> Floats:
    """Parcels a year that the carrier has signed for with Amazon, (Z,)."""
    contract = signed_contract(market, seller)
    nothing = np.zeros(market.zones.n_zones)
    return nothing if contract is None else market.state.agreed_volume[seller, "amazon", contract.start]


def carriage_cost(market: Economy, carrier: int) -> Floats:
    """Cost of one more parcel of Amazon at a carrier, as it counts it, with sorting and line-haul, $, (Z,)."""
    seller = market.carrier_agents[carrier]
    cost = _cost_of_others(market, carrier) * market.carriage_cost_factor[seller.key]
    capital = market.figures.by_type("capital_charge")[market.zones.zone_type]
    found = seller.carriage_cost(cost, capital * market.state.environment.price_level)
    return checked(seller.key, "cost of one more parcel", found, cost.shape)


def _cost_of_others(market: Economy, carrier: int) -> Floats:
    """Cost of one more economy parcel of any shipper on routes that pass, $, (Z,)."""
    routes, level = market.state.network.street.of(carrier), market.state.environment.price_level
    upstream = market.costs.upstream[ECONOMY, carrier] * level
    return np.asarray(routes.marginal + routes.sort + upstream)
