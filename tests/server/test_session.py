from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields

import numpy as np
import pytest

from agents.calendar import Month
from server.parts import catch_up
from server.session import TURNS, Choice, Session
from server.snapshot import Snapshot
from server.stepping.pace import frame_seconds
from server.stepping.stepper import MONTHS_A_TURN, MONTHS_IN_FRONT, Stepper

PATIENCE_SECONDS = 20


class Screen:
    """Stands for a browser: keeps the snapshots that it is sent and, unless it is slow, acknowledges each."""

    def __init__(self, session: Session, acknowledges: bool = True) -> None:
        self.session, self.acknowledges = session, acknowledges
        self.seen: list[Snapshot] = [session.snapshot]
        self._arrived = threading.Condition()
        session.listen(self._show)
        self._show(session.snapshot)

    def _show(self, snapshot: Snapshot) -> None:
        with self._arrived:
            self.seen.append(snapshot)
            self._arrived.notify_all()
        if self.acknowledges:
            self.session.acknowledge(snapshot.number)

    def wait(self, expected: Callable[[Snapshot], bool]) -> Snapshot:
        with self._arrived:
            assert self._arrived.wait_for(lambda: expected(self.seen[-1]), PATIENCE_SECONDS), self.seen[-1]
            return self.seen[-1]


@pytest.fixture
def opened() -> Iterator[list[Session]]:
    sessions: list[Session] = []
    yield sessions
    for session in sessions:
        session.close()
        session.join(PATIENCE_SECONDS)


@pytest.fixture
def open_session(opened, fake_market):
    def open_session(choice: Choice | None = None, acknowledges: bool = True, start=None, **options) -> Screen:
        session = Session(choice, start or fake_market, **options)
        opened.append(session)
        session.set_speed(float("inf"))
        return Screen(session, acknowledges)

    return open_session


def is_paused(snapshot: Snapshot) -> bool:
    return snapshot.status == "paused"


def test_step_simulates_exactly_one_month(open_session):
    screen = open_session()
    before = screen.wait(is_paused)
    assert (before.n_done, before.month) == (0, None)
    screen.session.step()
    after = screen.wait(lambda s: is_paused(s) and s.n_done > 0)
    assert (after.n_done, after.month) == (1, Month(2025, 1))
    assert "January 2025" in after.headline


def test_play_runs_to_the_last_month_and_then_rests(open_session):
    screen = open_session()
    screen.session.play()
    last = screen.wait(lambda s: s.status == "finished")
    assert last.n_done == 24
    assert last.month == Month(2026, 12)
    assert last.volume.shape == (24, 5)


def test_pause_stops_between_months_and_play_goes_on(open_session, fake_market):
    screen = open_session(start=lambda choice: fake_market(choice, step_seconds=0.02))
    screen.session.play()
    screen.wait(lambda s: s.n_done >= 2)
    screen.session.pause()
    paused = screen.wait(is_paused)
    assert 2 <= paused.n_done < 24
    screen.session.play()
    assert screen.wait(lambda s: s.status == "finished").n_done == 24


class Queue:
    """Turns as where many play: each is counted, and hands are full."""

    competing = 10
    longest_seconds = 0.0

    def __init__(self) -> None:
        self.turns: list[bool] = []

    @contextmanager
    def turn(self, wanted: object = None, first: bool = False) -> Iterator[bool]:
        self.turns.append(first)
        yield True


