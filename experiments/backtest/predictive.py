"""Bands that hold what is wrong with the model too: runs with the error that is to be expected of them.

How far a fit is off is known from the years that the parameters were estimated on; how far the form of the model goes
astray with the years, from the residuals of past spans. Both measure the same errors, so the larger of them counts and
not their sum.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from experiments.backtest.discrepancy import ABSOLUTE, GIVEN, LIKE, PARTS, Discrepancy, Floats, with_error

Spread = Mapping[tuple[str, str, int], Floats]


def residual_errors(fit: pd.DataFrame) -> dict[str, float]:
    """Root mean square residual by series: relative, absolute for series in `ABSOLUTE`.

    Args:
        fit: One row per moment with columns series, observed and posterior.
    """
    found = {}
    for series, rows in fit.groupby("series", sort=True):
        scale = 1.0 if series in ABSOLUTE else rows["observed"]
        found[str(series)] = float(np.sqrt((((rows["posterior"] - rows["observed"]) / scale) ** 2).mean()))
    return found


def forecasts(
    runs: Spread, residual: Mapping[str, float], discrepancy: Discrepancy | None = None, first_year: int = 0
) -> dict[tuple[str, str, int], Floats]:
    """Runs as a forecast: each varied by errors of the size that is to be expected.

    Args:
        runs: Values by series, entity and year, one per run.
        residual: Error of the fit by series, see `residual_errors`; series without one have none.
        discrepancy: What the form of the model gets wrong as years go by; None without it. Parts of the income of USPS
            have luck and parameters alone.
        first_year: Year in which the runs begin.
    """
    found = {}
    for (series, entity, year), values in runs.items():
        alike = LIKE.get(series, series)
        size, freedom = 0.0 if (alike, entity) in GIVEN else residual.get(alike, 0.0), np.inf
        if discrepancy is not None and series not in PARTS:
            form = discrepancy.spread(series, entity, year - first_year + 1)
            if form > size:
                size, freedom = form, discrepancy.freedom(series, entity)
        most = 1.0 if "share" in series else np.inf
        found[series, entity, year] = with_error(values, size, freedom, series in ABSOLUTE, most)
    return found
