"""The pool that all visitors share."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import forkserver

import pytest

from server.work.pool import MAX_JOBS, MAX_PER_OWNER, BusyError, WorkPool
from tests.server.pool_tasks import count, die, refuse, together

PATIENCE_SECONDS = 300  # its processes give way to all other work


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkPool]:
    pool = WorkPool(workers=2)
    yield pool
    pool.close()


def eventually(condition) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def ended(pool, job):
    eventually(lambda: not pool.view(job).at_work)
    return pool.view(job)


def long(months: int = 100_000) -> list[partial]:
    return [partial(count, months, 0.001)]


@pytest.mark.thorough
def test_results_come_in_the_order_of_the_tasks_and_months_are_counted(pool):
    job = pool.submit([partial(count, months, 0.001) for months in (30, 5, 10)], together, n_ticks=45)
    view = ended(pool, job)
    assert (view.state, job.result, view.ticks) == ("done", (30, 5, 10), 45)
    assert view.seconds > 0
    assert view.seconds_left is None


def test_what_is_wrong_is_told_line_by_line(pool):
    view = ended(pool, pool.submit([refuse, partial(count, 1, 0.0)], together))
    assert (view.state, view.problems) == ("failed", ("one thing is wrong", "and another"))


def test_a_cancelled_job_stops_in_the_middle_and_makes_room(pool):
    job = pool.submit(long() * 2, together, n_ticks=200_000)
    eventually(lambda: pool.view(job).ticks > 5)
    pool.cancel(job)
    assert pool.view(job).state == "cancelled"
    after = pool.submit([partial(count, 3, 0.0)], together)
    assert ended(pool, after).state == "done"
    assert job.result is None
    assert pool.view(job).ticks < 200_000


def test_jobs_take_turns_so_that_a_short_one_need_not_wait_for_a_long_one(pool):
    many = pool.submit([partial(count, 40, 0.005)] * 12, together, n_ticks=480)
    short = pool.submit([partial(count, 1, 0.0)], together)
    assert ended(pool, short).state == "done"
    assert pool.view(many).at_work
    pool.cancel(many)


def test_one_visitor_cannot_take_all_and_all_cannot_take_more_than_there_is(pool):
    eventually(lambda: pool.n_jobs == 0)
    mine = object()
    jobs = [pool.submit(long(), together, owner=mine) for _ in range(MAX_PER_OWNER)]
    with pytest.raises(BusyError, match="wait for one or cancel"):
        pool.submit(long(), together, owner=mine)
    jobs += [pool.submit(long(), together) for _ in range(MAX_JOBS - MAX_PER_OWNER)]
    with pytest.raises(BusyError, match="The server is busy: 12 computations"):
        pool.submit(long(), together)
    assert pool.view(jobs[-1]).ahead == MAX_JOBS - 1
    for job in jobs:
        pool.cancel(job)
    eventually(lambda: pool.n_jobs == 0)
    assert ended(pool, pool.submit([partial(count, 1, 0.0)], together)).state == "done"


def test_a_job_that_nobody_wants_any_more_is_dropped(pool):
    wanted = [True]
    job = pool.submit([partial(count, 30, 0.002)] * 50, together, is_wanted=lambda: wanted[0])
    wanted[0] = False
    assert ended(pool, job).state == "cancelled"


def test_a_worker_that_dies_fails_its_job_and_the_next_one_gets_a_new_process(pool):
    view = ended(pool, pool.submit([die], together))
    assert view.state == "failed"
    assert "memory" in view.problems[0]
    assert ended(pool, pool.submit([partial(count, 2, 0.0)], together)).state == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="only there children are forked from a process that is ready")
def test_where_the_process_is_killed_that_children_are_forked_from_there_is_soon_another(pool):
    one = [partial(count, 1, 0.0)]
    assert ended(pool, pool.submit(one, together)).state == "done"
    killed = forkserver._forkserver._forkserver_pid
    os.kill(killed, signal.SIGKILL)
    eventually(
        lambda: (
            ended(pool, pool.submit(one, together)).state == "done" and forkserver._forkserver._forkserver_pid != killed
        )
    )
    assert ended(pool, pool.submit(one, together)).state == "done"
