"""Who delivers Amazon's parcels at the start: itself the densest addresses, USPS the sparsest, UPS and FedEx others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from agents.geography import ZONE_TYPES, ZoneTable
from model.demand import destination_mix
from model.parameters import Parameters

Floats = NDArray[np.float64]
BILLION = 1e9
N_TYPES = len(ZONE_TYPES)
LOG_DENSITY_RANGE = (-15.0, 20.0)


@dataclass(frozen=True, slots=True)
class AmazonFlows:
    """Amazon's parcels of the start year, parcels a year by zone, all (Z,).

    Attributes:
        parcels: All that Amazon ships.
        own: Delivered by itself.
        usps: Delivered by USPS.
        ups: Delivered by UPS.
        fedex: Delivered by FedEx.
    """

    parcels: Floats
    own: Floats
    usps: Floats
    ups: Floats
    fedex: Floats

    @property
    def coverage(self) -> Floats:
        """Share of households, densest first, whose parcels Amazon delivers itself, (Z,)."""
        return self.own / self.parcels

    @property
    def usps_from(self) -> Floats:
        """Household percentile beyond which USPS delivers, (Z,)."""
        return 1.0 - self.usps / self.parcels


def amazon_flows(p: Parameters, zones: ZoneTable) -> AmazonFlows:
    """Spread Amazon's published flows over zones by one national density cut-off per zone type.

    The published mixes fix the flows by zone type. Where a changed parameter makes a zone type overflow (own delivery
    plus USPS above all that Amazon ships there), USPS gets what is left and the rest moves to the other zone types.
    """
    share = destination_mix(p, zones, tilt=False)[0]
    own_total = p.amazon_own_delivered_2024 * BILLION
    usps_total = p.amazon_via_usps * BILLION
    rival_total = (p.amazon_via_ups_2024 + p.amazon_via_fedex_2024) * BILLION
    parcels = share * (own_total + usps_total + rival_total)
    by_type = np.bincount(zones.zone_type, weights=parcels, minlength=N_TYPES)
    own_by_type = _fill(_normalised(p.by_type("amazon_mix_own")) * own_total, by_type)
    usps_by_type = _fill(_normalised(p.by_type("amazon_mix_usps")) * usps_total, by_type - own_by_type)
    own = parcels * _densest_share(zones, parcels, own_by_type)
    usps = parcels * (1.0 - _densest_share(zones, parcels, by_type - usps_by_type))
    usps = np.minimum(usps, parcels - own)
    rivals = parcels - own - usps
    ups_share = p.amazon_via_ups_2024 * BILLION / rival_total if rival_total > 0.0 else 0.0
    return AmazonFlows(parcels, own, usps, rivals * ups_share, rivals * (1.0 - ups_share))


def expand_coverage(zones: ZoneTable, parcels: Floats, coverage: Floats, zone_type: int, added: float) -> Floats:
    """Coverage after adding parcels in one zone type, densest uncovered addresses of the nation first.

    Args:
        zones: The zone table.
        parcels: Parcels a year by zone, (Z,).
        coverage: Present share covered, densest first, (Z,).
        zone_type: Index of the zone type that grows.
        added: Parcels a year to add; at most what is uncovered.

    Returns:
        New coverage (Z,), unchanged in other zone types.
    """
    here = zones.zone_type == zone_type
    room = float((parcels * (1.0 - coverage))[here].sum())
    if added >= room:
        return np.where(here, 1.0, coverage)

    def gap(log_cutoff: float) -> float:
        reached = np.maximum(coverage, zones.coverage_at_density_cutoff(np.full(N_TYPES, np.exp(log_cutoff))))
        return float((parcels * (reached - coverage))[here].sum()) - added

    # An addition as small as rounding finds no cut-off.
    low, high = LOG_DENSITY_RANGE
    if gap(low) <= 0.0:
        return np.where(here, 1.0, coverage)
    if added <= 0.0 or gap(high) >= 0.0:
        return coverage
    cutoff = np.exp(brentq(gap, low, high, xtol=1e-13))
    reached = np.maximum(coverage, zones.coverage_at_density_cutoff(np.full(N_TYPES, cutoff)))
    return np.where(here, reached, coverage)


def _densest_share(zones: ZoneTable, parcels: Floats, wanted_by_type: Floats) -> Floats:
    """Share of each zone's parcels, densest first, so that each zone type holds what is wanted of it, (Z,)."""
    coverage = np.zeros(zones.n_zones)
    for zone_type in range(N_TYPES):
        coverage = expand_coverage(zones, parcels, coverage, zone_type, float(wanted_by_type[zone_type]))
    return coverage


def _normalised(mix: Floats) -> Floats:
    return np.asarray(mix / mix.sum())


def _fill(wanted: Floats, room: Floats) -> Floats:
    """Cap each entry by its room and move what does not fit to entries that have some."""
    filled = np.minimum(wanted, room)
    for _ in range(N_TYPES):
        rest, space = wanted.sum() - filled.sum(), room - filled
        if rest <= 0.0 or space.sum() <= 0.0:
            break
        filled = filled + np.minimum(space, rest * space / space.sum())
    return np.asarray(filled)
