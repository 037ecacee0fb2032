"""Quantity first: from what slices are worth to both sides (`agents.bargaining.values`) to stakes by price group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agents.bargaining.offers import Floats, Ints, Stakes
from agents.bargaining.price_path import sums_by_group
from agents.bargaining.values import SliceValues
from agents.delivery_cost.checks import IndexArray, check_share
from agents.geography import ZONE_TYPES

PriceStructure = Literal["uniform", "by_zone_type", "by_zone"]


@dataclass(frozen=True, slots=True, eq=False)
class PriceGroups:
    """Which zones share a price.

    Attributes:
        names: Names of the groups, G of them.
        of_zone: Group of each zone, (Z,).
    """

    names: tuple[str, ...]
    of_zone: Ints


def price_groups(structure: PriceStructure, zone_type: IndexArray, zone_names: Sequence[str]) -> PriceGroups:
    """Group zones by price structure.

    Args:
        structure: "uniform" (one group), "by_zone_type" (three) or "by_zone".
        zone_type: Zone type of each zone, (Z,).
        zone_names: Names of the zones, used by "by_zone".

    Raises:
        ValueError: An unknown structure.
    """
    n_zones = len(zone_type)
    if structure == "uniform":
        return PriceGroups(("uniform",), np.zeros(n_zones, dtype=np.int64))
    if structure == "by_zone_type":
        return PriceGroups(ZONE_TYPES, np.asarray(zone_type, dtype=np.int64))
    if structure == "by_zone":
        if len(zone_names) != n_zones:
            raise ValueError(f"zone_names has {len(zone_names)} names; allowed: {n_zones}")
        return PriceGroups(tuple(zone_names), np.arange(n_zones, dtype=np.int64))
    raise ValueError(f"price structure is {structure!r}; allowed: uniform, by_zone_type, by_zone")


def group_stakes(values: SliceValues, group: Ints, n_groups: int) -> Stakes:
    """Quantity and reservation values by price group: means over the slices that are efficient to leave.

    Args:
        values: Values by slice.
        group: Group of each slice, (L,), 0 to `n_groups` - 1.
        n_groups: Number of groups.

    Returns:
        Stakes (G,); a group without efficient slices has quantity 0 and never closes.
    """
    left = np.flatnonzero(values.efficient)  # often a few of many
    volume, group = values.volume[left], group[left]
    worth = [one[left] for one in (values.buyer, values.seller, values.attributable_cost, values.published)]
    quantity, *totals = sums_by_group(volume * np.array([np.ones(len(left)), *worth]), group, n_groups)
    means = (np.divide(one, quantity, out=np.zeros(n_groups), where=quantity > 0.0) for one in totals)
    return Stakes(quantity, *means)


def tendered(values: SliceValues, group: Ints, price: Floats) -> Floats:
    """Parcels a year that the buyer would hand over at a price: slices worth at least that much to it.

    Under a uniform price this is what it commits to.

    Args:
        values: Values by slice.
        group: Group of each slice, (L,).
        price: $ per parcel by group, (G,); NaN (no deal) takes nothing.

    Returns:
        (G,).
    """
    takes = values.efficient & (values.buyer >= price[group])
    return np.bincount(group, weights=np.where(takes, values.volume, 0.0), minlength=price.size)


def private_noise(normal: Floats, belief_sd: float, scale: Floats | float) -> tuple[Floats, Floats]:
    """Private errors of buyer and seller in their own limits, $ per parcel.

    Args:
        normal: Standard normal draws, (2, G): buyer, seller.
        belief_sd: S.d. as a share of the scale.
        scale: The price in force, or what each side has at stake itself, $ per parcel, (G,), (2, G) or one number.

    Raises:
        ValueError: Not two rows of draws, or a share outside 0 to 1.
    """
    if normal.ndim != 2 or normal.shape[0] != 2:
        raise ValueError(f"normal has shape {normal.shape}; allowed: (2, G)")
    check_share("belief_sd", belief_sd)
    noise = normal * (belief_sd * scale)
    return noise[0], noise[1]
