"""Rationing: which tendered parcels a carrier accepts, where the rest goes, and what waits (ODD 7.7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NUMERICAL_DUST = 1e-12  # share of refused parcels, or of a capacity, that is rounding and counts as nothing


class Priority(IntEnum):
    """Order of acceptance."""

    BACKLOG = 0
    COMMITTED = 1
    BELOW_CAP = 2
    OTHER = 3


@dataclass(slots=True)
class Acceptance:
    """Outcome of rationing.

    Attributes:
        ratio: Share accepted by priority class, carrier and zone, (C, K, Z); 1 where nothing was tendered.
        accepted: Parcels accepted, (C, K, Z).
    """

    ratio: Floats
    accepted: Floats


def ration(claims: Floats, capacity: Floats, network_capacity: Floats) -> Acceptance:
    """Accept claims class by class, proportionally inside a class, within zone and then network capacity.

    Args:
        claims: Parcels tendered by class, carrier and zone, (C, K, Z).
        capacity: Last-mile capacity left, parcels a month, (K, Z); inf where there is no limit.
        network_capacity: National sorting capacity left, parcels a month, (K,).

    Returns:
        What is accepted.
    """
    if (claims.sum(axis=0) <= capacity).all() and (claims.sum(axis=(0, 2)) <= network_capacity).all():
        return Acceptance(np.ones_like(claims), claims.copy())
    ratio = np.ones_like(claims)
    room = capacity.copy()
    network_room = network_capacity.copy()
    for priority in range(len(claims)):
        claim = claims[priority]
        by_zone = np.minimum(1.0, np.divide(room, claim, out=np.ones_like(claim), where=claim > 0.0))
        wanted = (claim * by_zone).sum(axis=1)
        national = np.minimum(1.0, np.divide(network_room, wanted, out=np.ones_like(wanted), where=wanted > 0.0))
        ratio[priority] = by_zone * national[:, None]
        taken = claim * ratio[priority]
        room = np.maximum(room - taken, 0.0)
        network_room = np.maximum(network_room - taken.sum(axis=1), 0.0)
    return Acceptance(ratio, claims * ratio)


@dataclass(slots=True)
class Backlog:
    """Parcels that wait at their carrier, by age in months.

    Attributes:
        volume: Parcels, (A, G, S, K, Z); the first axis is how many months they have waited, 0 = since last month.
        value: Dollars that will be billed for them, same shape.
    """

    volume: Floats
    value: Floats

    @property
    def by_carrier_zone(self) -> Floats:
        """Waiting parcels, (K, Z)."""
        return np.asarray(self.volume.sum(axis=(0, 1, 2)))


@dataclass(slots=True)
class Allocation:
    """What happened to all parcels of a month; groups as in `model.groups`.

    Attributes:
        accepted: Parcels that each carrier delivers, (G, S, K, Z).
        value: Dollars billed for them before surcharges, same shape.
        overflow: Part of `accepted` that was first offered to another carrier, same shape.
        backlog: What waits for the next month, None where nothing waits.
        unserved: Parcels given up, (K, Z).
        refused: Share of the tendered parcels of class OTHER that was refused at first, (K, Z).
        tendered: Parcels tendered this month, total.
        waited: Parcels that waited from last month, total.
    """

    accepted: Floats
    value: Floats
    overflow: Floats | None
    backlog: Backlog | None
    unserved: Floats
    refused: Floats
    tendered: float
    waited: float


@dataclass(frozen=True, slots=True)
class AllocationRules:
    """How refused parcels travel on.

    Attributes:
        max_passes: Re-offers inside a month.
        max_months: Months after which a waiting parcel is given up.
        preference: Relative liking of carriers by group and segment, exp(utility), (G, S, K).
        overflow_price: Price of a parcel that overflows to a carrier, $ before surcharges, (G, S, K).
        coverage: Share of households that each carrier reaches, (K, Z).
    """

    max_passes: int
    max_months: int
    preference: Floats
    overflow_price: Floats
    coverage: Floats


def allocate(
    volume: Floats,
    value: Floats,
    priority: NDArray[np.int8],
    backlog: Backlog | None,
    capacity: Floats,
    network_capacity: Floats,
    rules: AllocationRules,
) -> Allocation:
    """Allocate one month's parcels.

    Args:
        volume: Tendered parcels, (G, S, K, Z).
        value: Their dollars before surcharges, same shape.
        priority: Class of each group's parcels at each carrier, (G, K).
        backlog: What waited.
        capacity: Last-mile capacity, (K, Z), inf without limit.
        network_capacity: National capacity, (K,).
        rules: Preferences and limits.

    Returns:
        The allocation; tendered + waited = accepted + waiting + unserved, carrier by carrier changes included.
    """
    n_carriers, n_zones = capacity.shape
    claims = np.zeros((len(Priority), n_carriers, n_zones))
    for cls in np.unique(priority):
        member = priority == cls
        groups = np.flatnonzero(member.any(axis=1))
        some = slice(groups[0], groups[-1] + 1)  # a view: others between them count with zero
        claims[cls] = np.einsum("gk,gskz->kz", member[some].astype(np.float64), volume[some])
    waited = 0.0
    if backlog is not None:
        claims[Priority.BACKLOG] = backlog.by_carrier_zone
        waited = float(backlog.volume.sum())
    acceptance = ration(claims, capacity, network_capacity)
    tendered = float(volume.sum())
    unserved = np.zeros((n_carriers, n_zones))
    refused = 1.0 - acceptance.ratio[Priority.OTHER]
    if (acceptance.ratio >= 1.0).all():
        accepted, paid = volume.copy(), value.copy()
        if backlog is not None:
            accepted += backlog.volume.sum(axis=0)
            paid += backlog.value.sum(axis=0)
        return Allocation(accepted, paid, None, None, unserved, refused, tendered, waited)

    zones = np.flatnonzero((acceptance.ratio < 1.0).any(axis=(0, 1)))  # elsewhere all that was tendered is accepted
    ratio = acceptance.ratio[priority, np.arange(n_carriers)][:, None, :, zones]
    tendered_there, value_there = volume[..., zones], value[..., zones]
    kept, kept_value = tendered_there * ratio, value_there * ratio
    rejected, rejected_value = tendered_there - kept, value_there - kept_value
    accepted, paid = volume.copy(), value.copy()
    accepted[..., zones], paid[..., zones] = kept, kept_value
    room = capacity - acceptance.accepted.sum(axis=0)
    network_room = network_capacity - acceptance.accepted.sum(axis=(0, 2))
    left_over = None
    if backlog is not None:
        served = acceptance.ratio[Priority.BACKLOG]
        accepted += backlog.volume.sum(axis=0) * served
        paid += backlog.value.sum(axis=0) * served
        left_over = Backlog(backlog.volume * (1.0 - served), backlog.value * (1.0 - served))
    full, network_full = (NUMERICAL_DUST * np.where(np.isinf(c), 0.0, c) for c in (capacity, network_capacity))
    found_place = _reoffer(zones, rejected, rejected_value, room, network_room, full, network_full, rules)
    accepted[..., zones] += found_place
    paid[..., zones] += found_place * rules.overflow_price[..., None]
    new_backlog = None
    if left_over is not None or rejected.any():
        waits, waits_value = (_everywhere(part, zones, n_zones) for part in (rejected, rejected_value))
        new_backlog = _age(left_over, waits, waits_value, rules.max_months, unserved)
    overflow = _everywhere(found_place, zones, n_zones)
    return Allocation(accepted, paid, overflow, new_backlog, unserved, refused, tendered, waited)


def _everywhere(values: Floats, zones: NDArray[np.int64], n_zones: int) -> Floats:
    """Values of some zones, (..., n), with zeros in all others, (..., Z)."""
    found = np.zeros((*values.shape[:-1], n_zones))
    found[..., zones] = values
    return found


def _reoffer(
    zones: NDArray[np.int64],
    rejected: Floats,
    rejected_value: Floats,
    room: Floats,
    network_room: Floats,
    full: Floats,
    network_full: Floats,
    rules: AllocationRules,
) -> Floats:
    """Offer rejected parcels to other carriers in proportion to liking; what is left of them is written back.

    A carrier whose room is no more than `full` (K, Z) or `network_full` (K,) has none: what rounding leaves of a used
    up capacity must not attract parcels.

    Args:
        zones: Zones of which `rejected` is, n of them.
        rejected: Parcels, (G, S, K, n).
        rejected_value: Their dollars, same shape.
        room: Last-mile capacity left, (K, Z); used up in place.
        network_room: National capacity left, (K,); used up in place.
        full: See above.
        network_full: See above.
        rules: Preferences and limits.

    Returns:
        Parcels that found place, by the carrier that takes them, (G, S, K, n).
    """
    group, segment, place_of_zone = np.nonzero(rejected.any(axis=2))  # few cells have anything: look at them alone
    cells, zone = (group, segment, slice(None), place_of_zone), zones[place_of_zone]
    left, left_value = rejected[cells].T, rejected_value[cells].T
    found_place = np.zeros_like(left)
    preference, coverage = rules.preference[group, segment].T, rules.coverage > 0.0
    place = (np.arange(len(room))[:, None] * room.shape[1] + zone).ravel()
    for _ in range(rules.max_passes):
        refusing = np.flatnonzero(left.any(axis=1))
        if len(refusing) == 0:
            break
        spare = (room > full) & (network_room > network_full)[:, None] & coverage
        liking = preference * np.where(spare, rules.coverage, 0.0)[:, zone]
        open_to = _others_of(liking, refusing)
        scale = np.divide(left, open_to, out=np.zeros_like(left), where=open_to > 0.0)
        offered = liking * _from_others(scale, refusing)
        claim = np.bincount(place, weights=offered.ravel(), minlength=room.size).reshape(room.shape)
        taken = ration(claim[None], np.maximum(room, 0.0), np.maximum(network_room, 0.0)).ratio[0]
        placed = claim * taken
        if not placed.any():  # and further passes would place nothing either
            break
        found_place += offered * taken[:, zone]
        room -= placed
        network_room -= placed.sum(axis=1)
        # what carrier a's rejected parcels found elsewhere: scale_a * sum over b != a of liking_b * taken_b
        found = scale * _others_of(liking * taken[:, zone], refusing)
        kept = 1.0 - np.divide(found, left, out=np.zeros_like(left), where=left > 0.0)
        kept = np.where(kept < NUMERICAL_DUST, 0.0, kept)
        left *= kept
        left_value *= kept
    overflow = np.zeros_like(rejected)
    rejected[cells], rejected_value[cells], overflow[cells] = left.T, left_value.T, found_place.T
    return overflow


def _others_of(values: Floats, asking: NDArray[np.int64]) -> Floats:
    """Sum over all carriers but the own one, for the carriers that ask; 0 for the rest, (K, n)."""
    total = np.zeros_like(values)
    total[asking] = _all_but_own(len(values))[asking] @ values
    return total


def _from_others(values: Floats, giving: NDArray[np.int64]) -> Floats:
    """Sum over the carriers that give but the own one, (K, n)."""
    return np.asarray(_all_but_own(len(values))[:, giving] @ values[giving])


def _all_but_own(n_carriers: int) -> Floats:
    """1 for every other carrier, 0 for the own one, (K, K): what is zero at all others stays exactly zero."""
    return 1.0 - np.eye(n_carriers)


def _age(
    left_over: Backlog | None, rejected: Floats, rejected_value: Floats, max_months: int, unserved: Floats
) -> Backlog | None:
    """Put the newly rejected behind what already waits; what has waited too long is given up (added to `unserved`)."""
    if max_months == 0:
        unserved += rejected.sum(axis=(0, 1))
        return None
    older = older_value = np.zeros((max_months - 1, *rejected.shape))
    if left_over is not None:
        unserved += left_over.volume[-1].sum(axis=(0, 1))
        older, older_value = left_over.volume[:-1], left_over.value[:-1]
    if not (rejected.any() or older.any()):
        return None
    return Backlog(np.concatenate([rejected[None], older]), np.concatenate([rejected_value[None], older_value]))
