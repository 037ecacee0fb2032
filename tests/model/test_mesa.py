"""The market as a Mesa user meets it."""

import sys
from unittest.mock import MagicMock

import mesa
import numpy as np
import pytest
from mesa.experimental.scenarios import Scenario as MesaScenario

from agents.amazon import Amazon
from agents.regional import RegionalCarrier
from agents.rivals import FedEx, Ups
from agents.shipper_table import Shipper
from agents.usps import Usps
from experiments import run
from model import market as market_module
from model.market import PHASES, MarketStoppedError, ParcelMarket, Phase
from model.scenario import Scenario, ScenarioError
from model.seeds import make_seed

SMALL = {"n_shippers": 300, "end": "2025-04"}
needs_batch_run = pytest.mark.skipif(
    not hasattr(mesa, "batch_run"), reason="Mesa 4 has no batch_run; sweeps are `experiments.sweep`"
)


@pytest.fixture
def small(market):
    return market(**SMALL)


def test_every_carrier_and_every_shipper_is_an_agent(small):
    by_type = small.agents_by_type
    assert len(by_type[Shipper]) == len(small.shippers) >= 300  # some rows are split
    assert [len(by_type[kind]) for kind in (Usps, Amazon, Ups, FedEx, RegionalCarrier)] == [1, 1, 1, 1, 8]
    assert [agent.key for agent in small.carrier_agents] == list(small.carriers.keys)


def test_shipper_agents_are_views_of_the_table(small):
    small.step()
    table = small.shippers
    for agent in list(small.agents_by_type[Shipper])[::17]:
        i = agent.index
        assert agent.is_enterprise == (i < table.n_enterprise)
        assert agent.annual_volume == pytest.approx(table.annual_volume[i].sum())
        assert agent.weight == table.weight[i]
        assert agent.discount == table.discount[i]
        assert agent.division == table.division[i]
        assert agent.primary == tuple(table.primary[i].tolist())
    agent = list(small.agents_by_type[Shipper])[-1]
    table.primary[agent.index] = [2, 3, 2]
    assert agent.primary == (2, 3, 2)
    sizes = small.agents_by_type[Shipper].agg("annual_volume", sum)
    assert sizes == pytest.approx(table.annual_volume.sum())


@pytest.mark.parametrize("asked", ["agents", "agents_by_type", "agent_types"])
def test_shippers_become_agents_when_somebody_asks_and_only_once(market, asked):
    built = market(**SMALL)
    built.step()
    assert not any(isinstance(agent, Shipper) for agent in built._all_agents)
    getattr(built, asked)
    n = len(built.shippers)
    assert len(built.agents) == n + len(built.carrier_agents) + 2  # the regulator, and the shippers together
    assert Shipper in built.agent_types
    ids = [agent.unique_id for agent in built.agents]
    assert len(set(ids)) == len(ids)
    assert [agent.index for agent in built.agents_by_type[Shipper]] == list(range(n))


@needs_batch_run
def test_batch_run_over_scenarios_and_a_file(tmp_path):
    path = tmp_path / "short.toml"
    path.write_text('title = "Short"\n[levers]\nend = "2025-03"\n[parameters]\nn_shippers = 300\n')
    kept = Scenario.load(path)
    gone = kept.with_changes({"usps_amazon_volume": "withdrawn", "exit_at_once": True})
    rows = mesa.batch_run(
        ParcelMarket,
        parameters={"scenario": [kept, gone, str(path)]},
        rng=[1, 2],
        number_processes=1,
        data_collection_period=1,
        max_steps=100,
        display_progress=False,
    )
    assert len(rows) == 3 * 2 * 3
    last = [row for row in rows if row["Step"] == 3]
    for seed_number in range(2):
        kept_row, gone_row, file_row = (row for row in last if row["iteration"] == seed_number)
        assert kept_row["usps_volume_parcels"] == file_row["usps_volume_parcels"]
        assert gone_row["usps_volume_parcels"] < kept_row["usps_volume_parcels"]


@needs_batch_run
def test_batch_run_makes_a_seed_of_its_own_and_tells_it():
    (row,) = mesa.batch_run(
        ParcelMarket, {**SMALL, "build_limit": np.array([0.5])}, max_steps=2, display_progress=False
    )
    again = ParcelMarket(rng=int(row["seed_number"]), build_limit=0.5, **SMALL)
    for _ in range(2):
        again.step()
    assert row["ups_volume_parcels"] == again.records.frame()["ups_volume_parcels"].iloc[-1]


def test_a_reset_in_the_controls_of_mesa_makes_the_market_that_was_chosen(monkeypatch):
    pytest.importorskip("solara")
    monkeypatch.setitem(sys.modules, "altair", MagicMock())  # draws pictures, and is not needed for a reset
    controls = pytest.importorskip("mesa.visualization.solara_viz")
    market = ParcelMarket("renew", rng=4, **SMALL)
    chosen = {"scenario": "withdraw", "rng": 7, "build_limit": 0.5, **SMALL}
    for parameters in (chosen, {"rng": 7}):
        told = controls._build_model_init_kwargs(
            market, parameters, add_scenario_when_empty=True, require_model_accepts_scenario=True
        )
        assert told == parameters
    fresh = type(market)(**chosen)
    assert (fresh.settings.name, fresh.seed_number, fresh.settings.value("build_limit")) == ("withdraw", 7, 0.5)


