"""The estimation on toy problems with known answers, and its store."""

import json
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments import InputError
from experiments.draws import load_draws
from experiments.errors import DamagedError
from experiments.estimation import calibrate as calibration
from experiments.estimation.inference import Emulator, emulated_posterior, implausibility, nearest_runs, not_ruled_out
from experiments.estimation.neural import NeuralCheck, neural_check
from experiments.estimation.page import estimation_page
from experiments.estimation.problem import frozen, left_later, moments, prior, scenario_of
from experiments.estimation.recovery import recover
from experiments.estimation.store import RunStore
from experiments.runs import start_market
from model.data_years import latest_data_year
from model.parameters import Parameters
from model.records import SERIES
from model.scenario import Scenario

RNG = np.random.default_rng(7)
POINTS = RNG.random((240, 3))


def toy(points):
    """Four moments: the first two parameters matter, the third does not."""
    a, b, _ = points.T
    return np.stack([3 * a + 1, a - b, 2 * b + b**2, a * b], axis=1)


VALUES = toy(POINTS) + 0.02 * RNG.standard_normal((240, 4))
TRUTH = np.array([[0.3, 0.6, 0.5]])
SEEN = toy(TRUTH)[0]
TOLERANCE = np.full(4, 0.05)
CANDIDATES = np.random.default_rng(8).random((20_000, 3))


# inference


def test_the_emulator_predicts_runs_it_has_not_seen_as_well_as_it_says():
    emulator = Emulator.fit(POINTS, VALUES)
    unseen = np.random.default_rng(9).random((500, 3))
    error = np.sqrt(((emulator.predict(unseen) - toy(unseen)) ** 2).mean(axis=0))
    assert (error < 0.02).all()
    assert emulator.residual == pytest.approx(0.02, rel=0.25)  # the luck that no emulator can know


def test_history_matching_keeps_the_truth_and_rules_out_most():
    emulator = Emulator.fit(POINTS, VALUES)
    assert implausibility(emulator, TRUTH, SEEN, TOLERANCE)[0] < 3.0
    left, kept = not_ruled_out(emulator, SEEN, TOLERANCE, CANDIDATES)
    assert kept < 0.3
    assert np.abs(left[:, 0] - TRUTH[0, 0]).max() < 0.5


@pytest.mark.parametrize("method", ["nearest", "emulated"])
def test_both_methods_find_what_matters_and_leave_the_rest_at_the_prior(method):
    emulator = Emulator.fit(POINTS, VALUES)
    if method == "nearest":
        found = nearest_runs(POINTS, VALUES, SEEN, TOLERANCE, 0.3, np.random.default_rng(1))
    else:
        found = emulated_posterior(emulator, SEEN, TOLERANCE, 3, np.random.default_rng(1))
    assert found.weight.sum() == pytest.approx(1.0)
    assert found.mean[:2] == pytest.approx(TRUTH[0, :2], abs=0.06)
    ratio = found.sd * np.sqrt(12)
    assert (ratio[:2] < 0.35).all()
    assert ratio[2] > 0.8
    assert ((found.points >= 0) & (found.points <= 1)).all()


def test_a_posterior_is_as_wide_as_theory_says():
    """One linear moment with error: normal theory gives the s.d. of the parameter, tolerance over slope."""
    points = np.random.default_rng(2).random((400, 1))
    values = 10.0 * points
    found = nearest_runs(points, values, np.array([5.0]), np.array([0.5]), 0.3, np.random.default_rng(3))
    assert found.mean[0] == pytest.approx(0.5, abs=0.01)
    assert found.sd[0] == pytest.approx(0.05, rel=0.2)
    emulator = Emulator.fit(points, values)
    exact = emulated_posterior(emulator, np.array([5.0]), np.array([0.5]), 1, np.random.default_rng(3))
    assert exact.sd[0] == pytest.approx(0.05, rel=0.15)


def test_moments_that_no_run_can_meet_do_not_drive_the_parameters_to_the_edge():
    odd = np.append(SEEN, 40.0)  # a fifth moment that is always 0 in the model
    values = np.concatenate([VALUES, np.zeros((240, 1))], axis=1)
    found = nearest_runs(POINTS, values, odd, np.append(TOLERANCE, 5.0), 0.3, np.random.default_rng(1))
    assert found.mean[:2] == pytest.approx(TRUTH[0, :2], abs=0.08)
    assert found.sd.min() > 0.005


@pytest.mark.parametrize("method", ["nearest", "emulated"])
def test_recovery_tells_parameters_that_matter_from_those_that_do_not(method):
    trials = np.arange(0, 240, 12)
    rows = recover(("a", "b", "c"), POINTS, VALUES, 0.3, trials, method)
    assert [row.recovered for row in rows] == [True, True, False]
    assert rows[2].sd_ratio > 0.8
    assert rows[0].coverage >= 0.7


