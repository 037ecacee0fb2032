"""Stores of one design made one: every run once, conflicts told, and the result is a store like any other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import stand_ins
from filelock import FileLock
from stand_ins import DESIGN
from typer.testing import CliRunner

from experiments import InputError, merge, open_sweep, sweep
from experiments.cli.app import app
from experiments.simulation import Simulation
from experiments.store.journal import Journal
from experiments.store.recovery import rewrite
from experiments.store.shards import file_checksum, shard_files
from model.scenario import Scenario


def take_out(folder: Path, runs: set[str]) -> None:
    """Leave some runs out of a store, as if they had not been done there."""
    journal = Journal(folder)
    for file in shard_files(folder):
        (folder / "work").mkdir(exist_ok=True)
        rewrite(folder, file.name, runs, journal)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    sweep(DESIGN, tmp_path / "whole", workers=1, simulate=stand_ins.product)
    return tmp_path / "whole"


@pytest.fixture
def halves(whole: Path) -> tuple[Path, Path]:
    """Two stores of one design with some runs in common."""
    ids = open_sweep(whole).runs["run"].tolist()
    first, second = whole.parent / "first", whole.parent / "second"
    for folder, left_out in ((first, ids[30:]), (second, ids[:20])):
        shutil.copytree(whole, folder)
        take_out(folder, set(left_out))
    return first, second


def test_two_halves_are_the_whole_and_the_sweep_finds_nothing_to_do(whole: Path, halves: tuple[Path, Path]) -> None:
    first, second = (open_sweep(one) for one in halves)
    assert (first.status.left, second.status.left) == (18, 20)
    both = merge(halves, whole.parent / "both")
    assert (both.status.done, both.status.left) == (48, 0)
    pd.testing.assert_frame_equal(both.runs, open_sweep(whole).runs)
    assert (open_sweep(halves[0]).status.left, open_sweep(halves[1]).status.left) == (18, 20)
    again = sweep(DESIGN, both.folder, workers=1, simulate=stand_ins.product)
    assert again.status.sessions == 1
    assert again.repairs == ()


def test_what_both_lack_is_run_afterwards(whole: Path, halves: tuple[Path, Path]) -> None:
    missing = open_sweep(whole).runs["run"].tolist()[5]
    take_out(halves[0], {missing})
    both = merge(halves, whole.parent / "both")
    assert both.status.left == 1
    done = sweep(DESIGN, both.folder, workers=1, simulate=stand_ins.product)
    pd.testing.assert_frame_equal(done.runs, open_sweep(whole).runs)


def test_a_run_with_two_results_is_told_and_nothing_is_written(whole: Path, halves: tuple[Path, Path]) -> None:
    odd = open_sweep(whole).runs["run"].tolist()[25]
    file = next(one for one in shard_files(halves[1]) if odd in pq.read_table(one).column("run").to_pylist())
    table = pq.read_table(file).to_pandas()
    table.loc[table["run"] == odd, "y"] += 1e-13
    pq.write_table(pa.Table.from_pandas(table, schema=pq.read_schema(file), preserve_index=False), file)
    checksum, size = file_checksum(file)
    entry = {"rows": len(table), "bytes": size, "sha256": checksum, "monthly_sha256": None}
    Journal(halves[1]).append("shard", file=file.name, **entry)
    before = sorted(whole.parent.iterdir())
    with pytest.raises(InputError, match=f"run {odd}: y is") as caught:
        merge(halves, whole.parent / "both")
    assert str(halves[0]) in str(caught.value)
    assert str(halves[1]) in str(caught.value)
    assert sorted(whole.parent.iterdir()) == before


def test_stores_of_other_designs_or_code_are_refused(whole: Path, tmp_path: Path) -> None:
    sweep({**DESIGN, "replications": 2}, tmp_path / "fewer", workers=1, simulate=stand_ins.product)
    with pytest.raises(InputError, match=r"fewer is not of the design and code of .*replications of the design differ"):
        merge([whole, tmp_path / "fewer"], tmp_path / "both")
    sweep(DESIGN, tmp_path / "other", workers=1, simulate=other)
    with pytest.raises(InputError, match="simulate"):
        merge([whole, tmp_path / "other"], tmp_path / "both")
    assert not (tmp_path / "both").exists()


def other(scenario: Scenario, seed: int) -> Simulation:
    """Another simulation with the same outcomes."""
    return stand_ins.product(scenario, seed + 1)


def test_a_run_that_failed_gives_way_to_one_that_ended_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(DESIGN, tmp_path / "failing", workers=1, simulate=stand_ins.failing)
    mended = tmp_path / "mended"
    mended.touch()
    monkeypatch.setenv("STAND_IN_MENDED", str(mended))
    sweep(DESIGN, tmp_path / "good", workers=1, simulate=stand_ins.failing)
    for order in (["failing", "good"], ["good", "failing"]):
        both = merge([tmp_path / one for one in order], tmp_path / "-".join(order))
        assert (both.status.done, both.status.failed) == (48, 0)
        pd.testing.assert_frame_equal(both.runs, open_sweep(tmp_path / "good").runs)


def test_all_problems_of_the_command_come_at_once_and_nothing_is_written(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    said = CliRunner().invoke(app, ["merge", str(whole), str(tmp_path / "none"), "--out", str(tmp_path / "taken")])
    assert said.exit_code == 2
    assert said.stdout == ""
    assert "holds no sweep" in said.stderr
    assert "other files in it" in said.stderr
    alone = CliRunner().invoke(app, ["merge", str(whole), "--out", str(tmp_path / "new")])
    assert (alone.exit_code, "two stores" in alone.stderr) == (2, True)
    twice = CliRunner().invoke(app, ["merge", str(whole), str(whole), "--out", str(tmp_path / "new")])
    assert (twice.exit_code, "2 times" in twice.stderr) == (2, True)
    with FileLock(whole / "lock"):
        busy = CliRunner().invoke(app, ["merge", str(whole), str(whole / "."), "--out", str(tmp_path / "new")])
    assert busy.exit_code == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_shows_what_there_is_now(halves: tuple[Path, Path], tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["merge", *map(str, halves), "--out", str(tmp_path / "both"), "--json"])
    assert json.loads(said.stdout)["done"] == 48


def test_months_come_with_their_runs(tmp_path: Path) -> None:
    small = {"n_shippers": 60, "n_enterprise_shippers": 5, "n_regional_carriers": 1}
    design = {
        "kind": "grid",
        "scenario": "renew",
        "until": "2025-02",
        "set": small,
        "replications": 2,
        "outcomes": ["usps_cash_usd"],
        "monthly": ["usps_cash_usd"],
        "uncertainties": {"build_limit": [0.5]},
    }
    sweep(design, tmp_path / "whole", workers=1)
    ids = open_sweep(tmp_path / "whole").runs["run"].tolist()
    for name, left_out in (("first", ids[1:]), ("second", ids[:1])):
        shutil.copytree(tmp_path / "whole", tmp_path / name)
        take_out(tmp_path / name, set(left_out))
    both = merge([tmp_path / "first", tmp_path / "second"], tmp_path / "both")
    pd.testing.assert_frame_equal(both.monthly, open_sweep(tmp_path / "whole").monthly)
