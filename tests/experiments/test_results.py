"""Results on disk: complete or not there, and never in the place of something else."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from experiments import Comparison, InputError, RunResult
from experiments.results import EVENT_COLUMNS
from experiments.storage import write_result


def test_a_run_has_one_row_a_month_and_all_events(short_run: RunResult) -> None:
    assert list(short_run.monthly.index) == [f"2025-{month:02d}" for month in range(1, 13)]
    assert list(short_run.events.columns) == list(EVENT_COLUMNS)
    assert set(short_run.events["month"]) <= set(short_run.monthly.index)
    assert all(isinstance(json.loads(numbers), dict) for numbers in short_run.events["numbers"])
    yearly = short_run.monthly["usps_net_income_usd"].sum()
    assert short_run.outcomes["usps_net_income_usd_2025"] == pytest.approx(yearly, rel=1e-12)


def test_saved_results_read_back_the_same(short_run: RunResult, tmp_path: Path) -> None:
    folder = short_run.save(tmp_path / "new" / "result")
    assert sorted(item.name for item in folder.iterdir()) == [
        "events.parquet", "monthly.parquet", "outcomes.parquet", "summary.json",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "monthly.parquet"), short_run.monthly)
    pd.testing.assert_series_equal(pd.read_parquet(folder / "outcomes.parquet")["value"], short_run.outcomes)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "events.parquet"), short_run.events)
    summary = json.loads((folder / "summary.json").read_text())
    assert {key: summary[key] for key in short_run.summary()} == short_run.summary()


def test_an_earlier_result_is_replaced(short_run: RunResult, placebo: Comparison, tmp_path: Path) -> None:
    short_run.save(tmp_path / "result")
    placebo.save(tmp_path / "result")
    assert sorted(item.name for item in (tmp_path / "result").iterdir()) == [
        "runs.parquet", "summary.json", "table.parquet",
    ]  # fmt: skip
    assert [item.name for item in tmp_path.iterdir()] == ["result"]


@pytest.mark.parametrize("name", ["notes.txt", "summary.json"])
def test_other_folders_are_left_alone(short_run: RunResult, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="other files"):
        short_run.save(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_result_with_a_file_of_somebody_else_in_it_is_left_alone(short_run: RunResult, tmp_path: Path) -> None:
    folder = short_run.save(tmp_path / "result")
    (folder / "my_plot.png").write_text("mine")
    with pytest.raises(InputError, match="other files"):
        short_run.save(folder)
    assert (folder / "my_plot.png").read_text() == "mine"


def test_a_failure_while_writing_leaves_the_earlier_result(short_run: RunResult, tmp_path: Path) -> None:
    folder = short_run.save(tmp_path / "result")
    before = {item.name: item.read_bytes() for item in folder.iterdir()}
    with pytest.raises(ValueError, match="JSON"):
        write_result(folder, {"table": short_run.monthly}, {"number": float("nan")})
    assert {item.name: item.read_bytes() for item in folder.iterdir()} == before
    assert [item.name for item in tmp_path.iterdir()] == ["result"]


def test_a_link_to_a_folder_is_followed(short_run: RunResult, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    short_run.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "summary.json").exists()
