"""Yearly figures of the past, and their values at any moment; accounts of USPS are of its fiscal years."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from agents.calendar import MONTHS_PER_YEAR, Month
from model.tables import DataError, choice, number, read_table, text

HISTORY_FILE = "start_years.csv"
AUTUMN_FILE = "usps_autumns.csv"
SALES_FILE = "online_sales.csv"
FIRST_YEAR, LAST_YEAR = 2015, 2024
FIRST_START = Month(FIRST_YEAR + 1, 1)
_MIDDLE = 0.5
_FISCAL_MIDDLE = 0.25  # of October to September, named by its end
_QUARTERS = 4
_MONTHS_PER_QUARTER = MONTHS_PER_YEAR // _QUARTERS
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
_AUTUMN_COLUMNS = {
    "series": text(),
    "year": number(FIRST_YEAR, LAST_YEAR),
    "change": number(),
    **{name: _COLUMNS[name] for name in ("unit", "status", "source_id", "note")},
}
_SALES_COLUMNS = {
    "year": number(FIRST_YEAR, LAST_YEAR),
    "quarter": number(1, _QUARTERS),
    "sales": number(0.0),
    **{name: _COLUMNS[name] for name in ("unit", "status", "source_id", "note")},
}


@dataclass(frozen=True, slots=True)
class YearFigure:
    """One figure of one year.

    Attributes:
        value: Its value, mean or total of the year; of the fiscal year for the accounts of USPS.
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


@dataclass(frozen=True)
class History:
    """All yearly figures of the past.

    Attributes:
        figures: By series and year; every series has every year from `FIRST_YEAR` to `LAST_YEAR`.
        autumns: October to December of a year less those of the year before, by series and year. The series that it
            holds are of fiscal years, which end in September: with the change that follows, a fiscal year becomes the
            calendar year. Where it is not known, the calendar year lies between two fiscal ones.
        online_sales: What households ordered online by year, in its four quarters, adjusted for the season.
    """

    figures: Mapping[str, Mapping[int, YearFigure]]
    autumns: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    online_sales: Mapping[int, Sequence[float]] = field(default_factory=dict)

    def value(self, series: str, year: int) -> float:
        """Value of a series in a year, its fiscal year for the accounts of USPS."""
        return self.figures[series][year].value

    def at(self, series: str, time: float) -> float:
        """Value of the twelve months around a moment, even growth between the moments that are known.

        A series with a value that is not positive moves evenly instead. Beyond the first and last known moment the
        growth between the nearest two goes on.

        Args:
            series: Name of the series.
            time: Calendar year with its fraction; 2019.5 is the middle of 2019, where the value is that of the year.
        """
        if series in self.autumns:
            times, values = self._fiscal[series]
            right = min(max(bisect.bisect_right(times, time), 1), len(times) - 1)
            part = (time - times[right - 1]) / (times[right] - times[right - 1])
            low, high = values[right - 1], values[right]
            return _between(low, high, part)
        return _grown_evenly({year: figure.value for year, figure in self.figures[series].items()}, time)

    def within_year(self, month: Month) -> float:
        """How far online sales of a month's quarter were beyond even growth between the middles of the years.

        1 where they grew evenly, as in most quarters, and where sales are not known; 0.90 in the first quarter of 2020
        and 1.10 in the second.
        """
        return self._beyond.get((month.year, (month.month - 1) // _MONTHS_PER_QUARTER), 1.0)

    @cached_property
    def _beyond(self) -> dict[tuple[int, int], float]:
        totals = {year: sum(quarters) for year, quarters in self.online_sales.items()}
        return {
            (year, quarter): sales * _QUARTERS / _grown_evenly(totals, year + (quarter + _MIDDLE) / _QUARTERS)
            for year, quarters in self.online_sales.items()
            for quarter, sales in enumerate(quarters)
        }

    @cached_property
    def _fiscal(self) -> dict[str, tuple[list[float], list[float]]]:
        """Middles of twelve months whose sum is known, and the sums: fiscal years, calendar years where they are."""
        found = {}
        for series, changes in self.autumns.items():
            fiscal = [(year + _FISCAL_MIDDLE, row.value) for year, row in self.figures[series].items()]
            calendar = [(year + _MIDDLE, self.value(series, year) + change) for year, change in changes.items()]
            known = sorted(fiscal + calendar)
            found[series] = [time for time, _ in known], [value for _, value in known]
        return found


def _grown_evenly(years: Mapping[int, float], time: float) -> float:
    """Value at a moment between the middles of years without a gap, or beyond the first and the last of them."""
    earlier = min(max(math.floor(time - _MIDDLE), min(years)), max(years) - 1)
    return _between(years[earlier], years[earlier + 1], time - _MIDDLE - earlier)


def _between(low: float, high: float, part: float) -> float:
    if low > 0.0 and high > 0.0:
        return float(low * (high / low) ** part) if part else low
    return low + (high - low) * part


def middle_of(month: Month) -> float:
    """The middle of a month as a calendar year with its fraction."""
    return month.year + (month.month - _MIDDLE) / MONTHS_PER_YEAR


def base_time(start: Month) -> float:
    """The middle of the twelve months before a start, which the start's accounts describe."""
    return start.year + (start.month - 1) / MONTHS_PER_YEAR - _MIDDLE


def regional_pace(start: Month) -> float:
    """How much more all regional carriers brought in the twelve months before a start than in those before these.

    1 where the figures do not go back so far.
    """
    time, history = base_time(start), read_history()
    if time - 1.0 < FIRST_YEAR + _MIDDLE:
        return 1.0
    return history.at("parcels_regional", time) / history.at("parcels_regional", time - 1.0)


@cache
def read_history() -> History:
    """Read the yearly figures.

    Raises:
        model.tables.DataError: A file is wrong, or a series lacks a year.
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
    autumns: dict[str, dict[int, float]] = {}
    for row in read_table(AUTUMN_FILE, _AUTUMN_COLUMNS, key=("series", "year")):
        if row["series"] not in found:
            raise DataError(f"{AUTUMN_FILE}, series {row['series']}: {HISTORY_FILE} has no such series")
        autumns.setdefault(row["series"], {})[int(row["year"])] = row["change"]
    return History(found, autumns, read_online_sales())


def read_online_sales() -> dict[int, list[float]]:
    """Read online sales by year and quarter, bn $ a quarter.

    Raises:
        model.tables.DataError: The file is wrong, or a year lacks a quarter.
    """
    found: dict[int, dict[int, float]] = {}
    for row in read_table(SALES_FILE, _SALES_COLUMNS, key=("year", "quarter")):
        found.setdefault(int(row["year"]), {})[int(row["quarter"])] = row["sales"]
    for year in range(min(found), max(found) + 1):
        if len(found.get(year, {})) < _QUARTERS:
            raise DataError(f"{SALES_FILE}, year {year}: it must have all four quarters")
    return {year: [found[year][quarter] for quarter in range(1, _QUARTERS + 1)] for year in sorted(found)}
