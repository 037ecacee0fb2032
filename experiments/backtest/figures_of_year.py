"""What a run says about each year and quarter in the terms of the published figures; USPS has fiscal years."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from agents.calendar import JANUARY, MONTHS_PER_YEAR, OCTOBER, Month
from agents.geography import RURAL
from experiments.runs import start_market
from experiments.workers import Task
from model.carriers import USPS
from model.history.table import base_time, read_history
from model.market import ParcelMarket

BILLION = 1e9
GROUPS = ("usps", "amazon", "ups", "fedex", "regional")
PRIVATE = ("ups", "fedex")
CHANNELS = {"own_share": "own", "usps_share": "via_usps", "ups_share": "via_ups"}
MONTHS_PER_QUARTER = 3
SPAN_OF_ORDER = 12  # months between two looks at which addresses Amazon has reached

Key = tuple[str, str, int]


@dataclass(frozen=True)
class HistoryRun:
    """What a back-test keeps of one run.

    Attributes:
        figures: Values by series, entity and year; volumes in bn parcels, money in bn $ or $ per parcel. The accounts
            of USPS are of fiscal years, October to September, as they are published; a year that the run does not
            cover in full is left out.
        added_density: Households per square mile of the addresses that Amazon reaches first, in each later third of
            the run, and never: geometric means.
        quarters: Packages of USPS by series and calendar quarter, as in ("package_volume", "2019Q2"): bn pieces of its
            accounts, and bn $.
    """

    figures: dict[Key, float]
    added_density: tuple[float, ...]
    quarters: dict[tuple[str, str], float] = field(default_factory=dict)


def run_history(task: Task) -> HistoryRun:
    """Run one task to its end and read its years and quarters."""
    market = start_market(task.scenario, task.seed).run()
    figures: dict[Key, float] = {}
    start = market.settings.start
    for first_month, figures_of in ((JANUARY, _year), (OCTOBER, _fiscal_year)):
        for rows in _whole_years(market, first_month):
            year = (start + (rows.stop - 1)).year  # by its last month: of a fiscal year, too
            figures |= {(*name, year): value for name, value in figures_of(market, rows).items()}
    return HistoryRun(figures, added_density(market), _quarters(market))


def _whole_years(market: ParcelMarket, first_month: int) -> list[slice]:
    """Rows of the records of every twelve months that begin with a month of the year."""
    first = (first_month - market.settings.start.month) % MONTHS_PER_YEAR
    begins = range(first, market.records.n - MONTHS_PER_YEAR + 1, MONTHS_PER_YEAR)
    return [slice(begin, begin + MONTHS_PER_YEAR) for begin in begins]


def _quarters(market: ParcelMarket) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    start, n = market.settings.start, market.records.n
    for begin in range((1 - start.month) % MONTHS_PER_QUARTER, n - MONTHS_PER_QUARTER + 1, MONTHS_PER_QUARTER):
        month = start + begin
        label = f"{month.year}Q{(month.month - 1) // MONTHS_PER_QUARTER + 1}"
        rows = slice(begin, begin + MONTHS_PER_QUARTER)
        found |= {(series, label): value for series, value in _packages(market, rows).items()}
    return found


def _year(market: ParcelMarket, rows: slice) -> dict[tuple[str, str], float]:
    records, groups = market.records, np.array(market.carriers.groups)
    delivered = records["delivered_parcels"][rows].sum(axis=0)
    revenue = records["revenue_usd"][rows].sum(axis=0)
    # Published volumes of UPS and FedEx are what they sold, those of all others what they delivered: the published
    # total counts what USPS delivers for UPS and FedEx twice, and so does what is compared with it.
    handed = np.where(np.isin(groups, PRIVATE), records["bought_parcels"][rows].sum(axis=0), 0.0)
    published = delivered.sum(axis=1) + handed
    total = float(published.sum())
    found: dict[tuple[str, str], float] = {("volume", "total"): total / BILLION}
    rural = market.zones.zone_type == RURAL
    for group in GROUPS:
        mine = groups == group
        volume = float(published[mine].sum())
        found["volume", group] = volume / BILLION
        found["share", group] = volume / total
        if volume > 0.0:
            found["revenue_per_parcel", group] = float(revenue[mine].sum()) / volume
            found["rural_share", group] = float(delivered[mine][:, rural].sum() / max(delivered[mine].sum(), 1.0))
        if group in PRIVATE:
            found["operating_margin", group] = float(records["profit_usd"][rows][:, mine].sum() / revenue[mine].sum())
    rest = delivered[groups != "amazon"]
    found["rural_share", "others"] = float(rest[:, rural].sum() / rest.sum())
    for kind, name in enumerate(("urban", "suburban", "rural")):
        here = market.zones.zone_type == kind
        for group in ("usps", "regional"):
            found[f"share_{name}", group] = float(delivered[groups == group][:, here].sum() / delivered[:, here].sum())
    shipped = float(records["amazon_parcels"][rows].sum())
    found["volume_shipped", "amazon"] = shipped / BILLION
    for series, channel in CHANNELS.items():
        found[series, "amazon"] = float(records[f"amazon_{channel}_parcels"][rows].sum()) / shipped
    at_usps = float(records["amazon_via_usps_parcels"][rows].sum())

    def per_parcel(name: str) -> float:
        return float(records[name][rows].sum()) / at_usps if at_usps > 0.0 else float("nan")

    found["access_price", "usps"] = per_parcel("amazon_usps_revenue_usd")
    found["attributable_cost", "amazon"] = per_parcel("amazon_usps_attributable_usd")
    return found


def _fiscal_year(market: ParcelMarket, rows: slice) -> dict[tuple[str, str], float]:
    """Accounts of USPS; they count somewhat more pieces than the market's definition does."""

    def total(name: str) -> float:
        return float(market.records[f"usps_{name}_usd"][rows].sum()) / BILLION

    income = total("controllable_income")
    noncash = income - total("net_income")
    return {
        **{(series, "usps"): value for series, value in _packages(market, rows).items()},
        ("mail_revenue", "usps"): total("mail_revenue"),
        ("expense_without_noncash", "usps"): total("expense") - noncash,
        ("income_without_noncash", "usps"): income,
    }


