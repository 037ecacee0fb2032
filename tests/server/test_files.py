"""What one takes away makes the same run again."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from experiments import run
from model.scenario import Scenario, scenario_names
from server import files
from server.choice import Choice, make_choice
from server.session import start_market

SMALL = {"n_shippers": 200.0, "n_enterprise_shippers": 20.0}


@pytest.fixture(scope="module")
def choice() -> Choice:
    return make_choice("withdraw", 5, {**SMALL, "build_limit": 0.5, "exit_end": "2026-06", "distress_ladder": False})


@pytest.fixture(scope="module")
def watched(choice):
    """The run as the browser has it: to be played until 2030, three months of it done."""
    market = start_market(choice)
    for _ in range(3):
        market.step()
    return market.records.frame()


def test_the_scenario_file_is_the_scenario(choice, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(files.scenario_file(choice), encoding="utf-8")
    assert Scenario.load(path) == choice.settings()


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_of_the_library_can_be_taken_away(name, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(files.scenario_file(Choice(name)), encoding="utf-8")
    assert Scenario.load(path) == Choice(name).settings()


@pytest.mark.thorough
def test_the_command_line_runs_the_scenario_file_to_the_same_numbers(choice, watched, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(files.scenario_file(choice), encoding="utf-8")
    command = [sys.executable, "-c", "from experiments.cli import main; main()", "run", str(path), "--seed", "5"]
    command += ["--until", "2025-03", "--out", str(tmp_path / "out")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = pd.read_parquet(tmp_path / "out" / "monthly.parquet")
    np.testing.assert_array_equal(found[watched.columns].to_numpy(), watched.to_numpy())


def test_the_python_makes_the_view_again(choice, watched):
    script = files.script_file(choice, start_market(choice).month + 2)
    names: dict[str, object] = {"__name__": "view"}
    exec(compile(script, "view.py", "exec"), names)
    assert names["result"].seed == 5
    pd.testing.assert_series_equal(names["last"], watched.iloc[-1], check_exact=True)


def test_the_python_of_an_unchanged_run_says_no_more_than_it_must():
    script = files.script_file(Choice("withdraw"), None)
    assert 'run("withdraw", seed=1)' in script


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_series_are_written_with_full_precision(kind, watched):
    content = io.BytesIO(files.series_file(watched, kind))
    found = pd.read_csv(content, index_col="month") if kind == "csv" else pd.read_parquet(content)
    np.testing.assert_array_equal(found.to_numpy(), watched.to_numpy())
    assert list(found.columns) == list(watched.columns)
    assert list(found.index) == ["2025-01", "2025-02", "2025-03"]


def test_a_file_is_named_after_its_run(choice):
    assert files.file_name(choice, "csv") == "withdraw-changed-seed-5.csv"
    assert files.file_name(Choice("five_day_delivery", 2), "toml") == "five-day-delivery-seed-2.toml"


def test_a_title_cannot_end_the_docstring():
    assert files._comment('a """ b \\') == "a ''' b  "


def test_results_do_not_depend_on_when_the_run_would_end(choice, watched):
    short = run("withdraw", set=dict(choice.overrides), seed=5, until="2025-03").monthly
    pd.testing.assert_frame_equal(short, watched, check_exact=True)


def test_what_a_player_answered_is_in_no_scenario_and_the_files_say_so(tmp_path):
    played = Choice(seed=3, seat="amazon")
    script, scenario = files.script_file(played, None), files.scenario_file(played)
    for text in (script, scenario):
        assert "the same seed without a player, so its figures differ" in text
    compile(script, "script", "exec")
    (tmp_path / "mine.toml").write_text(scenario)
    assert Scenario.load(tmp_path / "mine.toml").changes() == Scenario.load("baseline").changes()
    unplayed = Choice(seed=3)
    assert "player" not in files.script_file(unplayed, None) + files.scenario_file(unplayed)
