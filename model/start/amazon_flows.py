"""Who delivers Amazon's parcels at the start: itself the densest addresses, USPS the sparsest, UPS and FedEx others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.geography import RURAL, ZONE_TYPES, ZoneTable
from agents.rules.announced import expand_coverage
from agents.rules.sourcing import AmazonFlows
from model.demand import destination_mix
from model.parameters import Parameters

Floats = NDArray[np.float64]
BILLION = 1e9
N_TYPES = len(ZONE_TYPES)


def amazon_flows(p: Parameters, zones: ZoneTable) -> AmazonFlows:
    """Spread Amazon's published flows over zones: equal shares in towns, one density cut-off in the countryside.

    One cut-off for all cities of a type would leave some states without own delivery in cities and others with nothing
    else, which no report says.

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


def _densest_share(zones: ZoneTable, parcels: Floats, wanted_by_type: Floats) -> Floats:
    """Share of each zone's parcels, densest first, so that each zone type holds what is wanted of it, (Z,)."""
    by_type = np.bincount(zones.zone_type, weights=parcels, minlength=N_TYPES)
    alike = np.clip(np.divide(wanted_by_type, by_type, out=np.zeros(N_TYPES), where=by_type > 0.0), 0.0, 1.0)
    coverage = np.where(zones.zone_type == RURAL, 0.0, alike[zones.zone_type])
    return expand_coverage(zones, parcels, coverage, RURAL, float(wanted_by_type[RURAL]))


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
