"""The figures of the stage: one row a month, millions of parcels a year with the season taken out.

A row never changes once its month is over, so that whoever has it can look back without asking anybody.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import RURAL, ZONE_TYPES
from model.carriers import NATIONAL
from model.records import by_zone_type
from model.words import group_names

type Floats = NDArray[np.float64]

GROUP_KEYS = tuple(group_names())
USPS, AMAZON, UPS, FEDEX, REGIONAL = range(len(GROUP_KEYS))
CHANNELS = ("own", "via_usps", "via_ups", "via_fedex")
N_TYPES = len(ZONE_TYPES)
MILLION = 1e6

#: Where each quantity stands in a row: Amazon's parcels by channel and density, those of small and of large shippers by
#: carrier group, delivered parcels by group and density, parcels handed to USPS by group, capacity used (share),
#: capacity, capacity ordered, and three prices of access: in force, published, expected by Amazon ($ per parcel).
COLUMNS: dict[str, slice] = {}
_SIZES = {
    "amazon": len(CHANNELS) * N_TYPES,
    "small": len(GROUP_KEYS),
    "large": len(GROUP_KEYS),
    "delivered": len(GROUP_KEYS) * N_TYPES,
    "handed": len(GROUP_KEYS),
    "used": len(GROUP_KEYS),
    "capacity": len(GROUP_KEYS),
    "ordered": len(GROUP_KEYS),
    "prices": 3,
}
N_COLUMNS = 0
for _name, _size in _SIZES.items():
    COLUMNS[_name] = slice(N_COLUMNS, N_COLUMNS + _size)
    N_COLUMNS += _size


class RecordsLike(Protocol):
    """What is read of a run's records: columns by name, time first."""

    def __getitem__(self, name: str) -> Floats: ...


def stage_rows(records: RecordsLike, carriers: tuple[str, ...], zone_type: ArrayLike, begin: int = 0) -> Floats:
    """The rows of the stage from a month on, (n, 60), columns as in `COLUMNS`.

    Args:
        records: Of a run.
        carriers: Keys of the carriers, K.
        zone_type: Density of each zone, (Z,).
        begin: How many months to leave out.
    """
    types, groups = np.asarray(zone_type), group_matrix(carriers)
    season = np.maximum(np.asarray(records["season_factor"][begin:], dtype=np.float64), 1e-9)[:, None]
    yearly = MONTHS_PER_YEAR / season / MILLION

    def series(name: str) -> Floats:
        return np.asarray(records[name][begin:], dtype=np.float64)

    amazon = [by_zone_type(series(f"amazon_{channel}_parcels"), types) * yearly for channel in CHANNELS]
    delivered = np.einsum("nkd,kg->ngd", by_zone_type(series("delivered_parcels"), types), groups)
    volume, capacity = series("volume_parcels") @ groups, series("capacity_parcels") @ groups
    used = np.divide(volume, capacity, out=np.zeros_like(volume), where=capacity > 0.0)
    prices = [series(f"{name}_usd") for name in ("amazon_usps_price", "usps_access_published", "amazon_usps_expected")]
    parts = [
        *amazon,
        series("small_shippers_parcels") @ groups * yearly,
        series("enterprise_shippers_parcels") @ groups * yearly,
        delivered.reshape(len(season), len(GROUP_KEYS) * N_TYPES) * yearly,
        series("bought_parcels") @ groups * yearly,
        used,
        series("annual_capacity_parcels") @ groups / MILLION,
        series("ordered_capacity_parcels") @ groups / MILLION,
        np.stack(prices, axis=1),
    ]
    return np.concatenate(parts, axis=1)


def group_matrix(carriers: tuple[str, ...]) -> Floats:
    """(K, G) ones where a carrier belongs to a group; who is none of the national ones is counted with the regional."""
    group = [NATIONAL.index(key) if key in NATIONAL else len(NATIONAL) for key in carriers]
    return np.eye(len(GROUP_KEYS))[group]


class Figures:
    """Season-free figures of a run by month, as words and turning points need them.

    Args:
        rows: Rows of the stage, (n, 60).

    Attributes:
        at_usps: Amazon's parcels at USPS, millions a year, (n,).
        amazon: All of Amazon's parcels, likewise.
        rural: Share of the parcels of rural places that each group brings, percent, (n, G).
        total: Delivered parcels by group, millions a year, (n, G).
        used: Capacity used, percent, (n, G).
        price: Price of access in force, $ per parcel, (n,).
        published: The published one, (n,).
        expected: The one that Amazon expects, (n,).
    """

    def __init__(self, rows: Floats) -> None:
        self.n = len(rows)
        channels = rows[:, COLUMNS["amazon"]].reshape(self.n, len(CHANNELS), N_TYPES)
        self.at_usps = channels[:, CHANNELS.index("via_usps")].sum(axis=1)
        self.amazon = channels.sum(axis=(1, 2))
        delivered = rows[:, COLUMNS["delivered"]].reshape(self.n, len(GROUP_KEYS), N_TYPES)
        rural = delivered[:, :, RURAL]
        everybody = rural.sum(axis=1, keepdims=True)
        self.rural = 100.0 * np.divide(rural, everybody, out=np.zeros_like(rural), where=everybody > 0.0)
        self.total = delivered.sum(axis=2)
        self.small, self.large = rows[:, COLUMNS["small"]], rows[:, COLUMNS["large"]]
        self.handed = rows[:, COLUMNS["handed"]]
        self.used = 100.0 * rows[:, COLUMNS["used"]]
        self.ordered = rows[:, COLUMNS["ordered"]]
        self.price, self.published, self.expected = rows[:, COLUMNS["prices"]].T
