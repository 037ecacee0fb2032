import copy
import csv
import pickle
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.derived_parameters import DERIVED, REPORTED, inputs_of
from model.parameters import ParameterError, Parameters, read_parameters
from model.tables import DataError

DEFAULT = Parameters.default()
ROWS = DEFAULT.rows()
INPUTS = [row for row in ROWS if row.settable]
TEST_ROWS = Path(__file__).parents[1] / "data" / "test_parameters.csv"


def change(**overrides):
    return DEFAULT.with_overrides(overrides)


# reading


def test_reads_by_attribute_name_and_array():
    p = Parameters.default()
    assert p.switching_inertia == p["switching_inertia"] == 0.8
    assert p.by("hourly_cost", ("amazon", "ups")).tolist() == [31, 78]
    assert p.by_type("service_minutes").tolist() == [2.2, 1.7, 1.8]
    assert p.by_segment("price_coef").tolist() == [0.70, 0.36, 0.17]


def test_an_unknown_symbol_names_the_closest_ones():
    with pytest.raises(AttributeError, match="switching_inertia"):
        _ = DEFAULT.swiching_inertia
    with pytest.raises(KeyError, match="switching_inertia"):
        _ = DEFAULT["swiching_inertia"]
    with pytest.raises(KeyError, match="hourly_cost_ups"):
        DEFAULT.by("hourly_cost", ("upss",))
    with pytest.raises(KeyError, match="build_limit"):
        DEFAULT.row("build_limits")


def test_normalised_shares_add_to_one_after_a_change_of_one():
    p = change(amazon_mix_usps_rural=0.4)
    assert p.by_type("amazon_mix_usps").sum() == pytest.approx(0.85)
    assert p.by_type("amazon_mix_usps", normalise=True) == pytest.approx(np.array([0.1, 0.35, 0.4]) / 0.85)


def test_records_what_was_read_with_the_inputs_of_derived_ones():
    p = Parameters.default()
    assert p.used == set()
    _ = p.capital_charge_rural
    assert p.used == {
        "capital_charge_rural",
        "capacity_capex_rural",
        "capital_annuity",
        "capital_rate",
        "capital_life_years",
        "capacity_fill",
    }
    assert p == Parameters.default()  # no part of the value


def test_holds_no_test_values():
    with TEST_ROWS.open(encoding="utf-8", newline="") as file:
        test_only = {row["symbol"] for row in csv.DictReader(file)}
    assert len(test_only) > 30
    symbols = {row.symbol for row in ROWS}
    assert not symbols & test_only
    assert not [symbol for symbol in symbols if symbol.startswith(("moment_", "naive_", "accept_"))]


# changing


def test_overrides_make_another_object():
    p = change(build_limit=0, n_shippers=500)
    assert (p.build_limit, p.n_shippers, DEFAULT.build_limit) == (0, 500, 1.2)
    assert p.overrides == {"n_shippers": 500, "build_limit": 0}
    q = p.with_overrides({"build_limit": 1.2, "inflation": 0})
    assert q.overrides == {"n_shippers": 500, "inflation": 0}
    assert repr(p) == "Parameters({'n_shippers': 500.0, 'build_limit': 0.0})"  # in the order of the table


def test_is_immutable():
    with pytest.raises(AttributeError, match="with_overrides"):
        DEFAULT.build_limit = 0
    with pytest.raises(AttributeError):
        del DEFAULT.build_limit
    with pytest.raises(AttributeError):
        DEFAULT.row("build_limit").value = 0


def test_equal_by_value_also_after_pickle_and_copy():
    p = change(build_limit=0.7, inflation=-0.0)
    same = change(inflation=0, build_limit=np.float64(0.7))
    for other in (same, pickle.loads(pickle.dumps(p)), copy.deepcopy(p), copy.copy(p)):
        assert other == p
        assert hash(other) == hash(p)
        assert other.checksum() == p.checksum()
        assert other.overrides == p.overrides
    assert p != DEFAULT
    assert p.checksum() != DEFAULT.checksum()
    assert change(build_limit=1.2) == DEFAULT


def test_checksum_is_the_same_in_another_process():
    code = "from model.parameters import Parameters; print(Parameters({'inflation': 0}).checksum())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == change(inflation=0).checksum()


def test_all_problems_come_at_once_one_line_each():
    with pytest.raises(ParameterError) as caught:
        DEFAULT.with_overrides(
            {
                "swiching_inertia": 1,
                "reconsider_hazard": 1.5,
                "inflation": float("nan"),
                "build_limit": True,
                "price_coef_ground": "0.3",
                "n_shippers": 10.5,
                "term_strategic": None,
                "capital_charge_rural": 1,
                "n_zones": 10,
                "n_states": 50,
                7: 7,
            }
        )
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    expected = [
        ("swiching_inertia", "closest are switching_inertia, "),
        ("reconsider_hazard = 1.5", "from 0 to 1"),
        ("inflation = nan", "a number"),
        ("build_limit = True", "bool"),
        ("price_coef_ground = '0.3'", "str"),
        ("n_shippers = 10.5", "whole number from 1 to 10,000,000"),
        ("term_strategic = None", "NoneType"),
        ("capital_charge_rural cannot be set", "capacity_capex_rural, capacity_fill, capital_life_years, capital_rate"),
        ("n_zones cannot be set", "zone table"),
        ("n_states cannot be set", "a size of the model"),
        ("unknown parameter 7", ""),
    ]
    for line, (what, allowed) in zip(lines, expected, strict=True):
        assert what in line
        assert allowed in line


