"""A stored run can be repeated from what it says about itself; what differs is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from experiments import InputError, RunResult, rerun, run, sweep
from experiments.cli.app import app

ROOT = Path(__file__).parents[2]
CHANGES = {"n_shippers": 120, "build_limit": 0.7, "price_structure": "by_zone_type", "demand_shock_start": "2025-03"}


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run("impasse", set=CHANGES, seed=11, until="2025-12")


@pytest.fixture
def folder(result: RunResult, tmp_path: Path) -> Path:
    return result.save(tmp_path / "kept")


def test_provenance_alone_repeats_a_run(folder: Path, result: RunResult) -> None:
    for source in (folder, folder / "summary.json"):
        again = rerun(source)
        assert again.identical
        assert again.stored.seed == 11
        for name in (
            "parameters",
            "price_structure",
            "earliest_signature",
            "demand_shock_start",
            "end",
            "forced",
            "name",
        ):
            assert getattr(again.stored.scenario, name) == getattr(result.scenario, name)
        assert again.compared > len(result.outcomes) + result.monthly.size
        assert again.made_with == ()


def test_what_was_printed_can_be_repeated(result: RunResult, tmp_path: Path) -> None:
    (tmp_path / "printed.json").write_text(json.dumps(result.summary()))
    assert rerun(tmp_path / "printed.json").compared == len(result.outcomes) + 2


def test_every_difference_is_told(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    summary["outcomes"]["usps_net_income_usd_2025"] += 1.0
    summary["outcomes"]["no_such_outcome"] = 3.0
    summary["provenance"]["code_checksum"] = "0" * 64
    summary["provenance"]["packages"]["numpy"] = "1.0"
    summary["provenance"]["machine"]["linear algebra"] = "openblas VORTEX"
    (folder / "summary.json").write_text(json.dumps(summary))
    monthly = pd.read_parquet(folder / "monthly.parquet")
    monthly.iloc[3, 2] += 1.0
    monthly.to_parquet(folder / "monthly.parquet")
    answer = CliRunner().invoke(app, ["rerun", str(folder), "--json"])
    assert answer.exit_code == 1
    told = json.loads(answer.stdout)
    assert {row["what"]: row["difference"] for row in told["differences"]} == {
        "usps_net_income_usd_2025": -1.0,
        "no_such_outcome": None,
        f"monthly: {monthly.columns[2]}, {monthly.index[3]}": pytest.approx(-1.0, abs=1e-6),
    }
    assert [line.split()[0] for line in told["made_with"]] == ["numpy", "linear", "code"]
    shown = CliRunner().invoke(app, ["rerun", str(folder)])
    assert shown.exit_code == 1
    assert "no_such_outcome" in shown.stdout


def test_a_result_that_does_not_tell_what_computed_it_is_said_to(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    del summary["provenance"]["packages"], summary["provenance"]["machine"]
    (folder / "summary.json").write_text(json.dumps(summary))
    again = rerun(folder)
    assert again.identical
    told = [line.split(",")[0] for line in again.made_with]
    assert told == ["the result does not tell its packages", "the result does not tell its machine"]


def test_a_run_of_a_sweep(tmp_path: Path) -> None:
    design = {
        "kind": "grid",
        "scenarios": ["renew", "withdraw"],
        "until": "2025-12",
        "set": {"n_shippers": 120},
        "uncertainties": {"build_limit": [0.5, 1.0]},
        "levers": {"exit_at_once": "all"},
    }
    store = sweep(design, tmp_path / "store", workers=1)
    for name in (None, str(store.runs["run"].iloc[-1])):
        again = rerun(tmp_path / "store", name)
        assert again.identical
        assert again.compared >= 3
    assert again.stored.scenario.name == "withdraw"
    assert again.stored.scenario.parameters.build_limit == 1.0
    answer = CliRunner().invoke(app, ["rerun", str(tmp_path / "store"), "--run", "nothing"])
    assert answer.exit_code == 2
    assert "'nothing' is no run" in answer.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        ("", "no result of a run"),
        ("[" * 50_000, "no result of a run"),
        ("{}", "'provenance' is missing"),
        ('{"provenance": {"changes": {"colour": 1}, "forced": false}, "scenario": "x", "seed": 1}', "colour: unknown"),
        (
            '{"provenance": {"changes": {}, "forced": 0}, "scenario": "x", "seed": 1, "outcomes": {}, "balances": {}}',
            "forced",
        ),
        (
            '{"provenance": {"changes": {}, "forced": true}, "scenario": "x", "seed": -1, "outcomes": {},'
            '"balances": {}}',
            "seed: -1",
        ),
    ],
)
def test_what_is_no_result_is_refused(content: str | None, told: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "kept.json").write_text(content)
    with pytest.raises(InputError, match=told):
        rerun(tmp_path / "kept.json")


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_other_python_versions_give_the_same_bits(folder: Path, version: str) -> None:
    """Where an environment with the locked packages stands: `make environments`; LASTMILE_PYTHONS says where."""
    place = Path(os.environ.get("LASTMILE_PYTHONS", ROOT / "results" / "pythons")) / version / "bin" / "python"
    if not place.exists():
        pytest.skip(f"no environment for Python {version}; `make environments` makes those that the machine has")
    code = "import sys; from experiments.cli import main; main()"
    answer = subprocess.run(
        [str(place), "-c", code, "rerun", str(folder), "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout[-2000:] + answer.stderr[-2000:]
    told = json.loads(answer.stdout)
    assert told["identical"]
    assert [line for line in told["made_with"] if not line.startswith("python was")] == []
