"""The seat at the table, on the real market and without a browser: scripted answers, pause, reset and close."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from agents.bargaining import Answer, Side
from model.market import ParcelMarket
from model.records import SERIES
from server.pages.bargaining.ended import beside_model, result_values
from server.pages.bargaining.seat_card import card_values, question_values, read_answer
from server.session import Choice, Session
from server.snapshot import Snapshot
from server.talks import negotiations, seat_view
from server.talks.playable import usual_market, why_never
from server.talks.rehearsal import Rehearsal
from server.talks.seat import Decision
from server.talks.sides import SEATS, first_talks, roster_of
from server.talks.twin import MEASURES, measured
from server.talks.worth import Deal, brought
from tests.server.test_session import Screen

PATIENCE_SECONDS = 90
FEW = (("n_shippers", 150),)


def start_until(end: str, choice: Choice) -> ParcelMarket:
    return ParcelMarket(choice.settings().with_changes({"end": end}), rng=choice.seed, roster=roster_of(choice.seat))


class PatientScreen(Screen):
    """Waits for many months at once, also on a busy machine."""

    def wait(self, expected: Callable[[Snapshot], bool]) -> Snapshot:
        with self._arrived:
            assert self._arrived.wait_for(lambda: expected(self.seen[-1]), PATIENCE_SECONDS), self.seen[-1]
            return self.seen[-1]


class Player:
    """A visitor who takes a seat and answers by a script until the run has ended."""

    def __init__(self, seat: str, end: str = "2026-12", scenario: str = "baseline", overrides=()) -> None:
        self.markets: list[ParcelMarket] = []

        def start(choice: Choice) -> ParcelMarket:
            self.markets.append(start_until(end, choice))
            return self.markets[-1]

        self.session = Session(Choice(scenario, 1, (*FEW, *overrides), seat), start)
        self.session.set_speed(float("inf"))
        self.session.show_view("seat", lambda market: seat_view.extract(market, self.session.seat))
        self.screen = PatientScreen(self.session)
        self.decisions: list[Decision] = []

    def play(self, script: Callable[[Decision], Answer], to_result: bool = False) -> Snapshot:
        """Answer until the run has ended, or the talks have."""
        self.session.play()
        while True:
            now = self.screen.wait(
                lambda s: s.status == "finished" or (s.status == "paused" and s.n_done > 0) or self._is_new(s.decision)
            )
            if now.decision is None and (now.status == "finished" or to_result):
                return now
            if now.decision is None:  # it stands still once the talks are over
                self.session.play()
                self.screen.wait(lambda s, before=now.number: s.number > before)
                continue
            self.decisions.append(now.decision)
            assert self.session.answer(now.decision, script(now.decision)) == []

    def _is_new(self, decision: Decision | None) -> bool:
        return decision is not None and decision not in self.decisions


@pytest.fixture
def player():
    opened: list[Player] = []

    def sit(*args, **options) -> Player:
        opened.append(Player(*args, **options))
        return opened[-1]

    yield sit
    for one in opened:
        one.session.close()
        one.session.join(PATIENCE_SECONDS)
        assert not one.session.is_alive


@cache
def models_run(end: str) -> ParcelMarket:
    """What the model plays by itself."""
    return start_until(end, Choice(overrides=FEW)).run()


@pytest.mark.thorough("amazon")
@pytest.mark.parametrize("seat", SEATS)
def test_who_answers_as_the_model_does_gets_the_models_run_to_the_bit(player, seat):
    by_hand = player(seat, end="2026-08")
    last = by_hand.play(lambda decision: decision.question.usual)
    expected = models_run("2026-08")
    mine = by_hand.markets[0]
    for series in SERIES:
        np.testing.assert_array_equal(mine.records[series.name], expected.records[series.name], err_msg=series.name)
    told = [event.text for event in mine.events if event.kind != "hand"]
    assert told == [event.text for event in expected.events]
    assert last.run.seat == seat
    assert len(by_hand.decisions) == 15
    by_hand.session.seat.twin.join(PATIENCE_SECONDS)
    view = seat_view.extract(mine, by_hand.session.seat)
    assert view.models_ended == view.ended != ()
    assert all(line.yours == line.models for line in view.lines)
    card = card_values(last, view, "")
    assert card["lines"] == []  # a sentence says what a table of zeros would
    assert card["equal"].startswith("Until August 2026 the two runs have brought the same.")
    # Nobody is told "you" for what the model did in the seat.
    assert all(re.match(r"Round \d+: the model (accepts|declines|names) ", move) for move in view.moves)
    assert card["whose"] == "What the model has done for you (15)"
    both = card_values(last, replace(view, by_model=4), "")
    assert both["whose"] == "What was done in your seat (11 by you, 4 by the model)"


@pytest.mark.thorough
def test_leaving_the_table_costs_parcels_and_the_twin_shows_what_the_model_would_have_got(player):
    by_hand = player("usps", end="2027-03")
    last = by_hand.play(lambda decision: Answer(leave=True))
    assert len(by_hand.decisions) == 1
    market, twin = by_hand.markets[0], by_hand.session.seat.twin
    assert not market.state.talks["usps", "amazon"].talks.signed
    assert "has left the table" in negotiations.extract(market).table.entry.reason
    twin.join(PATIENCE_SECONDS)
    np.testing.assert_array_equal(twin.run.figures, measured(models_run("2027-03")))
    view = seat_view.extract(market, by_hand.session.seat)
    lines = {line.name: line for line in view.lines}
    assert len(lines) == len(MEASURES)
    assert lines["Amazon's parcels at USPS"].yours < lines["Amazon's parcels at USPS"].models
    assert lines["Amazon's delivery costs"].yours > lines["Amazon's delivery costs"].models
    assert view.ended == ()
    assert "no agreement until now" in card_values(last, view, "")["compared"]
    assert "no finding" in card_values(last, view, "")["compared"]
    ended = ("2026-05: Amazon and USPS agree on $2.70 from 2026-10", "2029-04: Amazon and USPS agree on $3.79")
    told = card_values(last, replace(view, ended=ended, models_ended=ended[:1]), "")["compared"]
    assert "You: May 2026: Amazon and USPS agree on $2.70 from October 2026; April 2029: Amazon" in told
    assert "with the same seed: May 2026: Amazon and USPS agree on $2.70 from October 2026. Same" in told


@pytest.mark.thorough
def test_the_comparison_stays_when_the_next_talks_open(player):
    by_hand = player("usps", end="2027-04", overrides=(("term_strategic", 24),))
    by_hand.play(lambda decision: decision.question.usual)
    by_hand.session.seat.twin.join(PATIENCE_SECONDS)
    view = seat_view.extract(by_hand.markets[0], by_hand.session.seat)
    assert not view.game.first
    assert view.lines
    assert view.ended[0] == view.models_ended[0]
    assert view.ended[0] < "2026-10"


@pytest.mark.thorough
def test_a_better_price_than_the_models_shows_in_money(player):
    def firm(decision: Decision) -> Answer:
        question = decision.question
        if question.kind == "propose":
            return Answer(price=2.3)
        return Answer(accept=True) if question.can_accept and question.price[0] < 2.69 else Answer(price=2.3)

    by_hand = player("amazon", end="2027-03")
    by_hand.play(firm)
    by_hand.session.seat.twin.join(PATIENCE_SECONDS)
    view = seat_view.extract(by_hand.markets[0], by_hand.session.seat)
    assert len(view.ended) == 1
    assert view.ended != view.models_ended
    accepted = re.match(r"Round \d+: you accept \$(2\.\d\d)", view.moves[-1])
    assert accepted is not None
    assert 2.3 <= float(accepted[1]) <= 2.69
    assert any("you decline" in move and "name $2.30" in move for move in view.moves)
    cost = next(line for line in view.lines if line.name == "Amazon's delivery costs")
    assert cost.yours < cost.models


def test_a_player_sees_its_own_side_only(player):
    decisions = {}
    for seat in SEATS:
        by_hand = player(seat, end="2025-06")
        by_hand.session.play()
        decisions[seat] = by_hand.screen.wait(lambda s: s.decision is not None).decision
    amazon, usps = decisions["amazon"], decisions["usps"]
    assert amazon.question.kind == "propose"
    assert usps.question.kind == "answer"
    assert amazon.question.view.reservation[0] != usps.question.view.reservation[0]
    assert usps.own_cost[0] <= usps.question.view.reservation[0]
    for decision, sign in ((amazon, -1), (usps, 1)):
        known, limit = decision.reckoned, decision.question.view.reservation[0]
        assert (known.parcels > 0).all()
        assert (np.diff(known.gain) * sign > 0).all()
        # The own limit is where a deal is worth nothing: figures and limit say the same.
        assert np.interp(limit, known.price, known.gain) == pytest.approx(0.0, abs=1.0)


@pytest.mark.thorough
def test_a_run_that_waits_can_be_paused_reset_and_closed(player):
    by_hand = player("amazon", end="2026-12")
    session, screen = by_hand.session, by_hand.screen
    session.play()
    waiting = screen.wait(lambda s: s.status == "waiting")
    session.show_view("months", lambda market: market.records.n)
    screen.wait(lambda s: s.views.get("months") == waiting.n_done and s.decision is waiting.decision)
    session.pause()
    assert session.answer(waiting.decision, Answer(price=2.0)) == []
    assert session.answer(waiting.decision, Answer(price=2.1)) == []  # too late, and of no effect
    second = screen.wait(lambda s: s.status == "waiting" and s.decision is not waiting.decision)
    twin = session.seat.twin
    session.reset(Choice("baseline", 2))
    fresh = screen.wait(lambda s: s.status == "paused" and s.run is not None and s.run.seed == 2)
    assert fresh.run.seat == ""
    assert fresh.decision is None
    assert session.seat is None
    assert session.answer(second.decision, Answer(leave=True)) == []
    twin.join(PATIENCE_SECONDS)
    assert not twin.is_alive
    session.reset(Choice("baseline", 1, seat="usps"))
    session.play()
    screen.wait(lambda s: s.status == "waiting")
    twin = session.seat.twin
    session.close()
    session.join(PATIENCE_SECONDS)
    twin.join(PATIENCE_SECONDS)
    assert not session.is_alive
    assert not twin.is_alive


def test_an_answer_that_is_not_possible_is_refused_and_the_run_waits_on(player):
    by_hand = player("amazon", end="2025-06")
    by_hand.session.play()
    decision = by_hand.screen.wait(lambda s: s.decision is not None).decision
    (problem,) = by_hand.session.answer(decision, Answer(price=9.0))
    assert "$9.00 is more than the $4.41 that a parcel pays without a contract" in problem
    assert by_hand.session.snapshot.status == "waiting"
    assert by_hand.session.answer(decision, Answer(price=2.0)) == []


@pytest.mark.parametrize(
    ("scenario", "told"),
    [("withdraw", "imposed"), ("auction_vcg", "by auction"), ("renew", "imposed")],
)
def test_where_there_is_nothing_to_bargain_over_nobody_can_sit(player, scenario, told):
    by_hand = player("usps", scenario=scenario)
    failed = by_hand.screen.wait(lambda s: s.status == "failed")
    assert told in failed.message


def test_a_seat_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="seat must be one of usps, amazon or empty, not 'ups'"):
        Choice(seat="ups")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (None, "not understood"),
        ({"price": "3"}, "does not fit"),
        ({"price": [1, 2]}, "does not fit"),
        ({"accept": [False], "price": [None]}, "name a price"),
        ({"accept": [False], "price": ["2.9"]}, "name a price"),
        ({"accept": [False], "price": [True]}, "name a price"),
    ],
)
def test_what_a_browser_sends_is_checked(player, values, told):
    by_hand = player("usps", end="2025-04")
    by_hand.session.play()
    decision = by_hand.screen.wait(lambda s: s.decision is not None).decision
    with pytest.raises(ValueError, match=told):
        read_answer(values, decision)
    answer = read_answer({"accept": [False], "price": [2.95]}, decision)
    assert (answer.accept == [False]).all()
    assert (answer.price == [2.95]).all()
    assert read_answer({"leave": True, "price": "x"}, decision).leave


def test_price_groups_are_answered_one_by_one(player):
    groups = tuple({"price_structure": "by_zone_type", "earliest_signature": "2025-01"}.items())
    by_hand = player("usps", end="2025-06", overrides=groups)
    by_hand.session.play()
    decision = by_hand.screen.wait(lambda s: s.decision is not None).decision
    shown = question_values(decision)
    assert [thread["name"] for thread in shown["threads"]] == ["urban", "suburban", "rural"]
    assert shown["can_accept"]
    answer = read_answer({"accept": [False, False, True], "price": [3.0, 2.9, None]}, decision)
    assert answer.accept.tolist() == [False, False, True]
    assert answer.price[:2].tolist() == [3.0, 2.9]
    assert decision.reckoned is None
    assert by_hand.session.answer(decision, answer) == []


def known(by_hand: Player):
    """What the page shows once the model's run and the best deal are known."""
    by_hand.session.seat.twin.join(PATIENCE_SECONDS)
    return seat_view.extract(by_hand.markets[0], by_hand.session.seat)


