"""How demand answers to a carrier's own price in the long run, after every shipper has reconsidered (section 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.blocks import blocks, softmax_over_options, sum_over_options
from agents.choice import primary_available
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
class _Offers:
    """What carriers offer in one segment.

    Attributes:
        constants: (K,), -inf where a carrier offers nothing.
        level: List level, $, (K,).
        floor: Lowest quote, $, (K,).
        other: Money value of days and reliability at start prices, $, (K,).
        price_level: Consumer prices relative to the start.
        reach: Share of the destinations reached, by division, (K, R).
        surcharge: Surcharges by division, $, (K, R).
        possible: Whether a carrier can be a shipper's primary one, by division, (K, R).
        national: Which carriers serve every address, (K,).
    """

    constants: Floats
    level: Floats
    floor: Floats
    other: Floats
    price_level: float
    reach: Floats
    surcharge: Floats
    possible: NDArray[np.bool_]
    national: NDArray[np.bool_]

    @property
    def offered(self) -> NDArray[np.bool_]:
        """Which carriers offer the segment, (K,)."""
        return np.isfinite(self.constants)


@dataclass(frozen=True, slots=True)
class _Options:
    """Options of n shippers in one segment, (K, n) each.

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
    tariffs, choice = state.tariffs, state.choice
    by_division = mix @ state.network.coverage.T
    reach = np.where(national, 1.0, by_division).T.copy()
    possible = (primary_available(by_division, p.primary_min_coverage) | national).T.copy()
    surcharge = (mix @ tariffs.surcharge.T).T.copy()
    other = quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier)
    stay = float(np.expm1(p.switching_inertia))
    market_volume = shippers.market_volume
    parcels, value, response = (np.zeros(choice.constants.shape) for _ in range(3))
    for s in range(len(SEGMENTS)):
        offers = _Offers(
            constants=choice.constants[s],
            level=tariffs.offered[s],
            floor=tariffs.floor[s],
            other=other[s],
            price_level=state.environment.price_level,
            reach=reach,
            surcharge=surcharge,
            possible=possible,
            national=national,
        )
        found = np.empty((3, len(choice.constants[s]), len(shippers)))
        for rows in blocks(len(shippers)):
            _evaluate(offers, shippers, s, rows, stay, found[:, :, rows])
        for k in np.flatnonzero(offers.offered):
            parcels[s, k], value[s, k], response[s, k] = (market_volume[:, s] @ part for part in found[:, k])
    sold = parcels > 0.0
    price = np.divide(value, parcels, out=np.zeros_like(value), where=sold)
    return LongRunDemand(parcels, price, np.divide(response, parcels, out=np.zeros_like(value), where=sold))


def _evaluate(offers: _Offers, shippers: ShipperTable, segment: int, rows: slice, stay: float, found: Floats) -> None:
    """For some shippers: share of parcels with each carrier, what it pays, and its answer to the price, (3, K, n)."""
    division, discount = shippers.division[rows], shippers.discount[rows]
    offered, level, floor = offers.offered, offers.level[:, None], offers.floor[:, None]
    surcharge = offers.surcharge[:, division]
    paid = quote(level, floor, discount) + surcharge
    coef = shippers.price_coef[rows, segment] / offers.price_level
    utility = np.where(offered, offers.constants, 0.0)[:, None] - coef * (
        paid + offers.price_level * offers.other[:, None]
    )
    options = _options(
        utility,
        offers.reach[:, division],
        offers.possible[:, division] & offered[:, None],
        (offers.national & offered)[:, None],
        stay,
    )
    step = -coef * np.where(level * (1.0 - discount) > floor, paid, surcharge)
    for k in np.flatnonzero(offered):
        amount, slope = _own_parcels(options, int(k), bool(offers.national[k]), stay)
        found[0, k], found[1, k], found[2, k] = amount, amount * paid[k], slope * step[k]


def _options(
    utility: Floats, covered: Floats, possible: NDArray[np.bool_], national: NDArray[np.bool_], stay: float
) -> _Options:
    alone = softmax_over_options(np.where(national, utility, -np.inf))
    shared = covered * utility + (1.0 - covered) * sum_over_options(alone * utility)
    chance = softmax_over_options(np.where(possible, shared, -np.inf))
    raw = chance * (1.0 + stay * chance)
    return _Options(alone, utility, covered, chance, raw / sum_over_options(raw))


def _own_parcels(options: _Options, k: int, national: bool, stay: float) -> tuple[Floats, Floats]:
    """Share of each shipper's parcels that carrier k delivers, and its derivative by the utility of k, (n,) each.

    With s the chances without inertia, the long-run chance is s (1 + stay s) over its sum.
    """
    alone, chance, stationary = options.alone, options.chance, options.stationary
    gain = np.zeros_like(chance)  # change of each option's utility with that of k
    if national:
        mean = sum_over_options(alone * options.own)
        gain = (1.0 - options.covered) * (alone[k] * (1.0 + options.own[k] - mean))
    gain[k] = options.covered[k]
    log_chance = gain - sum_over_options(chance * gain)
    log_raw = log_chance * (1.0 + stay * chance / (1.0 + stay * chance))
    log_stationary = log_raw - sum_over_options(stationary * log_raw)
    amount = stationary[k] * options.covered[k]
    slope = amount * log_stationary[k]
    if national:
        left = stationary * (1.0 - options.covered) * alone[k]
        amount = amount + sum_over_options(left)
        slope = slope + sum_over_options(left * (log_stationary + 1.0 - alone[k]))
    return amount, slope
