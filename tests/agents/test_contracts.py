import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.calendar import Month
from agents.contracts import Contract, ContractState, advance, give_notice, next_version, over_by, quiet_until, settle

START = Month(2025, 3)


def contract(**changes):
    terms = {
        "seller": "usps",
        "buyer": "amazon",
        "segment": "economy",
        "groups": ("urban", "rural"),
        "price": (2.0, 4.0),
        "escalator": 0.02,
        "commitment": (100.0, 200.0),
        "cap": (120.0, 240.0),
        "shortfall_rule": "take_or_pay",
        "tolerance": 0.9,
        "take_or_pay_rate": 0.5,
        "start": START,
        "term_months": 36,
        "notice_months": 6,
        "state": ContractState.ACTIVE,
    }
    return Contract(**{**terms, **changes})


volumes = st.floats(0.0, 500.0)


# terms


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price": (1.0,)}, "same length"),
        ({"price": (1.0, -1.0)}, "negative"),
        ({"commitment": (-1.0, 1.0)}, "negative"),
        ({"term_months": 0}, "term"),
        ({"cap": (99.0, 240.0)}, "cap"),
        ({"peak_surcharge": -0.01}, "peak surcharge"),
        ({"reopener": 0.0}, "reopener"),
        ({"reopener": -0.1}, "reopener"),
    ],
)
def test_terms_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        contract(**changes)


def test_terms_at_their_limits_are_allowed():
    """A gift, no promise, all capacity promised, one month, no surcharge, and a clause that opens at any move."""
    contract(price=(0.0, 4.0), commitment=(0.0, 240.0), term_months=1, peak_surcharge=0.0, reopener=1e-9)


def test_a_year_is_settled_with_a_number_for_every_group():
    with pytest.raises(ValueError, match="shorter"):
        settle(contract(), START + 12, (100.0,))
    with pytest.raises(ValueError, match="longer"):
        settle(contract(), START + 12, (100.0, 200.0, 0.0))


def test_a_part_of_a_year_owes_its_part_of_the_promise():
    """Half a year: half the promise, less the tolerance, at the price of the last month in force."""
    result = settle(contract(), START + 18, (40.0, 90.0), year_share=0.5)
    assert result.shortfall == pytest.approx(45.0 - 40.0)
    assert result.payment == pytest.approx(0.5 * 2.0 * 1.02 * 5.0)


def test_price_rises_at_each_anniversary_and_reverts_to_the_published_one():
    terms = contract()
    assert terms.price_at(START, 1) == 4.0
    assert terms.price_at(START + 11, 1) == 4.0
    assert terms.price_at(START + 12, 1) == pytest.approx(4.0 * 1.02)
    assert terms.price_at(START + 35, 0) == pytest.approx(2.0 * 1.02**2)
    assert terms.price_at(START + -5, 0) == 2.0
    assert terms.price_at(START, 0, published=9.0) == 2.0
    reverted = next_version(terms, reverted=True)
    assert reverted.price_at(START + 12, 0, published=9.0) == 9.0


def test_anniversaries_are_every_twelve_months_after_the_start():
    terms = contract()
    found = [months for months in range(-13, 40) if terms.is_anniversary(START + months)]
    assert found == [12, 24, 36]
    assert [terms.contract_year(START + months) for months in (-1, 0, 11, 12, 35)] == [0, 0, 0, 1, 2]
    assert terms.expiry == START + 36


# settlement


@given(st.tuples(volumes, volumes), st.sampled_from(["none", "take_or_pay", "reversion"]))
def test_no_payment_is_negative_and_only_take_or_pay_pays(delivered, rule):
    result = settle(contract(shortfall_rule=rule), START + 12, delivered)
    missing = max(0.0, 90.0 - delivered[0]) + max(0.0, 180.0 - delivered[1])
    assert result.shortfall == pytest.approx(missing)
    assert result.payment >= 0.0
    assert (result.payment > 0.0) == (rule == "take_or_pay" and missing > 0.0)
    assert result.contract.reverted == (rule == "reversion" and missing > 0.0)
    assert result.contract.state is (ContractState.BREACHED if missing > 0.0 else ContractState.ACTIVE)
    assert result.contract.in_force


