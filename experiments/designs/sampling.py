"""Samples of the unit cube, one row a point; the libraries do the sampling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MORRIS_LEVELS = 4


def latin_hypercube(dimensions: int, points: int, seed: int) -> Floats:
    """A Latin hypercube, (points, dimensions)."""
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(dimensions, rng=np.random.default_rng(seed)).random(points))


def saltelli(names: Sequence[str], base: int, seed: int) -> Floats:
    """Saltelli's scheme over a scrambled Sobol sequence, (base x (dimensions + 2), dimensions).

    Args:
        names: Factors.
        base: Base samples, a power of two.
        seed: Seed of the scrambling.
    """
    from SALib.sample import sobol

    return np.asarray(sobol.sample(unit_problem(names), base, calc_second_order=False, seed=seed))


def morris(names: Sequence[str], trajectories: int, seed: int) -> Floats:
    """Morris trajectories on four levels, (trajectories x (dimensions + 1), dimensions)."""
    from SALib.sample import morris as sampler

    return np.asarray(sampler.sample(unit_problem(names), trajectories, num_levels=MORRIS_LEVELS, seed=seed))


def unit_problem(names: Sequence[str]) -> dict[str, Any]:
    """What SALib wants to know of the factors: indices do not depend on the scale of a uniform factor."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
