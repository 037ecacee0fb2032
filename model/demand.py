"""How many parcels are shipped, and where they go (ODD 7.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.geography import ZoneTable
from model.parameters import Parameters
from model.streams import Streams

Floats = NDArray[np.float64]
HALF_YEAR = 6.0
HALF_MONTH = 0.5


def growth_index(yearly_rate: float, months_since_start: float) -> float:
    """Growth of a yearly series since the mean of the year before the start (its middle lies half a year back)."""
    return float((1.0 + yearly_rate) ** ((months_since_start + HALF_MONTH + HALF_YEAR) / MONTHS_PER_YEAR))


def season_factors(p: Parameters) -> Floats:
    """Month factors January to December, (12,); they add to 12."""
    factors = np.full(MONTHS_PER_YEAR, p.season_other_month)
    factors[9:] = p.season_october, p.season_november, p.season_december
    return np.asarray(factors * MONTHS_PER_YEAR / factors.sum())


def destination_mix(p: Parameters, zones: ZoneTable, tilt: bool = True) -> Floats:
    """Share of a shipper's parcels by zone, for each home division.

    Args:
        p: Parameters.
        zones: The zone table.
        tilt: Whether shippers send more parcels near home; False gives one national row.

    Returns:
        (R, Z) or (1, Z), rows sum to 1.
    """
    base = zones.households * p.by_type("parcels_per_household_index")[zones.zone_type]
    divisions = np.arange(int(p.n_divisions))[:, None] if tilt else np.full((1, 1), -1)
    mix = base * np.where(zones.division == divisions, p.home_division_weight, 1.0)
    return np.asarray(mix / mix.sum(axis=1, keepdims=True))


def shocked_mix(mix: Floats, streams: Streams, month: Month, sd: float) -> Floats:
    """Destination mix of one month, with a shock by zone that all shippers share, renormalised."""
    normal = streams.generator("zone_shock", month).standard_normal(mix.shape[1])
    if sd == 0.0:
        return mix
    shocked = mix * np.exp(sd * normal)
    return np.asarray(shocked / shocked.sum(axis=1, keepdims=True))


def by_segment(parcels: Floats) -> Floats:
    """Sum over shippers, (n, S) to (S,); along so short rows `einsum` is several times faster than `sum`."""
    return np.asarray(np.einsum("ns->s", parcels))


@dataclass(frozen=True, slots=True)
class Demand:
    """Parcels that are shipped in one month.

    Attributes:
        scale: Factor from a small or enterprise shipper's annual volume to this month's parcels, (S,).
        amazon: Amazon's parcels by zone, of the orders that it takes, (Z,).
        amazon_trend: What is ordered from Amazon without season and luck, parcels a year, (Z,).
        mix: Destination mix of the month by home division, then by big shipper, (R, Z).
        season: Month factor.
        amazon_refused: Orders that Amazon does not take, parcels by zone, (Z,).
        amazon_later: Share of its orders by zone that it delivers itself on fewer days, (Z,).
    """

    scale: Floats
    amazon: Floats
    amazon_trend: Floats
    mix: Floats
    season: float
    amazon_refused: Floats
    amazon_later: Floats

    @property
    def amazon_ordered(self) -> Floats:
        """All that is ordered from Amazon, parcels by zone, (Z,)."""
        return self.amazon + self.amazon_refused


def with_other_sellers(demand: Demand, parcels: float, share: float) -> Demand:
    """Demand once refused orders are placed with other sellers.

    These send them by their usual services: all of them ship more by the same factor, to the places of the refused.

    Args:
        demand: Demand without these orders.
        parcels: What others ship in the month, all segments.
        share: Share of the refused orders that is placed elsewhere.
    """
    extra = share * demand.amazon_refused / parcels
    growth = 1.0 + float(extra.sum())
    return replace(demand, scale=demand.scale * growth, mix=(demand.mix + extra) / growth)
