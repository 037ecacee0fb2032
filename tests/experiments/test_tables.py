"""Tables of every command as CSV and Excel: who offers them, what is in them, and that they are whole or not there."""

from __future__ import annotations

import inspect
import math
import re
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner, Result

from experiments import InputError, compare, run
from experiments.benchmarks.profile import RunProfile
from experiments.benchmarks.reference import Move
from experiments.cli import console as console_module
from experiments.cli.app import COMMANDS, app
from experiments.figures import figure
from experiments.reports.words import outcome_unit
from experiments.spreadsheets.evidence import profile_tables, reference_tables
from experiments.spreadsheets.outcomes import comparison_tables
from experiments.spreadsheets.writing import write_tables
from tests.small import SMALL

# Commands that print no table of results, and why.
WITHOUT = {"report": "it writes a page", "serve": "it serves the browser app"}
# How each of the others is called in its simplest form; nothing of it may begin where the table cannot be written.
CALLS = {
    "run": "baseline",
    "forecast": "baseline",
    "compare": "renew withdraw",
    "show": "nowhere",
    "places": "baseline",
    "usps-loss": "--share 0.5",
    "uso-cost": "",
    "firms": "",
    "negotiate": "",
    "auction": "",
    "target": "",
    "matrix": "",
    "branch": "nowhere --at 2025-02",
    "questions": "",
    "calibration": "",
    "hindcast": "",
    "external": "",
    "calibrate": "--out new",
    "scenarios": "",
    "levers": "",
    "parameters": "",
    "phases": "",
    "outcomes": "",
    "sweep": "nowhere.toml --out new",
    "merge": "nowhere elsewhere --out new",
    "status": "nowhere",
    "sensitivity": "nowhere",
    "rerun": "nowhere",
    "baseline": "",
    "benchmark": "",
}
FEW = [part for name, value in SMALL.items() for part in ("--set", f"{name}={value}")]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def options(command: str) -> set[str]:
    group: Any = typer.main.get_command(app)
    return {option for parameter in group.commands[command].params for option in parameter.opts}


def test_every_command_that_prints_results_offers_tables() -> None:
    names = {one.__name__.replace("_", "-") for one in COMMANDS}
    assert {name for name in names if "--table" not in options(name)} == set(WITHOUT)
    assert set(CALLS) == names - set(WITHOUT)