def test_overrides_must_be_a_mapping():
    with pytest.raises(ParameterError, match="not a list"):
        DEFAULT.with_overrides([("build_limit", 1)])


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"enterprise_size_min": 500}, "enterprise_size_max"),
        ({"n_shippers": 50}, "n_enterprise_shippers"),
        ({"congestion_threshold": 1.2}, "congestion_reference"),
        ({f"amazon_mix_own_{kind}": 0 for kind in ("urban", "suburban", "rural")}, "amazon_mix_own_"),
        ({"season_december": 12}, "season_other_month"),
        ({"n_enterprise_shippers": 1000}, "enterprise_volume_share"),
        ({"mail_volume_total_2024": 50}, "mail_volume_other_2024"),
    ],
)
def test_values_that_contradict_each_other_are_refused(overrides, named):
    with pytest.raises(ParameterError, match=named):
        DEFAULT.with_overrides(overrides)


# domains


@pytest.mark.parametrize(
    "overrides",
    [
        {"reconsider_hazard": 0},
        {"reconsider_hazard": 1},
        {"build_limit": 0},
        {"n_shippers": 1_000_000},
        {"n_regional_carriers": 36},
        {"n_regional_carriers": 1},
        {"usps_debt_cap": 30},
        {"partial_retained_share": 0.25},
        {"mail_trend_first_class": -0.08, "mail_trend_marketing": -0.08},
        {"switching_inertia": 0},
        {"seller_bargaining_weight": 0},
        {"growth_market": 0, "growth_amazon_demand": 0, "demand_shock_sd": 0, "zone_shock_sd": 0, "inflation": 0},
        {"wage_growth_usps": 0, "wage_growth_other": 0, "zone_cost_noise_sd": 0, "sparse_cost_slope": 0},
        {"percentile_grid": 400},
        {"amazon_via_usps": 0, "revenue_usps_from_amazon": 0},
        {"capital_rate": 0},
        {"operating_margin_regional": -0.05},
        {"concession_exponent_buyer": 1.5},
    ],
    ids=lambda overrides: next(iter(overrides)),
)
def test_scenarios_limits_and_benchmarks_are_valid(overrides):
    p = DEFAULT.with_overrides(overrides)
    assert all(p[symbol] == value for symbol, value in overrides.items())


def test_every_end_of_every_prior_range_is_valid():
    for row in INPUTS:
        for end in (row.low, row.high):
            if end is not None:
                assert DEFAULT.with_overrides({row.symbol: end})[row.symbol] == end


@given(st.data())
def test_any_draw_from_the_prior_ranges_is_valid(data):
    rows = [row for row in INPUTS if row.low is not None]
    # corners are harder than insides: each parameter sits at an end or in the middle of its range
    at = data.draw(st.lists(st.sampled_from((0.0, 0.5, 1.0)), min_size=len(rows), max_size=len(rows)))
    draw = {row.symbol: row.low + x * (row.high - row.low) for row, x in zip(rows, at, strict=True)}
    p = DEFAULT.with_overrides({row.symbol: round(draw[row.symbol]) if row.whole else draw[row.symbol] for row in rows})
    assert 2.89 <= p.price_access_amazon <= 6.0
    assert all(0 < p[f"amazon_coverage_{kind}"] <= 1 for kind in ("urban", "suburban", "rural"))


symbols = st.one_of(st.sampled_from([row.symbol for row in ROWS]), st.text(max_size=20), st.integers(), st.none())
values = st.one_of(
    st.floats(),
    st.integers(),
    st.booleans(),
    st.text(max_size=5),
    st.none(),
    st.binary(max_size=3),
    st.complex_numbers(),
)


@settings(deadline=None)  # no wall clock: the machine may be busy
@given(st.dictionaries(symbols, values, max_size=8))
def test_any_override_is_taken_or_refused_with_a_parameter_error(overrides):
    try:
        p = DEFAULT.with_overrides(overrides)
    except ParameterError:
        return
    assert all(np.isfinite(p[row.symbol]) for row in ROWS)
    assert all(p[symbol] == value for symbol, value in overrides.items())


@given(st.sampled_from([row for row in INPUTS if row.allowed_low < row.allowed_high]), st.floats(0, 1))
def test_every_value_of_a_domain_gives_finite_values_or_is_refused(row, x):
    value = row.allowed_low + x * (row.allowed_high - row.allowed_low)
    try:
        p = DEFAULT.with_overrides({row.symbol: round(value) if row.whole else value})
    except ParameterError:
        return
    assert all(np.isfinite(p[other.symbol]) for other in ROWS)


