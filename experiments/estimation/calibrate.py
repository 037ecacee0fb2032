"""Estimate the free parameters on the past: design, history matching, a second wave, recovery, posterior."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import qmc

from experiments.errors import InputError
from experiments.estimation.inference import Emulator, Posterior, emulated_posterior, nearest_runs, not_ruled_out
from experiments.estimation.problem import (
    FIRST_MONTH,
    LAST_YEARS,
    SHIPPERS,
    Moments,
    Prior,
    frozen,
    moments,
    prior,
    scenario_of,
    simulate,
)
from experiments.estimation.recovery import Recovery, recover
from experiments.estimation.store import RunStore
from experiments.provenance import code_checksum, commit
from experiments.runs import Progress
from experiments.settings import check_count, check_seeds
from experiments.storage import dump_json
from experiments.workers import Task, work_all
from model.data_years import latest_data_year
from model.history.fitting import fitted_symbols
from model.parameters import Parameters

Floats = NDArray[np.float64]
BATCH = 60  # runs that are lost at most when it is interrupted
MIN_RUNS, MAX_RUNS = 60, 100_000
CANDIDATES, DRAWS, CHECKS, TRIALS, ACCEPT = 20_000, 200, 24, 40, 0.3
METHODS = ("nearest", "emulated")


@dataclass(frozen=True, eq=False)
class Estimation:
    """An estimation on the past.

    Attributes:
        name: "frozen-2021" or "frozen-2024", by the last year whose data it uses.
        last_year: That year.
        prior: What was estimated, with the prior.
        moments: On what.
        recovery: By method, how well known parameters are found again.
        posterior: By method, weighted points of the unit cube.
        kept: Share of the prior that history matching leaves.
        draws: One row per draw; the recovered parameters only.
        fit: By moment: observed, tolerance, at the default parameters, and at the posterior (median of real runs).
        manifest: Where the draws come from.
    """

    name: str
    last_year: int
    prior: Prior
    moments: Moments
    recovery: dict[str, tuple[Recovery, ...]]
    posterior: dict[str, Posterior] = field(repr=False)
    kept: float
    draws: pd.DataFrame = field(repr=False)
    fit: pd.DataFrame = field(repr=False)
    manifest: dict[str, Any] = field(repr=False)

    @property
    def recovered(self) -> tuple[str, ...]:
        """Parameters that the first method finds again."""
        return tuple(row.symbol for row in self.recovery[METHODS[0]] if row.recovered)

    def table(self) -> pd.DataFrame:
        """One row per parameter: default, prior range, recovery and posterior by method."""
        rows: dict[str, list[Any]] = {"symbol": list(self.prior.symbols), "default": list(self.prior.default)}
        rows |= {"low": list(self.prior.low), "high": list(self.prior.high)}
        for method in METHODS:
            rows[f"coverage_{method}"] = [row.coverage for row in self.recovery[method]]
            rows[f"sd_ratio_{method}"] = [row.sd_ratio for row in self.recovery[method]]
            found = self.posterior[method]
            rows[f"mean_{method}"] = list(self.prior.scaled(found.mean))
            rows[f"sd_{method}"] = list(found.sd * (self.prior.high - self.prior.low))
        rows["recovered"] = [row.recovered for row in self.recovery[METHODS[0]]]
        return pd.DataFrame(rows)

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile calibrate --json` prints it."""
        fit = self.fit.astype(object).where(self.fit.notna(), None)
        return {
            "name": self.name,
            "parameters": self.table().to_dict("records"),
            "recovery": {method: [asdict(row) for row in rows] for method, rows in self.recovery.items()},
            "kept_by_history_matching": self.kept,
            "fit": fit.to_dict("records"),
            "manifest": self.manifest,
        }


def check_calibration(last_year: object, runs: object, seed: object) -> None:
    """Check what was asked for.

    Raises:
        InputError: All problems at once.
    """
    problems: list[str] = []
    if last_year not in LAST_YEARS:
        problems.append(f"last-year: {last_year!r} is not allowed; it must be {' or '.join(map(str, LAST_YEARS))}")
    check_count("runs", runs, MIN_RUNS, MAX_RUNS, problems)
    try:
        check_seeds(seed)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)


