"""Analysis of variance of a balanced design: every combination of the values, each with the same seeds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations
from math import prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.partition import Kind, Piece

Floats = NDArray[np.float64]
HIGHER = "interactions of three and more"


def as_cube(values: pd.DataFrame, factors: pd.DataFrame) -> Floats | None:
    """Arrange values by factor, one axis each, and by seed on the last axis.

    Args:
        values: One row a point, one column a seed, nothing missing.
        factors: Values of the factors at these points, no two points alike.

    Returns:
        The cube, or None if the points are not every combination of the values.
    """
    coded = [pd.factorize(factors[name]) for name in factors]
    levels = [len(found) for _, found in coded]
    if not levels or prod(levels) != len(values):
        return None
    place = np.ravel_multi_index([codes for codes, _ in coded], levels)
    cube = np.empty((len(values), values.shape[1]))
    cube[place] = values.to_numpy(dtype=float)
    return cube.reshape(*levels, values.shape[1])


def factorial_pieces(cube: Floats, names: Sequence[str], luck: str) -> list[Piece]:
    """Partition a cube into main effects, interactions of two, those of more, and luck.

    Seeds are blocks, for all points share them. What the seeds change in an effect is the noise of this effect: each is
    tested against its own interaction with the blocks, as in a within-subjects design. With one seed nothing is known
    of luck, and no piece has noise.

    Args:
        cube: See `as_cube`.
        names: Factors, in the order of the axes.
        luck: What luck that is common to all points is called.
    """
    block, seeds = cube.ndim - 1, cube.shape[-1]
    effects, noises = [], []
    for size in (1, 2):
        for axes in combinations(range(block), size):
            chosen = tuple(names[axis] for axis in axes)
            freedom = prod(cube.shape[axis] - 1 for axis in axes)
            kind: Kind = "factor" if size == 1 else "interaction"
            effects.append(Piece(" × ".join(chosen), kind, _squares(cube, axes), freedom, factors=chosen))
            noises.append(_luck(_squares(cube, (*axes, block)), freedom * (seeds - 1)))
    if len(names) > 2:
        means = cube.mean(axis=-1, keepdims=True)
        within = cube - means - cube.mean(axis=tuple(range(block)), keepdims=True)
        freedom = prod(cube.shape[:-1]) - 1 - sum(piece.freedom for piece in effects)
        squares = _left(_about_mean(means) * seeds, effects)
        effects.append(Piece(HIGHER, "interaction", squares, freedom, factors=tuple(names)))
        noises.append(_luck(_left(_about_mean(within), noises), freedom * (seeds - 1)))
    if seeds == 1:
        return effects
    first = len(effects) + 1
    common = Piece(luck, "luck", _squares(cube, (block,)), seeds - 1, tuple(range(first, 2 * first - 1)))
    return [*(replace(one, noise=(first + place,)) for place, one in enumerate(effects)), common, *noises]


def _luck(squares: float, freedom: int) -> Piece:
    return Piece("", "luck", squares, freedom, shown=False, random=True)


def _squares(cube: Floats, axes: Collection[int]) -> float:
    """Sum of squares of the effect of some axes together, beyond those of fewer of them."""
    found = cube
    for axis in range(cube.ndim):
        mean = found.mean(axis=axis, keepdims=True)
        found = found - mean if axis in axes else mean
    return float((found**2).sum()) * cube.size / found.size


def _about_mean(cube: Floats) -> float:
    return float(((cube - cube.mean()) ** 2).sum())


def _left(total: float, pieces: Sequence[Piece]) -> float:
    """What the pieces leave of a total; rounding may leave less than nothing."""
    return max(0.0, total - sum(piece.squares for piece in pieces))
