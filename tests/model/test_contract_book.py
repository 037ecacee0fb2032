import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.calendar import Month
from agents.contracts import Contract, ContractState
from model.carriers import carrier_names
from model.contract_book import ContractBook
from model.events import EventLog

START = Month(2025, 1)


def contract(**changes):
    terms = {
        "seller": "usps",
        "buyer": "amazon",
        "segment": "economy",
        "groups": ("uniform",),
        "price": (4.0,),
        "escalator": 0.0,
        "commitment": (1200.0,),
        "cap": (1500.0,),
        "shortfall_rule": "take_or_pay",
        "tolerance": 0.9,
        "take_or_pay_rate": 0.5,
        "start": START,
        "term_months": 24,
        "notice_months": 6,
    }
    return Contract(**{**terms, **changes})


@pytest.fixture
def book():
    return ContractBook(EventLog())


def states(book):
    return [item.state for item in book.history]


def test_a_signed_contract_waits_for_its_start(book):
    book.sign(contract(start=START + 2), START)
    assert book.get("usps", "amazon").state is ContractState.SIGNED
    assert book.in_force() == []
    book.advance(START + 1)
    assert book.in_force() == []
    book.advance(START + 2)
    assert [item.state for item in book.in_force()] == [ContractState.ACTIVE]


def test_the_year_is_settled_on_what_was_delivered_in_it(book):
    book.sign(contract(), START)
    for month in range(12):
        book.deliver("usps", "amazon", 80.0)
        settled = book.advance(START + (month + 1))
        assert bool(settled) == (month == 11)
    before, result = settled[0]
    assert before.state is ContractState.ACTIVE
    assert result.shortfall == pytest.approx(0.9 * 1200 - 960)
    assert result.payment == pytest.approx(0.5 * 4.0 * (0.9 * 1200 - 960))
    assert book.get("usps", "amazon").state is ContractState.BREACHED
    book.deliver("usps", "amazon", 1200.0)  # the second year counts from nothing again
    assert book.advance(START + 24) == []
    assert book.get("usps", "amazon").state is ContractState.EXPIRED
    book.tell_endings()
    assert states(book)[-3:] == [ContractState.BREACHED, ContractState.ACTIVE, ContractState.EXPIRED]


def test_the_last_year_is_settled_too(book):
    book.sign(contract(), START)
    book.deliver("usps", "amazon", 1200.0)
    book.advance(START + 12)
    ((_, result),) = book.advance(START + 24)
    assert result.payment == pytest.approx(0.5 * 4.0 * 0.9 * 1200)
    assert book.get("usps", "amazon").state is ContractState.EXPIRED
    assert book.advance(START + 36) == []


def test_what_an_older_contract_delivered_before_the_run_counts(book):
    book.hold(contract(start=START + -3), (500.0,))
    book.deliver("usps", "amazon", 600.0)
    assert book.advance(START + 9) == []
    assert book.get("usps", "amazon").state is ContractState.ACTIVE


def test_reversion_is_reported_once_and_the_price_is_the_published_one(book):
    book.sign(contract(shortfall_rule="reversion"), START)
    ((_, result),) = book.advance(START + 12)
    assert result.payment == 0.0
    assert book.get("usps", "amazon").price_at(START + 12, published=5.0) == 5.0
    assert book.advance(START + 13) == []


def test_renewal_keeps_the_terms_and_starts_a_new_year(book):
    book.sign(contract(), START)
    book.deliver("usps", "amazon", 100.0)
    fresh = book.renew(book.get("usps", "amazon"), START + 6, 48, (3.0,))
    assert fresh.in_force
    assert fresh.price == (3.0,)
    assert fresh.expiry == START + 54
    assert (fresh.commitment, fresh.cap, fresh.shortfall_rule) == ((1200.0,), (1500.0,), "take_or_pay")
    assert not fresh.is_anniversary(START + 12)
    book.deliver("usps", "amazon", 1100.0)
    assert book.advance(START + 18) == []


def test_repricing_counts_from_its_month(book):
    book.sign(contract(), START)
    book.reprice(book.get("usps", "amazon"), (4.5,), START + 5)
    assert book.get("usps", "amazon").price_at(START + 5) == 4.5


