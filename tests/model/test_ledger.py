import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ledger import Ledger, to_cents

PARTIES = ("usps", "amazon", "shippers", "bank")
CATEGORIES = ("parcels", "interest")
payments = st.lists(
    st.tuples(
        st.sampled_from(CATEGORIES),
        st.sampled_from(PARTIES),
        st.sampled_from(PARTIES),
        st.floats(-1e12, 1e12, allow_nan=False),
    ),
    max_size=40,
)


@given(payments)
def test_money_is_neither_made_nor_lost(many):
    ledger, expected = Ledger(PARTIES, CATEGORIES), dict.fromkeys(PARTIES, 0)
    for category, payer, payee, dollars in many:
        cents = ledger.pay(category, payer, payee, dollars)
        expected[payer] -= cents
        expected[payee] += cents
        assert abs(cents - dollars * 100) <= max(0.5, abs(dollars) * 1e-13)
        assert cents == to_cents(dollars)
    assert int(ledger.balance.sum()) == 0
    assert ledger.balance.tolist() == [expected[name] for name in PARTIES]
    np.testing.assert_array_equal(ledger.paid.sum(axis=1), ledger.received.sum(axis=1))
    for party in PARTIES:
        assert ledger.cash(party) == expected[party] / 100
        assert sum(round(ledger.income(category, party) * 100) for category in CATEGORIES) == expected[party]
    for category in CATEGORIES:
        assert ledger.incomes(category).tolist() == [ledger.income(category, party) for party in PARTIES]


@given(payments)
def test_many_payments_at_once_are_the_same_as_one_by_one(many):
    many = [item for item in many if item[0] == "parcels"]
    one, batch = Ledger(PARTIES, CATEGORIES), Ledger(PARTIES, CATEGORIES)
    for item in many:
        one.pay(*item)
    batch.pay_many(
        "parcels",
        np.array([batch.index(item[1]) for item in many], dtype=np.int64),
        np.array([batch.index(item[2]) for item in many], dtype=np.int64),
        to_cents(np.array([item[3] for item in many])),
    )
    np.testing.assert_array_equal(one.balance, batch.balance)
    np.testing.assert_array_equal(one.paid, batch.paid)


def test_a_new_month_forgets_flows_and_keeps_balances():
    ledger = Ledger(PARTIES, CATEGORIES)
    ledger.pay("interest", "bank", "usps", 12.345)
    assert ledger.cash("usps") == 12.34  # half to even
    ledger.open_month()
    assert ledger.cash("usps") == 12.34
    assert ledger.income("interest", "usps") == 0.0


def test_cents_are_rounded_once_and_half_to_even():
    assert to_cents(np.array([0.005, 0.015, 1.0, -0.005, 2.675e9])).tolist() == [0, 2, 100, 0, 267500000000]


def test_who_is_not_known_cannot_pay():
    ledger = Ledger(PARTIES, CATEGORIES)
    with pytest.raises(KeyError):
        ledger.pay("parcels", "nobody", "usps", 1.0)
    with pytest.raises(KeyError):
        ledger.pay("gifts", "bank", "usps", 1.0)
    assert not ledger.balance.any()