def beyond(decision: Decision) -> Answer:
    """Bids ever more, beyond the own limit too, and takes nothing."""
    round_ = decision.question.view.round
    return Answer(price=round(2.0 + 0.2 * round_, 2)) if decision.question.kind == "propose" else Answer()


def play_beyond():
    """Play like this until the talks are over: the last question, and what the page shows then."""
    by_hand = Player("amazon", end="2026-10")
    last = by_hand.play(beyond, to_result=True)
    assert last.status == "paused"  # how it went is shown before what follows
    found = by_hand.decisions[-1], known(by_hand)
    by_hand.session.close()
    return found


@cache
def beyond_once():
    return play_beyond()


def test_a_bid_beyond_the_own_limit_stands_is_priced_and_costs_what_was_said():
    last, view = beyond_once()
    result = view.game.result
    assert result.deal.price > last.question.view.reservation[0]
    # What was shown beside the slider, what was expected of it, and the sign of what it brought agree.
    shown = float(np.interp(result.deal.price, last.reckoned.price, last.reckoned.gain))
    assert shown < 0
    assert result.expected == pytest.approx(shown, rel=1e-6)
    assert result.deal.parcels == pytest.approx(last.reckoned.parcels[0])
    assert result.score == round(100 * result.deal.gain / result.best.gain)
    assert result.score < 50


