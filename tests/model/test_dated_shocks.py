"""Dated shocks: how they are written, what two of them come to, and that a lever of one shock is shorthand for one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.calendar import Month
from agents.geography import ECONOMY, SEGMENTS
from model.carriers import AMAZON, UPS
from model.history import Shock
from model.history.shocks import Overlay
from model.scenario import Scenario, ScenarioError
from model.shocks import ALL, KINDS, DatedShock, read_shocks
from tests.small import FEWER

FEW = {**FEWER, "n_shippers": 120}
MONTHS = st.builds(Month, st.integers(2025, 2030), st.integers(1, 12))


@st.composite
def shocks(draw):
    kind = draw(st.sampled_from([*KINDS.values()]))
    size = draw(st.floats(kind.least, kind.most).filter(bool))
    first = draw(MONTHS)
    last = draw(st.none() | st.integers(0, 60).map(lambda months: first + months))
    return DatedShock(kind.name, draw(st.sampled_from(kind.whom or ("ups", "fedex"))), size, first, last)


@given(shocks())
def test_what_is_written_is_read_again_to_the_last_bit(shock):
    problems = []
    assert read_shocks([str(shock)], problems) == (shock,)
    assert problems == []


@given(st.text(max_size=30) | st.dictionaries(st.text(max_size=6), st.text(max_size=6) | st.floats()) | st.integers())
def test_what_is_no_shock_is_told_and_raises_nothing(item):
    problems = []
    found = read_shocks([item], problems)
    assert bool(found) != bool(problems)


def test_texts_and_tables_say_the_same():
    text = "wages:usps=+10%@2026-03..2027-02"
    table = {"kind": "wages", "whom": "usps", "size": 0.1, "first": "2026-03", "last": "2027-02"}
    problems = []
    assert read_shocks([text], problems) == read_shocks([table], problems)
    (one, stays, month) = read_shocks(
        ["fuel=0.3@2026-01..2026-12", "interest=2%@2026-01..", "demand=-5%@2026-06"], problems
    )
    assert problems == []
    assert (one.whom, one.months, stays.months, month.months) == (ALL, 12, np.inf, 1)


def test_all_problems_are_told_at_once():
    wrong = [
        "fule=10%@2026-01",
        "fuel=900%@2026-05..2026-01",
        "labour_dispute=-10%@2026-01",
        "labour_dispute:dhl=-9%@2026-01",
    ]
    with pytest.raises(ScenarioError) as caught:
        Scenario().with_changes({"shocks": wrong, "n_shippers": -1})
    told = str(caught.value)
    for part in (
        "did you mean fuel",
        "-90% to +400%",
        "before its first month",
        "labour_dispute:ups",
        "dhl",
        "n_shippers",
    ):
        assert part in told
    with pytest.raises(ScenarioError, match="before the run, which starts in 2025-01"):
        Scenario().with_changes({"shocks": ["fuel=10%@2024-06..2026-01"]})


def test_a_file_may_hold_tables_or_texts(tmp_path):
    (tmp_path / "a.toml").write_text('title = "a"\n[[shock]]\nkind = "fuel"\nsize = "50%"\nfirst = "2026-01"\n')
    (tmp_path / "b.toml").write_text('title = "b"\nshocks = ["fuel=50%@2026-01.."]\n')
    first, second = (Scenario.load(tmp_path / name) for name in ("a.toml", "b.toml"))
    assert first.shocks == second.shocks
    assert Scenario.from_mapping(first.changes()) == first


def test_shares_act_one_upon_the_other_and_points_add():
    two = (Shock(0.5, 2, lasts=4), Shock(0.2, 4, lasts=4))
    np.testing.assert_allclose([Overlay(two).at(month) for month in range(9)], [0, 0, 0.5, 0.5, 0.8, 0.8, 0.2, 0.2, 0])
    assert Overlay(two, adds=True).at(4) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("lever", "shock"),
    [
        ({"fuel_shock": True, "fuel_shock_start": "2025-02", "fuel_shock_months": 6}, "fuel=0.3@2025-02..2025-07"),
        ({"wage_shock": "usps", "wage_shock_start": "2025-02"}, "wages:usps=0.1@2025-02.."),
        ({"interest_shock": True, "interest_shock_start": "2025-02"}, "interest=0.02@2025-02.."),
        (
            {"demand_shock": True, "demand_shock_start": "2025-02", "demand_shock_months": 6},
            "demand:economy=-0.1@2025-02..2025-07",
        ),
    ],
)
def test_a_lever_is_shorthand_for_a_dated_shock(market, differences, lever, shock):
    end = {**FEW, "end": "2025-04"}
    short, dated = market("baseline", 1, **end, **lever).run(), market("baseline", 1, **end, shocks=[shock]).run()
    assert differences(short, dated) == []


def test_a_dispute_is_sized_by_the_odds_of_being_chosen(market):
    run = market("baseline", 1, **FEW, shocks=["labour_dispute:ups=-60%@2025-02", "labour_dispute:amazon=-10%@2025-02"])
    run.step()
    run.step()
    lost = np.zeros(run.carriers.n_carriers)
    lost[[UPS, AMAZON]] = -np.log([0.4, 0.9])
    np.testing.assert_allclose(run.state.choice.disputed, lost)
    run.step()
    assert not run.state.choice.disputed.any()


def test_small_imports_are_economy_parcels_of_others_than_amazon(market):
    base, run = (market("baseline", 1, **FEW, shocks=found) for found in ([], ["duty_free=-50%@2025-01"]))
    base.step()
    run.step()
    lost = 0.5 * run.figures.duty_free_parcels_2024 * 1e9 / run.annual_parcels[:, ECONOMY].sum()
    expected = np.where(np.arange(len(SEGMENTS)) == ECONOMY, 1.0 - lost, 1.0)
    np.testing.assert_allclose(run.state.flows.demand.scale / base.state.flows.demand.scale, expected)
    assert 0.1 < lost < 0.2
    np.testing.assert_array_equal(run.state.flows.demand.amazon, base.state.flows.demand.amazon)
