"""The runs of a target: each has a key, and what a folder holds already is not run again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.designs.plan import BALANCES, environment_of, run_key, scenario_key
from experiments.provenance import provenance
from experiments.runs import Progress
from experiments.simulation import simulate_market
from experiments.storage import read_table, saved_files, write_result
from experiments.targets.plan import TargetPlan
from experiments.workers import Replication, Task, WorkerPool, replicate

KIND = "target"
_HEAD = ("key", "value", "seed", "reached")


class TargetRuns:
    """Runs by key: what a folder holds already is not run again."""

    def __init__(self, plan: TargetPlan, pool: WorkerPool, progress: Progress | None, out: str | Path | None) -> None:
        self.plan, self.pool, self.out = plan, pool, out
        self.progress = progress or (lambda done, total: None)
        self.environment = environment_of(simulate_market, provenance(plan.scenario), [plan.scenario])
        self.stored = {} if out is None else _stored_runs(Path(out))
        self.kept: dict[tuple[float, int], tuple[str, Replication]] = {}
        self._asked = 0

    def evaluate(self, requests: Sequence[tuple[float, int]]) -> list[float]:
        """What runs show of the figure, by value and number of the seed."""
        self._asked += len(requests)
        tasks = {request: self._task(*request) for request in requests}
        keys = {request: self._key(task) for request, task in tasks.items()}
        missing = []
        for request, key in keys.items():
            if key in self.stored:
                self.kept[request] = key, self.stored[key]
            else:
                missing.append(request)
        self._tell()

        def each(position: int, found: Replication) -> None:
            self.kept[missing[position]] = keys[missing[position]], found
            self._tell()

        self.pool.work_all(replicate, [tasks[request] for request in missing], each)
        if self.out is not None and missing:
            self.keep()
        return [self.plan.reach.value(self.kept[request][1].outcomes) for request in requests]

    def _tell(self) -> None:
        self.progress(len(self.kept), self._asked)

    def _task(self, value: float, number: int) -> Task:
        plan, seed = self.plan, self.plan.seed + number
        base = plan.scenario if plan.drawn is None else plan.drawn.scenario(plan.scenario, seed - 1)
        return Task(plan.varied.scenario(base, value), seed)

    def _key(self, task: Task) -> str:
        return run_key(scenario_key(task.scenario, self.environment), task.seed).hex()

    def table(self) -> pd.DataFrame:
        """One row a run, by value and seed."""
        rows = []
        for (value, number), (key, found) in sorted(self.kept.items(), key=lambda item: item[0]):
            head = dict(zip(_HEAD, (key, value, self.plan.seed + number, self.plan.reach.value(found.outcomes)),
                            strict=True))  # fmt: skip
            balances = dict(zip(BALANCES, (found.balances[name] for name in ("parcels", "money")), strict=True))
            rows.append({**head, **balances, **found.outcomes})
        return pd.DataFrame(rows)

    def keep(self) -> None:
        """Write the runs that there are, so that the same command goes on from them."""
        assert self.out is not None
        summary = {"kind": KIND, "finished": False, "provenance": provenance(self.plan.scenario)}
        write_result(self.out, {"runs": self.table()}, summary)


def _stored_runs(folder: Path) -> dict[str, Replication]:
    """Runs of an earlier target in a folder, by key; a key holds all that a run depends on, code included."""
    if "runs.parquet" not in (saved_files(folder) or ()):
        return {}
    table = read_table(folder / "runs.parquet")
    if not {*_HEAD, *BALANCES} <= {*table.columns}:
        return {}
    names = [str(name) for name in table.columns if name not in (*_HEAD, *BALANCES)]
    found = {}
    for row in table.to_dict("records"):
        outcomes = {name: float(row[name]) for name in names if not math.isnan(row[name])}
        balances = dict(zip(("parcels", "money"), (float(row[name]) for name in BALANCES), strict=True))
        found[str(row["key"])] = Replication(outcomes, balances)
    return found
