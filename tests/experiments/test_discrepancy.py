"""Bands that hold what the form of the model gets wrong: never too narrow, and as wide as past residuals say."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.backtest.discrepancy import (
    ABSOLUTE,
    GIVEN,
    Discrepancy,
    Residual,
    band,
    before,
    estimate,
    growth,
    missing_spread,
    residuals,
    with_error,
)
from experiments.backtest.predictive import forecasts
from experiments.backtest.stored import stored_hindcast, stored_residuals

ENTITIES = tuple(f"carrier {i}" for i in range(12))


def errors(rng: np.random.Generator, persistence: float, step: float, years: int) -> np.ndarray:
    """Errors of one figure after 1, 2, ... years."""
    found, last = [], 0.0
    for _ in range(years):
        last = persistence * last + step * rng.normal()
        found.append(last)
    return np.array(found)


def past(
    rng: np.random.Generator,
    persistence: float,
    step: float = 0.1,
    years: int = 6,
    entities: tuple[str, ...] = ENTITIES,
) -> list[Residual]:
    """Residuals of one span that began in 2016."""
    return [
        Residual("past", "volume", entity, 2016 + h, h + 1, float(value))
        for entity in entities
        for h, value in enumerate(errors(rng, persistence, step, years))
    ]


@given(
    values=st.lists(st.floats(0.01, 100.0), min_size=1, max_size=20),
    spread=st.floats(0.0, 2.0),
    freedom=st.floats(4.0, 50.0),
    share=st.sampled_from([0.5, 0.9]),
    series=st.sampled_from(["volume", "share", "revenue_per_parcel", *ABSOLUTE]),
)
@settings(max_examples=60, deadline=None)
def test_no_band_is_narrower_than_that_of_its_runs(
    values: list[float], spread: float, freedom: float, share: float, series: str
) -> None:
    runs = np.array(values) / (100.0 if series == "share" else 1.0)
    most = 1.0 if series == "share" else math.inf
    low, high = band(runs, with_error(runs, spread, freedom, series in ABSOLUTE, most), share)
    alone = np.quantile(runs, ((1.0 - share) / 2.0, (1.0 + share) / 2.0))
    assert low <= alone[0]
    assert high >= alone[1]
    assert series in ABSOLUTE or low > 0.0
    assert series != "share" or high <= 1.0


def test_residuals_of_zero_change_nothing() -> None:
    nothing = [dataclasses.replace(one, value=0.0) for one in past(np.random.default_rng(1), 0.5)]
    found = estimate(nothing)
    runs = {("volume", entity, 2024): np.array([4.0, 5.0, 7.0]) for entity in ENTITIES}
    for key, values in forecasts(runs, {}, found, 2022).items():
        np.testing.assert_array_equal(values, runs[key])
    assert estimate([]) == Discrepancy()
    for key, values in forecasts(runs, {}, Discrepancy(), 2022).items():
        np.testing.assert_array_equal(values, runs[key])


@pytest.mark.parametrize("persistence", [0.3, 0.8, 1.0])
def test_bands_hold_nine_of_ten_where_the_error_is_known(persistence: float) -> None:
    rng = np.random.default_rng(7)
    inside = []
    for _ in range(30):
        found = estimate(past(rng, persistence))
        for entity in ENTITIES:
            for h, error in enumerate(errors(rng, persistence, 0.1, 3), start=1):
                runs = np.array([5.0])
                wide = with_error(runs, found.spread("volume", entity, h), found.freedom("volume", entity))
                low, high = band(runs, wide, 0.9)
                inside.append(low <= 5.0 * math.exp(error) <= high)
    assert 0.85 <= np.mean(inside) <= 0.95


@pytest.mark.parametrize("persistence", [0.0, 0.7, 1.0])
def test_persistence_and_size_are_found_again(persistence: float) -> None:
    many = tuple(f"carrier {i}" for i in range(150))
    found = estimate(past(np.random.default_rng(3), persistence, entities=many))
    assert found.persistence == pytest.approx(persistence, abs=0.1)
    assert np.mean([found.steps["volume", name] for name in many]) == pytest.approx(0.1, rel=0.1)


def test_an_error_grows_and_levels_off_unless_all_of_it_stays() -> None:
    assert [growth(1.0, h) for h in (1, 2, 9)] == [1.0, 2.0, 9.0]
    assert [growth(0.0, h) for h in (1, 2, 9)] == [1.0, 1.0, 1.0]
    sizes = [growth(0.8, h) for h in range(1, 40)]
    assert np.all(np.diff(sizes) > 0.0)
    assert sizes[-1] == pytest.approx(1.0 / (1.0 - 0.64), rel=1e-3)
    simulated = np.array([errors(np.random.default_rng(i), 0.8, 1.0, 4) for i in range(4000)])
    assert simulated.var(axis=0) == pytest.approx([growth(0.8, h) for h in range(1, 5)], rel=0.08)


def test_a_figure_of_which_little_is_known_is_drawn_towards_the_others() -> None:
    known = past(np.random.default_rng(5), 0.8)
    wild = [Residual("past", "volume", "wild", 2018, 3, 3.0)]
    found = estimate([*known, *wild])
    usual = np.median([found.steps["volume", entity] for entity in ENTITIES])
    alone = 3.0 / math.sqrt(growth(found.persistence, 3))
    assert usual < found.steps["volume", "wild"] < alone
    assert found.by_series["volume"] < 2.0 * usual  # one figure that the model cannot follow moves no other
    assert found.spread("volume", "newcomer", 1) == found.by_series["volume"]
    assert found.spread("revenue_per_parcel", "ups", 1) == found.usual > 0.0
    assert found.spread(ABSOLUTE[0], "usps", 1) == 0.0  # its unit is another one
    assert found.spread("share", "wild", 2) == found.spread("volume", "wild", 2)
    for series, entity in GIVEN:
        assert found.spread(series, entity, 5) == 0.0


def test_a_year_that_two_spans_share_counts_once() -> None:
    one = past(np.random.default_rng(6), 0.8)
    both = [*one, *(dataclasses.replace(item, span="again") for item in one)]
    twice, once = estimate(both), estimate(one)
    assert twice.years == once.years
    assert twice.persistence == once.persistence
    for figure, step in once.steps.items():
        assert twice.steps[figure] == pytest.approx(step)


def test_years_without_an_observation_are_no_years_without_an_error() -> None:
    rng = np.random.default_rng(8)
    many = tuple(f"carrier {i}" for i in range(200))
    whole = past(rng, 0.8, entities=many)
    gappy = [one for one in whole if one.horizon in (2, 5, 6)]
    found = estimate(gappy)
    assert found.persistence == pytest.approx(0.8, abs=0.15)
    assert np.mean([*found.steps.values()]) == pytest.approx(0.1, rel=0.15)


def test_only_what_was_known_then_is_used() -> None:
    known = stored_residuals()
    assert {one.span for one in known} == {run.name for run in stored_hindcast().runs if run.mode == "free"}
    for first in (2016, 2018, 2022):
        assert all(one.year < first for one in before(known, first))
    assert before(known, 2016) == []
    found = estimate(before(known, 2022))
    assert found.last_year == 2021
    later = [dataclasses.replace(one, value=9.0) if one.year > 2021 else one for one in known]
    assert estimate(before(later, 2022)) == found


def test_residuals_are_observed_over_modelled() -> None:
    table = pd.DataFrame(
        [
            ("volume", "ups", 2022, 5.0, 4.0),
            ("volume", "total", 2022, 21.5, 21.0),  # given
            ("share", "ups", 2022, 0.24, 0.20),  # the same as its volume
            ("volume", "regional", 2023, 0.6, 0.0),  # the model has none
            ("income_without_noncash", "usps", 2023, -1.0, 2.0),
            ("own_share", "amazon", 2023, math.nan, 0.7),  # not published
        ],
        columns=["series", "entity", "year", "observed", "median"],
    )
    assert residuals("span", 2022, table) == [
        Residual("span", "volume", "ups", 2022, 1, pytest.approx(math.log(1.25))),
        Residual("span", "income_without_noncash", "usps", 2023, 2, pytest.approx(-3.0)),
    ]


def test_of_two_measures_of_one_error_the_larger_counts() -> None:
    found = Discrepancy(2021, 1.0, {("volume", "ups"): 0.1})
    runs = {("volume", "ups", year): np.array([5.0]) for year in (2022, 2025)}
    with_fit = forecasts(runs, {"volume": 0.15}, found, 2022)
    alone = forecasts(runs, {"volume": 0.15})
    np.testing.assert_array_equal(with_fit["volume", "ups", 2022], alone["volume", "ups", 2022])  # 0.10 < 0.15
    assert with_fit["volume", "ups", 2025].std() > alone["volume", "ups", 2025].std()  # 0.20 after four years


@pytest.mark.parametrize("series", ["volume", ABSOLUTE[0]])
def test_what_runs_differ_in_already_is_not_added_again(series: str) -> None:
    """Residuals hold luck and parameters: a forecast is as wide as they say, or as its runs are, not both."""
    normal = np.random.default_rng(3).standard_normal(4_000)
    absolute = series in ABSOLUTE
    for own, size, wanted in ((0.06, 0.10, 0.10), (0.10, 0.06, 0.10), (0.0, 0.10, 0.10)):
        values = 1.0 + own * normal if absolute else np.exp(own * normal)
        added = missing_spread(values, size, absolute)
        wide = with_error(values, added, math.inf, absolute)
        assert (wide if absolute else np.log(wide)).std() == pytest.approx(wanted, rel=0.05)
    assert missing_spread(np.array([0.0, 1.0]), 0.2) == 0.2
