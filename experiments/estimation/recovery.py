"""Whether the method finds known parameters again: runs of the design stand in for the observed past, one at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.estimation.inference import Emulator, emulated_posterior, nearest_runs

Floats = NDArray[np.float64]
INTERVAL = 0.8
MAX_SD_RATIO = 0.7
MIN_COVERAGE = 0.7  # of the 80 % intervals, with room for chance in a few dozen trials


@dataclass(frozen=True, slots=True)
class Recovery:
    """How well one parameter is found again.

    Attributes:
        symbol: The parameter.
        coverage: Share of trials in which the truth lies in the 80 % interval.
        sd_ratio: Median posterior s.d. over the prior's.
        recovered: Whether both are good enough, so that it is estimated and not fixed.
    """

    symbol: str
    coverage: float
    sd_ratio: float
    recovered: bool


def recover(
    symbols: tuple[str, ...],
    points: Floats,
    values: Floats,
    accept: float,
    trials: NDArray[np.int64],
    method: str,
    error: Floats | None = None,
) -> tuple[Recovery, ...]:
    """Leave one run out, treat its moments as observed, estimate its parameters from the others.

    On synthetic data the model itself is not wrong: the tolerance is what the emulator leaves open and, where it is
    given, the error with which moments are observed.

    Args:
        symbols: Parameters, D.
        points: Points of the unit cube that were run, (N, D).
        values: Their moments, (N, J).
        accept: Share of runs that is accepted.
        trials: Indices of the runs that stand in for the past.
        method: "nearest" or "emulated".
        error: Covariance of the error that is added to what is observed and that the posterior allows for, (J, J);
            None for moments observed without error.
    """
    inside, ratio = [], []
    sd = 1.0 / np.sqrt(12.0)
    shapes = Emulator.fit(points, values).shapes
    noise = np.zeros((values.shape[1],) * 2) if error is None else error
    for trial in trials:
        others = np.arange(len(points)) != trial
        emulator = Emulator.fit(points[others], values[others], shapes)
        rng = np.random.default_rng(int(trial))
        seen = values[trial] + rng.multivariate_normal(np.zeros(len(noise)), noise)
        if method == "nearest":
            tolerance = emulator.covariance + noise
            posterior = nearest_runs(points[others], values[others], seen, tolerance, accept, rng)
        else:
            posterior = emulated_posterior(emulator, seen, noise, points.shape[1], rng)
        tail = (1.0 - INTERVAL) / 2
        low, high = posterior.quantile(tail), posterior.quantile(1.0 - tail)
        inside.append((low <= points[trial]) & (points[trial] <= high))
        ratio.append(posterior.sd / sd)
    coverage, spread = np.mean(inside, axis=0), np.median(ratio, axis=0)
    return judged(symbols, coverage, spread)


def judged(symbols: tuple[str, ...], coverage: Floats, spread: Floats) -> tuple[Recovery, ...]:
    """Which parameters count as recovered.

    Args:
        symbols: Parameters, D.
        coverage: Share of trials in which the truth lies in the interval, (D,).
        spread: Posterior s.d. over the prior's, (D,).
    """
    return tuple(
        Recovery(symbol, float(c), float(r), bool(c >= MIN_COVERAGE and r <= MAX_SD_RATIO))
        for symbol, c, r in zip(symbols, coverage, spread, strict=True)
    )
