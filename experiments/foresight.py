"""What a scenario leads to, as bands that hold luck, parameters and what the form of the model gets wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.calendar import Month
from experiments.backtest.discrepancy import (
    ABSOLUTE,
    Discrepancy,
    Floats,
    band,
    before,
    estimate,
    missing_spread,
    with_error,
)
from experiments.backtest.stored import stored_hindcast, stored_residuals
from experiments.draws import DrawSet, load_draws
from experiments.figures import split_year
from experiments.intervals import domain_of
from experiments.parties import Roster, party_notes
from experiments.provenance import provenance
from experiments.resolution import coarse_note
from experiments.runs import Progress
from experiments.settings import check_count, check_seeds, gather, overruled, prepare_scenario
from experiments.storage import write_result
from experiments.workers import Task, replicate_all
from model.carriers import load_carriers
from model.scenario import Scenario
from model.zones import build_zone_table

DEFAULT_REPLICATIONS = 16
MAX_REPLICATIONS = 10_000
COLUMNS = ("n", "median", "low50", "high50", "low90", "high90")
BILLION = 1e9
# Outcomes by the figure of the back-test that they are, {} a carrier; where two are named the outcome is their product.
_FIGURES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("{}_volume_parcels", ("volume",), ""),
    ("{}_sold_parcels", ("volume",), ""),
    ("{}_volume_share", ("share",), ""),
    ("{}_revenue_per_parcel_usd", ("revenue_per_parcel",), ""),
    ("usps_revenue_usd", ("package_revenue",), "usps"),
    ("usps_parcel_revenue_usd", ("package_revenue",), "usps"),
    ("{}_revenue_usd", ("volume", "revenue_per_parcel"), ""),
    ("usps_net_income_usd", ("income_without_noncash",), "usps"),
    ("usps_controllable_income_usd", ("income_without_noncash",), "usps"),
    ("amazon_own_share", ("own_share",), "amazon"),
    ("amazon_own_parcels", ("volume",), "amazon"),
    ("amazon_via_usps_parcels", ("usps_share",), "amazon"),
    ("amazon_usps_retained_share", ("usps_share",), "amazon"),
    ("amazon_via_ups_parcels", ("ups_share",), "amazon"),
    ("amazon_usps_price_usd", ("access_price",), "usps"),
)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Outcomes of one scenario with their bands.

    Attributes:
        scenario: What was assumed.
        seed: First seed; the others follow it.
        replications: Seeds.
        draws: Parameter draws that the seeds took; None where all had the scenario's own parameters.
        table: Index outcome; n runs that have it, median, 50 and 90 % band, and what the bands hold ("holds").
        runs: Outcomes of every run, index seed.
        discrepancy: What the form of the model is taken to get wrong.
        warnings: What to keep in mind when reading the table.
    """

    scenario: Scenario
    seed: int
    replications: int
    draws: dict[str, Any] | None = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    runs: pd.DataFrame = field(repr=False)
    discrepancy: Discrepancy = field(repr=False)
    warnings: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """The forecast as `lastmile forecast --json` prints it."""
        rows = self.table.astype(object).where(self.table.notna(), None)
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "replications": self.replications,
            "from": str(self.scenario.start),
            "until": str(self.scenario.end),
            "outcomes": {str(name): dict(row) for name, row in rows.to_dict("index").items()},
            "residuals_to": self.discrepancy.last_year,
            "warnings": list(self.warnings),
            "draws": self.draws,
            "provenance": provenance(self.scenario),
        }

    def save(self, folder: str | Path) -> Path:
        """Write table and runs as parquet and the summary as JSON, all or nothing.

        Raises:
            InputError: The folder is a file or holds something else than an earlier result.
        """
        return write_result(folder, {"table": self.table, "runs": self.runs}, self.summary())


