"""Runs whose result a store holds already under another point, as when a design grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from experiments.store.manifest import manifest_of
from experiments.store.schema import arrow_schema
from experiments.store.shards import MONTHLY, RUNS, shard_files
from experiments.store.store import Store


def copy_rows(store: Store, copies: Mapping[int, int]) -> None:
    """Record runs whose result is there already.

    Args:
        store: Open store.
        copies: Number of a missing run to the number of the recorded run with the same key.
    """
    if not copies:
        return
    targets: dict[str, list[int]] = {}
    for target, source in copies.items():
        targets.setdefault(store.plan.name(source), []).append(target)
    rows = _renamed(store, RUNS, targets)
    monthly = None
    if store.plan.monthly:
        schema = arrow_schema(manifest_of(store.plan, store.id).columns[MONTHLY])
        monthly = pa.Table.from_pylist(_renamed(store, MONTHLY, targets), schema=schema)
    store.put(rows, monthly)


def _renamed(store: Store, kind: str, targets: Mapping[str, list[int]]) -> list[dict[str, Any]]:
    """Rows of the recorded runs, once for each run that they stand for."""
    files = [str(path) for path in shard_files(store.folder, kind)]
    table = ds.dataset(files, format="parquet").to_table(filter=pc.field("run").isin(list(targets)))
    plan = store.plan
    return [
        row | {"run": plan.name(target), "point": plan.locate(target)[0]}
        for row in table.to_pylist()
        for target in targets[row["run"]]
    ]
