"""Delivery areas: what addresses pay on top, by tier of how sparsely people live there (ODD 7.5). Pure functions.

UPS and FedEx list ZIPs in tiers and ask the more the sparser a place is. A tier here is a share of the
country's households, sparsest first, so that it cuts across zones: the ordinary one reaches thin suburbs. Alaska has a
tier of its own for the sparsest of its addresses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.geography import RURAL, ZoneTable
from model.parameters import Parameters

type Floats = NDArray[np.float64]

TIERS = ("ordinary", "extended", "remote", "alaska")
APART = "AK"


def area_rates(p: Parameters, zones: ZoneTable, weight: Floats) -> Floats:
    """Surcharge by slice of addresses over the one rural rate, (Z, P).

    Tiers tell places apart; what parcels pay on average is what one rural rate would bring, so that the discount on the
    list rates is refitted and revenue at the start is the same.

    Args:
        p: Figures.
        zones: The zones.
        weight: Share of parcels by zone, (Z,).
    """
    one_rate = np.repeat((zones.zone_type == RURAL).astype(np.float64)[:, None], zones.percentile.size, axis=1)
    if p.surcharge_by_tier == 0.0:
        return one_rate
    rates = np.einsum("t,tzp->zp", p.by("surcharge_ratio", TIERS), tier_parts(p, zones))
    mean = float(weight @ rates.mean(axis=1))
    return rates * (float(weight @ one_rate.mean(axis=1)) / mean) if mean > 0.0 else one_rate


def tier_parts(p: Parameters, zones: ZoneTable) -> Floats:
    """Part of each slice of addresses that lies in each tier, densest slice first, (T, Z, P)."""
    cells = zones.percentile.size
    households = np.repeat(zones.households / cells, cells)
    density, apart = zones.density_grid.ravel(), np.repeat(zones.state == APART, cells)
    of_alaska = _sparsest(density, households * apart, p.surcharge_share_alaska)
    edge, before, parts = 0.0, np.zeros(density.size), {}
    for tier in ("remote", "extended", "ordinary"):  # from the sparsest address on
        edge += p[f"surcharge_share_{tier}"]
        upto = _sparsest(density, households, edge)
        parts[tier], before = (upto - before) * (1.0 - of_alaska), upto
    parts["alaska"] = of_alaska
    return np.stack([parts[tier] for tier in TIERS]).reshape(len(TIERS), zones.n_zones, cells)


def _sparsest(density: Floats, households: Floats, share: float) -> Floats:
    """Part of each slice that belongs to the sparsest share of households, (n,); 0 where nobody lives."""
    order = np.argsort(density, kind="stable")
    held = households[order]
    upto = np.cumsum(held)
    inside = np.zeros(density.size)
    room = share * upto[-1] - (upto - held)
    inside[order] = np.clip(np.divide(room, held, out=np.zeros_like(held), where=held > 0.0), 0.0, 1.0)
    return inside


def mean_where_covered(rates: Floats, coverage: Floats) -> Floats:
    """Mean of something by slice over the addresses that each carrier covers, densest first, (K, Z).

    Args:
        rates: By slice, (Z, P), or by carrier and slice, (K, Z, P).
        coverage: Share of households, (K, Z); who covers none gets what the densest address would pay.
    """
    everywhere = np.broadcast_to(rates.mean(axis=-1), coverage.shape)
    if (coverage >= 1.0).all():
        return everywhere
    cells = rates.shape[-1]
    some = np.nonzero((coverage > 0.0) & (coverage < 1.0))
    inside = np.clip(coverage[some][:, None] * cells - np.arange(cells), 0.0, 1.0)
    found = np.where(coverage >= 1.0, everywhere, np.broadcast_to(rates[..., 0], coverage.shape))
    by_slice = np.broadcast_to(rates, (*coverage.shape, cells))[some]
    found[some] = (inside * by_slice).sum(axis=-1) / inside.sum(axis=-1)
    return found
