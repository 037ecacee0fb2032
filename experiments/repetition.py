"""Repeat a stored run from what it says about its origin, and compare."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from agents.calendar import Month
from experiments.designs.columns import outcome_names
from experiments.designs.plan import BALANCES, at_point
from experiments.errors import DamagedError, InputError
from experiments.parties import changed_files, party_notes
from experiments.provenance import provenance
from experiments.results import TABLES, RunResult, collect
from experiments.runs import Progress, start_market
from experiments.settings import check_seeds, prepare_scenario
from experiments.storage import FORMAT, SUMMARY, read_table
from experiments.store.manifest import FILE as MANIFEST
from model.branching import Stage
from model.market import ParcelMarket
from model.scenario import Scenario, ScenarioError
from model.texts import read_text_file

if TYPE_CHECKING:
    from experiments.store.reading import SweepResult

# What a computation depends on; forced and changes are the scenario itself.
_COMPUTED_BY = ("model_version", "commit", "packages", "machine", "parameter_checksum", "code_checksum")


@dataclass(frozen=True, eq=False)
class Stored:
    """A run that was kept.

    Attributes:
        label: What it is called.
        scenario: Its scenario.
        seed: Its seed.
        outcomes: Figures by name.
        balances: Worst month: "parcels" relative, "money" in dollars.
        tables: Tables that were kept with it, by name.
        damaged: What was kept with it and is missing or cannot be read any more, by file, with the reason.
        provenance: Where it came from.
        whole: Whether all outcomes were kept; a sweep keeps those that were asked for.
        descent: Of a branch all that it assumed before, eldest first.
        ended: Last month and why, where a condition can end the run; None elsewhere.
    """

    label: str
    scenario: Scenario
    seed: int
    outcomes: Mapping[str, float]
    balances: Mapping[str, float]
    tables: Mapping[str, pd.DataFrame]
    provenance: Mapping[str, Any]
    whole: bool = True
    damaged: Mapping[str, str] = field(default_factory=dict)
    descent: tuple[Stage, ...] = ()
    ended: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Rerun:
    """A stored run beside the same run of today.

    Attributes:
        stored: What was kept.
        result: What came out now.
        differences: One row for everything that differs: what, stored, again, difference.
        compared: How many figures were compared.
        made_with: What computed the stored run and is another one now, one line each.
    """

    stored: Stored
    result: RunResult = field(repr=False)
    differences: pd.DataFrame
    compared: int
    made_with: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether everything that was kept is still there and every figure is the same to the last bit."""
        return self.differences.empty

    def summary(self) -> dict[str, Any]:
        """The comparison as plain values, as `lastmile rerun --json` prints it."""
        return {
            "run": self.stored.label,
            "identical": self.identical,
            "compared": self.compared,
            "differences": [
                {str(name): _plain_json(value) for name, value in row.items()}
                for row in self.differences.to_dict("records")
            ],
            "made_with": list(self.made_with),
        }


def rerun(source: str | Path, run_id: str | None = None, progress: Progress | None = None) -> Rerun:
    """Repeat a stored run and compare every figure that was kept.

    Args:
        source: Folder of a saved result, its summary file, any file with what `lastmile run --json` printed, or the
            folder of a sweep.
        run_id: Run of a sweep; its first unless told.
        progress: Called with months done and months in all.

    Raises:
        InputError: There is no run in it, or it assumes what this version does not know; a `DamagedError` where the
            store of a sweep is damaged. What is damaged of a saved run is a difference.
    """
    stored = read_stored(source, run_id)
    check_seeds(stored.seed)
    market = replay(stored.descent, stored.scenario, stored.seed, progress)
    result = collect(market, stored.seed, party_notes(stored.scenario))
    differences, compared = _compare(stored, result)
    return Rerun(stored, result, differences, compared, tuple(_other_origin(stored)))


