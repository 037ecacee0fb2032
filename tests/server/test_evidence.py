"""What the Evidence page shows is what is stored."""

from __future__ import annotations

import io
import math
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from experiments.backtest.stored import stored_hindcast
from model.market import PHASES
from model.parameters import Parameters
from server.pages.evidence import backtest, data, told
from server.pages.evidence.texts import FILES
from server.tables import Column, TableData, file_of, number_cell


@pytest.fixture(scope="module")
def stored():
    return stored_hindcast()


def test_every_score_is_shown_with_its_limit_and_nothing_that_is_missed_is_hidden(stored):
    table = backtest.scores_table(stored).frame
    told = [(run.name, score) for run in stored.runs for score in run.scores]
    assert len(table) == len(told)
    assert (table["met"] == "not met").sum() == sum(score.met is False for _, score in told)
    assert (table["met"] == "met").sum() == sum(score.met is True for _, score in told)


def test_only_years_that_the_parameters_did_not_know_count_as_out_of_sample(stored):
    table = backtest.scores_table(stored).frame
    out = table[table["sample"] == "out of sample"]
    assert set(out["years"]) == {"2022 to 2024"}
    assert set(out["run"]) == {run.name for run in stored.runs if run.draws == "frozen-2021"}
    met, limits = (out["met"] == "met").sum(), out["met"].isin(["met", "not met"]).sum()
    assert f"Out of sample the model meets {met} of {limits} limits" in backtest.verdict(stored)


def test_each_test_has_one_sentence_that_says_whether_its_limit_is_met(stored):
    found = told.sentences(stored)
    table = backtest.scores_table(stored).frame
    out = table[(table["sample"] == "out of sample") & table["met"].isin(["met", "not met"])]
    assert len(found) == out["error"].nunique()
    for name, sentence in zip(dict.fromkeys(told._TESTS), found, strict=True):
        rows = out[out["error"] == name]
        assert f"{(rows['met'] == 'met').sum()} of {len(rows)} back-tests" in sentence
        assert f", {rows['met'].iloc[0]}" in sentence
    shown = told.patterns(stored)
    words = backtest.patterns_table(stored).frame
    assert len(shown) == len(words)
    for sentence, row in zip(shown, words.to_numpy(), strict=True):
        assert f"shown by {(row[1:] == 'yes').sum()} of {((row[1:] == 'yes') | (row[1:] == 'no')).sum()}" in sentence


def test_the_finding_says_how_far_off_what_failed_most_and_what_that_means(stored):
    found = told.finding(stored)
    far, failure, meaning, bands = found.sentences
    scores = {score.name: score for score in stored.run("free from 2022").scores if score.sample == "out"}
    assert f"off by {100 * scores['volume_error'].model:.0f} % on average" in far
    naive = min(scores["volume_error"].persistence, scores["volume_error"].drift)
    assert f"misses by {100 * naive:.0f} %" in far
    table = backtest.scores_table(stored).frame
    out = table[(table["sample"] == "out of sample") & (table["error"] == "income_error")]
    assert "what USPS earns" in failure
    assert "what USPS earns" in found.title
    assert f"up to ${out['model'].max():.1f} billion, where $2.0 billion were allowed" in failure
    missed = (out["met"] == "not met").sum()
    assert 0 < missed <= len(out)
    assert (f"all {missed} back-tests" if missed == len(out) else f"{missed} of {len(out)} back-tests") in failure
    assert meaning.startswith("Read what USPS earns or loses as a comparison")
    held = table[(table["sample"] == "out of sample") & (table["error"] == "band_coverage_90%")]["model"]
    wide, narrow = (held > 0.97).sum(), (held < 0.75).sum()
    assert wide > narrow > 0  # both kinds of failure are told, and the advice is that of the more frequent one
    assert f"in {wide} of {len(held)} back-tests bands held all of what happened, more than should" in bands
    assert f"in {narrow} only {held.min():.0%}".replace("%", " %") in bands
    assert bands.endswith("Read the bands as too wide: what happens may well be nearer to their middle.")


def without_failures(stored, name, **changes):
    """The same back-tests, met but for one test, whose scores are changed."""
    from dataclasses import replace

    def changed(score):
        return (
            replace(score, **changes) if score.name == name else replace(score, met=None if score.met is None else True)
        )

    return replace(stored, runs=tuple(replace(run, scores=tuple(map(changed, run.scores))) for run in stored.runs))


