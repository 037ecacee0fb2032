"""Amazon's last mile: which parcels stay with USPS, which it delivers itself, and where the rest goes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class AmazonFlows:
    """Amazon's parcels of a year by who delivers them, parcels a year by zone, all (Z,).

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

    def handed_to(self, seller: str) -> Floats:
        """Parcels a year that a carrier of a key delivers, (Z,)."""
        handed: Floats = getattr(self, seller)
        return handed

    def between(self, by_zone: Floats, n_cells: int) -> tuple[Ints, Ints, Floats]:
        """Cut what UPS or FedEx deliver into slices: addresses between Amazon's own coverage and those of USPS.

        Args:
            by_zone: Parcels a year by zone, (Z,).
            n_cells: Density cells of a zone.

        Returns:
            Zone, density cell and parcels a year, (L,) each.
        """
        if n_cells not in self._cut:
            self._cut[n_cells] = self._shares_between(n_cells)
        zone, cell, share = self._cut[n_cells]
        volume = by_zone[zone] * share
        used = volume > 0.0
        return zone[used], cell[used], volume[used]

    @cached_property
    def _cut(self) -> dict[int, tuple[Ints, Ints, Floats]]:
        """What `_shares_between` says, by number of density cells: whoever talks asks for it every month."""
        return {}

    def _shares_between(self, n_cells: int) -> tuple[Ints, Ints, Floats]:
        """Zone, density cell and share of what UPS or FedEx deliver in the zone, (L,) each."""
        low, high = self.coverage[:, None], self.usps_from[:, None]
        edges = np.arange(n_cells + 1) / n_cells
        overlap = np.maximum(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0.0)
        width = overlap.sum(axis=1, keepdims=True)
        share = np.divide(overlap, width, out=np.zeros_like(overlap), where=width > 0.0)
        zone, cell = np.nonzero(share)
        return zone, cell, share[zone, cell]


@dataclass(frozen=True, slots=True)
class AccessSlices:
    """The addresses that USPS serves for Amazon at the start, cut into slices and sorted by Amazon's own cost.

    Attributes:
        zone: Zone of each slice, cheapest own delivery first, (L,).
        cell: Density percentile cell of each slice, densest first, (L,).
        volume: Parcels a year, (L,).
        own_cost: Amazon's own cost of delivering there, $ per parcel, (L,).
        n_zones: Number of zones.
    """

    zone: Ints
    cell: Ints
    volume: Floats
    own_cost: Floats
    n_zones: int

    @classmethod
    def cut(cls, parcels: Floats, served_from: Floats, own_cost: Floats) -> AccessSlices:
        """Cut each zone's sparse end into slices.

        Args:
            parcels: Amazon's parcels a year by zone, (Z,).
            served_from: Household percentile beyond which USPS delivers, (Z,).
            own_cost: Amazon's own cost by zone and percentile, densest first, $ per parcel, (Z, P).
        """
        n_zones, n_cells = own_cost.shape
        end = np.arange(1, n_cells + 1) / n_cells
        inside = np.clip(end - served_from[:, None], 0.0, 1.0 / n_cells)
        volume = (parcels[:, None] * inside).ravel()
        zone = np.repeat(np.arange(n_zones), n_cells)
        cell = np.tile(np.arange(n_cells), n_zones)
        cost = own_cost.ravel()
        used = volume > 0.0
        order = np.argsort(cost[used], kind="stable")
        return cls(zone[used][order], cell[used][order], volume[used][order], cost[used][order], n_zones)

    @property
    def total(self) -> float:
        """All parcels a year."""
        return float(self.volume.sum())

    def by_zone(self) -> Floats:
        """Parcels a year by zone, (Z,)."""
        return np.bincount(self.zone, weights=self.volume, minlength=self.n_zones)

    def zones_of(self, part: Floats | Bools) -> Floats:
        """Parcels a year by zone when a part of each slice counts, (Z,).

        Args:
            part: Share of each slice, or which slices, (L,).
        """
        return np.bincount(self.zone, weights=self.volume * part, minlength=self.n_zones)

    def gone(self, share: float) -> Floats:
        """Part of each slice that leaves USPS when a share of the total stays, the dearest to serve last, (L,).

        Args:
            share: Share of the total volume that stays, 0 to 1.
        """
        before = np.cumsum(self.volume) - self.volume
        return np.asarray(np.clip((1.0 - share) * self.total - before, 0.0, self.volume) / self.volume)

    def retained(self, share: float) -> Floats:
        """Parcels a year that stay with USPS by zone when a share of the total stays, the dearest to serve first.

        Args:
            share: Share of the total volume, 0 to 1.
        """
        leaves = (1.0 - share) * self.total
        before = np.cumsum(self.volume) - self.volume
        stays = self.volume - np.clip(leaves - before, 0.0, self.volume)
        return np.bincount(self.zone, weights=stays, minlength=self.n_zones)