def replay(
    descent: Sequence[Stage],
    scenario: Scenario,
    seed: int,
    progress: Progress | None = None,
    until: Month | None = None,
) -> ParcelMarket:
    """Play a run again, through all that it assumed one after the other.

    Args:
        descent: What it assumed before, eldest first.
        scenario: What it assumes in the end.
        seed: Its seed.
        progress: Called with months done and months in all.
        until: First month that is not played; to its end unless told.

    Raises:
        InputError: It cannot start, or go on so, with this code.
    """
    market = start_market(descent[0].settings if descent else scenario, seed)
    months = scenario.n_months if until is None else until - scenario.start
    later = [*(one.settings for one in descent[1:]), scenario]
    for stage, settings in [*zip(descent, later, strict=False), (None, None)]:
        while not market.finished and market.months_done < months and (stage is None or market.month < stage.left):
            market.step()
            if progress is not None:
                progress(market.months_done, months)
        if stage is not None and settings is not None:
            try:
                market.branch(settings)
            except ScenarioError as error:
                raise InputError(str(error).splitlines()) from error
    return market


def read_stored(source: str | Path, run_id: str | None = None) -> Stored:
    """Read a run that was kept: see `rerun`.

    Raises:
        InputError: There is no run in it, or it assumes what this version does not know.
    """
    path = Path(source)
    if (path / MANIFEST).is_file() and (path / SUMMARY).is_file() and run_id is None:
        raise InputError(
            f"{path}: it holds a sweep and a saved run; name {path / SUMMARY} for the run, or a run of the sweep with "
            "--run"
        )
    if (path / MANIFEST).is_file():
        from experiments.store.reading import open_sweep

        return _of_sweep(open_sweep(path), run_id)
    if run_id is not None:
        raise InputError(f"run: {str(path)!r} is no sweep; only the runs of a sweep have ids")
    file = path / SUMMARY if path.is_dir() else path
    try:
        content = json.loads(read_text_file(file))
        made = content["provenance"]
        changes = {**made["changes"], "name": content["scenario"], "forced": made["forced"]}
        scenario, seed = _scenario(changes, str(file)), content["seed"]
        descent, ended = descent_of(made, str(file)), content.get("ended")
        outcomes, balances = dict(content["outcomes"]), dict(content["balances"])
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: it is no result of a run: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file}: it is no result of one run; {error} is missing or wrong") from error
    # What was printed has no tables; a saved result has all of them beside it.
    tables, damaged = _tables(file.parent) if content.get("format") == FORMAT else ({}, {})
    return Stored(
        str(path), scenario, seed, outcomes, balances, tables, made, damaged=damaged, descent=descent, ended=ended
    )


def descent_of(made: Mapping[str, Any], where: str) -> tuple[Stage, ...]:
    """What a branch assumed before, eldest first, from its provenance.

    Raises:
        InputError: It assumes what this version does not know.
    """
    stages = []
    for one in made.get("descent", []):
        changes = {**one["changes"], "name": one["scenario"], "forced": one["forced"]}
        stages.append(Stage(_scenario(changes, where), Month.parse(one["left"])))
    return tuple(stages)


