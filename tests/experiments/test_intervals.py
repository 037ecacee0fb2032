"""Intervals that stay within what a quantity can be, and lose nothing by it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import stand_ins
from scipy import stats

from experiments import RunResult, response, sweep
from experiments.analysis.responses import interval_of
from experiments.intervals import domain_of, domain_of_difference, mean_interval
from experiments.paired import advice, paired_table


def test_where_nothing_is_cut_off_it_is_the_t_interval() -> None:
    values = np.array([0.41, 0.45, 0.52, 0.44, 0.48])
    mean, low, high = mean_interval(values, 0.0, 1.0)
    known = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((known.low, known.high))
    assert mean == pytest.approx(0.46)
    assert np.isnan(mean_interval(values[:1])[1:]).all()


def test_an_interval_that_is_cut_off_holds_the_truth_as_often() -> None:
    """Shares near 1, five at a time: with the whole interval and with the one within 0 to 1."""
    samples = np.random.default_rng(1).beta(3.0, 0.5, size=(4000, 5))
    truth = 3.0 / 3.5
    whole, within = (mean_interval(samples, *domain, axis=1) for domain in ((-math.inf, math.inf), (0.0, 1.0)))
    held = [(low <= truth) & (truth <= high) for _, low, high in (whole, within)]
    assert (held[0] == held[1]).all()
    assert (whole[2] > 1.0).mean() > 0.3
    assert within[2].max() <= 1.0


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("amazon_own_share_rural_2030", (0.0, 1.0)),
        ("rural_households_with_3_carriers_share", (0.0, 1.0)),
        ("amazon_usps_retained_share_2027", (0.0, math.inf)),  # of the first year: more than all of it can be
        ("ups_utilisation_share", (0.0, math.inf)),
        ("usps_volume_parcels_2026", (0.0, math.inf)),
        ("economy_price_per_parcel_usd", (0.0, math.inf)),
        ("usps_net_income_usd_2026", (-math.inf, math.inf)),
        ("y", (-math.inf, math.inf)),
    ],
)
def test_the_unit_in_a_name_tells_what_it_can_be(name: str, domain: tuple[float, float]) -> None:
    assert domain_of(name) == domain
    assert domain_of_difference(name) == ((-1.0, 1.0) if domain == (0.0, 1.0) else (-math.inf, math.inf))


def test_every_figure_of_a_run_is_what_its_name_says_that_it_can_be(short_run: RunResult) -> None:
    rounding = 1e-9
    for name, values in [*short_run.monthly.items(), *short_run.outcomes.items()]:
        low, high = domain_of(str(name))
        assert np.min(values) >= low - rounding, name
        assert np.max(values) <= high + rounding, name


def test_a_share_that_stands_on_luck_alone_runs_from_0_to_1() -> None:
    values = np.array([0.05, 0.95])
    assert interval_of("amazon_own_share", values)[1:] == (0.0, 1.0)
    assert interval_of("amazon_own_share", values - 0.5, difference=True)[1:] == (-1.0, 1.0)
    low, high = interval_of("usps_cash_usd", values)[1:]
    assert low < -5.0
    assert high > 6.0


def test_what_is_cut_off_is_not_told_apart_from_zero_by_it() -> None:
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["scenario", "seed"])
    runs = pd.DataFrame({"x_share": [0.0, 0.0, 0.02, 0.98]}, index=index)
    table = paired_table(runs, ["a", "b"])
    assert tuple(table.loc[("x_share", "b"), ["low", "high"]]) == (-1.0, 1.0)
    assert "1 of 1 differences that vary cannot be told from zero" in advice(table, 2, 0.25)[0]


def test_the_interval_of_a_grid_ends_where_a_share_does(tmp_path: Path) -> None:
    design = {"kind": "grid", "until": "2025-01", "outcomes": ["own_share", "own_usd"], "replications": 2,
              "uncertainties": {"build_limit": [0.5, 1.0, 1.5]}}  # fmt: skip
    result = sweep(design, tmp_path, workers=1, simulate=stand_ins.near_all_of_it)
    share, money = (response(result, name, "build_limit") for name in ("own_share", "own_usd"))
    assert (money["high"] > 1.0).all()  # the same figures, that can be anything
    assert (share["high"] == 1.0).all()
    assert (share["low"] == np.maximum(0.0, money["low"])).all()
