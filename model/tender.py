"""From the choices of shippers to parcels tendered by carrier and zone, without a shipper x zone array (section 5).

Small shippers of one home division share one destination mix, so their parcels by zone are sums over groups (segment,
division, carrier) times that mix. Enterprise shippers split their volume zone by zone and form one more group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS
from agents.rules.choice import split_volume
from agents.shippers import ShipperTable
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


def enterprise_split(
    constants: Floats,
    price: Floats,
    surcharge: Floats,
    other_cost: Floats,
    price_coef: Floats,
    lagged: Floats,
    inertia: float,
    coverage: Floats,
    national: Booleans,
) -> Floats:
    """Shares of each enterprise shipper's parcels by segment, carrier and zone.

    Args:
        constants: Carrier constants, (S, K), or by shipper, (E, S, K); -inf where a carrier does not offer a segment.
        price: Real price of each shipper before surcharges, (E, S, K).
        surcharge: Real surcharges by carrier and zone, (K, Z).
        other_cost: Money value of days and reliability, (S, K).
        price_coef: Price coefficients, (E, S).
        lagged: Shares of last month, (E, S, K, Z).
        inertia: Utility of staying.
        coverage: Share of households that each carrier reaches, (K, Z), or by segment, (S, K, Z).
        national: Which carriers are national, (K,).

    Returns:
        Shares (E, S, K, Z) that sum to 1 over carriers.
    """
    columns, column_of_zone = _distinct_columns(surcharge)  # a handful: they differ by zone type
    n_segments, n_carriers = constants.shape[-2:]
    reach = np.broadcast_to(coverage, (n_segments, *coverage.shape[-2:]))
    share = np.zeros_like(lagged)
    for segment in range(n_segments):  # one after the other stays in the processor's cache
        offers = np.flatnonzero(np.isfinite(constants[..., segment, :]).reshape(-1, n_carriers).any(axis=0))
        coef = price_coef[:, segment, None]
        fixed = constants[..., segment, offers] - coef * (price[:, segment, offers] + other_cost[segment, offers])
        utility = fixed[..., None] - coef[..., None] * columns[offers]
        weight = np.exp(utility - utility.max(axis=1, keepdims=True))
        by_zone = lagged[:, segment, offers]
        by_zone *= inertia
        np.exp(by_zone, out=by_zone)
        by_zone *= weight.take(column_of_zone, axis=-1)
        share[:, segment, offers] = split_volume(by_zone, reach[segment, offers], national[offers])
    return share


def _distinct_columns(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The different columns of an array, (K, C), and which of them each column is."""
    place: dict[bytes, int] = {}
    column = np.array([place.setdefault(one.tobytes(), len(place)) for one in values.T])
    first = np.unique(column, return_index=True)[1]
    return values[:, first], column


def quality_cost(p: Parameters, on_time: Floats, delay: Floats) -> Floats:
    """Money value of days and reliability, $ per parcel, (S, K) (section 6).

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
