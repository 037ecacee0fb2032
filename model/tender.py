"""From the choices of shippers to parcels tendered by carrier and zone, without a shipper x zone array (ODD 7.3).

Small shippers of one home division share one destination mix, so their parcels by zone are sums over groups (segment,
division, carrier) times that mix. Enterprise shippers split their volume zone by zone and form one more group.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS
from agents.shipper_table import ShipperTable
from model.parameters import Parameters

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(slots=True)
class Tender:
    """Parcels handed to carriers in one month, and what they cost before surcharges.

    Attributes:
        volume: Parcels, (G, S, K, Z); the tendered groups of `model.groups`.
        value: Dollars at quoted prices before surcharges, same shape.
    """

    volume: Floats
    value: Floats


def small_shipper_tender(
    shippers: ShipperTable, parcels: Floats, price: Floats, price_fallback: Floats, mix: Floats, coverage: Floats
) -> tuple[Floats, Floats]:
    """Parcels and dollars of the small shippers by division, segment, carrier and zone.

    Args:
        shippers: The shipper table; only small rows are read.
        parcels: This month's parcels of the small rows by segment, (n_small, S).
        price: Price that each pays its primary carrier, $ per parcel, (n_small, S).
        price_fallback: The same for its fallback carrier, (n_small, S).
        mix: Destination mix by division, (R, Z).
        coverage: Share of households that each carrier reaches, (K, Z), or by segment, (S, K, Z).

    Returns:
        Volume and value, (R, S, K, Z) each. A primary carrier gets what it reaches, the fallback the rest.
    """
    n_divisions, n_segments, n_carriers = mix.shape[0], parcels.shape[1], coverage.shape[-2]
    reach = np.broadcast_to(coverage, (n_segments, *coverage.shape[-2:]))
    rows = shippers.small
    size = n_divisions * n_carriers * n_carriers
    volume = np.empty((n_divisions, n_segments, n_carriers, mix.shape[1]))
    value = np.empty_like(volume)
    division = shippers.division[rows].astype(np.int64)
    for segment in range(n_segments):
        pair = (division * n_carriers + shippers.primary[rows, segment]) * n_carriers + shippers.fallback[rows, segment]
        amount = parcels[:, segment]
        for target, primary_weight, fallback_weight in (
            (volume, amount, amount),
            (value, amount * price[:, segment], amount * price_fallback[:, segment]),
        ):
            shape = (n_divisions, n_carriers, n_carriers)
            primary = np.bincount(pair, weights=primary_weight, minlength=size).reshape(shape)
            fallback = np.bincount(pair, weights=fallback_weight, minlength=size).reshape(shape)
            by_zone = primary.sum(axis=2)[:, :, None] * reach[segment]
            by_zone += fallback.transpose(0, 2, 1) @ (1.0 - reach[segment])
            target[:, segment] = by_zone * mix[:, None, :]
    return volume, value


def quality_cost(p: Parameters, on_time: Floats, delay: Floats) -> Floats:
    """Money value of days and reliability, $ per parcel, (S, K) (ODD 7.4).

    Args:
        p: Parameters.
        on_time: On-time share that shippers believe in, (K,).
        delay: Days of waiting on top of the usual transit, by segment, (S,), or by segment and carrier, (S, K).
    """
    days = p.by_segment("transit_days") + np.asarray(delay).T
    days_cost = (p.by_segment("value_of_day") * days).T
    percent = 100.0
    reliability = p.value_of_on_time * percent * on_time
    return np.asarray(
        np.broadcast_to(days_cost.reshape(len(SEGMENTS), -1), (len(SEGMENTS), len(on_time))) - reliability
    )


def served_elsewhere(tender: Tender, reach: Floats, national: Booleans, leavers: NDArray[np.int64]) -> Tender:
    """Parcels for addresses that a national carrier has left go to the national carriers that serve them.

    By the logit rule (independence of irrelevant alternatives) they go to these in proportion to what they carry there
    already, at what they are paid there. Where none of them carries any, the parcels stay, and the carrier finds a way.

    Args:
        tender: Parcels as if every national carrier went everywhere.
        reach: Share of households to which each carrier sells, densest first, by segment, (S, K, Z).
        national: Which carriers are national, (K,).
        leavers: Carriers that may have left places.
    """
    zones = np.flatnonzero((reach[:, leavers] < 1.0).any(axis=(0, 1)))  # elsewhere everything stays
    before_all, paid_all, reach = tender.volume[..., zones], tender.value[..., zones], reach[..., zones]
    volume, value = before_all.copy(), paid_all.copy()
    for segment in range(reach.shape[0]):
        edges = np.sort(np.concatenate([reach[segment, leavers], np.ones((1, reach.shape[-1]))]), axis=0)
        before, paid = before_all[:, segment], paid_all[:, segment]
        for low, high in pairwise(edges):
            goes = national[:, None] & (reach[segment] >= high - 1e-12)
            open_to = before * goes
            total = open_to.sum(axis=1)
            for carrier in leavers:
                share = np.where(goes[carrier], 0.0, high - low)
                moved = np.where(total > 0.0, before[:, carrier] * share, 0.0)
                part = np.divide(moved, total, out=np.zeros_like(moved), where=total > 0.0)
                volume[:, segment] += open_to * part[:, None]
                value[:, segment] += paid * goes * part[:, None]
                left = np.divide(moved, before[:, carrier], out=np.zeros_like(moved), where=before[:, carrier] > 0.0)
                volume[:, segment, carrier] -= moved
                value[:, segment, carrier] -= paid[:, carrier] * left
    found = Tender(tender.volume.copy(), tender.value.copy())
    found.volume[..., zones], found.value[..., zones] = np.maximum(volume, 0.0), np.maximum(value, 0.0)
    return found
