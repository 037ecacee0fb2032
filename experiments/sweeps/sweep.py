"""The verb: the runs of a design that a store lacks."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from experiments.designs import Design, read_design
from experiments.designs.plan import make_plan
from experiments.errors import InputError
from experiments.parties import Roster
from experiments.runs import Progress
from experiments.settings import check_workers, gather
from experiments.simulation import Simulate, name_of, simulate_market
from experiments.store.reading import SweepResult, open_sweep
from experiments.store.store import FAILED, MISSING, check_store_folder, open_store
from experiments.sweeps.drive import Drive, SweepInterruptedError, SweepProgress
from experiments.sweeps.pools import Dask, Foreign, InProcess, Pool, ProcessPool
from experiments.workers import default_workers, usable_workers


def sweep(
    design: str | Path | Mapping[str, Any] | Design,
    out: str | Path,
    workers: int | None = None,
    executor: Executor | None = None,
    dask: str | None = None,
    retry_failed: bool = False,
    timeout: float | None = None,
    simulate: Simulate = simulate_market,
    progress: SweepProgress | None = None,
    roster: Roster | None = None,
    planning: Progress | None = None,
) -> SweepResult:
    """Run what a store lacks of a design; a second call goes on where the first one ended, however it ended.

    Args:
        design: The path of a TOML file, the same as a mapping, or a design.
        out: Folder of the store: new, empty, or the store of the same design or of one that this one only adds to.
        workers: Processes; one per processor unless told. With 1 everything happens in this process.
        executor: Any executor whose workers see the folder, instead of processes; workers says how many runs it does
            at a time.
        dask: Address of a dask scheduler, instead of processes.
        retry_failed: Run failed runs again.
        timeout: Seconds that one run may take; a longer one is recorded as failed.
        simulate: What a run does, a function of a module from a scenario and a seed to a `Simulation` or a mapping of
            outcomes.
        progress: Called with runs recorded, failed ones among them, and runs in all.
        roster: Classes of one's own that decide for parties in all runs, or their import paths, by key.
        planning: Called with points checked and points in all, before the first run; a store that holds this plan
            already needs no check.

    Returns:
        The sweep, with its table in `runs`.

    Raises:
        InputError: The design or the store cannot be used; tells all problems at once, and nothing was run. Or a
            simulation of one's own does not give an outcome that the design names.
        SweepInterruptedError: Ctrl-C; what was run is recorded.
        experiments.store.shards.StorageError: The disk is full; what was run is recorded.
        experiments.workers.WorkerError: Workers cannot be started.

    Examples:
        >>> design = {
        ...     "kind": "grid", "scenario": "withdraw", "until": "2025-02", "outcomes": ["amazon_own_share"],
        ...     "set": {"n_shippers": 100, "n_enterprise_shippers": 10},
        ...     "uncertainties": {"amazon_via_usps": [1.2, 1.7]},
        ... }
        >>> result = sweep(design, folder / "first", workers=1)
        >>> result.runs[["point", "amazon_via_usps", "status"]]
           point  amazon_via_usps status
        0      0              1.2   done
        1      1              1.7   done
        >>> sweep(design, folder / "first", workers=1).status.left  # nothing is run again
        0
    """
    checked, *_ = gather(
        lambda: make_plan(read_design(design, roster), simulate, Path(str(out)).expanduser(), planning),
        lambda: check_store_folder(out),
        lambda: _check(workers, executor, dask, timeout, simulate),
    )
    with open_store(out, checked) as store:
        if retry_failed:
            store.drop_failures()
        before = int((store.state == MISSING).sum())
        pool = _pool(workers, executor, dask, before)
        drive = Drive(store, pool, timeout, progress)
        began = time.perf_counter()
        ended = "stopped"
        try:
            drive.run()
            ended = "finished"
        except SweepInterruptedError:
            ended = "interrupted"
            left = int((store.state == MISSING).sum())
            raise SweepInterruptedError(
                f"interrupted; {len(checked) - left:,} of {len(checked):,} runs are recorded in {out}. "
                "The same command goes on from there."
            ) from None
        finally:
            pool.close(now=ended != "finished")
            _log_end(store, ended, before, time.perf_counter() - began)
        repairs = tuple(store.repairs)
    return open_sweep(out, repairs)


def _log_end(store: Any, ended: str, before: int, seconds: float) -> None:
    from experiments.store.shards import StorageError

    left = int((store.state == MISSING).sum())
    failed = int((store.state == FAILED).sum())
    try:
        store.journal.append(ended, done=before - left, failed=failed, left=left, seconds=round(seconds, 3))
    except StorageError:
        if ended == "finished":  # otherwise a better message is on its way
            raise


def _check(
    workers: int | None, executor: Executor | None, dask: str | None, timeout: float | None, simulate: Simulate
) -> None:
    problems: list[str] = []
    check_workers(workers, problems)
    if executor is not None and dask is not None:
        problems.append("dask: give an executor or the address of a scheduler, not both")
    if timeout is not None and not (isinstance(timeout, int | float) and 0 < timeout < math.inf):
        problems.append(f"timeout: {timeout!r} is not allowed; it must be a number of seconds above 0")
    try:
        name_of(simulate)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)


def _pool(workers: int | None, executor: Executor | None, dask: str | None, missing: int) -> Pool:
    if executor is not None:
        return Foreign(executor, workers or default_workers())
    if dask is not None:
        return Dask(dask)
    count = usable_workers(workers or default_workers())
    # One process is as good as this one, unless a run hangs or brings its process down.
    return InProcess() if min(count, missing) <= 1 else ProcessPool(min(count, missing))