def test_where_many_play_a_turn_is_worth_a_few_months_and_the_first_ones_come_before_others(fake_market):
    queue, choice = Queue(), Choice()
    seen: list[Snapshot] = []
    made, finished = threading.Event(), threading.Event()

    def show(snapshot: Snapshot) -> None:
        assert made.wait(PATIENCE_SECONDS)
        seen.append(snapshot)
        stepper.acknowledge(snapshot.number)
        if snapshot.status == "finished":
            finished.set()

    stepper = Stepper(choice, 0, lambda: True, show, fake_market, queue)
    made.set()
    stepper.set_speed(float("inf"))
    stepper.want_months(float("inf"))
    assert finished.wait(PATIENCE_SECONDS)
    assert seen[-1].n_done == 24
    assert len(queue.turns) == 1 + 24 / MONTHS_A_TURN  # one for the start
    in_front = 1 + -(-MONTHS_IN_FRONT // MONTHS_A_TURN)
    assert queue.turns == [True] * in_front + [False] * (len(queue.turns) - in_front)
    stepper.close()
    stepper.join(PATIENCE_SECONDS)


def test_a_few_months_a_turn_are_no_more_than_a_visitor_wants(fake_market):
    queue = Queue()
    screen: list[Snapshot] = []
    stepper = Stepper(Choice(), 0, lambda: True, screen.append, fake_market, queue)
    stepper.set_speed(float("inf"))
    stepper.want_months(2)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (screen and screen[-1].status == "paused" and screen[-1].n_done):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert screen[-1].n_done == 2
    stepper.close()
    stepper.join(PATIENCE_SECONDS)


def test_slow_speed_waits_between_months_but_still_pauses_at_once(open_session):
    screen = open_session()
    screen.wait(is_paused)
    screen.session.set_speed(0.001)
    screen.session.play()
    screen.wait(lambda s: s.status == "playing")
    screen.session.pause()
    assert screen.wait(is_paused).n_done <= 1


def test_reset_starts_the_chosen_run_from_its_first_month(open_session):
    screen = open_session()
    screen.session.play()
    screen.wait(lambda s: s.status == "finished")
    screen.session.reset(Choice("withdraw", 42))
    fresh = screen.wait(lambda s: is_paused(s) and s.n_done == 0)
    assert fresh.run is not None
    assert (fresh.run.scenario, fresh.run.seed, fresh.run.forced) == ("withdraw", 42, True)
    assert fresh.headline == ""


@pytest.mark.thorough
def test_a_run_that_was_left_gives_its_memory_back_before_the_next_one_begins(open_session, fake_market):
    alive = weakref.WeakSet()
    left = []

    def start(choice):
        left.append(len(alive))
        alive.add(market := fake_market(choice))
        market.itself = market  # as a real market, which its agents hold
        return market

    gc.disable()
    try:
        screen = open_session(start=start)
        for seed in (7, 8):
            screen.wait(is_paused)
            screen.session.reset(Choice(seed=seed))
            screen.wait(lambda snapshot, seed=seed: snapshot.run is not None and snapshot.run.seed == seed)
    finally:
        gc.enable()
    assert left == [0, 0, 0]


def test_two_sessions_never_mix(open_session):
    one, two = open_session(Choice(seed=10)), open_session(Choice(seed=70))
    one.session.play()
    two.session.step()
    finished = one.wait(lambda s: s.status == "finished")
    stepped = two.wait(lambda s: is_paused(s) and s.n_done > 0)
    assert (finished.n_done, stepped.n_done) == (24, 1)
    assert finished.own_share[-1, 0] == pytest.approx(0.10)
    assert stepped.own_share[-1, 0] == pytest.approx(0.70)


def test_an_error_in_a_month_stops_the_run_for_good_and_is_shown(open_session, fake_market):
    screen = open_session(start=lambda choice: fake_market(choice, fails_in=Month(2025, 3)))
    screen.session.play()
    failed = screen.wait(lambda s: s.status == "failed")
    assert "2025-03" in failed.message
    assert "parcels were lost" in failed.message
    screen.session.look_back(1)
    earlier = screen.wait(lambda s: s.shown == 1)
    assert (earlier.status, earlier.n_done, earlier.message) == ("failed", failed.n_done, failed.message)
    screen.session.step()
    screen.session.reset(Choice(seed=2))
    assert screen.wait(lambda s: is_paused(s) and s.n_done == 0).message == ""


def test_a_run_that_cannot_start_says_why(open_session):
    def start(choice: Choice) -> None:
        raise ValueError("no such scenario")

    screen = open_session(start=start)
    assert "no such scenario" in screen.wait(lambda s: s.status == "failed").message
    screen.session.play()
    screen.session.reset(Choice())
    screen.wait(lambda s: s.status == "preparing" or s.number > 3)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match=f"seed must be between 0 and .*, not {seed}"):
        Choice(seed=seed)


def test_a_closed_session_ends_its_thread_even_while_it_plays(open_session, fake_market):
    screen = open_session(start=lambda choice: fake_market(choice, step_seconds=0.05))
    screen.session.play()
    screen.wait(lambda s: s.n_done >= 1)
    screen.session.close()
    screen.session.join(PATIENCE_SECONDS)
    assert not screen.session.is_alive
    assert screen.seen[-1].n_done < 24


def test_a_run_that_nobody_watches_is_paused(open_session):
    watched = threading.Event()
    screen = open_session(is_watched=watched.is_set)
    screen.session.play()
    assert screen.wait(lambda s: is_paused(s) and s.run is not None).n_done == 0
    watched.set()
    screen.session.play()
    screen.wait(lambda s: s.status == "finished")


def test_a_browser_that_draws_nothing_is_sent_no_more_pictures_until_the_end(open_session):
    screen = open_session(acknowledges=False)
    screen.session.play()
    last = screen.wait(lambda s: s.status == "finished")
    playing = [s for s in screen.seen if s.status == "playing"]
    assert len(playing) <= 2
    assert last.n_done == 24


def test_a_browser_that_says_it_drew_rubbish_is_not_heard(open_session):
    screen = open_session(acknowledges=False)
    for said in ({"a": 1}, "7", None, True, -1, 10**9, float("nan")):
        screen.session.acknowledge(said)
    screen.session.play()
    assert screen.wait(lambda s: s.status == "finished").n_done == 24
    assert len([s for s in screen.seen if s.status == "playing"]) <= 2


