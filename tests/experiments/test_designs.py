"""Designs: what they sample, and what they refuse before anything runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from experiments import InputError, read_design, sweep
from experiments.designs.columns import outcome_names, series_names
from experiments.designs.plan import make_plan
from experiments.results import RunResult
from model.parameters import Parameters

DECLARED = {"kind": "lhs", "points": 40, "uncertainties": {"build_limit": "declared", "rural_plan_months": "declared"}}


def problems_of(design: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        make_plan(read_design(design))  # type: ignore[arg-type]
    return list(caught.value.problems)


def test_a_hypercube_has_one_point_in_every_slice_of_the_declared_range() -> None:
    frame = read_design(DECLARED).frame()
    row = Parameters.default().row("build_limit")
    slices = np.floor((frame["build_limit"] - row.low) / (row.high - row.low) * 40)
    assert sorted(slices) == list(range(40))
    months = frame["rural_plan_months"]
    assert (months == months.round()).all()
    assert set(months) <= set(range(18, 37))


def test_a_grid_is_every_combination_in_order() -> None:
    design = read_design(
        {
            "kind": "grid",
            "uncertainties": {"build_limit": {"low": 0.5, "high": 1.0, "steps": 3}, "growth_market": [0.02, 0.04]},
            "levers": {"price_structure": "all", "announced_plans": [False]},
        }
    )
    assert design.n_points == 3 * 2 * 4
    assert design.point(0) == ("bargained", False, 0.5, 0.02)
    assert design.frame().drop_duplicates().shape == (24, 4)
    assert design.frame()["build_limit"].unique().tolist() == [0.5, 0.75, 1.0]


def test_choices_whole_numbers_and_months_are_equally_likely() -> None:
    design = read_design(
        {
            "kind": "sobol",
            "points": 256,
            "levers": {"price_structure": "all", "exit_end": {"low": "2026-01", "high": "2026-04"}},
            "uncertainties": {"price_memory_months": {"low": 1, "high": 4}},
        }
    )
    frame = design.frame()
    assert len(frame) == 256 * 5
    for name, values in (("price_structure", 4), ("exit_end", 4), ("price_memory_months", 4)):
        counts = Counter(frame[name])
        assert len(counts) == values
        assert max(counts.values()) < 1.05 * len(frame) / values
    assert set(frame["exit_end"]) == {"2026-01", "2026-02", "2026-03", "2026-04"}


def test_a_step_of_a_morris_trajectory_changes_one_factor() -> None:
    names = ["build_limit", "growth_market", "investment_hurdle"]
    frame = read_design(
        {"kind": "morris", "trajectories": 5, "uncertainties": dict.fromkeys(names, "declared")}
    ).frame()
    changed = (frame.diff().abs() > 0).sum(axis=1)
    inside = changed.index % 4 != 0
    assert (changed[inside] == 1).all()


def test_a_table_keeps_its_points_and_reads_files(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("build_limit,price_structure\n0.5,uniform\n5.0,by_zone\n")
    (tmp_path / "design.toml").write_text('kind = "table"\nfile = "points.csv"\n')
    frame = read_design(tmp_path / "design.toml").frame()
    assert frame["build_limit"].tolist() == [0.5, 5.0]  # listed values may lie beyond the declared range
    listed = {"kind": "table", "points": [{"price_structure": "uniform", "build_limit": 0.5},
                                          {"price_structure": "by_zone", "build_limit": 5}]}  # fmt: skip
    assert read_design(listed).frame().equals(frame)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_design_and_its_table_are_the_same_from_every_editor(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "points.csv").write_text("build_limit\r\n0.5\r\n5.0\r\n", encoding=encoding, newline="")
    (tmp_path / "design.toml").write_text('kind = "table"\r\nfile = "points.csv"\r\n', encoding=encoding, newline="")
    assert read_design(tmp_path / "design.toml").frame()["build_limit"].tolist() == [0.5, 5.0]
    (tmp_path / "points.csv").write_bytes(b"build_limit\n0.5\n\xff\n")
    with pytest.raises(InputError, match=r"points\.csv: it is not a text file in UTF-8 \(byte 0xff in line 3\)"):
        read_design(tmp_path / "design.toml")


def test_one_seed_gives_the_same_points_and_another_gives_others() -> None:
    first, again, other = (read_design(DECLARED | {"sampling_seed": seed}).frame() for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    design = {
        "kind": "lhs",
        "points": 0,
        "scenario": "withdraw",
        "replications": -1,
        "uncertainties": {
            "buld_limit": "declared",
            "build_limit": {"low": 0.1, "high": 9.0},
            "growth_market": [float("nan"), 0.03],
            "inflation": {"low": 0.03, "high": 0.02},
            "capital_rate": [0.08, 0.08],
            "n_states": [51],
            "switching_inertia": {"low": 0.5, "hihg": 1.0},
        },
        "levers": {"price_structure": ["one price"], "growth_market": "declared", "end": ["2026-01"]},
        "set": {"unknown_thing": 1},
    }
    with pytest.raises(InputError) as caught:
        sweep(design, tmp_path / "store", workers=0)
    told = "\n".join(caught.value.problems)
    for expected in (
        "points: 0 is not allowed",
        "replications: -1 is not allowed",
        "buld_limit: unknown; did you mean build_limit",
        "0.1 to 9 goes beyond the declared range 0.4 to 2.3",
        "growth_market = nan",
        "inflation: high 0.02 must be above low 0.03",
        "capital_rate: 0.08 is listed twice",
        "n_states cannot be set",
        "switching_inertia.hihg: unknown",
        "'one price' is not allowed; it must be one of bargained, uniform, by_zone_type, by_zone",
        "growth_market: it is varied twice",
        "levers.end: cannot be varied",
        "unknown_thing: unknown",
        "workers: 0 is not allowed",
    ):
        assert expected in told
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("design", "expected"),
    [
        ({"kind": "gird", "uncertainties": {"build_limit": [1.0]}}, "kind: 'gird' is not allowed"),
        ({"kind": "grid"}, "no points"),
        ({"kind": "table", "points": []}, "the table is empty"),
        ({"kind": "table", "points": [{"build_limit": 1.0}, {"build_limit": 1}]}, "the same as point 0"),
        ({"kind": "table", "points": [{"build_limit": 1.0}, {"growth_market": 0.1}]}, "the same names as the first"),
        ({"kind": "table", "points": [{"build_limit": float("nan")}]}, "build_limit = nan"),
        ({"kind": "grid", "uncertainties": {"build_limit": "declared"}}, "needs a list of values, or steps"),
        (DECLARED | {"kind": "sobol", "points": 100}, "power of two"),
        (DECLARED | {"points": 10**9}, "points: 1000000000 is not allowed"),
        (DECLARED | {"outcomes": ["usps_chas_usd"]}, "did you mean usps_cash_usd"),
        (DECLARED | {"monthly": ["nothing"]}, "monthly: 'nothing' fits nothing"),
        (DECLARED | {"scenario": "renew", "scenarios": ["renew"]}, "not both"),
        (DECLARED | {"scenarios": ["renew", "renew"]}, "'renew' comes 2 times"),
        (DECLARED | {"set": {"build_limit": 1.0}}, "fixed in set and varied"),
        (DECLARED | {"until": "2024-01"}, "2024-01"),
    ],
)
def test_impossible_designs_are_refused(design: dict[str, object], expected: str) -> None:
    assert any(expected in problem for problem in problems_of(design))


def test_a_table_file_with_empty_cells_or_a_column_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holes.csv").write_text("build_limit,growth_market\n0.5,\n")
    (tmp_path / "twice.csv").write_text("build_limit,build_limit\n0.5,0.6\n")
    for name, expected in (("holes", "has empty cells"), ("twice", "column build_limit comes 2 times")):
        (tmp_path / f"{name}.toml").write_text(f'kind = "table"\nfile = "{name}.csv"\n')
        assert expected in problems_of(tmp_path / f"{name}.toml")[0]


def test_values_that_are_each_allowed_but_not_together_are_refused_with_their_points() -> None:
    design = {
        "kind": "grid",
        "uncertainties": {"congestion_threshold": [0.85, 0.99], "congestion_reference": [0.95, 1.2]},
    }
    told = problems_of(design)
    assert len(told) == 1
    assert "point 2 (congestion_threshold = 0.99, congestion_reference = 0.95)" in told[0]


def test_equal_points_have_equal_keys_and_nothing_else_has() -> None:
    design = read_design({"kind": "grid", "scenarios": ["baseline", "placebo"], "replications": 3, "until": "2025-02",
                          "uncertainties": {"build_limit": [1.0, 1.5]}})  # fmt: skip
    plan = make_plan(design)
    assert len(set(plan.keys.tolist())) == len(plan) == 2 * 2 * 3
    longer = make_plan(read_design({"kind": "grid", "scenario": "baseline", "until": "2025-03",
                                    "uncertainties": {"build_limit": [1.0, 1.5]}}))  # fmt: skip
    assert not set(plan.keys.tolist()) & set(longer.keys.tolist())
    one = make_plan(read_design({"kind": "table", "scenario": "baseline", "until": "2025-02",
                                 "points": [{"build_limit": 1.5}]}))  # fmt: skip
    assert one.keys[0] in plan.keys


def test_the_columns_of_a_sweep_are_those_that_runs_have(short_run: RunResult) -> None:
    known = outcome_names(short_run.scenario)
    assert set(short_run.outcomes.index) <= set(known)
    assert list(short_run.monthly.columns) == series_names(short_run.scenario)
