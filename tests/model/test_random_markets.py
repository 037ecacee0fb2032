"""Whole markets under random valid assumptions: whatever is allowed, parcels, money and capacity balance."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from agents.calendar import Month
from model.access import delivered_parcels
from model.market import PHASES, ParcelMarket
from model.parameters import Parameters
from model.records import SERIES
from model.scenario import Scenario, scenario_names
from model.start.choice_constants import StartError

DEFAULT = Parameters.default()
WITHOUT_PRIOR = {
    "demand_shock_sd": (0.0, 0.1),
    "zone_shock_sd": (0.0, 0.3),
    "initial_peak_utilisation": (0.5, 1.0),
    "usps_sort_capacity_daily": (10.0, 60.0),
    "partial_retained_share": (0.0, 1.0),
    "contract_cap_ratio": (1.0, 2.0),
    "growth_market": (-0.05, 0.15),
    "usps_cash_start": (0.0, 20.0),
    "usps_debt_cap": (0.0, 30.0),
    "value_of_on_time": (0.0, 0.5),
    "price_increase_max": (0.0, 0.3),
    "surepost_volume_2024": (0.0, 3.0),
}
PRIOR = {
    row.symbol: (row.low, row.high)
    for row in DEFAULT.rows()
    if row.low is not None and row.settable and not row.whole and row.allowed_low < row.allowed_high
}
DRAWN = PRIOR | WITHOUT_PRIOR


@st.composite
def scenarios(draw):
    changes = {
        "n_shippers": draw(st.sampled_from([120, 300, 500])),
        "end": str(Month(2025, 1) + draw(st.integers(5, 17))),
        "usps_amazon_volume": draw(st.sampled_from(["kept", "withdrawn", "partial"])),
        "usps_amazon_renewal": draw(st.sampled_from(["at_expiry", "early"])),
        "exit_start": str(Month(2025, 1) + draw(st.integers(0, 8))),
        "exit_end": str(Month(2025, 10) + draw(st.integers(0, 20))),
        "exit_at_once": draw(st.booleans()),
        "build_limit_applies": draw(st.booleans()),
        "announced_plans": draw(st.booleans()),
        "make_or_buy": draw(st.booleans()),
        "price_rule": draw(st.sampled_from(["adaptive", "frozen"])),
        "distress_ladder": draw(st.booleans()),
        "five_day_delivery": draw(st.sampled_from(["forbidden", "in_distress", "at_once"])),
        "universal_service": draw(st.booleans()),
        "mail_trend": draw(st.sampled_from(["usual", "fast"])),
        "demand_shock": draw(st.booleans()),
        "amazon_opens_network": draw(st.booleans()),
        "labour_stickiness": draw(st.booleans()),
        "max_overflow_passes": draw(st.integers(1, 4)),
        "backlog_max_months": draw(st.integers(0, 3)),
        "refusal_months": draw(st.integers(1, 3)),
    }
    for symbol in draw(st.lists(st.sampled_from(sorted(DRAWN)), min_size=8, max_size=16, unique=True)):
        low, high = DRAWN[symbol]
        changes[symbol] = draw(st.floats(low, high, allow_nan=False))
    return Scenario.load(draw(st.sampled_from(scenario_names()))).with_changes(changes)


def usps_flows(market):
    """Dollars that USPS received less what it paid this month, over all categories."""
    return sum(market.ledger.income(category, "usps") for category in market.ledger.categories)


# No shrinking: it would rerun whole markets for minutes, and the scenario of a failure is printed anyway.
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(scenario=scenarios(), seed=st.integers(0, 10_000))
def test_every_valid_market_balances_every_month(scenario, seed):
    try:
        market = ParcelMarket(scenario, rng=seed)
    except StartError:  # figures at the ends of their ranges may have no start state; that is said, not played
        reject()
    cash = market.ledger.cash("usps")
    assert cash == pytest.approx(scenario.parameters.usps_cash_start * 1e9)
    arrears, debt_before = 0.0, market.state.books.usps_debt
    while not market.finished:
        market.step()
        flows, network, p = market.state.flows, market.state.network, market.figures
        # parcels: counted again from what each phase handed on
        tendered = flows.tender.volume.sum() + flows.demand.amazon.sum()
        waiting = 0.0 if market.state.backlog is None else market.state.backlog.volume.sum()
        delivered = flows.allocation.accepted.sum()
        lost = flows.allocation.unserved.sum()
        assert delivered + waiting + lost == pytest.approx(tendered + flows.allocation.waited, rel=1e-9)
        assert flows.tender.volume.sum() == pytest.approx(market.records["shipped_parcels"][-1].sum(), rel=1e-9)
        # capacity
        used = delivered_parcels(market).sum(axis=0)  # own routes carry what the carrier did not hand over
        assert (used <= network.monthly_capacity * (1 + 1e-9) + 1e-6).all()
        assert (used.sum(axis=1) <= network.sorting * (1 + 1e-9) + 1e-6).all()
        assert ((network.coverage >= 0.0) & (network.coverage <= 1.0 + 1e-12)).all()
        # money
        assert int(market.ledger.balance.sum()) == 0
        assert market.ledger.cash("usps") == pytest.approx(cash + usps_flows(market), abs=0.011)
        income = market.records["usps_net_income_usd"][-1]
        measures = market.state.postal.measures
        capital = p.usps_capex * (1.0 - measures.capital_cut)
        noncash = (p.usps_noncash_and_unpaid + p.usps_depreciation - capital) * 1e9 / 12 + measures.deferral
        borrowed = market.state.books.usps_debt - debt_before
        unpaid = market.state.books.usps_arrears - arrears
        expected = cash + income + noncash + borrowed + unpaid
        assert market.ledger.cash("usps") == pytest.approx(expected, abs=0.1)
        assert market.ledger.cash("usps") >= -0.01
        assert market.state.books.usps_debt <= max(scenario.debt_ceiling, p.usps_debt_start) * 1e9 + 1.0
        cash, arrears, debt_before = market.ledger.cash("usps"), arrears + unpaid, debt_before + borrowed
    assert market.balances()["parcels"] <= 1e-9
    assert market.balances()["money"] == 0.0
    signed = {"profit_usd", "usps_parcel_contribution_usd", "usps_net_income_usd", "usps_controllable_income_usd"}
    signed |= {series.name for series in SERIES if series.name.endswith("_gain_usd")}
    for series in SERIES:
        values = market.records[series.name]
        assert np.isfinite(values).all(), series.name
        assert series.name in signed or (values >= -0.01).all(), series.name
    for name, value in market.outcomes().items():
        assert np.isfinite(value), name
        if name.endswith("_share"):
            assert -1e-9 <= value <= 1.0 + 1e-9 or "retained" in name, name
    assert set(market.phase_seconds) == {phase.name for phase in PHASES}
