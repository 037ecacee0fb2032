"""Where the mean of a noisy curve reaches a figure: stochastic root finding on shared seeds.

The curve is looked at on a coarse grid first, with few seeds; places whose interval still holds the figure get more.
Where the mean changes sides, secant steps between the two places, all with the same seeds, close in on the crossing.

The interval of a crossing is the set of places at which a test does not refuse the figure: those where the 95 %
interval of the mean holds it (Fieller's way, a test turned around). At the true crossing the mean is the figure, so
the set holds the true crossing as often as an interval of a mean holds its mean, also with few seeds and whatever the
slope; a bootstrap over seeds holds it less often when seeds are few. Between two places the ends of the interval are
taken to be straight lines.

Nothing here knows the market: the curve is a function of a place and the number of a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from experiments.intervals import CONFIDENCE, Interval, mean_interval

Floats = NDArray[np.float64]
#: From places and numbers of seeds to values of the curve; nan where a run has no figure.
Evaluate = Callable[[Sequence[tuple[float, int]]], Sequence[float]]
Direction = Literal["rises", "falls", "touches"]
Shape = Literal["rises", "falls", "not monotone", "flat"]
#: Values by place, in the order of the seeds.
Known = dict[float, list[float]]
CURVE = ("value", "seeds", "mean", "low", "high")
# A step stays this far from the ends of the cell that it cuts, so that each step takes away a fifth at least.
_MARGIN = 0.2
# Of places this close, in shares of the range, one tells what the other tells.
_SAME = 1e-9


def mean_and_interval(values: Floats) -> tuple[float, float, float]:
    """Mean and its 95 % t interval."""
    mean, low, high = mean_interval(values)
    return float(mean), float(low), float(high)


@dataclass(frozen=True)
class Search:
    """What is looked for, and how hard.

    Attributes:
        low: Lower end of the range.
        high: Upper end.
        figure: What the mean should be.
        seeds: Most seeds for one place.
        points: Places of the coarse grid.
        first: Seeds that a place of the grid gets first.
        rounds: Most rounds of closing in.
        tolerance: How close to come, as a share of the range.
        whole: Whether only whole numbers exist.
        interval: Mean and interval of the values of a place.
    """

    low: float
    high: float
    figure: float
    seeds: int
    points: int = 7
    first: int = 5
    rounds: int = 5
    tolerance: float = 0.01
    whole: bool = False
    interval: Interval = mean_and_interval


@dataclass(frozen=True)
class Region:
    """Places at which the mean may well be the figure.

    Attributes:
        low: First of them.
        high: Last of them.
        value: Where the mean is the figure; nan where the curve touches it without crossing for sure.
        direction: Whether the curve rises or falls through the figure, or may only touch it.
        open_low: Whether it goes on below the range, as far as can be told.
        open_high: Whether it goes on above the range.
    """

    low: float
    high: float
    value: float
    direction: Direction
    open_low: bool
    open_high: bool


@dataclass(frozen=True, eq=False)
class Crossings:
    """What was found.

    Attributes:
        curve: One row a place: value, seeds with a figure, mean, 95 % interval (low, high).
        regions: In order; empty where the curve stays away from the figure.
        shape: What the coarse grid says of the curve with its seeds in pairs.
        without: Places of which fewer than two seeds have a figure; they are no part of the curve.
        samples: Values by place, in the order of the seeds.
    """

    curve: pd.DataFrame = field(repr=False)
    regions: tuple[Region, ...]
    shape: Shape
    without: tuple[float, ...]
    samples: Mapping[float, Floats] = field(repr=False)

    @property
    def reaches(self) -> bool:
        """Whether the mean crosses the figure somewhere."""
        return any(region.direction != "touches" for region in self.regions)


def find_crossings(evaluate: Evaluate, search: Search) -> Crossings:
    """Look for all places at which the mean of a curve is a figure.

    Args:
        evaluate: The curve; the same place and seed always give the same value, and are asked for once.
        search: What is looked for.
    """
    grid = _grid(search)
    known: Known = {place: [] for place in grid}

    def fill(wanted: Mapping[float, int]) -> None:
        asked = [(place, seed) for place, count in wanted.items() for seed in range(len(known[place]), count)]
        for (place, _), value in zip(asked, evaluate(asked), strict=True):
            known[place].append(float(value))

    fill(dict.fromkeys(grid, min(search.first, search.seeds)))
    while wider := _undecided(known, search):
        fill(wider)
    for turn in range(search.rounds + 1):
        while short := _short(known, search):
            fill(short)
        places = _next_places(_points(known, search), search) if turn < search.rounds else []
        if not places:
            break
        known.update({place: [] for place in places})
        fill(dict.fromkeys(places, search.seeds))
    points = _points(known, search)
    curve = pd.DataFrame(dict(zip(CURVE, points, strict=True)))
    samples = {place: np.array(known[place]) for place in sorted(known)}
    without = tuple(place for place in samples if place not in set(points.places))
    regions = tuple(_rounded(one, points, search) for one in _regions(points, search))
    return Crossings(curve, regions, shape_of([samples[place] for place in grid]), without, samples)


def _grid(search: Search) -> list[float]:
    places = np.linspace(search.low, search.high, search.points)
    return sorted({float(round(place)) if search.whole else float(place) for place in places})


class _Points(NamedTuple):
    """The curve so far: places in order, seeds that have a figure there, their mean, the ends of its interval."""

    places: Floats
    seeds: NDArray[np.int64]
    mean: Floats
    low: Floats
    high: Floats


def _points(known: Known, search: Search) -> _Points:
    rows = []
    for place in sorted(known):
        values = np.array(known[place])
        values = values[np.isfinite(values)]
        if values.size >= 2:
            rows.append((place, values.size, *search.interval(values)))
    places, seeds, *rest = np.array(rows, dtype=float).reshape(-1, len(CURVE)).T
    return _Points(places, seeds.astype(np.int64), *rest)


def _undecided(known: Known, search: Search) -> dict[float, int]:
    """Places whose interval holds the figure and that can have more seeds, with how many."""
    points = _points(known, search)
    clear = set(points.places[(points.low > search.figure) | (points.high < search.figure)])
    return {
        place: min(search.seeds, 2 * len(values))
        for place, values in known.items()
        if place not in clear and len(values) < search.seeds
    }


def _short(known: Known, search: Search) -> dict[float, int]:
    """Places in and around a region that lack seeds: a crossing is looked at with all of them."""
    points = _points(known, search)
    found = {}
    for region in _regions(points, search):
        first, last = _around(points.places, region)
        for place in points.places[first : last + 1].tolist():
            if len(known[place]) < search.seeds:
                found[place] = search.seeds
    return found


def _around(places: Floats, region: Region) -> tuple[int, int]:
    """Positions of the last place before a region and of the first one behind it."""
    first = int(np.searchsorted(places, region.low, side="right")) - 1
    last = int(np.searchsorted(places, region.high, side="left"))
    return max(first, 0), min(last, len(places) - 1)


def _regions(points: _Points, search: Search) -> list[Region]:
    """Places where the interval holds the figure, joined where they meet, and what the mean does there."""
    places = points.places.tolist()
    mean, low, high = ((one - search.figure).tolist() for one in (points.mean, points.low, points.high))
    pieces: list[tuple[float, float]] = []
    crossings: list[float] = []
    for one in range(len(places) - 1):
        ends = places[one], places[one + 1]
        spans = _where_negative(low[one], low[one + 1]), _where_negative(-high[one], -high[one + 1])
        begin, end = max(span[0] for span in spans), min(span[1] for span in spans)
        if begin <= end:
            pieces.append((_at(ends, begin), _at(ends, end)))
        if (mean[one] >= 0.0) != (mean[one + 1] >= 0.0):
            crossing = _at(ends, mean[one] / (mean[one] - mean[one + 1]))
            crossings.append(crossing)
            pieces.append((crossing, crossing))
    near = _SAME * (search.high - search.low)
    return [
        _region(begin, end, [one for one in crossings if begin - near <= one <= end + near], points, search.figure)
        for begin, end in _joined(pieces, near)
    ]


def _at(ends: tuple[float, float], share: float) -> float:
    return float(ends[0] + share * (ends[1] - ends[0]))


def _where_negative(first: float, last: float) -> tuple[float, float]:
    """Shares of a cell, first to last, at which a straight line is not above 0; (1, 0) where it is nowhere."""
    if first <= 0.0 and last <= 0.0:
        return 0.0, 1.0
    if first > 0.0 and last > 0.0:
        return 1.0, 0.0
    cut = first / (first - last)
    return (0.0, cut) if first <= 0.0 else (cut, 1.0)


def _joined(pieces: list[tuple[float, float]], near: float) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for begin, end in sorted(pieces):
        if joined and begin <= joined[-1][1] + near:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _region(begin: float, end: float, crossings: list[float], points: _Points, figure: float) -> Region:
    places, mean = points.places, points.mean - figure
    open_low, open_high = begin <= places[0], end >= places[-1]
    before = mean[0] if open_low else mean[np.searchsorted(places, begin, side="right") - 1]
    after = mean[-1] if open_high else mean[np.searchsorted(places, end, side="left")]
    direction: Direction = "touches"
    value = float("nan")
    if len(crossings) % 2:
        direction = "rises" if before < after else "falls"
        value = crossings[len(crossings) // 2]
    return Region(begin, end, value, direction, bool(open_low), bool(open_high))


def _next_places(points: _Points, search: Search) -> list[float]:
    """Where to look next: between the two sides of a crossing, then at the ends of its interval."""
    taken = points.places
    goal = search.tolerance * (search.high - search.low)
    places: list[float] = []
    for region in _regions(points, search):
        width = region.high - region.low
        cell = _cell(taken, region.value)
        if region.direction == "touches":
            wanted = [_middle_of_widest(taken, region)] if width > goal else []
        elif cell[1] - cell[0] > max(goal, 0.5 * width):
            room = _MARGIN * (cell[1] - cell[0])
            wanted = [min(max(region.value, cell[0] + room), cell[1] - room)]
        else:
            ends = [region.low] * (not region.open_low) + [region.high] * (not region.open_high)
            wanted = [end for end in ends if np.ptp(_cell(taken, end)) > max(goal, width)]
        for place in wanted:
            exact = float(round(place)) if search.whole else place
            if np.abs(np.array([*taken, *places]) - exact).min() > (0.0 if search.whole else 0.1 * goal):
                places.append(exact)
    return places


def _cell(places: Floats, value: float) -> tuple[float, float]:
    """The two neighbouring places around a value; (0, 0) around nan."""
    if not np.isfinite(value):
        return 0.0, 0.0
    last = min(max(int(np.searchsorted(places, value, side="left")), 1), len(places) - 1)
    return float(places[last - 1]), float(places[last])


def _middle_of_widest(places: Floats, region: Region) -> float:
    inside = np.unique(np.clip(places, region.low, region.high))
    widest = int(np.argmax(np.diff(inside)))
    return float(inside[widest : widest + 2].mean())


def _rounded(region: Region, points: _Points, search: Search) -> Region:
    """A region of whole numbers: those in it, and of the two around the crossing the one that comes closer."""
    if not search.whole:
        return region
    places, gap = points.places, np.abs(points.mean - search.figure)
    value = region.value
    if np.isfinite(value):
        around = [position for position, place in enumerate(places) if abs(place - value) < 1.0]
        value = float(places[min(around, key=lambda one: gap[one])]) if around else float(round(value))
    low, high = float(np.ceil(region.low)), float(np.floor(region.high))
    ends = [one for one in (low, high, value) if np.isfinite(one)]
    return Region(min(ends), max(ends), value, region.direction, region.open_low, region.open_high)


def shape_of(samples: Sequence[Floats]) -> Shape:
    """Say whether a curve rises or falls, by all pairs of its places with the seeds that both have.

    A step counts where the interval of the paired difference leaves out 0, at a level of 95 % for all pairs together
    (Bonferroni).

    Args:
        samples: Values by place, in order of the places; one value a seed.
    """
    pairs = [(one, other) for one in range(len(samples)) for other in range(one + 1, len(samples))]
    risk = (1.0 - CONFIDENCE) / max(1, len(pairs))
    seen: set[Shape] = set()
    for one, other in pairs:
        common = min(len(samples[one]), len(samples[other]))
        steps = samples[other][:common] - samples[one][:common]
        steps = steps[np.isfinite(steps)]
        if steps.size < 2:
            continue
        half = float(stdtrit(steps.size - 1, 1.0 - risk / 2.0)) * steps.std(ddof=1) / np.sqrt(steps.size)
        if abs(steps.mean()) > half:
            seen.add("rises" if steps.mean() > 0.0 else "falls")
    if len(seen) == 2:
        return "not monotone"
    return next(iter(seen), "flat")
