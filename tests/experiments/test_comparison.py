"""Paired comparisons: the same luck for all, intervals of the differences, any number of processes."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments import Comparison, compare, run
from experiments.paired import advice, paired_table
from experiments.provenance import code_checksum, provenance
from experiments.workers import Task, WorkerError, replicate_all
from model.scenario import Scenario
from tests.small import FEWER

FEW = {**FEWER, "n_shippers": 100}


def runs_of(**values: list[float]) -> pd.DataFrame:
    """Runs of some scenarios with one outcome."""
    n = len(next(iter(values.values())))
    index = pd.MultiIndex.from_product([list(values), range(1, n + 1)], names=["scenario", "seed"])
    return pd.DataFrame({"x_usd": [one for column in values.values() for one in column]}, index=index)


def test_placebo_differs_by_exactly_zero(placebo: Comparison) -> None:
    other = placebo.table.xs("placebo", level="scenario")
    assert len(other) > 200
    assert (other[["difference", "difference_median", "low", "high"]] == 0).all(axis=None)


def test_replications_are_the_single_runs(placebo: Comparison) -> None:
    alone = run("baseline", FEW, seed=2, until="2025-12")
    pd.testing.assert_series_equal(placebo.runs.loc[("baseline", 2)], alone.outcomes, check_names=False, rtol=0, atol=0)


def test_number_of_processes_changes_nothing() -> None:
    found = [
        compare(["withdraw", "renew"], FEW, until="2025-01", replications=1, workers=workers).summary()
        for workers in (1, 2)
    ]
    assert json.dumps(found[0]) == json.dumps(found[1])


def test_summary_has_means_differences_and_intervals(placebo: Comparison) -> None:
    found = json.loads(json.dumps(placebo.summary(), allow_nan=False))
    assert found["scenarios"] == ["baseline", "placebo"]
    one = found["outcomes"]["usps_net_income_usd_2025"]
    assert one["baseline"]["difference"] is None
    assert set(one["placebo"]) == {"n", "mean", "median", "difference", "difference_median", "low", "high"}
    assert found["provenance"]["placebo"]["forced"] is False


def test_interval_is_the_t_interval_of_paired_differences() -> None:
    a, b = [1.0, 4.0, 2.0, 8.0, 5.0], [2.0, 5.5, 2.5, 9.5, 8.0]
    row = paired_table(runs_of(a=a, b=b), ["a", "b"]).loc[("x_usd", "b")]
    known = stats.ttest_rel(b, a).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((known.low, known.high))
    assert row["difference"] == pytest.approx(1.5)
    assert row["difference_median"] == pytest.approx(1.5)
    assert row["mean"] == pytest.approx(5.5)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(20)
    covered = 0
    for _ in range(200):
        luck = rng.normal(size=5)
        runs = runs_of(a=list(luck * 10), b=list(luck * 10 + 3 + rng.normal(size=5)))
        row = paired_table(runs, ["a", "b"]).loc[("x_usd", "b")]
        covered += row["low"] <= 3 <= row["high"]
    assert 0.915 <= covered / 200 <= 0.985


def test_missing_outcomes_are_left_out_pair_by_pair() -> None:
    table = paired_table(runs_of(a=[1.0, 2.0, math.nan], b=[3.0, math.nan, 5.0]), ["a", "b"])
    assert table.loc[("x_usd", "a"), "n"] == 2
    assert table.loc[("x_usd", "b"), "n"] == 1
    assert table.loc[("x_usd", "b"), "difference"] == 2
    assert math.isnan(table.loc[("x_usd", "b"), "low"])


def test_too_few_replications_are_told() -> None:
    one = paired_table(runs_of(a=[1.0], b=[2.0]), ["a", "b"])
    assert "no interval" in advice(one, 1, 0.25)[0]
    rough = paired_table(runs_of(a=[0.0, 0.0, 0.0], b=[1.0, 1.5, 2.0]), ["a", "b"])
    assert any("x_usd in b" in line for line in advice(rough, 3, 0.25))
    assert advice(rough, 3, 0.9) == []
    unclear = paired_table(runs_of(a=[0.0, 0.0, 0.0], b=[-1.0, 1.5, 0.3]), ["a", "b"])
    assert any("cannot be told from zero" in line for line in advice(unclear, 3, 0.25))
    same = paired_table(runs_of(a=[1.0, 2.0], b=[1.0, 2.0]), ["a", "b"])
    assert advice(same, 2, 0.25) == []


def test_enough_replications_are_as_many_as_advised() -> None:
    rng = np.random.default_rng(4)
    few = list(rng.normal(1.0, 1.0, 20))
    told = advice(paired_table(runs_of(a=[0.0] * 20, b=few), ["a", "b"]), 20, 0.1)
    needed = int(told[-1].split("about ")[1].split(" ")[0].replace(",", ""))
    many = list(rng.normal(np.mean(few), np.std(few, ddof=1), 2 * needed))
    assert advice(paired_table(runs_of(a=[0.0] * len(many), b=many), ["a", "b"]), len(many), 0.1) == []


@pytest.mark.thorough
def test_a_lost_worker_is_told() -> None:
    tasks = [Task(_Deadly(), seed) for seed in (1, 2)]  # type: ignore[arg-type]
    with pytest.raises(WorkerError, match="worker process ended"):
        replicate_all(tasks, workers=2)


class _Deadly:
    """Ends the process that unpickles it, as the operating system does when memory runs out."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        import os

        return os._exit, (9,)


def test_provenance_tells_code_and_assumptions_apart() -> None:
    usual, changed = (provenance(Scenario.load("withdraw").with_changes(c)) for c in ({}, {"build_limit": 0.5}))
    assert usual["code_checksum"] == changed["code_checksum"] == code_checksum()
    assert usual["parameter_checksum"] != changed["parameter_checksum"]
    assert changed["changes"] == {**usual["changes"], "build_limit": 0.5}
    assert "title" not in usual["changes"]