def test_unknown_pairs_have_no_contract(book):
    assert book.get("ups", "amazon") is None


@settings(max_examples=60, deadline=None)
@given(
    rule=st.sampled_from(["none", "take_or_pay", "reversion"]),
    delay=st.integers(-14, 3),
    term=st.integers(1, 40),
    delivered=st.lists(st.floats(0.0, 300.0), min_size=48, max_size=48),
    actions=st.lists(st.sampled_from(["", "", "", "", "renew", "reprice"]), min_size=48, max_size=48),
)
def test_every_version_is_one_event_and_no_ended_contract_is_in_force(rule, delay, term, delivered, actions):
    events = EventLog()
    book = ContractBook(events)
    start = START + max(delay, 1 - term)  # nobody signs what has already ended
    book.sign(contract(shortfall_rule=rule, term_months=term, start=start), START)
    for i, (parcels, action) in enumerate(zip(delivered, actions, strict=True)):
        month = START + (i + 1)
        if book.in_force():
            book.deliver("usps", "amazon", parcels)
        book.advance(month)
        held = book.get("usps", "amazon")
        if action == "renew":
            book.renew(held, month, term, held.price)
        elif action == "reprice" and held.in_force:
            book.reprice(held, (held.price[0] * 1.01,), month)
        for item in book.in_force():
            assert item.start <= month < item.expiry
            assert item.state in (ContractState.ACTIVE, ContractState.BREACHED)
        assert len(events) == len(book.history)
    assert [event.kind for event in events] == ["contract"] * len(events)
    months = [event.month for event in events]
    assert months == sorted(months)
    for start in {item.start for item in book.history}:
        versions = [item.version for item in book.history if item.start == start]
        for before, after in pairwise(versions):
            assert after in (before + 1, 2)  # the next version, or a newly signed contract


def test_contracts_of_a_run_end_on_their_dates(finished):
    run = finished()
    starts = [item.start for item in run.book.history if (item.seller, item.buyer) == ("usps", "amazon")]
    assert sorted(set(starts)) == [Month(2022, 10), Month(2026, 10), Month(2030, 10)]
    assert run.book.get("usps", "amazon").in_force
    for item in run.book.in_force():
        assert item.start <= run.settings.end < item.expiry
    # Those of a regional carrier go to its buyer in a merger, without an event each.
    national = {"usps", "ups", "fedex"}
    told = [event for event in run.events if event.kind in ("contract", "enterprise_contract")]
    older_than_the_run = 3 + 2 * run.shippers.n_enterprise
    assert sum(bool(national & set(event.actors)) for event in told) == (
        sum(item.seller in national for item in run.book.history) - older_than_the_run
    )


def test_a_withdrawn_contract_reverts_and_is_not_renewed(finished):
    run = finished("withdraw", end="2026-12", n_shippers=300)
    held = run.book.get("usps", "amazon")
    assert held.state is ContractState.EXPIRED
    assert held.reverted
    prices = run.records["amazon_usps_price_usd"]
    before, after = prices[8], prices[9]  # September and October 2025, the first anniversary
    assert after > before * 1.1


def test_a_contract_that_ends_within_a_year_is_settled_for_its_part(book):
    book.sign(contract(), START)
    book.give_notice("usps", "amazon", START + 1)  # ends seven months after its start
    settled = []
    for month in range(7):
        book.deliver("usps", "amazon", 50.0)
        settled += book.advance(START + (month + 1))
    ((before, result),) = settled
    missing = 0.9 * 1200.0 * 7 / 12 - 7 * 50.0
    assert result.shortfall == pytest.approx(missing)
    assert result.payment == pytest.approx(0.5 * 4.0 * missing)
    assert book.get("usps", "amazon").state is ContractState.TERMINATED
    assert before.ends == START + 7
    # And once only.
    assert book.advance(START + 8) == []


def texts(book):
    return [event.text for event in book._events]


