"""Run the past and hold it against what happened."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.calendar import Month
from experiments.backtest.discrepancy import Discrepancy, Floats, Residual, band, before, estimate
from experiments.backtest.figures_of_year import Key, run_history
from experiments.backtest.naive import KINDS, LAST_KNOWN_YEAR, naive_figure
from experiments.backtest.observed import observations
from experiments.backtest.patterns import Pattern, patterns
from experiments.backtest.predictive import forecasts
from experiments.backtest.quarters import quarter_scores, quarter_table
from experiments.backtest.scores import Coverage, Score, coverages, scores
from experiments.backtest.stored import stored_residuals
from experiments.draws import DrawSet, load_draws
from experiments.errors import InputError
from experiments.provenance import provenance
from experiments.runs import Progress
from experiments.settings import check_count, check_seeds, gather, prepare_scenario
from experiments.workers import Task, work_all
from model.scenario import Scenario

MODES = {"forced": "forced_events", "free": "free_run"}
SCENARIO = "baseline"
FIRST, LAST = "2019-01", "2024-12"
BANDS = {"50": 0.5, "90": 0.9}
LAYERS = ("luck and parameters", "and the error of the fit", "and the form of the model")
MAX_REPLICATIONS = 10_000
UNITS = {
    "volume": "bn parcels",
    "volume_shipped": "bn parcels",
    "package_volume": "bn pieces",
    "share": "share",
    "revenue_per_parcel": "$ per parcel",
    "access_price": "$ per parcel",
    "attributable_cost": "$ per parcel",
    "package_revenue": "bn $",
    "mail_revenue": "bn $",
    "expense_without_noncash": "bn $",
    "income_without_noncash": "bn $",
}


@dataclass(frozen=True, eq=False)
class Hindcast:
    """A run of the past beside what was observed.

    Attributes:
        scenario: What was assumed.
        mode: "forced" or "free".
        draws: Name of the parameter draws, None for the default parameters.
        last_year: Last year whose data the draws use, None where they do not say or there are none.
        replications: Runs.
        seed: Seed of the first.
        years: Calendar years that were played in full.
        table: One row per series, entity and year: unit, observed (nan where nothing was published) with low and high
            where sources conflict, the modelled median with its 50 and 90 % bands (luck, with draws the parameters, and
            what the form of the model gets wrong), and the naive forecasts.
        scores: Errors, beside those of the naive forecasts and the limits.
        patterns: What the runs show.
        provenance: Where the result comes from.
        coverage: How many observations the bands hold, by what they are made of (`LAYERS`).
        discrepancy: What the bands take the form of the model to get wrong: residuals of the years before the first.
        spread: Values by series, entity and year, one per run.
        residual: Error of the fit of the draws by figure and series; empty without draws.
        quarters: Packages of USPS by quarter before 2022 beside what was observed, see `quarter_table`; a test only.
        quarter_scores: Their errors; empty for a span without such quarters.
    """

    scenario: Scenario
    mode: str
    draws: str | None
    last_year: int | None
    replications: int
    seed: int
    years: tuple[int, ...]
    table: pd.DataFrame = field(repr=False)
    scores: tuple[Score, ...] = field(repr=False)
    patterns: tuple[Pattern, ...] = field(repr=False)
    provenance: dict[str, Any] = field(repr=False)
    coverage: tuple[Coverage, ...] = field(default=(), repr=False)
    discrepancy: Discrepancy = field(default_factory=Discrepancy, repr=False)
    spread: Mapping[Key, Floats] = field(default_factory=dict, repr=False)
    residual: Mapping[str, float] = field(default_factory=dict, repr=False)
    quarters: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    quarter_scores: tuple[Score, ...] = field(default=(), repr=False)

    def with_form(self, known: Sequence[Residual]) -> Hindcast:
        """The same runs with bands that hold what the form of the model gets wrong.

        Args:
            known: Residuals of past spans; those of years before the first one are used, which were known then.
        """
        first = self.scenario.start.year
        discrepancy = estimate(before(known, first))
        fitted = forecasts(self.spread, self.residual)
        forecast = forecasts(self.spread, self.residual, discrepancy, first)
        return replace(
            self,
            table=_table(self.spread, forecast),
            scores=scores(self.spread, self.years, forecast),
            coverage=coverages(self.spread, self.years, dict(zip(LAYERS, (None, fitted, forecast), strict=True))),
            discrepancy=discrepancy,
        )

    @property
    def given(self) -> str:
        """Which parameters it had and what they know of the years that are compared."""
        if self.draws is None:
            return "Default parameters, which data up to 2025 has shaped: 2022 to 2024 are in sample."
        if self.last_year is None:
            return f"Parameter draws `{self.draws}`; they do not say which years they know."
        if self.last_year > LAST_KNOWN_YEAR:
            return f"Parameter draws `{self.draws}`, estimated on data up to {self.last_year}: all years are in sample."
        return f"Parameter draws `{self.draws}`: estimated on data up to {self.last_year}, with no row later than that."

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile hindcast --json` prints it."""
        rows, quarters = (table.astype(object).where(table.notna(), None) for table in (self.table, self.quarters))
        return {
            "from": str(self.scenario.start),
            "to": str(self.scenario.end),
            "mode": self.mode,
            "draws": self.draws,
            "given": self.given,
            "replications": self.replications,
            "seed": self.seed,
            "rows": rows.to_dict("records"),
            "errors": [_plain(asdict(score)) for score in self.scores],
            "coverage": [_plain(asdict(one)) for one in self.coverage],
            "patterns": [asdict(pattern) for pattern in self.patterns],
            "quarters": quarters.to_dict("records"),
            "quarter_errors": [_plain(asdict(score)) for score in self.quarter_scores],
            "provenance": self.provenance,
        }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}


