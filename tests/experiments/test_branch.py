"""`branch` and conditions that end a run, from the command line and in Python: repeated, moved, killed, refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from experiments import branch, compare, rerun, run, status, sweep
from experiments.errors import InputError
from model.market import ParcelMarket
from model.scenario import Scenario
from tests.small import FEWER

FEW = {**FEWER, "n_shippers": 120}
CHANGES = {"debt_cap": "raised"}
SHOCK = "fuel=+100%@2025-07.."
COMMAND = (sys.executable, "-c", "from experiments.cli import main; main()")


def files(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a year."""
    return run("baseline", FEW, until="2025-12").save(tmp_path_factory.mktemp("branch") / "parent")


@pytest.fixture(scope="module")
def branched(stored: Path) -> Path:
    """A branch of it, and where it is kept."""
    return branch(stored, "2025-05", CHANGES, [SHOCK]).save(stored.parent / "child")


def test_an_unchanged_branch_is_the_uncut_run(stored: Path) -> None:
    found = branch(stored, "2025-05")
    assert (found.differences["difference"] == 0.0).all()
    assert len(found.differences) > 100
    pd.testing.assert_frame_equal(found.result.monthly, pd.read_parquet(stored / "monthly.parquet"), check_exact=True)
    assert found.changes == {}


def test_a_branch_tells_its_descent_and_can_be_repeated(branched: Path) -> None:
    told = json.loads((branched / "summary.json").read_text())["provenance"]
    assert [(one["scenario"], one["left"]) for one in told["descent"]] == [("baseline", "2025-05")]
    assert told["changes"]["shocks"] == [SHOCK]
    again = rerun(branched)
    assert again.identical
    assert again.compared > 1000


def test_a_branch_of_a_branch_moved_elsewhere_is_repeated(branched: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(branched, tmp_path / "moved")
    child = branch(moved, "2025-09", {"inflation": 0.05}, until="2026-02")
    again = rerun(child.save(tmp_path / "grandchild"))
    assert again.identical
    assert [str(one.left) for one in again.stored.descent] == ["2025-05", "2025-09"]
    assert list(child.result.monthly.index[[0, -1]]) == ["2025-01", "2026-02"]
    with pytest.raises(InputError, match=r"can be left from 2025-06 to 2026-01.*a branch itself, from 2025-05"):
        branch(moved, "2025-03")


def test_a_running_market_is_branched_and_stays_as_it_is() -> None:
    market = ParcelMarket(Scenario().with_changes({**FEW, "end": "2025-08"}), rng=3)
    for _ in range(4):
        market.step()
    found = branch(market, "2025-05", shocks=["demand=-20%@2025-06.."])
    early = branch(market, "2025-03", shocks=["demand=-20%@2025-06.."])
    assert (market.months_done, market.descent) == (4, ())
    assert found.result.seed == 3
    pd.testing.assert_frame_equal(found.result.monthly, early.result.monthly, check_exact=True)


def test_a_killed_branch_leaves_nothing_and_comes_out_the_same_again(stored: Path, branched: Path) -> None:
    out = stored.parent / "killed"
    words = ("branch", str(stored), "--at", "2025-05", "--set", "debt_cap=raised", "--shock", SHOCK, "--out", str(out))
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(4)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists() or files(out) == files(branched)
    subprocess.run([*COMMAND, *words], check=True, stdout=subprocess.DEVNULL)
    assert files(out) == files(branched)


def test_a_past_that_does_not_come_out_the_same_is_refused(stored: Path, tmp_path: Path) -> None:
    other = shutil.copytree(stored, tmp_path / "other")
    table = pd.read_parquet(other / "monthly.parquet")
    table.iloc[2, 5] += 1.0
    table.to_parquet(other / "monthly.parquet")
    with pytest.raises(InputError, match="does not come out the same"):
        branch(other, "2025-05")


def test_bad_input_is_told_at_once_and_nothing_is_written(stored: Path, tmp_path: Path) -> None:
    words = ("--at", "2027-05", "--set", "inflation=x", "--shock", "fule=10%@2026-01", "--out", str(tmp_path / "new"))
    done = subprocess.run([*COMMAND, "branch", str(stored), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for part in ("can be left from 2025-02 to 2026-01", "inflation = 'x'", "did you mean fuel"):
        assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match=r"start, n_shippers: they act only at the start"):
        branch(stored, "2025-05", {"n_shippers": 200, "start": "2024-06"})


def test_a_stored_run_says_why_it_ended(tmp_path: Path) -> None:
    ended = run("baseline", FEW, until="2025-06", shocks=[SHOCK]).monthly["usps_cash_usd"]
    limit = float(ended.iloc[1])
    condition = f"usps_cash_usd <= {limit!r}"
    found = run("baseline", {**FEW, "stop_when": condition}, until="2025-06")
    assert found.ended is not None
    assert found.ended["by_condition"]
    assert found.ended["month"] == found.monthly.index[-1] < "2025-06"
    kept = found.save(tmp_path / "ended")
    assert json.loads((kept / "summary.json").read_text())["ended"] == found.ended
    assert rerun(kept).identical
    on = branch(kept, found.monthly.index[-1][:-2] + f"{len(found.monthly) + 1:02d}", {"stop_when": ""})
    assert on.result.monthly.index[-1] == "2025-06"
    assert on.result.ended is None


def test_runs_that_end_early_are_compared_by_what_they_have() -> None:
    first = Scenario().with_changes({**FEW, "end": "2026-01"})
    second = first.with_changes({"name": "short", "stop_when": "usps_cash_usd > 0"})
    found = compare([first, second], replications=2, workers=1)
    assert any(note.startswith("2 of 2 runs of short ended early (2025-01)") for note in found.warnings)


def test_a_sweep_tells_how_many_runs_a_condition_has_ended(tmp_path: Path) -> None:
    design = {
        "kind": "grid",
        "until": "2025-04",
        "set": {**FEW, "stop_when": "usps_cash_usd > 0", "shocks": [SHOCK]},
        "levers": {"debt_cap": ["statutory", "raised"]},
    }
    found = sweep(design, tmp_path / "store", workers=1)
    assert found.runs["ended"].str.startswith("2025-01: usps_cash_usd > 0").all()
    assert "ended" not in found.outcomes
    assert status(tmp_path / "store").ended_early == {"usps_cash_usd > 0": 2}
    assert rerun(tmp_path / "store").identical
