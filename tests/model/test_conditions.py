"""Conditions that end a run: what is read, what is refused, and when they hold."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.conditions import OPERATORS, Clause, Condition, ConditionError, read_condition
from model.scenario import Scenario, ScenarioError
from tests.small import FEWER

FEW = {**FEWER, "n_shippers": 120, "end": "2025-06"}
NAMES = ("usps_cash_usd", "orders", "andes_usd")  # names that hold the words `or` and `and`
CLAUSES = st.builds(
    Clause, st.sampled_from(NAMES), st.sampled_from([*OPERATORS]), st.integers(-(10**9), 10**9).map(float)
)
CONDITIONS = st.lists(st.lists(CLAUSES, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(
    lambda rows: Condition(tuple(rows))
)


@given(CONDITIONS)
def test_what_is_written_is_read_again(condition):
    assert read_condition(str(condition), NAMES) == condition


@given(CONDITIONS, st.fixed_dictionaries({name: st.integers(-5, 5).map(float) for name in NAMES}))
def test_it_holds_where_all_clauses_of_a_row_hold(condition, figures):
    signs = {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }
    expected = any(all(signs[one.sign](figures[one.name], one.number) for one in row) for row in condition.rows)
    assert (condition.met(figures.__getitem__) is not None) == expected


@given(st.text(max_size=40))
def test_any_other_text_is_refused_and_nothing_is_run(text):
    with pytest.raises(ConditionError, match="NAME OP NUMBER"):
        read_condition(f"{text} ?", NAMES)


def test_all_problems_are_told_with_names_that_are_close():
    with pytest.raises(ScenarioError) as caught:
        Scenario().with_changes({"stop_when": "usps_cash_us <= 0 or ups_profit_usd and usps_debt < 1"})
    told = str(caught.value).splitlines()
    assert len(told) == 3
    assert "did you mean usps_cash_usd" in told[0]
    assert "NAME OP NUMBER" in told[1]
    assert "usps_debt_usd" in told[2]


def test_a_run_ends_with_the_first_month_in_which_it_holds(market, differences):
    whole = market("baseline", 1, **FEW).run()
    cash = whole.records["usps_cash_usd"]
    after = 3
    limit = float(cash[after])
    first = next(month for month in range(len(cash)) if cash[month] <= limit)
    run = market("baseline", 1, **FEW, stop_when=f"usps_cash_usd <= {limit!r} and usps_debt_usd >= 0").run()
    assert run.months_done == first + 1
    assert "usps_cash_usd <=" in run.stopped
    assert differences(whole, run, months=first + 1) == []
    with pytest.raises(RuntimeError, match=r"the run ended with .*usps_cash_usd"):
        run.step()


def test_one_that_never_holds_changes_nothing(market, differences):
    whole = market("baseline", 1, **FEW).run()
    run = market("baseline", 1, **FEW, stop_when="usps_debt_usd > 1e15").run()
    assert run.stopped is None
    assert differences(whole, run) == []
