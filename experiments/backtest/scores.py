"""How far a back-test is from what was observed, beside the naive forecasts and the limits written down before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from experiments.backtest.discrepancy import band
from experiments.backtest.naive import ALL, KINDS, LARGE, LAST_KNOWN_YEAR, naive_figure
from experiments.backtest.observed import observations
from model.history.table import LAST_YEAR
from model.tables import choice, number, read_table, text

PRICED = ("usps", "ups", "fedex")  # what Amazon's own deliveries are worth is imputed, so it is no test
SAMPLES = {"in": range(2016, LAST_KNOWN_YEAR + 1), "out": range(LAST_KNOWN_YEAR + 1, LAST_YEAR + 1)}
TARGET_FILE = "targets.csv"
_TARGET_COLUMNS = {
    "target": text(),
    "sample": choice(*SAMPLES),
    "limit": number(0.0),
    "unit": text(),
    "meaning": text(),
}

Figure = Callable[[str, str, int], float | None]
Spread = Mapping[tuple[str, str, int], np.ndarray]


@dataclass(frozen=True, slots=True)
class Score:
    """One error.

    Attributes:
        sample: "in" (up to 2021) or "out" (2022 to 2024).
        name: Which error.
        unit: Its unit.
        model: Of the modelled medians, nan where nothing can be compared.
        persistence: Of the shares of 2021; of quarters, of no change on the year before; nan where it says nothing.
        drift: Of the trend of 2019 to 2021, likewise.
        limit: What was asked for before any run, nan where nothing was.
        met: Whether it is met, None where there is no limit or nothing to compare.
    """

    sample: str
    name: str
    unit: str
    model: float
    persistence: float = math.nan
    drift: float = math.nan
    limit: float = math.nan
    met: bool | None = None


@cache
def targets() -> dict[tuple[str, str], tuple[float, str]]:
    """Limits and units by target and sample.

    Raises:
        model.tables.DataError: The file is wrong.
    """
    folder = resources.files("experiments") / "backtest"
    rows = read_table(TARGET_FILE, _TARGET_COLUMNS, key=("target", "sample"), folder=folder)
    return {(str(row["target"]), str(row["sample"])): (float(row["limit"]), str(row["unit"])) for row in rows}


def scores(runs: Spread, years: Iterable[int], forecast: Spread | None = None) -> tuple[Score, ...]:
    """All errors of a back-test.

    Args:
        runs: Modelled values by series, entity and year, one per replication.
        years: Calendar years that were modelled.
        forecast: What the bands are made of; the runs unless told.
    """

    def model(series: str, group: str, year: int) -> float | None:
        values = runs.get((series, group, year))
        return None if values is None else float(np.median(values))

    found: list[Score] = []
    for sample, span in SAMPLES.items():
        here = [year for year in years if year in span]
        if not here:
            continue
        by_kind = {kind: _naive(kind) for kind in KINDS}
        for name, unit, error in (
            ("volume_error", "share", _relative("volume", LARGE)),
            ("share_error", "points", _share_error),
            ("revenue_per_parcel_error", "share", _relative("revenue_per_parcel", PRICED)),
            ("package_revenue_error", "share", _relative("package_revenue", ("usps",))),
            ("income_error", "bn $", _largest_income_error),
        ):
            persistence, drift = (error(by_kind[kind], here) for kind in KINDS)
            found.append(judged(Score(sample, name, unit, error(model, here), persistence, drift)))
        found.append(judged(Score(sample, "income_sign_right", "share of years", _income_sign(model, here))))
        for share in (0.5, 0.9):
            inside, _ = coverage(runs, here, share, forecast)
            found.append(_judged_coverage(Score(sample, f"band_coverage_{share:.0%}", "share", inside)))
    return tuple(found)


def judged(score: Score) -> Score:
    """A score with its limit and whether it is met, where a limit was written down."""
    limit, _ = targets().get((score.name, score.sample), (math.nan, ""))
    if math.isnan(limit) or math.isnan(score.model):
        return score
    met = score.model <= limit
    if score.sample == "out" and score.name in ("volume_error", "share_error"):
        met = met and score.model < min(score.persistence, score.drift)
    return _with(score, limit, met)


def _judged_coverage(score: Score) -> Score:
    if score.name != "band_coverage_90%" or score.sample != "out" or math.isnan(score.model):
        return score
    low, high = (targets()[f"band_coverage_{end}", "out"][0] for end in ("low", "high"))
    return _with(score, low, low <= score.model <= high)


def _with(score: Score, limit: float, met: bool) -> Score:
    return Score(score.sample, score.name, score.unit, score.model, score.persistence, score.drift, limit, met)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many observations lie within bands.

    Attributes:
        sample: "in" (up to 2021), "out" (2022 to 2024) or "all" years of the span.
        held: What the bands hold, in words.
        figures: Observations that are compared.
        inside50: Share of them inside the central half, nan where there are none.
        inside90: Share of them inside the central 90 %, likewise.
        met: Whether the 90 % band holds as many as it should; None where there are none.
    """

    sample: str
    held: str
    figures: int
    inside50: float
    inside90: float
    met: bool | None


