"""What the benchmark compares gives the same numbers, and what it says follows from what it measured."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from experiments.benchmarks import packages, sizes
from experiments.benchmarks.month import MarketMonth, play_until_shippers, take_month
from experiments.benchmarks.timing import Timing, exponent
from experiments.benchmarks.versions import AGENTPY, BARE, MESA, DifferentResultError, check_equal, versions_of
from experiments.cli.app import app
from model.market import ParcelMarket
from model.scenario import Scenario
from model.zones import build_zone_table
from tests.firms import ONE_FORM


@pytest.fixture(scope="module")
def played():
    """A small market before its shippers' phase, one that makes many of them choose and meet refusals."""
    changes = {"n_shippers": 300, "n_enterprise_shippers": 5, "end": "2025-12", "reconsider_hazard": 0.4}
    market = ParcelMarket(Scenario.load("baseline").with_changes(changes), rng=3)
    for _ in range(2):
        market.step()
    play_until_shippers(market)
    month = take_month(market)
    rng = np.random.default_rng(0)
    waited = rng.integers(0, 3, month.refused_months.shape).astype(np.int8)
    month = replace(month, refused=rng.random(month.refused.shape), refused_months=waited)
    ours = MarketMonth(market, month)
    ours.prepare()
    found = ours.run()
    return month, replace(found, primary=found.primary.copy(), refused_months=found.refused_months.copy())


@pytest.mark.parametrize("version", [BARE, MESA, AGENTPY])
def test_every_version_gives_the_numbers_of_the_market(played, version):
    month, wanted = played
    versions = versions_of(month)
    one = versions[version]
    if version != BARE:
        one.run()
    found = one.outcome()
    check_equal(version, found, wanted, month.n_enterprise)
    assert (wanted.primary != month.primary).sum() > 20
    assert (wanted.refused_months > 0).sum() > 100
    assert wanted.volume.sum() == pytest.approx(month.parcels.sum(), rel=1e-9)


def test_a_version_that_is_off_is_found_out(played):
    month, wanted = played
    off = replace(wanted, volume=wanted.volume * (1.0 + 1e-6))
    with pytest.raises(DifferentResultError, match="volume"):
        check_equal("mine", off, wanted, month.n_enterprise)
    other = wanted.primary.copy()
    other[-1, 0] += 1
    with pytest.raises(DifferentResultError, match="primary"):
        check_equal("mine", replace(wanted, primary=other), wanted, month.n_enterprise)


def test_county_like_zones_are_the_same_country():
    table = build_zone_table(Scenario.load("baseline").parameters)
    cut = sizes.county_like_zones(table, 20 * table.n_zones)
    assert cut.n_zones == 3_040
    for name in ("households", "served_area", "delivery_points"):
        assert getattr(cut, name).sum() == pytest.approx(getattr(table, name).sum())
    np.testing.assert_allclose(cut.households / cut.served_area, cut.density)
    few = sizes.county_like_zones(table, 51)
    assert sorted(set(few.state_index.tolist())) == list(range(51))
    assert set(few.zone_type.tolist()) == {0, 1, 2}
    with pytest.raises(ValueError, match="multiple"):
        sizes.county_like_zones(table, 200)


def test_a_market_of_some_size_tells_its_cost():
    found = sizes.measure_here({"shippers": 300, "carriers": 6, "months": 1})
    assert found["month_seconds"] > 0.0


@pytest.mark.thorough
def test_memory_of_a_size_is_its_own_and_not_that_of_who_asks():
    ballast = np.ones(60_000_000)  # 480 MB, written to
    found = sizes.measure({"shippers": 300, "carriers": 6, "months": 1})
    assert found["memory_bytes"] < ballast.nbytes
    assert found["market_bytes"] > 0.0


def test_exponents_and_timings():
    assert exponent([10, 100, 1000], [3.0, 30.0, 300.0]) == pytest.approx(1.0)
    assert exponent([10, 100], [5.0, 5.0]) == pytest.approx(0.0)
    assert Timing.of([3.0, 1.0, 2.0]) == Timing(2.0, 1.0, 3.0, 3)


def test_the_profile_of_a_run_adds_up(monkeypatch):
    import experiments.benchmarks.profile as room

    short = Scenario.load("baseline").with_changes({"n_shippers": 300, "end": "2025-02"})
    monkeypatch.setattr(room, "ParcelMarket", lambda name, rng: ParcelMarket(short, rng=rng))
    result = CliRunner().invoke(app, ["benchmark", "--profile", "--json"], catch_exceptions=False)
    found = json.loads(result.stdout)
    assert sum(found["phase_share"].values()) == pytest.approx(1.0)
    assert found["run_seconds"] == pytest.approx(sum(found["phase_seconds"].values()))
    assert found["months"] == 2
    assert min(found["phase_seconds"].values()) >= 0.0


def test_months_with_and_without_packages_are_timed_side_by_side():
    (found,) = packages.compare_months(sizes=(150,), months=2, rounds=1)
    assert found.shippers == 150
    assert min(found.packages, found.one_form) > 0.0
    assert found.as_dict()["ratio"] == pytest.approx(found.packages / found.one_form)
    assert packages.ONE_FORM == ONE_FORM
