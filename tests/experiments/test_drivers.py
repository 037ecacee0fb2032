"""What drives an outcome, against cases whose shares are known and against the textbook done slowly."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import stand_ins
from scipy import stats
from typer.testing import CliRunner

from experiments import SweepResult, drivers, open_sweep, report, sweep
from experiments.analysis.drivers import drivers_of
from experiments.analysis.factorial import as_cube, factorial_pieces
from experiments.analysis.partition import shares_of
from experiments.analysis.regression import explain, regressors_of
from experiments.cli.app import app
from experiments.simulation import Simulation
from experiments.sweeps.drive import SweepInterruptedError
from model.scenario import Scenario

COST, LIMIT = "amazon_own_cost_multiplier", "build_limit"
GRID: dict[str, Any] = {
    "kind": "grid", "until": "2025-01", "replications": 3, "scenarios": ["baseline", "withdraw"],
    "outcomes": ["additive", "mixed", "noise", "plain"],
    "uncertainties": {COST: [0.8, 1.0, 1.2, 1.4], LIMIT: [0.5, 1.0, 1.5, 2.0]},
}  # fmt: skip
LUCK = ["luck, common to all points", "luck, different by point"]
type Simulate = Callable[[Scenario, int], Simulation]


def told(folder: Path, simulate: Simulate, outcome: str = "y", scenario: str = "baseline", **design: Any) -> Any:
    result = sweep({"until": "2025-01", "outcomes": [outcome], **design}, folder, workers=1, simulate=simulate)
    return drivers_of(result, outcome, scenario)


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """Two factors on four values each, three seeds, two scenarios in which the factors change places."""
    return sweep(GRID, tmp_path_factory.mktemp("grid") / "store", workers=1, simulate=stand_ins.crossed)


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """The same in one scenario, cancelled at 28 of 48 runs."""
    folder = tmp_path_factory.mktemp("part") / "store"
    with pytest.raises(SweepInterruptedError):
        sweep({**GRID, "scenarios": ["baseline"]}, folder, workers=1, simulate=stand_ins.cancelled)
    return open_sweep(folder)


# -- balanced designs ------------------------------------------------------------------------------------------------


def test_without_luck_shares_of_a_grid_are_exact(grid: SweepResult) -> None:
    share = drivers(grid, "plain", "baseline")["share"].droplevel([0, 1])  # a + 2 b, both on 0 to 3
    assert share[LIMIT] == pytest.approx(0.8)
    assert share[COST] == pytest.approx(0.2)
    assert share.drop([LIMIT, COST]).max() == pytest.approx(0.0, abs=1e-12)


def test_the_effect_of_one_factor_is_no_noise_in_that_of_the_other(grid: SweepResult) -> None:
    """A main effect of a sixth beside a large one, of which a correlation ratio of each factor alone makes nothing."""
    table = drivers_of(grid, "mixed", "baseline").table
    variance = {COST: 1.25, LIMIT: 5.0, f"{COST} × {LIMIT}": 1.25**2, LUCK[0]: 0.16 * 2.0 / 3.0, LUCK[1]: 0.25}
    for source, one in variance.items():
        wanted = one / sum(variance.values())
        row = table.loc[source]
        assert row["share"] == pytest.approx(wanted, abs=0.035), source
        if source != LUCK[1]:
            assert row["share_low"] <= wanted <= row["share_high"], source
    assert (table["p"].dropna() < 0.01).all()
    assert list(table.index) == [LIMIT, f"{COST} × {LIMIT}", COST, *LUCK]


def test_shares_of_every_outcome_and_scenario_add_up(grid: SweepResult) -> None:
    table = drivers(grid)
    assert set(table.index.droplevel(2)) == set(itertools.product(GRID["outcomes"], GRID["scenarios"]))
    np.testing.assert_allclose(table.groupby(level=[0, 1])["share"].sum(), 1.0)
    assert (table["share"] >= 0.0).all()


def test_every_scenario_has_its_own_drivers(grid: SweepResult) -> None:
    here, there = (drivers_of(grid, "additive", name).table["share"] for name in GRID["scenarios"])
    assert (here[LIMIT], here[COST]) == pytest.approx((there[COST], there[LIMIT]))
    assert here[LIMIT] > 3 * here[COST]


def test_noise_is_no_effect(grid: SweepResult) -> None:
    table = drivers_of(grid, "noise", "baseline").table
    effects = table.drop(LUCK)
    assert (effects["p"] > 0.05).all()
    assert (effects["share_low"] == 0.0).all()
    assert effects["share"].sum() < 0.1
    assert table["share"][LUCK].sum() > 0.9


def slow(values: pd.DataFrame) -> dict[str, float]:
    """Sums of squares of two factors, seeds, and all they do together, by the formulas of a textbook, run by run.

    Args:
        values: Columns a, b, seed, y; every combination once.
    """
    mean, y = values["y"].mean(), values["y"]
    parts = {"a": ["a"], "b": ["b"], "s": ["seed"], "ab": ["a", "b"], "as": ["a", "seed"], "bs": ["b", "seed"]}
    of = {name: [float(y[(values[keys] == row[keys]).all(axis=1)].mean()) for _, row in values.iterrows()]
          for name, keys in parts.items()}  # fmt: skip
    a, b, s, ab, a_s, b_s = (np.array(of[name]) for name in parts)
    return {
        "a": float(((a - mean) ** 2).sum()),
        "b": float(((b - mean) ** 2).sum()),
        "ab": float(((ab - a - b + mean) ** 2).sum()),
        "s": float(((s - mean) ** 2).sum()),
        "as": float(((a_s - a - s + mean) ** 2).sum()),
        "bs": float(((b_s - b - s + mean) ** 2).sum()),
        "abs": float(((y - ab - a_s - b_s + a + b + s - mean) ** 2).sum()),
    }


def test_sums_of_squares_are_those_of_the_textbook(grid: SweepResult) -> None:
    runs = grid.runs[grid.runs["scenario"] == "baseline"]
    found = slow(runs.rename(columns={COST: "a", LIMIT: "b", "mixed": "y"})[["a", "b", "seed", "y"]])
    total = float(((runs["mixed"] - runs["mixed"].mean()) ** 2).sum())
    assert sum(found.values()) == pytest.approx(total)
    table = drivers_of(grid, "mixed", "baseline").table
    for source, name, freedom in ((COST, "a", 3), (LIMIT, "b", 3), (f"{COST} × {LIMIT}", "ab", 9)):
        noise = found[f"{name}s"] / (2 * freedom)
        assert table["share"][source] == pytest.approx((found[name] - freedom * noise) / total), source  # Kelley 1935
        wanted = stats.f.sf(found[name] / freedom / noise, freedom, 2 * freedom)
        assert table["p"][source] == pytest.approx(wanted), source


def test_three_factors_and_what_they_do_together_partition_the_whole() -> None:
    cube = np.random.default_rng(3).normal(size=(2, 3, 4, 5))
    pieces = factorial_pieces(cube, ["a", "b", "c"], LUCK[0])
    assert sum(piece.squares for piece in pieces) == pytest.approx(((cube - cube.mean()) ** 2).sum())
    assert sum(piece.freedom for piece in pieces) == cube.size - 1
    assert [piece.freedom for piece in pieces if piece.shown] == [1, 2, 3, 2, 3, 6, 6, 4]
    together = next(piece for piece in pieces if piece.label == "interactions of three and more")
    three = cube.mean(axis=-1)
    for axis in range(3):
        three = three - three.mean(axis=axis, keepdims=True)
    assert together.squares == pytest.approx(5 * (three**2).sum())


def test_intervals_hold_what_is_true_and_tests_reject_as_often_as_they_say() -> None:
    random = np.random.default_rng(1)
    a, b = np.arange(4.0)[:, None, None], np.arange(4.0)[None, :, None] / 4.0
    held, rejected = [], []
    for _ in range(150):
        seeds = random.normal(0.0, 0.5, 4)
        cube = a + b + seeds + random.normal(0.0, 0.7, (4, 4, 4))
        row = shares_of(factorial_pieces(cube, ["a", "b"], LUCK[0]), LUCK[1], "luck")
        total = a.var() + b.var() + seeds.var() + 0.49
        held += [row["share_low"][name] <= one.var() / total <= row["share_high"][name] for name, one in
                 (("a", a), ("b", b))]  # fmt: skip
        rejected.append(row["p"]["a × b"] < 0.05)
    assert np.mean(held) > 0.88
    assert 0.01 < np.mean(rejected) < 0.11


def test_luck_is_not_taken_for_the_effect_that_it_moves() -> None:
    """The effect of `a` has another sign under every seed: on the mean of few seeds it seems large."""
    random = np.random.default_rng(7)
    a, b = np.arange(4.0)[:, None, None] - 1.5, np.arange(4.0)[None, :, None] - 1.5
    rejected = []
    for _ in range(200):
        cube = a * random.normal(size=4) + b + random.normal(0.0, 0.05, (4, 4, 4))
        rejected.append(shares_of(factorial_pieces(cube, ["a", "b"], LUCK[0]), LUCK[1], "luck")["p"]["a"] < 0.05)
    assert np.mean(rejected) < 0.2  # against a noise pooled over all effects it would be nearly always


def test_with_one_seed_nothing_is_said_of_luck(tmp_path: Path) -> None:
    found = told(tmp_path, stand_ins.crossed, "additive", **{**GRID, "replications": 1, "outcomes": ["additive"]})
    assert found.table["share"].sum() == pytest.approx(1.0)
    assert found.table[["share_low", "share_high", "p"]].isna().all(axis=None)
    assert "luck cannot be told from effects" in found.notes[0]


def test_a_grid_in_which_one_run_failed_stays_balanced(tmp_path: Path) -> None:
    design = {**GRID, "scenarios": ["baseline"], "outcomes": ["additive"], "replications": 4}
    found = told(tmp_path, stand_ins.failing_once, "additive", **design)
    assert (found.method, found.points, found.seeds) == ("analysis of variance", 16, 3)
    assert "Left out: 1 of 4 seeds, which some points lack." in found.notes


# -- other designs ---------------------------------------------------------------------------------------------------


def test_a_hypercube_tells_the_shares_of_a_function_that_is_known(tmp_path: Path) -> None:
    names = stand_ins.ISHIGAMI
    design = {"kind": "lhs", "points": 300, "uncertainties": dict.fromkeys(names, "declared")}
    found = told(tmp_path, stand_ins.ishigami, **design)
    pi = np.pi
    first, second = 0.5 * (1.0 + 0.1 * pi**4 / 5.0) ** 2, 49.0 / 8.0
    together = 0.01 * pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    for name, exact in zip(names, (first, second, 0.0), strict=True):
        row = found.table.loc[name]
        assert row["share_low"] <= exact / (first + second + together) <= row["share_high"], name
    assert found.table["share"].sum() == pytest.approx(1.0)
    assert found.method == "regression"


def test_factors_that_go_together_are_one_source(tmp_path: Path) -> None:
    points = [{LIMIT: 0.5 + 0.05 * i, "growth_market": 0.02 + 0.001 * i, "inflation": 0.02 + 0.0005 * i,
               "investment_hurdle": [0.1, 0.2, 0.3, 0.4][i * 7 % 4]} for i in range(24)]  # fmt: skip
    found = told(tmp_path, stand_ins.moved_together, kind="table", replications=3, points=points)
    together = f"{LIMIT}, growth_market and inflation together"
    assert found.members[together] == (LIMIT, "growth_market", "inflation")
    assert found.table["kind"][together] == "together"
    limits = np.array([point[LIMIT] for point in points])
    wanted = limits.var() / (limits.var() + 0.04)
    row = found.table.loc[together]
    assert row["share_low"] <= wanted <= row["share_high"]
    assert found.table["p"]["investment_hurdle"] > 0.05
    assert any(f"{LIMIT}, growth_market and inflation cannot be told apart" in note for note in found.notes)
    assert LIMIT not in found.table.index  # no figure of one of them alone
    share = found.table["share"]
    assert share[together] + share.drop(together).sum() == pytest.approx(1.0)


def explained(columns: dict[str, Any], y: Any) -> tuple[pd.DataFrame, Any]:
    factors = pd.DataFrame(columns)
    found = regressors_of(factors, {str(name): {"kind": "range", "unit": "-"} for name in factors})
    assert found is not None
    answer = explain(pd.DataFrame({1: np.asarray(y, dtype=float)}), found, LUCK[0])
    return shares_of(answer.pieces, "rest", "rest"), answer.regressors


def test_a_sum_of_two_others_is_told_apart_from_none_of_them() -> None:
    random = np.random.default_rng(2)
    a, b, other = random.uniform(size=(3, 60))
    table, found = explained({"a": a, "b": b, "sum": a + b, "other": other}, a + other)
    assert found.groups == (("a", "b", "sum"), ("other",))
    assert table["share"]["a, b and sum together"] == pytest.approx(a.var() / (a + other).var(), abs=0.1)
    curved, found = explained({"a": a, "cube": a**3, "other": other}, a**3)
    assert found.groups == (("a", "cube"), ("other",))
    assert curved["share"]["a and cube together"] > 0.99


def test_what_goes_partly_together_is_told_as_such() -> None:
    random = np.random.default_rng(4)
    a, own = random.normal(size=(2, 200))
    b = 0.6 * a + 0.8 * own
    table, found = explained({"a": a, "b": b}, a + b)  # correlation 0.6
    assert len(found.groups) == 2
    assert table["shared"]["a"] == pytest.approx(0.3, abs=0.08)  # half of 1 - r² each is theirs alone
    for row in table.loc[["a", "b"]].to_dict("records"):
        assert row["share_low"] < 0.25 < 0.75 < row["share_high"]  # anything between is as good
    against, found = explained({"a": a, "b": b}, a - 0.5 * b)
    assert (against["share"] >= 0.0).all()
    assert against["share"].sum() == pytest.approx(1.0)


def test_too_few_points_for_the_factors_are_no_shares(tmp_path: Path) -> None:
    names = ["growth_market", "inflation", LIMIT, COST, "investment_hurdle", "mail_trend_first_class"]
    found = told(tmp_path, stand_ins.product, kind="lhs", points=6, uncertainties=dict.fromkeys(names, "declared"))
    assert found.method == "none"
    assert found.table["share"].isna().all()
    assert found.notes == ("6 points are too few to tell 6 factors apart: there are no shares.",)


def test_an_order_is_that_of_the_values_and_a_choice_has_none(tmp_path: Path) -> None:
    falling = {"kind": "grid", "uncertainties": {LIMIT: [2.0, 0.5, 1.0], COST: [1.0, 1.2]}}
    found = told(tmp_path / "numbers", stand_ins.product, **falling)
    assert found.table["change"][LIMIT] == pytest.approx(1.5 * 1.1)  # from 0.5 to 2.0, however they are listed
    choice = {"kind": "lhs", "points": 40, "replications": 2, "levers": {"price_structure": "all"},
              "uncertainties": {LIMIT: "declared"}}  # fmt: skip
    found = told(tmp_path / "choice", stand_ins.switched, "middle", **choice)
    # The middle of the list is high: a straight line over its places would find nothing.
    assert found.table["share"]["price_structure"] == pytest.approx(1.0, abs=0.01)
    assert found.table["highest_at"]["price_structure"] == "by_zone_type"


def test_a_change_is_not_that_of_the_factor_beside(tmp_path: Path) -> None:
    """Of 15 points in a triangle high values of the one go with low ones of the other."""
    points = [{COST: 0.8 + 0.2 * a, LIMIT: 0.5 + 0.5 * b} for a in range(5) for b in range(5 - a)]
    found = told(tmp_path, stand_ins.crossed, "plain", kind="table", points=points)
    assert found.table["change"][COST] == pytest.approx(4.0)
    assert found.table["change"][LIMIT] == pytest.approx(8.0)


def test_an_outcome_that_many_runs_lack_is_taken_as_a_mean(tmp_path: Path) -> None:
    design = {"kind": "lhs", "points": 40, "replications": 4, "uncertainties": {LIMIT: "declared", COST: "declared"}}
    found = told(tmp_path, stand_ins.often_missing, **design)
    assert found.seeds == 1
    assert found.points > 30  # all but those that never have it
    assert found.table["share"][LIMIT] > 0.9
    assert "Many runs do not have this outcome" in " ".join(found.notes)


def test_one_point_has_no_drivers(tmp_path: Path) -> None:
    result = sweep({**GRID, "uncertainties": {LIMIT: [1.0]}}, tmp_path, workers=1, simulate=stand_ins.crossed)
    assert drivers(result).empty
    assert as_cube(pd.DataFrame([[1.0, 2.0]]), pd.DataFrame(index=[0])) is None


# -- sweeps that are not finished ------------------------------------------------------------------------------------


def test_a_partial_grid_says_what_it_lacks(part: SweepResult) -> None:
    found = drivers_of(part, "additive", "baseline")
    assert (found.method, found.points, found.seeds) == ("regression", 9, 3)
    assert f"{COST} has 3 of its 4 values in these points." in found.notes
    assert found.table["share_high"][LIMIT] - found.table["share_low"][LIMIT] > 0.05  # little is known yet


def test_a_partial_sweep_is_headlined_as_one_everywhere(part: SweepResult) -> None:
    wanted = "28 of 48 runs; cancelled"
    assert part.status.partial == wanted
    for command in ("status", "sensitivity"):
        printed = call(command, str(part.folder)).stdout
        assert printed.startswith(f"Partial sweep: {wanted}"), command
        assert json.loads(call(command, str(part.folder), "--json").stdout)["partial"] == wanted
    text = report(part).read_text()
    assert f"<h1>Partial sweep: store ({wanted})</h1>" in text
    assert "Over the points that are there" in text


def test_a_sweep_that_went_on_is_partial_no_more(part: SweepResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_GOES_ON", "1")
    result = sweep({**GRID, "scenarios": ["baseline"]}, part.folder, workers=1, simulate=stand_ins.cancelled)
    assert result.status.partial == ""
    assert drivers_of(result, "additive", "baseline").method == "analysis of variance"
    assert "Partial" not in call("status", str(part.folder)).stdout
    assert "<h1>Sweep: store</h1>" in report(result).read_text()


def test_failed_runs_are_in_the_headline_too(tmp_path: Path) -> None:
    result = sweep({**GRID, "outcomes": ["y"]}, tmp_path, workers=1, simulate=stand_ins.failing)
    assert result.status.partial == "64 of 96 runs; 32 failed"


# -- what is shown ---------------------------------------------------------------------------------------------------


def test_the_commands_show_every_scenario(grid: SweepResult) -> None:
    printed = call("sensitivity", str(grid.folder), "--outcome", "mixed").stdout
    assert "mixed, scenario baseline" in printed
    assert "mixed, scenario withdraw (forced)" in printed
    assert f"{COST} × {LIMIT}" in printed
    assert "Partial" not in printed
    told = json.loads(call("sensitivity", str(grid.folder), "--json").stdout)
    for name in GRID["scenarios"]:
        sources = told["scenarios"][name]["outcomes"]["additive"]["sources"]
        for source, row in drivers_of(grid, "additive", name).table.iterrows():
            assert sources[source]["share"] == pytest.approx(row["share"])
    assert told["outcomes"] == told["scenarios"]["baseline"]["outcomes"]
    assert told["outcomes"]["noise"]["sources"][LUCK[1]]["p"] is None
    one = call("sensitivity", str(grid.folder), "--scenario", "withdraw", "--json").stdout
    assert list(json.loads(one)["scenarios"]) == ["withdraw"]


def test_indices_are_shown_of_every_scenario(tmp_path: Path) -> None:
    design = {"kind": "morris", "trajectories": 4, "until": "2025-01", "outcomes": ["plain"],
              "scenarios": ["baseline", "withdraw"],
              "uncertainties": {COST: {"low": 0.8, "high": 1.4}, LIMIT: {"low": 0.5, "high": 2.0}}}  # fmt: skip
    sweep(design, tmp_path / "store", workers=1, simulate=stand_ins.crossed)
    printed = call("sensitivity", str(tmp_path / "store")).stdout
    assert "scenario baseline" in printed
    assert "scenario withdraw" in printed
    told = json.loads(call("sensitivity", str(tmp_path / "store"), "--json").stdout)["scenarios"]
    here, there = (told[name]["outcomes"]["plain"]["factors"] for name in ("baseline", "withdraw"))
    assert here[LIMIT]["effect"] == pytest.approx(there[COST]["effect"])
    text = report(tmp_path / "store").read_text()
    assert "plain: baseline" in text
    assert "plain: withdraw (forced)" in text


def test_the_report_shows_every_scenario(grid: SweepResult, tmp_path: Path) -> None:
    text = report(grid, "mixed", tmp_path / "page.html").read_text()
    drivers_part = text[text.index('id="drivers"') : text.index('id="responses"')]
    heat_part = text[text.index('id="heat"') : text.index('id="design"')]
    for name in ("mixed: baseline", "mixed: withdraw (forced)"):
        assert name in drivers_part
    assert drivers_part.count("Analysis of variance of a balanced design, 4 × 4 points, 3 seeds as blocks.") == 2
    for name in ("mixed, baseline", "mixed, withdraw (forced)"):
        assert name in heat_part
    assert "Each cell is the mean over 3 seeds; no other factor varies." in heat_part


def test_what_may_be_chance_stands_in_brackets(grid: SweepResult) -> None:
    printed = call("sensitivity", str(grid.folder), "--outcome", "noise", "--scenario", "baseline").stdout
    line = next(one for one in printed.splitlines() if one.strip().startswith(LIMIT))
    assert "(0%)" in line
    assert "In brackets: it cannot be told from chance" in printed
