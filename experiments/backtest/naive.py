"""Forecasts that need no model: shares that stay as they were, and shares that go on changing as they did.

Both know the observed total of the year, as the model does.
"""

from __future__ import annotations

import numpy as np

from experiments.backtest.observed import FULL_DATA_YEAR, observations

LARGE = ("usps", "amazon", "ups", "fedex")
ALL = (*LARGE, "regional")
LAST_KNOWN_YEAR = 2021
KINDS = ("persistence", "drift")


def naive_share(kind: str, group: str, year: int) -> float | None:
    """Market share that a naive forecast made with data up to 2021 gives, None for a year that it knows.

    Args:
        kind: "persistence" (the shares of 2021) or "drift" (the linear trend from 2019 to 2021 goes on).
        group: Carrier group.
        year: Calendar year.
    """
    if year <= LAST_KNOWN_YEAR:
        return None
    seen = observations()
    if kind == "persistence":
        return seen["share", group, LAST_KNOWN_YEAR].value
    known = np.arange(FULL_DATA_YEAR, LAST_KNOWN_YEAR + 1)
    slope, level = np.polyfit(known - LAST_KNOWN_YEAR, [seen["share", group, int(y)].value for y in known], 1)
    return float(level + slope * (year - LAST_KNOWN_YEAR))


def naive_figure(kind: str, series: str, group: str, year: int) -> float | None:
    """Share, or volume in bn parcels, of a naive forecast; None where it says nothing."""
    total = observations().get(("volume", "total", year))
    if series not in ("share", "volume") or ("share", group, FULL_DATA_YEAR) not in observations() or total is None:
        return None
    share = naive_share(kind, group, year)
    if share is None or series == "share":
        return share
    return share * total.value