def test_the_sentence_about_bands_gives_both_ends_of_what_they_should_hold(stored):
    (about,) = [one for one in told.sentences(stored) if one.startswith("Of the observed figures")]
    assert "(limit 75 % to 97 %, not met)" in about


def test_the_finding_follows_the_test_that_fails(stored):
    parcels = told.finding(without_failures(stored, "volume_error", met=False, model=0.3, limit=0.09))
    assert parcels.title == "Not close on how many parcels come"
    assert "no closer than the better of two forecasts" in parcels.sentences[0]
    assert "off by up to 30.0 %, where 9.0 % were allowed" in parcels.sentences[1]
    bands = told.finding(without_failures(stored, "band_coverage_90%", met=False, model=0.5, limit=0.75))
    assert bands.title.endswith(", off on how sure it is")
    assert "back-tests bands held only 50 %, where at least 75 % should" in bands.sentences[1]
    assert bands.sentences[2].startswith("Read the bands as too narrow")
    wide = told.finding(without_failures(stored, "band_coverage_90%", met=False, model=1.0, limit=0.75))
    assert "back-tests bands held all of what happened, more than should" in wide.sentences[1]
    assert wide.sentences[2].startswith("Read the bands as too wide")
    well = told.finding(without_failures(stored, "", met=True))
    assert well.title == "Close on how many parcels each carrier brings, and within every limit"
    assert len(well.sentences) == 2


def test_a_picture_holds_model_observed_and_naive_forecasts_of_its_carrier(stored):
    run = stored.runs[0]
    rows = run.series("volume", "fedex")
    (plot,) = [one for one in backtest.pictures(run, "volume") if one.title == "FedEx"]
    drawn = {one["name"]: one["data"] for one in plot.option["series"]}
    assert drawn["Model"] == pytest.approx(rows["median"].tolist())
    assert drawn["Published"] == pytest.approx(rows["observed"].tolist())
    assert drawn["Shares stay as in 2021 (persistence)"] == pytest.approx(rows["persistence"].tolist())
    names = {one["name"] for one in plot.legend}
    assert {"Model", "Published", "Shares stay as in 2021 (persistence)", "Their trend goes on (drift)"} <= names
    assert "out of sample" in plot.summary


def test_what_was_not_published_is_a_gap_and_no_number(stored):
    for run in stored.runs:
        for series in backtest.series_of(run):
            for plot in backtest.pictures(run, series):
                for line in plot.option["series"]:
                    assert all(value is None or math.isfinite(value) for value in line["data"])


def test_every_parameter_file_and_phase_is_there():
    assert data.parameters_table().frame["symbol"].tolist() == [row.symbol for row in Parameters.default().rows()]
    assert data.phases_table().frame["phase"].tolist() == [phase.name for phase in PHASES]
    here = {item.name for item in (resources.files("model") / "data").iterdir() if item.name.endswith(".csv")}
    assert set(FILES) == here


def test_sources_that_a_row_names_are_told():
    table = data.parameters_table()
    row = next(cells for cells in table.cells if cells[0][0] == "n_states")
    assert row[-1][0] == "CENSUS_UR2020"
    assert "US Census Bureau" in row[-1][2]


@pytest.fixture
def table():
    frame = pd.DataFrame({"name": ["a", "b", "c"], "value": [1 / 3, 2.0, float("nan")]})
    cells = tuple((name, number_cell(f"{value:.1f}", value)) for name, value in frame.itertuples(index=False))
    return TableData("A Table, of 3", (Column("name"), Column("value", number=True)), cells, frame)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_download_holds_the_rows_shown_in_their_order_with_all_digits(table, kind):
    file = file_of(table, {"format": kind, "rows": [2, 0]})
    read = pd.read_csv if kind == "csv" else pd.read_parquet
    pd.testing.assert_frame_equal(read(io.BytesIO(file["content"])), table.frame.iloc[[2, 0]].reset_index(drop=True))
    assert file["name"] == f"a-table-of-3.{kind}"


