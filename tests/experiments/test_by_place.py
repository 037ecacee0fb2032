"""`lastmile places` and `places(...)`, on small and short markets."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from experiments import InputError, places
from experiments.by_place import Places
from experiments.cli.app import app
from model.places import MEASURES

SMALL = {"n_shippers": 60}
REACH = next(one for one in MEASURES if one.name == "carriers_count")


@pytest.fixture(scope="module")
def compared() -> Places:
    return places(["baseline", "withdraw"], "county", SMALL, seed=1, until="2025-06", replications=2, workers=1)


def test_one_row_a_scenario_and_county(compared: Places) -> None:
    table = compared.table
    assert len(table) == 2 * 3123
    assert table.loc["baseline", "households"].sum() == pytest.approx(132e6, rel=1e-6)
    assert table.loc[("baseline", "06037"), "name"] == "Los Angeles County, CA"
    for one in MEASURES:
        assert np.isfinite(table[one.name]).all()
        assert np.isnan(table.loc["baseline", f"{one.name}_difference"]).all()
        assert np.isfinite(table.loc["withdraw", f"{one.name}_error"]).all()


def test_differences_are_paired(compared: Places) -> None:
    for name in ("price_per_parcel_usd", "usps_delivered_share"):
        means = compared.table.loc["withdraw", name] - compared.table.loc["baseline", name]
        assert compared.table.loc["withdraw", f"{name}_difference"].to_numpy() == pytest.approx(means.to_numpy())
    # Amazon takes its parcels back where that is cheapest first
    assert compared.table.loc["withdraw", "amazon_parcels_usps_share_difference"].mean() < 0.0


def test_losers_lose_beyond_two_errors_and_the_worst_comes_first(compared: Places) -> None:
    for one in (measure for measure in MEASURES if measure.worse):
        lost = compared.losers("withdraw", one, None)
        loss = lost["difference"] * one.worse
        assert (loss > 2.0 * lost["error"]).all()
        assert loss.is_monotonic_decreasing
        assert len(compared.losers("withdraw", one, 3)) <= 3
    assert any("With 2 seeds luck alone" in note and "30%" in note for note in compared.warnings)
    found = compared.summary()["lost"]["withdraw"]
    assert set(found) == {one.name for one in MEASURES if one.worse}
    json.dumps(compared.summary(), allow_nan=False)


def test_nothing_differs_in_a_placebo() -> None:
    result = places(["baseline", "placebo"], "zone", SMALL, until="2025-03", replications=2, workers=1)
    assert len(result.table) == 2 * 152
    for one in MEASURES:
        assert (result.table.loc["placebo", f"{one.name}_difference"] == 0.0).all()
        assert (result.table.loc["placebo", f"{one.name}_error"] == 0.0).all()
        if one.worse:
            assert result.losers("placebo", one).empty


def test_a_month_of_ones_own_and_coverage_by_december() -> None:
    result = places(["baseline"], "zone", SMALL, until="2026-06", month="2026-01", replications=1, workers=1)
    assert str(result.month) == "2026-01"
    assert result.coverage.index.get_level_values("year").unique().tolist() == [2025]
    assert result.coverage.loc[("baseline", 2025, "AL-rural"), "usps"] == 1.0
    assert result.warnings


def test_files_hold_the_table(compared: Places, tmp_path: Path) -> None:
    compared.save(tmp_path / "counties.csv")
    read = pd.read_csv(tmp_path / "counties.csv", dtype={"id": str})
    assert read["id"].tolist()[:1] == ["01001"]
    assert read["carriers_count"].to_numpy() == pytest.approx(compared.table["carriers_count"].to_numpy())
    compared.save(tmp_path / "counties.parquet")
    assert len(pd.read_parquet(tmp_path / "counties.parquet")) == len(compared.table)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counties.csv", "counties.parquet"]


def test_the_command_names_places_and_writes_them(tmp_path: Path) -> None:
    out = tmp_path / "zones.csv"
    options = "--by zone --set n_shippers=60 --until 2025-02 --replications 2 --workers 1"
    called = CliRunner().invoke(app, ["places", "baseline", "withdraw", *options.split(), "--out", str(out)])
    assert called.exit_code == 0, called.output
    assert "Who brings most parcels to the door" in called.output
    assert "illustration" in called.output
    assert len(pd.read_csv(out)) == 2 * 152


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("places baseline --by city", "by: 'city' is not allowed; it must be county or zone"),
        ("places baseline --out x.txt", "out: 'x.txt' is not allowed; the name must end with .csv, .parquet or .xlsx"),
        ("places baseline --out nowhere/x.csv", "out: the folder 'nowhere' does not exist"),
        ("places baseline --out folder.csv", "out: 'folder.csv' is a folder; name a file"),
        ("places baseline --month 2024-01", "month: 2024-01 is not allowed; it must be from 2025-01 to 2030-12"),
        ("places baseline --month soon", "month: "),
        ("places baseline --replications 0", "replications: 0"),
        ("places baselin", "did you mean baseline"),
        ("places baseline baseline", "comes 2 times"),
    ],
)
def test_bad_input_is_one_clear_error(
    arguments: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    called = CliRunner().invoke(app, arguments.split())
    assert called.exit_code == 2
    assert called.stderr.count("lastmile: ") == 1
    assert told in called.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv"]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        places([], "city", {"nonsense": 1}, replications=0)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "by",
        "replications",
        "places needs a scenario, for example",
    ]


@pytest.mark.thorough
def test_an_excel_sheet_holds_the_table(compared: Places, tmp_path: Path) -> None:
    compared.save(tmp_path / "counties.xlsx")
    with zipfile.ZipFile(tmp_path / "counties.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 1 + len(compared.table)
