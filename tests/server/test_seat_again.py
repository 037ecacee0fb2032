"""A seat that a reload has taken comes back: the same seed asks the same questions, and the kept answers are given."""

from __future__ import annotations

import json

import pytest

from model.market import ParcelMarket
from server.pages.bargaining.again import answers_of, take_again
from server.session import Choice, Session
from server.talks.sides import roster_of
from tests.server.test_seat import PATIENCE_SECONDS, PatientScreen

SMALL = (("n_enterprise_shippers", 20.0), ("n_shippers", 200.0))


def start(choice: Choice) -> ParcelMarket:
    return ParcelMarket(
        choice.settings().with_changes({"end": "2025-12"}), rng=choice.seed, roster=roster_of(choice.seat)
    )


@pytest.fixture
def tab():
    opened = []

    def open_(seat: str = ""):
        session = Session(Choice("baseline", 1, SMALL, seat), start)
        session.set_speed(float("inf"))
        screen = PatientScreen(session)
        session.follow(lambda snapshot: answers_of(session).follow(session, snapshot))
        opened.append(session)
        return session, screen

    yield open_
    for session in opened:
        session.close()
        session.join(PATIENCE_SECONDS)


def asked(screen, after: str = ""):
    return screen.wait(lambda s: s.decision is not None and s.decision.key > after).decision


def test_the_same_answers_bring_the_visitor_back_to_the_same_question(tab):
    from server.pages.bargaining.seat_card import read_answer

    first, screen = tab("amazon")
    first.play()
    key = ""
    for price in (1.5, 1.8):
        decision = asked(screen, key)
        values = {"key": decision.key, "price": [price], "accept": [False]}
        assert first.answer(decision, read_answer(values, decision)) == []
        answers_of(first).note(decision, values)
        key = decision.key
    before = asked(screen, key)
    saved = json.loads(json.dumps({"seat": "amazon", "answers": answers_of(first).told()}))
    assert [one["price"] for one in saved["answers"]] == [[1.5], [1.8]]

    second, screen = tab()
    assert take_again(second, saved)
    after = asked(screen, key)
    assert after.key == before.key
    assert [offer.price.tolist() for offer in after.question.view.offers] == [
        offer.price.tolist() for offer in before.question.view.offers
    ]
    assert answers_of(second).told() == saved["answers"]
    second.reset(Choice("baseline", 2, SMALL))  # another run has other answers
    screen.wait(lambda s: s.run is not None and s.run.seed == 2)
    assert answers_of(second).told() == []


def test_what_a_browser_keeps_is_not_trusted(tab):
    session, screen = tab()
    screen.wait(lambda s: s.status == "paused")
    for values in (
        None,
        [],
        {},
        {"seat": "ups", "answers": []},
        {"seat": "usps"},
        {"seat": "usps", "answers": [{}] * 301},
    ):
        assert not take_again(session, values)
    assert session.choice.seat == ""
    hostile = [7, {"key": 3}, {"key": "x" * 400}, {"key": "2025-03-propose", "price": "much", "accept": {}}]
    assert take_again(session, {"seat": "amazon", "answers": hostile})
    assert asked(screen).key == "2025-03-propose"  # what does not fit is asked again
    assert answers_of(session).told() == []
