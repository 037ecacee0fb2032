"""The example scripts and the notebook run as they stand."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from experiments import read_design
from experiments.policies.reading import read_policies
from tests.small import SMALL, small_markets

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def test_first_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("experiments.workers.default_workers", lambda: 1)
    small_markets(monkeypatch)
    monkeypatch.setattr("sys.argv", ["first_run.py", "2025-12"])
    runpy.run_path(str(EXAMPLES / "first_run.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert re.search(r"USPS loses \$[0-9.]+ billion in 2025", printed)
    assert "a lower build limit" in printed


def run(name: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    for module in ("experiments.workers", "experiments.sweeps.sweep"):
        monkeypatch.setattr(f"{module}.default_workers", lambda: 1)
    small_markets(monkeypatch)
    monkeypatch.setattr("sys.argv", [name, *arguments])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_a_scenario_of_ones_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run("own_scenario.py", monkeypatch, "2025-12")
    assert "net income of USPS, bn $ in 2025" in capsys.readouterr().out


@pytest.mark.thorough
def test_a_sweep_and_its_heat_map(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run("sweep_heat_map.py", monkeypatch, str(tmp_path / "rural"))
    printed = capsys.readouterr().out
    assert "6 of 6 runs" in printed
    assert (tmp_path / "rural" / "report.html").exists()
    run("sweep_heat_map.py", monkeypatch, str(tmp_path / "rural"))
    assert "0 of 6" not in capsys.readouterr().out  # nothing is run twice


def test_a_learner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run("learning.py", monkeypatch, "2025-06", "1", "2", "1", "2")
    told = capsys.readouterr().out
    assert "round 1: the best of 2 earns" in told
    found = re.search(r"On 2 other seeds .* is (-?)\$([\d,]+) million \(95 % interval .*\): it (\D+) the usual", told)
    assert found
    assert found[3] in ("earns more than", "earns less than", "cannot be told from")


def test_reading_a_store_with_duckdb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run("duckdb_store.py", monkeypatch)
    printed = capsys.readouterr().out
    assert printed.count("withdraw") == 3


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:ipyparallel not installed")
def test_ema_workbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run("ema_policies.py", monkeypatch, "2")
    assert len(capsys.readouterr().out.splitlines()) == 1 + 2 * 2


@pytest.mark.thorough
def test_the_notebook() -> None:
    notebook = nbformat.read(EXAMPLES / "sweep_notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # outputs are not committed
    for cell in notebook.cells:  # in a process of its own: the same cells in a small market, for a month
        cell.source = re.sub(r'"n_shippers": 200, "n_enterprise_shippers": 20', json.dumps(SMALL)[1:-1], cell.source)
        cell.source = cell.source.replace("2025-03", "2025-01")
    assert any("n_regional_carriers" in cell.source for cell in notebook.cells)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    printed = str([cell.get("outputs") for cell in notebook.cells])
    assert "growth_market" in printed
    assert "report.html" in printed


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_designs_and_policies_are_valid(path: Path) -> None:
    if "kind" in tomllib.loads(path.read_text()):
        assert read_design(path).n_runs > 1
    else:
        assert len(read_policies(path)) > 1
