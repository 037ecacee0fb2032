"""Places: zone types, segments, Census divisions and the table of zones that every floor reads."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

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

        A carrier that serves the densest addresses first, down to one density, covers this share. Between the
        percentiles of the grid the logarithm of density falls in straight lines; it is the inverse of
        `density_at_coverage`.

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
        knots, values = self._density_knots()
        with np.errstate(divide="ignore"):
            wanted = np.log(by_zone)
        after = np.clip((values > wanted[:, None]).sum(axis=1), 1, knots.size - 1)
        row = np.arange(self.n_zones)
        high, low = values[row, after - 1], values[row, after]
        part = np.clip((high - wanted) / (high - low), 0.0, 1.0)
        return np.asarray(knots[after - 1] + part * (knots[after] - knots[after - 1]))

    def density_at_coverage(self, share: Floats) -> Floats:
        """Density at the edge of what a carrier covers that serves the densest addresses first.

        Args:
            share: Share of each zone's households that it covers, 0 to 1, (Z,).

        Returns:
            (Z,) households per square mile.
        """
        knots, values = self._density_knots()
        after = np.clip(np.searchsorted(knots, share), 1, knots.size - 1)
        row = np.arange(self.n_zones)
        part = (share - knots[after - 1]) / (knots[after] - knots[after - 1])
        return np.asarray(np.exp(values[row, after - 1] + part * (values[row, after] - values[row, after - 1])))

    def _density_knots(self) -> tuple[Floats, Floats]:
        """Shares of households, (P + 2,), and the logarithm of density there, falling, (Z, P + 2)."""
        inside = np.log(self.density_grid)
        first, last = inside[:, :1], inside[:, -1:]
        half = (inside[:, 0:1] - inside[:, 1:2]) / 2.0 if inside.shape[1] > 1 else np.full_like(first, 0.5)
        end = (inside[:, -2:-1] - last) / 2.0 if inside.shape[1] > 1 else half
        knots = np.concatenate(([0.0], self.percentile, [1.0]))
        return knots, np.concatenate([first + half, inside, last - end], axis=1)
