"""The loop of a sweep: hands out orders, never too many, and takes note of what comes back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import contextmanager
from functools import partial
from types import FrameType

from experiments.store.store import FAILED, MISSING, Store
from experiments.sweeps.copies import copy_rows
from experiments.sweeps.orders import MAX_DEATHS, Queue, find_missing
from experiments.sweeps.pools import InProcess, Pool
from experiments.sweeps.work import Order, Report, failure_rows

SweepProgress = Callable[[int, int, int], None]
# One order at work and one that waits, per worker: no worker idles, and little memory is taken however many runs.
_ORDERS_PER_WORKER = 2
_LOOK_SECONDS = 0.25


class SweepInterruptedError(KeyboardInterrupt):
    """Somebody stopped a sweep; what was run is recorded."""


class WorkerDiedError(RuntimeError):
    """Stands for the error of a run that ended its worker every time."""


class Drive:
    """Does what a store lacks.

    Args:
        store: Open store.
        pool: Where runs are done.
        timeout: Seconds that a run may take; None for no limit.
        progress: Called with runs recorded, failed ones among them, and runs in all.
    """

    def __init__(self, store: Store, pool: Pool, timeout: float | None, progress: SweepProgress | None) -> None:
        self.store, self.pool, self.timeout = store, pool, timeout
        self.progress = progress or (lambda done, failed, total: None)
        self.stopping = False
        self.failure: BaseException | None = None
        self._in_flight: dict[Future[Report], Order] = {}
        self._alone = False
        self._limit = 1 if isinstance(pool, InProcess) else _ORDERS_PER_WORKER * pool.workers

    def run(self) -> None:
        """Do all that is missing.

        Raises:
            SweepInterruptedError: It was interrupted.
            experiments.store.shards.StorageError: The disk is full.
            WorkerError: Workers cannot be started, or are gone for good.
        """
        missing = find_missing(self.store.plan, self.store.state != MISSING)
        copy_rows(self.store, missing.copies)
        self.queue = Queue(self.store.plan, missing, self.pool.workers)
        self._tell()
        with self._signals():
            while self._fill() or self._in_flight:
                done, _ = wait(self._in_flight, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    if future in self._in_flight:
                        self._take(future)
        if self.failure is not None:
            raise self.failure
        if self.stopping:
            raise SweepInterruptedError

    def _fill(self) -> bool:
        """Hand out orders while there is room; return whether any was."""
        handed = False
        while not self.stopping and not self.queue.empty and len(self._in_flight) < self._limit:
            if self._alone or (self.queue.wants_alone and self._in_flight):
                break
            self._alone = self.queue.wants_alone
            self._submit(self._next_order())
            handed = True
        return handed

    def _next_order(self) -> Order:
        store = self.store
        return Order(
            folder=str(store.folder),
            store_id=store.id,
            session=store.session,
            number=store.next_number(),
            items=self.queue.take(),
            timeout=self.timeout,
        )

    def _submit(self, order: Order) -> None:
        try:
            future = self.pool.submit(order)
        except BrokenExecutor as error:  # a worker died between two orders
            future = Future()
            future.set_exception(error)
        self._in_flight[future] = order

    def _take(self, future: Future[Report]) -> None:
        """Take note of an order that has ended, however it did."""
        order = self._in_flight.pop(future)
        error = future.exception()
        if error is None:
            self._note(future.result())
        elif isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":
            self._bury(order, everyone=isinstance(error, BrokenExecutor))
        else:
            self._give_up(error)
        self._alone = self._alone and bool(self._in_flight)

    def _note(self, report: Report) -> None:
        self.queue.learn(report.runs, report.seconds)
        shard = report.shard
        if shard is None:
            return
        spent = {"seconds": round(report.seconds, 3), "cpu_seconds": round(report.cpu_seconds, 3)}
        self._safely(partial(self.store.note, shard, report.done, report.failed, simulations=report.runs, **spent))
        self._tell()

    def _bury(self, order: Order, everyone: bool) -> None:
        """Go on after a worker has died: its orders are done again, run by run, unless their file is in place.

        Args:
            order: What it was doing.
            everyone: Whether all other workers are gone too: a pool of processes ends as a whole.
        """
        orders = [order]
        if everyone:
            wait(self._in_flight)
            for future, other in self._in_flight.items():
                error = future.exception()
                if error is None:
                    self._note(future.result())
                elif isinstance(error, BrokenExecutor):
                    orders.append(other)
                else:
                    self._give_up(error)
            self._in_flight.clear()
        if not self.stopping:
            self._safely(self.pool.restart)
            self._safely(partial(self.store.journal.append, "worker_died", orders=len(orders)))
        for one in orders:
            if self.store.has_file(one.number):
                self._safely(partial(self.store.adopt, one.number))
            elif not self.stopping:
                self._again(one)
        self._tell()

    def _again(self, order: Order) -> None:
        for item in self.queue.blame(order.items):
            died = WorkerDiedError(f"its worker process died {MAX_DEATHS} times; perhaps memory ran out")
            self._safely(partial(self.store.put, failure_rows(order.folder, order.store_id, item, died)))

    def _safely(self, step: Callable[[], None]) -> None:
        """Do a step that may fail; then the sweep ends, but not before its workers have."""
        try:
            step()
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
        self._stop()

    def _stop(self) -> None:
        self.stopping = True
        try:
            self.store.ask_to_stop()
        except OSError as error:  # a full disk may have no room for the name of a file either
            self.failure = self.failure or error

    def _tell(self) -> None:
        state = self.store.state
        self.progress(int((state != MISSING).sum()), int((state == FAILED).sum()), len(state))

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """The first Ctrl-C (or a scheduler's SIGTERM) lets runs end, the second ends them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: FrameType | None) -> None:
            if self.stopping:
                raise SweepInterruptedError
            self._stop()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