def coverages(runs: Spread, years: Iterable[int], layers: Mapping[str, Spread | None]) -> tuple[Coverage, ...]:
    """Coverage in and out of sample and over the whole span, by what the bands hold.

    Args:
        runs: Modelled values by series, entity and year, one per replication.
        years: Calendar years that were modelled.
        layers: What bands are made of by what they hold; None for the runs alone.
    """
    played = list(years)
    samples = {name: [year for year in played if year in span] for name, span in SAMPLES.items()} | {"all": played}
    low, high = (targets()[f"band_coverage_{end}", "out"][0] for end in ("low", "high"))
    found = []
    for sample, here in samples.items():
        for held, forecast in layers.items():
            if here:
                (half, n), (most, _) = (coverage(runs, here, share, forecast) for share in (0.5, 0.9))
                found.append(Coverage(sample, held, n, half, most, low <= most <= high if n else None))
    return tuple(found)


def coverage(runs: Spread, years: Iterable[int], share: float, forecast: Spread | None = None) -> tuple[float, int]:
    """Share of observations inside the central band, over volume and revenue per parcel, and their number.

    Args:
        runs: Modelled values by series, entity and year, one per replication.
        years: Which.
        share: What the band holds, for example 0.9.
        forecast: What the bands are made of; the runs unless told.
    """
    seen, inside = observations(), []
    for year in years:
        for series, groups in (("volume", ALL), ("revenue_per_parcel", PRICED), ("package_revenue", ("usps",))):
            for group in groups:
                key = (series, group, year)
                if key in runs and key in seen:
                    low, high = band(runs[key], (forecast or runs)[key], share)
                    inside.append(bool(low <= seen[key].value <= high))
    return (float(np.mean(inside)) if inside else math.nan), len(inside)


def _naive(kind: str) -> Figure:
    return lambda series, group, year: naive_figure(kind, series, group, year)


def _pairs(figure: Figure, series: str, groups: Iterable[str], years: Iterable[int]) -> list[tuple[float, float]]:
    seen = observations()
    found = []
    for year in years:
        for group in groups:
            value, observed = figure(series, group, year), seen.get((series, group, year))
            if value is not None and observed is not None:
                found.append((value, observed.value))
    return found


def _relative(series: str, groups: tuple[str, ...]) -> Callable[[Figure, list[int]], float]:
    def error(figure: Figure, years: list[int]) -> float:
        pairs = _pairs(figure, series, groups, years)
        return float(np.mean([abs(value / observed - 1.0) for value, observed in pairs])) if pairs else math.nan

    return error


def _share_error(figure: Figure, years: list[int]) -> float:
    pairs = _pairs(figure, "share", ALL, years)
    return 100.0 * float(np.mean([abs(value - observed) for value, observed in pairs])) if pairs else math.nan


def _largest_income_error(figure: Figure, years: list[int]) -> float:
    pairs = _pairs(figure, "income_without_noncash", ("usps",), years)
    return max((abs(value - observed) for value, observed in pairs), default=math.nan)


def _income_sign(figure: Figure, years: list[int]) -> float:
    pairs = _pairs(figure, "income_without_noncash", ("usps",), years)
    return float(np.mean([(value >= 0.0) == (observed >= 0.0) for value, observed in pairs])) if pairs else math.nan
