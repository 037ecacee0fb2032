"""Scenario discovery: in which part of the factors' space does an outcome go wrong (or right)?

The patient rule induction method of Friedman and Fisher (1999) as used by Bryant and Lempert (2010): peel thin slices
off a box, each time the one whose loss makes what is left densest in the cases of interest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtrc

from agents.calendar import Month
from experiments.analysis.groups import is_ordered, order_of
from experiments.analysis.values import Source, by_point, opened, point_factors
from experiments.errors import InputError
from experiments.store.reading import SweepResult

Mask = NDArray[np.bool_]
PEEL = 0.05
_NEEDLESS = 0.01
_BY_CHANCE = 0.05
_FEWEST_POINTS = 20


@dataclass(frozen=True, eq=False)
class Discovery:
    """A box in which the cases of interest are dense.

    Attributes:
        outcome: Name of the outcome.
        condition: The cases of interest, in words.
        points: Points in all.
        share: Share of cases of interest among all points.
        coverage: Share of the cases of interest that lie in the box.
        density: Share of cases of interest in the box.
        mass: Share of all points that lie in the box.
        held_out_density: Density of a box found on one half of the points, on the other half; nan if it is empty there.
        limits: Restricted factor to its lowest and highest value, or the list of its values, in the box.
        chance: Restricted factor to the probability that its limits look as good by chance.
        trajectory: One row a peeling step: mass, coverage, density.
    """

    outcome: str
    condition: str
    points: int
    share: float
    coverage: float
    density: float
    mass: float
    held_out_density: float
    limits: dict[str, Any]
    chance: dict[str, float]
    trajectory: pd.DataFrame = field(repr=False)

    def __str__(self) -> str:
        where = " and ".join(_told(name, limit) for name, limit in self.limits.items()) or "anywhere"
        return (
            f"{self.condition}: {self.share:.0%} of {self.points} points. In {self.density:.0%} of those with {where}; "
            f"they are {self.coverage:.0%} of all such cases."
        )


def discover(
    source: Source,
    outcome: str,
    below: float | None = None,
    above: float | None = None,
    scenario: str | None = None,
    density: float = 0.8,
    least_mass: float = 0.05,
    seed: int = 1,
) -> Discovery:
    """Find where an outcome lies below or above a threshold.

    Args:
        source: The sweep or its folder.
        outcome: Name of the outcome; the mean over the seeds of a point counts.
        below: Cases of interest have less.
        above: Cases of interest have more.
        scenario: Which of its scenarios; the first unless told.
        density: Wanted density; the largest box that reaches it is taken, else the densest.
        least_mass: Smallest share of the points that a box may hold.
        seed: Seed of the split into halves.

    Raises:
        InputError: No or two thresholds, too few points, no or only cases of interest, or no such outcome.

    Examples:
        >>> discover(example, "amazon_own_share", below=0.5)
        Traceback (most recent call last):
        ...
        experiments.errors.InputError: scenario discovery needs 20 points or more; the sweep has 8
    """
    result = opened(source)
    result.check_outcome(outcome)
    if (below is None) == (above is None):
        raise InputError("threshold: give below or above, and only one of them")
    means = by_point(result, outcome, result.scenario(scenario)).mean(axis=1).dropna()
    if len(means) < _FEWEST_POINTS:
        raise InputError(f"scenario discovery needs {_FEWEST_POINTS} points or more; the sweep has {len(means)}")
    y = (means < below).to_numpy() if below is not None else (means > above).to_numpy()
    condition = f"{outcome} below {below:.4g}" if below is not None else f"{outcome} above {above:.4g}"
    if y.all() or not y.any():
        raise InputError(f"threshold: {condition} holds for {'all' if y.all() else 'none'} of the points")
    columns = _columns(result, point_factors(result).loc[means.index])
    steps, box = _find(columns, y, density, least_mass)
    inside = _inside(columns, box)
    trajectory = pd.DataFrame(
        [(m.mean(), (m & y).sum() / y.sum(), y[m].mean()) for m in (_inside(columns, one) for one in steps)],
        columns=["mass", "coverage", "density"],
    )
    return Discovery(
        outcome=outcome,
        condition=condition,
        points=len(y),
        share=float(y.mean()),
        coverage=float((inside & y).sum() / y.sum()),
        density=float(y[inside].mean()),
        mass=float(inside.mean()),
        held_out_density=_held_out(columns, y, density, least_mass, seed),
        limits={name: columns[name].told(kept) for name, kept in box.items()},
        chance={name: _chance(columns, y, box, name) for name in box},
        trajectory=trajectory,
    )


@dataclass(frozen=True, eq=False)
class _Column:
    """A factor as numbers: values in order, or positions in the list of a choice without order."""

    values: NDArray[np.float64]
    choices: tuple[Any, ...]
    month: bool

    def told(self, kept: Any) -> Any:
        if self.choices:
            return [self.choices[int(code)] for code in sorted(kept)]
        ends = [float(end) for end in kept]
        return tuple(str(Month(0, 1) + round(end)) for end in ends) if self.month else tuple(ends)


Box = dict[str, Any]


def _columns(result: SweepResult, factors: pd.DataFrame) -> dict[str, _Column]:
    columns = {}
    for name in factors:
        told = result.describe_factor(str(name))
        values = factors[name]
        if not is_ordered(told):
            codes = np.array([told["values"].index(value) for value in values], dtype=float)
            columns[str(name)] = _Column(codes, tuple(told["values"]), False)
        else:
            columns[str(name)] = _Column(order_of(values), (), values.dtype.kind not in "fiu")
    return columns


def _inside(columns: Mapping[str, _Column], box: Box) -> Mask:
    inside = np.ones(len(next(iter(columns.values())).values), dtype=np.bool_)
    for name, kept in box.items():
        values = columns[name].values
        inside &= np.isin(values, list(kept)) if columns[name].choices else (kept[0] <= values) & (values <= kept[1])
    return inside


def _peel(columns: Mapping[str, _Column], y: Mask, least_mass: float) -> Iterator[Box]:
    """Boxes from the whole space inwards."""
    box: Box = {}
    inside = _inside(columns, box)
    yield box
    while y[inside].mean() < 1.0:
        best: tuple[float, Box, Mask] | None = None
        for name, kept in _slices(columns, inside):
            smaller = inside & _inside(columns, {name: kept})
            count = int(smaller.sum())
            if count < max(2, least_mass * len(y)) or count == inside.sum():
                continue
            # Density gained for each point given up: a patient peel.
            gain = (y[smaller].mean() - y[inside].mean()) / (inside.sum() - count)
            if best is None or gain > best[0]:
                best = (float(gain), {**box, name: kept}, smaller)
        if best is None or best[0] <= 0.0:
            return
        _, box, inside = best
        yield box


def _slices(columns: Mapping[str, _Column], inside: Mask) -> Iterator[tuple[str, Any]]:
    """What each factor could keep when a thin slice goes."""
    for name, column in columns.items():
        values = column.values[inside]
        distinct = np.unique(values)
        if len(distinct) < 2:
            continue
        if column.choices:
            for code in distinct:
                yield name, tuple(one for one in distinct if one != code)
            continue
        low, high = np.quantile(values, [PEEL, 1.0 - PEEL])
        above, below = distinct[distinct > distinct[0]], distinct[distinct < distinct[-1]]
        yield name, (max(float(above[0]), float(distinct[distinct >= low][0])), float(distinct[-1]))
        yield name, (float(distinct[0]), min(float(below[-1]), float(distinct[distinct <= high][-1])))


def _find(columns: Mapping[str, _Column], y: Mask, density: float, least_mass: float) -> tuple[list[Box], Box]:
    """All boxes from the whole space inwards, and the one to take: the first that is dense enough, else the densest."""
    steps = list(_peel(columns, y, least_mass))
    found = [float(y[_inside(columns, box)].mean()) for box in steps]
    chosen = next((box for box, one in zip(steps, found, strict=True) if one >= density), None)
    return steps, _widen(columns, y, steps[int(np.argmax(found))] if chosen is None else chosen)


def _widen(columns: Mapping[str, _Column], y: Mask, box: Box) -> Box:
    """Drop limits that the box does not need, or that look as good by chance."""
    while box:
        here = y[_inside(columns, box)].mean()
        without = {name: {k: v for k, v in box.items() if k != name} for name in box}
        losses = {name: here - y[_inside(columns, other)].mean() for name, other in without.items()}
        name = min(losses, key=lambda one: losses[one])
        if losses[name] > _NEEDLESS:
            name = max(box, key=lambda one: _chance(columns, y, box, one))
            if _chance(columns, y, box, name) <= _BY_CHANCE:
                return box
        box = without[name]
    return box


def _held_out(columns: Mapping[str, _Column], y: Mask, density: float, least_mass: float, seed: int) -> float:
    """Density, on one half of the points, of a box that was found on the other."""
    half = np.random.default_rng(seed).permutation(len(y)) < len(y) // 2
    if not y[half].any() or y[half].all():
        return float("nan")
    train = {name: _Column(one.values[half], one.choices, one.month) for name, one in columns.items()}
    _, box = _find(train, y[half], density, least_mass)
    inside = _inside(columns, box) & ~half
    return float(y[inside].mean()) if inside.any() else float("nan")


def _chance(columns: Mapping[str, _Column], y: Mask, box: Box, name: str) -> float:
    """Probability of at least as many cases of interest in the box if this limit had nothing to do with them."""
    wider = _inside(columns, {key: kept for key, kept in box.items() if key != name})
    inside = _inside(columns, box)
    cases, count = int((inside & y).sum()), int(inside.sum())
    return float(bdtrc(cases - 1, count, float(y[wider].mean()))) if cases else 1.0


def _told(name: str, limit: Any) -> str:
    if isinstance(limit, list):
        return f"{name} in {', '.join(str(one) for one in limit)}"
    low, high = (f"{end:.4g}" if isinstance(end, float) else end for end in limit)
    return f"{name} from {low} to {high}"