def test_the_same_moves_give_the_same_score():
    (_, one), (_, other) = beyond_once(), play_beyond()
    assert one.moves == other.moves
    for name in ("deal", "best", "model", "score", "limits"):
        assert getattr(one.game.result, name) == getattr(other.game.result, name), name


@pytest.mark.thorough
def test_who_answers_as_the_model_does_signs_what_the_model_signs(player):
    by_hand = player("usps", end="2026-10")
    by_hand.play(lambda decision: decision.question.usual, to_result=True)
    view = known(by_hand)
    result = view.game.result
    assert result.deal == result.model
    assert result.models_offers == view.game.offers
    assert result.best.gain >= result.deal.gain
    assert result.best.round <= view.game.expiry
    told = result_values(view, view.game, 1)
    assert "The same price as the model" in told["headline"]
    assert f"{result.score} of 100" in told["share"]
    assert "no finding" in told["no_finding"]


def test_the_best_deal_can_really_be_had():
    best = beyond_once()[1].game.result.best

    class Takes(Rehearsal):
        def __call__(self, question):
            if question.view.round != best.round:
                return super().__call__(question)
            return Answer(price=best.price) if question.kind == "propose" else Answer(accept=True)

    market = start_until("2026-12", Choice(overrides=FEW, seat="amazon"))
    market.agent("amazon").seat = Takes(market, "amazon")
    while not market.finished:
        market.step()
    deal = brought(market, first_talks(market), Side.BUYER)
    assert (deal.round, deal.price) == (best.round, pytest.approx(best.price))
    assert deal.gain == pytest.approx(best.gain, rel=1e-3)


