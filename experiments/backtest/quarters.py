"""Packages of USPS by quarter before 2022, observed beside modelled: a test only, on which nothing is estimated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import numpy as np
import pandas as pd

from experiments.backtest.discrepancy import Floats
from experiments.backtest.observed import Observation
from experiments.backtest.scores import Score, judged
from model.tables import Column, DataError, choice, number, read_table, text

QUARTERS_FILE = "usps_quarters.csv"
SERIES = ("package_volume", "package_revenue")
RESIDUAL = "residual"  # the fiscal year less its other quarters
BANDS = {"50": (0.25, 0.75), "90": (0.05, 0.95)}
COLUMNS = (
    "series",
    "quarter",
    "unit",
    "observed",
    "observed_low",
    "observed_high",
    "low90",
    "low50",
    "median",
    "high50",
    "high90",
    "status",
    "source_id",
    "note",
)
WORDS = ("series", "quarter", "unit", "status", "source_id", "note")  # columns that are no measures
_ROUNDING = 0.001  # of a published change, and of the levels that it is compared with
_LABEL = re.compile(r"(\d{4})Q([1-4])")

Quarter = tuple[str, str]  # series and quarter, as in "2019Q2"


def _quarter() -> Column:
    def parse(cell: str) -> str:
        if not _LABEL.fullmatch(cell):
            raise ValueError
        return cell

    return Column(parse, "a calendar quarter such as 2019Q2")


_COLUMNS = {
    "series": choice(*SERIES),
    "quarter": _quarter(),
    "value": number(0.0),
    "low": number(0.0),
    "high": number(0.0),
    "change": number(-1.0, required=False),
    "unit": text(),
    "status": choice("sourced", "derived", RESIDUAL),
    "source_id": text(),
    "note": text(required=False),
}


def year_before(quarter: str) -> str:
    """The same quarter of the year before, "2018Q2" for "2019Q2"."""
    return f"{int(quarter[:4]) - 1}{quarter[4:]}"


def quarters_of(year: int) -> tuple[str, ...]:
    """The four quarters of a calendar year."""
    return tuple(f"{year}Q{number}" for number in range(1, 5))


@cache
def quarter_observations() -> dict[Quarter, Observation]:
    """Published and derived figures by series and quarter: volume in bn pieces, revenue in bn $.

    Raises:
        model.tables.DataError: The file is wrong.
    """
    return {key: seen for key, (seen, _, _) in read_quarters().items()}


@cache
def read_quarters(folder: Traversable | None = None) -> dict[Quarter, tuple[Observation, str, str]]:
    """Read the file of quarters.

    Args:
        folder: Where it is; beside this module unless told.

    Returns:
        Observation, unit and status ("sourced", "derived", "residual") by series and quarter.

    Raises:
        model.tables.DataError: The file is wrong: a cell, a value outside its own range, a quarter that is missing
            between others, or a level that a published change on the year before does not bear out.
    """
    place = folder or resources.files("experiments") / "backtest"
    found: dict[Quarter, tuple[Observation, str, str]] = {}
    rows = read_table(QUARTERS_FILE, _COLUMNS, key=("series", "quarter"), folder=place)
    for row in rows:
        value, low, high = (float(row[name]) for name in ("value", "low", "high"))
        if not low <= value <= high:
            told = f"{row['series']} of {row['quarter']}"
            raise DataError(f"{QUARTERS_FILE}, {told}: {value:g} is not between low {low:g} and high {high:g}")
        seen = Observation(value, low, high, str(row["source_id"]), str(row["note"] or ""))
        found[row["series"], row["quarter"]] = (seen, str(row["unit"]), str(row["status"]))
    for series in dict.fromkeys(row["series"] for row in rows):
        here = sorted(quarter for one, quarter in found if one == series)
        all_ = [one for year in range(int(here[0][:4]), int(here[-1][:4]) + 1) for one in quarters_of(year)]
        if missing := [one for one in all_ if here[0] < one < here[-1] and one not in here]:
            raise DataError(f"{QUARTERS_FILE}, {series}: no value for {', '.join(missing)}")
    for row in rows:
        if row["change"] is not None:
            _check_change(found, row["series"], row["quarter"], float(row["change"]))
    return found


def _check_change(
    found: Mapping[Quarter, tuple[Observation, str, str]], series: str, quarter: str, change: float
) -> None:
    before = found.get((series, year_before(quarter)))
    if before is None:
        raise DataError(f"{QUARTERS_FILE}, {series} of {quarter}: a change, but no value for {year_before(quarter)}")
    level = found[series, quarter][0].value / before[0].value - 1.0
    if abs(level - change) > _ROUNDING:
        raise DataError(
            f"{QUARTERS_FILE}, {series} of {quarter}: the levels make a change of {level:.3f}, {change:g} was published"
        )


def quarter_table(runs: Mapping[Quarter, Floats]) -> pd.DataFrame:
    """Quarters that were observed and modelled, one row each, with `COLUMNS`; bands hold luck and parameters.

    Args:
        runs: Modelled values by series and quarter, one per run.
    """
    rows = []
    for (series, quarter), (seen, unit, status) in read_quarters().items():
        values = runs.get((series, quarter))
        if values is None:
            continue
        ends = {
            f"{end}{name}": float(np.quantile(values, level))
            for name, levels in BANDS.items()
            for end, level in zip(("low", "high"), levels, strict=True)
        }
        rows.append(
            {
                "series": series,
                "quarter": quarter,
                "unit": unit,
                "observed": seen.value,
                "observed_low": seen.low,
                "observed_high": seen.high,
                "median": float(np.median(values)),
                **ends,
                "status": status,
                "source_id": seen.source_id,
                "note": seen.note,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def quarter_scores(runs: Mapping[Quarter, Floats]) -> tuple[Score, ...]:
    """Errors of the quarters, of which volume has limits.

    Args:
        runs: Modelled values by series and quarter, one per run.

    Returns:
        Mean absolute error of the change on the year before, of volume and of revenue, beside that of a forecast of no
        change; and the largest absolute error of the share of October to December in the volume of a calendar year.
        Fewer of a span without such quarters.
    """
    change, share = "quarter_change_error", "fourth_quarter_share_error"
    seen = {key: np.array([one.value]) for key, one in quarter_observations().items()}
    found = []
    for name, series, measure in (
        (change, "package_volume", _change),
        ("quarter_revenue_change_error", "package_revenue", _change),
        (share, "package_volume", _fourth_quarter_share),
    ):
        pairs = [
            (float(np.median(modelled)), float(observed[0]))
            for one, quarter in sorted(seen)
            if one == series
            and (modelled := measure(runs, series, quarter)) is not None
            and (observed := measure(seen, series, quarter)) is not None
        ]
        if not pairs:
            continue
        errors = [abs(modelled - observed) for modelled, observed in pairs]
        if name == share:
            found.append(judged(Score("in", name, "share", max(errors))))
        else:
            no_change = float(np.mean([abs(observed) for _, observed in pairs]))
            found.append(judged(Score("in", name, "share", float(np.mean(errors)), no_change)))
    return tuple(found)


def _change(values: Mapping[Quarter, Floats], series: str, quarter: str) -> Floats | None:
    now, then = values.get((series, quarter)), values.get((series, year_before(quarter)))
    return None if now is None or then is None else now / then - 1.0


def _fourth_quarter_share(values: Mapping[Quarter, Floats], series: str, quarter: str) -> Floats | None:
    quarters = [(series, one) for one in quarters_of(int(quarter[:4]))]
    if quarters[-1] != (series, quarter) or not all(one in values for one in quarters):
        return None
    share: Floats = values[quarters[-1]] / np.sum([values[one] for one in quarters], axis=0)
    return share