def _tables(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    tables: dict[str, pd.DataFrame] = {}
    damaged: dict[str, str] = {}
    for name in TABLES:
        file = folder / f"{name}.parquet"
        try:
            tables[name] = read_table(file)
        except DamagedError as error:
            damaged[file.name] = str(error).removeprefix(f"{file}: ")
    return tables, damaged


def _scenario(changes: Mapping[str, Any], where: str) -> Scenario:
    try:
        return Scenario.from_mapping(changes, source=where)
    except ScenarioError as error:
        raise InputError(str(error).splitlines()) from error


def _of_sweep(found: SweepResult, run_id: str | None) -> Stored:
    if not str(found.manifest.environment["simulate"]).endswith(":simulate_market"):
        raise InputError(
            f"{found.folder}: its runs are not of the market but of {found.manifest.environment['simulate']}"
        )
    done = found.runs[found.runs["status"] == "done"]
    if done.empty:
        raise InputError(f"{found.folder}: no run has ended well yet")
    rows = done if run_id is None else done[done["run"] == run_id]
    if rows.empty:
        first = ", ".join(done["run"].head(3))
        raise InputError(f"run: {run_id!r} is no run of {found.folder} that ended well; there are {first}, ...")
    row = rows.iloc[0]
    base = found.manifest.design["scenarios"][found.scenarios.index(row["scenario"])]
    values = tuple(_plain(row[name]) for name in found.factors)
    try:
        prepared, seed = prepare_scenario(_scenario(base, str(found.folder))), int(row["seed"])
        scenario = at_point(prepared, found.factors, values, found.draws, seed)
    except ScenarioError as error:
        raise InputError(str(error).splitlines()) from error
    kept = {
        name: float(row[name]) for name in found.outcomes if name in outcome_names(scenario) and pd.notna(row[name])
    }
    balances = dict(zip(("parcels", "money"), (float(row[name]) for name in BALANCES), strict=True))
    files = found.manifest.environment.get("roster", {})
    made = {
        **found.manifest.provenance,
        "parameter_checksum": provenance(scenario)["parameter_checksum"],
        "roster": {key: {"path": path, "sha256": files.get(path)} for key, path in scenario.own_classes.items()},
    }
    return Stored(f"{found.folder}, run {row['run']}", scenario, seed, kept, balances, {}, made, False)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _compare(stored: Stored, result: RunResult) -> tuple[pd.DataFrame, int]:
    rows: list[tuple[str, Any, Any]] = []
    now = {str(name): float(value) for name, value in result.outcomes.items()}
    names = list(dict.fromkeys([*stored.outcomes, *now])) if stored.whole else list(stored.outcomes)
    rows += [(name, stored.outcomes.get(name), now.get(name)) for name in names]
    if stored.whole and (ended := stored.ended or result.ended):
        now_ended = result.ended or {}
        rows += [(f"end: {name}", (stored.ended or {}).get(name), now_ended.get(name)) for name in ended]
    rows += [(f"balance of {name}", stored.balances.get(name), result.balances[name]) for name in result.balances]
    again_tables = result.tables()
    for name, table in stored.tables.items():
        rows += list(_cells(name, table, again_tables[name]))
    rows += [(file, why, "written by every run") for file, why in stored.damaged.items()]
    differing = [(what, before, again) for what, before, again in rows if not _same(before, again)]
    table = pd.DataFrame(differing, columns=["what", "stored", "again"], dtype=object)
    table["difference"] = [
        again - before if isinstance(before, int | float) and isinstance(again, int | float) else None
        for before, again in zip(table["stored"], table["again"], strict=True)
    ]
    return table, len(rows)


def _cells(name: str, before: pd.DataFrame, again: pd.DataFrame) -> Iterator[tuple[str, Any, Any]]:
    """Every cell of two tables; of columns or rows that only one of them has, the number of them."""
    yield f"{name}: rows", len(before), len(again)
    yield f"{name}: columns", ", ".join(map(str, before.columns)), ", ".join(map(str, again.columns))
    if len(before) != len(again) or not before.columns.is_unique:
        return
    pairs = zip(before.index.to_list(), again.index.to_list(), strict=True)
    yield from ((f"{name}: row {number}", old, new) for number, (old, new) in enumerate(pairs, start=1))
    for column in before.columns.intersection(again.columns):
        triples = zip(again.index, before[column].to_list(), again[column].to_list(), strict=True)
        yield from ((f"{name}: {column}, {index}", old, new) for index, old, new in triples)


def _same(before: object, again: object) -> bool:
    """Whether two values are equal; no value is equal to none, and to nothing else."""
    gone = [value is None or value is pd.NA or value != value for value in (before, again)]
    return all(gone) if any(gone) else bool(before == again)


def _plain_json(value: object) -> object:
    """A value that JSON can hold, to its last digit."""
    if value is None or value is pd.NA or value != value:
        return None
    return value if isinstance(value, bool | int | float | str) and value not in (math.inf, -math.inf) else str(value)


def _other_origin(stored: Stored) -> Iterator[str]:
    here = provenance(stored.scenario)
    yield from changed_files(_files(stored.provenance.get("roster")), _files(here.get("roster")))
    for name in _COMPUTED_BY:
        before, now = stored.provenance.get(name), here[name]
        if isinstance(now, Mapping):
            if not isinstance(before, Mapping) or not before:  # older results do not tell their machine
                told = ", ".join(f"{part} {value}" for part, value in now.items())
                yield f"the result does not tell its {name}, now: {told}"
                continue
            for part, value in now.items():
                if before.get(part) != value:
                    yield f"{part} was {before.get(part)}, now it is {value}"
        elif before != now:
            yield f"{name.replace('_', ' ')} was {str(before)[:12]}, now it is {str(now)[:12]}"


def _files(parties: object) -> dict[str, str]:
    """Checksums by import path of what a result tells of its parties; what is damaged counts as unknown."""
    told = [one for one in parties.values() if isinstance(one, Mapping)] if isinstance(parties, Mapping) else []
    return {str(one["path"]): one["sha256"] for one in told if isinstance(one.get("sha256"), str) and "path" in one}