def test_notice_ends_a_contract_after_its_period_and_is_given_once(book):
    book.sign(contract(), START)
    told = book.give_notice("usps", "amazon", START + 3)
    assert told.ends == START + 9
    assert book.give_notice("usps", "amazon", START + 5) is told
    book.advance(START + 8)
    assert book.in_force() == [told]
    book.advance(START + 9)
    assert book.in_force() == []
    assert book.get("usps", "amazon").state is ContractState.TERMINATED
    with pytest.raises(KeyError, match="usps and amazon have no contract in force"):
        book.give_notice("usps", "amazon", START + 10)
    with pytest.raises(KeyError):
        book.give_notice("usps", "ups", START)


def test_a_new_contract_replaces_the_one_in_force_when_it_begins(book):
    book.sign(contract(), START)
    book.deliver("usps", "amazon", 70.0)
    later = book.sign(contract(start=START + 6, price=(3.0,)), START + 3)
    assert book.upcoming("usps", "amazon") is later
    assert book.get("usps", "amazon").price == (4.0,)
    book.advance(START + 6)
    assert book.upcoming("usps", "amazon") is None
    assert [one.price for one in book.in_force()] == [(3.0,)]
    assert book.delivered("usps", "amazon") == (0.0,)
    (replaced,) = [one for one in book.history if one.state is ContractState.REPLACED]
    assert (replaced.price, replaced.ends) == ((4.0,), START + 6)
    assert "The contract of Amazon with USPS is replaced by a new one" in texts(book)


def test_a_contract_whose_successor_begins_as_its_term_ends_is_replaced(book):
    book.sign(contract(), START)
    book.sign(contract(start=START + 24), START + 20)
    book.advance(START + 24)
    book.tell_endings()
    assert [one.state for one in book.history if one.start == START][-1] is ContractState.REPLACED
    assert texts(book)[-2:] == [
        "The contract of Amazon with USPS is replaced by a new one",
        "The contract of Amazon with USPS comes into force",
    ]


def test_a_successor_signed_in_the_month_of_the_end_replaces_it_too(book):
    book.sign(contract(shortfall_rule="none", commitment=(0.0,)), START)
    book.advance(START + 24)
    assert book.in_force() == []
    book.renew(book.get("usps", "amazon"), START + 24, 24, (3.0,))
    book.tell_endings()
    assert states(book)[-3:] == [ContractState.REPLACED, ContractState.SIGNED, ContractState.ACTIVE]
    assert not any("expires" in text for text in texts(book))


def test_a_contract_without_a_successor_expires(book):
    book.sign(contract(shortfall_rule="none", commitment=(0.0,)), START)
    book.advance(START + 24)
    assert not any("expires" in text for text in texts(book))  # the month is not over
    book.tell_endings()
    book.tell_endings()
    assert texts(book)[-1] == "The contract of Amazon with USPS expires"
    assert texts(book).count(texts(book)[-1]) == 1


def test_a_gap_before_the_next_contract_is_told(book):
    book.sign(contract(shortfall_rule="none", commitment=(0.0,)), START)
    book.sign(contract(start=START + 26), START + 23)
    book.advance(START + 24)
    book.advance(START + 25)
    (told,) = [event for event in book._events if "expires" in event.text]
    assert told.text == "The contract of Amazon with USPS expires; the next one begins in 2027-03"
    assert told.month == START + 24
    assert book.history[-1].state is ContractState.EXPIRED


@pytest.mark.parametrize("succeeded", [False, True])
def test_a_contract_that_was_given_notice_ends_after_it_unless_another_one_replaces_it(book, succeeded):
    book.sign(contract(), START)
    book.give_notice("usps", "amazon", START)
    if succeeded:
        book.sign(contract(start=START + 6), START + 3)
    book.advance(START + 6)
    book.tell_endings()
    state, what = (
        (ContractState.REPLACED, "is replaced by a new one")
        if succeeded
        else (ContractState.TERMINATED, "ends after notice")
    )
    assert [one.state for one in book.history if one.start == START][-1] is state
    assert f"The contract of Amazon with USPS {what}" in texts(book)