@pytest.mark.parametrize("value", [10**400, -(10**400), 10**5000], ids=["large", "negative", "unprintable"])
def test_huge_integers_are_out_of_range(value):
    with pytest.raises(ParameterError, match="build_limit"):
        change(build_limit=value)


# derived


@pytest.mark.parametrize("symbol", DERIVED)
def test_the_table_prints_the_rounded_result(symbol):
    row = DEFAULT.row(symbol)
    assert DEFAULT[symbol] == pytest.approx(row.value, rel=0.02)
    assert not row.settable


@pytest.mark.parametrize("symbol", DERIVED)
def test_formulas_read_exactly_what_the_error_message_says(symbol):
    p = Parameters.default()
    assert p[symbol] == DERIVED[symbol].formula(p)
    p = Parameters.default()
    DERIVED[symbol].formula(p)
    assert p.used == inputs_of(symbol)


def test_capital_charge_follows_its_inputs():
    assert change(capacity_capex_rural=8).capital_charge_rural == pytest.approx(2 * DEFAULT.capital_charge_rural)
    assert change(capacity_fill=0.41).capital_charge_urban == pytest.approx(2 * DEFAULT.capital_charge_urban)
    assert change(capital_rate=0, capital_life_years=10).capital_annuity == pytest.approx(0.1)
    assert change(capital_rate=1e-12, capital_life_years=10).capital_annuity == pytest.approx(0.1)


def test_amazon_volume_at_usps_moves_price_total_and_coverage_but_no_other_flow():
    p = change(amazon_via_usps=1.0)
    assert p.amazon_parcels_2024 == pytest.approx(8.2)
    assert p.price_access_amazon == 6.0
    assert p.amazon_coverage_rural == pytest.approx(DEFAULT.amazon_coverage_rural * 8.9 / 8.2)
    others = ("amazon_own_delivered_2024", "amazon_via_ups_2024", "amazon_via_fedex_2024")
    assert [p[flow] for flow in others] == [DEFAULT[flow] for flow in others]
    assert change(amazon_via_usps=1.9, revenue_usps_from_amazon=4.9).price_access_amazon == 2.89
    assert change(amazon_via_usps=0).price_access_amazon == 6.0


def test_growth_of_other_shippers_keeps_the_market_growing_as_told():
    p = change(growth_market=0.05, growth_amazon_demand=0.08)
    total = p.amazon_parcels_2024 + p.by_segment("volume_segment").sum()
    grown = 0.08 * p.amazon_parcels_2024 + p.growth_other_demand * p.by_segment("volume_segment").sum()
    assert grown / total == pytest.approx(0.05)
    assert change(growth_market=0, growth_amazon_demand=0).growth_other_demand == 0


def test_other_derived_values_follow():
    assert change(route_flex_down=1).route_flex_down_monthly == 1
    assert change(route_flex_down=0).route_flex_down_monthly == 0
    assert change(build_lead_months=12).commitment_round == 8
    assert change(build_lead_months=18, opening_lead_strategic=12).commitment_round == 0
    assert change(n_regional_carriers=36).n_carriers == 40
    assert change(season_december=1.38).season_other_month == pytest.approx((12 - 0.98 - 1.12 - 1.38) / 9)


def test_enterprise_mean_agrees_with_drawn_quantiles():
    quantile = (np.arange(200_000) + 0.5) / 200_000
    for shape in (0.9, 1.0, 1.1):
        ratio = (20 / 400) ** shape
        sizes = 20 * (1 - quantile * (1 - ratio)) ** (-1 / shape)
        assert change(enterprise_pareto_shape=shape).enterprise_size_mean == pytest.approx(sizes.mean(), rel=1e-4)


def test_reported_rows_exist_and_are_not_settable():
    for symbol in REPORTED:
        assert DEFAULT[symbol] == DEFAULT.row(symbol).value
        with pytest.raises(ParameterError, match="cannot be set"):
            DEFAULT.with_overrides({symbol: DEFAULT[symbol]})


# the files


def broken(tmp_path, replace, by):
    for name in ("parameters.csv", "allowed_ranges.csv"):
        content = files("model").joinpath("data", name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(content.replace(replace, by, 1), encoding="utf-8")
    return read_parameters(tmp_path)


@pytest.mark.parametrize(
    ("replace", "by", "named"),
    [
        ("switching_inertia,Utility", "reconsider_hazard,Utility", "reconsider_hazard.*already"),
        ("0.8,0.3,1.5,utils", "0.2,0.3,1.5,utils", "switching_inertia.*low to high"),
        ("0.8,0.3,1.5,utils", "0.8,,1.5,utils", "switching_inertia.*both"),
        ("0.8,0.3,1.5,utils", "0.8,0.3,1.5,liking", "switching_inertia.*'liking'"),
        ("0.8,0.3,1.5,utils", "x,0.3,1.5,utils", "line [0-9]+, column value: found 'x'"),
        ("0.06,0.02,0.12,1/month", "0.06,0.02,1.2,1/month", "reconsider_hazard, column high.*from 0 to 1"),
    ],
)
def test_a_broken_table_is_named(tmp_path, replace, by, named):
    with pytest.raises(DataError, match=named):
        broken(tmp_path, replace, by)
