"""How far people live from a regional centre of the mail and from a town that could hold a delivery station.

Neither list is published with positions, so both are read off the households themselves: the places with most of them
around, largest first, each at some distance from those chosen before. All functions are pure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

type Floats = NDArray[np.float64]
type Index = NDArray[np.int64]

EARTH_RADIUS = 3_958.8  # miles

REGIONAL_CENTRES = 59  # regional processing and distribution centres in the plan of 2024 (PT_RTO2024)
METRO_RADIUS = 20.0  # miles around the centre of a metropolitan area in which its households are counted
FAR = 50.0  # road miles from a regional centre beyond which the plan collects once a day

TOWN_RADIUS = 8.0  # miles around the middle of a town in which its households are counted
TOWN_LEAST = 6_000.0  # households of towns within it that a station needs
STATION_GAP = 25.0  # miles between stations, at least
LONGEST_STEM = 75.0  # road miles; beyond it no van goes out and comes back within a day, and some closer site is used


def centres_of_households(
    households: Floats,
    latitude: Floats,
    longitude: Floats,
    radius: float,
    gap: float,
    count: int | None = None,
    least: float = 0.0,
) -> Index:
    """Where most households live: the place with most of them around it, then the next one among those that are left.

    Args:
        households: By place, (n,).
        latitude: Degrees, (n,).
        longitude: Degrees, (n,).
        radius: Miles in which the households around a place are counted.
        gap: Miles around a centre within which no household counts for another one.
        count: Most centres that are wanted, all unless given.
        least: Households that a centre needs around it.

    Returns:
        Positions of the centres, largest first.
    """
    points = _on_the_globe(latitude, longitude)
    tree = cKDTree(points)
    around = tree.query_ball_point(points, _chord(radius))
    left = households.copy()
    total = np.array([left[near].sum() for near in around])
    chosen: list[int] = []
    while len(chosen) < (len(households) if count is None else count):
        best = int(np.argmax(total))
        if total[best] <= least:
            break
        chosen.append(best)
        left[tree.query_ball_point(points[best], _chord(gap))] = 0.0
        for place in tree.query_ball_point(points[best], _chord(gap + radius)):
            total[place] = left[around[place]].sum()
        total[best] = 0.0
    return np.array(chosen, dtype=np.int64)


def road_miles_to_nearest(latitude: Floats, longitude: Floats, centres: Index, circuity: float) -> Floats:
    """Road miles from each place to the nearest centre, (n,).

    Args:
        latitude: Degrees, (n,).
        longitude: Degrees, (n,).
        centres: Positions of the centres among the places.
        circuity: Road miles by mile as the crow flies.
    """
    points = _on_the_globe(latitude, longitude)
    chord, _ = cKDTree(points[centres]).query(points)
    return np.asarray(circuity * 2.0 * EARTH_RADIUS * np.arcsin(np.minimum(chord / 2.0, 1.0)))


def _on_the_globe(latitude: Floats, longitude: Floats) -> Floats:
    """Points of the unit globe, (n, 3)."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)


def _chord(miles: float) -> float:
    """Length of the straight line through the unit globe between two points so many miles apart."""
    return float(2.0 * np.sin(miles / 2.0 / EARTH_RADIUS))
