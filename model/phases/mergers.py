"""A regional carrier takes over another one that is about to leave: whether it pays, and what changes hands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from agents.asked import AnswerError
from agents.calendar import MONTHS_PER_YEAR
from agents.delivery_cost import mean_over_coverage
from agents.rules.choice import delivers_at_home, primary_available
from agents.rules.mergers import MergerCase
from model.borders import read_borders
from model.economy import Economy
from model.fixed_costs import fixed_cost_per_capacity
from model.operations import SMALLEST_COVERAGE, expected_unit_grid, network_of
from model.words import parcels_in_words

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def merge(market: Economy, leaver: int, others: Iterable[int]) -> bool:
    """Ask the others what a carrier that gives up is worth to them, and hand it to the one that it accepts.

    There is no purchase price: the leaver is worth nothing to its owners, who would close it otherwise. The growth cap
    of regional carriers does not bind here, because the organisation comes with the network.

    Args:
        market: The market.
        leaver: Index of the carrier that gives up.
        others: Carriers in the market that might take it over.

    Returns:
        Whether somebody took it over; what is left of the leaver is still to be closed.
    """
    names, carriers = market.carriers.names, market.carrier_agents
    worth = {k: carriers[k].takes_over(merger_case(market, leaver, k)) for k in others if k != leaver}
    offers = {k: value for k, value in worth.items() if value is not None}
    buyer = carriers[leaver].accepts_buyer(offers)
    if buyer is None:
        return False
    if buyer not in offers:
        raise AnswerError(f"{carriers[leaver].key}: it goes to carrier {buyer}; allowed: {', '.join(map(str, offers))}")
    parcels = float(market.state.network.annual_volume[leaver].sum())
    _join_fixed_cost(market, leaver, buyer)  # first: it needs the leaver's capacity
    _join_networks(market, leaver, buyer)
    offered = np.isfinite(market.state.choice.constants[:, buyer])
    _move_small_shippers(market, leaver, buyer, offered)
    _move_enterprise_shippers(market, leaver, buyer, offered)
    _move_waiting_parcels(market, leaver, buyer, offered)
    market.events.add(
        market.month,
        "merger",
        (market.carriers.keys[buyer], market.carriers.keys[leaver]),
        f"{names[buyer]} takes over {names[leaver]} with {parcels_in_words(parcels)} a year after "
        f"{carriers[leaver].negative_months} months of losses in a row",
        annual_parcels=parcels,
        value_usd=offers[buyer],
    )
    return True


def merger_case(market: Economy, leaver: int, buyer: int) -> MergerCase:
    """What a carrier expects of taking over the leaver: its parcels at its prices, at the buyer's unit cost."""
    p = market.figures
    zones, env, network, books = market.zones, market.state.environment, market.state.network, market.state.books
    parcels = network.annual_volume[leaver]
    coverage = np.maximum(_joined_coverage(market, leaver, buyer), SMALLEST_COVERAGE)
    together = parcels + network.annual_volume[buyer]
    grid = expected_unit_grid(market.costs, zones, buyer, together, coverage, env.wage_other, env.price_level)
    upstream = market.costs.upstream[:2, buyer].mean() * env.price_level
    return MergerCase(
        cash=float((books.revenue[:, buyer] - books.cost[:, buyer]).sum()),
        touches=_touches(market, leaver, buyer),
        parcels=parcels,
        margin=mean_price(market, leaver) - mean_over_coverage(grid, coverage) - upstream,
        fixed=_cost_that_comes_along(market, leaver) * MONTHS_PER_YEAR * env.price_level,
        bill=float(books.cost[:, leaver].mean()) * p.takeover_working_months,
    )


def mean_price(market: Economy, carrier: int) -> float:
    """What a carrier's customers paid over the last twelve months, in dollars of today, $ per parcel.

    Its cost is that of today. Half a year of inflation between the two would count as a margin that is missing,
    though its next yearly change of prices follows.
    """
    books, env = market.state.books, market.state.environment
    played = np.arange(market.months_done - MONTHS_PER_YEAR + 1, market.months_done + 1)
    level = np.array([market.paths.price_level(month) if month >= 0 else 1.0 for month in played.tolist()])
    volume = float(books.volume[:, carrier].sum())
    return float((books.revenue[:, carrier] / level).sum()) * env.price_level / volume if volume > 0.0 else 0.0


def _touches(market: Economy, leaver: int, buyer: int) -> bool:
    """Whether the states of two carriers overlap or border on each other."""
    coverage, state = market.state.network.coverage, market.zones.state
    home, other = (set(state[coverage[carrier] > 0.0].tolist()) for carrier in (buyer, leaver))
    return bool(other & home.union(*(read_borders()[one] for one in home)))


def _joined_coverage(market: Economy, leaver: int, buyer: int) -> Floats:
    """Share of households that both reach together, (Z,): both go to the densest households first."""
    coverage = market.state.network.coverage
    return np.asarray(np.maximum(coverage[leaver], coverage[buyer]))


