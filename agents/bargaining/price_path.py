"""How the prices of the groups of a package follow from the one level that is bargained over."""

from __future__ import annotations

import numpy as np

from agents.bargaining.offers import Bools, Floats, Ints
from agents.bargaining.values import SliceValues

#: Surplus that differs by less than this share is the same: sums in another order differ in the last digits.
SAME = 1e-9


def mean_over(weight: Floats, by_slice: Floats) -> float:
    """Weighted mean over slices; 0 where nothing has weight."""
    total = float(weight.sum())
    return float((weight * by_slice).sum() / total) if total > 0.0 else 0.0


def sums_by_group(rows: Floats, group: Ints, size: int) -> Floats:
    """Sums of each row over the slices of a group, (R, G), in the order of the slices.

    Args:
        rows: What is summed, (R, L).
        group: Group of each slice, (L,), 0 to `size` - 1.
        size: G.
    """
    place = group + size * np.arange(len(rows))[:, None]
    sums = np.bincount(place.ravel(), weights=rows.ravel(), minlength=len(rows) * size)
    return sums.astype(np.float64, copy=False).reshape(len(rows), size)  # of nothing it makes integers


def price_path(
    values: SliceValues, group: Ints, size: int, wanted: Bools, *, make_whole: bool
) -> tuple[Floats, Floats]:
    """Mean prices, (A,), and the prices by group at them, (A, G): a straight line between two of them.

    Under `make_whole` prices are in the proportion of the seller's floors, else the line passes through the means of
    attributable cost, seller value, buyer value and published price.

    Args:
        values: What each slice is worth, (L,).
        group: Price group of each slice, (L,).
        size: G.
        wanted: Slices over which the mean is taken, (L,).
        make_whole: Whether the buyer owes the lost margin of a parcel that is missing.
    """
    return LevelMeans(values, wanted).path(group, size, make_whole=make_whole)


class LevelMeans:
    """Price paths of several structures through the same means, which are worked out once.

    Args:
        values: What each slice is worth, (L,).
        wanted: Slices over which the mean is taken, (L,).
    """

    def __init__(self, values: SliceValues, wanted: Bools) -> None:
        columns = [values.seller_floor, values.attributable_cost, values.seller, values.buyer, values.published]
        self._weight = np.where(wanted, values.volume, 0.0)
        self._weighted = self._weight * np.array(columns)
        total = float(self._weight.sum())
        sums: list[float] = self._weighted.sum(axis=1).tolist()
        self.floor, *means = (one / total if total > 0.0 else 0.0 for one in sums)
        self._levels: list[float] = []
        self._rows: list[int] = []  # of `_weighted`, of which these are the means
        for row, level in enumerate(means, start=1):
            if not self._levels or level > self._levels[-1] + SAME:
                self._levels.append(level)
                self._rows.append(row)

    def path(self, group: Ints, size: int, *, make_whole: bool) -> tuple[Floats, Floats]:
        """The path of `price_path`; the arguments are the same."""
        path = np.array(self._levels)
        if len(path) == 1:
            path = np.array([path[0], 2.0 * path[0] + 1.0])
        if size == 1:
            return path, path[:, None]
        in_proportion = make_whole and self.floor > 0.0
        weighted = self._weighted[[0] if in_proportion else self._rows]
        by_group, *sums = sums_by_group(np.array([self._weight, *weighted]), group, size)
        anchors = np.divide(sums, by_group, out=np.full((len(sums), size), np.nan), where=by_group > 0.0)
        if in_proportion:
            anchors = anchors * (path[:, None] / self.floor)
        elif len(anchors) == 1:
            anchors = np.array([anchors[0], anchors[0] + self._levels[0] + 1.0])
        # A group without parcels has the mean price: nothing is paid in it, and the contract stays well-formed.
        return path, np.where(np.isnan(anchors), path[:, None], anchors)


def along(levels: Floats, anchors: Floats, level: float) -> Floats:
    """The point of a broken line through the anchors, prolonged at both ends, at which its mean is a level."""
    upper = min(max(int(levels.searchsorted(level)), 1), len(levels) - 1)
    width = levels[upper] - levels[upper - 1]
    part = (level - levels[upper - 1]) / width if width > 0.0 else 0.0
    return np.asarray(anchors[upper - 1] + part * (anchors[upper] - anchors[upper - 1]))