def calibrate(
    out: str | Path,
    last_year: int = 2021,
    runs: int = 400,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Estimation:
    """Estimate the free parameters; a second call with the same folder goes on where the first ended.

    Args:
        out: Folder for the runs and the posterior.
        last_year: Last year whose data is used, 2021 or 2024.
        runs: Runs over the prior; the second wave, within what history matching leaves, has half as many.
        seed: Seed of the design and of the runs.
        workers: Processes; one per processor unless told.
        progress: Called with runs done and runs in all.

    Raises:
        InputError: What was asked for is not possible.
    """
    check_calibration(last_year, runs, seed)
    space, target = prior(), moments(last_year)
    settings = {
        "last_year": last_year,
        "runs": runs,
        "seed": seed,
        "model_checksum": code_checksum(("agents", "model")),
        "symbols": list(space.symbols),
        "moments": [" ".join(map(str, key)) for key in target.keys],
        "frozen": frozen(last_year),
    }
    store = RunStore(Path(out), settings)
    second, checks = runs // 2, CHECKS
    plan = _Plan(store, space, target, last_year, runs, seed, workers, progress or (lambda done, total: None))
    plan.total = runs + second + checks + 1
    rng = np.random.default_rng([seed, 1])
    candidates = rng.random((CANDIDATES, len(space.symbols)))
    first = qmc.LatinHypercube(len(space.symbols), seed=np.random.default_rng([seed, 2])).random(runs)
    first, values = plan.run("prior", first)
    emulator = Emulator.fit(first, values)
    left, kept = not_ruled_out(emulator, target.value, target.tolerance, candidates)
    chosen = left[rng.choice(len(left), size=second, replace=len(left) < second)]
    chosen, more = plan.run("matched", chosen, keep=True)
    points, values = np.concatenate([first, chosen]), np.concatenate([values, more])
    emulator = Emulator.fit(points, values)
    weight = _design_weight(emulator, points, target, runs, second, kept)
    posterior = {
        "nearest": nearest_runs(points, values, target.value, target.tolerance, ACCEPT, rng, weight),
        "emulated": emulated_posterior(emulator, target.value, target.tolerance, len(space.symbols), rng),
    }
    trials = rng.choice(runs, size=min(TRIALS, runs), replace=False)
    recovery = {method: recover(space.symbols, points, values, ACCEPT, trials, method) for method in METHODS}
    return _finish(plan, posterior, recovery, kept, rng, checks)


def _design_weight(emulator: Emulator, points: Floats, target: Moments, first: int, second: int, kept: float) -> Floats:
    """Weight that turns the two waves into draws from the uniform prior, (N,)."""
    inside, _ = not_ruled_out(emulator, target.value, target.tolerance, points)
    matched = (points[:, None] == inside[None]).all(axis=2).any(axis=1) if len(inside) else np.zeros(len(points), bool)
    matched[first:] = True
    return np.asarray(1.0 / (first + np.where(matched, second / max(kept, 1e-9), 0.0)))


@dataclass
class _Plan:
    """What the runs of an estimation share."""

    store: RunStore
    space: Prior
    target: Moments
    last_year: int
    runs: int
    seed: int
    workers: int | None
    progress: Progress
    total: int = 0
    done: int = 0

    def _report(self, done: int, _: int) -> None:
        self.progress(self.done + done, self.total)

    def run(self, wave: str, points: Floats, keep: bool = False) -> tuple[Floats, Floats]:
        """Run points of the unit cube, (N, D); what the store holds already is not run again.

        Args:
            wave: Name of the wave in the store.
            points: What to run.
            keep: Whether a stored point stands for the one asked for even if it differs from it.

        Returns:
            The points that were run, (N, D), and their moments, (N, J).
        """
        numbers, stored, found = self.store.load(wave, self.space.symbols, len(self.target.keys))
        if keep:
            points = points.copy()
            points[numbers] = stored
        elif not np.array_equal(points[numbers], stored):
            self.store.forget(wave)
            numbers, found = numbers[:0], found[:0]
        values = np.full((len(points), len(self.target.keys)), np.nan)
        values[numbers] = found
        missing = np.setdiff1d(np.arange(len(points)), numbers)
        self.done += len(points) - len(missing)
        for begin in range(0, len(missing), BATCH):
            batch = missing[begin : begin + BATCH]
            tasks = [Task(scenario_of(self.space.scaled(points[i]), self.last_year), self.seed + int(i)) for i in batch]
            values[batch] = work_all(simulate, tasks, self.workers, self._report)
            self.done += len(batch)
            self.store.save(wave, self.space.symbols, batch, points[batch], values[batch])
        if not np.isfinite(values).all():
            raise InputError(f"out: some runs of wave {wave!r} lack a moment; the estimation cannot use them")
        return points, values


def _finish(
    plan: _Plan,
    posterior: dict[str, Posterior],
    recovery: dict[str, tuple[Recovery, ...]],
    kept: float,
    rng: np.random.Generator,
    checks: int,
) -> Estimation:
    """Draw, check the draws by real runs, write the set."""
    space, target, last_year = plan.space, plan.target, plan.last_year
    found = [row.recovered for row in recovery[METHODS[0]]]
    drawn = np.where(found, posterior[METHODS[0]].draw(DRAWS, rng), space.unit(space.default))
    at_default = plan.run("default", space.unit(space.default)[None])[1][0]
    at_draws = plan.run("check", drawn[:checks])[1]
    fit = pd.DataFrame(
        {
            "series": [key[0] for key in target.keys],
            "entity": [key[1] for key in target.keys],
            "year": [key[2] for key in target.keys],
            "observed": target.value,
            "tolerance": target.tolerance,
            "default": at_default,
            "posterior": np.median(at_draws, axis=0),
        }
    )
    symbols = [symbol for symbol, use in zip(space.symbols, found, strict=True) if use]
    draws = pd.DataFrame(space.scaled(drawn)[:, found], columns=symbols)
    name = f"frozen-{last_year}"
    fixed = {symbol: value for symbol, value in frozen(last_year).items() if symbol not in symbols}
    manifest = {
        "name": name,
        "made_by": f"lastmile calibrate --last-year {last_year} --runs {plan.runs} --seed {plan.seed}",
        "first_month": str(FIRST_MONTH),
        "last_year": last_year,
        "shippers": SHIPPERS,
        "moments": len(target.keys),
        "estimated": symbols,
        "not_recovered_and_fixed": [s for s in space.symbols if s not in symbols],
        "without_mechanism_and_fixed": list(space.fixed),
        "fixed": fixed,
        "later_rows": later_rows(last_year, fixed, symbols),
        "kept_by_history_matching": kept,
        "code_checksum": code_checksum(),
        "commit": commit(),
    }
    result = Estimation(name, last_year, space, target, recovery, posterior, kept, draws, fit, manifest)
    draws.to_parquet(plan.store.folder / f"{name}.parquet")
    (plan.store.folder / f"{name}.json").write_text(dump_json(manifest), encoding="utf-8")
    return result


def later_rows(last_year: int, fixed: dict[str, float], estimated: list[str]) -> dict[str, int]:
    """Rows that still use data after the last year: symbol to year. Rows replaced by the start's own year are not."""
    found = {}
    for row in Parameters.default().rows():
        year = latest_data_year(row)
        replaced = row.symbol in fitted_symbols() or row.symbol in fixed or row.symbol in estimated
        if row.settable and year is not None and year > last_year and not replaced:
            found[row.symbol] = year
    return found


def root_mean_square(fit: pd.DataFrame, column: str) -> float:
    """Mean distance from the observed moments in tolerances."""
    return math.sqrt(float((((fit[column] - fit["observed"]) / fit["tolerance"]) ** 2).mean()))
