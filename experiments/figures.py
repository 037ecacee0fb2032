"""How figures are written for people: the unit is the end of an outcome's name."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Iterable, Sequence

# Prices and costs of one parcel keep their cents; all other money is shown in billions.
_PER_PARCEL = ("_per_parcel_usd", "_delivered_cost_usd", "_price_usd", "_unit_cost_usd")
_SCALES = {"_usd": (1e9, 3, "bn $"), "_parcels": (1e6, 1, "mn"), "_share": (0.01, 2, "%")}
_YEAR = re.compile(r"^(?P<stem>.+)_(?P<year>\d{4})$")

# What is shown unless somebody asks for more.
HEADLINES = (
    "usps_net_income_usd",
    "usps_controllable_income_usd",
    "usps_parcel_contribution_usd",
    "usps_cash_usd",
    "usps_debt_usd",
    "usps_arrears_usd",
    "usps_volume_parcels",
    "amazon_volume_parcels",
    "ups_volume_parcels",
    "fedex_volume_parcels",
    "ups_profit_usd",
    "fedex_profit_usd",
    "usps_revenue_per_parcel_usd",
    "economy_price_per_parcel_usd",
    "amazon_usps_retained_share",
    "amazon_own_share",
    "amazon_own_share_rural",
    "amazon_delivered_cost_usd",
    "amazon_short_parcels",
    "rural_on_time_share",
)


def split_year(name: str) -> tuple[str, str]:
    """Split an outcome's name into stem and year; the year is empty for a whole run."""
    match = _YEAR.match(name)
    return (match["stem"], match["year"]) if match else (name, "")


def unit_of(name: str) -> str:
    """Unit in which `figure` writes an outcome."""
    return _scale(split_year(name)[0])[2]


def dollars(value: float, signed: bool = False) -> str:
    """Write dollars in a sentence, such as "-$4.40 billion" or "$2.98"; from a million on in billions.

    Args:
        value: US dollars.
        signed: Write a plus sign too, for differences.
    """
    sign = "-" if value < 0.0 else "+" if signed else ""
    amount = abs(value)
    return f"{sign}${amount / 1e9:,.2f} billion" if amount >= 1e6 else f"{sign}${amount:,.2f}"


def figure(name: str, value: float, signed: bool = False) -> str:
    """Write a value of an outcome in its unit; nothing for nan.

    Args:
        name: Name of the outcome.
        value: The value.
        signed: Write a plus sign too, for differences.
    """
    if math.isnan(value):
        return ""
    scale, digits, _ = _scale(split_year(name)[0])
    shown = round(value / scale, digits) + 0.0  # no "-0.000"
    return f"{shown:{'+' if signed and shown else ''},.{digits}f}"


def scale_of(name: str) -> tuple[float, str]:
    """What to divide an outcome by to have it in the unit that `unit_of` tells, and this unit."""
    scale, _, unit = _scale(split_year(name)[0])
    return scale, unit


def _scale(stem: str) -> tuple[float, int, str]:
    if stem.endswith(_PER_PARCEL):
        return 1.0, 3, "$"
    for ending, scale in _SCALES.items():
        if ending in stem and (stem.endswith(ending) or ending == "_share"):
            return scale
    return 1.0, 3, ""


def choose(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Names that fit a pattern, with or without their year, in order."""
    return [
        name
        for name in names
        if any(fnmatch.fnmatchcase(name, one) or fnmatch.fnmatchcase(split_year(name)[0], one) for one in patterns)
    ]