@pytest.mark.parametrize("rows", [[3], [-1], ["0"], [True], [0, 1, 2, 0], None, "012"])
def test_a_browser_gets_no_other_rows(table, rows):
    with pytest.raises(ValueError, match="rows"):
        file_of(table, {"format": "csv", "rows": rows})
    with pytest.raises(ValueError, match="format"):
        file_of(table, {"format": "exe", "rows": [0]})


def test_cells_and_what_lies_behind_them_belong_together(table):
    with pytest.raises(ValueError, match="3 rows are shown"):
        TableData("bad", table.columns, table.cells, table.frame.head(2))


def test_every_error_is_explained_where_it_is_met_first(stored):
    table = backtest.scores_table(stored)
    place = [column.label for column in table.columns].index("error")
    hints = {cell[0]: cell[2] for cell in (row[place] for row in table.cells) if not isinstance(cell, str)}
    assert set(hints) == {cell if isinstance(cell, str) else cell[0] for cell in (row[place] for row in table.cells)}
    assert all(hint.endswith(".") for hint in hints.values())


def test_years_are_written_as_years():
    table = data.parameters_table()
    shown = {row[0][0]: (row[2][0], row[4][0]) for row in table.cells}
    assert shown["projection_start_year"] == ("2025", "2026")
    assert shown["n_shippers"] == ("4,000", "100,000")


def test_coverage_is_shown_by_what_the_bands_hold(stored):
    from dataclasses import replace

    from experiments.backtest.scores import Coverage

    without = replace(stored, runs=tuple(replace(run, coverage=()) for run in stored.runs))
    assert backtest.coverage_table(without) is None
    told = (Coverage("out", "luck and parameters", 24, 0.25, 0.5, False), Coverage("all", "x", 24, 0.5, 0.9, True))
    table = backtest.coverage_table(replace(stored, runs=(replace(stored.runs[0], coverage=told),)))
    assert table.frame.to_dict("records") == [
        {
            "run": stored.runs[0].name,
            "sample": "out of sample",
            "years": "2022 to 2024",
            "the band holds": "luck and parameters",
            "observations": 24,
            "inside": 0.5,
            "met": "not met",
        }
    ]


def quarters_of_a_run():
    """Quarters as a run of 2018 has them, off by a tenth."""
    from experiments.backtest.quarters import quarter_observations, quarter_scores, quarter_table

    runs = {key: seen.value * np.array([1.0, 1.1, 1.2]) for key, seen in quarter_observations().items()}
    return {"quarters": quarter_table(runs), "quarter_scores": quarter_scores(runs)}


def test_quarters_stand_beside_what_was_observed_and_older_results_show_none(stored):
    from dataclasses import replace

    without = quarters_of_a_run()["quarters"].iloc[:0]
    older = replace(stored, runs=tuple(replace(run, quarters=without, quarter_scores=()) for run in stored.runs))
    assert backtest.quarter_pictures(older) == []
    assert backtest.quarters_verdict(older) == ""
    newer = replace(
        older, runs=tuple(replace(run, **quarters_of_a_run()) if run.first < "2022" else run for run in older.runs)
    )
    volume, revenue = backtest.quarter_pictures(newer)
    drawn = {one["name"]: one for one in volume.option["series"]}
    table = newer.run("free from 2018").quarters
    rows = table[table["series"] == "package_volume"]
    assert volume.option["xAxis"]["data"] == rows["quarter"].tolist()
    assert drawn["Model"]["data"] == pytest.approx(rows["median"].tolist())
    assert drawn["Published"]["data"] == pytest.approx(rows["observed"].tolist())
    assert not [name for name in drawn if "persistence" in name or "drift" in name]
    assert "2020Q2: model 2.34, observed 2.12" in volume.summary
    assert "bn $" in revenue.unit
    told = backtest.quarters_verdict(newer)
    assert "run free from 2018" in told
    assert told.count("met.") == 2


def test_a_limit_of_the_quarters_that_is_missed_is_told(stored):
    from dataclasses import replace

    from experiments.backtest.scores import Score

    missed = Score("in", "quarter_change_error", "share", 0.123, 0.154, limit=0.1, met=False)
    found = replace(stored.runs[2], quarters=quarters_of_a_run()["quarters"], quarter_scores=(missed,))
    told = backtest.quarters_verdict(replace(stored, runs=(found,)))
    assert "on average 12.3 percentage points from what was observed; the limit of 10 is not met." in told