@pytest.mark.parametrize("command", CALLS)
@pytest.mark.parametrize("file", ["table.txt", "nowhere/table.csv", "folder.xlsx"])
def test_a_table_that_cannot_be_written_is_told_before_anything_runs(
    command: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("model.market.ParcelMarket.__init__", None)
    (tmp_path / "folder.xlsx").mkdir()
    found = call(command, *CALLS[command].split(), "--table", file)
    assert found.exit_code == 2, found.output
    assert found.stdout == ""
    assert f"table: {file!r}" in found.stderr or "table: the folder 'nowhere' does not exist" in found.stderr
    assert found.stderr.count("lastmile: ") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["folder.xlsx"]


def test_all_problems_come_with_that_of_the_table() -> None:
    found = call("run", "nothing", "--table", "x.txt", "--seed", "-1")
    assert found.stderr.startswith("lastmile: 3 problems")


@pytest.mark.parametrize(
    "call_of_it",
    ["scenarios", "scenarios --levers", "levers", "parameters usps_", "phases", "outcomes", "questions"],
)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_listings_are_written_whole(call_of_it: str, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"list{suffix}"
    found = call(*call_of_it.split(), "--table", str(file))
    assert found.exit_code == 0, found.output
    assert str(file) in found.stdout.replace("\n", "")
    if suffix == ".csv":
        table = pd.read_csv(file)
        assert len(table) > 5
        assert not any(str(name).startswith("Unnamed") for name in table.columns)
    else:
        with zipfile.ZipFile(file) as book:
            assert book.read("xl/worksheets/sheet1.xml").decode().count("<row ") > 6
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]


def test_a_run_in_a_spreadsheet_is_the_run_on_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "run.csv"
    found = call("run", "withdraw", "--until", "2025-12", *FEW, "--table", str(file))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run-events.csv", "run-months.csv", "run.csv"]
    table = pd.read_csv(file).set_index("outcome")
    row = table.loc["usps_net_income_usd_2025"]
    assert (row["unit"], str(row["year"])) == ("bn $", "2025")
    assert row["meaning"] != ""
    assert figure("usps_net_income_usd", row["value"] * 1e9) in found.stdout
    months = pd.read_csv(tmp_path / "run-months.csv")
    assert len(months) == 12
    assert "usps_cash_usd, bn $" in months.columns
    only = call("run", "withdraw", "--until", "2025-12", *FEW, "--table", str(file), "--outcome", "ups_profit_usd")
    assert only.exit_code == 0
    assert set(pd.read_csv(file)["outcome"]) == {"ups_profit_usd", "ups_profit_usd_2025"}


def test_a_comparison_has_its_differences_and_who_gains() -> None:
    result = compare(["renew", "withdraw"], {**SMALL, "end": "2025-12"}, replications=2, workers=1)
    tables = comparison_tables(result)
    outcomes = tables["outcomes"]
    rows = outcomes[outcomes["outcome"] == "amazon_usps_retained_share_2025"]
    assert list(rows["scenario"]) == ["renew", "withdraw"] or rows.empty
    row = outcomes[(outcomes["outcome"] == "usps_net_income_usd_2025") & (outcomes["scenario"] == "withdraw")].iloc[0]
    assert row["mean difference to renew"] == result.difference("usps_net_income_usd_2025", "withdraw") / 1e9
    assert row["95 % interval, lower end"] < row["mean difference to renew"] < row["95 % interval, upper end"]
    gains = tables["who gains"].set_index("who")
    assert gains.loc["USPS", "gain, bn $"] == pytest.approx(result.difference("usps_net_income_usd", "withdraw") / 1e9)
    assert not [name for table in tables.values() for name in table.columns if "_" in str(name)]


@pytest.mark.thorough("command5")
@pytest.mark.parametrize(
    "command",
    [
        "auction",
        "negotiate --replications 1",
        "usps-loss --share 0.5 --workers 1 --set end=2025-12",
        "places baseline --by zone --until 2025-01 --replications 1",
        "forecast baseline --until 2025-03 --replications 2 --workers 1",
        "target --vary usps_cash_start --in 12..16 --reach usps_cash_usd_2025=10.5bn --points 3 --replications 2 "
        "--workers 1",
        "matrix --scenarios baseline --only status_quo,five_days --until 2025-02 --replications 2 --workers 1 "
        "--outcome usps_net_income_usd",
    ],
)
def test_mechanisms_are_written_with_headings_in_words(command: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    found = call(*command.split(), *FEW, "--table", str(file))
    assert found.exit_code == 0, found.output
    for written in tmp_path.iterdir():
        table = pd.read_csv(written)
        assert len(table), written
        assert not [name for name in table.columns if "_" in name or name.startswith("Unnamed")], written


def test_a_branch_is_written_beside_the_run_that_it_left(tmp_path: Path) -> None:
    parent = run("baseline", {**SMALL, "end": "2025-02"}).save(tmp_path / "parent")
    file = tmp_path / "branch.csv"
    found = call(
        *("branch", str(parent), "--at", "2025-02", "--shock", "fuel=+100%@2025-02..", "--table", str(file)),
        *("--outcome", "usps_*"),
    )
    assert found.exit_code == 0, found.output
    table = pd.read_csv(file)
    assert (table["branch"] - table["run that it left"]).tolist() == pytest.approx(table["difference"].tolist())
    assert table["difference"].abs().max() > 0.0
    assert table["outcome"].str.startswith("usps_").all()
    assert len(pd.read_csv(tmp_path / "branch-months.csv")) == 2


def test_json_stays_one_object_with_a_table_beside_it(tmp_path: Path) -> None:
    import json

    file = tmp_path / "phases.csv"
    found = call("phases", "--json", "--table", str(file))
    assert len(pd.read_csv(file)) == len(json.loads(found.stdout)["phases"])


def test_sheets_hold_texts_as_texts_and_equal_tables_are_equal_files(tmp_path: Path) -> None:
    tables = {
        "first: [a/b]": pd.DataFrame({"name": ["=1+1", "https://x.org"], "value": [1.5, math.nan]}),
        "second": pd.DataFrame({"n": [1]}),
    }
    for name in ("a.xlsx", "b.xlsx"):
        assert write_tables(tmp_path / name, tables) == (tmp_path / name,)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        assert "=1+1" in book.read("xl/sharedStrings.xml").decode()
        assert 'name="second"' in book.read("xl/workbook.xml").decode()


def test_nothing_is_replaced_where_a_table_cannot_be_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.csv"
    write_tables(file, {"one": pd.DataFrame({"a": [1]})})

    def full(*arguments: Any, **more: Any) -> None:
        raise OSError(28, "No space left on device")

    class Failing(pd.DataFrame):
        to_csv = full  # type: ignore[assignment]

    with pytest.raises(OSError, match="No space"):
        write_tables(file, {"one": pd.DataFrame({"a": [2]}), "two": Failing({"a": [3]})})
    assert pd.read_csv(file)["a"].tolist() == [1]
    assert [one.name for one in tmp_path.iterdir()] == ["kept.csv"]
    monkeypatch.setattr("experiments.spreadsheets.writing._MOST_ROWS", 1)
    with pytest.raises(InputError, match=r"has 2 rows.*\.csv"):
        write_tables(tmp_path / "long.xlsx", {"one": pd.DataFrame({"a": [1, 2]})})
    assert [one.name for one in tmp_path.iterdir()] == ["kept.csv"]


def test_tables_of_what_is_measured_are_in_words() -> None:
    profile = profile_tables(RunProfile("baseline", 2, 0.1, {"a": 0.2, "b": 0.6}))["profile"]
    assert profile["milliseconds a month"].tolist() == [100.0, 300.0]
    assert profile["share of the run, %"].tolist() == pytest.approx([25.0, 75.0])
    moved = reference_tables([Move("run", "usps_cash_usd", 1.0, 2.0)])["moved"]
    assert moved.loc[0, "outcome"] == "usps_cash_usd"
    assert outcome_unit("usps_volume_parcels_2027") == "mn parcels"
    assert outcome_unit("amazon_usps_price_usd_2027") == "$"


def test_the_writer_is_in_one_place() -> None:
    root = Path(inspect.getfile(console_module)).parent
    sources = {path.name: path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    assert [name for name, text in sources.items() if "write_tables(" in text] == ["console.py"]
    defined = re.compile(r'Option\(\s*"--table"')
    assert [name for name, text in sources.items() if defined.search(text)] == ["options.py"]
