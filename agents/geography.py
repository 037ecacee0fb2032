"""Places: zone types, segments, Census divisions and the table of zones that every floor reads."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

ZONE_TYPES = ("urban", "suburban", "rural")
URBAN, SUBURBAN, RURAL = range(3)
SEGMENTS = ("economy", "ground", "premium")
ECONOMY, GROUND, PREMIUM = range(3)
DIVISIONS = (
    "New England",
    "Middle Atlantic",
    "East North Central",
    "West North Central",
    "South Atlantic",
    "East South Central",
    "West South Central",
    "Mountain",
    "Pacific",
)

type Floats = NDArray[np.float64]


def density_at_percentile(density: Floats, sigma: Floats, percentile: Floats) -> Floats:
    """Household density at a household percentile, densest first (ODD 5).

    Args:
        density: Households per square mile of the whole zone.
        sigma: Log standard deviation of density inside the zone.
        percentile: Share of households that live at least as densely, 0 to 1. The arguments broadcast.

    Returns:
        Households per square mile; infinite at percentile 0, zero at percentile 1.
    """
    return np.asarray(density * np.exp(sigma**2 / 2 - sigma * ndtri(percentile)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class ZoneTable:
    """The zones of the country, ordered by state FIPS code and then by zone type; every array is read-only.

    Attributes:
        state: (Z,) str, postal abbreviation of the state.
        state_index: (Z,) int64, position of the state in FIPS order.
        zone_type: (Z,) int8, index into `ZONE_TYPES`.
        division: (Z,) int8, index into `DIVISIONS`.
        households: (Z,) float64, households.
        delivery_points: (Z,) float64, USPS delivery points.
        served_area: (Z,) float64, served area, square miles.
        density: (Z,) float64, households per square mile of served area.
        density_sigma: (Z,) float64, log standard deviation of household density inside the zone.
        percentile: (P,) float64, midpoints of household percentiles, 0 = densest.
        density_grid: (Z, P) float64, households per square mile at each percentile, densest first.

    Raises:
        ValueError: An array has another shape than the ones above.
    """

    state: NDArray[np.str_]
    state_index: NDArray[np.int64]
    zone_type: NDArray[np.int8]
    division: NDArray[np.int8]
    households: Floats
    delivery_points: Floats
    served_area: Floats
    density: Floats
    density_sigma: Floats
    percentile: Floats
    density_grid: Floats

    def __post_init__(self) -> None:
        shapes = {"percentile": self.percentile.shape, "density_grid": (self.n_zones, self.percentile.size)}
        for field in fields(self):
            array: NDArray[np.generic] = getattr(self, field.name)
            expected = shapes.get(field.name, (self.n_zones,))
            if array.shape != expected:
                raise ValueError(f"zone table: {field.name} has shape {array.shape}, it must be {expected}")
            array.setflags(write=False)

    @property
    def n_zones(self) -> int:
        """Number of zones, Z."""
        return int(self.state.size)

    def price_groups(self, n_groups: int) -> NDArray[np.int64]:
        """Price group of each zone in a contract of one group, one by zone type, or one by zone, (Z,)."""
        if n_groups == self.n_zones:
            return np.arange(n_groups)
        if n_groups == len(ZONE_TYPES):
            return self.zone_type.astype(np.int64)
        return np.zeros(self.n_zones, dtype=np.int64)

    def coverage_at_density_cutoff(self, cutoff: Floats) -> Floats:
        """Share of each zone's households that live at least as densely as a cut-off.

        A carrier that serves the densest addresses first, down to one density, covers this share. It is the inverse of
        `density_at_percentile`.

        Args:
            cutoff: Households per square mile, (Z,) by zone or (3,) by zone type. 0 covers all, infinity nobody.

        Returns:
            (Z,) shares, 0 to 1.

        Raises:
            ValueError: Another shape, or a cut-off that is negative or not a number.
        """
        cutoff = np.asarray(cutoff, dtype=np.float64)
        if cutoff.shape not in {(self.n_zones,), (len(ZONE_TYPES),)}:
            raise ValueError(
                f"cutoff has shape {cutoff.shape}, it must be ({self.n_zones},) by zone or ({len(ZONE_TYPES)},) by type"
            )
        if not np.all(cutoff >= 0):
            raise ValueError(f"cutoff must be at least 0 households per square mile, not {np.min(cutoff)}")
        by_zone = cutoff if cutoff.shape == (self.n_zones,) else cutoff[self.zone_type]
        with np.errstate(divide="ignore"):
            log_ratio = np.log(self.density) - np.log(by_zone)
        return np.asarray(ndtr((log_ratio + self.density_sigma**2 / 2) / self.density_sigma), dtype=np.float64)
