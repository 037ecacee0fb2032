"""The back-test: what it compares, what it says when it is wrong, and that it tells the truth about what it cannot."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import InputError, hindcast
from experiments.backtest.figures_of_year import HistoryRun, run_history
from experiments.backtest.observed import observations
from experiments.backtest.patterns import patterns
from experiments.backtest.scores import coverage, scores
from experiments.runs import start_market
from experiments.workers import Task
from model.scenario import Scenario
from tests.small import FEWER

SMALL = {**FEWER, "n_shippers": 300}


@pytest.fixture(scope="module")
def result():
    return hindcast("2021-07", "2025-12", "free", replications=2, set=SMALL, workers=1)


def test_the_table_has_what_was_observed_beside_what_is_modelled(result):
    table = result.table.set_index(["series", "entity", "year"])
    assert result.years == (2022, 2023, 2024, 2025)  # only full years
    ups = table.loc["volume", "ups", 2023]
    assert ups["observed"] == 4.6
    assert ups["low90"] <= ups["low50"] <= ups["median"] <= ups["high50"] <= ups["high90"]
    assert ups["persistence"] == pytest.approx(5.3 / 21.7 * 21.7)
    shares = [table.loc["share", group, 2022]["median"] for group in ("usps", "amazon", "ups", "fedex", "regional")]
    assert sum(shares) == pytest.approx(1.0, abs=0.01)
    channels = [table.loc[f"{name}_share", "amazon", 2022]["median"] for name in ("own", "usps", "ups")]
    assert 0.9 < sum(channels) <= 1.001


def test_the_year_2025_has_modelled_figures_and_an_empty_observed_column(result):
    rows = result.table[result.table["year"] == 2025]
    assert len(rows) > 20
    assert rows["observed"].isna().all()
    assert rows["persistence"].isna().all()
    assert rows["median"].notna().all()
    assert not any(key[2] > 2024 for key in observations())


def test_summary_is_plain_json(result):
    told = json.loads(json.dumps(result.summary(), allow_nan=False))
    assert (told["mode"], told["replications"], told["draws"]) == ("free", 2, None)
    assert {row["sample"] for row in told["errors"]} == {"out"}
    assert told["provenance"]["changes"]["history_mode"] == "free_run"
    assert [set(row) for row in told["patterns"]] == [{"name", "shown", "share"}] * 6
    assert "in sample" in told["given"]


def test_accounts_of_usps_are_of_fiscal_years():
    """Fiscal 2023 is October 2022 to September 2023; fiscal 2022 began before the run and is left out."""
    scenario = Scenario.load("baseline").with_changes(
        {"start": "2022-01", "end": "2023-12", "history_mode": "free_run", **SMALL}
    )
    task = Task(scenario, 1)
    market, figures = start_market(scenario, 1).run(), run_history(task).figures
    year = slice(9, 21)
    for series, name in (
        ("package_revenue", "parcel_revenue"),
        ("mail_revenue", "mail_revenue"),
        ("income_without_noncash", "controllable_income"),
    ):
        assert figures[series, "usps", 2023] == pytest.approx(market.records[f"usps_{name}_usd"][year].sum() / 1e9)
        assert (series, "usps", 2022) not in figures
    assert {key[2] for key in figures if key[0] == "volume"} == {2022, 2023}


def test_parts_of_the_income_make_up_the_income():
    """Mail and packages less expense are the income, but for interest."""
    seen = observations()
    for year in range(2016, 2025):
        parts = {
            name: seen[name, "usps", year].value
            for name in ("mail_revenue", "package_revenue", "expense_without_noncash")
        }
        income = parts["mail_revenue"] + parts["package_revenue"] - parts["expense_without_noncash"]
        assert income == pytest.approx(seen["income_without_noncash", "usps", year].value, abs=0.75), year


def test_runs_are_repeatable_and_modes_differ():
    first, again = (hindcast("2022-01", "2022-12", "free", 1, SMALL, workers=1) for _ in range(2))
    assert again.table.equals(first.table)
    forced = hindcast("2022-01", "2022-12", "forced", 1, SMALL, workers=1)
    volume = [one.table[one.table["series"] == "volume"]["median"].to_numpy() for one in (first, forced)]
    assert not np.allclose(*volume)


def test_a_perfect_forecast_has_no_error_and_a_wrong_one_has_its_size():
    seen = observations()
    perfect = {key: np.array([row.value] * 5) for key, row in seen.items()}
    years = range(2019, 2025)
    found = {(score.sample, score.name): score for score in scores(perfect, years)}
    for name in ("volume_error", "share_error", "revenue_per_parcel_error", "package_revenue_error", "income_error"):
        assert found["out", name].model == 0.0
        assert found["out", name].met
    assert coverage(perfect, years, 0.5)[0] == 1.0
    tenth_more = {key: values * 1.1 for key, values in perfect.items()}
    worse = {(score.sample, score.name): score for score in scores(tenth_more, years)}
    assert worse["out", "volume_error"].model == pytest.approx(0.1)
    assert worse["out", "volume_error"].met is False
    assert worse["in", "volume_error"].persistence != worse["in", "volume_error"].persistence  # nan: it knows 2021
    assert coverage(tenth_more, years, 0.9)[0] == 0.0


def test_better_than_the_limit_is_not_enough_when_persistence_is_better():
    seen = observations()
    error = next(
        s for s in scores({k: np.array([r.value]) for k, r in seen.items()}, [2022]) if s.name == "share_error"
    )
    assert error.persistence < 2.0
    off = {key: np.array([row.value + (0.01 if key[0] == "share" else 0.0)]) for key, row in seen.items()}
    worse = next(score for score in scores(off, [2022]) if score.name == "share_error")
    assert worse.persistence < worse.model < 2.0
    assert worse.met is False


def test_every_observation_names_a_known_source():
    from model.tables import read_table, text

    columns = dict.fromkeys(("source_id", "publisher", "title", "date", "kind"), text(required=False))
    known = {row["source_id"] for row in read_table("sources.csv", {**columns, "url": text(required=False)})}
    named = {name.strip() for row in observations().values() for name in row.source_id.split(";")}
    assert named <= known


def test_coverage_counts_what_lies_inside_the_bands():
    seen = observations()
    keys = [("volume", group, 2023) for group in ("usps", "ups")]
    spread = {key: seen[key].value * np.linspace(0.5, 1.5, 101) for key in keys}
    spread[keys[1]] = spread[keys[1]] * 1.35  # inside the 90 % band, outside the 50 % band
    assert coverage(spread, [2023], 0.9) == (1.0, 2)
    assert coverage(spread, [2023], 0.5) == (0.5, 2)


def history_run(**changes):
    years = range(2016, 2025)
    figures = {
        **{
            ("usps_share", "amazon", year): share
            for year, share in zip(years, [0.4, 0.44, 0.42, *[0.3] * 6], strict=True)
        },
        **{("share_rural", "usps", year): 0.5 for year in years},
        **{("share_urban", "usps", year): 0.3 for year in years},
        **{("share_rural", "regional", year): 0.01 for year in years},
        **{(f"share_{kind}", "regional", year): 0.05 for kind in ("suburban", "urban") for year in years},
        **{
            ("revenue_per_parcel", group, year): price
            for group, price in (("usps", 4.0), ("fedex", 15.0))
            for year in years
        },
        **{("revenue_per_parcel", "ups", year): 10.0 + (year - 2016) for year in years},
        **{("volume", "ups", year): 5.0 - 0.1 * (year - 2016) for year in years},
    }
    return HistoryRun({**figures, **changes.pop("figures", {})}, changes.pop("density", (3000.0, 900.0, 200.0)))


def test_patterns_are_found_and_their_absence_too():
    years = range(2016, 2025)
    # FedEx 15 stays below UPS from 2021 on
    assert [pattern.shown for pattern in patterns([history_run()], years)] == [True, True, True, False, True, True]
    broken = history_run(
        density=(200.0, 900.0),
        figures={("usps_share", "amazon", 2022): 0.5, ("share_rural", "usps", 2020): 0.1, ("volume", "ups", 2024): 9.0},
    )
    assert [pattern.shown for pattern in patterns([broken], years)] == [False, False, False, False, True, False]
    half = patterns([history_run(), broken], years)
    assert half[0].share == 0.5
    assert half[0].shown is False  # more than half must show it
    short = patterns([history_run()], range(2022, 2024))
    assert [pattern.shown for pattern in short][1::4] == [None, None]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"mode": "half"}, "mode: 'half' is not allowed; it must be forced or free"),
        ({"from_": "2015-01"}, "2016-01 to 2025-01"),
        ({"replications": 0}, "replications: 0"),
        ({"from_": "2023-02", "to": "2023-12"}, "no full calendar year"),
        ({"draws": "nothing"}, "neither a stored set"),
        ({"set": {"build_limits": 1}}, "build_limits"),
    ],
)
def test_bad_input_is_one_clear_error(arguments, told):
    with pytest.raises(InputError) as error:
        hindcast(**arguments)
    assert told in "\n".join(error.value.problems)


def test_all_problems_come_at_once():
    with pytest.raises(InputError) as error:
        hindcast("2015-01", "2024-12", "half", replications=0, draws="nothing", seed=-1)
    assert len(error.value.problems) == 5


def test_draws_are_used_row_by_row(tmp_path):
    file = tmp_path / "mine.parquet"
    pd.DataFrame({"build_limit": [0.0, 2.0]}).to_parquet(file)
    free = hindcast("2022-01", "2023-12", "free", 2, SMALL, file, workers=1)
    share = free.table.query("series == 'own_share' and year == 2023").iloc[0]
    assert free.draws == "mine"
    assert share["high90"] - share["low90"] > 0.05  # no build against plenty: far more than luck
    pd.DataFrame({"build_limit": [-1.0]}).to_parquet(file)
    with pytest.raises(InputError, match="row 0: build_limit"):
        hindcast("2022-01", "2023-12", draws=file)


def test_bands_hold_more_with_every_part(result):
    by_layer = {}
    for one in result.coverage:
        by_layer.setdefault((one.sample, one.figures), []).append((one.inside50, one.inside90))
    assert set(by_layer) == {("out", 24), ("all", 24)}  # no year to 2021 is played in full
    for inside in by_layer.values():
        assert len(inside) == 3
        assert inside == sorted(inside)
    assert result.discrepancy.last_year == 2020  # a span from 2021 knows no residual of 2021
    assert result.summary()["coverage"][-1]["held"] == "and the form of the model"
    bare = result.with_form(())
    wide, narrow = (one.table["high90"] - one.table["low90"] for one in (result, bare))
    assert np.all(wide >= narrow)
    pd.testing.assert_series_equal(bare.table["median"], result.table["median"])


def test_figures_are_drawn(result, tmp_path):
    from experiments.backtest.pictures import draw_pictures

    files = draw_pictures(result, tmp_path)
    assert [file.name for file in files] == [
        f"hindcast-free-2021-{name}.png" for name in ("volume", "revenue-per-parcel", "amazon", "usps", "quarters")
    ]
    assert all(file.read_bytes().startswith(b"\x89PNG") and file.stat().st_size > 10_000 for file in files)
    with pytest.raises(InputError, match="does not exist"):
        draw_pictures(result, tmp_path / "nowhere")


@pytest.mark.thorough
def test_the_page_tells_what_failed(tmp_path, monkeypatch):
    from experiments.backtest import page

    spans = (page.Span("2024-01", "free", "A short one"), page.Span("2024-01", "forced", "Another"))
    monkeypatch.setattr(page, "SPANS", spans)
    monkeypatch.setattr(page, "hindcast", lambda *a, **k: hindcast(*a[:3], 1, SMALL, workers=1))
    file = tmp_path / "history.md"
    results = page.write_history_page(file, replications=1)
    text = file.read_text(encoding="utf-8")
    assert len(results) == 2
    failed = [score for result in results for score in result.scores if score.met is False]
    assert failed
    assert text.count("| **no** |") >= len(failed)
    assert "## Forced run from 2024-01" in text
    assert "| free from 2024 | 2022 to 2024 | 5 |" in text  # volumes; the fiscal year began before the run
    assert "| free from 2024 | none are known |" in text
    for line in text.splitlines():
        if line.startswith("!["):
            assert (tmp_path / line.split("(")[1].rstrip(")")).is_file()
    with pytest.raises(InputError, match="does not exist"):
        page.write_history_page(tmp_path / "nowhere" / "history.md")


def test_stored_results_are_those_of_the_runs(result, tmp_path):
    from experiments.backtest.stored import read_stored, write_stored

    file = tmp_path / "results.json"
    write_stored(file, [result], [("free from 2021", "A short one", "Default parameters.")], ["a limit"], "a command")
    kept = read_stored(file)
    run = kept.run("free from 2021")
    assert (kept.command, kept.limits, kept.is_current) == ("a command", ("a limit",), True)
    assert (run.mode, run.first, run.last, run.replications) == ("free", "2021-07", "2025-12", 2)
    pd.testing.assert_frame_equal(run.table, result.table, rtol=1e-5)
    assert run.patterns == result.patterns
    assert run.coverage == result.coverage
    assert [(score.name, score.met) for score in run.scores] == [(score.name, score.met) for score in result.scores]
    ups = run.series("volume", "ups")
    assert ups.loc[2023, "observed"] == 4.6
    assert ups.loc[2023, "low90"] <= ups.loc[2023, "median"] <= ups.loc[2023, "high90"]
    with pytest.raises(InputError, match="'none' is not stored"):
        kept.run("none")
    file.write_text("{}")
    with pytest.raises(InputError, match=r"results\.json cannot be read"):
        read_stored(file)


def test_the_results_of_the_package_are_those_of_its_page():
    from experiments.backtest.stored import stored_hindcast

    kept = stored_hindcast()
    page = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
    assert kept.command in page
    for run in kept.runs:
        for score in run.scores:
            if score.met is not None:
                assert f"| {run.name} | {score.name.replace('_', ' ')} | {score.unit} |" in page
        ups = run.series("volume", "ups").loc[2023]
        assert f"| UPS: volume, bn parcels | 2023 | {ups['observed']:.2f} | {ups['median']:.2f} |" in page


def test_the_residual_error_widens_bands_as_much_as_it_says():
    from experiments.backtest.predictive import forecasts, residual_errors

    fit = pd.DataFrame(
        {
            "series": ["volume", "volume", "income_without_noncash"],
            "entity": ["ups", "ups", "usps"],
            "observed": [4.0, 5.0, -1.0],
            "posterior": [4.4, 4.5, 0.5],
        }
    )
    residual = residual_errors(fit)
    income = dict.fromkeys(("income_without_noncash", "income_without_noncash usps"), 1.5)
    assert residual == pytest.approx({"volume": 0.1, "volume ups": 0.1, **income})
    keys = [
        ("volume", "ups", 2023),
        ("share", "ups", 2023),
        ("income_without_noncash", "usps", 2023),
        ("other", "x", 1),
    ]
    runs = {key: np.full(200, 0.2 if key[0] == "share" else 5.0) for key in keys}
    wide = forecasts(runs, residual)
    assert np.log(wide[keys[0]]).std() == pytest.approx(0.1, rel=0.05)
    assert np.median(wide[keys[0]]) == pytest.approx(5.0, rel=0.01)
    assert np.log(wide[keys[1]]).std() == pytest.approx(0.1, rel=0.05)  # a share is off as a volume is
    assert wide[keys[2]].std() == pytest.approx(1.5, rel=0.05)
    np.testing.assert_array_equal(wide[keys[3]], runs[keys[3]])
    again = forecasts(runs, residual)
    np.testing.assert_array_equal(wide[keys[0]], again[keys[0]])
    assert forecasts(runs, {})[keys[0]].std() == 0.0


def test_what_a_fit_cannot_follow_does_not_widen_the_others():
    from experiments.backtest.predictive import forecasts, residual_errors

    observed, off = {"usps": 6.0, "ups": 5.0, "regional": 0.2}, {"usps": 1.05, "ups": 0.95, "regional": 2.0}
    rows = [("volume", entity, value, value * off[entity]) for entity, value in observed.items() for _ in range(4)]
    residual = residual_errors(pd.DataFrame(rows, columns=["series", "entity", "observed", "posterior"]))
    runs = {("volume", entity, 2023): np.full(200, 1.0) for entity in (*observed, "fedex")}
    wide = {key[1]: np.log(values).std() for key, values in forecasts(runs, residual).items()}
    assert wide["usps"] == pytest.approx(wide["fedex"]) == pytest.approx(0.05, rel=0.05)  # fedex as the median
    assert 0.5 < wide["regional"] < 1.0  # four years of its own beside the four of the others


@pytest.mark.parametrize("series", ["share", "own_share", "rural_share"])
def test_no_band_of_a_share_goes_beyond_all_of_it(series):
    from experiments.backtest.predictive import forecasts

    key = (series, "amazon", 2024)
    wide = forecasts({key: np.full(200, 0.9)}, {series: 0.2, "volume": 0.2})[key]
    assert wide.max() == 1.0
    assert wide.min() > 0.0
    whole = 0.9 * np.exp(0.2 * -1.2816)  # what is cut off above moves no quantile below
    assert np.quantile(wide, 0.1) == pytest.approx(whole, rel=0.01)


def test_a_run_with_forced_events_has_the_list_increases_that_came():
    from experiments.draws import DrawSet

    drawn = DrawSet(
        "mine",
        pd.DataFrame({"build_limit": [1.0]}),
        {"list_increase_ups_fedex_2023": 0.059, "season_december": 1.38},
        {"forced_runs_leave_out": ["list_increase_ups_fedex_2023"]},
    )
    assert drawn.row(0) == {**drawn.fixed, "build_limit": 1.0}
    assert drawn.row(0, forced=True) == {"season_december": 1.38, "build_limit": 1.0}