@pytest.mark.thorough("usps")
@pytest.mark.parametrize("seat", SEATS)
def test_what_the_other_side_could_accept_is_nowhere_before_the_end(player, seat):
    # A player who never signs, until months after the contract has ended.
    by_hand = player(seat, end="2027-01")
    other = 0 if seat == "usps" else 1
    market = None

    def watch(decision: Decision) -> Answer:
        nonlocal market
        market = by_hand.markets[0]
        by_hand.screen.wait(lambda s: s.decision is decision and "seat" in s.views)
        shown = card_values(by_hand.session.snapshot, seat_view.extract(market, by_hand.session.seat), "")
        assert shown["result"] is None
        # What a price brings follows from the own limit alone; see the test of what a player sees.
        shown["question"].pop("reckoned")
        numbers = np.array([float(one) for one in re.findall(r"\d+\.\d{2,}", repr(shown))])
        state = market.state.talks["usps", "amazon"]
        named = [offer.price[0] for offer in state.talks.offers] + [decision.question.price[0]]
        for _, *limits in state.limits:
            limit = float(limits[other][0])
            if not np.isclose(named, limit, atol=1e-9).any():  # one who offers its limit tells it
                assert not np.isclose(numbers, limit, rtol=0, atol=6e-5).any(), limit
        return Answer(price=1.45 if seat == "amazon" else 4.4) if decision.question.kind == "propose" else Answer()

    by_hand.play(watch)
    assert len(by_hand.decisions) > 20
    assert market.state.talks["usps", "amazon"].talks.expiry_round < by_hand.decisions[-1].question.view.round


