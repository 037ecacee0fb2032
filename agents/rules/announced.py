"""Capacity that a carrier has announced: how much, where and from when on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from agents.calendar import Month
from agents.figures import Figures
from agents.geography import RURAL, ZONE_TYPES, ZoneTable

Floats = NDArray[np.float64]
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
    """

    begins: Month
    months: int
    monthly: Floats
    coverage: Floats

    def done(self, month: Month) -> int:
        """Months of the plan that are over in a month."""
        return min(max(0, month - self.begins), self.months)

    def arrives_in(self, month: Month) -> bool:
        """Whether a part arrives in a month."""
        return 0 <= month - self.begins < self.months


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
