"""Bands that hold what is wrong with the model too: runs with the error that is to be expected of them.

How far a fit is off is known from the years that the parameters were estimated on; how far the form of the model goes
astray with the years, from the residuals of past spans. Both measure the same errors, so the larger of them counts and
not their sum; and both hold the luck and the parameters of the runs, so that only what is missing is added to these.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from experiments.backtest.discrepancy import (
    ABSOLUTE,
    GIVEN,
    LIKE,
    PARTS,
    PRIOR_YEARS,
    Discrepancy,
    Floats,
    missing_spread,
    with_error,
)

Spread = Mapping[tuple[str, str, int], Floats]


def residual_errors(fit: pd.DataFrame) -> dict[str, float]:
    """Root mean square residual of each figure and of each series: relative, absolute for series in `ABSOLUTE`.

    A figure is off as far as it was in the years of the fit, drawn towards the median of its series as `PRIOR_YEARS`
    of data would: what the model cannot follow at all tells nothing of the others.

    Args:
        fit: One row per moment with columns series, entity, observed and posterior.

    Returns:
        By the name of the series, for figures that were not fitted, and of the figure as `figure_name` has it.
    """
    scale = np.where(fit["series"].isin(ABSOLUTE), 1.0, fit["observed"])
    squares = ((fit["posterior"] - fit["observed"]) / scale) ** 2
    found = {}
    for series, rows in squares.groupby(fit["series"], sort=True):
        own = rows.groupby(fit["entity"], sort=True).agg(["sum", "count", "mean"])
        usual = float(own["mean"].median())
        found[str(series)] = float(np.sqrt(usual))
        for entity, total, years in zip(own.index, own["sum"], own["count"], strict=True):
            drawn = (PRIOR_YEARS * usual + total) / (PRIOR_YEARS + years)
            found[figure_name(str(series), str(entity))] = float(np.sqrt(drawn))
    return found


def figure_name(series: str, entity: str) -> str:
    """Name of a figure in a table of residual errors."""
    return f"{series} {entity}"


def forecasts(
    runs: Spread, residual: Mapping[str, float], discrepancy: Discrepancy | None = None, first_year: int = 0
) -> dict[tuple[str, str, int], Floats]:
    """Runs as a forecast: varied by errors until they are as far apart as is to be expected.

    Args:
        runs: Values by series, entity and year, one per run.
        residual: Error of the fit by figure and series, see `residual_errors`; what has neither has none.
        discrepancy: What the form of the model gets wrong as years go by; None without it. Parts of the income of USPS
            have luck and parameters alone.
        first_year: Year in which the runs begin.
    """
    found = {}
    for (series, entity, year), values in runs.items():
        alike = LIKE.get(series, series)
        fitted = residual.get(figure_name(alike, entity), residual.get(alike, 0.0))
        size, freedom = 0.0 if (alike, entity) in GIVEN else fitted, np.inf
        if discrepancy is not None and series not in PARTS:
            form = discrepancy.spread(series, entity, year - first_year + 1)
            if form > size:
                size, freedom = form, discrepancy.freedom(series, entity)
        most = 1.0 if "share" in series else np.inf
        added = missing_spread(values, size, series in ABSOLUTE)
        found[series, entity, year] = with_error(values, added, freedom, series in ABSOLUTE, most)
    return found