@pytest.mark.parametrize(
    ("seat", "price", "models", "told"),
    [
        ("usps", 3.58, 3.57, "One cent better than the model."),
        ("amazon", 3.58, 3.57, "One cent worse than the model."),
        ("usps", 3.5749, 3.5651, "The same price as the model."),
        ("amazon", 2.15, 3.4, "$1.25 better than the model."),
    ],
)
def test_prices_are_compared_in_the_cents_that_are_shown(seat, price, models, told):
    assert beside_model(seat, Deal(11, price, 1e8, 1e7), Deal(10, models, 1e8, 1e7)) == told


def test_where_nothing_can_be_signed_the_game_says_so_and_ends_with_the_contract(player):
    by_hand = player("amazon", end="2027-03", scenario="impasse")
    last = by_hand.play(lambda d: Answer(price=2.65) if d.question.kind == "propose" else Answer(), to_result=True)
    asked = question_values(by_hand.decisions[0])
    assert asked["never"]
    assert "In 'No agreement' nothing can be signed" in asked["why"]
    assert last.status == "paused"
    assert str(last.month) == "2026-10"  # when the contract ends, and not at the end of the run
    result = card_values(last, known(by_hand), "")["result"]
    assert result["headline"] == "No deal. None could be signed here."
    assert "lets nothing be signed in the whole run" in result["told"][0]
    assert result["never"]
    assert not result["pending"]


@pytest.mark.parametrize(
    ("choice", "usual"),
    [
        (Choice("impasse", 5), Choice("baseline", 5)),
        (Choice("impasse", 5, FEW, "usps"), Choice("baseline", 5, FEW)),
        (Choice("baseline", 5, (("earliest_signature", "2100-01"), *FEW)), Choice("baseline", 5, FEW)),
        (Choice("baseline", 3, FEW), Choice("baseline", 3, FEW)),
    ],
)
def test_the_usual_market_keeps_luck_and_changes_and_lets_a_deal_be_signed(choice, usual):
    assert usual_market(choice) == usual
    assert why_never(usual.settings()) == ""


def test_a_player_who_may_not_accept_yet_is_told_what_the_model_would_name(player):
    by_hand = player("usps", end="2025-06")
    by_hand.session.play()
    decision = by_hand.screen.wait(lambda s: s.decision is not None).decision
    assert decision.question.kind == "answer"
    advice = question_values(decision)["advice"]
    assert re.search(r"would not accept, .* that would be \$\d\.\d\d\.", advice)
