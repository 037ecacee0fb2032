"""Yearly figures of the past, and their values between the middles of the years."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from agents.calendar import MONTHS_PER_YEAR, Month
from model.tables import DataError, choice, number, read_table, text

HISTORY_FILE = "start_years.csv"
FIRST_YEAR, LAST_YEAR = 2015, 2024
FIRST_START = Month(FIRST_YEAR + 1, 1)
_MIDDLE = 0.5
_COLUMNS = {
    "series": text(),
    "year": number(FIRST_YEAR, LAST_YEAR),
    "value": number(),
    "unit": text(),
    "status": choice("sourced", "derived", "estimate"),
    "source_id": text(),
    "latest_data_year": number(FIRST_YEAR, LAST_YEAR),
    "note": text(required=False),
}


@dataclass(frozen=True, slots=True)
class YearFigure:
    """One figure of one year.

    Attributes:
        value: Its value, mean or total of the year (a fiscal year of USPS counts as the calendar year).
        unit: Its unit.
        status: "sourced", "derived" or "estimate".
        source_id: Where it was published, or what an estimate leans on.
        latest_data_year: Latest year whose data the figure uses.
        note: Remark, may be empty.
    """

    value: float
    unit: str
    status: str
    source_id: str
    latest_data_year: int
    note: str


@dataclass(frozen=True, slots=True)
class History:
    """All yearly figures of the past.

    Attributes:
        figures: By series and year; every series has every year from `FIRST_YEAR` to `LAST_YEAR`.
    """

    figures: Mapping[str, Mapping[int, YearFigure]]

    def value(self, series: str, year: int) -> float:
        """Value of a series in a year."""
        return self.figures[series][year].value

    def at(self, series: str, time: float) -> float:
        """Value at a moment, even growth between the middles of two years.

        A series with a value that is not positive moves evenly instead. Beyond the first and last middle the growth of
        the nearest two years goes on.

        Args:
            series: Name of the series.
            time: Calendar year with its fraction; 2019.5 is the middle of 2019, where the value is that of the year.
        """
        earlier = min(max(math.floor(time - _MIDDLE), FIRST_YEAR), LAST_YEAR - 1)
        part = time - _MIDDLE - earlier
        low, high = self.value(series, earlier), self.value(series, earlier + 1)
        if low > 0.0 and high > 0.0:
            return float(low * (high / low) ** part) if part else low
        return low + (high - low) * part


def middle_of(month: Month) -> float:
    """The middle of a month as a calendar year with its fraction."""
    return month.year + (month.month - _MIDDLE) / MONTHS_PER_YEAR


def base_time(start: Month) -> float:
    """The middle of the twelve months before a start, which the start's accounts describe."""
    return start.year + (start.month - 1) / MONTHS_PER_YEAR - _MIDDLE


@cache
def read_history() -> History:
    """Read the yearly figures.

    Raises:
        model.tables.DataError: The file is wrong, or a series lacks a year.
    """
    found: dict[str, dict[int, YearFigure]] = {}
    for row in read_table(HISTORY_FILE, _COLUMNS, key=("series", "year")):
        figure = YearFigure(
            row["value"],
            row["unit"],
            row["status"],
            row["source_id"],
            int(row["latest_data_year"]),
            row["note"] or "",
        )
        found.setdefault(row["series"], {})[int(row["year"])] = figure
    for series, years in found.items():
        if missing := sorted(set(range(FIRST_YEAR, LAST_YEAR + 1)) - years.keys()):
            raise DataError(f"{HISTORY_FILE}, series {series}: no value for {', '.join(map(str, missing))}")
    return History(found)