@pytest.mark.parametrize("entries", [{}, {"scenario": "withdraw"}, {"build_limit": 0.5, "make_or_buy": np.False_}])
def test_a_scenario_of_mesa_tells_levers_and_seed(entries):
    market = ParcelMarket(MesaScenario(rng=7, **entries, **SMALL))
    assert market.seed_number == make_seed(MesaScenario(rng=7).rng)  # 7, or what the generator of Mesa 4 draws first
    assert market.settings.name == entries.get("scenario", "baseline")
    assert market.settings.make_or_buy == ("make_or_buy" not in entries)
    assert ParcelMarket(MesaScenario(**SMALL), rng=np.random.SeedSequence(1)).seed_number == make_seed(
        np.random.SeedSequence(1)
    )
    if isinstance(MesaScenario(rng=7).rng, np.random.Generator):  # Mesa 4 makes one of its own where nobody told any
        assert ParcelMarket(MesaScenario(rng=7, **SMALL), rng=8).seed_number == 8
        return
    with pytest.raises(ScenarioError, match="rng: 8 is given, and the scenario of Mesa holds 7; leave one of both"):
        ParcelMarket(MesaScenario(rng=7), rng=8)


def test_what_no_market_has_is_told_whoever_brings_it():
    with pytest.raises(ScenarioError, match="scenario of Mesa: bild_limit: unknown; did you mean build_limit"):
        ParcelMarket(MesaScenario(bild_limit=0.5))
    with pytest.raises(ScenarioError, match="market: bild_limit: unknown; did you mean build_limit"):
        ParcelMarket(bild_limit=0.5)
    with pytest.raises(ScenarioError, match="seed: a market has it as rng"):
        ParcelMarket(seed=5)
    assert run(MesaScenario(scenario="withdraw", **SMALL), until="2025-01").scenario.name == "withdraw"


def test_data_collector_has_one_row_a_month(small):
    small.run()
    frame = small.datacollector.get_model_vars_dataframe()
    assert len(frame) == small.n_months == 4
    records = small.records.frame()
    assert list(records.index) == ["2025-01", "2025-02", "2025-03", "2025-04"]
    np.testing.assert_array_equal(frame["ups_volume_parcels"], records["ups_volume_parcels"])
    np.testing.assert_array_equal(frame["usps_cash_usd"], records["usps_cash_usd"])
    assert frame.notna().all(axis=None)


def test_a_market_ends_with_its_last_month(small):
    assert small.running
    small.run()
    assert small.finished
    assert not small.running
    assert small.months_done == 4
    for _ in range(2):
        with pytest.raises(MarketStoppedError, match="2025-04"):
            small.step()
    assert small.records.n == 4


def test_a_failure_stops_the_market_for_good(small, monkeypatch):
    def fail(market):
        raise ZeroDivisionError("a truck broke down")

    broken = Phase("break_down", "It fails", fail)
    small.step()
    monkeypatch.setattr(market_module, "PHASES", (*PHASES[:5], broken, *PHASES[5:]))
    small.phase_seconds["break_down"] = 0.0
    with pytest.raises(ZeroDivisionError):
        small.step()
    monkeypatch.undo()
    assert not small.running
    for _ in range(2):
        with pytest.raises(MarketStoppedError, match="a truck broke down"):
            small.step()
    assert small.months_done == 1
    assert small.records.n == 1


def test_phases_are_told_with_what_they_read_and_write():
    names = [phase.name for phase in PHASES]
    assert len(set(names)) == len(names)
    assert names[0] == "update_environment"
    assert names[-1] == "check_and_record"
    for phase in PHASES:
        assert phase.reads
        assert phase.writes


def test_a_market_is_made_from_a_name_a_path_or_a_scenario(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('title = "Mine"\nn_shippers = 300\nend = "2025-01"\n')
    assert ParcelMarket(path).settings.title == "Mine"
    assert ParcelMarket(Scenario.load(str(path))).n_months == 1
    with pytest.raises(ScenarioError, match="withdraw"):
        ParcelMarket("withdrawal")


def test_outcomes_of_a_part_of_a_run(market):
    built = market(n_shippers=300, end="2026-03")
    assert built.outcomes() == {}
    for _ in range(15):
        built.step()
    outcomes = built.outcomes()
    volume = built.records["volume_parcels"]
    assert outcomes["usps_volume_parcels"] == pytest.approx(volume[:, 0].sum())
    assert outcomes["usps_volume_parcels_2025"] == pytest.approx(volume[:12, 0].sum())
    assert not any(name.endswith("_2026") for name in outcomes)  # only full years
    assert sum(outcomes[f"{key}_volume_share"] for key in built.carriers.keys) == pytest.approx(1.0)
    assert outcomes["usps_cash_usd"] == built.records["usps_cash_usd"][-1]
    assert outcomes["amazon_own_share"] == pytest.approx(
        built.records["amazon_own_parcels"].sum() / built.records["amazon_parcels"].sum()
    )
