"""What a worker does: some runs, one after the other, and one file with their rows."""

from __future__ import annotations

import difflib
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from experiments.deadline import deadline
from experiments.designs.plan import BALANCES, Item, at_point, environment_of, run_key, run_name, scenario_key
from experiments.draws import DrawSet, restore_draws
from experiments.errors import InputError
from experiments.provenance import provenance
from experiments.simulation import Simulation, find, simulate_market
from experiments.store.manifest import read_manifest
from experiments.store.schema import ENDED, arrow_schema
from experiments.store.shards import STOP, WORK, Shard, StoppedWriterError, write_shard
from model.scenario import Scenario

_MAX_ERROR = 2000


class UnknownOutcomeError(InputError):
    """A simulation does not give an outcome that the design names."""


class WorkerMismatchError(RuntimeError):
    """A worker would compute with other code or other libraries than the store was made with."""


@dataclass(frozen=True)
class Order:
    """Some runs for one worker.

    Attributes:
        folder: The store, as every worker sees it.
        store_id: Its id.
        session: Session that the order belongs to.
        number: Its number in the session.
        items: The runs.
        timeout: Seconds that one run may take; None for no limit.
    """

    folder: str
    store_id: str
    session: str
    number: int
    items: tuple[Item, ...]
    timeout: float | None


@dataclass(frozen=True)
class Report:
    """What became of an order.

    Attributes:
        number: Number of the order.
        shard: The file that was written; None when nothing was run.
        done: Numbers of the runs that ended well.
        failed: Numbers of the runs that failed.
        runs: How many simulations were run; equal points share one.
        seconds: Wall time of the simulations.
        cpu_seconds: Processor time of the simulations.
    """

    number: int
    shard: Shard | None
    done: tuple[int, ...]
    failed: tuple[int, ...]
    runs: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, eq=False)
class _Context:
    scenarios: tuple[Scenario, ...]
    names: tuple[str, ...]
    draws: DrawSet | None
    environment: dict[str, Any]
    simulate: Any
    schema: Any
    outcomes: tuple[str, ...]
    monthly: Any


def work(order: Order) -> Report:
    """Do an order; it is cut short when the session asks to stop.

    Raises:
        WorkerMismatchError: This worker's code or libraries are not those of the store.
        experiments.store.shards.StorageError: There is no space.
        experiments.store.shards.StoppedWriterError: The session is over.
    """
    context = _context(order.folder, order.store_id)
    place = Path(order.folder) / WORK / order.session
    rows: list[dict[str, Any]] = []
    months: list[Any] = []
    done: list[int] = []
    failed: list[int] = []
    seconds = cpu_seconds = 0.0
    runs = 0
    for item in order.items:
        if (place / STOP).exists() or not place.is_dir():
            break
        began, cpu = time.perf_counter(), time.thread_time()
        found = _attempt(context, item, order.timeout)
        seconds += time.perf_counter() - began
        cpu_seconds += time.thread_time() - cpu
        runs += 1
        (failed if isinstance(found, Exception) else done).extend(item.runs)
        for point in item.points:
            head = _head(context, item, point)
            rows.append(head | (_failure(found) if isinstance(found, Exception) else _results(context, found)))
            if context.monthly is not None and not isinstance(found, Exception):
                months.append(_months(context, head, found))
    shard = None
    if rows:
        monthly = None if context.monthly is None else pa.concat_tables([context.monthly.empty_table(), *months])
        shard = write_shard(Path(order.folder), order.session, order.number, rows, context.schema, monthly)
    return Report(order.number, shard, tuple(done), tuple(failed), runs, seconds, cpu_seconds)


