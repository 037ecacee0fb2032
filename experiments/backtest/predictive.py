"""Bands that hold what is wrong with the model too: runs with the residual error of the years it was estimated on.

A run with the right parameters and the right luck would still miss what was observed (Kennedy and O'Hagan 2001). How
far is known from the fit up to the last year whose data the estimation used; later years are expected to be as far off.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

Spread = Mapping[tuple[str, str, int], np.ndarray]
COPIES = 40  # of every run, each with another error
ABSOLUTE = ("income_without_noncash",)  # changes sign, so its error is in its unit and not relative
LIKE = {"share": "volume"}  # a market share is off as a volume is: the total is given
SEED = 20211231


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


def with_residual_error(runs: Spread, residual: Mapping[str, float]) -> dict[tuple[str, str, int], np.ndarray]:
    """Runs as a forecast: several copies of each, every copy with a normal error of the residual's size.

    A share is at most 1: what is beyond counts as 1, which changes no quantile below 1 and no coverage.

    Args:
        runs: Values by series, entity and year, one per run.
        residual: See `residual_errors`; series without one stay as they are.
    """
    found = {}
    for key, values in sorted(runs.items()):
        series = key[0]
        size = residual.get(LIKE.get(series, series), 0.0)
        if size <= 0.0:
            found[key] = values
            continue
        normal = np.random.default_rng([SEED, len(found)]).standard_normal((COPIES, len(values)))
        copies = values + size * normal if series in ABSOLUTE else values * np.exp(size * normal)
        found[key] = np.minimum(copies, 1.0).ravel() if "share" in series else copies.ravel()
    return found
