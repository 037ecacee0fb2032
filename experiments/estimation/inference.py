"""From runs to a posterior, twice: by implausibility of an emulator, and by the runs that come nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CUT = 3.0  # implausibility beyond which a point is ruled out (Pukelsheim's three-sigma rule)
RANK = 3  # the third largest implausibility counts, so that two odd moments rule nothing out
SLOPE_VARIANCE, CURVE_POWERS = 1000.0, (3, 4, 5)
BEST = 0.01  # error of an emulator at best, as a share of what the moment moves
JITTER = 1e-9
MIN_SD = 1e-9
NOISES = 25  # copies of every run, each with another error of the model
MAX_DIRECTIONS = 12
PARTICLES, MOVES, JUMP, BISECTIONS = 600, 4, 1.5, 30
INSIDE = 1e-4  # how near to an end of its prior an adjusted value may come, as a share of the prior


@dataclass(frozen=True, slots=True)
class Shape:
    """What is expected of the response of a standardised moment besides its slopes.

    Attributes:
        bent: Prior variance of squares and products of the parameters.
        curved: Prior variance of higher powers of single parameters.
        rough: Variance of what is not smooth.
    """

    bent: float
    curved: float
    rough: float


SHAPES = tuple(
    Shape(bent, curved, rough)
    for bent, curved in ((0.1, 0.0), (1.0, 0.0), (1.0, 0.1))
    for rough in (0.001, 0.01, 0.03, 0.1, 0.3, 1.0)
)


@dataclass(frozen=True, slots=True, eq=False)
class Emulator:
    """Response of every moment to the parameters.

    Bayesian regression on polynomials; the shape of every moment is the one that predicts left-out runs best.

    Attributes:
        shapes: Shape of every moment, index into `SHAPES`, (J,).
        weights: Coefficients, (T, J).
        residual: S.d. of its error on runs that it has not seen, luck of the run included, (J,).
        covariance: Of these errors, as a likelihood needs it: what misses one moment misses its neighbours too, and the
            runs are few, (J, J).
    """

    shapes: NDArray[np.int64]
    weights: Floats
    residual: Floats
    covariance: Floats

    @classmethod
    def fit(cls, points: Floats, values: Floats, shapes: NDArray[np.int64] | None = None) -> Emulator:
        """Fit to runs.

        Args:
            points: Points of the unit cube, (N, D).
            values: Moments, (N, J), finite.
            shapes: Shape of every moment where it is known already, (J,); else the best is sought.
        """
        terms, scale = response_terms(points), np.maximum(values.std(axis=0), MIN_SD)
        scaled, n_moments = values / scale, values.shape[1]
        score = np.full(n_moments, np.inf)
        best, weights, errors = (
            np.zeros(n_moments, np.int64),
            np.zeros((terms.shape[1], n_moments)),
            np.zeros_like(values),
        )
        for number, shape in enumerate(SHAPES):
            asked = np.ones(n_moments, dtype=bool) if shapes is None else shapes == number
            if not asked.any():
                continue
            penalty = np.diag(shape.rough / _prior_variance(points.shape[1], shape))
            solver = np.linalg.solve(terms.T @ terms + penalty, terms.T)
            hat = terms @ solver
            missed = (scaled - hat @ scaled) / np.maximum(1.0 - np.diag(hat), JITTER)[:, None]
            found = (missed**2).mean(axis=0)
            better = asked & (found < score)
            score[better], best[better] = found[better], number
            weights[:, better], errors[:, better] = (solver @ scaled)[:, better], missed[:, better]
        covariance = shrunk_covariance(errors * scale) + np.diag((BEST * scale) ** 2)
        return cls(best, weights * scale, np.sqrt(np.diag(covariance)), covariance * overconfidence(*values.shape))

    def predict(self, points: Floats) -> Floats:
        """Moments at points of the unit cube, (N, J)."""
        return np.asarray(response_terms(points) @ self.weights)


def overconfidence(runs: int, n_moments: int) -> float:
    """Factor by which a covariance that was estimated from runs is to be widened before it is inverted.

    The inverse of an estimated covariance overstates precision by (N - 1) / (N - J - 2) on average (Hartlap, Simon and
    Schneider 2007).
    """
    return (runs - 1) / (runs - n_moments - 2) if runs > n_moments + 2 else 1.0


def shrunk_covariance(errors: Floats) -> Floats:
    """Covariance of errors around zero, (J, J), its correlations shrunk by what so few runs leave open.

    Args:
        errors: One row per run, (N, J).
    """
    count, n_moments = errors.shape
    plain = errors.T @ errors / count
    own = np.diag(np.maximum(np.diag(plain), MIN_SD**2))
    part = n_moments / (n_moments + count)
    return np.asarray((1.0 - part) * plain + part * own)


def response_terms(points: Floats) -> Floats:
    """1, every coordinate, every square and product, and Legendre polynomials of every coordinate, (N, T)."""
    centred = points - 0.5
    first, second = np.triu_indices(points.shape[1])
    products = centred[:, first] * centred[:, second]
    curves = [legendre(2.0 * centred, power) for power in CURVE_POWERS]
    return np.concatenate([np.ones((len(points), 1)), centred, products, *curves], axis=1)


def legendre(values: Floats, power: int) -> Floats:
    """Legendre polynomial of a power, (N, D)."""
    return np.asarray(np.polynomial.legendre.legval(values, [0.0] * power + [1.0]), dtype=np.float64)


def _prior_variance(dimensions: int, shape: Shape) -> Floats:
    """Prior variance of every coefficient, (T,)."""
    bends = dimensions * (dimensions + 1) // 2
    curves = np.full(dimensions * len(CURVE_POWERS), max(shape.curved, JITTER))
    return np.concatenate([np.full(1 + dimensions, SLOPE_VARIANCE), np.full(bends, shape.bent), curves])


def _as_covariance(error: Floats) -> Floats:
    """A covariance as it is, standard deviations as one without correlation, (J, J)."""
    return np.asarray(np.diag(error**2) if error.ndim == 1 else error, dtype=np.float64)


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
    rng: np.random.Generator,
    prior_weight: Floats | None = None,
) -> Posterior:
    """Approximate Bayesian computation: the runs that come nearest, moved by local linear regression.

    Every run stands for what would be observed if the model were right up to its tolerance: copies of it get errors of
    that size (Wilkinson 2013), so that moments which no run can meet do not drive the regression beyond the runs. Then
    Beaumont, Zhang and Balding (2002): Epanechnikov weights, parameters on a logit scale so that the adjusted ones stay
    within their priors.

    Args:
        points: Points of the unit cube that were run, (N, D).
        values: Their moments, (N, J).
        observed: Moments to meet, (J,).
        tolerance: S.d. by moment, (J,), or the covariance, (J, J).
        accept: Share of the copies that is accepted.
        rng: Draws the errors.
        prior_weight: Weight that makes the design uniform over the prior, (N,).
    """
    copies = np.repeat(np.arange(len(points)), NOISES)
    root = np.linalg.cholesky(_as_covariance(tolerance))
    scaled = np.linalg.solve(root, (values - observed).T).T[copies]
    scaled = scaled + rng.standard_normal(scaled.shape)
    distance = np.sqrt((scaled**2).mean(axis=1))
    count = max(points.shape[1] + 2, round(accept * len(copies)))
    order = np.argsort(distance, kind="stable")[:count]
    weight = 1.0 - (distance[order] / (distance[order[-1]] * (1.0 + JITTER))) ** 2
    if prior_weight is not None:
        weight = weight * prior_weight[copies[order]]
    weight = weight / weight.sum()
    inner = np.clip(points[copies[order]], INSIDE, 1.0 - INSIDE)
    logit = np.log(inner / (1.0 - inner))
    side = np.sqrt(weight)[:, None]
    _, size, right = np.linalg.svd(scaled[order] * side, full_matrices=False)
    directions = scaled[order] @ right[: min(len(size), MAX_DIRECTIONS)].T
    design = np.concatenate([np.ones((count, 1)), directions], axis=1)
    slope = np.linalg.lstsq(design * side, logit * side, rcond=1e-8)[0]
    adjusted = logit - directions @ slope[1:]
    return Posterior(1.0 / (1.0 + np.exp(-np.clip(adjusted, -30.0, 30.0))), weight)


def emulated_posterior(
    emulator: Emulator, observed: Floats, tolerance: Floats, dimensions: int, rng: np.random.Generator
) -> Posterior:
    """Posterior under the Gaussian likelihood of the emulated moments, by sequential Monte Carlo from the prior.

    Args:
        emulator: Of the runs.
        observed: Moments, (J,).
        tolerance: S.d. of what separates the moments from the model, (J,), or the covariance, (J, J).
        dimensions: Number of parameters.
        rng: Draws the particles.
    """
    root = np.linalg.cholesky(_as_covariance(tolerance) + emulator.covariance)

    def fit(points: Floats) -> Floats:
        gap = np.linalg.solve(root, (emulator.predict(points) - observed).T)
        return np.asarray(-0.5 * (gap**2).sum(axis=0))

    points = rng.random((PARTICLES, dimensions))
    likelihood, reached = fit(points), 0.0
    while reached < 1.0:
        step = _next_step(likelihood, 1.0 - reached)
        reached += step
        weight = np.exp(step * (likelihood - likelihood.max()))
        chosen = rng.choice(PARTICLES, size=PARTICLES, p=weight / weight.sum())
        points, likelihood = points[chosen], likelihood[chosen]
        spread = np.linalg.cholesky(np.cov(points.T).reshape(dimensions, dimensions) + JITTER * np.eye(dimensions))
        for _ in range(MOVES):
            moved = points + JUMP / np.sqrt(dimensions) * rng.standard_normal(points.shape) @ spread.T
            inside = ((moved >= 0.0) & (moved <= 1.0)).all(axis=1)
            other = fit(moved)
            accept = inside & (np.log(rng.random(PARTICLES)) < reached * (other - likelihood))
            points, likelihood = np.where(accept[:, None], moved, points), np.where(accept, other, likelihood)
    return Posterior(points, np.full(PARTICLES, 1.0 / PARTICLES))


def _next_step(likelihood: Floats, most: float) -> float:
    """Largest step of the temper that leaves half of the particles effective."""

    def effective(step: float) -> float:
        weight = np.exp(step * (likelihood - likelihood.max()))
        return float(weight.sum() ** 2 / (weight**2).sum())

    if effective(most) >= PARTICLES / 2:
        return most
    low, high = 0.0, most
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if effective(middle) >= PARTICLES / 2 else (low, middle)
    return high
