"""What a run is judged by: outcomes named `<actor>_<quantity>_<unit>[_<year>]`, registered once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import SEGMENTS, ZONE_TYPES
from model.access import buyers
from model.records import by_zone_type

if TYPE_CHECKING:
    from model.market import ParcelMarket

Floats = NDArray[np.float64]
Rows = slice


@dataclass(frozen=True, slots=True)
class Outcome:
    """One declared outcome.

    Attributes:
        name_pattern: Name without year; braces stand for an actor, segment or zone type.
        unit: Unit of the value.
        meaning: One line.
        values: Computes it for a span of months: name to value.
        whole_run: Whether it is also given for the whole run, without a year in its name.
    """

    name_pattern: str
    unit: str
    meaning: str
    values: Callable[[ParcelMarket, Rows], dict[str, float]]
    whole_run: bool = True


def _by_carrier(series: str, how: Callable[[Floats], Floats]) -> Callable[[ParcelMarket, Rows], dict[str, float]]:
    def values(market: ParcelMarket, rows: Rows) -> dict[str, float]:
        data = how(market.records[series][rows])
        return {f"{key}_{series}": float(data[i]) for i, key in enumerate(market.carriers.keys)}

    return values


def _by_buyer(series: str) -> Callable[[ParcelMarket, Rows], dict[str, float]]:
    """Sums by carrier of those that can buy access by their own rule."""

    def values(market: ParcelMarket, rows: Rows) -> dict[str, float]:
        data = market.records[series][rows].sum(axis=0)
        return {f"{market.carriers.keys[i]}_{series}": float(data[i]) for i in buyers(market)}

    return values


def _single(
    name: str, how: Callable[[Floats], float], series: str = ""
) -> Callable[[ParcelMarket, Rows], dict[str, float]]:
    def values(market: ParcelMarket, rows: Rows) -> dict[str, float]:
        return {name: float(how(market.records[series or name][rows]))}

    return values


def _sum(values: Floats) -> Floats:
    return np.asarray(values.sum(axis=0))


def _total(values: Floats) -> float:
    return float(values.sum())


def _last(values: Floats) -> float:
    return float(values[-1])


def _on_time(market: ParcelMarket, rows: Rows) -> dict[str, float]:
    volume = market.records["volume_parcels"][rows]
    share = market.records["on_time_share"][rows]
    total = volume.sum(axis=0)
    return {
        f"{key}_on_time_share": float((share * volume).sum(axis=0)[i] / total[i])
        for i, key in enumerate(market.carriers.keys)
        if total[i] > 0.0
    }


def _volume_share(market: ParcelMarket, rows: Rows) -> dict[str, float]:
    volume = market.records["volume_parcels"][rows].sum(axis=0)
    return {f"{key}_volume_share": float(volume[i] / volume.sum()) for i, key in enumerate(market.carriers.keys)}


def _revenue_per_parcel(market: ParcelMarket, rows: Rows) -> dict[str, float]:
    volume = market.records["volume_parcels"][rows].sum(axis=0)
    revenue = market.records["revenue_usd"][rows].sum(axis=0)
    return {
        f"{key}_revenue_per_parcel_usd": float(revenue[i] / volume[i])
        for i, key in enumerate(market.carriers.keys)
        if volume[i] > 0.0
    }


def _own_share(market: ParcelMarket, rows: Rows) -> dict[str, float]:
    own, all_parcels = market.records["amazon_own_parcels"][rows], market.records["amazon_parcels"][rows]
    kinds = market.zones.zone_type
    own_type, all_type = by_zone_type(own.sum(axis=0), kinds), by_zone_type(all_parcels.sum(axis=0), kinds)
    found = {"amazon_own_share": float(own.sum() / all_parcels.sum())}
    return found | {
        f"amazon_own_share_{name}": float(own_type[i] / all_type[i])
        for i, name in enumerate(ZONE_TYPES)
        if all_type[i] > 0.0
    }


def _retained(market: ParcelMarket, rows: Rows) -> dict[str, float]:
    """Amazon's parcels at USPS over those of the first full year of the run."""
    at_usps = market.records["amazon_via_usps_parcels"]
    first = at_usps[:MONTHS_PER_YEAR].sum()
    if rows.start < MONTHS_PER_YEAR or first <= 0.0:
        return {}
    return {"amazon_usps_retained_share": float(at_usps[rows].sum() / first)}


def _amazon_cost(market: ParcelMarket, rows: Rows) -> dict[str, float]:
    parcels = market.records["amazon_parcels"][rows].sum(axis=1)
    cost = market.records["amazon_delivered_cost_usd"][rows]
    return {"amazon_delivered_cost_usd": float((cost * parcels).sum() / parcels.sum())}


def _prices(market: ParcelMarket, rows: Rows) -> dict[str, float]:
    parcels, price = market.records["shipped_parcels"][rows], market.records["price_per_parcel_usd"][rows]
    mean = (parcels * price).sum(axis=0) / parcels.sum(axis=0)
    return {f"{name}_price_per_parcel_usd": float(mean[i]) for i, name in enumerate(SEGMENTS)}


def _zone_service(market: ParcelMarket, rows: Rows) -> dict[str, float]:
    delivered = market.records["delivered_parcels"][rows].sum(axis=1)
    on_time = market.records["on_time_by_zone_share"][rows]
    kinds = market.zones.zone_type
    good, total = by_zone_type((on_time * delivered).sum(axis=0), kinds), by_zone_type(delivered.sum(axis=0), kinds)
    return {f"{name}_on_time_share": float(good[i] / total[i]) for i, name in enumerate(ZONE_TYPES)}


