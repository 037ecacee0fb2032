"""Estimate the free parameters on the past: design, history matching, a second wave, recovery, posterior."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import qmc

from experiments.backtest.predictive import residual_errors
from experiments.errors import InputError
from experiments.estimation.inference import (
    Emulator,
    Posterior,
    emulated_posterior,
    nearest_runs,
    not_ruled_out,
    shrunk_covariance,
)
from experiments.estimation.neural import NeuralCheck, check_installed, neural_check
from experiments.estimation.problem import (
    FIRST_MONTH,
    LAST_YEARS,
    SHIPPERS,
    Moments,
    Prior,
    frozen,
    left_later,
    moments,
    prior,
    scenario_of,
    simulate,
)
from experiments.estimation.recovery import Recovery, recover
from experiments.estimation.store import RunStore
from experiments.provenance import code_checksum, commit
from experiments.runs import Progress
from experiments.settings import check_count, check_seeds, gather
from experiments.storage import dump_json, write_text
from experiments.workers import Task, work_all
from model.data_years import latest_data_year
from model.history import read_history
from model.history.fitting import fitted_symbols
from model.parameters import Parameters
from model.whole_file import whole_file

Floats = NDArray[np.float64]
BATCH = 60  # runs that are lost at most when it is interrupted
MIN_RUNS, MAX_RUNS = 60, 100_000
CANDIDATES, DRAWS, CHECKS, TRIALS, ACCEPT = 10_000, 200, 16, 100, 0.3
LUCK = 16  # runs with the default parameters that differ in their luck alone
METHODS = ("emulated", "nearest")
DATED_PRICES = "list_increase_"  # a run with forced events has the increases that came


@dataclass(frozen=True, eq=False)
class Estimation:
    """An estimation on the past.

    Attributes:
        name: "frozen-2021" or "frozen-2024", by the last year whose data it uses.
        last_year: That year.
        prior: What was estimated, with the prior.
        moments: On what.
        recovery: By method, how well known parameters are found again from moments without error.
        recovery_with_error: Likewise from moments with published error and luck.
        posterior: By method, weighted points of the unit cube.
        kept: Share of the prior that history matching leaves.
        draws: One row per draw; the recovered parameters only.
        fit: By moment: observed, tolerance, at the default parameters, and at the posterior (median of real runs).
        manifest: Where the draws come from.
        neural: What a neural posterior says on the same runs; None where it was not asked for.
    """

    name: str
    last_year: int
    prior: Prior
    moments: Moments
    recovery: dict[str, tuple[Recovery, ...]]
    recovery_with_error: dict[str, tuple[Recovery, ...]]
    posterior: dict[str, Posterior] = field(repr=False)
    kept: float
    draws: pd.DataFrame = field(repr=False)
    fit: pd.DataFrame = field(repr=False)
    manifest: dict[str, Any] = field(repr=False)
    neural: NeuralCheck | None = field(default=None, repr=False)

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
            rows[f"coverage_with_error_{method}"] = [row.coverage for row in self.recovery_with_error[method]]
            rows[f"sd_ratio_with_error_{method}"] = [row.sd_ratio for row in self.recovery_with_error[method]]
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
            "recovery_with_error": {m: [asdict(row) for row in rows] for m, rows in self.recovery_with_error.items()},
            "kept_by_history_matching": self.kept,
            "fit": fit.to_dict("records"),
            "neural": None if self.neural is None else [asdict(row) for row in self.neural.recovery],
            "manifest": self.manifest,
        }


def check_calibration(last_year: object, runs: object, seed: object, neural: bool = False) -> None:
    """Check what was asked for.

    Raises:
        InputError: All problems at once.
    """
    problems: list[str] = []
    if last_year not in LAST_YEARS:
        problems.append(f"last-year: {last_year!r} is not allowed; it must be {' or '.join(map(str, LAST_YEARS))}")
    check_count("runs", runs, MIN_RUNS, MAX_RUNS, problems)
    gather(lambda: check_seeds(seed), *((check_installed,) if neural else ()), known=problems)


def calibrate(
    out: str | Path,
    last_year: int = 2021,
    runs: int = 400,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    neural: bool = False,
) -> Estimation:
    """Estimate the free parameters; a second call with the same folder goes on where the first ended.

    Args:
        out: Folder for the runs and the posterior.
        last_year: Last year whose data is used, 2021 or 2024.
        runs: Runs over the prior; the second wave, within what history matching leaves, has half as many.
        seed: Seed of the design and of the runs.
        workers: Processes; one per processor unless told.
        progress: Called with runs done and runs in all.
        neural: Whether a neural posterior is learned from the same runs, too; it needs the extra `sbi`.

    Raises:
        InputError: What was asked for is not possible.
    """
    check_calibration(last_year, runs, seed, neural)
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
    second = runs // 2
    plan = _Plan(store, space, target, last_year, runs, seed, workers, progress or (lambda done, total: None))
    plan.total = LUCK + runs + second + CHECKS
    rng = np.random.default_rng([seed, 1])
    candidates = rng.random((CANDIDATES, len(space.symbols)))
    at_default = plan.run("luck", np.repeat(space.unit(space.default)[None], LUCK, axis=0), luck=True)[1]
    spread = at_default - at_default.mean(axis=0)
    target = replace(target, luck=at_default.std(axis=0, ddof=1))
    error = np.diag(target.published**2) + shrunk_covariance(spread)
    tolerance = error + np.diag(target.model_error**2)
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
        "emulated": emulated_posterior(emulator, target.value, tolerance, len(space.symbols), rng),
        "nearest": nearest_runs(points, values, target.value, tolerance, ACCEPT, rng, weight),
    }
    trials = rng.choice(runs, size=min(TRIALS, runs), replace=False)
    recovery, with_error = (
        {method: recover(space.symbols, points, values, ACCEPT, trials, method, noise) for method in METHODS}
        for noise in (None, error)
    )
    plan.target = target
    found = _finish(plan, posterior, (recovery, with_error), kept, rng, _fit_table(target, at_default))
    if not neural:
        return found
    check = neural_check(space.symbols, runs, points, values, target.value, error, tolerance, seed)
    return replace(found, neural=check)


def _fit_table(target: Moments, at_default: Floats) -> pd.DataFrame:
    """Moments beside what the default parameters give (median of runs with luck)."""
    columns = {name: [key[place] for key in target.keys] for place, name in enumerate(("series", "entity", "year"))}
    measures = {"observed": target.value, "luck": target.luck, "tolerance": target.tolerance}
    return pd.DataFrame({**columns, **measures, "default": np.median(at_default, axis=0)})


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

    def run(self, wave: str, points: Floats, keep: bool = False, luck: bool = False) -> tuple[Floats, Floats]:
        """Run points of the unit cube, (N, D); what the store holds already is not run again.

        Args:
            wave: Name of the wave in the store.
            points: What to run.
            keep: Whether a stored point stands for the one asked for even if it differs from it.
            luck: Whether each run has its own luck; else all have the same, so that parameters alone move the moments.

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
            scenarios = [scenario_of(self.space.scaled(points[i]), self.last_year, luck) for i in batch]
            tasks = [Task(s, self.seed + int(i) * luck) for s, i in zip(scenarios, batch, strict=True)]
            values[batch] = work_all(simulate, tasks, self.workers, self._report)
            self.done += len(batch)
            self.store.save(wave, self.space.symbols, batch, points[batch], values[batch])
        if not np.isfinite(values).all():
            raise InputError(f"out: some runs of wave {wave!r} lack a moment; the estimation cannot use them")
        return points, values


