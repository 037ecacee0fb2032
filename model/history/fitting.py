"""The figures of another start year: volumes and accounts of that year, prices and cost rates carried back to it.

The market reads one set of figures, those of the year before its first month. For a start in 2025 they are the rows of
the parameter table. For an earlier start this module replaces the rows that describe the start year (their symbols keep
the 2024 of the table) and carries the others back: paid prices by the list increases since then, wages, other cost
rates and values in dollars by the indices of the yearly table.
"""

from __future__ import annotations

import fnmatch

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.geography import SEGMENTS
from model.history.handed import handed_over
from model.history.table import LAST_YEAR, History, base_time, read_history
from model.parameters import Parameters

Floats = NDArray[np.float64]
GROUPS = ("usps", "amazon", "ups", "fedex", "regional")
MOST_HANDED = 0.75  # of the economy parcels that UPS or FedEx sells: the others share a stop that it makes anyway
_REFERENCE_TIME = LAST_YEAR + 0.5

# Rows that take the value of a series of the yearly table.
_DIRECT = {
    "amazon_own_delivered_2024": "amazon_own",
    "amazon_via_usps": "amazon_usps",
    "amazon_via_ups_2024": "amazon_ups",
    "amazon_via_fedex_2024": "amazon_fedex",
    "amazon_unit_revenue_imputed": "amazon_unit_revenue",
    "operating_margin_ups": "operating_margin_ups",
    "households_total": "households",
    "usps_sort_capacity_daily": "usps_sort_capacity",
    "usps_revenue_2024": "usps_revenue",
    "usps_expense_2024": "usps_expense",
    "usps_package_revenue_2024": "usps_package_revenue",
    "usps_package_volume_2024": "usps_package_volume",
    "usps_first_class_revenue_2024": "usps_first_class_revenue",
    "usps_marketing_revenue_2024": "usps_marketing_revenue",
    "mail_volume_first_class_2024": "mail_volume_first_class",
    "mail_volume_marketing_2024": "mail_volume_marketing",
    "mail_volume_total_2024": "mail_volume_total",
    "usps_noncash_and_unpaid": "usps_noncash_and_unpaid",
    "usps_cash_start": "usps_cash",
    "usps_debt_start": "usps_debt",
    "usps_cash_rate_2024": "cash_rate",
    "smartpost_volume_2024": "handed_fedex",
}
# Rows in dollars that are carried back by an index; the first pattern that fits counts.
_CARRIED = (
    ("hourly_cost_usps", "wages_usps"),
    ("delivery_unit_handling_*", "wages_usps"),
    ("hourly_cost_*", "wages_other"),
    ("sort_cost_*", "wages_other"),
    ("vehicle_day_cost_*", "consumer_prices"),
    ("vehicle_mile_cost_*", "consumer_prices"),
    ("vehicle_cost_usps_*", "consumer_prices"),
    ("sparse_cost_slope", "consumer_prices"),
    ("upstream_cost_ground_ups_fedex", "consumer_prices"),
    ("upstream_cost_premium_extra", "consumer_prices"),
    ("upstream_cost_regional", "consumer_prices"),
    ("upstream_cost_usps_ground", "consumer_prices"),
    ("upstream_cost_usps_premium", "consumer_prices"),
    ("middle_mile_cost_amazon", "consumer_prices"),
    ("capacity_capex_*", "consumer_prices"),
    ("injection_cost_amazon", "consumer_prices"),
    ("speed_benefit_amazon", "consumer_prices"),
    ("value_of_day_*", "consumer_prices"),
    ("value_of_on_time", "consumer_prices"),
    ("insourcing_error_mean", "consumer_prices"),
    ("insourcing_error_sd", "consumer_prices"),
    ("usps_depreciation", "consumer_prices"),
    ("usps_capex", "consumer_prices"),
    ("price_access_amazon_min", "consumer_prices"),
    ("price_access_amazon_max", "consumer_prices"),
    ("rural_surcharge_list", "paid_prices"),
    ("peak_surcharge", "paid_prices"),
    ("price_coef_economy", "per_dollar"),
    ("price_coef_ground", "per_dollar"),
    ("price_coef_premium", "per_dollar"),
    ("mail_pieces_per_point_*", "mail_per_point"),
    ("enterprise_size_*", "other_volume"),
)
_SOLVED = (
    *(f"volume_segment_{segment}" for segment in SEGMENTS),
    *(f"share_{segment}_{group}" for segment in SEGMENTS for group in GROUPS),
    "revenue_usps_from_amazon",
    "usps_net_loss_2024",
)