@lru_cache(maxsize=8)
def _context(folder: str, store_id: str) -> _Context:
    if not (Path(folder) / "manifest.json").is_file():
        raise WorkerMismatchError(
            f"a worker does not see the store {folder}; it must be on a file system that all share"
        )
    manifest = read_manifest(folder)
    if manifest.id != store_id:
        raise StoppedWriterError(f"{folder}: it is another store now")
    scenarios = tuple(Scenario.from_mapping(changes) for changes in manifest.design["scenarios"])
    simulate = find(manifest.environment["simulate"])
    environment = environment_of(simulate, provenance(scenarios[0]), scenarios)
    for name, value in environment.items():
        if manifest.environment.get(name) != value:
            raise WorkerMismatchError(
                f"a worker computes with another {name} than the store was made with: "
                f"{value!r} instead of {manifest.environment.get(name)!r}"
            )
    columns = manifest.columns
    names = tuple(manifest.design["factors"])
    outcomes = tuple(name for name in columns["runs"] if columns["runs"][name] == "number" and name not in names)
    return _Context(
        scenarios=scenarios,
        names=names,
        draws=restore_draws(manifest.design["draws"]) if "draws" in manifest.design else None,
        environment=environment,
        simulate=simulate,
        schema=arrow_schema(columns["runs"]),
        outcomes=tuple(name for name in outcomes if name not in BALANCES),
        monthly=arrow_schema(columns["monthly"]) if manifest.design["monthly"] else None,
    )


def _attempt(context: _Context, item: Item, timeout: float | None) -> Simulation | Exception:
    try:
        scenario = at_point(context.scenarios[item.scenario], context.names, item.values, context.draws, item.seed)
        key = run_key(scenario_key(scenario, context.environment), item.seed).hex()
        if key != item.key:
            raise WorkerMismatchError("a worker understands a point otherwise than the store; the code differs")
        with deadline(timeout):
            found = context.simulate(scenario, item.seed)
        found = found if isinstance(found, Simulation) else Simulation(dict(found))
        _check_outcomes(context, found)
        return found
    except (WorkerMismatchError, UnknownOutcomeError):
        raise
    except Exception as error:  # a failed run is a row, not the end of the sweep
        return error


def _check_outcomes(context: _Context, found: Simulation) -> None:
    """Refuse a misspelt outcome, which would be a column of nothing.

    The names of the market's outcomes are known before; some of its runs have no figure of one, a share of nothing.

    Raises:
        UnknownOutcomeError: A simulation of one's own does not give an outcome of the design.
    """
    if context.simulate is simulate_market:
        return
    problems = []
    for name in context.outcomes:
        if name not in found.outcomes:
            close = difflib.get_close_matches(name, found.outcomes, n=3, cutoff=0.4)
            hint = f"did you mean {', '.join(close)}?" if close else f"it gives {', '.join([*found.outcomes][:5])}"
            problems.append(f"outcomes: the simulation gives no {name!r}; {hint} (nan where a run has no figure)")
    if problems:
        raise UnknownOutcomeError(problems)


def _head(context: _Context, item: Item, point: int) -> dict[str, Any]:
    scenario = context.scenarios[item.scenario].name
    return {
        "run": run_name(point, scenario, item.seed),
        "key": item.key,
        "point": point,
        "scenario": scenario,
        "seed": item.seed,
        **dict(zip(context.names, item.values, strict=True)),
    }


def _results(context: _Context, found: Simulation) -> dict[str, Any]:
    values: Mapping[str, float] = found.outcomes
    kept = {name: float(values[name]) for name in context.outcomes if name in values}
    balances = dict(zip(BALANCES, (found.balances.get(name) for name in ("parcels", "money")), strict=True))
    ended = {ENDED: found.ended or None} if ENDED in context.schema.names else {}
    return {"status": "done", **ended, **kept, **balances}


def _failure(error: Exception) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}" if frames else None
    text = str(error)[:_MAX_ERROR] or type(error).__name__
    return {"status": "failed", "error_kind": type(error).__name__, "error": text, "error_where": where}


def failure_rows(folder: str, store_id: str, item: Item, error: Exception) -> list[dict[str, Any]]:
    """Rows of a run that could not even fail by itself."""
    context = _context(folder, store_id)
    return [_head(context, item, point) | _failure(error) for point in item.points]


def _months(context: _Context, head: Mapping[str, Any], found: Simulation) -> Any:
    assert found.monthly is not None
    frame = found.monthly
    length = len(frame)
    columns = {name: [head[name]] * length for name in ("run", "point", "scenario", "seed")}
    columns["month"] = [str(month) for month in frame.index]
    for name in context.monthly.names[len(columns) :]:
        columns[name] = frame[name].to_numpy()
    return pa.table(columns, schema=context.monthly)
