"""From the choices of shippers to parcels tendered by carrier and zone, without a shipper x zone array (ODD 7.3).

Small shippers of one home division share one destination mix, so their parcels by zone are sums over groups (segment,
division, carrier) times that mix. Enterprise shippers split their volume zone by zone and form one more group.
"""

from __future__ import annotations

from dataclasses import dataclass

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
