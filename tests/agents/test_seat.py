"""A player in one seat of alternating offers: scripted answers, no browser and no market."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from agents.bargaining import (
    AlternatingOffers,
    Answer,
    Concession,
    PlayedByHand,
    Question,
    Side,
    Stakes,
    Talks,
    WrongAnswerError,
    as_the_model,
)

USUAL = AlternatingOffers(
    buyer=Concession(0.6, 0.35),
    seller=Concession(0.5, 0.35),
    breakdown_hazard=0.05,
    freeze_months=3,
    seller_weight=0.5,
    resume_interval=3,
    belief_gain=0.3,
)
ROUNDS = 40


def stakes(buyer=(3.78,), seller=(2.24,)) -> Stakes:
    ones = np.ones(len(buyer))
    return Stakes(1e9 * ones, np.array(buyer), np.array(seller), 2.0 * ones, 4.41 * ones)


def opened(groups=("uniform",), earliest_round=0) -> Talks:
    return Talks.opened(groups, 3.53, opening_lead=20, build_lead=9, earliest_round=earliest_round)


def play(procedure, talks: Talks, at_stake: Stakes, seed: int = 1) -> Talks:
    draws = np.random.default_rng(seed).random(ROUNDS)
    for round_ in range(ROUNDS):
        talks = procedure.advance(talks, round_, at_stake, float(draws[round_]))
    return talks


def same(one: Talks, other: Talks) -> bool:
    fields = ("price", "closed_round", "frozen_until")
    equal = all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in fields)
    offers = zip(one.offers, other.offers, strict=True)
    return equal and all(a.side is b.side and np.array_equal(a.price, b.price, equal_nan=True) for a, b in offers)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("limits", "earliest"),
    [
        (((3.78,), (2.24,)), 0),
        (((3.78,), (2.24,)), 11),
        (((2.1,), (2.4,)), 0),
        (((2.97, 2.3, 4.52), (2.12, 2.5, 2.52)), 0),
    ],
)
def test_who_answers_as_the_model_does_gets_the_models_talks(side, seed, limits, earliest):
    groups = tuple("abc"[: len(limits[0])])
    expected = play(USUAL, opened(groups, earliest), stakes(*limits), seed)
    by_hand = PlayedByHand(USUAL, side, as_the_model)
    assert same(play(by_hand, opened(groups, earliest), stakes(*limits), seed), expected)
    assert by_hand.log


@pytest.mark.parametrize("side", Side)
def test_after_an_expiry_without_a_deal_the_player_may_take_or_refuse_the_split(side):
    late, usual = opened(earliest_round=25), replace(USUAL, split_after_expiry=True)
    assert same(play(PlayedByHand(usual, side, as_the_model), late, stakes()), play(usual, late, stakes()))
    asked: list[Question] = []

    def refuse(question: Question) -> Answer:
        asked.append(question)
        return Answer() if question.kind == "settle" else question.usual

    refused = play(PlayedByHand(usual, side, refuse), late, stakes())
    assert not refused.signed
    assert [q.view.round for q in asked if q.kind == "settle"] == [26, 29, 32, 35, 38]


@pytest.mark.parametrize("side", Side)
def test_after_an_expiry_without_a_deal_the_player_is_asked_in_every_meeting(side):
    late = opened(earliest_round=25)
    assert same(play(PlayedByHand(USUAL, side, as_the_model), late, stakes()), play(USUAL, late, stakes()))
    asked: list[Question] = []

    def firm(question: Question) -> Answer:
        asked.append(question)
        return Answer(price=3.0) if question.kind == "propose" else Answer(accept=False)

    limits = ((3.78,), (3.4,)) if side is Side.BUYER else ((2.6,), (2.24,))
    talks = play(PlayedByHand(USUAL, side, firm), late, stakes(*limits))
    assert not talks.signed
    assert [q.view.round for q in asked if q.view.round > 20] == [26, 29, 32, 35, 38]
    assert {q.kind for q in asked if q.view.round > 20} == {"propose", "answer"}


def test_a_firm_buyer_pays_less_than_the_model_would():
    def firm(question: Question) -> Answer:
        return Answer(price=2.5) if question.kind == "propose" else Answer(accept=question.price <= 2.6, price=2.5)

    firm_talks = play(PlayedByHand(USUAL, Side.BUYER, firm), opened(), stakes())
    assert firm_talks.signed
    assert firm_talks.price[0] < play(USUAL, opened(), stakes()).price[0]


def test_a_counter_is_named_in_the_next_turn_without_asking_again():
    asked: list[tuple[int, str]] = []

    def counter(question: Question) -> Answer:
        asked.append((question.view.round, question.kind))
        return Answer(price=3.4) if question.kind == "answer" else question.usual

    talks = PlayedByHand(replace(USUAL, breakdown_hazard=0.0), Side.SELLER, counter)
    state = opened()
    for round_ in range(4):
        state = talks.advance(state, round_, stakes(), 1.0)
    assert asked == [(1, "answer"), (3, "answer")]
    assert [offer.price[0] for offer in state.offers if offer.side is Side.SELLER] == [3.4]


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("kind", ["propose", "answer"])
def test_who_leaves_the_table_signs_nothing_and_is_asked_no_more(side, kind):
    asked: list[str] = []

    def leave(question: Question) -> Answer:
        asked.append(question.kind)
        return Answer(leave=True) if question.kind == kind else question.usual

    procedure = PlayedByHand(USUAL, side, leave)
    talks = play(procedure, opened(), stakes())
    assert not talks.signed
    assert procedure.left
    assert asked.count(kind) == 1
    assert asked[-1] == kind
    play(procedure, opened(), stakes())
    assert asked.count(kind) == 2  # new talks, new luck


def ask_first(side: Side, earliest: int = 0, round_: int = 2) -> Question:
    found: list[Question] = []

    def keep(question: Question) -> Answer:
        found.append(question)
        return question.usual

    state, procedure = opened(earliest_round=earliest), PlayedByHand(USUAL, side, keep)
    for index in range(round_ + 1):
        state = procedure.advance(state, index, stakes(), 1.0)
    return found[-1]


@pytest.mark.parametrize(
    ("side", "answer", "told"),
    [
        (Side.BUYER, Answer(price=4.42), "$4.42 is more than the $4.41 that a parcel pays without a contract"),
        (Side.BUYER, Answer(price=float("nan")), "above $0"),
        (Side.SELLER, Answer(price=-1.0), "above $0"),
        (Side.BUYER, Answer(price=np.array([1.0, 2.0])), "price has 2 numbers"),
        (Side.BUYER, Answer(), "name a price or leave"),
        (Side.BUYER, Answer(accept=True, price=2.0), "no offer to accept"),
    ],
)
def test_an_answer_that_is_not_possible_is_refused_with_the_reason(side, answer, told):
    question = ask_first(side, round_=1 if side is Side.BUYER else 2)
    assert question.kind == "propose"
    (problem,) = question.problems(answer)
    assert told in problem
    with pytest.raises(WrongAnswerError, match=re.escape(told)):
        play(
            PlayedByHand(USUAL, side, lambda asked: answer if asked.kind == "propose" else asked.usual),
            opened(),
            stakes(),
        )


def test_nothing_is_accepted_before_the_time_and_no_counter_is_worse_than_what_lies_on_the_table():
    high = ask_first(Side.BUYER, round_=2)
    assert "worse for you" in replace(high, price=np.array([3.0])).problems(Answer(price=3.2))[0]
    early = ask_first(Side.BUYER, earliest=10, round_=2)
    assert not early.can_accept
    assert "nothing can be signed yet" in early.problems(Answer(accept=True))[0]


@pytest.mark.parametrize(("side", "price"), [(Side.BUYER, 3.95), (Side.SELLER, 2.7)])
def test_a_player_may_go_beyond_the_own_limit_and_the_model_never_does(side, price):
    at_stake = stakes(seller=(3.0,))
    # Expected: it stands as it was named, and is taken once the other side hopes for no more.
    talks = play(PlayedByHand(USUAL, side, lambda question: Answer(price=price)), opened(), at_stake)
    assert {float(offer.price[0]) for offer in talks.offers if offer.side is side} == {price}
    assert talks.signed
    assert talks.price.tolist() == [price]
    assert replace(USUAL, unbound=None) == USUAL
    for seed in range(4):
        for offer in play(USUAL, opened(), at_stake, seed).offers:
            assert (offer.price <= 3.78) if offer.side is Side.BUYER else (offer.price >= 3.0)


def test_a_player_may_take_a_price_beyond_the_own_limit():
    low = (2.6,), (2.24,)  # the seller asks 3.53 and more at first

    def takes(question: Question) -> Answer:
        return question.usual if question.kind == "propose" else Answer(accept=True)

    talks = play(PlayedByHand(USUAL, Side.BUYER, takes), opened(), stakes(*low))
    assert talks.signed
    assert talks.price[0] > 2.6
