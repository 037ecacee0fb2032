"""Prices, capacity orders and the calendar that plans are dated by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.calendar import Month
from agents.rules.capacity import cut_to_limit, wanted_additions
from agents.rules.pricing import PriceResponse, paid_growth, quote, volume_discount

RESPONSE = PriceResponse(cost=0.7, margin=0.5, utilisation=0.2, rivals=0.1)
CALM = {
    "least": 0.0,
    "most": 0.53 * 0.069,
    "inflation": 0.027,
    "cost_growth": 0.027,
    "margin_gap": 0.0,
    "utilisation_gap": 0.0,
    "rival_ratio": 1.0,
}
gaps = st.floats(-1.0, 1.0)

# prices


def test_discounts_grow_with_the_logarithm_of_size():
    sizes = np.array([1.0, 1e4, 1e5, 1e6, 1e12])
    found = volume_discount(sizes, 0.10, 0.135, 1e4, 0.60)
    np.testing.assert_allclose(found, [0.0, 0.10, 0.235, 0.37, 0.60])  # 0.37 at a million is an oracle


@given(st.floats(0.01, 100.0), st.floats(0.0, 100.0), st.floats(0.0, 0.99))
def test_no_quote_is_below_its_floor(level, floor, discount):
    found = float(quote(np.float64(level), np.float64(floor), np.float64(discount)))
    assert found >= floor
    assert found == pytest.approx(max(floor, level * (1 - discount)))


def test_calm_years_bring_inflation_and_each_coefficient_counts():
    assert paid_growth(RESPONSE, **CALM) == pytest.approx(0.027)
    for name, change, expected in (
        ("cost_growth", 0.037, 0.027 + 0.007),
        ("margin_gap", 0.01, 0.027 + 0.005),
        ("utilisation_gap", -0.05, 0.027 - 0.010),
        ("rival_ratio", 1.04, 0.027 + 0.004),
    ):
        assert paid_growth(RESPONSE, **{**CALM, name: change}) == pytest.approx(expected)


@given(gaps, gaps, gaps, st.floats(0.1, 3.0), st.booleans())
def test_growth_stays_between_nothing_and_the_largest_increase(cost, margin, utilisation, rivals, may_raise):
    found = paid_growth(
        RESPONSE,
        least=0.0,
        most=0.53 * 0.069,
        inflation=0.027,
        cost_growth=cost,
        margin_gap=margin,
        utilisation_gap=utilisation,
        rival_ratio=rivals,
        margin_may_raise=may_raise,
    )
    assert 0.0 <= found <= 0.53 * 0.069


def test_a_poor_margin_is_no_reason_where_a_higher_price_would_lower_profit():
    poor = {**CALM, "margin_gap": 0.01}
    assert paid_growth(RESPONSE, **poor, margin_may_raise=False) == pytest.approx(0.027)
    rich = {**CALM, "margin_gap": -0.01}
    assert paid_growth(RESPONSE, **rich, margin_may_raise=False) == pytest.approx(0.022)


# capacity

volumes = arrays(np.float64, 5, elements=st.floats(0.0, 1e6))


@given(volumes, volumes, volumes)
def test_wanted_capacity_is_what_is_missing(needed, in_place, coming):
    wanted = wanted_additions(needed, in_place, coming)
    assert (wanted >= 0.0).all()
    np.testing.assert_allclose(wanted, np.maximum(needed - in_place - coming, 0.0))


@given(volumes, volumes, st.floats(0.0, 5e6))
def test_orders_are_cut_to_the_limit_cheapest_first(wanted, cost, limit):
    kept = cut_to_limit(wanted, cost, limit)
    assert ((kept >= 0.0) & (kept <= wanted)).all()
    assert kept.sum() == pytest.approx(min(limit, wanted.sum()), rel=1e-9, abs=1e-6)
    cut = kept < wanted - 1e-6
    if cut.any():
        assert (kept[cost > cost[cut].min()] <= 1e-6).all() or not (cost > cost[cut].min()).any()


# calendar


@given(st.integers(1, 9998), st.integers(1, 12), st.integers(-600, 600))
def test_months_count_and_compare(year, month, months):
    start = Month(year, month)
    if not 1 <= (start.index + months) // 12 <= 9999:
        return
    later = start + months
    assert later - start == months
    assert (later > start) == (months > 0)
    assert Month.parse(str(later)) == later


def test_quarters_and_fiscal_years():
    assert [m for m in range(1, 13) if Month(2025, m).quarter_start] == [1, 4, 7, 10]
    assert Month(2025, 9).fiscal_year == 2025
    assert Month(2025, 10).fiscal_year == 2026


@pytest.mark.parametrize("text", ["2025", "2025-13", "2025-00", "25-01", "2025-1", "January 2025", ""])
def test_a_month_is_written_one_way(text):
    with pytest.raises(ValueError, match="YYYY-MM"):
        Month.parse(text)


def test_there_is_no_thirteenth_month():
    with pytest.raises(ValueError, match="13"):
        Month(2025, 13)