def fitted_symbols() -> frozenset[str]:
    """Rows that an early start replaces by figures of its own year: setting them would change nothing."""
    return frozenset((*_DIRECT, *_SOLVED))


def fitted_figures(p: Parameters, start: Month) -> Parameters:
    """The figures of the twelve months before a start.

    Args:
        p: The figures of the scenario; `p` itself is returned where the start is not in the past.
        start: First month of the run.
    """
    time = base_time(start)
    if time >= _REFERENCE_TIME:
        return p
    history = read_history()
    found = {symbol: history.at(series, time) for symbol, series in _DIRECT.items()}
    found["usps_net_loss_2024"] = -history.at("usps_net_income", time)
    found["revenue_usps_from_amazon"] = history.at("amazon_usps", time) * history.at("amazon_usps_price", time)
    found["surepost_volume_2024"] = handed_over(p, history, time)["ups"]
    volume = _volumes(p, history, time)
    found |= _segments_and_shares(volume)
    found |= _carried_back(p, history, time, float(volume.sum()))
    found |= _prices(p, history, time, volume, found)
    fitted = p.with_overrides(found)
    fitted.used.update(p.used)  # what was read to fit them moves the run
    return fitted


def fit_to_carrier_totals(table: Floats, totals: Floats) -> Floats:
    """Fit a table of another year to the carriers' totals of this one (iterative proportional fitting of one margin).

    Only the carriers' totals of a past year are known, so the fit is reached in one sweep: every carrier keeps its mix
    of segments, and the segments' totals follow.

    Args:
        table: Volumes by segment and carrier group, (S, G), none negative.
        totals: Totals by carrier group, (G,), none negative.

    Raises:
        ValueError: A carrier has a total but no segment in the table.
    """
    now = table.sum(axis=0)
    if ((now <= 0.0) & (totals > 0.0)).any():
        raise ValueError("a carrier with a total has no volume in any segment of the table")
    return np.asarray(table * np.divide(totals, now, out=np.zeros_like(totals), where=now > 0.0))


def _volumes(p: Parameters, history: History, time: float) -> Floats:
    """Parcels of shippers other than Amazon by segment and by who sold them, bn a year, (S, G).

    The table of 2024 fitted to the carriers' totals of the year. The published total of USPS is what it delivered: what
    it delivered for UPS and FedEx is in their totals too, and is theirs. They sold at least so many economy parcels.
    """
    totals = np.array([history.at(f"parcels_{group}", time) for group in GROUPS])
    handed = [history.at(f"amazon_{by}", time) for by in ("usps", "own", "ups", "fedex")]
    others = np.maximum(totals - np.array([*handed, 0.0]), 0.0)
    between = handed_over(p, history, time)
    others[0] = max(0.0, others[0] - sum(between.values()))
    segments = p.by_segment("volume_segment")
    shares = np.array([p.by(f"share_{segment}", GROUPS) for segment in SEGMENTS])
    table = segments[:, None] * shares / shares.sum(axis=1, keepdims=True)
    fitted = fit_to_carrier_totals(table, others)
    for group, parcels in between.items():
        column = GROUPS.index(group)
        economy, total = max(fitted[0, column], parcels / MOST_HANDED), others[column]
        fitted[1:, column] *= (total - economy) / (total - fitted[0, column])
        fitted[0, column] = economy
    return fitted


