"""What a buyer takes back of a contract within its terms, against a slow reference."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.calendar import Month
from agents.contracts import Contract, ContractState
from agents.rules.contract_use import ContractPosition, owed_pace, taken_back

START = Month(2026, 10)
PRICE, PUBLISHED = 3.5, 4.5


def contract(rule="reversion", commitment=(90.0, 60.0), **changes):
    terms = {
        "seller": "usps",
        "buyer": "amazon",
        "segment": "economy",
        "groups": ("urban", "rural"),
        "price": (PRICE, PRICE),
        "escalator": 0.0,
        "commitment": commitment,
        "cap": (200.0, 200.0),
        "shortfall_rule": rule,
        "tolerance": 0.9,
        "take_or_pay_rate": 0.5,
        "start": START,
        "term_months": 48,
        "notice_months": 6,
        "state": ContractState.ACTIVE,
    }
    return Contract(**{**terms, **changes})


def position(held, year_left=1.0, year_after=1.0, delivered=(0.0, 0.0)):
    return ContractPosition(
        price=np.array([PRICE, PRICE]),
        owed=owed_pace(held, np.array(delivered), year_left),
        published=PUBLISHED,
        year_left=year_left,
        year_after=year_after,
    )


def slow_taken_back(held, where, volume, worth, group, reachable):
    """One slice after the other, cheapest first; then the whole year with and without breach."""
    kept = {g: sum(v for v, h in zip(volume, group, strict=True) if h == g) for g in (0, 1)}
    free, beyond = set(), []
    full = set()
    for i in sorted(range(len(volume)), key=lambda i: (worth[i], i)):
        g = group[i]
        if not reachable[i] or worth[i] >= where.price[g]:
            continue
        if where.owed[g] <= 0.0 or (g not in full and kept[g] - volume[i] >= where.owed[g]):
            kept[g] -= volume[i]
            free.add(i)
        else:
            full.add(g)
            beyond.append(i)
    if held.shortfall_rule == "take_or_pay":
        return free | {i for i in beyond if worth[i] < where.price[group[i]] * (1 - held.take_or_pay_rate)}
    saving = where.year_left * sum(volume[i] * (where.price[group[i]] - worth[i]) for i in beyond)
    loss = 0.0
    for i in range(len(volume)):
        if i in free or i in beyond:
            continue
        own = worth[i] if reachable[i] else np.inf
        loss += where.year_after * volume[i] * (min(max(own, where.price[group[i]]), PUBLISHED) - where.price[group[i]])
    return free | set(beyond) if saving > loss else free


@given(st.integers(1, 12), st.integers(0, 10**6), st.sampled_from(["reversion", "take_or_pay"]))
@example(10, 454919, "reversion")
@example(11, 2538, "reversion")  # nothing is owed in a group whose sum depends on the order in its last digit
def test_the_fast_rule_is_the_slow_one(n, seed, rule):
    rng = np.random.default_rng(seed)
    volume, worth = rng.uniform(1.0, 30.0, n), rng.uniform(1.0, 6.0, n)
    group, reachable = rng.integers(0, 2, n), rng.random(n) < 0.7
    held = contract(rule, tuple(rng.uniform(0.0, 150.0, 2)))
    where = position(held, rng.uniform(0.1, 1.0), rng.uniform(0.0, 1.0), tuple(rng.uniform(0.0, 40.0, 2)))
    found = taken_back(held, where, volume, worth, group, reachable)
    assert set(np.flatnonzero(found)) == slow_taken_back(held, where, volume, worth, group, reachable)


def test_without_a_promise_all_that_is_cheaper_comes_back():
    volume, worth = np.array([10.0, 20.0, 30.0]), np.array([1.0, 3.0, 5.0])
    group, everywhere = np.zeros(3, dtype=np.int64), np.ones(3, dtype=bool)
    for held in (contract("none"), contract(reverted=True)):
        assert owed_pace(held, np.zeros(2), 1.0).tolist() == [0.0, 0.0]
        assert taken_back(held, position(held), volume, worth, group, everywhere).tolist() == [True, True, False]


def test_a_promise_holds_parcels_back_down_to_its_tolerance():
    # Ten slices are a little cheaper to deliver itself; a large one that only USPS serves cheaply makes a breach dear.
    volume, worth = np.append(np.full(10, 10.0), 100.0), np.append(np.linspace(3.0, 3.4, 10), 6.0)
    group, everywhere = np.zeros(11, dtype=np.int64), np.ones(11, dtype=bool)
    held = contract(commitment=(200.0, 0.0))
    back = taken_back(held, position(held), volume, worth, group, everywhere)
    assert volume[~back].sum() == pytest.approx(180.0)
    # In the last year of the term a missed commitment costs nothing any more.
    free = taken_back(held, position(held, year_after=0.0), volume, worth, group, everywhere)
    assert volume[~free].sum() == pytest.approx(100.0)


def test_what_was_delivered_early_in_the_year_counts():
    held = contract(commitment=(100.0, 0.0))
    assert owed_pace(held, np.array([0.0, 0.0]), 1.0)[0] == pytest.approx(90.0)
    assert owed_pace(held, np.array([60.0, 0.0]), 0.5)[0] == pytest.approx(60.0)
    assert owed_pace(held, np.array([95.0, 0.0]), 0.5)[0] == 0.0


def test_a_reopener_waits_for_an_anniversary_and_a_large_move():
    held = contract(reopener=0.15, published=4.0)
    assert not held.reopens(START + 12, 4.5)
    assert held.reopens(START + 12, 4.7)
    assert held.reopens(START + 12, 3.3)
    assert not held.reopens(START + 13, 9.0)
    assert not contract(published=4.0).reopens(START + 12, 9.0)
    # A contract whose price rises too is compared with what it would be by then.
    assert not contract(reopener=0.15, published=4.0, escalator=0.05).reopens(START + 12, 4.7)


def test_a_contract_covers_its_term_until_notice_ends_it():
    held = contract(term_months=12)
    assert [held.covers(START + m) for m in (-1, 0, 11, 12)] == [False, True, True, False]
    assert not contract(ends=START + 3).covers(START + 3)
    with pytest.raises(ValueError, match="reopener must be above 0"):
        contract(reopener=0.0)


def one_group(volume, worth, rule, owed, **where):
    """Slices of one group, all within reach, under a contract that still owes so much a year."""
    held = contract(rule)
    at = position(held, **where)
    at = ContractPosition(at.price, np.array([owed, 0.0]), at.published, at.year_left, at.year_after)
    everywhere = np.ones(len(volume), dtype=bool)
    return taken_back(held, at, np.array(volume), np.array(worth), np.zeros(len(volume), np.int64), everywhere).tolist()


def test_a_slice_that_costs_just_the_price_stays():
    assert one_group([10.0, 10.0], [PRICE, PRICE - 0.01], "none", 0.0) == [False, True]


def test_a_slice_that_is_just_worth_what_is_due_for_it_stays():
    due = PRICE * (1 - 0.5)
    assert one_group([10.0], [due], "take_or_pay", 10.0) == [False]
    assert one_group([10.0], [due - 0.01], "take_or_pay", 10.0) == [True]


def test_not_even_half_a_parcel_that_is_owed_goes_free():
    assert one_group([10.0, 90.0], [3.0, 9.0], "take_or_pay", 90.5) == [False, False]
    assert one_group([10.0, 90.0], [3.0, 9.0], "take_or_pay", 90.0) == [True, False]
    assert one_group([10.0], [3.0], "take_or_pay", 0.5) == [False]


def test_a_breach_that_saves_just_what_it_costs_is_none():
    """Ten parcels at 0.5 $ less against five that would pay 1 $ more next year."""
    assert one_group([10.0, 5.0], [3.0, 9.0], "reversion", 15.0) == [False, False]
    assert one_group([10.0, 5.0], [2.99, 9.0], "reversion", 15.0) == [True, False]