def test_events_name_the_very_contract_that_they_speak_of(book):
    book.sign(contract(), START)
    book.sign(contract(start=START + 24), START + 20)
    book.advance(START + 24)
    old, new = ("contract:usps-amazon-2025-01",), ("contract:usps-amazon-2027-01",)
    told = {event.text.rpartition("USPS ")[2]: event.about for event in book._events if event.month == START + 24}
    assert told["is replaced by a new one"] == old
    assert told["comes into force"] == new
    book.hand_over("usps", "veho", "amazon", START + 25)
    assert list(book._events)[-1].about == (*new, "contract:veho-amazon-2027-01")


def test_every_contract_event_of_a_run_leads_to_a_contract_of_its_parties_and_time(finished):
    run = finished()
    first = {one.key: one.start for one in run.book.history}
    seen = set()
    # Where a contract passes to another carrier in a merger, both its names are told.
    taken_over = {actor for event in run.events if event.kind == "merger" for actor in event.actors}
    for event in run.events:
        for key in [about.removeprefix("contract:") for about in event.about if about.startswith("contract:")]:
            if event.kind in ("violation", "compliance"):  # a price below cost is the fault of the seller alone
                assert event.actors == (key.split("-")[0],)
                continue
            assert set(key.split("-")[:2]) <= set(event.actors) | {"usps"} | taken_over
            begun = first[key]
            if "comes into force" in event.text:
                assert begun == event.month
            elif any(end in event.text for end in ("is replaced", "expires", "ends after", "ends: one")):
                assert begun < event.month
            elif event.kind == "agreement" or " sign for " in event.text:
                assert begun >= event.month
            seen.add(event.kind)
    assert {"contract", "enterprise_contract", "agreement", "shed"} <= seen
    talks = {about for event in run.events if event.kind == "talks" for about in event.about}
    assert {event.about[0] for event in run.events if event.kind == "agreement"} <= talks


def test_only_who_gets_no_new_contract_loses_one(finished):
    """October 2030: Amazon has new contracts with whom it has agreed on one, USPS and UPS among them."""
    run = finished()
    told = {
        event.actors[1]: event.text.rpartition(" with ")[2]
        for event in run.events
        if event.month == Month(2030, 10) and event.actors[0] == "amazon" and "comes into" not in event.text
    }
    names = {"usps": "USPS", "ups": "UPS", "fedex": "FedEx"}
    begun = {(one.seller, one.buyer, one.start) for one in run.book.history}
    begins = {seller: (seller, "amazon", Month(2030, 10)) in begun for seller in names}
    assert begins["usps"]
    assert begins["ups"]
    assert told == {
        seller: f"{name} is replaced by a new one" if begins[seller] else f"{name} expires"
        for seller, name in names.items()
    }


def test_who_leaves_the_market_leaves_its_contracts(book):
    book.sign(contract(), START)
    book.sign(contract(buyer="ups"), START)
    book.sign(contract(seller="veho", start=START + 6), START)
    book.leave("amazon", START + 2)
    assert [one.buyer for one in book.in_force()] == ["ups"]
    assert book.upcoming("veho", "amazon") is None
    assert [one.ends for one in book.history if one.state is ContractState.TERMINATED] == [START + 2] * 2
    book.advance(START + 6)
    assert [one.buyer for one in book.in_force()] == ["ups"]
    assert "The contract of Amazon with USPS ends: one side has left" in texts(book)
    assert "The contract of Amazon with Veho does not begin: one side has left" in texts(book)


def test_a_successor_takes_over_terms_and_what_was_delivered(book):
    book.sign(contract(), START)
    book.deliver("usps", "amazon", 70.0)
    book.sign(contract(start=START + 6), START + 1)
    book.hand_over("usps", "veho", "amazon", START + 2)
    (passed,) = book.in_force()
    assert (passed.seller, passed.price, passed.commitment) == ("veho", (4.0,), (1200.0,))
    assert book.delivered("veho", "amazon") == (70.0,)
    assert book.get("usps", "amazon").state is ContractState.ASSIGNED
    assert book.upcoming("usps", "amazon") is None
    assert book.upcoming("veho", "amazon").seller == "veho"
    assert "The contract of Amazon with USPS passes to Veho" in texts(book)


