"""A check of the estimation by another kind of method: a neural posterior learned from the same runs.

Neural posterior estimation of the package `sbi` (Tejero-Cantero et al. 2020), an extra of this one: a flow learns the
parameters from the moments, without a likelihood and without the emulator.
"""

from __future__ import annotations

import tempfile
from contextlib import chdir
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.errors import InputError
from experiments.estimation.inference import Posterior
from experiments.estimation.recovery import INTERVAL, Recovery, judged

Floats = NDArray[np.float64]
EXTRA = "sbi"
HELD_OUT = 0.2  # share of the runs over the prior that stand in for the past and are not learned from
NOISES, SAMPLES = 10, 2000  # copies of every run, each with another error; draws of a posterior
TRANSFORMS, FEATURES = 3, 24  # a small flow: there are a few hundred runs
EDGE = 1e-6  # how near to an end of its prior a point may come on the logit scale


@dataclass(frozen=True, slots=True, eq=False)
class NeuralCheck:
    """What the neural posterior says.

    Attributes:
        posterior: At the observed moments, with all that separates them from the model.
        recovery: How well known parameters of held-out runs are found again, with published error and luck.
        held_out: Number of these runs.
    """

    posterior: Posterior
    recovery: tuple[Recovery, ...]
    held_out: int


def check_installed() -> None:
    """Whether the package is there.

    Raises:
        InputError: It is not.
    """
    try:
        import sbi.inference  # noqa: F401
    except ImportError as error:
        raise InputError(f"neural: the package {EXTRA} is not installed; install last-mile-market[{EXTRA}]") from error


def neural_check(
    symbols: tuple[str, ...],
    first: int,
    points: Floats,
    values: Floats,
    observed: Floats,
    error: Floats,
    tolerance: Floats,
    seed: int,
) -> NeuralCheck:
    """Learn from the runs, twice: with the errors of an observation, and with all that separates it from the model.

    Args:
        symbols: Parameters, D.
        first: Number of runs over the prior, which come first; held-out ones are among them.
        points: Points of the unit cube that were run, (N, D).
        values: Their moments, (N, J).
        observed: Observed moments, (J,).
        error: Covariance of published error and luck, (J, J).
        tolerance: Covariance of error and of what the form of the model gets wrong, (J, J).
        seed: Seed of the noise and of the training.
    """
    rng = np.random.default_rng([seed, 4])
    trials = rng.choice(first, size=max(1, round(HELD_OUT * first)), replace=False)
    others = np.setdiff1d(np.arange(len(points)), trials)
    flow = _learn(points[others], values[others], error, rng, seed)
    tail, inside, ratio = (1.0 - INTERVAL) / 2, [], []
    for trial in trials:
        found = _sample(flow, values[trial] + rng.multivariate_normal(np.zeros(len(error)), error))
        low, high = found.quantile(tail), found.quantile(1.0 - tail)
        inside.append((low <= points[trial]) & (points[trial] <= high))
        ratio.append(found.sd * np.sqrt(12.0))
    recovery = judged(symbols, np.mean(inside, axis=0), np.median(ratio, axis=0))
    posterior = _sample(_learn(points, values, tolerance, rng, seed), observed)
    return NeuralCheck(posterior, recovery, len(trials))


@dataclass(frozen=True, slots=True, eq=False)
class _Flow:
    """A flow that has learned, and the scale of the moments that it reads, (J,) each."""

    posterior: Any
    centre: Floats
    scale: Floats


def _learn(points: Floats, values: Floats, error: Floats, rng: np.random.Generator, seed: int) -> _Flow:
    """Train on copies of the runs with errors of the size that the observation has."""
    import torch
    from sbi.inference import NPE
    from sbi.neural_nets import posterior_nn

    torch.manual_seed(seed)
    copies = np.repeat(np.arange(len(points)), NOISES)
    seen = values[copies] + rng.multivariate_normal(np.zeros(len(error)), error, size=len(copies))
    centre, scale = seen.mean(axis=0), seen.std(axis=0)
    inner = np.clip(points[copies], EDGE, 1.0 - EDGE)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):  # it writes a log into the folder where it runs
        learner = NPE(
            density_estimator=posterior_nn("maf", hidden_features=FEATURES, num_transforms=TRANSFORMS),
            show_progress_bars=False,
        )
        learner.append_simulations(_tensor(np.log(inner / (1.0 - inner))), _tensor((seen - centre) / scale))
        learner.train()
    return _Flow(learner.build_posterior(), centre, scale)


def _sample(flow: _Flow, observed: Floats) -> Posterior:
    """Draws from the posterior at some moments; on the logit scale none lies outside its prior."""
    drawn = flow.posterior.sample(
        (SAMPLES,), x=_tensor((observed - flow.centre) / flow.scale), show_progress_bars=False
    )
    points = 1.0 / (1.0 + np.exp(-np.asarray(drawn.numpy(), dtype=np.float64)))
    return Posterior(points, np.full(SAMPLES, 1.0 / SAMPLES))


def _tensor(values: Floats) -> Any:
    import torch

    return torch.as_tensor(values, dtype=torch.float32)
