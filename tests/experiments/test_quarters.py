"""Packages of USPS by quarter: figures that hang together, runs that add up, and a test that moves nothing else."""

import csv
import json
import shutil
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import hindcast
from experiments.backtest import page
from experiments.backtest.discrepancy import residuals
from experiments.backtest.figures_of_year import run_history
from experiments.backtest.observed import observations
from experiments.backtest.quarters import (
    COLUMNS,
    QUARTERS_FILE,
    SERIES,
    quarter_observations,
    quarter_scores,
    quarter_table,
    quarters_of,
    read_quarters,
    year_before,
)
from experiments.backtest.scores import targets
from experiments.backtest.stored import read_stored, write_stored
from experiments.settings import prepare_scenario
from experiments.workers import Task
from model.tables import DataError, data_folder
from tests.small import FEWER

SMALL = {**FEWER, "n_shippers": 120}
FILE = Path(str(resources.files("experiments") / "backtest" / QUARTERS_FILE))
QUARTERS = [one for year in range(2017, 2022) for one in quarters_of(year)][3:]
FISCAL_ROUNDING = {"package_volume": 0.01, "package_revenue": 0.05}  # of the published years


@pytest.fixture(scope="module")
def result():
    return hindcast("2019-01", "2021-12", "free", replications=2, set=SMALL, workers=1)


def perfect():
    return {key: np.array([seen.value] * 3) for key, seen in quarter_observations().items()}


def rows_of_file():
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_quarter_from_october_2017_to_december_2021_is_there():
    assert [(series, quarter) for series in SERIES for quarter in QUARTERS] == list(quarter_observations())


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("year", range(2018, 2022))
def test_quarters_add_up_to_the_published_fiscal_year(series, year):
    quarters = [f"{year - 1}Q4", *quarters_of(year)[:3]]
    seen = [quarter_observations()[series, quarter] for quarter in quarters]
    total = observations()[series, "usps", year].value
    assert sum(one.value for one in seen) == pytest.approx(total, abs=0.0015)
    rounding = FISCAL_ROUNDING[series]
    assert sum(one.low for one in seen) - rounding <= total <= sum(one.high for one in seen) + rounding


def test_published_changes_are_those_of_the_levels():
    told = [row for row in rows_of_file() if row["change"]]
    assert len(told) == 18
    for row in told:
        series, quarter = row["series"], row["quarter"]
        now, then = (quarter_observations()[series, one] for one in (quarter, year_before(quarter)))
        lowest, highest = now.low / then.high - 1.0, now.high / then.low - 1.0
        assert lowest - 0.0005 <= float(row["change"]) <= highest + 0.0005


def test_what_was_not_published_says_how_it_was_found_and_names_known_sources():
    with (Path(str(data_folder())) / "sources.csv").open(encoding="utf-8", newline="") as file:
        known = {row["source_id"] for row in csv.DictReader(file)}
    for (_, quarter), (seen, _, status) in read_quarters().items():
        assert {name.strip() for name in seen.source_id.split(";")} <= known
        assert status == "sourced" or any(figure.isdigit() for figure in seen.note)
        assert (status == "residual") == quarter.endswith("Q3")
        assert seen.low < seen.high


def broken(tmp_path, change):
    text = FILE.read_text(encoding="utf-8")
    (tmp_path / QUARTERS_FILE).write_text(change(text), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("2019Q2,", "2019Q5,"), "a calendar quarter such as 2019Q2"),
        (lambda text: text.replace("package_volume", "packages", 1), "one of package_volume, package_revenue"),
        (lambda text: text.replace("1.866,1.865,1.867", "1.866,1.867,1.868"), "1.866 is not between low 1.867"),
        (lambda text: text.replace("0.499", "0.45"), "make a change of 0.500, 0.45 was published"),
        (lambda text: "\n".join(line for line in text.splitlines() if "2019Q3" not in line), "no value for 2019Q3"),
        (lambda text: "\n".join(line for line in text.splitlines() if "2017Q4" not in line), "no value for 2017Q4"),
        (lambda text: text.replace("residual", "guess", 1), "one of sourced, derived, residual"),
        (lambda text: text + text.splitlines()[1] + "\n", "must be unique"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, change, told):
    with pytest.raises(DataError, match=QUARTERS_FILE) as error:
        read_quarters(broken(tmp_path, change))
    assert told in str(error.value)


def test_a_right_file_elsewhere_is_read(tmp_path):
    shutil.copy(FILE, tmp_path)
    assert read_quarters(tmp_path) == read_quarters()


def test_quarters_of_a_run_add_up_to_its_years():
    scenario = prepare_scenario("baseline", {**SMALL, "history_mode": "free_run"}, "2017-09", "2019-05")
    run = run_history(Task(scenario, 1))
    assert [quarter for series, quarter in run.quarters if series == "package_volume"] == [
        "2017Q4",
        *quarters_of(2018),
        "2019Q1",
    ]
    fiscal = ("2017Q4", *quarters_of(2018)[:3])  # October to September
    for series in SERIES:
        year = sum(run.quarters[series, quarter] for quarter in fiscal)
        assert year == pytest.approx(run.figures[series, "usps", 2018], rel=1e-12)


