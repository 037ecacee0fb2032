"""Capacity that a carrier has announced: how much, where, from when on, and what that tells of its cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from agents.calendar import Month
from agents.figures import Figures
from agents.geography import RURAL, ZONE_TYPES, ZoneTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
BILLION = 1e9
N_TYPES = len(ZONE_TYPES)
LOG_DENSITY_RANGE = (-15.0, 20.0)


@dataclass(frozen=True, slots=True, eq=False)
class AnnouncedPlan:
    """Capacity that arrives evenly, month by month, as announced.

    Attributes:
        begins: Month in which the first part arrives.
        months: Months in which parts arrive.
        monthly: Capacity that arrives each month, annual parcels, (Z,).
        coverage: Share of households that each month adds, (Z,).
        kept: Part of each month that is built after all, 0 to 1, (months, Z); None where all of it is.
    """

    begins: Month
    months: int
    monthly: Floats
    coverage: Floats
    kept: Floats | None = None

    def done(self, month: Month) -> int:
        """Months of the plan that are over in a month."""
        return min(max(0, month - self.begins), self.months)

    def arrives_in(self, month: Month) -> bool:
        """Whether a part arrives in a month."""
        return 0 <= month - self.begins < self.months

    def parts(self, after: int, until: int) -> Floats | float:
        """Months of the plan that count from one to another, by how much of each is built, (Z,) or one number.

        Args:
            after: Months that are over at first.
            until: Months that are over at last, no fewer.
        """
        return float(until - after) if self.kept is None else np.asarray(self.kept[after:until].sum(axis=0))

    def coming(self, month: Month, within: int | None = None) -> Floats:
        """Annual parcels that still arrive after a month, within some months if these are told, (Z,)."""
        done = self.done(month)
        until = self.months if within is None else min(done + within, self.months)
        return np.asarray(self.monthly * self.parts(done, until))

    def arrived(self, after: int, until: Ints) -> Floats:
        """Annual parcels of all zones that arrive from one number of months to others, the shape of the others."""
        if self.kept is None:
            return np.asarray(float(self.monthly.sum()) * (until - after))
        running = np.concatenate([[0.0], np.cumsum(self.kept @ self.monthly)])
        return np.asarray(running[until] - running[after])

    def covering(self, month: Month) -> Floats:
        """Share of households that what still arrives after a month adds, (Z,)."""
        return np.asarray(self.coverage * self.parts(self.done(month), self.months))

    def reconsidered(self, after: int, part: Floats) -> AnnouncedPlan:
        """The plan with only a part of what arrives once some months of it are over.

        Args:
            after: Months that are over.
            part: Part of what would still come then, 0 to 1, (Z,).
        """
        kept = np.ones((self.months, len(self.monthly))) if self.kept is None else self.kept.copy()
        kept[after:] *= part
        return replace(self, kept=kept)


@dataclass(frozen=True, slots=True, eq=False)
class Announcement:
    """What was known when capacity was announced, $ per parcel by zone and density cell, (Z, P), where not said else.

    Attributes:
        unit_cost: Own cost of delivery without capital, before any factor on it.
        capital: Capital charge before any factor on it, (Z, 1).
        hurdle: Extra return that is wanted of capital, a share.
        saved: What own delivery saves beside access, one number.
        price: Of access that was expected, one number.
        spared: What a parcel less would save under a contract that both sides find best.
    """

    unit_cost: Floats
    capital: Floats
    hurdle: float
    saved: float
    price: float
    spared: Floats


def most_own_cost(known: Announcement) -> Floats:
    """Largest factor on own cost that the announcement leaves possible, (Z, P).

    Who pays for capacity shows two things. It *pays* at the price that was expected: cost with capital and hurdle is at
    most what access would cost. And it will be *used* under whatever contract follows: cost without the capital, which
    is sunk by then, is at most what a parcel less spares. Rule: ODD 7.8.
    """
    pays = (known.price + known.saved) / (known.unit_cost + (1.0 + known.hurdle) * known.capital)
    used = (known.spared + known.saved) / known.unit_cost
    return np.asarray(np.minimum(pays, used))


def announced_cells(plan: AnnouncedPlan, coverage: Floats, n_cells: int) -> Bools:
    """Density cells that a plan adds to what is covered before it, (Z, P).

    Args:
        plan: The plan.
        coverage: Share of households covered before it, densest first, (Z,).
        n_cells: Density cells of a zone.
    """
    cell, reached = np.arange(n_cells), coverage + plan.coverage * plan.months
    new = (cell + 1.0) / n_cells > coverage[:, None]
    return np.asarray(new & ((cell + 0.5) / n_cells <= reached[:, None]) & (plan.coverage > 0.0)[:, None])


def rural_plan(p: Figures, zones: ZoneTable, parcels: Floats, coverage: Floats, begins: Month) -> AnnouncedPlan:
    """Amazon's announced rural plan: the published capacity, densest uncovered rural addresses first.

    Args:
        p: Figures.
        zones: The zone table.
        parcels: Parcels a year that Amazon will ship when it is complete, by zone, (Z,).
        coverage: Share covered before it, (Z,).
        begins: Month in which the first part arrives.
    """
    planned, months = p.rural_plan_capacity * BILLION, int(p.rural_plan_months)
    reached = expand_coverage(zones, parcels, coverage, RURAL, planned)
    added = (reached - coverage) * parcels
    plan = added / added.sum() * planned if added.sum() > 0.0 else np.zeros_like(added)
    return AnnouncedPlan(begins, months, plan / months, (reached - coverage) / months)


def expand_coverage(zones: ZoneTable, parcels: Floats, coverage: Floats, zone_type: int, added: float) -> Floats:
    """Coverage after adding parcels in one zone type, densest uncovered addresses of the nation first.

    Args:
        zones: The zone table.
        parcels: Parcels a year by zone, (Z,).
        coverage: Present share covered, densest first, (Z,).
        zone_type: Index of the zone type that grows.
        added: Parcels a year to add; at most what is uncovered.

    Returns:
        New coverage (Z,), unchanged in other zone types.
    """
    here = zones.zone_type == zone_type
    room = float((parcels * (1.0 - coverage))[here].sum())
    if added >= room:
        return np.where(here, 1.0, coverage)

    def gap(log_cutoff: float) -> float:
        reached = np.maximum(coverage, zones.coverage_at_density_cutoff(np.full(N_TYPES, np.exp(log_cutoff))))
        return float((parcels * (reached - coverage))[here].sum()) - added

    # An addition as small as rounding finds no cut-off.
    low, high = LOG_DENSITY_RANGE
    if gap(low) <= 0.0:
        return np.where(here, 1.0, coverage)
    if added <= 0.0 or gap(high) >= 0.0:
        return coverage
    cutoff = np.exp(brentq(gap, low, high, xtol=1e-13))
    reached = np.maximum(coverage, zones.coverage_at_density_cutoff(np.full(N_TYPES, cutoff)))
    return np.where(here, reached, coverage)