def hindcast(
    from_: str | Month = FIRST,
    to: str | Month = LAST,
    mode: str = "free",
    replications: int = 20,
    set: Mapping[str, Any] | None = None,
    draws: str | Path | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    known: Sequence[Residual] | None = None,
) -> Hindcast:
    """Run the past many times and compare it with what was observed.

    Args:
        from_: First month, from 2016-01 on.
        to: Last month; years after 2024 have no observed figures.
        mode: "forced" imposes dated contracts, prices and decisions; "free" only demand, inflation and statutes.
        replications: Runs; each has its own seed, and its own parameters where there are draws.
        set: Parameters to change.
        draws: A stored set of parameter draws by name, or a parquet file; None for the default parameters.
        seed: Seed of the first run.
        workers: Processes; one per processor unless told.
        progress: Called with runs done and runs in all.
        known: Residuals of past spans, from which the bands take what the form of the model gets wrong; those of the
            back-tests that come with the package unless told.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
    """
    prepared, drawn = prepare_hindcast(from_, to, mode, replications, set, draws, seed)
    tasks = [Task(prepared if drawn is None else drawn.scenario(prepared, i), seed + i) for i in range(replications)]
    runs = work_all(run_history, tasks, workers, progress)
    years = tuple(sorted({year for _, _, year in runs[0].figures}))
    quarters = _arrays([run.quarters for run in runs])
    played = Hindcast(
        scenario=prepared,
        mode=mode,
        draws=None if drawn is None else drawn.name,
        last_year=None if drawn is None else drawn.manifest.get("last_year"),
        replications=replications,
        seed=seed,
        years=years,
        table=pd.DataFrame(),
        scores=(),
        patterns=patterns(runs, years),
        provenance=provenance(prepared),
        spread=_arrays([run.figures for run in runs]),
        residual={} if drawn is None else drawn.manifest.get("residual_error", {}),
        quarters=quarter_table(quarters),
        quarter_scores=quarter_scores(quarters),
    )
    return played.with_form(stored_residuals() if known is None else known)


def prepare_hindcast(
    from_: str | Month,
    to: str | Month,
    mode: str,
    replications: int,
    set: Mapping[str, Any] | None,
    draws: str | Path | None,
    seed: int,
) -> tuple[Scenario, DrawSet | None]:
    """Check what was asked for; see `hindcast`.

    Raises:
        InputError: All problems at once.
    """
    known: list[str] = []
    if mode not in MODES:
        known.append(f"mode: {mode!r} is not allowed; it must be {' or '.join(MODES)}")
    if "history_mode" in (set or {}):
        known.append("set: history_mode cannot be set here, mode chooses it")
    check_count("replications", replications, 1, MAX_REPLICATIONS, known)
    changes = {**(set or {}), "history_mode": MODES.get(mode, "free_run")}
    checks: tuple[Callable[[], Any], ...] = (
        lambda: prepare_scenario(SCENARIO, changes, from_, to),
        lambda: None if draws is None else load_draws(draws),
        lambda: check_seeds(seed, replications if isinstance(replications, int) else 1),
    )
    prepared, drawn, _ = gather(*checks, known=known)
    if drawn is not None:
        drawn.check_free([prepared], set or {})
    if prepared.n_months < 12 + (-(prepared.start.month - 1)) % 12:
        raise InputError(f"from {prepared.start} to {prepared.end}: there is no full calendar year to compare")
    return prepared, drawn


def _arrays[K](runs: Sequence[Mapping[K, float]]) -> dict[K, Floats]:
    keys = dict.fromkeys(key for run in runs for key in run)
    return {key: np.array([run[key] for run in runs if key in run]) for key in keys}


def _table(spread: Mapping[Key, np.ndarray], forecast: Mapping[Key, np.ndarray]) -> pd.DataFrame:
    seen, rows = observations(), []
    for key, values in sorted(spread.items()):
        series, entity, year = key
        observed = seen.get(key)
        bands = {name: band(values, forecast[key], share) for name, share in BANDS.items()}
        quantiles = {
            "low90": bands["90"][0],
            "low50": bands["50"][0],
            "median": float(np.median(values)),
            "high50": bands["50"][1],
            "high90": bands["90"][1],
        }
        naive = {kind: naive_figure(kind, series, entity, year) for kind in KINDS}
        rows.append(
            {
                "series": series,
                "entity": entity,
                "year": year,
                "unit": UNITS.get(series, "share"),
                "observed": math.nan if observed is None else observed.value,
                "observed_low": math.nan if observed is None else observed.low,
                "observed_high": math.nan if observed is None else observed.high,
                **quantiles,
                **{kind: math.nan if value is None else value for kind, value in naive.items()},
                "source_id": "" if observed is None else observed.source_id,
            }
        )
    return pd.DataFrame(rows)