def test_a_perfect_forecast_has_no_error_and_a_wrong_one_its_size():
    found = {score.name: score for score in quarter_scores(perfect())}
    assert list(found) == ["quarter_change_error", "quarter_revenue_change_error", "fourth_quarter_share_error"]
    assert all(score.model == 0.0 for score in found.values())
    assert [score.met for score in found.values()] == [True, None, True]
    assert 0.1 < found["quarter_change_error"].persistence < 0.2  # what a forecast of no change gets wrong
    worse = perfect()
    for quarter in quarters_of(2021):  # a tenth more of everything in the last year
        worse["package_volume", quarter] = worse["package_volume", quarter] * 1.1
    error = {score.name: score for score in quarter_scores(worse)}
    changes = [
        quarter_observations()["package_volume", quarter].value
        / quarter_observations()["package_volume", year_before(quarter)].value
        for quarter in quarters_of(2021)
    ]
    compared = 13  # 2018Q4 to 2021Q4
    assert error["quarter_change_error"].model == pytest.approx(0.1 * sum(changes) / compared)
    assert error["fourth_quarter_share_error"].model == pytest.approx(0.0, abs=1e-12)
    worse["package_volume", "2020Q4"] = worse["package_volume", "2020Q4"] * 1.2
    error = {score.name: score for score in quarter_scores(worse)}
    assert error["fourth_quarter_share_error"].model > targets()["fourth_quarter_share_error", "in"][0]
    assert error["fourth_quarter_share_error"].met is False


def test_what_was_not_played_is_not_compared():
    few = {key: values for key, values in perfect().items() if key[1].startswith("2021")}
    assert [score.name for score in quarter_scores(few)] == ["fourth_quarter_share_error"]
    assert set(quarter_table(few)["quarter"]) == set(quarters_of(2021))
    later = {("package_volume", "2022Q1"): np.ones(2)}
    assert quarter_scores(later) == ()
    assert list(quarter_table(later).columns) == list(COLUMNS)
    assert quarter_table(later).empty


def test_the_quarters_stand_beside_what_was_observed(result):
    table = result.quarters.set_index(["series", "quarter"])
    assert len(table) == 24
    row = table.loc["package_volume", "2020Q2"]
    assert (row["observed"], row["unit"], row["status"]) == (2.125, "bn pieces", "derived")
    assert row["low90"] <= row["low50"] <= row["median"] <= row["high50"] <= row["high90"]
    assert {score.name for score in result.quarter_scores} == set(page.QUARTER_TESTS)
    told = json.loads(json.dumps(result.summary(), allow_nan=False))
    assert len(told["quarters"]) == 24
    assert [one["name"] for one in told["quarter_errors"]] == list(page.QUARTER_TESTS)


def test_the_quarters_are_a_test_only(result):
    """No score, residual, band or year of the back-test knows of them."""
    wrong = replace(result, quarters=result.quarters.assign(observed=99.0), quarter_scores=())
    for known in ((), residuals("free from 2016", 2016, result.table)):
        pd.testing.assert_frame_equal(wrong.with_form(known).table, result.with_form(known).table)
        assert str(wrong.with_form(known).scores) == str(result.with_form(known).scores)
        assert wrong.with_form(known).discrepancy == result.with_form(known).discrepancy
    assert not {score.name for score in result.scores} & set(page.QUARTER_TESTS)
    keys = {*result.spread, *observations()}
    assert {type(year) for _, _, year in keys} == {int}
    assert set(result.table["year"]) == set(result.years) == {2019, 2020, 2021}


def test_stored_results_keep_the_quarters_and_older_ones_have_none(result, tmp_path):
    file = tmp_path / "results.json"
    write_stored(file, [result], [("free from 2019", "A short one", "Default parameters.")], ["a limit"], "a command")
    run = read_stored(file).run("free from 2019")
    pd.testing.assert_frame_equal(run.quarters, result.quarters, rtol=1e-5)
    assert [(one.name, one.met) for one in run.quarter_scores] == [(one.name, one.met) for one in result.quarter_scores]
    content = json.loads(file.read_text(encoding="utf-8"))
    for one in content["runs"]:
        del one["quarters"], one["quarter_scores"]
    file.write_text(json.dumps(content), encoding="utf-8")
    older = read_stored(file).run("free from 2019")
    assert older.quarters.empty
    assert older.quarter_scores == ()
    pd.testing.assert_frame_equal(older.table, run.table)


def test_the_page_tells_the_quarters_with_limits_and_what_failed(result):
    later = replace(result, quarters=result.quarters.iloc[:0], quarter_scores=())
    spans = [replace(result, mode="forced"), later]
    text = "\n".join(page._quarter_section(spans))
    assert text.startswith("## USPS by quarter")
    for score in result.quarter_scores:
        met = {True: "yes", False: "**no**", None: ""}[score.met]
        assert f"| forced from 2019 | {page.QUARTER_TESTS[score.name]} | {score.model:.3f} |" in text
        assert f"| {met} |" in text
    row = result.quarters.set_index(["series", "quarter"]).loc["package_volume", "2020Q2"]
    assert f"| 2020Q2 | 2.12 | {row['median']:.2f} |" in text or f"| 2020Q2 | 2.13 | {row['median']:.2f} |" in text
    assert "free from 2019" not in text  # it has no quarters here
    assert "fiscal 2020, 7.33, less 1.732, 1.489 and 2.125" in text
    assert page._quarter_section([later]) == []


def test_the_workbook_has_a_sheet_of_the_quarters_where_there_are_some(result):
    from experiments.spreadsheets.evidence import hindcast_tables

    tables = hindcast_tables(result)
    assert len(tables["USPS by quarter"]) == 24
    assert {"quarter change error", "quarter_change_error"} & set(tables["errors"]["error"])
    assert "USPS by quarter" not in hindcast_tables(replace(result, quarters=result.quarters.iloc[:0]))