def test_take_or_pay_is_the_rate_times_the_price_of_the_year_times_what_is_missing():
    first = settle(contract(), START + 12, (80.0, 180.0))
    assert first.payment == pytest.approx(0.5 * 2.0 * 10.0)
    second = settle(contract(), START + 24, (80.0, 100.0))
    assert second.payment == pytest.approx(0.5 * 1.02 * (2.0 * 10.0 + 4.0 * 80.0))


@given(volumes, volumes, volumes, volumes)
def test_more_delivered_never_costs_more(urban, rural, more_urban, more_rural):
    less = settle(contract(), START + 12, (urban, rural))
    more = settle(contract(), START + 12, (urban + more_urban, rural + more_rural))
    assert more.payment <= less.payment
    assert more.shortfall <= less.shortfall


@given(st.floats(0.0, 1.0), st.floats(90.0, 300.0), st.floats(180.0, 600.0))
def test_nothing_is_due_within_tolerance(rate, urban, rural):
    terms = contract(take_or_pay_rate=rate)
    result = settle(terms, START + 12, (urban, rural))
    assert (result.shortfall, result.payment) == (0.0, 0.0)
    assert result.contract is terms


def test_a_breach_heals_at_the_next_anniversary_but_a_reversion_stays():
    breached = settle(contract(shortfall_rule="reversion"), START + 12, (0.0, 0.0)).contract
    healed = settle(breached, START + 24, (100.0, 200.0)).contract
    assert healed.state is ContractState.ACTIVE
    assert healed.reverted
    assert healed.version == breached.version + 1


# life


def test_life_from_signature_to_the_end_of_the_term():
    terms = contract(state=ContractState.SIGNED)
    assert not terms.in_force
    assert advance(terms, START + -1) is terms
    active = advance(terms, START)
    assert active.state is ContractState.ACTIVE
    assert active.version == terms.version + 1
    assert advance(active, START + 35) is active
    expired = advance(active, START + 36)
    assert expired.state is ContractState.EXPIRED
    assert advance(expired, START + 60) is expired


def test_notice_ends_it_after_its_period():
    leaving = give_notice(contract(), START + 4)
    assert advance(leaving, START + 9) is leaving
    assert advance(leaving, START + 10).state is ContractState.TERMINATED


@given(
    st.lists(st.sampled_from(["month", "settle", "notice"]), max_size=60),
    st.lists(st.tuples(volumes, volumes), min_size=60, max_size=60),
)
def test_no_life_leads_back_from_the_end(steps, delivered):
    terms, month = contract(state=ContractState.SIGNED), START + -2
    seen = [terms]
    for step, volume in zip(steps, delivered, strict=False):
        month = month + 3
        if step == "settle" and terms.in_force and terms.is_anniversary(month):
            terms = settle(terms, month, volume).contract
        elif step == "notice" and terms.in_force:
            terms = give_notice(terms, month)
        terms = advance(terms, month)
        ended = [item for item in seen if item.state in (ContractState.EXPIRED, ContractState.TERMINATED)]
        assert not (ended and terms.in_force)
        assert not (terms.in_force and month >= terms.expiry)
        assert terms.version >= seen[-1].version
        assert (terms.version == seen[-1].version) == (terms is seen[-1])
        seen.append(terms)


@settings(deadline=None, derandomize=True)
@given(
    age=st.integers(-8, 40),
    term=st.integers(1, 40),
    notice=st.none() | st.integers(-3, 45),
    state=st.sampled_from(list(ContractState)),
)
def test_while_a_contract_is_quiet_the_calendar_asks_nothing_of_it(age, term, notice, state):
    today = Month(2026, 5)
    one = contract(start=today + -age, term_months=term, state=state, ends=None if notice is None else today + notice)
    due = quiet_until(one, today)
    for ahead in range(1, 30):
        month = today + ahead
        if month.index < due:
            assert advance(one, month) is one
            assert not (one.in_force and one.is_anniversary(month))
    current = advance(one, today)
    over = over_by(one, today)
    assert over is None if current is one or not one.in_force else current.state is over
    if due < today.index + 30 and current is one:  # and it wakes up no month too early
        month = today + (due - today.index)
        assert advance(one, month) is not one or one.is_anniversary(month)


