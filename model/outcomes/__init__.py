"""What a run is judged by: outcomes named `<actor>_<quantity>_<unit>[_<year>]`, registered once (ODD 7.12)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agents.calendar import JANUARY, MONTHS_PER_YEAR, OCTOBER
from model.economy import Economy
from model.outcomes import amazon, carriers, places, shippers, usps, welfare
from model.outcomes.registry import Outcome

OUTCOMES: tuple[Outcome, ...] = (
    *carriers.OUTCOMES,
    *places.OUTCOMES,
    *amazon.OUTCOMES,
    *usps.OUTCOMES,
    *shippers.OUTCOMES,
    *welfare.OUTCOMES,
)

__all__ = ["OUTCOMES", "Outcome", "compute_outcomes"]


def compute_outcomes(market: Economy) -> dict[str, float]:
    """Return every outcome for each full calendar year that was played, and for the whole run.

    Names of yearly outcomes end with the year; accounts of USPS come by fiscal year too, `usps_fiscal_..._2026` for
    October 2025 to September 2026. A value that does not exist (a share of nothing) is left out.
    """
    n = market.records.n
    if n == 0:
        return {}
    found: dict[str, float] = {}
    for rows in _years(market, JANUARY):
        year = (market.settings.start + rows.start).year
        for outcome in OUTCOMES:
            found |= {f"{name}_{year}": value for name, value in outcome.values(market, rows).items()}
    for rows in _years(market, OCTOBER):
        year = (market.settings.start + rows.start).fiscal_year
        for outcome in OUTCOMES:
            if outcome.fiscal:
                values = outcome.values(market, rows)
                found |= {f"{name.replace('_', '_fiscal_', 1)}_{year}": value for name, value in values.items()}
    for outcome in OUTCOMES:
        if outcome.whole_run:
            found |= outcome.values(market, slice(0, n))
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _years(market: Economy, first_month: int) -> Iterator[slice]:
    """Rows of each full year that begins with a calendar month."""
    begin = (first_month - market.settings.start.month) % MONTHS_PER_YEAR
    for start in range(begin, market.records.n - MONTHS_PER_YEAR + 1, MONTHS_PER_YEAR):
        yield slice(start, start + MONTHS_PER_YEAR)
