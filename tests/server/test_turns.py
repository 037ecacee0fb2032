from __future__ import annotations

import threading
import time
from collections import Counter

from server.turns import Turns


def test_no_more_than_allowed_compute_at_once_and_everybody_gets_as_many_turns():
    turns, inside, most, done = Turns(2), [0], [0], Counter()
    lock, end = threading.Lock(), time.monotonic() + 0.6

    def work(name: int) -> None:
        while time.monotonic() < end:
            with turns.turn():
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.002)
                with lock:
                    inside[0] -= 1
                done[name] += 1

    threads = [threading.Thread(target=work, args=(name,)) for name in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2
    assert max(done.values()) - min(done.values()) <= 2, done
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
            assert passed.wait(5)
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