OUTCOMES: tuple[Outcome, ...] = (
    Outcome("{carrier}_volume_parcels", "parcels", "Parcels brought to the door", _by_carrier("volume_parcels", _sum)),
    Outcome("{carrier}_volume_share", "share", "Share of all parcels brought to the door", _volume_share),
    Outcome(
        "{carrier}_revenue_usd",
        "$",
        "Parcel revenue; Amazon's with the imputed value of its own deliveries",
        _by_carrier("revenue_usd", _sum),
    ),
    Outcome("{carrier}_revenue_per_parcel_usd", "$ per parcel", "Revenue over parcels", _revenue_per_parcel),
    Outcome(
        "{carrier}_profit_usd",
        "$",
        "Invoiced revenue less cost of delivering; USPS: parcel contribution; Amazon: what delivery costs it net",
        _by_carrier("profit_usd", _sum),
    ),
    Outcome(
        "{carrier}_bought_parcels",
        "parcels",
        "Parcels of its customers that USPS brings to the door for it",
        _by_buyer("bought_parcels"),
    ),
    Outcome("{carrier}_access_usd", "$", "What it pays USPS for them", _by_buyer("access_usd")),
    Outcome("{carrier}_on_time_share", "share", "Parcels on time", _on_time),
    Outcome("{carrier}_unserved_parcels", "parcels", "Parcels given up", _by_carrier("unserved_parcels", _sum)),
    Outcome(
        "{carrier}_overflow_parcels",
        "parcels",
        "Parcels delivered after another carrier refused them",
        _by_carrier("overflow_parcels", _sum),
    ),
    Outcome("{segment}_price_per_parcel_usd", "$ per parcel", "Mean price paid by others than Amazon", _prices),
    Outcome("{zone_type}_on_time_share", "share", "Parcels on time by zone type", _zone_service),
    *(
        Outcome(name, "parcels", meaning, _single(name, _total))
        for name, meaning in (
            ("amazon_parcels", "Parcels shipped by Amazon"),
            ("amazon_own_parcels", "Of these, delivered by Amazon itself"),
            ("amazon_via_usps_parcels", "Of these, delivered by USPS"),
            ("amazon_via_ups_parcels", "Of these, delivered by UPS"),
            ("amazon_via_fedex_parcels", "Of these, delivered by FedEx"),
        )
    ),
    Outcome("amazon_own_share[_{zone_type}]", "share", "Share of its parcels that Amazon delivers itself", _own_share),
    Outcome(
        "amazon_usps_retained_share",
        "share",
        "Amazon's parcels at USPS over those of the first year of the run",
        _retained,
        whole_run=False,
    ),
    Outcome("amazon_delivered_cost_usd", "$ per parcel", "Amazon's cost of a delivered parcel", _amazon_cost),
    Outcome(
        "amazon_short_parcels",
        "parcels",
        "Parcels that Amazon meant to deliver itself but could not for want of capacity",
        _single("amazon_short_parcels", _total),
    ),
    Outcome(
        "amazon_usps_price_usd", "$ per parcel", "Contract price, last month", _single("amazon_usps_price_usd", _last)
    ),
    Outcome("amazon_usps_revenue_usd", "$", "What Amazon pays USPS", _single("amazon_usps_revenue_usd", _total)),
    *(
        Outcome(name, "$", meaning, _single(name, _total))
        for name, meaning in (
            ("usps_mail_revenue_usd", "Revenue from mail and other services"),
            ("usps_parcel_revenue_usd", "Revenue from parcels"),
            ("usps_parcel_contribution_usd", "Parcel revenue less attributable cost as staffed"),
            ("usps_expense_usd", "All operating expense"),
            ("usps_net_income_usd", "Net income of the calendar year"),
            ("usps_controllable_income_usd", "Net income without retirement cost set by others"),
        )
    ),
    Outcome("usps_cash_usd", "$", "Cash at the end", _single("usps_cash_usd", _last)),
    Outcome("usps_debt_usd", "$", "Debt at the end", _single("usps_debt_usd", _last)),
    Outcome("usps_arrears_usd", "$", "Payments that could not be made", _single("usps_arrears_usd", _last)),
)


def compute_outcomes(market: ParcelMarket) -> dict[str, float]:
    """Return every outcome for each full calendar year that was played, and for the whole run.

    Names of yearly outcomes end with the year; a value that does not exist (a share of nothing) is left out.
    """
    n = market.records.n
    if n == 0:
        return {}
    found: dict[str, float] = {}
    start = market.settings.start
    first_january = (-(start.month - 1)) % MONTHS_PER_YEAR
    for begin in range(first_january, n - MONTHS_PER_YEAR + 1, MONTHS_PER_YEAR):
        year = (start + begin).year
        rows = slice(begin, begin + MONTHS_PER_YEAR)
        for outcome in OUTCOMES:
            found |= {f"{name}_{year}": value for name, value in outcome.values(market, rows).items()}
    for outcome in OUTCOMES:
        if outcome.whole_run:
            found |= outcome.values(market, slice(0, n))
    return {name: value for name, value in found.items() if np.isfinite(value)}
