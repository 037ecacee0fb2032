"""The naive forecasts reproduce the errors that were computed by hand before the model was run."""

import csv
from pathlib import Path

import numpy as np
import pytest

from experiments.backtest.naive import ALL, KINDS, LARGE, naive_figure, naive_share
from experiments.backtest.observed import observations

TARGETS = Path(__file__).parents[1] / "data" / "test_parameters.csv"


@pytest.fixture(scope="module")
def known():
    with TARGETS.open(encoding="utf-8", newline="") as file:
        return {row["symbol"]: float(row["value"]) for row in csv.DictReader(file)}


def errors(kind, years):
    seen = observations()
    share = [abs(naive_share(kind, g, y) - seen["share", g, y].value) * 100 for y in years for g in ALL]
    volume = [abs(naive_figure(kind, "volume", g, y) / seen["volume", g, y].value - 1) for y in years for g in LARGE]
    return float(np.mean(share)), float(np.mean(volume))


@pytest.mark.parametrize("kind", KINDS)
def test_errors_are_those_of_the_design(known, kind):
    share, volume = errors(kind, range(2022, 2025))
    assert share == pytest.approx(known[f"naive_{kind}_share_mae"], abs=0.15)
    assert volume == pytest.approx(known[f"naive_{kind}_mape"], abs=0.01)


def test_errors_of_persistence_by_year(known):
    for year in (2022, 2023, 2024):
        assert errors("persistence", [year])[0] == pytest.approx(known[f"naive_persistence_share_mae_{year}"], abs=0.15)


def test_nothing_is_forecast_for_a_year_that_is_known_or_has_no_total():
    assert naive_share("persistence", "ups", 2021) is None
    assert naive_figure("drift", "volume", "ups", 2025) is None
    assert naive_figure("drift", "revenue_per_parcel", "ups", 2023) is None
