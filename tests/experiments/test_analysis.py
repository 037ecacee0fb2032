"""What is read out of sweeps, against cases whose answer is known."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import stand_ins
from typer.testing import CliRunner

from experiments import (
    InputError,
    SweepResult,
    bands,
    differences,
    discover,
    heat_map,
    open_sweep,
    response,
    sensitivity,
    sweep,
)
from experiments.analysis.responses import averaged_over
from experiments.analysis.values import luck_share
from experiments.cli.app import app
from experiments.designs.columns import outcome_names
from experiments.reports.influence import indices_section
from experiments.sweeps.drive import SweepInterruptedError
from model.scenario import Scenario

NAMES = stand_ins.ISHIGAMI
BASE: dict[str, Any] = {"until": "2025-01", "outcomes": ["y"], "uncertainties": dict.fromkeys(NAMES, "declared")}


def ishigami_sweep(folder: Path, **design: Any) -> SweepResult:
    return sweep({**BASE, **design}, folder, workers=1, simulate=stand_ins.ishigami)


@pytest.fixture(scope="module")
def sobol(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """A Sobol sweep of the Ishigami function."""
    return ishigami_sweep(tmp_path_factory.mktemp("sobol") / "store", kind="sobol", points=512)


@pytest.fixture(scope="module")
def hypercube(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """A Latin hypercube of a product with luck, in two scenarios."""
    design = {**BASE, "kind": "lhs", "points": 300, "replications": 3, "scenarios": ["renew", "withdraw"]}
    return sweep(design, tmp_path_factory.mktemp("lhs") / "store", workers=1, simulate=stand_ins.product)


@pytest.mark.thorough
def test_sobol_indices_of_the_ishigami_function_are_those_of_its_closed_form(sobol: SweepResult) -> None:
    a, b, pi = 7.0, 0.1, math.pi
    first = 0.5 * (1.0 + b * pi**4 / 5.0) ** 2
    second = a**2 / 8.0
    together = b**2 * pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    total = first + second + together
    table = sensitivity(sobol).table.loc["y"]
    exact = {
        NAMES[0]: (first / total, (first + together) / total),
        NAMES[1]: (second / total, second / total),
        NAMES[2]: (0.0, together / total),
    }
    for name, (alone, whole) in exact.items():
        row = table.loc[name]
        assert row["first_low"] <= alone <= row["first_high"], name
        assert row["total_low"] <= whole <= row["total_high"], name
        assert row["total_high"] - row["total_low"] < 0.3


def test_morris_ranks_the_factors_of_the_ishigami_function(tmp_path: Path) -> None:
    found = sensitivity(ishigami_sweep(tmp_path, kind="morris", trajectories=60))
    table = found.table.loc["y"]
    assert (table["effect"] > 0).all()
    assert (table["spread"] > 0.5 * table["effect"]).loc[list(NAMES[::2])].all()  # the first and third act together


def test_morris_effects_of_a_product_are_its_slopes(tmp_path: Path) -> None:
    design = {"kind": "morris", "trajectories": 40, "until": "2025-01", "outcomes": ["y"],
              "uncertainties": {"build_limit": "declared", "inflation": "declared"}}  # fmt: skip
    found = sensitivity(sweep(design, tmp_path, workers=1, simulate=stand_ins.product)).table.loc["y"]
    assert found.loc["build_limit", "effect"] == pytest.approx(1.2 * (2.3 - 0.4))  # multiplier 1.2, over the range
    assert found.loc["build_limit", "signed"] == found.loc["build_limit", "effect"]
    assert found.loc["inflation", "effect"] == pytest.approx(0.0, abs=1e-12)


def test_indices_of_an_incomplete_or_another_design_are_refused(
    tmp_path: Path, hypercube: SweepResult, sobol: SweepResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="of kind lhs"):
        sensitivity(hypercube)
    with pytest.raises(InputError, match="does not keep 'x'"):
        sensitivity(sobol, "x")
    ishigami_sweep(tmp_path / "store", kind="sobol", points=64)
    next((tmp_path / "store" / "runs").iterdir()).unlink()
    with pytest.raises(InputError, match="runs of baseline are missing"):
        sensitivity(tmp_path / "store")
    failing = {**BASE, "kind": "sobol", "points": 4, "seed": 2}
    sweep(failing, tmp_path / "failed", workers=1, simulate=stand_ins.failing)
    with pytest.raises(InputError, match="20 runs of baseline failed"):
        sensitivity(tmp_path / "failed")


@pytest.fixture(scope="module")
def with_gaps(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """A Morris sweep in which some runs have no figure of z."""
    design = {**BASE, "kind": "morris", "trajectories": 8, "replications": 2, "outcomes": ["y", "z"]}
    folder = tmp_path_factory.mktemp("gaps") / "store"
    return sweep(design, folder, workers=1, simulate=stand_ins.sometimes_nothing)


def test_an_outcome_without_figures_does_not_block_the_others_of_a_pattern(with_gaps: SweepResult) -> None:
    for pattern in (None, "*", ["*"], ["y", "?"]):
        found = sensitivity(with_gaps, pattern)
        assert set(found.table.index.get_level_values("outcome")) == {"y"}
        assert found.without == {"z": 32}
    for named in ("z", ["y", "z"]):
        with pytest.raises(InputError, match="32 runs of baseline have no z"):
            sensitivity(with_gaps, named)
    shown = CliRunner().invoke(app, ["sensitivity", str(with_gaps.folder), "--outcome", "*"])
    assert shown.exit_code == 0
    assert "Left out: z, which 32 runs have no figure of." in shown.stdout
    assert CliRunner().invoke(app, ["sensitivity", str(with_gaps.folder), "--outcome", "z"]).exit_code == 2


def test_an_outcome_without_figures_in_one_scenario_is_there_in_the_others(tmp_path: Path) -> None:
    design = {**BASE, "kind": "morris", "trajectories": 8, "outcomes": ["y", "z"], "scenarios": ["renew", "withdraw"]}
    sweep(design, tmp_path / "store", workers=1, simulate=stand_ins.nothing_withdrawn)
    told = CliRunner().invoke(app, ["sensitivity", str(tmp_path / "store"), "--json"])
    found = json.loads(told.stdout)["scenarios"]
    assert {name: sorted(one["outcomes"]) for name, one in found.items()} == {"renew": ["y", "z"], "withdraw": ["y"]}
    assert {name: one["without"] for name, one in found.items()} == {"renew": {}, "withdraw": {"z": 32}}
    assert CliRunner().invoke(app, ["sensitivity", str(tmp_path / "store")]).exit_code == 0
    section = indices_section(open_sweep(tmp_path / "store"), ["y", "z"])
    missing = [block.title for block in section.blocks if block.text == "Not computed: 32 runs have no figure."]
    assert len(section.blocks) == 4
    assert len(missing) == 1
    assert "withdraw" in missing[0]


@pytest.mark.thorough
def test_a_first_year_has_no_figure_that_compares_with_it(tmp_path: Path) -> None:
    design = {
        "kind": "morris", "trajectories": 2, "until": "2026-12", "set": {"n_shippers": 100},
        "outcomes": ["amazon_usps_retained_share"], "uncertainties": {"amazon_own_cost_multiplier": "declared"},
    }  # fmt: skip
    result = sweep(design, tmp_path, workers=1)
    assert result.outcomes == ("amazon_usps_retained_share_2026",)
    assert sensitivity(result, "amazon_usps_retained_share").outcome("amazon_usps_retained_share_2026").size
    later = [name for name in outcome_names(Scenario().with_changes({"start": "2022-07"})) if "retained" in name]
    assert later[0] == "amazon_usps_retained_share_2024"
    with pytest.raises(InputError, match="the runs must have a second one"):
        sweep({**design, "until": "2025-12"}, tmp_path / "short", workers=1)


def test_no_share_of_the_variance_leaves_0_to_1_however_few_points(tmp_path: Path) -> None:
    table = sensitivity(ishigami_sweep(tmp_path, kind="sobol", points=4)).table
    assert ((table >= 0.0) & (table <= 1.0)).all(axis=None)
    assert (table["first_low"] <= table["first"]).all()
    assert (table["total"] <= table["total_high"]).all()
    assert table["total_high"].max() == 1.0  # it would be beyond


def test_no_size_of_an_effect_is_less_than_nothing(tmp_path: Path) -> None:
    table = sensitivity(ishigami_sweep(tmp_path, kind="morris", trajectories=2)).table
    assert (table["effect_low"] >= 0.0).all()
    assert (table["effect_low"] == 0.0).any()  # it would be below


def test_luck_is_told_apart_from_parameters(hypercube: SweepResult, tmp_path: Path) -> None:
    design = {**BASE, "kind": "sobol", "points": 16, "replications": 3, "outcomes": ["y", "z"]}
    found = sensitivity(sweep(design, tmp_path, workers=1, simulate=stand_ins.product))
    assert found.constant == ("z",)  # it differs between seeds only, not between points
    assert 0.0 < found.luck["y"] < 0.01
    table = response(hypercube, "y", "build_limit")
    assert table["luck"].to_numpy() == pytest.approx(0.01)  # seeds 1, 2, 3 times 0.01
    assert (table["q95"] - table["q05"] > 0.3).all()


def test_luck_that_is_common_to_all_points_takes_nothing_from_what_differs_between_them() -> None:
    effect, luck = np.array([0.0, 1.0, 2.0, 3.0]), np.array([-4.0, 0.0, 4.0])
    values = pd.DataFrame(effect[:, None] + luck)  # as if every seed moved all points alike
    assert luck_share(values) == pytest.approx(16.0 / (16.0 + effect.var(ddof=1)))
    values.iloc[3, 2] = np.nan  # a run that is missing is no luck: its point does not count
    assert luck_share(values) == pytest.approx(16.0 / (16.0 + effect[:3].var(ddof=1)))
    assert math.isnan(luck_share(values.head(1)))  # of one point nothing is known of what differs between points


def test_a_response_follows_the_function(hypercube: SweepResult) -> None:
    table = response(hypercube, "y", "build_limit", scenario="renew").loc["renew"]
    at = table.index.to_numpy(dtype=float)
    expected = at * 1.2 + 0.02  # the mean multiplier is 1.2, the mean seed 2
    assert table["mean"].to_numpy() == pytest.approx(expected, abs=0.25)  # three standard errors of a group of 30
    assert ((table["low"] < table["mean"]) & (table["mean"] < table["high"])).all()
    assert table["points"].sum() == 300


def test_a_heat_map_of_a_grid_is_the_grid(tmp_path: Path) -> None:
    grid = {"kind": "grid", "until": "2025-01", "outcomes": ["y"], "replications": 2,
            "uncertainties": {"build_limit": [0.5, 1.0], "amazon_own_cost_multiplier": [0.9, 1.0, 1.1]}}  # fmt: skip
    result = sweep(grid, tmp_path, workers=1, simulate=stand_ins.product)
    table = heat_map(result, "y", "build_limit", "amazon_own_cost_multiplier")
    assert table.columns.tolist() == [0.5, 1.0]
    assert table.loc[1.1, 0.5] == pytest.approx(0.5 * 1.1 + 0.015)
    with pytest.raises(InputError, match="two factors"):
        heat_map(result, "y", "build_limit", "build_limit")


def test_the_interval_of_a_grid_holds_luck_and_not_the_other_factor(tmp_path: Path) -> None:
    grid = {"kind": "grid", "until": "2025-01", "outcomes": ["y"], "replications": 3,
            "uncertainties": {"build_limit": [0.5, 1.0], "amazon_own_cost_multiplier": [0.8, 1.6]}}  # fmt: skip
    table = response(sweep(grid, tmp_path, workers=1, simulate=stand_ins.product), "y", "build_limit")
    assert (table["high"] - table["low"]).to_numpy() == pytest.approx(0.0, abs=1e-9)  # all seeds say the same
    assert (table["q95"] - table["q05"] > 0.2).all()  # what the other factor does is told apart
    single = {**grid, "replications": 1, "uncertainties": {"build_limit": [0.5, 1.0]}}
    alone = response(sweep(single, tmp_path / "one", workers=1, simulate=stand_ins.product), "y", "build_limit")
    assert alone[["low", "high", "q05", "q95"]].isna().all(axis=None)  # one point and one seed have no spread
    assert (alone["q50"] == alone["mean"]).all()


def test_a_heat_map_says_over_what_it_is_a_mean(tmp_path: Path) -> None:
    names = ("build_limit", "amazon_own_cost_multiplier")
    third = {"build_limit": [0.5, 1.0], "amazon_own_cost_multiplier": [0.9, 1.1], "inflation": [0.02, 0.025, 0.03]}
    grid = {"kind": "grid", "until": "2025-01", "outcomes": ["y"], "replications": 2, "uncertainties": third}
    whole = sweep(grid, tmp_path / "whole", workers=1, simulate=stand_ins.product)
    assert (
        averaged_over(whole, "y", *names) == "Each cell is the mean over the 3 values of inflation, and over 2 seeds."
    )
    points = [dict(zip(third, row, strict=True)) for row in itertools.product(*third.values())][:-1]
    table = {"kind": "table", "until": "2025-01", "outcomes": ["y"], "points": points}
    part = sweep(table, tmp_path / "part", workers=1, simulate=stand_ins.product)
    assert "They differ in inflation too" in averaged_over(part, "y", *names)
    assert "no other factor varies" in averaged_over(
        sweep({**grid, "uncertainties": {name: third[name] for name in names}}, tmp_path / "two", workers=1,
              simulate=stand_ins.product), "y", *names)  # fmt: skip


def test_points_are_compared_under_the_same_luck(tmp_path: Path) -> None:
    grid = {"kind": "grid", "until": "2025-01", "outcomes": ["additive"], "replications": 3,
            "uncertainties": {"amazon_own_cost_multiplier": [0.8, 1.0, 1.2, 1.4],
                              "build_limit": [0.5, 1.0, 1.5, 2.0]}}  # fmt: skip
    with pytest.raises(SweepInterruptedError):
        sweep(grid, tmp_path, workers=1, simulate=stand_ins.cancelled)
    table = heat_map(tmp_path, "additive", "build_limit", "amazon_own_cost_multiplier")
    assert np.isfinite(table.to_numpy(dtype=float)).sum() == 9  # the tenth point has one seed of three
    assert response(tmp_path, "additive", "build_limit")["points"].sum() == 9


def test_discovery_takes_switches_for_choices_and_months_for_numbers(tmp_path: Path) -> None:
    design = {"kind": "grid", "until": "2025-01", "outcomes": ["y"], "set": {"exit_end": "2030-12"},
              "uncertainties": {"build_limit": [0.5, 0.6, 0.7]},
              "levers": {"make_or_buy": [True, False],
                         "exit_start": ["2027-01", "2025-01", "2026-01", "2028-01"]}}  # fmt: skip
    result = sweep(design, tmp_path, workers=1, simulate=stand_ins.switched)
    found = discover(result, "y", above=1.5)
    assert found.limits == {"make_or_buy": [True], "exit_start": ("2027-01", "2028-01")}


def test_differences_between_scenarios_that_do_the_same_are_zero(hypercube: SweepResult) -> None:
    table = differences(hypercube)
    assert table.loc[("y", "withdraw")].drop("pairs").abs().max() == 0.0
    assert table.loc[("y", "withdraw"), "pairs"] == 900


def test_paired_differences_of_the_market_have_bands_by_month(tmp_path: Path) -> None:
    design = {
        "kind": "lhs", "points": 2, "replications": 2, "scenarios": ["baseline", "placebo", "withdraw"],
        "until": "2025-03", "set": {"n_shippers": 200, "n_enterprise_shippers": 20},
        "uncertainties": {"amazon_own_cost_multiplier": "declared"},
        "outcomes": ["amazon_via_usps_parcels"], "monthly": ["amazon_via_usps_parcels"],
    }  # fmt: skip
    result = sweep(design, tmp_path, workers=1)
    table = differences(result)
    assert table.loc[("amazon_via_usps_parcels", "placebo"), "q95"] == 0.0
    assert table.loc[("amazon_via_usps_parcels", "withdraw"), "high"] < 0.0
    months = bands(result, "amazon_via_usps_parcels", base="baseline")
    assert (months.loc["placebo"].to_numpy() == 0.0).all()
    withdrawn = months.loc["withdraw"]
    assert (withdrawn["q95"] < 0.0).all()
    assert withdrawn["q50"].is_monotonic_decreasing
    levels = bands(result, "amazon_via_usps_parcels")
    assert set(levels.index.get_level_values("scenario")) == {"baseline", "placebo", "withdraw"}


def test_discovery_finds_a_box_that_is_there(tmp_path: Path) -> None:
    design = {**BASE, "kind": "lhs", "points": 400, "levers": {"price_structure": "all"}}
    result = sweep(design, tmp_path, workers=1, simulate=stand_ins.boxed)
    found = discover(result, "y", above=0.5, density=0.99)
    assert set(found.limits) == {"build_limit", "price_structure"}
    low, high = found.limits["build_limit"]
    assert low == pytest.approx(1.5, abs=0.1)
    assert high > 2.2
    assert found.limits["price_structure"] == ["by_zone"]
    assert found.density > 0.95
    assert found.coverage > 0.9
    assert found.held_out_density > 0.9
    assert max(found.chance.values()) < 1e-6
    assert "build_limit from 1." in str(found)
    for wrong in ({}, {"above": 1.0, "below": 0.0}, {"above": 5.0}):
        with pytest.raises(InputError, match="threshold"):
            discover(result, "y", **wrong)
