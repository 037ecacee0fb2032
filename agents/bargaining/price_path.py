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
        self._weight = np.where(wanted, values.volume, 0.0)
        self._levels: list[float] = []
        self._columns: list[Floats] = []
        for column in (values.attributable_cost, values.seller, values.buyer, values.published):
            level = mean_over(self._weight, column)
            if not self._levels or level > self._levels[-1] + SAME:
                self._levels.append(level)
                self._columns.append(column)
        self._floors, self.floor = values.seller_floor, mean_over(self._weight, values.seller_floor)

    def path(self, group: Ints, size: int, *, make_whole: bool) -> tuple[Floats, Floats]:
        """The path of `price_path`; the arguments are the same."""
        levels, weight = self._levels, self._weight
        if size == 1:
            rows = [np.array([level]) for level in levels]
        else:
            by_group = np.bincount(group, weights=weight, minlength=size)

            def by_group_means(by_slice: Floats) -> Floats:
                sums = np.bincount(group, weights=weight * by_slice, minlength=size)
                return np.asarray(np.divide(sums, by_group, out=np.full(size, np.nan), where=by_group > 0.0))

            in_proportion = make_whole and self.floor > 0.0
            rows = [] if in_proportion else [by_group_means(column) for column in self._columns]
        if len(levels) == 1:
            levels = [levels[0], 2.0 * levels[0] + 1.0]
            rows = [rows[0], rows[0] + levels[0] + 1.0] if rows else rows
        path = np.array(levels)
        anchors = np.array(rows) if rows else by_group_means(self._floors) * (path[:, None] / self.floor)
        # A group without parcels has the mean price: nothing is paid in it, and the contract stays well-formed.
        return path, np.where(np.isnan(anchors), path[:, None], anchors)


def along(levels: Floats, anchors: Floats, level: float) -> Floats:
    """The point of a broken line through the anchors, prolonged at both ends, at which its mean is a level."""
    upper = min(max(int(levels.searchsorted(level)), 1), len(levels) - 1)
    width = levels[upper] - levels[upper - 1]
    part = (level - levels[upper - 1]) / width if width > 0.0 else 0.0
    return np.asarray(anchors[upper - 1] + part * (anchors[upper] - anchors[upper - 1]))
