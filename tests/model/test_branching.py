"""A market that goes on under other assumptions: the past stays, trends bend, and what the start decided is refused."""

import numpy as np
import pytest

from agents.rivals import Ups
from model.branching import AT_START
from model.market import ParcelMarket
from model.scenario import Scenario, ScenarioError, levers
from model.start_figures import figures_of_start
from tests.small import FEWER

FEW = {**FEWER, "n_shippers": 120, "end": "2025-10"}
MONTHS = 4


def played(market, **changes):
    run = market("baseline", 1, **FEW, **changes)
    for _ in range(MONTHS):
        run.step()
    return run


class Slow(Ups):
    """UPS with a memory of its own, whose routes follow more slowly."""

    def __init__(self, *args):
        super().__init__(*args)
        self.reviews = 0

    def flexes(self):
        self.reviews += 1
        down, up = super().flexes()
        return down / 2, up / 2


def test_an_unchanged_branch_is_the_uncut_run_to_the_last_bit(market, differences):
    assert differences(market("baseline", 1, **FEW).run(), played(market).branch().run()) == []


def test_a_changed_one_shares_the_past_and_goes_another_way(market, differences):
    whole = market("baseline", 1, **FEW).run()
    run = played(market).branch({"shocks": ["fuel=+100%@2025-05.."], "end": "2026-01"}).run()
    assert run.months_done == 13
    assert differences(whole, run, months=MONTHS) == []
    assert differences(whole, run, months=MONTHS + 1) != []
    dated = market("baseline", 1, **{**FEW, "end": "2026-01"}, shocks=["fuel=+100%@2025-05.."]).run()
    assert differences(dated, run) == []  # a shock that was known to come in no month before


def test_trends_bend_and_do_not_jump(market):
    before = played(market)
    at = before.months_done
    old = [before.paths.price_level(month) for month in range(24)]
    mail = [before.paths.mail_trend("marketing", month) for month in range(24)]
    run = before.branch({"inflation": 0.10, "mail_trend": "fast", "growth_market": 0.0})
    new = np.array([run.paths.price_level(month) for month in range(24)])
    np.testing.assert_array_equal(new[:at], old[:at])
    np.testing.assert_allclose(new[at:] / new[at - 1 : -1], 1.10 ** (1 / 12))
    fell = np.array([run.paths.mail_trend("marketing", month) for month in range(24)])
    np.testing.assert_array_equal(fell[:at], mail[:at])
    np.testing.assert_allclose(fell[at:] / fell[at - 1 : -1], (1.0 + run.figures.mail_decline_fast) ** (1 / 12))
    assert run.figures.inflation == 0.10


def test_a_shock_of_the_lever_can_be_ended(market):
    run = market("baseline", 1, **FEW, interest_shock=True, interest_shock_start="2025-02", fuel_shock=True,
                 fuel_shock_start="2025-02")  # fmt: skip
    usual = run.figures.capital_rate
    for _ in range(MONTHS):
        run.step()
    assert run.figures.capital_rate > usual
    run.branch({"interest_shock": False, "fuel_shock": False}).step()
    assert run.figures.capital_rate == pytest.approx(usual, abs=1e-15)
    assert run.state.environment.fuel == 1.0
    assert [event.text for event in run.events if event.kind == "shock" and str(event.month) == "2025-05"] == [
        "The price of fuel is back on its path",
        "Interest is back on its path",
    ]


def test_another_class_takes_over_with_the_memory_of_the_old_one(market):
    run = played(market)
    before = dict(vars(run.ups))
    run.branch(roster={"ups": Slow})
    assert type(run.ups) is Slow
    assert run.carrier_agents[run.ups.index] is run.ups
    assert {name: value for name, value in vars(run.ups).items() if name not in ("unique_id", "reviews")} == {
        name: value for name, value in before.items() if name != "unique_id"
    }
    run.branch({"end": "2026-02"}).run()
    assert run.ups.reviews > 0
    assert [one.key for one in run.agents_by_type[Slow]] == ["ups"]


def test_what_acts_only_at_the_start_is_refused_in_one_message(market):
    wrong = {
        "history_mode": "free_run",
        "n_shippers": 200,
        "hourly_cost_usps": 66.0,
        "exit_end": "2025-02",
        "usps_amazon_volume": "withdrawn",
        "fuel_shock": True,
        "fuel_shock_start": "2025-02",
        "end": "2025-03",
    }
    run = played(market)
    with pytest.raises(ScenarioError) as caught:
        run.branch(wrong)
    told = str(caught.value)
    for part in ("history_mode, n_shippers, hourly_cost_usps: they act only at the start", "until: 2025-03", "exit_end",
                 "the exit would begin in 2025-01", "shock fuel:all: it begins in 2025-02"):  # fmt: skip
        assert part in told
    assert run.settings.parameters.n_shippers == 120
    assert run.descent == ()
    with pytest.raises(ScenarioError, match="2025-01 is the first month"):
        market("baseline", 1, **FEW).branch({"debt_cap": "raised"})


def test_assumptions_are_not_assigned(market):
    run = played(market)
    with pytest.raises(AttributeError, match="branch"):
        run.settings = run.settings.with_changes({"debt_cap": "raised"})


def test_levers_that_only_a_start_reads_are_those_that_are_refused():
    """Found by watching a market: what is read when it opens and never later either is told to parties or refused."""
    keys, seen = {lever.key for lever in levers()}, set()

    class Watched(Scenario):
        def __getattribute__(self, name):
            if name in keys:
                seen.add(name)
            return super().__getattribute__(name)

    assumed = Watched().with_changes({**FEW, "end": "2025-07"})
    seen.clear()
    run = ParcelMarket(assumed)
    opened = set(seen)
    seen.clear()
    run.run()
    told = {"labour_stickiness", "build_limit_applies", "withdrawal_reach", "building"}  # `tell_parties`
    paths = {"mail_trend", "fuel_shock", "wage_shock", "interest_shock", "demand_shock", "labour_dispute"}
    assert opened - seen <= told | paths | {*AT_START}


def test_figures_of_the_start_are_found_by_watching_it():
    found = figures_of_start()
    assert {"hourly_cost_usps", "volume_usps_2024", "price_coef_ground", "n_shippers", "usps_debt_start"} <= found
    assert not {"build_limit", "usps_debt_cap", "inflation", "growth_market", "fuel_shock_size"} & found
