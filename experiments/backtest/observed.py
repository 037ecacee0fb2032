"""What was observed, as far as it was published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from model.history.table import LAST_YEAR, read_history
from model.tables import number, read_table, text

FULL_DATA_YEAR = 2019
OBSERVED_FILE, MARKET_FILE = "observed.csv", "market_history.csv"
_GROUPS = {"usps": "USPS", "amazon": "Amazon", "ups": "UPS", "fedex": "FedEx", "regional": "Others"}
_FIRST_VOLUME = {"usps": 2016, "amazon": 2018, "total": FULL_DATA_YEAR}
_OBSERVED_COLUMNS = {
    "series": text(),
    "entity": text(),
    "year": number(2015, LAST_YEAR),
    "value": number(),
    "low": number(required=False),
    "high": number(required=False),
    "unit": text(),
    "source_id": text(),
    "note": text(required=False),
}
_MARKET_COLUMNS = {
    name: number(required=False) if name in ("value", "low", "high") else text(required=False)
    for name in (
        "series",
        "entity",
        "period",
        "period_kind",
        "value",
        "low",
        "high",
        "text",
        "unit",
        "source_id",
        "confidence",
        "note",
        "edition",
    )
}


@dataclass(frozen=True, slots=True)
class Observation:
    """One published figure.

    Attributes:
        value: Best value.
        low: Lower end where sources conflict, else the value.
        high: Upper end, likewise.
        source_id: Where it was published.
        note: Remark, may be empty.
    """

    value: float
    low: float
    high: float
    source_id: str
    note: str = ""


@cache
def observations() -> dict[tuple[str, str, int], Observation]:
    """All observed figures by series, entity and year; volumes in bn parcels, money in bn $ or $ per parcel.

    Raises:
        model.tables.DataError: A file is wrong.
    """
    found: dict[tuple[str, str, int], Observation] = {}
    history = read_history()

    def take(series: str, entity: str, year: int, value: float, source: str, note: str = "") -> None:
        found[series, entity, year] = Observation(value, value, value, source, note)

    for group in (*_GROUPS, "total"):
        for year, row in history.figures[f"parcels_{group}"].items():
            if year >= _FIRST_VOLUME.get(group, FULL_DATA_YEAR):
                take("volume", group, year, row.value, row.source_id, row.note)
                if group != "total" and year >= FULL_DATA_YEAR:
                    total = history.value("parcels_total", year)
                    take("share", group, year, row.value / total, row.source_id)
    for group, year, revenue, source in _revenues():
        volume = history.value(f"parcels_{group}", year)
        take("revenue_per_parcel", group, year, revenue / volume, source, "imputed" if group == "amazon" else "")
    for year in range(2016, LAST_YEAR + 1):
        for series, column in (("package_revenue", "usps_package_revenue"), ("package_volume", "usps_package_volume")):
            row = history.figures[column][year]
            take(series, "usps", year, row.value, row.source_id, "fiscal year")
        mail = history.value("usps_revenue", year) - history.value("usps_package_revenue", year)
        take("mail_revenue", "usps", year, mail, history.figures["usps_revenue"][year].source_id, "fiscal year")
        noncash = history.value("usps_noncash_and_unpaid", year)
        expense, told = history.value("usps_expense", year) - noncash, history.figures["usps_expense"][year].source_id
        take("expense_without_noncash", "usps", year, expense, told, "fiscal year; part of it is an estimate")
        income = history.value("usps_net_income", year) + noncash
        source = history.figures["usps_net_income"][year].source_id
        take("income_without_noncash", "usps", year, income, source, "fiscal year; part of it is an estimate")
    for year, row in history.figures["operating_margin_ups"].items():
        if row.status == "derived":
            take("operating_margin", "ups", year, row.value, row.source_id, row.note)
    folder = resources.files("experiments") / "backtest"
    for item in read_table(OBSERVED_FILE, _OBSERVED_COLUMNS, key=("series", "entity", "year"), folder=folder):
        value = float(item["value"])
        low, high = (value if item[end] is None else float(item[end]) for end in ("low", "high"))
        key = (str(item["series"]), str(item["entity"]), int(item["year"]))
        found[key] = Observation(value, low, high, str(item["source_id"]), str(item["note"] or ""))
    return found


def _revenues() -> list[tuple[str, int, float, str]]:
    """Published parcel revenue by carrier and year, bn $."""
    names = {name: group for group, name in _GROUPS.items()}
    return [
        (names[row["entity"]], int(row["period"]), float(row["value"]), str(row["source_id"]))
        for row in read_table(MARKET_FILE, _MARKET_COLUMNS)
        if row["series"] == "parcel_revenue" and row["entity"] in names
    ]