# at the edge


def test_a_contract_begins_with_its_first_version_and_without_surcharge():
    fresh = contract()
    assert (fresh.version, fresh.peak_surcharge, next_version(fresh).version) == (1, 0.0, 2)


def test_a_reopener_compares_with_the_escalated_price_and_needs_one_to_compare_with():
    assert not contract(reopener=0.15).reopens(START + 12, 9.0)
    assert contract(reopener=0.15, published=0.5).reopens(START + 12, 0.9)
    assert not contract(reopener=0.25, published=4.0, escalator=0.0).reopens(START + 12, 5.0)  # moved just as much
    rising = contract(reopener=0.1, published=4.0, escalator=0.05)
    assert not rising.reopens(START + 24, 4.0 * 1.05**2)
    assert rising.reopens(START + 24, 4.0 * 1.05**2 * 1.11)


def test_even_half_a_parcel_that_is_missing_is_due():
    result = settle(contract(), START + 12, (90.0, 179.5))
    assert (result.shortfall, result.payment) == (0.5, 0.5 * 4.0 * 0.5)


def test_what_is_missing_is_due_at_the_price_of_the_last_month():
    """It ends one month after an anniversary, so that month had the risen price."""
    result = settle(contract(), START + 13, (0.0, 15.0), year_share=1 / 12)
    assert result.payment == pytest.approx(0.5 * 2.0 * 1.02 * 7.5)


def test_a_contract_wakes_up_in_the_month_in_which_something_is_due():
    waiting = contract(state=ContractState.SIGNED, start=START + 6)
    assert quiet_until(waiting, START) == (START + 6).index
    assert quiet_until(waiting, START + 6) == (START + 7).index
    assert quiet_until(contract(), START) == (START + 12).index
    assert quiet_until(contract(ends=START + 5), START) == (START + 5).index
    assert quiet_until(contract(ends=START + 5), START + 5) == (START + 6).index
    assert quiet_until(contract(term_months=6), START) == (START + 6).index


def test_under_make_whole_what_is_kept_back_is_paid_and_no_breach():
    """Ten of a hundred parcels are kept back: their lost margin is due, and the contract stands as it stood."""
    whole = contract(shortfall_rule="make_whole", tolerance=1.0, take_or_pay_rate=0.3)
    result = settle(whole, START + 12, (90.0, 200.0))
    assert (result.shortfall, result.payment) == (pytest.approx(10.0), pytest.approx(0.3 * 2.0 * 10.0))
    assert result.contract.state is ContractState.ACTIVE
    assert not result.contract.reverted


@pytest.mark.parametrize("rule", ["take_or_pay", "reversion", "make_whole"])
def test_what_differs_in_the_last_digits_is_not_missing(rule):
    result = settle(contract(shortfall_rule=rule, tolerance=1.0), START + 12, (100.0 * (1.0 - 1e-13), 200.0))
    assert (result.shortfall, result.payment) == (0.0, 0.0)
    assert result.contract.state is ContractState.ACTIVE


def test_a_commitment_that_builds_up_owes_each_month_its_part():
    """A tenth at once, half of the rest a month: in the first three months 0.1, 0.55 and 0.775 of a month's promise."""
    growing = contract(owed_at_start=0.1, build_up=0.5, tolerance=1.0)
    assert [growing.owed_share(START + k) for k in range(3)] == pytest.approx([0.1, 0.55, 0.775])
    result = settle(growing, START + 3, (0.0, 0.0), year_share=0.25)
    assert result.shortfall == pytest.approx(300.0 / 12.0 * (0.1 + 0.55 + 0.775))
    late = settle(growing, START + 24, (0.0, 0.0)).shortfall
    assert 299.9 < late < 300.0
    with pytest.raises(ValueError, match="shares"):
        contract(owed_at_start=1.5)