def forecast(
    scenario: str | Path | Scenario = "baseline",
    set: Mapping[str, Any] | None = None,
    draws: str | Path | None = None,
    seed: int = 1,
    from_: str | Month | None = None,
    until: str | Month | None = None,
    replications: int = DEFAULT_REPLICATIONS,
    workers: int | None = None,
    progress: Progress | None = None,
    roster: Roster | None = None,
) -> Forecast:
    """Run a scenario with many seeds and tell what its outcomes are expected to lie between.

    Outcomes of single years that the back-test knows are varied by the errors that past spans had after as many years.
    Bands of all other outcomes hold luck and, with draws, parameters; the table tells which.

    Args:
        scenario: A name of the library, the path of a TOML file, or a scenario.
        set: Levers and parameters to change, by name.
        draws: A stored set of parameter draws by name, or a parquet file: seed s takes draw s. None for the parameters
            as they are.
        seed: First seed.
        from_: First month.
        until: Last month.
        replications: Seeds.
        workers: Processes; one for each processor unless told.
        progress: Called with runs done and runs in all.
        roster: Classes of one's own that decide for parties, or their import paths, by key.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
        experiments.workers.WorkerError: A worker process ended before its run did.
    """
    prepared, drawn = check_forecast(scenario, set, draws, seed, from_, until, replications, roster)
    seeds = range(int(seed), int(seed) + int(replications))
    tasks = [Task(prepared if drawn is None else drawn.scenario(prepared, one - 1), one) for one in seeds]
    found = replicate_all(tasks, workers, progress)
    runs = pd.DataFrame([one.outcomes for one in found], index=pd.Index(seeds, name="seed"), dtype=float)
    discrepancy = estimate(before(stored_residuals(), prepared.start.year))
    notes = [coarse_note([prepared.parameters.n_shippers]), *overruled(scenario, set), *party_notes(prepared)]
    if not stored_hindcast().is_current:
        notes.append("The code or data changed since the back-test whose residuals the bands hold.")
    if drawn is None:
        notes.append("All runs have the same parameters; with --draws the bands hold parameters too.")
    return Forecast(
        scenario=prepared,
        seed=int(seed),
        replications=int(replications),
        draws=None if drawn is None else drawn.describe(),
        table=_table(runs, prepared, discrepancy, drawn is not None),
        runs=runs,
        discrepancy=discrepancy,
        warnings=tuple(filter(None, notes)),
    )


def check_forecast(
    scenario: str | Path | Scenario,
    set: Mapping[str, Any] | None,
    draws: str | Path | None,
    seed: int,
    from_: str | Month | None,
    until: str | Month | None,
    replications: int,
    roster: Roster | None = None,
) -> tuple[Scenario, DrawSet | None]:
    """The scenario of a forecast and its draws; see `forecast`.

    Raises:
        InputError: All problems at once.
    """
    known: list[str] = []
    check_count("replications", replications, 2, MAX_REPLICATIONS, known)
    prepared: Scenario
    drawn: DrawSet | None
    prepared, drawn, _ = gather(
        lambda: prepare_scenario(scenario, set, from_, until, roster=roster),
        lambda: None if draws is None else load_draws(draws),
        lambda: check_seeds(seed, replications if isinstance(replications, int) else 1),
        known=known,
    )
    if drawn is not None:
        drawn.check_free([prepared], set or {})
    return prepared, drawn


def form_error(
    outcome: str, groups: Mapping[str, str], discrepancy: Discrepancy, first_year: int
) -> tuple[str, float, float] | None:
    """Error of an outcome that the form of the model is taken to make.

    Args:
        outcome: Name of the outcome; fiscal years count as the calendar years in which they end.
        groups: What each carrier is counted as in the back-test.
        discrepancy: Errors by figure and year.
        first_year: Year in which the run begins.

    Returns:
        Series that it is an error of, its standard deviation (relative, or bn $) and degrees of freedom; None for an
        outcome of which nothing is known.
    """
    stem, year = split_year(outcome)
    if not year:
        return None
    stem = stem.replace("_fiscal_", "_", 1)
    for pattern, series, entity in _FIGURES:
        match = re.fullmatch(pattern.replace("{}", "(.+)"), stem)
        if match is None:
            continue
        whose = entity or groups.get(match[1], "")
        if not whose:
            return None
        horizon = int(year) - first_year + 1
        spread = math.hypot(*(discrepancy.spread(one, whose, horizon) for one in series))
        return (series[0], spread, min(discrepancy.freedom(one, whose) for one in series)) if spread > 0.0 else None
    return None


def _table(runs: pd.DataFrame, scenario: Scenario, discrepancy: Discrepancy, drawn: bool) -> pd.DataFrame:
    zones = build_zone_table(scenario.parameters)
    carriers = load_carriers(scenario.parameters, zones, scenario.carriers, scenario.shippers)
    groups = dict(zip(carriers.keys, carriers.groups, strict=True))
    held = "luck, parameters" if drawn else "luck"
    rows: dict[str, dict[str, Any]] = {}
    for name in map(str, runs.columns):
        values = runs[name].dropna().to_numpy()
        if not values.size:
            continue
        error = form_error(name, groups, discrepancy, scenario.start.year)
        wide = values if error is None else _varied(values, *error)
        low, high = domain_of(name)
        row = {"n": values.size, "median": float(np.median(values))}
        for share in (50, 90):
            ends = np.clip(band(values, wide, share / 100.0), low, high)
            row |= {f"low{share}": float(ends[0]), f"high{share}": float(ends[1])}
        rows[name] = row | {"holds": held if error is None else f"{held}, form"}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[*COLUMNS, "holds"])
    return table.rename_axis("outcome")


def _varied(values: Floats, series: str, spread: float, freedom: float) -> Floats:
    """Values of an outcome varied by the error of its figure; incomes are in dollars, their errors in bn $."""
    absolute = series in ABSOLUTE
    size = spread * BILLION if absolute else spread
    return with_error(values, missing_spread(values, size, absolute), freedom, absolute)
