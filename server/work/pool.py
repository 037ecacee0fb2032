"""One bounded pool of processes for all visitors: jobs of many tasks, taken in turn, with progress and cancel."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from experiments.errors import InputError
from experiments.workers import default_workers, usable_workers
from server.child_processes import child_context
from server.work.changes import Changes
from server.work.worker import NotWantedError, begin, do

logger = logging.getLogger(__name__)

MAX_JOBS = 12
MAX_PER_OWNER = 3
MAX_IN_BACKGROUND = 4  # jobs that nobody asked for in so many words never take the last places
type JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")


class BusyError(RuntimeError):
    """Too much is waiting already; the message says what to do."""


@dataclass(frozen=True)
class JobView:
    """A job at one moment.

    Attributes:
        state: What it is doing.
        ahead: Jobs that were asked for before it and are not done.
        ticks: Months simulated.
        n_ticks: Months to simulate; 0 where it is not known.
        seconds: Time since its first task began.
        problems: Why it failed, one line each.
    """

    state: JobState
    ahead: int
    ticks: int
    n_ticks: int
    seconds: float
    problems: tuple[str, ...]

    @property
    def at_work(self) -> bool:
        """Whether it has not ended."""
        return self.state not in ENDED

    @property
    def seconds_left(self) -> float | None:
        """Time left at the rate so far, None before there is one."""
        if not self.at_work or not self.ticks or not self.n_ticks:
            return None
        return self.seconds / self.ticks * (self.n_ticks - self.ticks)


class Job:
    """Tasks that are done side by side, and what is made of their results; made by `WorkPool.submit`."""

    def __init__(
        self,
        slot: int,
        tasks: Sequence[Callable[[], Any]],
        combine: Callable[[list[Any]], Any],
        n_ticks: int,
        owner: object,
        is_wanted: Callable[[], bool],
        in_background: bool,
    ) -> None:
        self.slot, self.tasks, self.combine = slot, tuple(tasks), combine
        self.in_background = in_background
        self.n_ticks, self.owner, self.is_wanted = n_ticks, owner, is_wanted
        self.state: JobState = "waiting"
        self.result: Any = None
        self.problems: tuple[str, ...] = ()
        self.found: dict[int, Any] = {}
        self.next = 0
        self.in_flight = 0
        self.ticks = 0
        self.began = 0.0
        self.ended = 0.0

    def next_task(self) -> tuple[int, Callable[[], Any]] | None:
        """The next task to hand out, by its number; the last one combines the results of the others."""
        number = self.next
        if number < len(self.tasks):
            task = self.tasks[number]
        elif number == len(self.tasks) and len(self.found) == len(self.tasks):
            task = partial(self.combine, [self.found[i] for i in range(len(self.tasks))])
        else:
            return None
        self.next += 1
        return number, task


class WorkPool:
    """The pool. Its processes start with the first job.

    Args:
        workers: Processes; one for each processor, or LASTMILE_WORKERS.
        changes: Told whenever a job gets on.
    """

    def __init__(self, workers: int | None = None, changes: Changes | None = None) -> None:
        self.workers = workers or workers_of_server()
        self.changes = changes or Changes()
        self._lock = threading.RLock()
        self._jobs: list[Job] = []
        self._context = child_context()
        self._ticks: Any = self._context.Array("q", MAX_JOBS)
        self._stops: Any = self._context.Array("b", MAX_JOBS, lock=False)
        self._executor: ProcessPoolExecutor | None = None
        # Kept: Python 3.12 locks itself out when a broken executor is freed while it calls back.
        self._broken: list[ProcessPoolExecutor] = []
        self._closed = False

    @property
    def n_jobs(self) -> int:
        """Jobs that hold a place: not ended, or with a process that still works for them."""
        with self._lock:
            return len(self._jobs)

    def submit(
        self,
        tasks: Sequence[Callable[[], Any]],
        combine: Callable[[list[Any]], Any],
        n_ticks: int = 0,
        owner: object = None,
        is_wanted: Callable[[], bool] = lambda: True,
        in_background: bool = False,
    ) -> Job:
        """Take a job.

        Args:
            tasks: Functions of modules (or partials of them) without arguments; what they return travels.
            combine: Makes the result of theirs, in a process of the pool too.
            n_ticks: Months that all tasks simulate together.
            owner: Who asks; has at most `MAX_PER_OWNER` jobs at a time.
            is_wanted: Asked before every task; a job that nobody wants any more is cancelled.
            in_background: Whether it gives way: its tasks begin only where no other job has any left.

        Raises:
            BusyError: Too many jobs wait, of this owner or of all.
        """
        with self._lock:
            self._drop_unwanted()
            mine = sum(job.owner is owner for job in self._jobs)
            if owner is not None and mine >= MAX_PER_OWNER:
                raise BusyError(f"{mine} of your computations are not done yet; wait for one or cancel it.")
            if in_background and sum(job.in_background for job in self._jobs) >= MAX_IN_BACKGROUND:
                raise BusyError("The server has no room for more work in the background.")
            free = sorted(set(range(MAX_JOBS)) - {job.slot for job in self._jobs})
            if not free or self._closed:
                raise BusyError(f"The server is busy: {len(self._jobs)} computations wait. Try again in a few minutes.")
            job = Job(free[0], tasks, combine, n_ticks, owner, is_wanted, in_background)
            self._ticks[job.slot] = 0
            self._stops[job.slot] = 0
            self._jobs.append(job)
            self._fill()
        self.changes.tell()
        return job

    def warm(self) -> None:
        """Start the processes, so that the first job need not wait for them."""
        with self._lock:
            if self._executor is None and not self._closed:
                executor = self._start_executor()
                for _ in range(self.workers):
                    executor.submit(int)

    def cancel(self, job: Job) -> None:
        """Stop a job; runs at work end after their month."""
        with self._lock:
            if job.state in ENDED:
                return
            self._stops[job.slot] = 1
            self._end(job, "cancelled")
        self.changes.tell()

    def view(self, job: Job) -> JobView:
        """How far a job is."""
        with self._lock:
            if job.state not in ENDED:
                job.ticks = int(self._ticks[job.slot])
            until = job.ended or time.monotonic()
            return JobView(
                state=job.state,
                ahead=self._ahead(job),
                ticks=job.ticks,
                n_ticks=job.n_ticks,
                seconds=until - job.began if job.began else 0.0,
                problems=job.problems,
            )

    def _ahead(self, job: Job) -> int:
        before = self._jobs[: self._jobs.index(job)] if job in self._jobs else []
        return sum(job.in_background or not other.in_background for other in before)

    def found(self, job: Job) -> dict[int, Any]:
        """What the tasks of a job have returned so far, by their numbers; empty once it has ended."""
        with self._lock:
            return dict(job.found)

    def close(self) -> None:
        """End all jobs and all processes, at once."""
        with self._lock:
            self._closed = True
            for job in list(self._jobs):
                self._stops[job.slot] = 1
                self._end(job, "cancelled")
            executor, self._executor = self._executor, None
        if executor is not None:
            for process in list((executor._processes or {}).values()):
                with suppress(OSError):
                    process.terminate()
            executor.shutdown(wait=False, cancel_futures=True)

    def _fill(self) -> None:
        """Hand out tasks while processes are free, to the jobs in turn."""
        while not self._closed and sum(job.in_flight for job in self._jobs) < self.workers:
            self._drop_unwanted()
            ready = [job for job in self._jobs if job.state not in ENDED]
            # Stable: who asked first comes first.
            ready.sort(key=lambda job: (job.in_background, job.in_flight))
            chosen = next(((job, task) for job in ready if (task := job.next_task()) is not None), None)
            if chosen is None:
                return
            self._start(chosen[0], *chosen[1])

    def _start(self, job: Job, number: int, task: Callable[[], Any]) -> None:
        executor = self._executor or self._start_executor()
        job.state = "running"
        job.began = job.began or time.monotonic()
        job.in_flight += 1
        try:
            future = executor.submit(do, job.slot, task)
        except (BrokenProcessPool, RuntimeError) as error:
            future = Future()
            future.set_exception(error)
        future.add_done_callback(partial(self._take, job, number, executor))

    def _start_executor(self) -> ProcessPoolExecutor:
        self._executor = ProcessPoolExecutor(
            self.workers, mp_context=self._context, initializer=begin, initargs=(self._ticks, self._stops)
        )
        return self._executor

    def _take(self, job: Job, number: int, executor: ProcessPoolExecutor, future: Future[Any]) -> None:
        """Take what a task returned; called from a thread of the executor."""
        with self._lock:
            job.in_flight -= 1
            error = future.exception() if not future.cancelled() else NotWantedError()
            if isinstance(error, BrokenProcessPool) and self._executor is executor:
                self._broken.append(executor)
                self._executor = None  # the next task starts new processes
            if job.state not in ENDED:
                if error is not None:
                    self._fail(job, error)
                elif number == len(job.tasks):
                    job.result = future.result()
                    self._end(job, "done")
                else:
                    job.found[number] = future.result()
            self._release(job)
            self._fill()
        self.changes.tell()

    def _fail(self, job: Job, error: BaseException) -> None:
        if isinstance(error, InputError):
            job.problems = error.problems
        elif isinstance(error, BrokenProcessPool):
            job.problems = ("A worker process ended before its run did; perhaps memory ran out. Try a smaller one.",)
        elif not isinstance(error, NotWantedError):
            logger.error("a job failed", exc_info=error)
            job.problems = (f"{type(error).__name__}: {error}",)
        self._stops[job.slot] = 1
        self._end(job, "failed")

    def _end(self, job: Job, state: JobState) -> None:
        job.ticks = int(self._ticks[job.slot])
        job.state = state
        job.ended = time.monotonic()
        job.found = {}
        self._release(job)

    def _release(self, job: Job) -> None:
        """Free the slot of a job that has ended, once no process works for it any more."""
        if job.state in ENDED and not job.in_flight and job in self._jobs:
            self._jobs.remove(job)

    def _drop_unwanted(self) -> None:
        for job in list(self._jobs):
            if job.state not in ENDED and not job.is_wanted():
                self._stops[job.slot] = 1
                self._end(job, "cancelled")


def workers_of_server() -> int:
    """Processes that the server may use for long work: LASTMILE_WORKERS, else one for each processor."""
    asked = os.environ.get("LASTMILE_WORKERS", "")
    return usable_workers(int(asked) if asked.isdecimal() and int(asked) > 0 else default_workers())
