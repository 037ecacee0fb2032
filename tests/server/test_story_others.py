"""Runs of further seeds behind a choice that no stored run stands for: counted, drawn as they come, given up."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from server.choice import Choice
from server.pages.story import others as background
from server.pages.story.others import NOTHING, Others, lines_of_run, wanted_of
from server.story.fan import LINES
from server.work.pool import ENDED, BusyError

MOVED = Choice("baseline", 3, (("build_limit", 0.5),))


class HandPool:
    """A pool whose runs are done when a test says so."""

    def __init__(self) -> None:
        self.jobs: list[SimpleNamespace] = []
        self.full = False

    def submit(self, tasks, combine, n_ticks, is_wanted, in_background):
        if self.full:
            raise BusyError("no room")
        assert in_background
        job = SimpleNamespace(tasks=tasks, state="running", found={}, result=None, is_wanted=is_wanted)
        job.ticks, job.n_ticks = 0, n_ticks
        self.jobs.append(job)
        return job

    def cancel(self, job) -> None:
        job.state = "cancelled"

    def view(self, job):
        return SimpleNamespace(state=job.state, ticks=job.ticks, n_ticks=job.n_ticks)

    def found(self, job):
        return {} if job.state in ENDED else dict(job.found)


@pytest.fixture
def pool() -> HandPool:
    return HandPool()


@pytest.fixture
def runs(pool) -> Others:
    return Others(SimpleNamespace(is_alive=True, is_closed=False), lambda: pool)


def lines(value: float) -> dict[str, np.ndarray]:
    return {key: np.full(72, value) for key in LINES}


def test_runs_are_drawn_as_they_arrive_first_as_lines_and_then_as_bands(pool, runs):
    runs.want(MOVED)
    (job,) = pool.jobs
    assert [task.args[1] for task in job.tasks] == [1, 2, *range(4, 22)]  # the visitor's own luck is on the stage
    assert {task.args[0].parameters.n_shippers for task in job.tasks} == {500}
    assert runs.look()["text"].startswith("0 of 20 runs with other luck are done")
    job.ticks = round(0.11 * job.n_ticks)
    assert "10 % of their months" in runs.look()["text"]  # long before the first of them is over
    job.found[4] = lines(2.0)
    view = runs.look()
    assert view["done"] == 1
    assert view["lines"]["at"] == [[2.0] * 72]
    assert view["text"].startswith("1 of 20 runs")
    assert "500 shippers" in view["text"]
    assert runs.look() is view  # nothing is new, so nothing is drawn
    for number, value in ((0, 1.0), (1, 3.0), (2, 4.0), (3, 5.0)):
        job.found[number] = lines(value)
    view = runs.look()
    assert view["done"] == 5
    assert "lines" not in view
    assert [row[0] for row in view["bands"]["ni"]] == pytest.approx([1.4, 2.0, 3.0, 4.0, 4.6])
    assert "eight of ten" in view["text"]
    job.state, job.result = "done", [lines(float(value)) for value in range(20)]
    view = runs.look()
    assert view["done"] == view["of"] == 20
    assert "on their way" not in view["text"]
    assert "being played" not in view["text"]


def test_another_choice_and_a_closed_page_give_them_up(pool, runs):
    runs.want(MOVED)
    runs.want(MOVED)
    assert len(pool.jobs) == 1
    runs.want(Choice("baseline", 3, (("build_limit", 0.7),)))
    assert [job.state for job in pool.jobs] == ["cancelled", "running"]
    runs.want(Choice("impasse", 3))  # stored runs stand for it
    assert pool.jobs[1].state == "cancelled"
    assert runs.look() == NOTHING
    runs.want(MOVED)
    assert pool.jobs[2].is_wanted()
    runs.close()
    assert pool.jobs[2].state == "cancelled"
    assert not pool.jobs[2].is_wanted()
    runs.want(Choice("withdraw", 1))
    assert len(pool.jobs) == 3


def test_stored_roads_and_seats_need_none(pool, runs):
    for choice in (Choice(), Choice("impasse", 7), Choice(overrides=(("n_shippers", 300.0),)), Choice(seat="amazon")):
        runs.want(choice)
    assert pool.jobs == []
    assert runs.look() == NOTHING


def test_a_server_without_room_is_asked_again(pool, runs):
    pool.full = True
    runs.want(MOVED)
    assert runs.look()["done"] == 0
    pool.full = False
    runs.look()
    assert len(pool.jobs) == 1


def test_runs_that_fail_are_told_and_those_that_came_stay(pool, runs):
    runs.want(MOVED)
    pool.jobs[0].found[0] = lines(1.0)
    runs.look()
    pool.jobs[0].state = "failed"
    view = runs.look()
    assert view["done"] == 1
    assert "could not be played" in view["text"]


def test_a_smaller_market_stays_as_it_is():
    small = Choice(overrides=(("build_limit", 0.5), ("n_shippers", 200.0)))
    wanted = wanted_of(small)
    assert wanted.scenario == small.settings()
    assert "shippers" not in background.told(3, wanted, "running")


def test_a_run_in_the_background_has_the_lines_of_the_dock():
    scenario = Choice(overrides=(("end", "2025-03"), ("n_shippers", 120.0), ("n_enterprise_shippers", 12.0))).settings()
    found = lines_of_run(scenario, 2)
    assert set(found) == set(LINES)
    assert all(np.isfinite(values).all() and values.shape == (3,) for values in found.values())


def test_work_in_the_background_begins_only_where_no_other_is_left(monkeypatch):
    from server.work import pool as pools

    started: list[Callable[[], object]] = []
    pool = pools.WorkPool(workers=1)

    def start(job, number, task) -> None:
        job.in_flight += 1
        started.append(task)

    monkeypatch.setattr(pool, "_start", start)
    quiet = pool.submit([int], list, in_background=True)
    quiet.in_flight = 0  # its task is done
    quiet.next = 0
    asked = pool.submit([float], list)
    assert started == [int, float]
    assert pool.view(asked).ahead == 0  # what gives way is not before anybody
    for _ in range(pools.MAX_IN_BACKGROUND - 1):
        pool.submit([int], list, in_background=True)
    with pytest.raises(BusyError):
        pool.submit([int], list, in_background=True)
    pool.submit([float], list)
