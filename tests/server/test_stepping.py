"""Months simulated in other processes: the same figures, nobody mixed up, and what happens when a process goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from agents.bargaining import Answer
from agents.calendar import Month
from server import files, seats
from server import snapshot as snapshots
from server.choice import Choice
from server.inspecting import extract as inspect
from server.session import Session
from server.snapshot import Snapshot
from server.stepping import shared
from server.stepping.processes import SteppingProcesses
from server.talks import contracts, negotiations, seat_view
from tests.server.stepping_markets import ENDS, HANGS, fails, months_done, start_fake, start_short, start_with_trouble
from tests.server.test_session import Screen, is_paused

PATIENCE_SECONDS = 120


class PatientScreen(Screen):
    """Waits for processes that may be slow to come up."""

    def wait(self, expected: Callable[[Snapshot], bool]) -> Snapshot:
        with self._arrived:
            assert self._arrived.wait_for(lambda: expected(self.seen[-1]), PATIENCE_SECONDS), self.seen[-1]
            return self.seen[-1]


class House:
    """Stepping processes and the sessions in them."""

    def __init__(self, count: int, start, silence_seconds: float = 30.0) -> None:
        self.processes = SteppingProcesses(count, start, silence_seconds)
        self.screens: list[PatientScreen] = []

    def open(self, choice: Choice | None = None, acknowledges: bool = True, **options) -> PatientScreen:
        session = Session(choice, open_stepping=self.processes.open, **options)
        session.set_speed(float("inf"))
        self.screens.append(PatientScreen(session, acknowledges))
        return self.screens[-1]

    def markets(self) -> int:
        return sum(process.pulse.markets for process in self.processes.all if process.pulse)

    def close(self) -> None:
        for screen in self.screens:
            screen.session.close()
            screen.session.join(PATIENCE_SECONDS)
            assert not screen.session.is_alive
        self.processes.close()


@pytest.fixture
def house():
    opened: list[House] = []

    def house(count: int, start, **options) -> House:
        opened.append(House(count, start, **options))
        return opened[-1]

    yield house
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def two() -> Iterator[House]:
    """Two processes with quick markets, for all tests that leave them alive."""
    opened = House(2, start_fake)
    yield opened
    opened.close()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def is_finished(snapshot: Snapshot) -> bool:
    return snapshot.status == "finished"


def assert_same(found: Snapshot, expected: Snapshot) -> None:
    """All but the number is the same to the last bit."""
    for field in fields(Snapshot):
        mine, theirs = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(theirs, np.ndarray):
            np.testing.assert_array_equal(mine, theirs, err_msg=field.name)
        elif field.name not in ("number", "views"):
            assert mine == theirs, field.name


@pytest.mark.thorough
def test_play_pause_step_and_look_back_as_in_the_servers_own_process(two):
    screen = two.open(Choice(seed=10))
    screen.wait(is_paused)
    screen.session.step()
    first = screen.wait(lambda s: is_paused(s) and s.n_done == 1)
    assert first.month == Month(2025, 1)
    kept = {field.name: np.copy(getattr(first, field.name)) for field in fields(first) if field.name != "run"}
    screen.session.play()
    last = screen.wait(is_finished)
    assert (last.n_done, last.month, last.shown) == (24, Month(2026, 12), 24)
    for name, value in kept.items():
        np.testing.assert_array_equal(getattr(first, name), value)
    with pytest.raises(ValueError, match="read-only"):
        last.volume[0, 0] = 1.0
    screen.session.look_back(3)
    back = screen.wait(lambda s: s.shown == 3)
    assert back.headline.startswith("March 2025: ")
    market = start_fake(Choice(seed=10))
    for _ in range(24):
        market.step()
    assert_same(back, snapshots.take(market, snapshots.describe(market, 10), 1, "finished", look_back=3))
    screen.session.reset(Choice("withdraw", 42), months=2)
    fresh = screen.wait(lambda s: is_paused(s) and s.n_done == 2)
    assert (fresh.run.scenario, fresh.run.seed, fresh.shown) == ("withdraw", 42, 2)
    assert len(fresh.volume) == 2
    numbers = [s.number for s in screen.seen[2:]]
    assert numbers == sorted(set(numbers))


def test_sessions_are_spread_and_never_mix(two):
    screens = [two.open(Choice(seed=10 * place)) for place in range(1, 5)]
    for screen in screens:
        screen.session.play()
    for place, screen in enumerate(screens, start=1):
        last = screen.wait(is_finished)
        assert last.run.seed == 10 * place
        assert last.own_share[-1, 0] == pytest.approx(place / 10)
    runs = [process.n_runs for process in two.processes.all]
    assert max(runs) - min(runs) <= 1


def test_a_closed_session_has_no_market_any_more(two):
    def held() -> int:  # a run that failed has no market either
        return sum(not screen.session.is_closed and screen.seen[-1].status != "failed" for screen in two.screens)

    eventually(lambda: two.markets() == held())
    screen = two.open()
    screen.wait(is_paused)
    screen.session.play()
    eventually(lambda: two.markets() == held() > 0)
    screen.session.close()
    screen.session.join(PATIENCE_SECONDS)
    assert not screen.session.is_alive
    eventually(lambda: two.markets() == held())
    unclosed = sum(not screen.session.is_closed for screen in two.screens)
    assert sum(process.n_runs for process in two.processes.all) == unclosed


def test_a_browser_that_draws_nothing_is_sent_no_more_pictures(two):
    screen = two.open(acknowledges=False)
    screen.session.play()
    screen.wait(is_finished)
    assert len([s for s in screen.seen if s.status == "playing"]) <= 2


def test_a_run_that_nobody_watches_is_paused(two):
    watched = threading.Event()
    screen = two.open(acknowledges=False, is_watched=watched.is_set)
    screen.wait(is_paused)
    screen.session.set_speed(1.0)
    screen.session.play()
    screen.wait(lambda s: s.status == "playing")
    assert screen.wait(is_paused).n_done < 24


def test_views_and_questions_are_answered_where_the_market_is(two):
    screen = two.open()
    screen.wait(is_paused)
    screen.session.show_view("months", months_done)
    screen.wait(lambda s: s.views.get("months") == 0)
    screen.session.step()
    screen.wait(lambda s: s.views.get("months") == 1)
    answers: list[object] = []
    answered = threading.Event()
    screen.session.ask(fails, answers.append)
    screen.session.ask(months_done, lambda n: (answers.append(n), answered.set()))
    assert answered.wait(PATIENCE_SECONDS)
    assert answers == [1]
    screen.session.show_view("months", None)
    screen.session.step()
    screen.wait(lambda s: s.n_done == 2 and "months" not in s.views)
    screen.session.show_view("broken", fails)
    screen.wait(lambda s: s.status == "failed" and "division" in s.message)


def test_an_answer_that_nobody_can_use_loses_no_month(two):
    screen = two.open(Choice(seed=10))
    screen.wait(is_paused)
    gate, held = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        held.set()
        gate.wait(PATIENCE_SECONDS)

    def gone(_: object) -> None:
        raise RuntimeError("the page is gone")

    screen.session.ask(months_done, hold)
    assert held.wait(PATIENCE_SECONDS)
    screen.session.ask(months_done, gone)
    screen.session.step()  # its picture comes together with the answer
    time.sleep(0.5)
    gate.set()
    screen.wait(lambda s: s.n_done == 1)
    screen.session.step()
    last = screen.wait(lambda s: s.n_done == 2)
    assert last.volume[0, 0] == last.volume[1, 0] > 0


def test_what_cannot_travel_is_refused_where_it_is_asked_for(two):
    screen = two.open()
    screen.wait(is_paused)
    with pytest.raises(Exception, match="lambda"):
        screen.session.show_view("local", lambda market: market)


def test_the_real_market_gives_the_figures_of_a_plain_run_and_its_pages(house):
    screen = house(1, start_short).open(Choice("baseline", 3))
    views = {"negotiations": negotiations.extract, "contracts": contracts.extract}
    views["inspection"] = partial(inspect, what="carrier:amazon")
    for name, extract in views.items():
        screen.session.show_view(name, extract)
    screen.session.play()
    last = screen.wait(is_finished)
    market = start_short(Choice("baseline", 3)).run()
    assert_same(last, snapshots.take(market, snapshots.describe(market, 3), 1, "finished"))
    assert last.views["contracts"] == contracts.extract(market)
    assert last.views["inspection"].report.groups == inspect(market, "carrier:amazon").report.groups
    assert last.views["negotiations"].entries == negotiations.extract(market).entries
    taken: list[bytes] = []
    answered = threading.Event()
    screen.session.ask(
        partial(files.series_of, kind="parquet"), lambda content: (taken.append(content), answered.set())
    )
    assert answered.wait(PATIENCE_SECONDS)
    assert taken[0] == files.series_file(market.records.frame(), "parquet")


@pytest.mark.thorough
def test_the_seat_can_be_taken_there_and_the_twin_plays_there_too(house):
    screen = house(1, start_short).open(Choice("baseline", 1, seat="amazon"))
    session = screen.session
    session.show_view("seat", seat_view.extract_own)
    session.play()
    decision = screen.wait(lambda s: s.decision is not None).decision
    (problem,) = session.answer(decision, Answer(price=9.0))
    assert "$9.00 is more than" in problem
    session.look_back(1)
    assert screen.wait(lambda s: s.shown == 1).decision is decision
    session.look_back(None)
    asked = []
    while not is_finished(screen.seen[-1]):
        now = screen.wait(
            lambda s: is_finished(s) or s.status == "paused" or (s.decision is not None and s.decision not in asked)
        )
        if now.status == "paused":  # the talks are over
            session.play()
            screen.wait(lambda s, before=now.number: s.number > before)
        elif now.decision is not None:
            asked.append(now.decision)
            assert session.answer(now.decision, now.decision.question.usual) == []
    assert session.answer(decision, Answer(price=2.0)) == []  # too late, and of no effect
    view = screen.wait(lambda s: s.views["seat"].models_ended is not None).views["seat"]
    assert len(view.moves) == len(asked) > 3
    assert view.models_ended == view.ended != ()
    assert view.lines
    assert all(line.yours == line.models for line in view.lines)


@pytest.mark.thorough("of itself", "hangs")
@pytest.mark.parametrize("how", ["of itself", "killed", "hangs"])
def test_a_process_that_goes_is_told_to_its_sessions_alone_and_replaced(house, how):
    silence = 3.0 if how == "hangs" else 30.0
    seed = {"of itself": ENDS, "killed": 1, "hangs": HANGS}[how]
    here = house(2, start_with_trouble, silence_seconds=silence)
    eventually(lambda: all(process.pulse for process in here.processes.all))
    lost, other = here.open(Choice(seed=seed)), here.open(Choice(seed=20))
    for screen in (lost, other):
        screen.wait(is_paused)
        screen.session.show_view("months", months_done)
    pids = [process.pid for process in here.processes.all]
    for screen in (lost, other):
        screen.session.step()
        screen.wait(lambda s: is_paused(s) and s.n_done == 1)
    lost.session.play()
    if how == "killed":
        os.kill(pids[0], signal.SIGKILL)
    failed = lost.wait(lambda s: s.status == "failed")
    assert "has ended" in failed.message
    assert "Reset starts the run again" in failed.message
    assert failed.n_done >= 1  # the last picture stays
    lost.session.play()  # of no effect
    other.session.play()
    assert other.wait(is_finished).n_done == 24
    lost.session.reset(Choice(seed=30))
    fresh = lost.wait(lambda s: is_paused(s) and s.views.get("months") == 0)
    assert fresh.run.seed == 30
    lost.session.play()
    assert lost.wait(is_finished).own_share[-1, 0] == pytest.approx(0.30)
    eventually(lambda: here.processes.n_replaced == 1 and not any(p.ended for p in here.processes.all))
    assert len({process.pid for process in here.processes.all} & set(pids)) == 1


def test_health_tells_about_the_processes(two, monkeypatch):
    monkeypatch.setattr(shared, "_processes", two.processes)
    screen = two.open()
    screen.wait(is_paused)
    eventually(lambda: seats.health()["processes_ready"] == 2)
    health = seats.health()
    assert (health["processes"], health["processes_replaced"]) == (2, 0)
    assert [health[f"process_{n}_pid"] for n in (1, 2)] == [process.pid for process in two.processes.all]
    assert sum(health[f"process_{n}_runs"] for n in (1, 2)) == sum(process.n_runs for process in two.processes.all) > 0
    parts = [health["server_memory_bytes"], *(health[f"process_{n}_memory_bytes"] for n in (1, 2))]
    assert min(parts) > 10e6
    assert health["memory_bytes"] == pytest.approx(sum(parts), rel=0.2)  # read one after the other
    assert all(isinstance(value, int) for name, value in health.items() if name != "status")


def test_a_server_can_do_without_processes():
    shared.start_processes(0)
    assert shared.processes() is None
    assert shared.open_stepping() is None


SERVER = """
import time
from server.choice import Choice
from server.session import Session
from server.stepping.processes import SteppingProcesses
from tests.server.stepping_markets import start_fake
if __name__ == "__main__":
    processes = SteppingProcesses(2, start_fake)
    session = Session(open_stepping=processes.open)
    while session.snapshot.status != "paused":
        time.sleep(0.02)
    print(*(process.pid for process in processes.all), flush=True)
    time.sleep(600)
"""


@pytest.mark.thorough
def test_no_process_outlives_a_server_that_was_killed(tmp_path):
    script = tmp_path / "killed_server.py"
    script.write_text(SERVER)
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    server = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment)
    pids = [int(text) for text in server.stdout.readline().split()]
    assert len(pids) == 2
    server.kill()
    server.wait(PATIENCE_SECONDS)
    eventually(lambda: not any(_lives(pid) for pid in pids))


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
