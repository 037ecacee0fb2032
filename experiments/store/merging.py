"""Two or more stores of one design made one: as when two machines have each run a part of it."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from experiments.errors import InputError
from experiments.settings import gather
from experiments.storage import check_folder, names_in
from experiments.store.journal import Journal
from experiments.store.manifest import FILE as MANIFEST
from experiments.store.manifest import Manifest
from experiments.store.reading import SweepResult, open_sweep
from experiments.store.schema import arrow_schema
from experiments.store.shards import MONTHLY, RUNS, WORK, write_shard
from model.whole_file import draft_name

_PER_FILE = 5_000  # runs
_TOLD = 10


def merge(stores: Sequence[str | Path], out: str | Path) -> SweepResult:
    """Put the runs of several stores of one design into a new one; nothing is run, the stores stay as they are.

    A run that several of them hold is kept once, and must be the same in all to the last bit. One that failed in one
    and ended well in another is kept as it ended well.

    Args:
        stores: Folders of sweeps, two or more.
        out: Folder of the new store, new or empty; a sweep goes on in it.

    Returns:
        The new store.

    Raises:
        InputError: All problems: the stores are of different designs, or were made by different code; one run has two
            results; a process is at work on one; the folder is not free. Nothing is written then.
    """

    def folders() -> None:
        paths = [Path(one).resolve() for one in stores]
        if isinstance(stores, str | Path) or len(stores) < 2:
            raise InputError("merge needs two stores or more, for example: merge first second --out both")
        if twice := [str(one) for one, path in zip(stores, paths, strict=True) if paths.count(path) > 1]:
            raise InputError(f"merge: {twice[0]!r} comes {len(twice)} times")

    listed = [stores] if isinstance(stores, str | Path) else list(stores)
    _, target, *found = gather(folders, lambda: _free_folder(out), *(lambda one=one: open_sweep(one) for one in listed))
    _check_alike(found)
    runs = _together([one.runs for one in found], [str(one.folder) for one in found], ["run"])
    monthly = None
    if found[0].manifest.design["monthly"]:
        months = [one.monthly for one in found]
        monthly = _together(months, [str(one.folder) for one in found], ["run", "month"])
        monthly = monthly[monthly["run"].isin(runs.loc[runs["status"] != "failed", "run"])]
    _write(target, found, runs, monthly)
    return open_sweep(target)


def _free_folder(out: str | Path) -> Path:
    path = check_folder(out)
    if path.is_dir() and names_in(path):
        raise InputError(f"out: {str(out)!r} holds something; name a new or an empty folder")
    return path


def _check_alike(found: Sequence[SweepResult]) -> None:
    """Refuse stores that are not of one design, or at work, or damaged.

    Raises:
        InputError: All that differs.
    """
    first = found[0]
    problems = [f"{one.folder}: a process is at work on it; wait for it" for one in found if one.status.at_work]
    for one in found[1:]:
        there, here = first.manifest, one.manifest
        differs = [
            *(f"{key} of the design" for key in _differing(there.design, here.design)),
            *(key.replace("_", " ") for key in _differing(there.environment, here.environment)),
            *(["its points"] if there.points_checksum != here.points_checksum and there.design == here.design else []),
            *(["its columns"] if there.columns != here.columns and there.design == here.design else []),
        ]
        if differs:
            problems.append(
                f"{one.folder} is not of the design and code of {first.folder}: {', '.join(differs)} differ"
            )
    if problems:
        raise InputError(problems)


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]


def _together(tables: Sequence[pd.DataFrame], folders: Sequence[str], key: list[str]) -> pd.DataFrame:
    """Rows of all tables, each once.

    Raises:
        InputError: A row is in two of them with two contents; tells the first ones and where.
    """
    known, problems = tables[0], []
    for table, folder in zip(tables[1:], folders[1:], strict=True):
        left, right = (one.set_index(key) for one in (known, table))
        both = left.index.intersection(right.index)
        here, there = left.loc[both], right.loc[both]
        if "status" in here:  # one that failed gives way, and two failures need not fail in the same words
            failed = (here["status"] == "failed") | (there["status"] == "failed")
            better = both[(here["status"] == "failed") & (there["status"] != "failed")]
            here, there = here[~failed], there[~failed]
        else:
            better = both[:0]
        same = (here == there) | (here.isna() & there.isna())
        for row in same.index[~same.all(axis=1)]:
            columns = [str(name) for name in same.columns[~same.loc[row]]]
            first = columns[0]
            named = ", ".join(map(str, row)) if isinstance(row, tuple) else row
            problems.append(
                f"run {named}: {first} is {here.loc[row, first]!r} in {folders[0]} and {there.loc[row, first]!r} in "
                f"{folder}" + (f", and {len(columns) - 1} more figures differ" if len(columns) > 1 else "")
            )
        rest = right.loc[right.index.difference(both, sort=False)]
        known = pd.concat([left.drop(index=better), right.loc[better], rest]).reset_index()[list(known.columns)]
    if problems:
        more = [f"... and {len(problems) - _TOLD:,} more"] if len(problems) > _TOLD else []
        why = (
            "one seed gives one result on one machine; other processors may round otherwise, and a file may be damaged"
        )
        raise InputError([*problems[:_TOLD], *more, why])
    return known


def _write(target: Path, found: Sequence[SweepResult], runs: pd.DataFrame, monthly: pd.DataFrame | None) -> None:
    """Write the new store aside and put it in place when it is whole; its manifest, without which it is none, last."""
    manifest = replace(found[0].manifest, id=uuid.uuid4().hex)
    is_new = not target.exists()
    target.mkdir(parents=True, exist_ok=True)
    draft = target / draft_name()  # inside, because the folder may be a mount that nothing can take the place of
    try:
        _fill(draft, manifest, found, runs, monthly)
        for item in sorted(draft.iterdir(), key=lambda item: item.name == MANIFEST):
            os.rename(item, target / item.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if is_new:  # and nothing came of it
            with suppress(OSError):
                target.rmdir()


def _fill(
    folder: Path,
    manifest: Manifest,
    found: Sequence[SweepResult],
    runs: pd.DataFrame,
    monthly: pd.DataFrame | None,
) -> None:
    session = uuid.uuid4().hex[:12]
    for name in (RUNS, WORK, *([MONTHLY] if monthly is not None else [])):
        (folder / name).mkdir(parents=True)
    (folder / WORK / session).mkdir()
    manifest.write(folder)
    journal = Journal(folder)
    journal.append("merged", stores=[one.manifest.id for one in found])
    schema = arrow_schema(manifest.columns[RUNS])
    ordered = runs.sort_values(["point", "scenario", "seed"], ignore_index=True)
    cpu = sum(one.status.cpu_seconds for one in found)
    for number, start in enumerate(range(0, len(ordered), _PER_FILE), start=1):
        part = ordered.iloc[start : start + _PER_FILE]
        months = None
        if monthly is not None:
            rows = monthly[monthly["run"].isin(part["run"])]
            months = pa.Table.from_pandas(rows, schema=arrow_schema(manifest.columns[MONTHLY]), preserve_index=False)
        rows_of = pa.Table.from_pandas(part, schema=schema, preserve_index=False).to_pylist()
        shard = write_shard(folder, session, number, rows_of, schema, months)
        failed = int((part["status"] == "failed").sum())
        journal.append("shard", **asdict(shard), failed=failed, simulations=len(part), cpu_seconds=cpu)
        cpu = 0.0  # told once: which run took how long is not stored
    shutil.rmtree(folder / WORK / session)