def _fixed_cost_that_stays(market: Economy, leaver: int) -> float:
    """The part of the leaver's fixed cost that its buyer cannot save, $ a month at start prices."""
    whole = fixed_cost_per_capacity(market, leaver) * float(market.state.network.capacity[leaver].sum())
    return (1.0 - market.figures.fixed_cost_recoverable) * whole


def _cost_that_comes_along(market: Economy, leaver: int) -> float:
    """The same with what its contractors do by the parcel, which no merger saves, $ a month at start prices."""
    p, stays = market.figures, _fixed_cost_that_stays(market, leaver)
    whole = stays / (1.0 - p.fixed_cost_recoverable) if p.fixed_cost_recoverable < 1.0 else 0.0
    return stays + (1.0 - p.regional_fixed_share) * p.fixed_cost_recoverable * whole


def _join_fixed_cost(market: Economy, leaver: int, buyer: int) -> None:
    """What cannot be saved moves to the buyer, and so does what orders on their way will add."""
    network = market.state.network
    market.state.books.fixed_cost[buyer] += _fixed_cost_that_stays(market, leaver)
    network.savings = [
        (buyer if owner == leaver and since > market.month else owner, since, amount)
        for owner, since, amount in network.savings
    ]


def _join_networks(market: Economy, leaver: int, buyer: int) -> None:
    """Capacity, orders that are paid for, routes and volume add up; coverage is the larger one."""
    network = market.state.network
    _join_standing(market, leaver, buyer)
    # Where the leaver had the routes, its cost is the last one known: quotes of the month rest on it.
    busier = network.annual_volume[leaver] > network.annual_volume[buyer]
    to, given = network_of(buyer), network_of(leaver)
    for by_network in (getattr(network.street, field.name) for field in fields(network.street)):
        by_network[to, busier] = by_network[given, busier]
    network.coverage[buyer] = _joined_coverage(market, leaver, buyer)
    for by_zone in (network.capacity, network.in_place, network.annual_volume):
        by_zone[buyer] += by_zone[leaver]
        by_zone[leaver] = 0.0
    # In the proportion of the fixed cost that goes along, so that a parcel brings as much of it as before.
    network.start_handled[buyer] += (1.0 - market.figures.fixed_cost_recoverable) * network.start_handled[leaver]
    network.recent_volume[:, buyer] += network.recent_volume[:, leaver]
    network.recent_volume[:, leaver] = 0.0
    network.pipeline = [
        # It is worth nothing to those who put the money in, so that the buyer takes it over for nothing.
        replace(order, carrier=buyer, capital=0.0) if order.carrier == leaver else order
        for order in network.pipeline
    ]
    network.recent = [(buyer if owner == leaver else owner, month, size) for owner, month, size in network.recent]


def _join_standing(market: Economy, leaver: int, buyer: int) -> None:
    """Shippers' liking of both becomes one, by the households that each reached."""
    constants, coverage = market.state.choice.constants, market.state.network.coverage
    weight = coverage[[leaver, buyer]] @ market.zones.households
    both = np.isfinite(constants[:, leaver]) & np.isfinite(constants[:, buyer])
    mean = (constants[:, leaver] * weight[0] + constants[:, buyer] * weight[1]) / weight.sum()
    constants[:, buyer] = np.where(both, mean, constants[:, buyer])
    since = market.state.choice.since
    since[buyer] = np.minimum(since[buyer], since[leaver])


def _move_small_shippers(market: Economy, leaver: int, buyer: int, offered: Bools) -> None:
    """The leaver's shippers become the buyer's, where it sells their segment and can be a primary carrier."""
    shippers = market.shippers
    reach = market.mix @ market.state.network.coverage.T
    at_home = None if market.home is None else delivers_at_home(market.state.network.coverage, market.home)
    available = primary_available(reach, market.figures.primary_min_coverage, at_home)[shippers.division, buyer]
    moved = (shippers.primary == leaver) & available[:, None] & offered
    market.population.follow(moved, buyer)


def _move_enterprise_shippers(market: Economy, leaver: int, buyer: int, offered: Bools) -> None:
    """Agreements go to the buyer with their terms, where it has none with the same shipper; volume goes along."""
    choice, keys = market.state.choice, market.carriers.keys
    for row, sellers in enumerate(choice.enterprise_sellers):
        if leaver in sellers and buyer not in sellers:
            market.book.hand_over(keys[leaver], keys[buyer], market.groups.buyer(row), market.month)
            choice.enterprise_sellers[row] = tuple(buyer if one == leaver else one for one in sellers)
            choice.enterprise_price[row, :, buyer] = choice.enterprise_price[row, :, leaver]
    share = choice.enterprise_share
    share[:, offered, buyer] += share[:, offered, leaver]


def _move_waiting_parcels(market: Economy, leaver: int, buyer: int, offered: Bools) -> None:
    """Parcels that wait at the leaver wait at the buyer."""
    if market.state.backlog is None:
        return
    for waiting in (market.state.backlog.volume, market.state.backlog.value):
        waiting[:, :, offered, buyer] += waiting[:, :, offered, leaver]
        waiting[:, :, offered, leaver] = 0.0
