"""A stored run can be repeated from what it says about itself; what differs is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from experiments import InputError, RunResult, rerun, run, sweep
from experiments.cli.app import app
from tests.small import SMALL

ROOT = Path(__file__).parents[2]
CHANGES = {**SMALL, "build_limit": 0.7, "price_structure": "by_zone_type", "demand_shock_start": "2025-03"}


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run("impasse", set=CHANGES, seed=11, until="2025-12")


@pytest.fixture(scope="module")
def quarter() -> RunResult:
    """A shorter one, for what is repeated often."""
    return run("impasse", set=CHANGES, seed=11, until="2025-03")


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_was_printed_can_be_repeated(result: RunResult, tmp_path: Path, encoding: str) -> None:
    """PowerShell writes what is sent into a file with ">" as UTF-16."""
    (tmp_path / "printed.json").write_text(json.dumps(result.summary()), encoding=encoding)
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


@pytest.mark.parametrize("name", ["monthly", "events", "outcomes"])
@pytest.mark.parametrize("harm", ["gone", "empty", "cut off", "no table", "other columns"])
def test_a_result_that_has_lost_a_table_is_not_identical(
    quarter: RunResult, tmp_path: Path, name: str, harm: str
) -> None:
    folder = quarter.save(tmp_path / "result")
    file = folder / f"{name}.parquet"
    data = file.read_bytes()
    if harm == "gone":
        file.unlink()
    elif harm == "other columns":
        pd.DataFrame({"a": [1.0]}).to_parquet(file)
    else:
        file.write_bytes({"empty": b"", "cut off": data[: len(data) // 2], "no table": b"PAR1" + bytes(99)}[harm])
    told = rerun(folder / "summary.json").summary()
    assert not told["identical"]
    assert all(row["what"].startswith(name) for row in told["differences"])
    shown = CliRunner().invoke(app, ["rerun", str(folder)])
    assert shown.exit_code == 1
    assert name in shown.stdout
    assert "Identical" not in shown.stdout


def test_months_and_values_that_are_gone_are_told(folder: Path) -> None:
    monthly = pd.read_parquet(folder / "monthly.parquet")
    monthly = monthly.rename(index={monthly.index[0]: "2031-01"})
    monthly.iloc[1, 0] = float("nan")
    monthly.to_parquet(folder / "monthly.parquet")
    events = pd.read_parquet(folder / "events.parquet")
    events.loc[0, "text"] = pd.NA
    events.to_parquet(folder / "events.parquet")
    told = {row["what"]: row for row in rerun(folder).summary()["differences"]}
    assert told["monthly: row 1"]["stored"] == "2031-01"
    assert told[f"monthly: {monthly.columns[0]}, {monthly.index[1]}"]["stored"] is None
    assert told["events: text, 0"]["again"]
    assert len(told) == 3


def test_a_difference_in_the_last_digit_is_told_to_the_last_digit(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    name, value = "amazon_own_share_2025", summary["outcomes"]["amazon_own_share_2025"]
    summary["outcomes"][name] = float(np.nextafter(value, 1.0))
    (folder / "summary.json").write_text(json.dumps(summary))
    (row,) = rerun(folder).summary()["differences"]
    assert row["stored"] != row["again"] == value
    assert row["difference"] != 0.0


def test_a_sweep_in_the_folder_of_a_saved_run_is_refused(folder: Path, result: RunResult, tmp_path: Path) -> None:
    design = {"kind": "grid", "until": "2025-01", "set": {"n_shippers": 120}, "levers": {"reopeners": [False]}}
    before = {item.name: item.read_bytes() for item in folder.iterdir()}
    with pytest.raises(InputError, match="holds the result of a run; a sweep needs a folder of its own"):
        sweep(design, folder, workers=1)
    assert {item.name: item.read_bytes() for item in folder.iterdir()} == before
    sweep(design, tmp_path / "store", workers=1)
    with pytest.raises(InputError, match="other files"):
        result.save(tmp_path / "store")
    # An earlier version wrote both into one folder: nobody can say which of the two is meant.
    for item in (tmp_path / "store").iterdir():
        item.rename(folder / item.name)
    answer = CliRunner().invoke(app, ["rerun", str(folder)])
    assert answer.exit_code == 2
    assert "it holds a sweep and a saved run" in answer.stderr
    assert rerun(folder / "summary.json").identical
    assert rerun(folder, "000000-baseline-1").stored.seed == 1


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
        "until": "2025-06",
        "set": SMALL,
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
