"""What is estimated, on what: parameters with their priors, moments with their tolerances, one run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

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
ESTIMATED_FILE, MOMENT_FILE = "estimated.csv", "moments.csv"
FROZEN_FILE, SCREENED_FILE = "frozen_2021.csv", "screened.csv"
FIRST_MONTH = Month(2018, 1)  # the first year for which Amazon's own deliveries were published
SHIPPERS = 2000  # with fewer the sample of shippers alone moves the volume of USPS by more than its published error
# The luck of bargaining moves every moment after the contract of 2018 by more than most parameters do. The estimation
# runs without it (and all with one seed), and its spread is a part of the tolerance.
WITHOUT_LUCK = {"reservation_belief_sd": 0.0, "breakdown_hazard": 0.0}
LAST_YEARS = (2021, 2024)
_MOMENT_COLUMNS = {
    "series": text(),
    "entity": text(),
    "first_year": number(2015, 2024),
    "last_year": number(2015, 2024),
    "published": number(1e-6),
    "model_error": number(0.0),
    "kind": choice("relative", "absolute"),
    "why": text(),
}
FROZEN_KINDS = ("replaced", "imposed", "unread")
_FROZEN_COLUMNS = {
    "symbol": text(),
    "kind": choice(*FROZEN_KINDS),
    "value": number(required=False),
    "latest_data_year": number(2010, 2021, required=False),
    "basis": text(),
}


@dataclass(frozen=True, slots=True)
class Moments:
    """Observed moments, (J,) each.

    Attributes:
        keys: Series, entity and year.
        value: Observed value.
        published: Error of the figure, as a s.d.
        model_error: How far a good model may be away from the truth, as a s.d.
        luck: Spread of the model between seeds, as a s.d.; 0 until it is measured.
    """

    keys: tuple[Key, ...]
    value: Floats
    published: Floats
    model_error: Floats
    luck: Floats

    @property
    def error(self) -> Floats:
        """What separates the moments from those of a model that is right, as a s.d., (J,)."""
        return np.sqrt(self.published**2 + self.luck**2)

    @property
    def tolerance(self) -> Floats:
        """All that separates the moments from those of the model, as a s.d., (J,)."""
        return np.sqrt(self.error**2 + self.model_error**2)


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
    seen, keys, errors = observations(), [], []
    for row in read_table(MOMENT_FILE, _MOMENT_COLUMNS, key=("series", "entity", "first_year"), folder=folder):
        for year in range(int(row["first_year"]), min(int(row["last_year"]), last_year) + 1):
            key = (str(row["series"]), str(row["entity"]), year)
            if key not in seen:
                continue
            keys.append(key)
            scale = abs(seen[key].value) if row["kind"] == "relative" else 1.0
            errors.append((float(row["published"]) * scale, float(row["model_error"]) * scale))
    values = np.array([_middle(key) for key in keys])
    published, model_error = np.array(errors).T
    return Moments(tuple(keys), values, published, model_error, np.zeros(len(keys)))


def _middle(key: Key) -> float:
    """Observed value; where sources conflict the middle between them."""
    found = observations()[key]
    return (found.low + found.high) / 2


@cache
def frozen(last_year: int) -> dict[str, float]:
    """Parameters that data after `last_year` moved, as they would have been set then; none for 2024."""
    if last_year >= max(LAST_YEARS):
        return {}
    return {str(row["symbol"]): float(row["value"]) for row in _frozen_rows() if row["kind"] == "replaced"}


@cache
def left_later(kind: str) -> dict[str, str]:
    """Rows later than 2021 that the set of 2021 leaves as they are, with the reason.

    Args:
        kind: "imposed" (statutes, and dated prices that only a run with forced events reads) or "unread" (no run up to
            December 2024 reads them).
    """
    return {str(row["symbol"]): str(row["basis"]) for row in _frozen_rows() if row["kind"] == kind}


@cache
def screened() -> list[dict[str, Any]]:
    """Parameters that were looked at: how far they move the moments up to 2021, and why they are estimated or not."""
    folder = resources.files("experiments") / "estimation"
    columns = {"symbol": text(), "effect": number(0.0), "why": text()}
    return read_table(SCREENED_FILE, columns, key=("symbol",), folder=folder)


@cache
def _frozen_rows() -> list[dict[str, Any]]:
    folder = resources.files("experiments") / "estimation"
    return read_table(FROZEN_FILE, _FROZEN_COLUMNS, key=("symbol",), folder=folder)


def scenario_of(values: Floats, last_year: int, luck: bool = False) -> Scenario:
    """The free run of the past with one point of the prior.

    Args:
        values: Parameter values, (D,).
        last_year: Last year whose data is used.
        luck: Whether talks have private luck, as in every other run.
    """
    changes = {
        **frozen(last_year),
        **dict(zip(prior().symbols, map(float, values), strict=True)),
        "start": str(FIRST_MONTH),
        "end": f"{last_year}-12",
        "history_mode": "free_run",
        "n_shippers": SHIPPERS,
        "demand_shock_sd": 0.0,  # the observed totals hold the luck of demand already
        **({} if luck else WITHOUT_LUCK),
    }
    return Scenario.load("baseline").with_changes(changes)


def simulate(task: Task) -> Floats:
    """Moments of one run, (J,); nan where a run has no such figure."""
    figures = run_history(task).figures
    keys = moments(task.scenario.end.year).keys
    return np.array([figures.get(key, np.nan) for key in keys])