def test_snapshots_are_numbered_and_keep_their_numbers_while_the_market_runs_on(open_session):
    screen = open_session()
    screen.session.step()
    first = screen.wait(lambda s: is_paused(s) and s.n_done == 1)
    kept = {field.name: np.copy(getattr(first, field.name)) for field in fields(first) if field.name != "run"}
    screen.session.play()
    screen.wait(lambda s: s.status == "finished")
    for name, value in kept.items():
        np.testing.assert_array_equal(getattr(first, name), value)
    numbers = [s.number for s in screen.seen[2:]]
    assert numbers == sorted(set(numbers))


def test_a_page_gets_its_own_view_of_the_market_with_each_snapshot(open_session):
    screen = open_session()
    screen.wait(is_paused)
    screen.session.show_view("months", lambda market: market.records.n)
    screen.wait(lambda snapshot: snapshot.views.get("months") == 0)
    screen.session.step()
    screen.wait(lambda snapshot: snapshot.views.get("months") == 1)
    screen.session.show_view("months", None)
    screen.session.step()
    screen.wait(lambda snapshot: snapshot.n_done == 2 and "months" not in snapshot.views)


def test_a_view_that_fails_is_told_and_does_not_take_the_session_down(open_session):
    screen = open_session()
    screen.wait(is_paused)
    screen.session.show_view("broken", lambda market: 1 / 0)
    screen.wait(lambda snapshot: snapshot.status == "failed" and "division" in snapshot.message)
    screen.session.show_view("broken", None)
    screen.session.reset(Choice())
    screen.wait(is_paused)


def test_one_can_look_back_while_the_run_goes_on(open_session):
    screen = open_session()
    screen.session.play()
    screen.wait(lambda s: s.status == "finished")
    screen.session.look_back(3)
    back = screen.wait(lambda s: s.shown == 3)
    assert (back.n_done, back.month) == (24, Month(2025, 3))
    assert back.headline.startswith("March 2025: ")
    assert back.place_price[0, -1] == pytest.approx((3500 * 6 + 4500 * 2) / 8 / 500 + 0.4)
    screen.session.look_back(None)
    now = screen.wait(lambda s: s.shown == 24)
    assert now.headline.startswith("December 2026: ")
    screen.session.look_back(99)
    screen.wait(lambda s: s.shown == 24 and s.number > now.number)


def test_one_stays_at_a_month_while_newer_ones_come(open_session):
    screen = open_session()
    screen.session.step()
    screen.wait(lambda s: is_paused(s) and s.n_done == 1)
    screen.session.look_back(1)
    screen.session.play()
    last = screen.wait(lambda s: s.status == "finished")
    assert (last.n_done, last.shown, last.month) == (24, 1, Month(2025, 1))


@pytest.mark.parametrize("months", [0, -3])
def test_there_is_nothing_before_the_first_month(open_session, months):
    screen = open_session()
    with pytest.raises(ValueError, match=f"first month to look back to is 1, not {months}"):
        screen.session.look_back(months)


def test_a_run_can_begin_with_months_done_at_once_however_slow_it_plays(open_session):
    screen = open_session(months=5)
    screen.session.set_speed(0.001)
    screen.wait(lambda s: is_paused(s) and s.n_done == 5)
    screen.session.reset(Choice(), months=2)
    assert screen.wait(lambda s: is_paused(s) and s.n_done == 2).month == Month(2025, 2)


def test_a_question_is_answered_once_from_the_market(open_session):
    screen = open_session()
    screen.session.step()
    screen.wait(lambda s: is_paused(s) and s.n_done == 1)
    answers: list[object] = []
    answered = threading.Event()
    screen.session.ask(lambda market: 1 / 0, answers.append)
    screen.session.ask(lambda market: market.records.n, lambda n: (answers.append(n), answered.set()))
    assert answered.wait(PATIENCE_SECONDS)
    assert answers == [1]


def test_pictures_become_rarer_when_they_are_dear_and_many_play():
    for playing, seconds in ((0, 1 / 20), (1, 1 / 20), (7, 0.8), (9, 16 / 15), (13, 1.1), (400, 1.1)):
        assert frame_seconds(0.02, playing) == pytest.approx(seconds)


def test_pausing_does_not_wait_for_a_turn(open_session):
    screen = open_session()
    screen.session.step()
    screen.wait(lambda s: is_paused(s) and s.n_done == 1)
    with TURNS.turn(), TURNS.turn():  # others take them all
        screen.session.play()
        screen.wait(lambda s: s.status == "playing")
        screen.session.pause()
        assert screen.wait(is_paused).n_done == 1
    screen.session.step()
    screen.wait(lambda s: is_paused(s) and s.n_done == 2)


def test_a_page_that_opens_while_the_market_becomes_ready_ends_with_the_newest_picture():
    """The session's thread shows a picture after the page has looked and before it has shown what it saw."""
    told = []

    class Ready:
        snapshot = "preparing"

    def show(snapshot: str) -> None:
        if not told:
            Ready.snapshot = "paused"
            told.append("paused")
        told.append(snapshot)

    catch_up(Ready, show)
    assert told == ["paused", "preparing", "paused"]
