"""A market that starts when its page is asked for, and the first months that come before others."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from server import arrival
from server.choice import Choice
from server.pages.story import opening_choice
from server.stepping import child
from server.stepping.ahead import AHEAD_SECONDS, MarketsAhead
from server.stepping.processes import SteppingProcesses
from server.stepping.stepper import MONTHS_IN_FRONT, Stepper
from server.turns import Turns
from tests.server.conftest import FakeMarket
from tests.server.stepping_markets import start_fake

PATIENCE_SECONDS = 20


def wait_for(condition) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def taken(ahead: MarketsAhead, choice: Choice) -> FakeMarket:
    """The market that was begun, once it is there."""
    found = []
    wait_for(lambda: found.append(ahead.take(choice)) or found[-1])
    return found[-1]


def test_a_market_ahead_is_handed_out_once_and_only_to_its_choice():
    started = []
    ahead = MarketsAhead(lambda choice: started.append(choice) or start_fake(choice), Turns(1))
    ahead.begin(Choice(seed=7))
    assert ahead.take(Choice(seed=8)) is None
    assert taken(ahead, Choice(seed=7)).own_share == 0.07
    assert ahead.take(Choice(seed=7)) is None
    assert started == [Choice(seed=7)]


def test_a_run_waits_for_its_market_rather_than_making_another_one():
    may_start, turns = threading.Event(), Turns(1)

    def start(choice: Choice) -> FakeMarket:
        may_start.wait(PATIENCE_SECONDS)
        return start_fake(choice)

    ahead = MarketsAhead(start, turns)
    ahead.begin(Choice(seed=7))
    wait_for(lambda: turns.competing)
    threading.Timer(0.05, may_start.set).start()
    with turns.turn():
        assert ahead.take(Choice(seed=7)) is not None


def test_a_market_for_which_no_page_comes_is_let_go():
    ahead = MarketsAhead(start_fake, Turns(1))
    ahead.begin(Choice(seed=7))
    wait_for(lambda: ahead._ready)
    ahead.forget(time.monotonic())
    assert ahead._ready
    ahead.forget(time.monotonic() + AHEAD_SECONDS + 1)
    assert ahead.take(Choice(seed=7)) is None


def test_one_that_cannot_start_leaves_it_to_its_page_to_say_so():
    def fail(choice: Choice) -> FakeMarket:
        raise ValueError("no")

    turns = Turns(1)
    ahead = MarketsAhead(fail, turns)
    ahead.begin(Choice())
    time.sleep(0.05)
    wait_for(lambda: not turns.competing)
    assert ahead.take(Choice()) is None


class Silent:
    """Hears what comes of a run."""

    def hear(self, message: bytes) -> None: ...

    def lose(self) -> None: ...


@pytest.fixture(scope="module")
def processes() -> Iterator[SteppingProcesses]:
    two = SteppingProcesses(2, start_fake)
    yield two
    two.close()


def test_a_run_goes_where_its_market_is_however_busy_that_process_has_become(processes):
    mine, another = Choice(seed=7), Choice(seed=8)
    processes.begin_ahead(mine)
    there = processes._ahead[0][1]
    for key in (101, 102):
        there.assign(key, Silent())
    assert processes.assign(103, Silent(), another) is not there
    assert processes.assign(104, Silent(), mine) is there
    assert processes.assign(105, Silent(), mine) is not there  # it is taken


def test_as_many_markets_wait_as_there_are_processes(processes):
    processes._ahead.clear()
    for seed in range(20, 25):
        processes.begin_ahead(Choice(seed=seed))
    assert [choice.seed for choice, _, _ in processes._ahead] == [20, 21]
    assert len({process for _, process, _ in processes._ahead}) == 2


def test_a_run_lets_others_come_first_once_it_is_in_motion():
    stood_back: list[int] = []
    market = start_fake(Choice())
    stepper = Stepper(
        Choice(),
        0,
        lambda: True,
        lambda snapshot: None,
        lambda choice: market,
        Turns(1),
        stand_back=lambda: stood_back.append(market.records.n),
    )
    stepper.set_speed(float("inf"))
    stepper.want_months(float("inf"))
    wait_for(lambda: market.finished)
    stepper.close()
    stepper.join(PATIENCE_SECONDS)
    assert stood_back == [MONTHS_IN_FRONT]


def test_a_run_that_is_reset_starts_in_front_again_however_often():
    threads: list[threading.Thread] = []
    in_back: list[threading.Thread] = []
    markets = []

    def start(choice: Choice):
        threads.append(threading.current_thread())
        markets.append(start_fake(choice))
        return markets[-1]

    stepper = Stepper(
        Choice(),
        MONTHS_IN_FRONT + 1,
        lambda: True,
        lambda snapshot: None,
        start,
        Turns(1),
        stand_back=lambda: in_back.append(threading.current_thread()),
    )
    wait_for(lambda: markets and markets[-1].records.n == MONTHS_IN_FRONT + 1)
    for seed in range(1, 6):  # the first one finds a run in the back, the others one that has hardly begun
        stepper.reset(Choice(seed=seed), MONTHS_IN_FRONT + 1)
    wait_for(lambda: markets[-1].own_share == 0.05 and markets[-1].records.n == MONTHS_IN_FRONT + 1)
    stepper.reset(Choice(seed=7), 1)
    wait_for(lambda: markets[-1].own_share == 0.07 and markets[-1].records.n == 1)
    stepper.close()
    stepper.join(PATIENCE_SECONDS)
    assert not stepper.is_alive
    assert in_back == [threads[0], threads[-2]]
    assert len({*threads[1:-1]}) == 1
    assert len({threads[0], threads[1], threads[-1]}) == 3
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_only_the_thread_that_stands_back_does():
    found = []

    def stand() -> None:
        child.stand_back()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    thread = threading.Thread(target=stand)
    thread.start()
    thread.join()
    assert found == [max(child.NICENESS, before)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_no_other_process_is_touched_where_a_thread_has_no_priority(monkeypatch, system):
    monkeypatch.setattr(child.sys, "platform", system)
    monkeypatch.setattr("os.setpriority", lambda *_: pytest.fail("another process was meant"))
    child.stand_back()


@pytest.mark.parametrize(
    ("path", "query", "choice"),
    [
        ("/", "", Choice()),
        ("/inspect", "seed=4&scenario=withdraw", Choice("withdraw", 4)),
        ("/story", "", opening_choice()),
        ("/story", "seed=4", Choice(seed=4)),
        ("/", "seed=what", Choice()),
    ],
)
def test_the_market_that_starts_is_the_one_that_its_page_opens(monkeypatch, path, query, choice):
    begun = []
    monkeypatch.setattr("server.stepping.shared.begin_ahead", begun.append)
    arrival.begin_ahead(path, query)
    assert begun == [choice]
