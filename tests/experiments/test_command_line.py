"""What the commands print, and that the same question gets the same answer everywhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments import RunResult
from experiments.cli.app import app
from experiments.figures import figure, split_year
from experiments.settings import read_settings
from model.market import ParcelMarket
from model.parameters import Parameters
from model.scenario import levers, scenario_names

HEAVY = ("mesa", "solara", "pandas", "pyarrow", "pydantic", "matplotlib", "scipy", "numpy", "agents", "model")
RUN_KEYS = ["scenario", "seed", "from", "until", "outcomes", "balances", "provenance"]
COMMANDS = [
    "run",
    "compare",
    "target",
    "matrix",
    "usps-loss",
    "firms",
    "negotiate",
    "auction",
    "calibration",
    "scenarios",
    "parameters",
    "phases",
    "outcomes",
    "baseline",
    "benchmark",
    "serve",
]
INTERRUPTED = "lastmile: interrupted; nothing was saved\n"
SHORT = ["run", "withdraw", "--until", "2025-02", "--set", "build_limit=0.5", "--seed", "7", "--json"]


def output(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_help_is_light_and_names_every_command() -> None:
    code = (
        "import sys; from experiments.cli.app import app; app(['--help'], standalone_mode=False);"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "LOADED []" in found
    assert [name for name in COMMANDS if name not in found] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    found = output(command, "--help")
    assert "Usage: " in found
    assert len(found.splitlines()) > 8


def test_run_prints_exactly_what_is_promised() -> None:
    printed = output(*SHORT)
    found = json.loads(printed)
    assert list(found) == RUN_KEYS
    assert (found["scenario"], found["seed"], found["from"], found["until"]) == ("withdraw", 7, "2025-01", "2025-02")
    assert set(found["balances"]) == {"parcels", "money"}
    assert abs(found["balances"]["parcels"]) <= 1e-9
    assert found["balances"]["money"] == 0
    assert all(isinstance(value, float) for value in found["outcomes"].values())
    origin = found["provenance"]
    assert set(origin["packages"]) == {"python", "mesa", "numpy", "pandas", "scipy"}
    assert origin["changes"]["build_limit"] == 0.5
    assert origin["forced"] is True
    assert origin["parameter_checksum"] == Parameters({"build_limit": 0.5}).checksum()
    assert str(Path.cwd()) not in printed


def test_same_bytes_in_another_process_folder_and_hash_seed(lastmile, tmp_path: Path) -> None:
    here = lastmile(SHORT, PYTHONHASHSEED="1")
    there = lastmile(SHORT, folder=tmp_path, PYTHONHASHSEED="2", GIT_DIR="/nowhere", LC_ALL="C")
    assert (here.returncode, here.stderr) == (0, "")
    assert here.stdout == there.stdout
    assert here.stdout == output(*SHORT)


def test_outcomes_depend_on_seed_and_settings_only_through_the_run(short_run: RunResult) -> None:
    summary = json.loads(output("run", "withdraw", "--until", "2025-12", "--json"))
    assert summary == short_run.summary()


def test_table_labels_forced_scenarios_and_tells_the_assumptions() -> None:
    found = output("run", "withdraw", "--until", "2025-12", "--set", "build_limit=0.5")
    assert "withdraw (forced)" in found
    assert "build_limit = 0.5" in found
    assert "usps_net_income_usd" in found
    assert "2025" in found


def test_outcome_patterns_choose_rows() -> None:
    found = output("run", "renew", "--until", "2025-12", "--outcome", "lso_volume_parcels")
    assert "lso_volume_parcels" in found
    assert "usps_net_income_usd" not in found


def test_scenarios_and_levers() -> None:
    listed = json.loads(output("scenarios", "--json"))["scenarios"]
    assert [one["name"] for one in listed] == list(scenario_names())
    assert {one["name"] for one in listed if one["forced"]} >= {"withdraw", "renew", "partial"}
    table = output("scenarios")
    assert [name for name in scenario_names() if name not in table] == []
    assert "forced" in table
    owners = json.loads(output("scenarios", "--levers", "--json"))["levers"]
    assert {one["key"] for one in owners} == {lever.key for lever in levers()}
    assert "usps_amazon_volume" in output("scenarios", "--levers")


def test_parameters_can_be_filtered() -> None:
    rows = json.loads(output("parameters", "--json"))["parameters"]
    assert len(rows) == len(Parameters.default().rows())
    some = json.loads(output("parameters", "BUILD_lead", "--json"))["parameters"]
    assert "build_lead_months" in {row["symbol"] for row in some}
    assert all("build_lead" in " ".join(map(str, row.values())).casefold() for row in some)
    table = output("parameters", "build_lead_months").split()
    assert table[table.index("build_lead_months") + 1] == f"{Parameters.default().build_lead_months:g}"


def test_phases_come_in_order() -> None:
    names = [one["name"] for one in json.loads(output("phases", "--json"))["phases"]]
    assert names[0] == "update_environment"
    assert names[-1] == "check_and_record"
    table = output("phases")
    assert sorted(names, key=table.index) == names


def test_outcomes_have_units_and_meanings(short_run: RunResult) -> None:
    rows = json.loads(output("outcomes", "--json"))["outcomes"]
    assert all(row["unit"] and row["meaning"] for row in rows)
    assert "usps_net_income_usd" in output("outcomes")
    assert {"usps_net_income_usd_2025", "usps_volume_parcels"} <= set(short_run.outcomes.index)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=1.5", 1.5),
        ("a=true", True),
        ("a='x'", "x"),
        ("a=partial", "partial"),
        ("a=2026-10", "2026-10"),
        ("a= 2 ", 2),
        ("a=x=y", "x=y"),
        ("a=", ""),
        ("a=1\nb = 2", "1\nb = 2"),
        ("a=1e400", float("inf")),
    ],
)
def test_values_are_toml_and_bare_words_are_text(text: str, value: object) -> None:
    problems: list[str] = []
    assert read_settings([text], problems) == {"a": value}
    assert problems == []


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("usps_net_income_usd_2027", -9.5e9, "-9.500"),
        ("usps_net_income_usd", -1.0, "0.000"),
        ("ups_revenue_per_parcel_usd_2025", 14.112, "14.112"),
        ("amazon_own_share_rural", 0.4032, "40.32"),
        ("usps_volume_parcels_2030", 6.9e9, "6,900.0"),
        ("usps_cash_usd", float("nan"), ""),
    ],
)
def test_figures_for_people(name: str, value: float, shown: str) -> None:
    assert figure(name, value) == shown


def test_years_are_split_from_names() -> None:
    assert split_year("usps_cash_usd_2027") == ("usps_cash_usd", "2027")
    assert split_year("usps_cash_usd") == ("usps_cash_usd", "")


def test_interrupting_a_run_ends_with_a_short_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(market: ParcelMarket) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ParcelMarket, "step", interrupted)
    result = CliRunner().invoke(app, ["run", "withdraw", "--until", "2025-01", "--out", str(tmp_path / "out")])
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", INTERRUPTED)
    assert list(tmp_path.iterdir()) == []


def test_interrupting_a_comparison_ends_its_processes(tmp_path: Path) -> None:
    arguments = ["compare", "renew", "withdraw", "--workers", "2", "--until", "2090-12", "--out", str(tmp_path / "out")]
    # A suite that a shell started in the background passes on that interrupts are ignored.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    ready = heard + "import experiments.comparison; print('ready', flush=True); "
    process = subprocess.Popen(
        [sys.executable, "-c", ready + "from experiments.cli import main; main()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    printed, complaint = process.communicate(timeout=60)  # ends only when no worker holds the pipes any more
    assert (process.returncode, printed, complaint) == (130, "", INTERRUPTED)
    assert list(tmp_path.iterdir()) == []
