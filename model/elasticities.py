"""How demand answers to a carrier's own price in the long run, after every shipper has reconsidered (ODD 7.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS
from agents.rules.blocks import softmax_over_options
from agents.rules.choice import delivers_at_home, own_weight, primary_available
from agents.shipper_table import ShipperTable
from model.parameters import Parameters
from model.state import MarketState
from model.tender import quality_cost

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LongRunDemand:
    """What shippers would do in the long run at today's prices and quality, (S, K) each.

    Attributes:
        parcels: Parcels a year at the volumes of the start.
        price: Mean price paid, surcharges included, $.
        elasticity: Of the parcels with respect to the carrier's own prices; 0 where it sells nothing.
    """

    parcels: Floats
    price: Floats
    elasticity: Floats


@dataclass(frozen=True, slots=True)
class _Offers:
    """What n shippers can choose from in one segment: M carriers, national ones first; H is n or 1, one home for all.

    Attributes:
        carrier: Their indices, (M,).
        n_national: How many of them serve every address.
        constants: With how well they are known, (M, H).
        level: List level, $, (M, 1).
        floor: Lowest quote, $, (M, 1).
        other: Money value of days and reliability at prices of today, $, (M, 1).
        surcharge: $ per parcel, (M, H).
        reach: Share of the destinations reached, (M, H); 0 where a carrier cannot be a shipper's primary one.
        own: Weight of its own utility in the choice of it, (M, H).
    """

    carrier: NDArray[np.int64]
    n_national: int
    constants: Floats
    level: Floats
    floor: Floats
    other: Floats
    surcharge: Floats
    reach: Floats
    own: Floats


def long_run_demand(
    p: Parameters,
    shippers: ShipperTable,
    state: MarketState,
    mix: Floats,
    national: NDArray[np.bool_],
    home: NDArray[np.bool_] | None,
) -> LongRunDemand:
    """Evaluate the stationary chances of the choice rule for every shipper, and their answer to each carrier's price.

    A carrier that does not reach every destination is chosen for what it reaches, and the national carriers deliver
    the rest by their chances; where the mean over all addresses decides it shares its utility with them. A quote at
    its floor does not move.

    Args:
        p: Parameters.
        shippers: All shippers.
        state: Prices, perceived quality, coverage.
        mix: Destination mix by division, (R, Z).
        national: Which carriers serve every address, (K,).
        home: Zones of each division, (R, Z), where carriers are primary where they deliver at home; None if not.
    """
    tariffs, choice, price_level = state.tariffs, state.choice, state.environment.price_level
    by_division = mix @ state.network.coverage.T
    at_home = None if home is None else delivers_at_home(state.network.coverage, home)
    reach = np.where(primary_available(by_division, p.primary_min_coverage, at_home), by_division, 0.0)
    reach = np.where(national, 1.0, reach).T
    own = own_weight(reach, p.reached_addresses_decide > 0.0)
    surcharge = (mix @ tariffs.surcharge.T).T
    other = price_level * quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier)
    offered = np.isfinite(choice.constants)
    stay = float(np.expm1(p.switching_inertia))
    parcels, value, response = (np.zeros(choice.constants.shape) for _ in range(3))
    for rows, home_of in shippers.blocks_by_home():
        discount, weight = shippers.discount[rows], shippers.weight[rows]
        reached = reach[:, np.unique(home_of)].any(axis=1)
        for s in range(len(SEGMENTS)):
            there = offered[s] & reached
            carrier = np.concatenate([np.flatnonzero(there & national), np.flatnonzero(there & ~national)])
            offers = _Offers(
                carrier,
                int((there & national).sum()),
                constants=(choice.constants[s, carrier, None] + choice.known[carrier]).take(home_of, axis=1),
                level=tariffs.offered[s, carrier, None],
                floor=tariffs.floor[s, carrier, None],
                other=other[s, carrier, None],
                surcharge=surcharge[carrier].take(home_of, axis=1),
                reach=reach[carrier].take(home_of, axis=1),
                own=own[carrier].take(home_of, axis=1),
            )
            share, paid, slope = _evaluate(offers, discount, shippers.price_coef[rows, s] / price_level, stay)
            volume = shippers.annual_volume[rows, s] * weight
            parcels[s, carrier] += np.vecdot(share, volume)
            value[s, carrier] += np.vecdot(share * paid, volume)
            response[s, carrier] += np.vecdot(slope, volume)
    sold = parcels > 0.0
    price = np.divide(value, parcels, out=np.zeros_like(value), where=sold)
    return LongRunDemand(parcels, price, np.divide(response, parcels, out=np.zeros_like(value), where=sold))


def _evaluate(offers: _Offers, discount: Floats, coef: Floats, stay: float) -> tuple[Floats, Floats, Floats]:
    """Share of each shipper's parcels with each carrier, what it pays, and its answer to the price, (M, n) each.

    Args:
        offers: What they can choose from.
        discount: Discounts, (n,).
        coef: Price coefficients at prices of today, 1/$, (n,).
        stay: exp(inertia) - 1.
    """
    listed = offers.level * (1.0 - discount)
    paid = np.maximum(listed, offers.floor)
    paid += offers.surcharge
    moving = np.where(listed > offers.floor, paid, offers.surcharge)
    utility = offers.constants - coef * (paid + offers.other)
    share, slope = _own_parcels(utility, offers.n_national, offers.reach, offers.own, stay)
    slope *= moving
    slope *= -coef
    return share, paid, slope


def _own_parcels(utility: Floats, n_national: int, reach: Floats, own: Floats, stay: float) -> tuple[Floats, Floats]:
    """Share of each shipper's parcels that each carrier delivers, and its derivative by the carrier's utility, (M, n).

    With s the chances without inertia, the long-run chance r is s (1 + stay s) over its sum, so that
    d log r_j = w_j d log s_j less the mean of it, w_j = 1 + stay s_j / (1 + stay s_j). The utility of carrier k moves
    its own option by `own` and, where it is national, that of each partial carrier by what this leaves to it times
    `pull`. Sums over options come first, so that this costs a few operations for each carrier, not for each pair.

    Args:
        utility: Of each carrier by itself, national carriers first, (M, n).
        n_national: How many are national.
        reach: Share of the destinations reached, (M, n) or (M, 1); 0 where a carrier is no option.
        own: Weight of its own utility in the choice of it, likewise; 1 for national carriers.
        stay: exp(inertia) - 1.
    """
    national, partial = slice(0, n_national), slice(n_national, None)
    missed, lent = 1.0 - reach[partial], 1.0 - own[partial]
    alone = softmax_over_options(utility[national])  # who delivers what a partial carrier does not reach
    mean = (alone * utility[national]).sum(axis=0)
    shared = np.where(reach[partial] > 0.0, own[partial] * utility[partial] + lent * mean, -np.inf)
    chance = softmax_over_options(np.concatenate([utility[national], shared]))
    steep = stay * chance
    stationary = chance * (1.0 + steep)
    stationary /= stationary.sum(axis=0)
    steep /= 1.0 + steep
    steep += 1.0
    weighted = stationary * steep
    all_weighted = weighted.sum(axis=0)
    left = missed * stationary[partial]
    all_left, left_weighted = left.sum(axis=0), (missed * weighted[partial]).sum(axis=0)
    lent_weighted = (lent * weighted[partial]).sum(axis=0)
    # d log s_k and the mean of d log r, first by what carrier k changes in its own option.
    moved = own * chance
    mean_move = own * weighted - moved * all_weighted
    pull = alone * (1.0 + utility[national] - mean)
    pulled = pull * (lent * chance[partial]).sum(axis=0)
    moved[national] += pulled
    mean_move[national] += pull * lent_weighted - pulled * all_weighted
    share = stationary * reach
    slope = share * ((own - moved) * steep - mean_move)
    others = pull * (missed * lent * weighted[partial]).sum(axis=0) - moved[national] * left_weighted
    slope[national] += alone * (others + all_left * (1.0 - alone - mean_move[national]))
    share[national] += alone * all_left
    return share, slope
