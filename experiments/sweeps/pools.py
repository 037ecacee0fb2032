"""Where the runs of a sweep are done: here, on processes of this machine, or wherever an executor reaches."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from experiments.errors import InputError
from experiments.sweeps.work import Order, Report, work
from experiments.workers import WorkerError, interrupts_ignored, leave_with_parent


class Pool(Protocol):
    """What the sweep needs of a place to work.

    Attributes:
        workers: How many runs it does at a time.
    """

    workers: int

    def submit(self, order: Order) -> Future[Report]:
        """Start an order."""
        ...

    def restart(self) -> None:
        """Be of use again after a worker has died; nothing of before is still running when this returns.

        Raises:
            WorkerError: That is not possible.
        """
        ...

    def close(self, now: bool) -> None:
        """End the workers; at once, or when they have done what they were given."""
        ...


class InProcess:
    """Does orders here, one at a time, when they are submitted."""

    workers = 1

    def submit(self, order: Order) -> Future[Report]:
        """Do an order."""
        future: Future[Report] = Future()
        try:
            future.set_result(work(order))
        except Exception as error:
            future.set_exception(error)
        return future

    def restart(self) -> None:
        """Nothing can have died."""

    def close(self, now: bool) -> None:
        """Nothing is left."""


class ProcessPool:
    """Processes of this machine that live as long as the sweep.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._spawn = multiprocessing.get_context("spawn")
        self._ready: Any = self._spawn.Event()
        self._start()

    def _start(self) -> None:
        self._pool = ProcessPoolExecutor(
            self.workers, mp_context=self._spawn, initializer=_begin, initargs=(self._ready,)
        )

    def submit(self, order: Order) -> Future[Report]:
        """Give an order to a process."""
        with interrupts_ignored():  # inherited: Ctrl-C reaches the sweep alone, which then tells its workers
            return self._pool.submit(work, order)

    def restart(self) -> None:
        """Start new processes in place of the old ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if not self._ready.is_set():
            raise WorkerError(
                "no worker process could start; perhaps memory ran out, or a script starts a sweep outside "
                "`if __name__ == '__main__':`"
            )
        self._start()

    def close(self, now: bool) -> None:
        """End the processes."""
        if now:
            for process in list((self._pool._processes or {}).values()):
                with suppress(OSError):
                    process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)


class Foreign:
    """Orders go to somebody else's executor.

    Args:
        executor: Any executor whose workers see the store.
        workers: How many runs it does at a time.
    """

    def __init__(self, executor: Executor, workers: int) -> None:
        self.executor, self.workers = executor, workers

    def submit(self, order: Order) -> Future[Report]:
        """Give an order to the executor."""
        return self.executor.submit(work, order)

    def restart(self) -> None:
        """An executor whose workers come back by themselves can go on."""
        from concurrent.futures import BrokenExecutor

        try:
            self.executor.submit(int).result(timeout=60)
        except (BrokenExecutor, RuntimeError, TimeoutError) as error:
            raise WorkerError(f"the workers of the executor are gone: {error or type(error).__name__}") from error

    def close(self, now: bool) -> None:
        """It belongs to somebody else."""


class Dask(Foreign):
    """Workers of a dask cluster (extra `cluster`).

    Args:
        address: Address of the scheduler, for example "tcp://10.0.0.1:8786".

    Raises:
        InputError: dask.distributed is not installed, nobody answers, or there are no workers.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise InputError(
                "dask: it is not installed; the extra `cluster` brings it: last-mile-market[cluster]"
            ) from None
        try:
            self.client: Any = Client(address, timeout=15, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"dask: no scheduler answers at {address!r}: {error}") from error
        threads = sum(self.client.nthreads().values())
        if not threads:
            self.client.close()
            raise InputError(f"dask: the scheduler at {address!r} has no workers")
        super().__init__(self.client.get_executor(pure=False), threads)

    def close(self, now: bool) -> None:
        """Leave the cluster; it stays."""
        self.executor.shutdown(wait=not now)  # what is not wanted any more ends with the client
        self.client.close()


def _begin(ready: Any) -> None:
    """Start of a worker process: load the market while the sweep is still handing out orders."""
    leave_with_parent()
    ready.set()
    import experiments.simulation  # noqa: F401
