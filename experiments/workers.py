"""Many runs on several processes, in an order that does not depend on how many."""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from experiments.runs import Progress, ended_early, start_market
from model.outcomes import compute_outcomes
from model.scenario import Scenario

# Windows waits for at most 63 handles at a time, two of which a pool needs itself.
MAX_ON_WINDOWS = 61


class WorkerError(RuntimeError):
    """A worker process ended before its run did."""


@dataclass(frozen=True)
class Task:
    """One run to do: a scenario and a seed."""

    scenario: Scenario
    seed: int


@dataclass(frozen=True)
class Replication:
    """What a comparison keeps of a run: its outcomes, its worst balances, and why it ended early if it did."""

    outcomes: dict[str, float]
    balances: dict[str, float]
    ended: str = ""


def replicate(task: Task) -> Replication:
    """Run one task to its end."""
    market = start_market(task.scenario, task.seed).run()
    balances = {name: float(value) for name, value in market.balances().items()}
    return Replication(compute_outcomes(market), balances, ended_early(market))


def default_workers() -> int:
    """Processors that this process may use: those that it may run on, and no more than its container is given time for.

    `PYTHON_CPU_COUNT` says otherwise from Python 3.13 on.
    """
    count = getattr(os, "process_cpu_count", _processors)() or 1
    return usable_workers(min(count, max(1, math.ceil(quota))) if (quota := cpu_quota()) else count)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usable_workers(count: int) -> int:
    """How many processes a pool can really have of those that are asked for.

    One, which is this process itself, where this process is a worker that may start none of its own, as those of
    `multiprocessing.Pool` are; and at most 61 on Windows, which waits for no more at a time.
    """
    if multiprocessing.current_process().daemon:
        return 1
    return min(count, MAX_ON_WINDOWS) if sys.platform == "win32" else count


def cpu_quota(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> float | None:
    """Processors' worth of time that the control groups of this process leave it; None for no limit.

    Args:
        root: Where control groups are mounted, of version 2 or 1.
        own: Which of them this process is in.
    """
    try:
        lines = [line.split(":", 2) for line in own.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return None
    found: list[float] = []
    for _, controllers, path in (line for line in lines if len(line) == 3):
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = root / controllers if controllers else root
        base = base if base.is_dir() else root / "cpu"
        folder = base / path.strip("/")
        while True:  # a group above may be tighter; in a container its own is mounted at the top
            found += _quota_of(folder)
            if folder == base or base not in folder.parents:
                break
            folder = folder.parent
    return min(found, default=None)


def _quota_of(folder: Path) -> list[float]:
    """Processors' worth of time of one control group; empty for no limit."""
    try:
        if (told := folder / "cpu.max").is_file():
            quota, period = told.read_text(encoding="utf-8").split()
        else:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            quota, period = ((folder / name).read_text(encoding="utf-8").strip() for name in names)
        share = float(quota) / float(period)
    except (OSError, ValueError, ZeroDivisionError):  # "max" is no number
        return []
    return [share] if share > 0.0 else []


def replicate_all(
    tasks: Sequence[Task], workers: int | None = None, progress: Progress | None = None
) -> list[Replication]:
    """Run all tasks to their end; see `work_all`."""
    return work_all(replicate, tasks, workers, progress)


def work_all[T](
    work: Callable[[Task], T], tasks: Sequence[Task], workers: int | None = None, progress: Progress | None = None
) -> list[T]:
    """Do the same work on all tasks.

    Args:
        work: What to do with a task, a function of a module; what it returns must be able to travel between processes.
        tasks: What to run.
        workers: Processes; one for each processor unless told. With 1 everything happens in this process.
        progress: Called with runs done and runs in all.

    Returns:
        One result per task, in the order of the tasks.

    Raises:
        WorkerError: A process was ended from outside, for example because memory ran out.
    """
    report = progress or (lambda done, total: None)
    report(0, len(tasks))
    done = itertools.count(1)
    with WorkerPool(min(workers or default_workers(), len(tasks))) as pool:
        return pool.work_all(work, tasks, lambda position, result: report(next(done), len(tasks)))


class WorkerPool:
    """Processes that stay for several batches of tasks; they start with the first batch.

    Args:
        workers: How many; with 1 or fewer everything happens in this process, and where it may start none of its own.
    """

    def __init__(self, workers: int) -> None:
        self.workers = usable_workers(workers)
        self._pool: ProcessPoolExecutor | None = None
        self._before = multiprocessing.active_children()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._pool is None:
            return
        # Whoever is interrupted, or finds an error, does not wait for the runs that are under way.
        if kind is not None and not issubclass(kind, WorkerError):
            for process in multiprocessing.active_children():
                if process not in self._before:
                    process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def work_all[T](
        self, work: Callable[[Task], T], tasks: Sequence[Task], each: Callable[[int, T], None] = lambda *_: None
    ) -> list[T]:
        """Do the same work on all tasks of a batch.

        Args:
            work: What to do with a task, a function of a module.
            tasks: What to run.
            each: Called with the position of a task and its result as soon as it is there.

        Returns:
            One result per task, in the order of the tasks.

        Raises:
            WorkerError: A process was ended from outside, for example because memory ran out.
        """
        if self.workers <= 1:
            found = []
            for position, task in enumerate(tasks):
                found.append(work(task))
                each(position, found[-1])
            return found
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=leave_with_parent
            )
        try:
            with interrupts_ignored():  # inherited: Ctrl-C reaches this process alone, which then ends its workers
                futures = {self._pool.submit(work, task): position for position, task in enumerate(tasks)}
            for future in as_completed(futures):
                each(futures[future], future.result())
            return [future.result() for future in futures]
        except BrokenProcessPool as error:
            raise WorkerError(
                "a worker process ended before its run did; perhaps memory ran out (fewer workers need less), or a "
                "script starts runs outside `if __name__ == '__main__':`"
            ) from error


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Let processes that are started inside ignore Ctrl-C; in threads other than the first nothing happens."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def leave_with_parent() -> None:
    """End this worker when the process that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="leave-with-parent", daemon=True).start()
