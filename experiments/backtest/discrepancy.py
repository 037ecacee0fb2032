"""What the form of the model gets wrong: residuals of past spans, carried forward to a forecast.

A run with the right parameters and the right luck would still miss what was observed (Kennedy and O'Hagan 2001). How
far is known from free runs of the past. A span starts from published figures, so its error is zero at the start; a
mechanism that is missing then adds to it year by year, and what the model shares with the world (demand, prices, rules)
pulls it back. That is an autoregression of the first order: with `persistence` p and a step s a year, the error after h
years has the standard deviation s sqrt(1 + p^2 + ... + p^(2h - 2)). One is a random walk, zero an error that forgets at
once; the residuals decide, all figures together. Spans that are nine years long are not further off than those of
three, so a random walk alone would be too wide for long spans.

Few years are known of each figure. Its step is therefore drawn towards that of its series, and that of the series
towards the median of all, as far as `PRIOR_YEARS` years of data would; and the error of a forecast has Student's t
distribution, with as many degrees of freedom as years are behind its step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Figure = tuple[str, str]  # series and entity

ABSOLUTE = ("income_without_noncash",)  # changes sign, so its error is in its unit and not relative
LIKE = {"share": "volume"}  # a market share is off as a volume is: the total is given
GIVEN = frozenset({("volume", "total"), ("volume_shipped", "amazon")})  # observed and put into the runs
PARTS = frozenset({"mail_revenue", "expense_without_noncash"})  # of the income of USPS, whose error holds theirs
PRIOR_YEARS = 4.0  # of data that the step of a series counts for beside those of one figure
FEWEST_STEPS = 10.0  # below it nothing tells that errors come back: a random walk, which is widest
PERSISTENCES = np.linspace(0.0, 1.0, 21)
ONE_SD = (0.1587, 0.8413)  # quantiles of a normal distribution one standard deviation from its middle
NODES = 81  # errors by which each run is varied: the middles of as many equal parts of their distribution


@dataclass(frozen=True, slots=True)
class Residual:
    """How far one figure of one span is from what was observed.

    Attributes:
        span: Name of the span.
        series: Its series.
        entity: Whose.
        year: Calendar year.
        horizon: Years from the start of the span to the end of this one, 1 in its first.
        value: Log of observed over modelled; observed less modelled for series in `ABSOLUTE`.
    """

    span: str
    series: str
    entity: str
    year: int
    horizon: int
    value: float


@dataclass(frozen=True)
class Discrepancy:
    """Errors of the form of the model that a forecast is to expect.

    Attributes:
        last_year: Last year whose residuals it knows; None where it knows none.
        persistence: Part of an error that is still there a year later.
        steps: What comes to the error of a figure in a year, standard deviation; relative, or in the unit of the figure
            for series in `ABSOLUTE`.
        by_series: The same of a figure of which nothing is known, by series.
        usual: The same, relative, of a series of which nothing is known.
        years: Distinct years behind the step of a figure.
    """

    last_year: int | None = None
    persistence: float = 1.0
    steps: Mapping[Figure, float] = field(default_factory=dict)
    by_series: Mapping[str, float] = field(default_factory=dict)
    usual: float = 0.0
    years: Mapping[Figure, int] = field(default_factory=dict)

    def spread(self, series: str, entity: str, horizon: int) -> float:
        """Standard deviation of the error after some years, 0 where nothing is known of such figures.

        Args:
            series: As in the tables of the back-test.
            entity: Whose.
            horizon: Years from the start to the end of the year that is forecast, 1 or more.
        """
        alike = LIKE.get(series, series)
        if horizon < 1 or (alike, entity) in GIVEN:
            return 0.0
        unknown = self.by_series.get(alike, 0.0 if alike in ABSOLUTE else self.usual)
        step = self.steps.get((alike, entity), unknown)
        return step * math.sqrt(growth(self.persistence, horizon))

    def freedom(self, series: str, entity: str) -> float:
        """Degrees of freedom of the error."""
        return PRIOR_YEARS + self.years.get((LIKE.get(series, series), entity), 0)


def growth(persistence: float, years: float) -> float:
    """Variance of an error after some years over that of the step of one year."""
    if persistence == 1.0:
        return float(years)
    squared = persistence**2
    return float((1.0 - squared**years) / (1.0 - squared))


def residuals(span: str, first_year: int, table: pd.DataFrame) -> list[Residual]:
    """Residuals of one back-test.

    Shares of the market are left out, which say the same as volumes, and so are parts of the income of USPS and what is
    given to the runs. What the
    model has none of or what was not published has no residual.

    Args:
        span: Its name.
        first_year: Year of its first month.
        table: With columns series, entity, year, observed and median, as in `Hindcast.table`.
    """
    found = []
    for row in table.to_dict("records"):
        series, entity, year = str(row["series"]), str(row["entity"]), int(row["year"])
        observed, modelled = float(row["observed"]), float(row["median"])
        known = math.isfinite(observed) and math.isfinite(modelled)
        if not known or series in LIKE or series in PARTS or (series, entity) in GIVEN:
            continue
        if series in ABSOLUTE:
            value = observed - modelled
        elif observed > 0.0 and modelled > 0.0:
            value = math.log(observed / modelled)
        else:
            continue
        found.append(Residual(span, series, entity, year, year - first_year + 1, value))
    return found


def estimate(known: Iterable[Residual]) -> Discrepancy:
    """Estimate persistence and steps by maximum likelihood of what came to each error since it was last seen.

    Spans that share a year share its observation and most of their error: together they count as one year.

    Args:
        known: Residuals, those of other spans and years than the forecast's; see `before`.
    """
    listed = sorted(known, key=lambda one: (one.span, one.series, one.entity, one.year))
    if not listed:
        return Discrepancy()
    figures = list(dict.fromkeys((one.series, one.entity) for one in listed))
    number = {figure: i for i, figure in enumerate(figures)}
    spans: dict[tuple[Figure, int], int] = {}
    for one in listed:
        key = ((one.series, one.entity), one.year)
        spans[key] = spans.get(key, 0) + 1
    rows = []
    seen: dict[tuple[str, Figure], tuple[int, float]] = {}
    for one in listed:
        figure = (one.series, one.entity)
        years, value = seen.get((one.span, figure), (0, 0.0))
        rows.append((number[figure], one.horizon - years, value, one.value, 1.0 / spans[figure, one.year]))
        seen[one.span, figure] = (one.horizon, one.value)
    steps = _Steps(figures, np.array(rows, dtype=float))
    persistence = 1.0 if steps.weight.sum() < FEWEST_STEPS else max(PERSISTENCES, key=steps.likelihood)
    variance, by_series, usual = steps.variances(float(persistence))
    return Discrepancy(
        last_year=max(one.year for one in listed),
        persistence=float(persistence),
        steps={figure: math.sqrt(variance[i]) for i, figure in enumerate(figures)},
        by_series={series: math.sqrt(value) for series, value in by_series.items()},
        usual=math.sqrt(usual),
        years={figure: round(float(steps.counts[i])) for i, figure in enumerate(figures)},
    )


def before(known: Iterable[Residual], first_year: int) -> list[Residual]:
    """Residuals that were known when a span began: those of the years before it."""
    return [one for one in known if one.year < first_year]


class _Steps:
    """What came to the errors, with its likelihood.

    Args:
        figures: Which there are, (F,).
        rows: Number of the figure, years since the error was last seen, the error then (0 at the start of a span),
            the error now, and what the step counts, (N, 5).
    """

    def __init__(self, figures: list[Figure], rows: Floats) -> None:
        self.figures = figures
        self.figure = rows[:, 0].astype(int)
        self.gap, self.then, self.now, self.weight = rows[:, 1:].T
        self.counts: Floats = np.bincount(self.figure, self.weight, len(figures))

    def _squares(self, persistence: float) -> tuple[Floats, Floats]:
        """Squares of the steps over their variance in steps of one year, and that variance, both (N,)."""
        scale = np.array([growth(persistence, gap) for gap in self.gap])
        return (self.now - persistence**self.gap * self.then) ** 2 / scale, scale

    def variances(self, persistence: float) -> tuple[Floats, dict[str, float], float]:
        """Variances of the steps of one year, (F,), those of the series, and the usual one of relative errors."""
        squares, _ = self._squares(persistence)
        own = np.bincount(self.figure, self.weight * squares, len(self.figures))
        mean = own / self.counts
        relative = [i for i, (series, _) in enumerate(self.figures) if series not in ABSOLUTE]
        # The median: figures that the model cannot follow at all tell nothing of the others.
        usual = float(np.median(mean[relative])) if relative else 0.0
        by_series, variance = {}, np.empty(len(self.figures))
        for series in dict.fromkeys(series for series, _ in self.figures):
            here = [i for i, (one, _) in enumerate(self.figures) if one == series]
            middle, count = float(np.median(mean[here])), float(self.counts[here].sum())
            prior = middle if series in ABSOLUTE else usual
            by_series[series] = (PRIOR_YEARS * prior + count * middle) / (PRIOR_YEARS + count)
            variance[here] = (PRIOR_YEARS * by_series[series] + own[here]) / (PRIOR_YEARS + self.counts[here])
        return variance, by_series, usual

    def likelihood(self, persistence: float) -> float:
        """Log likelihood with the variances that go with a persistence, without constants."""
        squares, scale = self._squares(persistence)
        variance = self.variances(persistence)[0][self.figure]
        known = variance > 0.0
        logs = np.log(variance[known] * scale[known]) + squares[known] / variance[known]
        return -0.5 * float((self.weight[known] * logs).sum())


def missing_spread(values: Floats, size: float, absolute: bool = False) -> float:
    """What has to be added to the spread of runs so that it is as wide as past errors were; 0 where it is already.

    A residual is the error of a whole forecast: the luck of the world and what is wrong with the parameters are in it,
    and added to them it would count both twice.

    Args:
        values: One per run, (R,).
        size: Standard deviation of past errors.
        absolute: Whether it is in the unit of the values instead of relative.
    """
    if not absolute and (values <= 0.0).any():
        return size  # no relative spread
    low, high = np.quantile(values if absolute else np.log(values), ONE_SD)
    own = (high - low) / 2.0
    return math.sqrt(max(0.0, size * size - own * own))


def with_error(
    values: Floats, spread: float, freedom: float = math.inf, absolute: bool = False, most: float = math.inf
) -> Floats:
    """Runs of a figure as a forecast: each varied by errors that fill their distribution evenly.

    Args:
        values: One per run, (R,).
        spread: Standard deviation of the error in the sense of a normal distribution; 0 changes nothing.
        freedom: Degrees of freedom of Student's t.
        absolute: Whether the error is in the unit of the values instead of relative.
        most: Largest value that there can be; what is beyond counts as this, which changes no quantile below.

    Returns:
        (R,) without error, else (NODES * R,).
    """
    if spread <= 0.0:
        return values
    middles = (np.arange(NODES) + 0.5) / NODES
    errors = spread * stdtrit(min(freedom, 1e6), middles)[:, None]
    varied: Floats = values + errors if absolute else values * np.exp(errors)
    return np.minimum(varied, most).ravel()


def band(values: Floats, forecast: Floats, share: float) -> tuple[float, float]:
    """Central band of a forecast, and no narrower than that of its runs alone.

    Args:
        values: The runs.
        forecast: The same with errors; see `with_error`.
        share: What the band holds, for example 0.9.
    """
    ends = ((1.0 - share) / 2.0, (1.0 + share) / 2.0)
    low, high = np.quantile(values, ends)
    wide_low, wide_high = np.quantile(forecast, ends)
    return float(min(low, wide_low)), float(max(high, wide_high))