def _segments_and_shares(volume: Floats) -> dict[str, float]:
    found: dict[str, float] = {}
    for segment, row in zip(SEGMENTS, volume, strict=True):
        found[f"volume_segment_{segment}"] = float(row.sum())
        for group, value in zip(GROUPS, row / row.sum(), strict=True):
            found[f"share_{segment}_{group}"] = min(1.0, float(value))
    return found


def _carried_back(p: Parameters, history: History, time: float, other_volume: float) -> dict[str, float]:
    prices = history.at("consumer_prices", time) / history.value("consumer_prices", LAST_YEAR)
    mail = history.at("mail_volume_total", time) - history.at("usps_package_volume", time)
    mail_now = p.mail_volume_total_2024 - p.usps_package_volume_2024
    points = history.at("households", time) / p.households_total
    index = {
        "consumer_prices": prices,
        "per_dollar": 1.0 / prices,
        "wages_other": history.at("wages_other", time) / history.value("wages_other", LAST_YEAR),
        "wages_usps": history.at("wages_usps", time) / history.value("wages_usps", LAST_YEAR),
        "paid_prices": paid_price_index(p, time),
        "mail_per_point": mail / mail_now / points,
        "other_volume": other_volume / float(p.by_segment("volume_segment").sum()),
    }
    found = {}
    for symbol in p.symbols:
        fits = (name for pattern, name in _CARRIED if fnmatch.fnmatchcase(symbol, pattern))
        name = next(fits, None)
        if name is not None and p.row(symbol).settable:
            found[symbol] = p[symbol] * index[name]
    return found


def paid_price_index(p: Parameters, time: float) -> float:
    """Prices paid to private carriers at a moment over those of the year 2024: list increases that reached them."""
    growth = [p[f"list_increase_ups_fedex_{year}"] * p.list_to_paid_pass_through for year in _increase_years(time)]
    whole = float(np.prod([1.0 + rate for rate in growth[1:]]))
    first = int(np.floor(time - 0.5)) + 1  # the increase that the moment lies within
    part = first + 0.5 - time
    return 1.0 / (whole * float((1.0 + growth[0]) ** part))


def _increase_years(time: float) -> range:
    return range(int(np.floor(time - 0.5)) + 1, LAST_YEAR + 1)


def _prices(p: Parameters, history: History, time: float, volume: Floats, found: dict[str, float]) -> dict[str, float]:
    """Mean paid prices of the year.

    USPS, UPS and FedEx earn what they earned that year, with the relative prices of 2024; the others' prices are
    carried back by the list increases that were paid.
    """
    table = np.array([p.by(f"price_{segment}", GROUPS) for segment in SEGMENTS])
    index = np.full(len(GROUPS), paid_price_index(p, time))
    at_2024 = (table * volume).sum(axis=0)
    between = found["surepost_volume_2024"] + found["smartpost_volume_2024"]
    access = (found["amazon_via_usps"] + between * p.price_access_other_ratio) * history.at("amazon_usps_price", time)
    index[0] = (history.at("usps_package_revenue", time) - access) / at_2024[0]
    prices: dict[str, float] = {}
    for group in ("ups", "fedex"):
        column, handed = GROUPS.index(group), found[f"amazon_via_{group}_2024"]
        earned = history.at(f"revenue_per_parcel_{group}", time) * history.at(f"parcels_{group}", time)
        index[column] = earned / (at_2024[column] + handed * p[f"price_amazon_{group}"])
        prices[f"price_amazon_{group}"] = p[f"price_amazon_{group}"] * index[column]
    for segment, row in zip(SEGMENTS, table * index, strict=True):
        prices |= {f"price_{segment}_{group}": float(value) for group, value in zip(GROUPS, row, strict=True)}
    return prices
