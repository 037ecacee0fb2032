"""A seat comes back with its address: the same seed asks the same questions, and the same moves are made again."""

from __future__ import annotations

import pytest

from model.market import ParcelMarket
from server.address import read_query, write_query
from server.pages.bargaining.again import answers_of, give, play_again
from server.session import Choice, Session
from server.talks.moves import answer_of, move_of, read_moves, write_moves
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

    def open_(address: str):
        view = read_query(address)
        session = Session(view.choice, start, months=view.months)
        session.set_speed(float("inf"))
        play_again(session, view.moves, view.months)
        screen = PatientScreen(session)
        session.follow(lambda snapshot: answers_of(session).follow(session, snapshot))
        answers_of(session).follow(session, session.snapshot)
        opened.append(session)
        return session, screen

    yield open_
    for session in opened:
        session.close()
        session.join(PATIENCE_SECONDS)


def asked(screen, after: str = ""):
    return screen.wait(lambda s: s.decision is not None and s.decision.key > after).decision


@pytest.mark.thorough
def test_the_address_brings_the_visitor_back_to_the_same_question(tab):
    first, screen = tab(write_query(Choice("baseline", 1, SMALL, "amazon"), None))
    key = ""
    for values in ({"accept": [False], "price": [1.5]}, {"accept": [False], "price": []}):
        decision = asked(screen, key)
        assert give(first, decision, values) == []
        key = decision.key
    before = asked(screen, key)
    address = write_query(first.choice, before.month, answers_of(first).moves)
    assert "seat=amazon&moves=1.5-w&" in address

    second, screen = tab(address)
    after = asked(screen, key)
    assert after.key == before.key
    assert [offer.price.tolist() for offer in after.question.view.offers] == [
        offer.price.tolist() for offer in before.question.view.offers
    ]
    assert answers_of(second).moves == ("1.5", "w")
    second.reset(Choice("baseline", 2, SMALL))  # another run has other answers
    screen.wait(lambda s: s.run is not None and s.run.seed == 2)
    assert answers_of(second).moves == ()


def test_moves_that_do_not_fit_are_dropped_and_the_visitor_is_asked(tab):
    session, screen = tab(f"{write_query(Choice('baseline', 1, SMALL, 'amazon'), None)}&moves=t-1.5")
    assert asked(screen).key == "2025-03-propose"
    assert answers_of(session).moves == ()


@pytest.mark.parametrize(
    ("values", "move"),
    [
        ({"leave": True}, "l"),
        ({"model": True}, "m"),
        ({"accept": [True], "price": []}, "t"),
        ({"accept": [False], "price": []}, "w"),
        ({"accept": [False], "price": [2.3]}, "2.3"),
        ({"accept": [True, False, False], "price": [None, 2.95, 3]}, "t_2.95_3"),
    ],
)
def test_a_move_is_written_and_read(values, move):
    assert move_of(values) == move
    assert move_of(answer_of(move)) == move
    assert read_moves(write_moves((move, "w"))) == (move, "w")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("seat=ups", "seat must be one of usps, amazon, not 'ups'"),
        ("scenario=withdraw&seat=usps", "seat: in 'Amazon withdraws' the parcels of Amazon at USPS are imposed"),
        ("moves=t", "moves: nobody sits at the table"),
        ("seat=usps&moves=t-x", "moves: 'x' is no move; allowed: t (take)"),
        ("seat=usps&moves=1e9", "moves: '1e9' is no move"),
        ("seat=usps&moves=" + "-".join("w" * 301), "moves: there are 301; allowed: at most 300"),
    ],
)
def test_an_address_that_names_no_seat_or_no_moves_says_so(query, told):
    with pytest.raises(ValueError, match=told.replace("(", r"\(").replace(")", r"\)")):
        read_query(query)


def test_talks_that_are_left_to_the_model_ask_no_more(tab):
    session, screen = tab(f"{write_query(Choice('baseline', 1, SMALL, 'amazon'), None)}&moves=m")
    last = screen.wait(lambda s: s.status == "finished")
    assert last.decision is None
    assert len(answers_of(session).moves) > 1
    assert set(answers_of(session).moves) == {"m"}
