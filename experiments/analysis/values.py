"""The values of an outcome, by point and seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.errors import InputError
from experiments.figures import choose
from experiments.store.reading import SweepResult, open_sweep

Source = SweepResult | str | Path


def opened(source: Source) -> SweepResult:
    """The sweep itself, or the one in a folder."""
    return source if isinstance(source, SweepResult) else open_sweep(source)


def chosen_outcomes(result: SweepResult, outcome: str | Sequence[str] | None) -> list[str]:
    """Outcomes that are asked for by name or pattern; all unless told.

    Raises:
        InputError: A name or pattern fits nothing that the sweep keeps.
    """
    if outcome is None:
        return list(result.outcomes)
    patterns = [outcome] if isinstance(outcome, str) else list(outcome)
    found: dict[str, None] = {}
    problems: list[str] = []
    for pattern in patterns:
        fits = choose(result.outcomes, [pattern])
        if fits:
            found.update(dict.fromkeys(fits))
            continue
        try:
            result.check_outcome(pattern)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return list(found)


def good_runs(result: SweepResult, scenario: str) -> pd.DataFrame:
    """Runs of a scenario that ended well."""
    runs = result.runs
    return runs[(runs["scenario"] == scenario) & (runs["status"] == "done")]


def every_by_point(result: SweepResult, outcome: str, scenario: str) -> pd.DataFrame:
    """Values of an outcome: one row a point, one column a seed; nan where there is none."""
    return good_runs(result, scenario).pivot(index="point", columns="seed", values=outcome)


def by_point(result: SweepResult, outcome: str, scenario: str) -> pd.DataFrame:
    """The same of the points and seeds of which no run is missing, so that all points are seen under the same luck.

    What is nan then is an outcome that a run does not have.
    """
    runs = good_runs(result, scenario)
    ended = complete(runs.assign(ended=1.0).pivot(index="point", columns="seed", values="ended"))
    return every_by_point(result, outcome, scenario).loc[ended.index, ended.columns]


def check_complete(result: SweepResult, scenario: str) -> None:
    """Check that a design lacks nothing.

    Raises:
        InputError: Runs are missing or failed: indices would be silently wrong.
    """
    design: dict[str, Any] = result.manifest.design
    runs = result.runs
    here = runs[runs["scenario"] == scenario]
    wanted = result.manifest.points * int(design["replications"])
    failed = int((here["status"] == "failed").sum())
    problems = []
    if len(here) < wanted:
        problems.append(f"{wanted - len(here):,} of {wanted:,} runs of {scenario} are missing; finish the sweep first")
    if failed:
        problems.append(f"{failed:,} runs of {scenario} failed; mend what failed and sweep with --retry-failed")
    if problems:
        raise InputError([f"{result.folder}: {problem}" for problem in problems])


def runs_without(result: SweepResult, outcomes: Sequence[str], scenario: str) -> dict[str, int]:
    """Number of runs of a scenario that have no figure of an outcome, for outcomes that lack any."""
    lacking = good_runs(result, scenario)[list(outcomes)].isna().sum()
    return {str(name): int(count) for name, count in lacking.items() if count}


def point_factors(result: SweepResult) -> pd.DataFrame:
    """Values of the factors, one row a point."""
    return result.runs.drop_duplicates("point").set_index("point")[list(result.factors)].sort_index()


def complete(values: pd.DataFrame) -> pd.DataFrame:
    """The points and seeds of a table of which nothing is missing, as many of them as there can be.

    Points are compared under the same luck: where a point lacks a seed, a mean over the seeds it has is no mean like
    the others. What lacks most goes first, a point or a seed.

    Args:
        values: One row a point, one column a seed.
    """
    while values.isna().to_numpy().any():
        missing = values.isna()
        by_point, by_seed = missing.mean(axis=1), missing.mean(axis=0)
        if by_seed.max() > by_point.max():
            values = values.loc[:, by_seed < by_seed.max()]
        else:
            values = values.loc[by_point < by_point.max()]
    return values


def luck_share(values: pd.DataFrame) -> float:
    """Share of luck in the variance of a single run; no number with one seed or one point.

    Points share their seeds. What a seed does to all points alike is luck, but no noise in the differences between
    points; what it does to each of them otherwise is both.

    Args:
        values: One row a point, one column a seed; points that lack a seed do not count.
    """
    y = complete(values).to_numpy(dtype=float)
    points, seeds = y.shape
    if points < 2 or seeds < 2:
        return float("nan")
    means, block = y.mean(axis=1), y.mean(axis=0)
    noise = float(((y - means[:, None] - block + y.mean()) ** 2).sum()) / ((points - 1) * (seeds - 1))
    common = max(0.0, float(block.var(ddof=1)) - noise / points)
    between = max(0.0, float(means.var(ddof=1)) - noise / seeds)
    total = between + common + noise
    return (common + noise) / total if total > 0.0 else 0.0


def varies(values: pd.DataFrame) -> bool:
    """Whether an outcome differs between points by more than rounding."""
    means = values.mean(axis=1).to_numpy()
    means = means[np.isfinite(means)]
    return bool(means.size > 1 and np.ptp(means) > 1e-9 * max(1e-300, float(np.abs(means).max())))
