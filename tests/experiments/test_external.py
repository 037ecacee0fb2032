"""External tests: every limit has a test, verdicts follow from the limits, and what fails is shown as failed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr
from typer.testing import CliRunner

from experiments import InputError, external_tests
from experiments.cli.app import app
from experiments.external import page, stored, study
from experiments.external.amazon import centres_by_state, rank_correlation
from experiments.external.elasticities import published
from experiments.external.limits import limits, read_limits
from experiments.external.street import amazon_parts
from experiments.external.study import ExternalTests, judge
from experiments.external.tests import RUNS, TESTS
from experiments.runs import start_market
from model.carriers import AMAZON
from model.operations import network_of
from model.parameters import Parameters
from server.pages.evidence import external
from server.pages.evidence.data import sources

FEW = 120


def values(shift: float = 0.0) -> dict[str, float]:
    """Figures that all lie in the middle of their limits, moved by some widths of them."""
    middle = {f"{row.test} {row.figure}": (row.low + row.high) / 2 + shift * (row.high - row.low) for row in limits()}
    named = {
        f"{test.key} {name}": 0.5
        for test in TESTS
        for text in (*test.because.values(), test.remark)
        for name in re.findall(r"\{(\w+)", text)
    }
    beside = {one.model: -1.0 for one in published() if one.model}
    own = {f"E1 own_{key}{part}": -1.0 for key in ("usps", "ups", "fedex") for part in PARTS}
    return {**named, **beside, **own, **middle}


PARTS = ("", "_economy", "_ground", "_premium")


def result(shift: float = 0.0) -> ExternalTests:
    each = [values(shift), values(shift)]
    checksum = {"parameter_checksum": Parameters.default().checksum()}
    return ExternalTests(judge(each), each[0], 2, FEW, checksum)


@pytest.fixture(scope="module")
def played() -> ExternalTests:
    """The tests that need no long run."""
    return external_tests(["X7", "X10"], seeds=1, shippers=FEW, workers=1)


def test_every_limit_has_a_test_and_every_test_has_limits_and_runs() -> None:
    assert {row.test for row in limits()} == {test.key for test in TESTS}
    assert {reading.run for test in TESTS for reading in test.readings} == set(RUNS)
    for test in TESTS:
        mine = {row.figure for row in limits() if row.test == test.key}
        assert set(test.because) <= mine, test.key


def test_every_source_is_listed() -> None:
    for row in limits():
        assert row.source_id in sources(), row.figure
    for one in published():
        assert one.source_id in sources(), one.what


def test_no_run_changes_a_parameter() -> None:
    plain = Parameters.default().with_overrides({"n_shippers": FEW})
    still = RUNS["still"].prepare(FEW).parameters
    for key, run in RUNS.items():
        expected = still if run.scenario == "standing_still" else plain
        assert run.prepare(FEW).parameters == expected, key


def test_no_run_looks_at_what_happened_after_2024() -> None:
    """The past is played to its end at most; later months are projections beside others, never beside outcomes."""
    for run in RUNS.values():
        scenario = run.prepare(FEW)
        if scenario.start < scenario.projection_start:
            assert scenario.end < scenario.projection_start


def test_a_verdict_follows_from_the_limit_alone() -> None:
    assert result().holds
    assert all(one.reason == "" for one in result().findings)
    row = limits()[0]
    assert row.holds(row.low)
    assert row.holds(row.high)
    assert not row.holds(float(np.nextafter(row.high, np.inf)))
    assert not row.holds(float("nan"))
    moved = judge([values()], [replace(row, low=row.high, high=row.high)])
    assert not moved[0].holds


def test_the_mean_of_the_seeds_is_judged() -> None:
    row = limits()[0]
    low, high = ({**values(), f"{row.test} {row.figure}": value} for value in (row.low - 1.0, row.high + 1.0))
    (found,) = judge([low, high], [row])
    assert found.holds
    assert (found.lowest, found.highest) == (row.low - 1.0, row.high + 1.0)


def test_what_fails_is_shown_as_failed_with_a_reason(tmp_path: Path) -> None:
    failed = result(shift=2.0)
    assert not any(one.holds for one in failed.findings)
    page.write_page(tmp_path / "page.md", failed)
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert text.count("| **failed** |") == len(limits())
    assert text.count("**Failed.**") == text.count("Why it is believed to fail:") == len(limits())
    assert "0 of " in page.verdict(failed)
    file = stored.keep_results(failed, tmp_path / "results.json")
    kept = stored.read_stored(file)
    told = [text for _, texts in external.sentences(kept) for text in texts]
    assert len(told) == len(limits())
    assert all(text.startswith("Failed. ") and "Why it is believed" in text for text in told)
    assert set(external.limits_table(kept).frame["met"]) == {"not met"}


def test_what_was_published_is_told_before_the_model(tmp_path: Path) -> None:
    kept = stored.read_stored(stored.keep_results(result(), tmp_path / "results.json"))
    assert kept.is_current
    for _, texts in external.sentences(kept):
        for text in texts:
            assert text.index("published") < text.index("modelled")
            assert "Failed" not in text


def test_the_street_cost_is_that_of_the_market() -> None:
    market = start_market(RUNS["baseline"].prepare(FEW), 1)
    market.step()
    parts, households = amazon_parts(market)
    total = (parts.total * households).sum(axis=1) / households.sum(axis=1)
    booked = market.state.network.street.street[network_of(AMAZON)]
    used = market.records["amazon_own_parcels"][-1] / market.records["amazon_parcels"][-1]
    old = used <= market.state.network.start_coverage  # beyond it the market adds what newcomers pay more
    assert old.any()
    assert total[old] == pytest.approx(booked[old], rel=1e-9)


def test_a_fifth_of_the_parcels_is_gone_and_costs_the_rest(played: ExternalTests) -> None:
    assert played.figures["X10 parcels_lost"] == pytest.approx(0.2, abs=0.02)
    assert played.figures["X10 density_lost_cost"] > 0.0
    assert played.figures["X10 density_lost_worst"] > played.figures["X10 density_lost_cost"]
    assert played.figures["X10 density_lost_miles"] > 0.0


def test_the_parts_of_a_stop_add_up(played: ExternalTests) -> None:
    names = ("door", "between", "stem", "vehicle", "paid", "idle")
    whole = sum(played.figures[f"X7 street_{name}"] for name in names)
    assert whole == pytest.approx(played.figures["X7 street_cost_median"], rel=0.02)
    assert {one.limit.test for one in played.findings} == {"X7", "X10"}


def test_the_command_runs_on_tiny_settings() -> None:
    answer = CliRunner().invoke(
        app, ["external", "X7", "--seeds", "1", "--shippers", str(FEW), "--workers", "1", "--json"]
    )
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert [row["figure"] for row in told["findings"]] == ["street_cost_median", "street_cost_at_door"]
    assert told["seeds"] == 1
    assert told["shippers"] == FEW


def test_the_page_is_written_with_the_data_for_the_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "external_tests", lambda *_: result())
    monkeypatch.setattr(stored, "stored_file", lambda: tmp_path / "results.json")
    file = tmp_path / "external.md"
    answer = CliRunner().invoke(app, ["external", "--write", str(file)])
    assert answer.exit_code == 0, answer.output
    assert "# Against the world" in file.read_text(encoding="utf-8")
    kept = stored.read_stored(tmp_path / "results.json").findings
    assert [one.limit for one in kept] == list(limits())
    assert [one.value for one in kept] == pytest.approx([one.value for one in result().findings], rel=1e-5)


def test_bad_input_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        external_tests(["X99"], seeds=0, shippers=1)
    text = str(told.value)
    assert "X99" in text
    assert "seeds" in text
    assert "n_shippers" in text
    answer = CliRunner().invoke(app, ["external", "X7", "--write", str(tmp_path / "page.md")])
    assert answer.exit_code == 2


def test_a_limit_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    head = "test,figure,outcome,unit,published_low,published_high,low,high,kind,source_id,why\n"
    (tmp_path / "limits.csv").write_text(head + "X1,size,Size,share,1,1,3,2,test,A,\n", encoding="utf-8")
    with pytest.raises(ValueError, match="size"):
        read_limits(tmp_path / "limits.csv")


def test_what_the_page_of_the_browser_shows_comes_with_the_package() -> None:
    kept = stored.stored_tests()
    assert [one.limit.figure for one in kept.findings] == [row.figure for row in limits()]
    for one in kept.findings:
        assert one.holds == one.limit.holds(one.value)
        assert bool(one.reason) != one.holds


def test_centres_are_counted_in_the_order_of_the_states() -> None:
    centres = centres_by_state(np.array(["TX", "DC", "CA", "AL"]))
    assert centres.tolist() == [39.0, 0.0, 34.0, 2.0]


@pytest.mark.parametrize("seed", range(5))
def test_the_rank_correlation_is_that_of_the_textbook_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 8, 51).astype(float), rng.normal(size=51)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert rank_correlation(other, np.exp(other)) == pytest.approx(1.0)
    assert rank_correlation(other, -other) == pytest.approx(-1.0)
