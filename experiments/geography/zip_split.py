"""Splits ZIPs into an urban, a suburban and a rural part, and finds the land that each part covers.

Census counts by ZIP do not say who lives in town: one ZIP holds a town and its range. So a ZIP begins with the urban
share that its density implies, and the shares of a state are moved together until they meet the census. All functions
are pure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

type Floats = NDArray[np.float64]
type Index = NDArray[np.int64]

RURAL_DENSITY = 12.0  # households per square mile of countryside, at most
SPARSE_SHARE = 0.9  # density of the countryside over that of a ZIP that is no denser than countryside
LEAST_SHARE = 0.05  # of a state's households outside the countryside, in its urban and in its suburban zone
LEAST_ZIPS = 2  # the same in number: density has to fall inside a zone
TOWN_DENSITIES = (600.0, 1500.0)  # among which that of towns is looked for
# A town in a sparse ZIP is a little less dense than others: its density goes with that of the ZIP to this power.
TOWN_TILT = 0.05
_LOG_ODDS = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """ZIPs in two parts.

    Attributes:
        town: Households of the built-up part, urban or suburban, (n,).
        town_land: Its square miles, (n,).
        countryside: Households of the rural part, (n,).
        countryside_land: Square miles that are left, (n,).
    """

    town: Floats
    town_land: Floats
    countryside: Floats
    countryside_land: Floats


def split_zips(households: Floats, land: Floats, state: Index, rural_share: Floats, town_density: float) -> Split:
    """Split ZIPs into town and countryside so that every state has its rural share.

    A ZIP as dense as a town is one. Another is cut so that its town has `town_density` and the rest is countryside;
    then the odds of living in town are multiplied by one factor for each state until its rural share is met (raking).
    Where the census finds fewer people in towns than density tells, towns keep their land and are less dense; where it
    finds more, they cover more land.

    Args:
        households: By ZIP, all above 0, (n,).
        land: Square miles by ZIP, all above 0, (n,).
        state: Position of its state, (n,).
        rural_share: Share of each state's people who live in the countryside, (S,).
        town_density: Households per square mile of a town.

    Raises:
        ValueError: The ZIPs of a state cannot meet its share.
    """
    density = households / land
    rural = np.minimum(RURAL_DENSITY, SPARSE_SHARE * density)
    land_share = np.clip((density - rural) / (town_density - rural), 0.0, 1.0)
    implied = np.where(land_share < 1.0, np.minimum(land_share * town_density / density, 1.0), 1.0)
    share = implied.copy()
    for i, wanted in enumerate(1.0 - rural_share):
        here = state == i
        share[here] = rake(implied[here], households[here], float(wanted))
    town = share * households
    densest = town_density * np.minimum(density / town_density, 1.0) ** TOWN_TILT
    town_land = np.where(land_share < 1.0, np.minimum(np.maximum(land_share * land, town / densest), land), land)
    return Split(town, town_land, households - town, land - town_land)


def rake(share: Floats, weight: Floats, wanted: float) -> Floats:
    """Multiply the odds of all shares by one factor, so that their weighted mean is the one wanted.

    Raises:
        ValueError: No factor does it: shares of 0 and 1 cannot move.
    """
    if wanted >= 1.0:
        return np.ones_like(share)

    def moved(log_factor: float) -> Floats:
        odds = share * np.exp(log_factor)
        return np.asarray(odds / (1.0 - share + odds))

    def gap(log_factor: float) -> float:
        return float(np.average(moved(log_factor), weights=weight)) - wanted

    if gap(-_LOG_ODDS) > 0.0 or gap(_LOG_ODDS) < 0.0:
        raise ValueError(f"shares between {share.min():.3f} and {share.max():.3f} cannot have the mean {wanted:.3f}")
    return moved(float(brentq(gap, -_LOG_ODDS, _LOG_ODDS, xtol=1e-13)))


def town_density_for_land(households: Floats, land: Floats, state: Index, rural_share: Floats, target: float) -> float:
    """Density of towns at which the land of all towns is the one wanted.

    Args:
        households: By ZIP, all above 0, (n,).
        land: Square miles by ZIP, all above 0, (n,).
        state: Position of its state, (n,).
        rural_share: Share of each state's people who live in the countryside, (S,).
        target: Built-up land of the country, square miles.
    """

    def gap(town_density: float) -> float:
        return float(split_zips(households, land, state, rural_share, town_density).town_land.sum()) - target

    low, high = TOWN_DENSITIES
    return float(brentq(gap, low, high, xtol=1e-6))


def urban_parts(town: Floats, density: Floats, state: Index, urban_share: float) -> tuple[NDArray[np.bool_], float]:
    """Which towns are urban: the densest, down to one density for the country.

    Every state keeps at least `LEAST_SHARE` of its households in towns on either side.

    Args:
        town: Households of the built-up part of each ZIP, (n,).
        density: Their households per square mile, (n,).
        state: Position of the state of each, (n,).
        urban_share: Share of all these households that shall be urban.

    Returns:
        Urban or not, (n,), and the density.
    """
    must, must_not = (_first_of_state(town, sign * density, state) for sign in (-1.0, 1.0))

    def urban(cut: float) -> NDArray[np.bool_]:
        return ((density > cut) & ~must_not | must) & (town > 0.0)

    low, high = 0.0, float(density.max())
    for _ in range(60):  # the share jumps from ZIP to ZIP, so it is bisected
        middle = (low + high) / 2.0
        if float(town[urban(middle)].sum() / town.sum()) > urban_share:
            low = middle
        else:
            high = middle
    return urban(high), high


def _first_of_state(town: Floats, key: Floats, state: Index) -> NDArray[np.bool_]:
    """The towns of each state with the lowest keys, until they hold what either side keeps at least, (n,)."""
    first = np.zeros(town.size, dtype=np.bool_)
    for i in np.unique(state):
        here = np.flatnonzero((state == i) & (town > 0.0))
        ranked = here[np.argsort(key[here], kind="stable")]
        before = np.cumsum(town[ranked]) - town[ranked]
        first[ranked] = (before < LEAST_SHARE * town[here].sum()) | (np.arange(ranked.size) < LEAST_ZIPS)
    return first


def served_land(households: Floats, land: Floats, target: float) -> Floats:
    """Land of the countryside that carriers pass: it grows with the root of land times households, at most all of it.

    Emptier places have a smaller part of their land on anybody's route.

    Args:
        households: By place, (n,); places without any are not served.
        land: Square miles by place, (n,).
        target: Square miles served in all, less than the land of inhabited places.
    """
    available = np.where(households > 0.0, land, 0.0)
    scale = np.sqrt(available * households)

    def served(constant: float) -> Floats:
        return np.asarray(np.minimum(available, constant * scale))

    most = float(np.max(available[scale > 0.0] / scale[scale > 0.0]))
    return served(float(brentq(lambda c: float(served(c).sum()) - target, 0.0, most, rtol=1e-12)))
