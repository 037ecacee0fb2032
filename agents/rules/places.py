"""Where a carrier with routes everywhere goes on at its own cost, and what it asks where it does not pay (ODD 7.13)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.geography import ECONOMY

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceCase:
    """What a carrier knows of the places that it serves, in slices of density, densest first.

    Attributes:
        paid: What a parcel brings after pick-up and line-haul, before delivery-area surcharges, $ by segment, (S,).
        parcels: Parcels a year that it sells, (S, Z).
        surcharge: Delivery-area surcharge of the tier, $ per parcel, (Z, P).
        extra: What it asks beyond that, $ per parcel, (Z, P).
        cost: Cost of own delivery with sorting and the capital that it would not renew, $ per parcel, (Z, P).
        access: What handing an economy parcel to USPS costs, $ per parcel, (Z,); inf where USPS does not go.
        routes: Share of households that its routes pass, (Z,).
        promised: Share of households to which contracts have it deliver, (Z,).
    """

    paid: Floats
    parcels: Floats
    surcharge: Floats
    extra: Floats
    cost: Floats
    access: Floats
    routes: Floats
    promised: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PlacePlan:
    """What it does from the next month on.

    Attributes:
        extra: Surcharge beyond that of the tier, $ per parcel, (Z, P).
        routes: Share of households that its routes pass, densest first, (Z,).
    """

    extra: Floats
    routes: Floats


def missing(case: PlaceCase) -> Floats:
    """What the mean parcel lacks to pay for own delivery without an extra surcharge, $, (Z, P); below 0 where it pays.

    An economy parcel counts as no more than what USPS would ask to deliver it: that is what routes spare there.
    """
    brings = case.paid[:, None, None] + case.surcharge
    brings[ECONOMY] = np.minimum(brings[ECONOMY], case.access[:, None])
    total = case.parcels.sum(axis=0)
    part = np.divide(case.parcels, total, out=np.zeros_like(case.parcels), where=total > 0.0)
    lacks = case.cost - (part[..., None] * brings).sum(axis=0)
    return np.where(total[:, None] > 0.0, lacks, 0.0)


def extra_surcharge(lacks: Floats, before: Floats, step: float, most: float) -> Floats:
    """Surcharge beyond that of the tier: what is missing, within a step of the year before and a limit, $, (Z, P).

    Args:
        lacks: What `missing` says.
        before: What it asked so far, $.
        step: Largest change in a year, $.
        most: Largest surcharge beyond the tier, $.
    """
    return np.asarray(np.clip(before + np.clip(np.maximum(lacks, 0.0) - before, -step, step), 0.0, most))


def wanted_routes(case: PlaceCase, lacks: Floats, most: float, hysteresis: float) -> Floats:
    """Share of households that routes should pass: up to the sparsest slice that can pay, and all that is promised.

    It leaves where not even the largest surcharge would pay, and comes back where it would by as much again.

    Args:
        case: What the carrier knows.
        lacks: What `missing` says.
        most: Largest surcharge beyond the tier, $.
        hysteresis: Share of the cost by which a place must fail before it is left, and pay before it is served again.
    """
    cells = lacks.shape[1]
    passed = (np.arange(cells) + 0.5) / cells < case.routes[:, None]
    pays = lacks - most <= np.where(passed, hysteresis, -hysteresis) * case.cost
    last = np.where(pays.any(axis=1), cells - np.argmax(pays[:, ::-1], axis=1), 0) / cells
    return np.asarray(np.maximum(last, case.promised))


def moved_routes(now: Floats, wanted: Floats, announced: Floats, speed: float, slice_share: float) -> Floats:
    """Share of households that routes pass from now on: fewer only as far as announced a year ago.

    Args:
        now: Share that they pass, (Z,).
        wanted: Share that they should pass, (Z,).
        announced: Share that they should have passed a year ago, (Z,).
        speed: Part of the gap that is closed in a year.
        slice_share: Share of households below which the rest of a gap is closed at once.
    """
    goal = np.where(wanted < now, np.minimum(np.maximum(wanted, announced), now), wanted)
    gap = goal - now
    return np.asarray(now + np.where(np.abs(gap) <= slice_share, gap, speed * gap))