def test_recovery_with_error_is_as_wide_as_the_error():
    trials = np.arange(0, 240, 12)
    exact, rough = (
        recover(("a", "b", "c"), POINTS, VALUES, 0.3, trials, "emulated", error)
        for error in (None, np.diag(np.full(4, 0.5**2)))
    )
    assert all(wide.sd_ratio > 2.0 * narrow.sd_ratio for wide, narrow in zip(rough[:2], exact[:2], strict=True))
    assert min(row.coverage for row in rough) >= 0.6


def test_errors_that_go_together_tell_less_than_errors_that_do_not():
    """Two moments of one parameter with the same error are worth one, not two."""
    points = np.random.default_rng(2).random((300, 1))
    emulator = Emulator.fit(points, np.concatenate([10.0 * points, 10.0 * points], axis=1))
    alike = np.array([[1.0, 0.999], [0.999, 1.0]])
    seen = np.array([5.0, 5.0])
    together, apart = (
        emulated_posterior(emulator, seen, error, 1, np.random.default_rng(3)).sd[0] for error in (alike, np.eye(2))
    )
    assert together == pytest.approx(0.1, rel=0.15)
    assert apart == pytest.approx(0.1 / np.sqrt(2.0), rel=0.15)


# what is estimated


def test_the_problem_is_small_and_knows_no_later_year():
    space = prior()
    assert len(space.symbols) + len(space.fixed) <= 10
    assert (space.low < space.default).all()
    assert (space.default < space.high).all()
    assert max(year for *_, year in moments(2021).keys) == 2021
    assert max(year for *_, year in moments(2024).keys) == 2024
    assert frozen(2024) == {}
    scenario = scenario_of(space.default, 2021)
    assert str(scenario.end) == "2021-12"
    assert scenario.parameters.price_increase_max == 0.059


def test_latest_data_year_of_a_row():
    rows = {row.symbol: row for row in Parameters.default().rows()}
    assert latest_data_year(rows["list_increase_ups_fedex_2024"]) == 2024
    assert latest_data_year(rows["price_ground_ups"]) == 2024  # reconciled to the revenue of that year
    assert latest_data_year(rows["rural_plan_capacity"]) == 2025  # the year of the source
    assert latest_data_year(rows["switching_inertia"]) is None  # an assumption
    used = calibration.later_rows(2021, frozen(2021), [])
    assert "on_time_base_ups" not in used
    assert used == {}
    # both restated in 2022: no run reads the parcels; the households scale all zones alike
    assert calibration.later_start_figures(2021) == {"parcels_total": 2022, "households": 2022}
    assert calibration.later_start_figures(2024) == {}


def test_no_run_up_to_2024_reads_what_the_set_of_2021_leaves_as_it_is():
    """Every such row is set to something else at once: a free run from 2022 to 2024 gives the same bits."""
    table = Parameters.default()
    rows = [table.row(symbol) for symbol in left_later("unread")]
    other = {row.symbol: row.value + 1.0 if row.value >= 1.0 else row.value * 1.25 for row in rows}
    times = {"start": "2022-01", "end": "2024-12", "history_mode": "free_run", "n_shippers": 500}
    scenario = Scenario.load("baseline").with_changes({**frozen(2021), **times})
    plain, changed = (start_market(one, 3).run() for one in (scenario, scenario.with_changes(other)))
    assert len(other) >= 15
    for series in SERIES:
        np.testing.assert_array_equal(plain.records[series.name], changed.records[series.name], err_msg=series.name)


def test_every_row_later_than_2021_is_replaced_imposed_or_unread():
    rows = {row.symbol: row for row in Parameters.default().rows()}
    for symbol in (*frozen(2021), *left_later("imposed"), *left_later("unread")):
        assert rows[symbol].settable, symbol
    assert calibration.later_rows(2021, frozen(2021), []) == {}
    assert set(left_later("imposed")) == {"reform_act_date", "list_increase_usps_parcel_select_2024_07"}


# the whole, with a toy instead of the market


@pytest.fixture
def toy_market(monkeypatch):
    """The market replaced by a smooth function of the point; counts its runs."""
    space, target = prior(), moments(2021)
    mixing = np.random.default_rng(4).standard_normal((len(space.symbols), len(target.keys)))
    ran = []

    def simulate(task):
        p = task.scenario.parameters
        point = space.unit(np.array([p[symbol] for symbol in space.symbols]))
        ran.append(task.seed)
        luck = np.random.default_rng(task.seed).standard_normal(len(target.keys))
        return target.value + target.published * (4.0 * (point - 0.5) @ mixing + 0.2 * luck)

    monkeypatch.setattr(calibration, "simulate", simulate)
    monkeypatch.setattr(calibration, "TRIALS", 10)
    return ran


