"""Tables of what holds the model against the world: start year, past, external tests, estimation, repeated runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from experiments.figures import scale_of
from experiments.spreadsheets.outcomes import Tables, about
from model.words import party_name

if TYPE_CHECKING:
    from experiments.backtest.hindcast import Hindcast
    from experiments.benchmarks.benchmark import Benchmark
    from experiments.benchmarks.profile import RunProfile
    from experiments.benchmarks.reference import Move
    from experiments.estimation.calibrate import Estimation
    from experiments.external.study import ExternalTests
    from experiments.repetition import Rerun
    from experiments.start_fit.calibration import Calibration
    from experiments.start_fit.shipper_numbers import ShipperNumbers


def start_tables(result: Calibration) -> Tables:
    """Modelled beside published figures of the start year."""
    table = result.table
    table["error"] = 100.0 * table["error"]
    return {"start year": table.rename(columns={"error": "error, %"})}


def shipper_tables(result: ShipperNumbers) -> Tables:
    """Outcomes of the same seeds with few and with many shippers."""
    table = result.table.reset_index()
    scale = table["outcome"].map(lambda name: scale_of(name)[0])
    most = f"difference to {result.sizes[0]:,} shippers"
    columns = {
        "mean": "mean",
        "s_e": "standard error",
        "s_d": "standard deviation",
        "difference": most,
        "difference_s_e": f"{most}, standard error",
        "difference_s_d": f"{most}, standard deviation",
    }
    labels = pd.DataFrame([about(str(name)) for name in table["outcome"]])
    figures = pd.DataFrame({told: table[name] / scale for name, told in columns.items()})
    return {"outcomes": pd.concat([labels, table[["shippers"]], figures], axis=1)}


def hindcast_tables(result: Hindcast) -> Tables:
    """The past beside what was observed, errors, patterns, and quarters of USPS where some before 2022 were played."""
    names = {
        "series": "series", "entity": "of whom", "year": "year", "unit": "unit", "observed": "observed",
        "median": "modelled, median", "low50": "50 % band, lower end", "high50": "50 % band, upper end",
        "low90": "90 % band, lower end", "high90": "90 % band, upper end", "persistence": "persistence",
        "drift": "drift",
    }  # fmt: skip
    table = result.table[[*names]].rename(columns=names)
    table["series"] = table["series"].str.replace("_", " ")
    table["of whom"] = table["of whom"].map(party_name)
    scores = [
        [one.name, one.unit, {"in": "up to 2021", "out": "2022 to 2024"}[one.sample], one.model, one.persistence,
         one.drift, one.limit, _answer(one.met)]
        for one in (*result.scores, *result.quarter_scores)
    ]  # fmt: skip
    patterns = [
        [one.name, _answer(one.shown), None if one.share is None else 100.0 * one.share] for one in result.patterns
    ]
    heads = ["error", "unit", "years", "model", "persistence", "drift", "limit", "met"]
    tables = {
        "past": table,
        "errors": pd.DataFrame(scores, columns=heads),
        "patterns": pd.DataFrame(patterns, columns=["pattern", "shown", "share of runs, %"]),
    }
    if result.quarters.empty:
        return tables
    told = {"quarter": "quarter", "observed_low": "observed, lower end", "observed_high": "observed, upper end"}
    quarters = result.quarters.rename(columns=names | told | {"status": "what is observed", "source_id": "source"})
    quarters["series"] = quarters["series"].str.replace("_", " ")
    return {**tables, "USPS by quarter": quarters}


def _answer(value: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[value]


def external_tables(result: ExternalTests) -> Tables:
    """Every figure beside what was published."""
    rows = [
        {
            "test": one.limit.test,
            "outcome": one.limit.outcome,
            "unit": one.limit.unit,
            "published, lower end": one.limit.published_low,
            "published, upper end": one.limit.published_high,
            "modelled": one.value,
            "lowest of the seeds": one.lowest,
            "highest of the seeds": one.highest,
            "limit, lower end": one.limit.low,
            "limit, upper end": one.limit.high,
            "within": "yes" if one.holds else "no",
            "why not": one.reason,
        }
        for one in result.findings
    ]
    return {"external tests": pd.DataFrame(rows)}


def estimation_tables(result: Estimation) -> Tables:
    """Parameters with recovery and posterior, and the fit to the moments."""
    methods = {"emulated": "emulator", "nearest": "nearest runs"}
    names = {"symbol": "parameter", "low": "prior, lower end", "high": "prior, upper end", "default": "default"}
    for method, told in methods.items():
        names |= {
            f"coverage_{method}": f"share found within 80 %, {told}",
            f"sd_ratio_{method}": f"standard deviation over that of the prior, {told}",
            f"coverage_with_error_{method}": f"share found within 80 % with error, {told}",
            f"sd_ratio_with_error_{method}": f"standard deviation over that of the prior with error, {told}",
            f"mean_{method}": f"posterior mean, {told}",
            f"sd_{method}": f"posterior standard deviation, {told}",
        }
    table = result.table().rename(columns={**names, "recovered": "found again"})
    fit = result.fit.rename(columns=lambda name: str(name).replace("_", " "))
    return {"parameters": table, "fit": fit}


def rerun_tables(found: Rerun) -> Tables:
    """What differs between a stored run and the same run of today; one row saying so where nothing does."""
    counts = pd.DataFrame(
        [[found.stored.label, found.compared, len(found.differences), "yes" if found.identical else "no"]],
        columns=["run", "figures compared", "figures that differ", "identical"],
    )
    heads = ["what", "stored", "again", "difference"]
    return {"result": counts, "differences": found.differences[heads].astype(object)}


def reference_tables(moves: Sequence[Move]) -> Tables:
    """Outcomes of the reference runs that are not what they were."""
    rows = [[one.case, one.outcome, one.before, one.now, 100.0 * one.share] for one in moves]
    return {"moved": pd.DataFrame(rows, columns=["run", "outcome", "before", "now", "change, %"])}


def profile_tables(found: RunProfile) -> Tables:
    """Where the time of a run goes."""
    rows = [
        [name, 1000.0 * seconds / found.months, 100.0 * found.share(name)] for name, seconds in found.phases.items()
    ]
    return {"profile": pd.DataFrame(rows, columns=["phase", "milliseconds a month", "share of the run, %"])}


def benchmark_tables(found: Benchmark) -> Tables:
    """What was promised of speed and memory beside what was measured, and where the time of a run goes."""
    goals = [
        [one.meaning, one.found, "at most" if one.at_most else "at least", one.limit, _answer(one.met)]
        for one in found.goals()
    ]
    heads = ["goal", "found", "asked for", "limit", "met"]
    return {"goals": pd.DataFrame(goals, columns=heads), **profile_tables(found.profile)}
