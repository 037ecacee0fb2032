import csv
import re
from pathlib import Path

import pytest

from model.tables import CHECKSUM_FILE, REFRESH_COMMAND, DataError, main, refresh_checksums, verify_checksums

ROOT = Path(__file__).parents[2]
DATA = ROOT / "model" / "data"
FOLDERS = [DATA, ROOT / "tests" / "data"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_data_files_are_the_recorded_ones(folder):
    verify_checksums(folder)


def test_a_change_is_named_with_the_way_to_accept_it(tmp_path):
    for name in ("kept.csv", "changed.csv", "removed.csv"):
        (tmp_path / name).write_text(name)
    refresh_checksums(tmp_path)
    verify_checksums(tmp_path)

    (tmp_path / "changed.csv").write_text("other")
    (tmp_path / "removed.csv").unlink()
    (tmp_path / "added.csv").write_text("new")
    with pytest.raises(DataError) as caught:
        verify_checksums(tmp_path)
    message = str(caught.value)
    assert all(f"{name}.csv" in message for name in ("changed", "removed", "added"))
    assert "kept.csv" not in message
    assert REFRESH_COMMAND in message

    refresh_checksums(tmp_path)
    verify_checksums(tmp_path)


def test_a_folder_without_checksums_does_not_pass(tmp_path):
    (tmp_path / "new.csv").write_text("new")
    with pytest.raises(DataError, match=CHECKSUM_FILE):
        verify_checksums(tmp_path)


def test_the_command_checks_both_folders(capsys):
    main([])
    shown = capsys.readouterr().out
    assert "model/data" in shown
    assert "tests/data" in shown


def _rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_source_is_listed_once():
    sources = [row["source_id"] for row in _rows(DATA / "sources.csv")]
    assert len(sources) == len(set(sources))
    tables = {path.name: _rows(path) for path in DATA.glob("*.csv") if path.name != "sources.csv"}
    sourced = {name: rows for name, rows in tables.items() if "source_id" in rows[0]}
    assert set(sourced) == {
        "states.csv",
        "state_borders.csv",
        "carriers.csv",
        "market_history.csv",
        "start_years.csv",
        "usps_autumns.csv",
        "online_sales.csv",
        "usps_pay.csv",
        "timeline.csv",
        "zones.csv",
        "places.csv",
        "zone_distances.csv",
        "regional_centres.csv",
        "amazon_network_states.csv",
    }
    for name, rows in sourced.items():
        for line, row in enumerate(rows, start=2):
            ids = {part.strip() for part in row["source_id"].split(";")}
            assert ids <= set(sources), f"{name}, line {line}: {ids - set(sources)}"
    # the sources of parameters are free text: what looks like a source id must be one
    text = " ".join(row["source"] + " " + row["note"] for row in tables["parameters.csv"])
    mentioned = set(re.findall(r"\b[A-Z][A-Z_]*\d{4,}[A-Z0-9]*\b", text))
    assert mentioned <= set(sources) | {"FY2014", "FY2019", "FY2022", "FY2023", "FY2024"}


def test_no_outcome_after_2024_is_among_the_data():
    assert {row["period"][:4] for row in _rows(DATA / "market_history.csv")} <= {
        str(year) for year in range(2015, 2025)
    }
    assert {row["year"] for row in _rows(DATA / "start_years.csv")} == {str(year) for year in range(2015, 2025)}
    assert all(row["latest_data_year"] <= "2024" for row in _rows(DATA / "start_years.csv"))
    allowed = {"decision", "plan", "talks", "price", "term"}
    assert {row["kind"] for row in _rows(DATA / "timeline.csv") if row["date"][:4] > "2024"} <= allowed


def test_history_has_one_figure_per_series_and_year():
    rows = _rows(DATA / "market_history.csv")
    assert len({(row["series"], row["entity"], row["period"]) for row in rows}) == len(rows)