def _packages(market: ParcelMarket, rows: slice) -> dict[str, float]:
    """Revenue, bn $, and pieces, bn, of packages in the accounts of USPS."""
    records = market.records
    volume = float(records["volume_parcels"][rows, USPS].sum())
    return {
        "package_revenue": float(records["usps_parcel_revenue_usd"][rows].sum()) / BILLION,
        "package_volume": volume / BILLION * pieces_per_parcel(market.settings.start),
    }


def pieces_per_parcel(start: Month) -> float:
    """Pieces in the accounts of USPS over its parcels in the market's definition, in the year before a start."""
    history, time = read_history(), base_time(start)
    return history.at("usps_package_volume", time) / history.at("parcels_usps", time)


def added_density(market: ParcelMarket) -> tuple[float, ...]:
    """Density of the addresses that Amazon comes to deliver itself, in the order in which it does.

    Returns:
        Geometric mean of households per square mile: reached by the end of the first year, in the first and the second
        half of the rest of the run, and never. Spans in which nothing is added are left out.
    """
    own, shipped = market.records["amazon_own_parcels"], market.records["amazon_parcels"]
    zones, n = market.zones, market.records.n
    cells = np.arange(zones.density_grid.shape[1])
    reached = np.zeros(zones.n_zones)
    found = []
    for month in (min(SPAN_OF_ORDER, n) - 1, (n + SPAN_OF_ORDER) // 2 - 1, n - 1, None):
        if month is None:
            now = np.ones(zones.n_zones)
        else:
            now = np.maximum(reached, own[min(month, n - 1)] / shipped[min(month, n - 1)])
        before, after = (np.clip(part[:, None] * len(cells) - cells, 0.0, 1.0) for part in (reached, now))
        weight = (after - before) * zones.households[:, None]
        if weight.sum() > 0.0:
            found.append(float(np.exp(np.average(np.log(zones.density_grid), weights=weight))))
        reached = now
    return tuple(found)