def test_estimates_writes_a_set_and_resumes(toy_market, tmp_path):
    folder = tmp_path / "runs"
    first = calibration.calibrate(folder, 2021, 120, workers=1)
    assert len(toy_market) == 120 + 60 + calibration.LUCK + calibration.CHECKS
    again = calibration.calibrate(folder, 2021, 120, workers=1)
    assert len(toy_market) == 120 + 60 + calibration.LUCK + calibration.CHECKS  # nothing ran twice
    pd.testing.assert_frame_equal(first.draws, again.draws)
    assert set(first.draws.columns) == set(first.recovered)
    assert first.recovered
    drawn = load_draws(folder / "frozen-2021.parquet")
    assert drawn.fixed["price_increase_max"] == 0.059
    assert set(drawn.row(3)) == {*first.recovered, *(drawn.fixed.keys() - set(first.recovered))}
    json.dumps(first.summary(), allow_nan=False)
    page = estimation_page(first)
    assert all(symbol in page for symbol in (*prior().symbols, *prior().fixed))
    # what was lost is run again, and only that
    (folder / "matched-000000.parquet").unlink()
    third = calibration.calibrate(folder, 2021, 120, workers=1)
    assert len(toy_market) == 120 + 60 + calibration.LUCK + calibration.CHECKS + 60
    pd.testing.assert_frame_equal(first.draws, third.draws)


def test_a_neural_posterior_without_its_package_is_refused_before_a_run(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sbi.inference", None)
    with pytest.raises(InputError, match=r"install last-mile-market\[sbi\]") as error:
        calibration.calibrate(tmp_path / "runs", 2021, 3, neural=True)
    assert len(error.value.problems) == 2  # with the number of runs
    assert not (tmp_path / "runs").exists()


def test_a_neural_posterior_finds_what_matters_and_leaves_the_rest_at_the_prior():
    pytest.importorskip("sbi")
    noise = np.diag(TOLERANCE**2)
    check = neural_check(("a", "b", "c"), 200, POINTS, VALUES, SEEN, noise, noise, 1)
    assert check.held_out == 40
    assert [row.recovered for row in check.recovery] == [True, True, False]
    found = check.posterior
    assert (np.abs(found.mean - TRUTH[0])[:2] < 3.0 * found.sd[:2]).all()
    assert found.sd[2] > 0.8 / np.sqrt(12.0)


def test_the_page_holds_a_neural_posterior_beside_the_emulator(toy_market, tmp_path):
    found = calibration.calibrate(tmp_path / "runs", 2021, 60, workers=1)
    rows = tuple(replace(row, recovered=row.symbol == "build_limit") for row in found.recovery["emulated"])
    check = NeuralCheck(found.posterior["emulated"], rows, 12)
    plain, told = estimation_page(found), estimation_page(replace(found, neural=check))
    assert "neural" not in plain
    line = next(one for one in told.split("## Check by a neural posterior")[1].split("\n") if "build_limit" in one)
    assert line.endswith("| 0.0 |")  # nothing lies between a posterior and itself
    assert "| yes |" in line


def test_a_folder_of_other_runs_is_refused(toy_market, tmp_path):
    calibration.calibrate(tmp_path / "runs", 2021, 60, workers=1)
    with pytest.raises(InputError, match="another seed; name a new folder"):
        calibration.calibrate(tmp_path / "runs", 2021, 60, seed=2, workers=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="holds no estimation"):
        calibration.calibrate(tmp_path / "other", 2021, 60, workers=1)


def test_bad_input_comes_at_once(tmp_path):
    with pytest.raises(InputError) as error:
        calibration.calibrate(tmp_path / "runs", 2022, 3, seed=-1)
    assert len(error.value.problems) == 3
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("harm", ["manifest", "no object", "runs"])
def test_a_damaged_folder_of_runs_is_told(tmp_path, harm):
    folder = tmp_path / "runs"
    store = RunStore(folder, {"seed": 1})
    store.save("prior", ("a",), np.array([0]), np.array([[0.5]]), np.array([[1.0, 2.0]]))
    if harm == "runs":
        (file,) = folder.glob("*.parquet")
        file.write_bytes(file.read_bytes()[:-20])
        with pytest.raises(DamagedError, match=r"prior-000000\.parquet"):
            store.load("prior", ("a",), 2)
        return
    (folder / "manifest.json").write_text("{" if harm == "manifest" else "[]")
    with pytest.raises(DamagedError, match=r"manifest\.json"):
        RunStore(folder, {"seed": 1})
