"""From runs to a posterior, twice: by implausibility of an emulator, and by the runs that come nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CUT = 3.0  # implausibility beyond which a point is ruled out (Pukelsheim's three-sigma rule)
RANK = 3  # the third largest implausibility counts, so that two odd moments rule nothing out
RIDGE = 1e-6
MIN_VARIANCE = 1e-12
INSIDE = 1e-4  # how near to an end of its prior an adjusted value may come, as a share of the prior


@dataclass(frozen=True, slots=True)
class Emulator:
    """Quadratic response of every moment to the parameters.

    Attributes:
        weights: Coefficients, (T, J).
        residual: S.d. of what it does not explain, luck of the run included, (J,).
    """

    weights: Floats
    residual: Floats

    @classmethod
    def fit(cls, points: Floats, values: Floats) -> Emulator:
        """Fit by least squares.

        Args:
            points: Points of the unit cube, (N, D).
            values: Moments, (N, J), finite.
        """
        terms = quadratic_terms(points)
        gram = terms.T @ terms + RIDGE * np.eye(terms.shape[1])
        weights = np.linalg.solve(gram, terms.T @ values)
        spare = max(1, len(points) - terms.shape[1])
        residual = np.sqrt(((values - terms @ weights) ** 2).sum(axis=0) / spare)
        return cls(weights, np.maximum(residual, MIN_VARIANCE))

    def predict(self, points: Floats) -> Floats:
        """Moments at points of the unit cube, (N, J)."""
        return np.asarray(quadratic_terms(points) @ self.weights)


def quadratic_terms(points: Floats) -> Floats:
    """1, every coordinate, every square and product, (N, T)."""
    centred = points - 0.5
    first, second = np.triu_indices(points.shape[1])
    products = centred[:, first] * centred[:, second]
    return np.concatenate([np.ones((len(points), 1)), centred, products], axis=1)


def implausibility(emulator: Emulator, points: Floats, observed: Floats, tolerance: Floats) -> Floats:
    """How many s.d. the worst moments are away, the worst two left out, (N,)."""
    distance = np.abs(emulator.predict(points) - observed) / np.sqrt(tolerance**2 + emulator.residual**2)
    rank = min(RANK, distance.shape[1])
    return np.asarray(np.sort(distance, axis=1)[:, -rank])


def not_ruled_out(emulator: Emulator, observed: Floats, tolerance: Floats, candidates: Floats) -> tuple[Floats, float]:
    """Candidates that history matching leaves, and their share; the best tenth where it would leave none.

    Args:
        emulator: Of the runs so far.
        observed: Moments, (J,).
        tolerance: S.d., (J,).
        candidates: Points of the unit cube, uniform, (N, D).
    """
    score = implausibility(emulator, candidates, observed, tolerance)
    kept = score <= CUT
    if not kept.any():
        kept = score <= np.quantile(score, 0.1)
    return candidates[kept], float(kept.mean())


@dataclass(frozen=True, slots=True)
class Posterior:
    """Weighted points of the unit cube.

    Attributes:
        points: (N, D).
        weight: Adding up to 1, (N,).
    """

    points: Floats
    weight: Floats

    @property
    def mean(self) -> Floats:
        """Weighted mean, (D,)."""
        return np.asarray(self.weight @ self.points)

    @property
    def sd(self) -> Floats:
        """Weighted s.d., (D,)."""
        return np.sqrt(self.weight @ (self.points - self.mean) ** 2)

    def quantile(self, share: float) -> Floats:
        """Weighted quantile of every coordinate, (D,)."""
        found = []
        for column in self.points.T:
            order = np.argsort(column, kind="stable")
            reached = np.cumsum(self.weight[order])
            found.append(column[order][min(np.searchsorted(reached, share), len(order) - 1)])
        return np.array(found)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Draw points by weight, (count, D)."""
        return np.asarray(self.points[rng.choice(len(self.points), size=count, p=self.weight)])


def nearest_runs(
    points: Floats,
    values: Floats,
    observed: Floats,
    tolerance: Floats,
    accept: float,
    prior_weight: Floats | None = None,
) -> Posterior:
    """Approximate Bayesian computation: the runs that come nearest, moved by local linear regression.

    Beaumont, Zhang and Balding (2002): Epanechnikov weights, parameters on a logit scale so that the adjusted ones stay
    within their priors.

    Args:
        points: Points of the unit cube that were run, (N, D).
        values: Their moments, (N, J).
        observed: Moments to meet, (J,).
        tolerance: S.d. by moment, (J,).
        accept: Share of the runs that is accepted.
        prior_weight: Weight that makes the design uniform over the prior, (N,).
    """
    scaled = (values - observed) / tolerance
    distance = np.sqrt((scaled**2).mean(axis=1))
    count = max(points.shape[1] + 2, round(accept * len(points)))
    order = np.argsort(distance, kind="stable")[:count]
    width = distance[order[-1]] * (1.0 + 1e-9)
    weight = 1.0 - (distance[order] / width) ** 2
    if prior_weight is not None:
        weight = weight * prior_weight[order]
    weight = weight / weight.sum()
    inner = np.clip(points[order], INSIDE, 1.0 - INSIDE)
    logit = np.log(inner / (1.0 - inner))
    # Few runs and many moments: the regression is on the main directions of what the accepted runs differ in.
    _, size, right = np.linalg.svd(scaled[order] * np.sqrt(weight)[:, None], full_matrices=False)
    keep = min(len(size), max(1, count // 5))
    directions = scaled[order] @ right[:keep].T
    design = np.concatenate([np.ones((count, 1)), directions], axis=1)
    root = np.sqrt(weight)[:, None]
    slope = np.linalg.lstsq(design * root, logit * root, rcond=1e-8)[0]
    adjusted = logit - directions @ slope[1:]
    return Posterior(1.0 / (1.0 + np.exp(-np.clip(adjusted, -30.0, 30.0))), weight)


def emulated_posterior(emulator: Emulator, observed: Floats, tolerance: Floats, candidates: Floats) -> Posterior:
    """Candidates weighted by the Gaussian likelihood of their emulated moments.

    Args:
        emulator: Of the runs.
        observed: Moments, (J,).
        tolerance: S.d., (J,).
        candidates: Uniform points of the unit cube, (N, D).
    """
    variance = tolerance**2 + emulator.residual**2
    fit = -0.5 * ((emulator.predict(candidates) - observed) ** 2 / variance).sum(axis=1)
    weight = np.exp(fit - fit.max())
    return Posterior(candidates, weight / weight.sum())
