"""Scenarios with changes of their own in a comparison, saved results that are shown again, losses over seeds."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from experiments import Comparison, InputError, RunResult, compare, open_result, run, usps_loss
from experiments.cli.app import app
from experiments.errors import DamagedError
from experiments.postal.volume_loss import GRADUAL
from experiments.variants import prepare_variant, spell, spelling_of, split_variant
from model.scenario import Scenario
from tests.small import SMALL

FEW = {**SMALL, "end": "2026-03"}
SMALLER = [part for name, value in SMALL.items() for part in ("--set", f"{name}={value}")]


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare(["baseline", "baseline:build_limit=0.5", ("withdraw", {"exit_end": "2026-01"})], FEW, replications=2)


@pytest.fixture(scope="module")
def saved(compared: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compared.save(tmp_path_factory.mktemp("saved") / "comparison")


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.thorough
def test_each_scenario_has_its_own_changes_and_its_name_tells_them(compared: Comparison) -> None:
    plain, less, sooner = compared.scenarios
    assert compared.names == ("baseline", "baseline:build_limit=0.5", "withdraw:exit_end=2026-01")
    assert plain.parameters.build_limit == Scenario().parameters.build_limit
    assert less.parameters.build_limit == 0.5
    assert str(sooner.exit_end) == "2026-01"
    assert sooner.forced
    assert less.title.endswith("delivery capacity 0.5 bn parcels/yr per yr")


def test_a_variant_runs_what_a_single_run_with_the_change_runs(compared: Comparison) -> None:
    alone = run("baseline", {**FEW, "build_limit": 0.5}, seed=2)
    found = compared.runs.loc[("baseline:build_limit=0.5", 2)]
    pd.testing.assert_series_equal(found, alone.outcomes, check_names=False, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("text", "scenario", "changes"),
    [
        ("baseline", "baseline", {}),
        ("baseline:build_limit=0.5", "baseline", {"build_limit": 0.5}),
        ("mine.toml:debt_cap=raised:exit_end=2026-06", "mine.toml", {"debt_cap": "raised", "exit_end": "2026-06"}),
        (r"C:\mine.toml", r"C:\mine.toml", {}),
        (r"C:\mine.toml:distress_ladder=false", r"C:\mine.toml", {"distress_ladder": False}),
        ("folder=a/mine.toml", "folder=a/mine.toml", {}),
    ],
)
def test_spelling_is_read_as_it_is_meant(text: str, scenario: str, changes: dict[str, Any]) -> None:
    problems: list[str] = []
    assert split_variant(text, problems) == (scenario, changes)
    assert problems == []


def test_a_file_of_exactly_that_name_is_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a:b=1.toml").write_text("title = 'Odd name'\n", encoding="utf-8")
    assert split_variant("a:b=1.toml", []) == ("a:b=1.toml", {})
    assert prepare_variant("a:b=1.toml").title == "Odd name"


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    problems: list[str] = []
    scenario, changes = split_variant(text, problems)
    assert problems or text.startswith(scenario)
    assert all(key in text for key in changes)


@pytest.mark.parametrize(
    "variant",
    [
        *("renew", "withdraw:exit_end=2026-06", "baseline:debt_cap=raised:build_limit=0.125:distress_ladder=false"),
        "baseline:shocks=fuel=+100%@2026-01..2027-12",
        'withdraw:shocks=["fuel=+100%@2026-01..2027-12","demand=-10%@2026-03"]:build_limit=0.5',
        "baseline:stop_when=usps_cash_usd <= 0",
    ],
)
def test_spelling_of_a_scenario_gives_it_again(variant: str) -> None:
    scenario = prepare_variant(variant)
    spelled = spelling_of(scenario)
    assert spelled is not None
    again = prepare_variant(spelled)
    assert {key: value for key, value in again.changes().items() if key not in ("name", "title")} == {
        key: value for key, value in scenario.changes().items() if key not in ("name", "title")
    }


def test_shocks_that_all_share_are_options_and_one_of_a_party_needs_a_file() -> None:
    shared = {"shocks": ["wages:usps=+5%@2026-03.."], "stop_when": "usps_cash_usd <= 0"}
    scenarios = [prepare_variant(one, shared) for one in ("baseline:shocks=fuel=+10%@2026-01", "withdraw")]
    words, needed = spell(scenarios, months=False)
    assert shlex.split(words) == [
        *("baseline:shocks=fuel=+10%@2026-01", "withdraw"),
        *("--stop-when", "usps_cash_usd <= 0", "--shock", "wages:usps=+5%@2026-03.."),
    ]
    assert needed == ""
    words, needed = spell([scenarios[0], prepare_variant("withdraw")])
    assert words == ""
    assert "scenario file" in needed


def test_what_a_scenario_was_given_of_its_own_is_not_overwritten_for_all() -> None:
    with pytest.raises(InputError, match=r"baseline:build_limit=0.5.*leave one of both"):
        prepare_variant("baseline:build_limit=0.5", {"build_limit": 1.0})
    assert prepare_variant("withdraw:exit_end=2026-06", {"build_limit": 1.0}).parameters.build_limit == 1.0


def test_from_moves_the_start_of_all(compared: Comparison) -> None:
    del compared
    found = compare(
        ["baseline", "baseline:build_limit=0.5"], SMALL, replications=1, from_="2024-11", until="2025-01", workers=1
    )
    assert {str(one.start) for one in found.scenarios} == {"2024-11"}


def test_all_problems_of_all_scenarios_come_at_once() -> None:
    answer = call(
        "compare", "baseline:buildlimit=1", "withdraw:build_limit=0.5,exit_end=2026-06", "baseline:x",
        "renew:roster=3", "nothing:build_limit=1", "--set", "inflaton=2", "--from", "2025-13",
    )  # fmt: skip
    assert answer.exit_code == 2
    assert answer.stdout == ""
    told = answer.stderr
    for word in ("buildlimit", "joined by a colon", "key=value", "roster", "'nothing'", "inflaton", "2025-13"):
        assert word in told, told


def test_saved_results_come_back_as_they_were(compared: Comparison, saved: Path, tmp_path: Path) -> None:
    again = open_result(saved)
    assert isinstance(again, Comparison)
    assert again.summary() == compared.summary()
    pd.testing.assert_frame_equal(again.runs, compared.runs)
    assert [one.title for one in again.scenarios] == [one.title for one in compared.scenarios]
    alone = run("withdraw", {**SMALL, "end": "2025-02"})
    kept = open_result(alone.save(tmp_path / "run"))
    assert isinstance(kept, RunResult)
    assert kept.summary() == alone.summary()
    pd.testing.assert_frame_equal(kept.monthly, alone.monthly)


def test_other_outcomes_of_a_saved_comparison_are_shown_without_a_run(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.market.ParcelMarket.__init__", None)
    shown = call("show", str(saved), "--outcome", "ups_profit_usd_2025")
    assert shown.exit_code == 0, shown.output
    assert "ups_profit_usd_2025" in shown.stdout
    assert "baseline:build_limit=0.5" in shown.stdout
    assert "usps_net_income_usd" not in shown.stdout
    printed = json.loads(call("show", str(saved), "--json").stdout)
    assert printed["scenarios"] == ["baseline", "baseline:build_limit=0.5", "withdraw:exit_end=2026-01"]
    wrong = call("show", str(saved), "--outcome", "ups_proft_usd")
    assert wrong.exit_code == 2
    assert "did you mean ups_profit_usd" in wrong.stderr


def test_what_is_no_saved_result_is_told(saved: Path, tmp_path: Path) -> None:
    assert call("show", str(tmp_path / "nowhere")).exit_code == 2
    (tmp_path / "empty").mkdir()
    empty = call("show", str(tmp_path / "empty"))
    assert (empty.exit_code, empty.stdout) == (2, "")
    assert "summary.json" in empty.stderr
    broken = tmp_path / "broken"
    broken.mkdir()
    content = json.loads((saved / "summary.json").read_text(encoding="utf-8"))
    (broken / "summary.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DamagedError, match="missing"):
        open_result(broken)
    del content["seed"]
    for name in ("table", "runs"):
        (broken / f"{name}.parquet").write_bytes((saved / f"{name}.parquet").read_bytes())
    (broken / "summary.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DamagedError, match="seed"):
        open_result(broken)


@pytest.mark.thorough
def test_losses_over_seeds_are_means_of_single_losses_with_intervals() -> None:
    settings = {**SMALL, "end": "2026-12"}
    both = usps_loss(0.5, set=settings, replications=2, workers=1)
    single = [usps_loss(0.5, set=settings, seed=seed, workers=1).by_year[GRADUAL] for seed in (1, 2)]
    pd.testing.assert_series_equal(both.by_year[GRADUAL], sum(single) / 2, check_names=False)
    assert (both.low[GRADUAL] < both.by_year[GRADUAL]).all()
    assert (both.high[GRADUAL] > both.by_year[GRADUAL]).all()
    told = both.summary()["gradual"]
    assert set(told) == {"distress_ladder", "by_year", "low", "high"}
    assert "2 runs each" in both.note


def test_losses_refuse_what_their_scenarios_set() -> None:
    answer = call("usps-loss", "--share", "2", "--set", "distress_ladder=true", "--replications", "0")
    assert answer.exit_code == 2
    for word in ("share", "distress_ladder", "replications"):
        assert word in answer.stderr
