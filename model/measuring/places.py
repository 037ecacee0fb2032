"""What people in a place get: how many carriers serve them, and how long a parcel takes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZONE_TYPES

Floats = NDArray[np.float64]
RANKS = 4  # at least one, two, three, four carriers
TAIL = 0.9


def served_by_at_least(coverage: Floats, *weights: Floats) -> tuple[Floats, ...]:
    """Share of households that at least one, two, three and four carriers serve, (RANKS,) for each kind of weights.

    Every carrier serves the densest part of a zone, so the carriers of a household are those whose coverage exceeds its
    percentile, and the share of a zone with at least n carriers is its n-th largest coverage.

    Args:
        coverage: Share of households that each carrier reaches, (K, Z).
        weights: Households, or parcels, of each zone, 0 in zones that do not count, (Z,).
    """
    ranked = np.sort(coverage, axis=0)[::-1][:RANKS]
    shares = tuple(np.zeros(RANKS) for _ in weights)
    for weight, share in zip(weights, shares, strict=True):
        if weight.sum() > 0.0:
            share[: len(ranked)] = ranked @ weight / weight.sum()
    return shares


def transit_by_zone_type(parcels: Floats, days: Floats, zone_type: NDArray[np.int8]) -> tuple[Floats, Floats]:
    """Mean and 90th percentile of transit days by zone type, parcel-weighted, (3,) each; 0 without parcels.

    Args:
        parcels: Delivered, by segment, carrier and zone, (S, K, Z).
        days: By segment and carrier, (S, K).
        zone_type: (Z,).
    """
    flat, order = days.ravel(), np.argsort(days.ravel(), kind="stable")
    mean, tail = np.zeros(len(ZONE_TYPES)), np.zeros(len(ZONE_TYPES))
    for kind in range(len(ZONE_TYPES)):
        weight = parcels[:, :, zone_type == kind].sum(axis=2).ravel()
        if weight.sum() <= 0.0:
            continue
        mean[kind] = math.fsum(flat * weight) / math.fsum(weight)  # exact: a carrier without parcels moves no digit
        reached = np.cumsum(weight[order])
        tail[kind] = flat[order][np.searchsorted(reached, TAIL * reached[-1])]
    return mean, tail


def transit_of_zones(parcels: Floats, days: Floats, zone_type: NDArray[np.int8]) -> tuple[Floats, Floats]:
    """The same where days differ by zone.

    Args:
        parcels: Delivered, by segment, carrier and zone, (S, K, Z).
        days: Likewise, (S, K, Z).
        zone_type: (Z,).
    """
    weight, each = parcels.ravel(), days.ravel()
    some = np.flatnonzero(weight)  # a carrier without parcels moves no digit
    kind = np.tile(zone_type, weight.size // zone_type.size)[some]
    weight, each = weight[some], each[some]
    longest = 1.0 + float(each.max(initial=0.0))
    order = np.argsort(each + longest * kind)
    weight, each = weight[order], each[order]
    ends = np.cumsum(np.bincount(kind, minlength=len(ZONE_TYPES)))
    mean, tail = np.zeros(len(ZONE_TYPES)), np.zeros(len(ZONE_TYPES))
    for one, (first, end) in enumerate(zip((0, *ends[:-1]), ends, strict=True)):
        if end > first:
            reached = np.cumsum(weight[first:end])
            mean[one] = weight[first:end] @ each[first:end] / reached[-1]
            tail[one] = each[first + np.searchsorted(reached, TAIL * reached[-1])]
    return mean, tail