def _finish(
    plan: _Plan,
    posterior: dict[str, Posterior],
    recovery: tuple[dict[str, tuple[Recovery, ...]], dict[str, tuple[Recovery, ...]]],
    kept: float,
    rng: np.random.Generator,
    fit: pd.DataFrame,
) -> Estimation:
    """Draw, check the draws by real runs, write the set."""
    space, target, last_year = plan.space, plan.target, plan.last_year
    found = [row.recovered for row in recovery[0][METHODS[0]]]
    drawn = np.where(found, posterior[METHODS[0]].draw(DRAWS, rng), space.unit(space.default))
    fit["posterior"] = np.median(plan.run("check", drawn[:CHECKS], luck=True)[1], axis=0)
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
        "forced_runs_leave_out": [symbol for symbol in fixed if symbol.startswith(DATED_PRICES)],
        "later_rows": later_rows(last_year, fixed, symbols),
        "later_rows_imposed": left_later("imposed") if last_year == min(LAST_YEARS) else {},
        "later_rows_unread": left_later("unread") if last_year == min(LAST_YEARS) else {},
        "later_start_figures": later_start_figures(last_year),
        "kept_by_history_matching": kept,
        "residual_error": residual_errors(fit),
        "code_checksum": code_checksum(),
        "commit": commit(),
    }
    result = Estimation(name, last_year, space, target, *recovery, posterior, kept, draws, fit, manifest)
    with whole_file(plan.store.folder / f"{name}.parquet") as draft:
        draws.to_parquet(draft)
    write_text(plan.store.folder / f"{name}.json", dump_json(manifest))
    return result


def later_rows(last_year: int, fixed: dict[str, float], estimated: list[str]) -> dict[str, int]:
    """Rows that still use data after the last year and move a run up to 2024: symbol to year.

    Rows that the start replaces by figures of its own year, statutes, and rows that no such run reads are not among
    them.
    """
    found = {}
    left = {**left_later("imposed"), **left_later("unread")} if last_year == min(LAST_YEARS) else {}
    covered = fitted_symbols() | fixed.keys() | left.keys() | set(estimated)
    for row in Parameters.default().rows():
        year = latest_data_year(row)
        off = row.note.startswith("on: ")  # a rule that is off moves no run; its note says what it is when it is on
        if row.settable and not off and year is not None and year > last_year and row.symbol not in covered:
            found[row.symbol] = year
    return found


def later_start_figures(last_year: int) -> dict[str, int]:
    """Figures of the start year `last_year` itself that use later data, for example a restated total."""
    figures = {series: rows[last_year].latest_data_year for series, rows in read_history().figures.items()}
    return {series: year for series, year in figures.items() if year > last_year}


def root_mean_square(fit: pd.DataFrame, column: str) -> float:
    """Mean distance from the observed moments in tolerances."""
    return math.sqrt(float((((fit[column] - fit["observed"]) / fit["tolerance"]) ** 2).mean()))
