"""What is estimated, on what: parameters with their priors, moments with their tolerances, one run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from experiments.backtest.figures_of_year import Key, run_history
from experiments.backtest.observed import observations
from experiments.workers import Task
from model.parameters import Parameters
from model.scenario import Scenario
from model.tables import choice, number, read_table, text

Floats = NDArray[np.float64]
ESTIMATED_FILE, MOMENT_FILE, FROZEN_FILE = "estimated.csv", "moments.csv", "frozen_2021.csv"
MAX_ESTIMATED = 10
FIRST_MONTH = Month(2016, 1)
SHIPPERS = 400  # moments hardly move with more, runs take longer
LAST_YEARS = (2021, 2024)
_MOMENT_COLUMNS = {
    "series": text(),
    "entity": text(),
    "first_year": number(2015, 2024),
    "last_year": number(2015, 2024),
    "tolerance": number(1e-6),
    "kind": choice("relative", "absolute"),
    "why": text(),
}
_FROZEN_COLUMNS = {
    "symbol": text(),
    "value": number(),
    "latest_data_year": number(2015, 2021, required=False),
    "basis": text(),
}


@dataclass(frozen=True, slots=True)
class Moments:
    """Observed moments, (J,) each.

    Attributes:
        keys: Series, entity and year.
        value: Observed value.
        tolerance: How far a good model may be away: error of the figure and of the model together, as a s.d.
    """

    keys: tuple[Key, ...]
    value: Floats
    tolerance: Floats


@dataclass(frozen=True, slots=True)
class Prior:
    """Independent uniform priors, (D,) each.

    Attributes:
        symbols: Parameters.
        low: Lower ends.
        high: Upper ends.
        default: Values of the parameter table.
        fixed: Parameters of the list that nothing reads yet, so that they cannot be estimated.
    """

    symbols: tuple[str, ...]
    low: Floats
    high: Floats
    default: Floats
    fixed: tuple[str, ...]

    @property
    def sd(self) -> Floats:
        """Standard deviation, (D,)."""
        return np.asarray((self.high - self.low) / np.sqrt(12.0))

    def scaled(self, unit: Floats) -> Floats:
        """Points of the unit cube as parameter values, (..., D)."""
        return np.asarray(self.low + unit * (self.high - self.low))

    def unit(self, values: Floats) -> Floats:
        """Parameter values as points of the unit cube, (..., D)."""
        return np.asarray((values - self.low) / (self.high - self.low))


@cache
def prior() -> Prior:
    """The estimated parameters with the prior ranges of the parameter table."""
    folder = resources.files("experiments") / "estimation"
    listed = [
        str(row["symbol"]) for row in read_table(ESTIMATED_FILE, {"symbol": text(), "why": text()}, folder=folder)
    ]
    table = Parameters.default()
    rows = [table.row(symbol) for symbol in listed if table.row(symbol).settable]
    low, high = (np.array([getattr(row, end) for row in rows], dtype=np.float64) for end in ("low", "high"))
    fixed = tuple(symbol for symbol in listed if not table.row(symbol).settable)
    return Prior(tuple(row.symbol for row in rows), low, high, np.array([row.value for row in rows]), fixed)


@cache
def moments(last_year: int) -> Moments:
    """Observed moments up to a year."""
    folder = resources.files("experiments") / "estimation"
    seen, keys, tolerance = observations(), [], []
    for row in read_table(MOMENT_FILE, _MOMENT_COLUMNS, key=("series", "entity"), folder=folder):
        for year in range(int(row["first_year"]), min(int(row["last_year"]), last_year) + 1):
            key = (str(row["series"]), str(row["entity"]), year)
            if key not in seen:
                continue
            keys.append(key)
            scale = abs(seen[key].value) if row["kind"] == "relative" else 1.0
            tolerance.append(float(row["tolerance"]) * scale)
    values = np.array([_middle(key) for key in keys])
    return Moments(tuple(keys), values, np.array(tolerance))


def _middle(key: Key) -> float:
    """Observed value; where sources conflict the middle between them."""
    found = observations()[key]
    return (found.low + found.high) / 2


@cache
def frozen(last_year: int) -> dict[str, float]:
    """Parameters that data after `last_year` moved, as they would have been set then; none for 2024."""
    if last_year >= max(LAST_YEARS):
        return {}
    folder = resources.files("experiments") / "estimation"
    rows = read_table(FROZEN_FILE, _FROZEN_COLUMNS, key=("symbol",), folder=folder)
    return {str(row["symbol"]): float(row["value"]) for row in rows}


def scenario_of(values: Floats, last_year: int) -> Scenario:
    """The free run of the past with one point of the prior."""
    changes = {
        **frozen(last_year),
        **dict(zip(prior().symbols, map(float, values), strict=True)),
        "start": str(FIRST_MONTH),
        "end": f"{last_year}-12",
        "history_mode": "free_run",
        "n_shippers": SHIPPERS,
        "demand_shock_sd": 0.0,  # the observed totals hold the luck of demand already
    }
    return Scenario.load("baseline").with_changes(changes)


def simulate(task: Task) -> Floats:
    """Moments of one run, (J,); nan where a run has no such figure."""
    figures = run_history(task).figures
    keys = moments(task.scenario.end.year).keys
    return np.array([figures.get(key, np.nan) for key in keys])