@pytest.mark.parametrize("start", [START, START + 6])
def test_a_successor_with_a_contract_of_its_own_cannot_take_over(book, start):
    book.sign(contract(), START)
    book.sign(contract(seller="veho", start=start), START)
    with pytest.raises(ValueError, match="veho cannot take over a contract of usps"):
        book.hand_over("usps", "veho", "amazon", START + 2)
    assert book.get("usps", "amazon").in_force


def test_terms_that_wait_for_approval_are_told_and_not_in_force(book):
    book.offer(contract(), START)
    assert book.get("usps", "amazon") is None
    assert book.in_force() == []
    assert texts(book) == ["Amazon and USPS table terms for 24 months"]


def test_an_event_tells_price_promise_and_term(book):
    book.sign(contract(groups=("urban", "rural"), price=(2.0, 4.0), commitment=(100.0, 200.0), cap=(1e9, 1e9)), START)
    book.sign(contract(buyer="enterprise_7"), START)
    first, *_, last = list(book._events)
    assert (book._events[0], book._events[-1], book._events[1:3]) == (first, last, list(book._events)[1:3])
    assert (first.kind, first.actors) == ("contract", ("amazon", "usps"))
    assert (last.kind, last.actors) == ("enterprise_contract", ("enterprise_7", "usps"))
    assert dict(first.numbers)["commitment_parcels"] == 300.0
    assert dict(first.numbers)["years"] == 2.0
    assert texts(book)[-1] == "The contract of enterprise shipper 7 with USPS comes into force"


def test_a_contract_taken_over_without_a_count_begins_at_nothing(book):
    book.hold(contract(start=START + -3))
    assert book.delivered("usps", "amazon") == (0.0,)


def test_events_come_in_the_order_of_what_happens(book):
    book.sign(contract(), START)
    book.sign(contract(start=START + 3), START + 3)
    assert texts(book) == [
        "Amazon and USPS sign for 24 months",
        "The contract of Amazon with USPS comes into force",
        "The contract of Amazon with USPS is replaced by a new one",
        "Amazon and USPS sign for 24 months",
        "The contract of Amazon with USPS comes into force",
    ]


def test_a_contract_that_ends_in_its_first_month_owes_nothing(book):
    book.sign(contract(notice_months=0), START)
    book.give_notice("usps", "amazon", START)
    assert book.advance(START) == []
    assert book.get("usps", "amazon").state is ContractState.TERMINATED


def test_what_was_missed_is_kept_with_its_month_down_to_half_a_parcel(book):
    signed = book.sign(contract(), START)
    book.deliver("usps", "amazon", 0.9 * 1200 - 0.5)
    settled = book.advance(START + 12)
    ((month, before, result),) = book.shortfalls
    assert (month, before) == (START + 12, signed)
    assert settled == [(before, result)]
    assert result.shortfall == pytest.approx(0.5)


def test_only_what_is_in_force_passes_to_a_successor_and_the_history_tells_it(book):
    book.hand_over("usps", "veho", "amazon", START)  # there is nothing
    assert book.get("veho", "amazon") is None
    book.sign(contract(term_months=1), START)
    book.sign(contract(start=START + 9), START)
    book.advance(START + 1)
    book.hand_over("usps", "veho", "amazon", START + 2)  # one has ended, another is to come
    assert book.in_force() == []
    waiting = book.upcoming("veho", "amazon")
    assert book.history[-1] is waiting
    book.advance(START + 9)
    book.hand_over("veho", "spee_dee", "amazon", START + 10)
    assert book.history[-1] is book.get("spee_dee", "amazon")
    assert [one.seller for one in book.in_force()] == ["spee_dee"]


def test_events_name_parties_and_amounts_for_people(finished):
    run = finished()
    texts = [event.text for event in run.events]
    assert not [
        text for text in texts if re.search(r"\b0 million|Logistics|_|\benterprise \d|\d \$|\bbn\b|e\+\d", text)
    ]
    for key in ("ontrac", "speedx", "spee_dee"):
        told = [event.text for event in run.events if key in event.actors]
        assert told
        assert all(carrier_names()[key] in text or "takes over" in text for text in told)
