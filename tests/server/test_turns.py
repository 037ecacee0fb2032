from __future__ import annotations

import threading
import time

from server.turns import Turns

PATIENCE_SECONDS = 20


def test_no_more_than_allowed_compute_at_once():
    turns, passed = Turns(2), threading.Event()

    def third() -> None:
        with turns.turn():
            passed.set()

    with turns.turn():
        with turns.turn():
            thread = threading.Thread(target=third)
            thread.start()
            assert not passed.wait(0.05)
        assert passed.wait(PATIENCE_SECONDS)
    thread.join(PATIENCE_SECONDS)
    assert turns.competing == 0


def queue_up(turns: Turns, wishes: list[tuple[object, bool]]) -> list[object]:
    """Let so many wait one after the other, each with its name and whether it comes first; who is served when."""
    served = []

    def work(name: object, first: bool) -> None:
        with turns.turn(first=first):
            served.append(name)

    threads = [threading.Thread(target=work, args=wish) for wish in wishes]
    with turns.turn():
        for queued, thread in enumerate(threads, start=2):
            thread.start()
            deadline = time.monotonic() + PATIENCE_SECONDS
            while turns.competing < queued:
                assert time.monotonic() < deadline
                time.sleep(0.001)
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return served


def test_those_who_wait_are_served_in_the_order_in_which_they_came():
    served = queue_up(Turns(1), [(name, False) for name in range(8)])
    assert served == list(range(8))


def test_whoever_has_seen_nothing_yet_comes_before_all_that_wait():
    served = queue_up(Turns(1), [("one", False), ("two", False), ("new", True)])
    assert served == ["new", "one", "two"]


def test_those_who_have_seen_nothing_yet_are_served_in_the_order_in_which_they_came():
    turns = Turns(1)
    served = queue_up(turns, [("one", False), ("new", True), ("newer", True), ("two", False), ("newest", True)])
    assert served == ["new", "newer", "newest", "one", "two"]
    assert turns.competing == 0


def test_one_who_waits_for_a_person_lets_others_through():
    turns, passed = Turns(1), threading.Event()

    def other() -> None:
        with turns.turn():
            passed.set()

    with turns.turn():
        thread = threading.Thread(target=other)
        thread.start()
        assert not passed.wait(0.05)
        with turns.aside():
            assert passed.wait(PATIENCE_SECONDS)
    thread.join()
    assert turns.competing == 0


def test_one_who_no_longer_wants_a_turn_leaves_the_queue():
    turns = Turns(1)
    with turns.turn() as first:
        assert first
        with turns.turn(lambda: False) as second:
            assert not second
        assert turns.competing == 1
    with turns.turn(lambda: True) as again:
        assert again
    assert turns.competing == 0


def test_an_error_gives_the_turn_back():
    turns = Turns(1)
    for _ in range(3):
        try:
            with turns.turn():
                raise ValueError
        except ValueError:
            pass
    assert turns.competing == 0