def cut_slices(slices: AccessSlices, taken: Floats) -> tuple[AccessSlices, Ints, Bools]:
    """Cut slices of which a lot took a part in two: the part taken and the rest.

    Args:
        slices: The slices.
        taken: Parcels a year taken from each, (L,).

    Returns:
        The new slices in the same order, the old slice of each, and which of them are taken.
    """
    part = np.clip(np.divide(taken, slices.volume, out=np.zeros_like(taken), where=slices.volume > 0.0), 0.0, 1.0)
    cut = (part > 0.0) & (part < 1.0)
    old = np.repeat(np.arange(len(part)), np.where(cut, 2, 1))
    first = np.append(True, old[1:] != old[:-1])
    volume = slices.volume[old]
    volume = np.where(~cut[old], volume, np.where(first, taken[old], volume - taken[old]))
    chosen = np.where(cut[old], first, part[old] >= 1.0)
    fresh = AccessSlices(slices.zone[old], slices.cell[old], volume, slices.own_cost[old], slices.n_zones)
    return fresh, old, chosen


def to_total(parcels: Floats, total: float) -> Floats:
    """Scale parcels so that they add up to a total; nothing stays nothing."""
    before = float(parcels.sum())
    return parcels * (total / before) if before > 0.0 else parcels


@dataclass(frozen=True, slots=True, eq=False)
class MonthToSource:
    """What Amazon knows when it places the parcels of a month.

    Attributes:
        parcels: Parcels that it ships, (Z,).
        luck: Season and shocks: parcels of the month over a year's on trend, (Z,).
        own_limit: Parcels that it can deliver itself, (Z,).
        usps_room: What USPS takes at the contract price beyond the contract's parcels of the month, share of these.
        spare: Spare capacity of UPS and FedEx, (2, Z).
        imposed: Whether it is imposed how much it leaves with USPS.
    """

    parcels: Floats
    luck: Floats
    own_limit: Floats
    usps_room: float
    spare: Floats
    imposed: bool


@dataclass(frozen=True, slots=True)
class Sourcing:
    """Who is asked to deliver Amazon's parcels this month, parcels by zone, all (Z,).

    Attributes:
        own: Amazon itself.
        usps: USPS under the contract.
        ups: UPS under the contract.
        fedex: FedEx under the contract.
        usps_overflow: USPS at published prices.
        ups_overflow: UPS beyond the contract.
        fedex_overflow: FedEx beyond the contract.
        short: Parcels that Amazon meant to deliver itself but could not for want of capacity or coverage.
    """

    own: Floats
    usps: Floats
    ups: Floats
    fedex: Floats
    usps_overflow: Floats
    ups_overflow: Floats
    fedex_overflow: Floats
    short: Floats


def source_deliveries(
    parcels: Floats,
    contract_usps: Floats,
    contract_ups: Floats,
    contract_fedex: Floats,
    own_limit: Floats,
    usps_room: Floats,
    spare: Floats,
    at_published: Floats | float = 0.0,
) -> Sourcing:
    """Give contracts their parcels, deliver the rest itself, and place what it cannot deliver.

    What exceeds own capacity or coverage goes first into the room that the USPS contract leaves up to its cap, then to
    UPS and FedEx as far as they have spare capacity, then to USPS at published prices, which must take it.

    Args:
        parcels: Amazon's parcels by zone, (Z,).
        contract_usps: Parcels that go to USPS under the contract, (Z,).
        contract_ups: Parcels that go to UPS under the contract, (Z,).
        contract_fedex: Parcels that go to FedEx under the contract, (Z,).
        own_limit: Parcels that Amazon can deliver itself, (Z,).
        usps_room: Parcels that USPS takes at the contract price beyond `contract_usps`, (Z,).
        spare: Spare capacity of UPS and FedEx, (2, Z).
        at_published: Parcels outside the contracts that it would rather leave with USPS at published prices, (Z,).
    """
    promised = contract_usps + contract_ups + contract_fedex
    scale = np.minimum(1.0, np.divide(parcels, promised, out=np.ones_like(parcels), where=promised > 0.0))
    usps, ups, fedex = contract_usps * scale, contract_ups * scale, contract_fedex * scale
    rest = np.maximum(parcels - usps - ups - fedex, 0.0)
    left = np.minimum(rest, at_published)
    wanted = rest - left
    own = np.minimum(wanted, own_limit)
    short = wanted - own
    more_usps = np.minimum(short, usps_room)
    rest = short - more_usps
    room = np.maximum(spare, 0.0)
    total_room = room.sum(axis=0)
    placed = np.minimum(rest, total_room)
    part = np.divide(placed, total_room, out=np.zeros_like(placed), where=total_room > 0.0)
    rivals = room * part
    return Sourcing(
        own=own,
        usps=usps + more_usps,
        ups=ups,
        fedex=fedex,
        usps_overflow=left + np.maximum(rest - rivals.sum(axis=0), 0.0),
        ups_overflow=rivals[0],
        fedex_overflow=rivals[1],
        short=short,
    )
