"""Values of other libraries at the doors of the market."""

import datetime
import json
from collections import OrderedDict, deque
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.calendar import Month
from experiments import InputError, read_design, run, target
from experiments.settings import prepare_scenario
from model.parameters import Parameters
from model.plain_values import plain
from model.scenario import Scenario, ScenarioError


class Colour(Enum):
    """A choice of somebody's own."""

    KEPT = "kept"


NUMBERS = [
    0.5, np.float32(0.5), np.float64(0.5), np.longdouble(0.5), np.array(0.5), Decimal("0.5"), Fraction(1, 2),
    pd.Series([0.5]).iloc[0], *pd.array([0.5], dtype="Float64"),
]  # fmt: skip
MONTHS = [
    "2026-10", np.str_("2026-10"), Month(2026, 10), datetime.date(2026, 10, 1), datetime.datetime(2026, 10, 5, 12),
    np.datetime64("2026-10"), np.datetime64("2026-10-05T00:00:00.000000001"), pd.Timestamp("2026-10-31"),
    pd.Period("2026-10", "M"),
]  # fmt: skip
COLUMNS = [
    [0.5, 0.75], (0.5, 0.75), np.array([0.5, 0.75]), np.linspace(0.5, 0.75, 2, dtype=np.longdouble),
    pd.Series([0.5, 0.75]), pd.Index([0.5, 0.75]), deque([0.5, 0.75]), {0.5: 1, 0.75: 2}.keys(),
    np.array([0.5, Decimal("0.75")], dtype=object), pd.array([0.5, 0.75], dtype="Float64"),
    (value for value in (0.5, 0.75)), [Fraction(1, 2), Decimal("0.75")],
]  # fmt: skip

texts = st.text(max_size=3)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@given(trees)
def test_what_is_plain_stays_as_it_is(tree):
    assert json.dumps(plain(tree)) == json.dumps(tree)
    assert json.dumps(plain(OrderedDict(of=tree))) == json.dumps({"of": tree})


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: type(value).__name__)
def test_a_number_may_come_from_any_library(value):
    assert Parameters({"build_limit": value}) == Parameters({"build_limit": 0.5})
    assert prepare_scenario("baseline", {"build_limit": value}) == prepare_scenario("baseline", {"build_limit": 0.5})


@pytest.mark.parametrize("value", MONTHS, ids=lambda value: type(value).__name__)
def test_a_month_may_come_from_any_library(value):
    expected = Month(2026, 10)
    assert Scenario().with_changes({"exit_end": value}).exit_end == expected
    assert prepare_scenario("baseline", until=value).end == expected
    shock = {"kind": "fuel", "size": np.float64(0.5), "first": value}
    assert prepare_scenario("baseline", shocks=[shock]).shocks[0].first == expected


@pytest.mark.parametrize("column", COLUMNS, ids=lambda value: type(value).__name__)
def test_values_of_a_design_may_come_as_any_column(column):
    design = read_design({"kind": "grid", "uncertainties": {"build_limit": column}})
    assert design.rows == ((0.5,), (0.75,))


def test_booleans_choices_and_paths_may_come_from_any_library(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('title = "Mine"\nmake_or_buy = false\n')
    changed = prepare_scenario(path, {"forms_from": pd.Timestamp("2026-01-01"), "usps_amazon_volume": Colour.KEPT})
    assert changed.usps_amazon_volume == "kept"
    assert not changed.make_or_buy
    assert prepare_scenario("baseline", {"make_or_buy": np.False_}).make_or_buy is False
    with pytest.raises(InputError, match="negotiation"):  # a number is no switch, wherever it comes from
        prepare_scenario("baseline", {"negotiation": np.int64(1)})


def test_points_of_a_design_may_come_as_a_frame():
    points = pd.DataFrame({"build_limit": [0.5, 1.0], "make_or_buy": [True, False], "exit_end": pd.date_range(
        "2026-01-15", periods=2, freq="MS")})  # fmt: skip
    design = read_design({"kind": "table", "points": points, "replications": np.int64(2)})
    assert design.frame().to_dict("list") == {
        "make_or_buy": [True, False], "exit_end": ["2026-02", "2026-03"], "build_limit": [0.5, 1.0],
    }  # fmt: skip
    assert design.describe() == json.loads(json.dumps(design.describe()))


@pytest.mark.parametrize("value", [
    np.array([0.5, 1.0]), pd.NaT, np.datetime64("NaT"), pd.NA, 1j, {0.5}, b"1", pd.Period("2026", "Y"), Path("0.5"),
], ids=repr)  # fmt: skip
def test_what_is_no_number_is_refused_in_one_sentence(value):
    with pytest.raises(ScenarioError, match=r"^change: build_limit = .*it must be a number from[^\n]*$"):
        Scenario().with_changes({"build_limit": value})
    with pytest.raises(InputError, match=r"^until: .* is not a month of the form YYYY-MM"):
        run("baseline", until=value)


def test_ends_of_a_target_and_counts_may_come_from_any_library():
    with pytest.raises(InputError, match="replications: 0 is not allowed") as caught:
        target("baseline", vary="build_limit", between=np.array([0.5, 1.0]), reach="amazon_own_share>=0.5",
               replications=np.int64(0))  # fmt: skip
    assert "in:" not in str(caught.value)
