"""How demand answers to a carrier's own price in the long run, after every shipper has reconsidered (section 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.choice import primary_available, softmax
from agents.geography import SEGMENTS
from agents.pricing import quote
from agents.shippers import ShipperTable
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
class _Options:
    """Options of n shippers in one segment, (n, K) each.

    Attributes:
        alone: Chances among the national carriers only: who delivers what a partial carrier does not reach.
        own: Utility of each carrier by itself.
        covered: Share of the destinations that a carrier reaches.
        chance: Chances without inertia; a partial carrier shares its utility with the national ones.
        stationary: Long-run chances with inertia.
    """

    alone: Floats
    own: Floats
    covered: Floats
    chance: Floats
    stationary: Floats


def long_run_demand(
    p: Parameters, shippers: ShipperTable, state: MarketState, mix: Floats, national: NDArray[np.bool_]
) -> LongRunDemand:
    """Evaluate the stationary chances of the choice rule for every shipper, and their answer to each carrier's price.

    A carrier that does not reach every destination shares its utility with the national carriers in the mean of their
    chances, its own price counts with the share that it reaches, and they deliver the rest. A quote at its floor does
    not move.

    Args:
        p: Parameters.
        shippers: All shippers.
        state: Prices, perceived quality, coverage.
        mix: Destination mix by division, (R, Z).
        national: Which carriers serve every address, (K,).
    """
    tariffs, choice, level = state.tariffs, state.choice, state.environment.price_level
    by_division = mix @ state.network.coverage.T
    reach = np.where(national, 1.0, by_division[shippers.division])
    possible = (primary_available(by_division, p.primary_min_coverage) | national)[shippers.division]
    surcharge = (mix @ tariffs.surcharge.T)[shippers.division]
    other = quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier)
    stay = float(np.expm1(p.switching_inertia))
    parcels, value, response = (np.zeros(choice.constants.shape) for _ in range(3))
    for s in range(len(SEGMENTS)):
        offered = np.isfinite(choice.constants[s])
        listed = tariffs.offered[s] * (1.0 - shippers.discount[:, None])
        paid = quote(tariffs.offered[s], tariffs.floor[s], shippers.discount[:, None]) + surcharge
        coef = shippers.price_coef[:, s, None] / level
        utility = np.where(offered, choice.constants[s], 0.0) - coef * (paid + level * other[s])
        options = _options(utility, reach, possible & offered, national & offered, stay)
        step = -coef * np.where(listed > tariffs.floor[s], paid, surcharge)
        volume = shippers.market_volume[:, s]
        for k in np.flatnonzero(offered):
            amount, slope = _own_parcels(options, int(k), bool(national[k]), stay)
            parcels[s, k], value[s, k] = volume @ amount, volume @ (amount * paid[:, k])
            response[s, k] = volume @ (slope * step[:, k])
    sold = parcels > 0.0
    price = np.divide(value, parcels, out=np.zeros_like(value), where=sold)
    return LongRunDemand(parcels, price, np.divide(response, parcels, out=np.zeros_like(value), where=sold))


def _options(
    utility: Floats, covered: Floats, possible: NDArray[np.bool_], national: NDArray[np.bool_], stay: float
) -> _Options:
    alone = softmax(np.where(national, utility, -np.inf))
    shared = covered * utility + (1.0 - covered) * (alone * utility).sum(axis=1, keepdims=True)
    chance = softmax(np.where(possible, shared, -np.inf))
    raw = chance * (1.0 + stay * chance)
    return _Options(alone, utility, covered, chance, raw / raw.sum(axis=1, keepdims=True))


def _own_parcels(options: _Options, k: int, national: bool, stay: float) -> tuple[Floats, Floats]:
    """Share of each shipper's parcels that carrier k delivers, and its derivative by the utility of k, (n,) each.

    With s the chances without inertia, the long-run chance is s (1 + stay s) over its sum.
    """
    alone, chance, stationary = options.alone, options.chance, options.stationary
    gain = np.zeros_like(chance)  # change of each option's utility with that of k
    if national:
        mean = (alone * options.own).sum(axis=1)
        gain = (1.0 - options.covered) * (alone[:, k] * (1.0 + options.own[:, k] - mean))[:, None]
    gain[:, k] = options.covered[:, k]
    log_chance = gain - (chance * gain).sum(axis=1, keepdims=True)
    log_raw = log_chance * (1.0 + stay * chance / (1.0 + stay * chance))
    log_stationary = log_raw - (stationary * log_raw).sum(axis=1, keepdims=True)
    amount = stationary[:, k] * options.covered[:, k]
    slope = amount * log_stationary[:, k]
    if national:
        left = stationary * (1.0 - options.covered) * alone[:, [k]]
        amount = amount + left.sum(axis=1)
        slope = slope + (left * (log_stationary + 1.0 - alone[:, [k]])).sum(axis=1)
    return amount, slope
