"""Saved results as what they were: a run or a comparison that `--out` or `save` has left in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.comparison import Comparison
from experiments.errors import DamagedError, InputError
from experiments.results import RunResult
from experiments.storage import FORMAT, SUMMARY, damage, read_table
from model.scenario import Scenario, ScenarioError


def open_result(folder: str | Path) -> RunResult | Comparison:
    """Open a saved run or comparison; nothing is run.

    Args:
        folder: What `lastmile run --out` or `lastmile compare --out` has written.

    Raises:
        InputError: There is no such result, or it assumes what this version does not know; a `DamagedError` where its
            files are not what was written.
    """
    path = Path(folder)
    content = _summary(path)
    try:
        return _run(path, content) if "scenario" in content else _comparison(path, content)
    except ScenarioError as error:
        raise InputError([f"{path / SUMMARY}: {line}" for line in str(error).splitlines()]) from error
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(
            f"{path / SUMMARY}: it is no result that this version knows; {error} is missing or wrong"
        ) from error


def _summary(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is no folder; name one that `run --out` or `compare --out` has written")
    try:
        content = json.loads((path / SUMMARY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{str(path)!r} holds no saved run or comparison: there is no {SUMMARY} in it") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedError(f"{path / SUMMARY}: {damage(error)}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{path / SUMMARY}: it is not the summary of a saved result")
    return content


def _scenario(name: str, made: Mapping[str, Any], title: str) -> Scenario:
    return Scenario.from_mapping(
        {**made["changes"], "name": name, "forced": made["forced"], "title": title}, source=f"scenario {name}"
    )


def _run(path: Path, content: Mapping[str, Any]) -> RunResult:
    monthly, events, outcomes = (read_table(path / f"{name}.parquet") for name in ("monthly", "events", "outcomes"))
    return RunResult(
        scenario=_scenario(content["scenario"], content["provenance"], content.get("title", "")),
        seed=int(content["seed"]),
        monthly=monthly,
        outcomes=pd.Series(outcomes["value"]),
        events=events,
        balances=dict(content["balances"]),
        provenance=dict(content["provenance"]),
        warnings=tuple(content.get("warnings", ())),
    )


def _comparison(path: Path, content: Mapping[str, Any]) -> Comparison:
    table, runs = (read_table(path / f"{name}.parquet") for name in ("table", "runs"))
    titles, made = content.get("titles", {}), content["provenance"]
    found = Comparison(
        scenarios=tuple(_scenario(name, made[name], titles.get(name, "")) for name in content["scenarios"]),
        seed=int(content["seed"]),
        replications=int(content["replications"]),
        table=table,
        runs=runs,
        balances=dict(content["balances"]),
        warnings=tuple(content["warnings"]),
        draws=content.get("draws"),
        made={name: made[name] for name in content["scenarios"]},
    )
    there = set(runs.index.unique("scenario"))
    if there != set(found.names) or list(table.index.names) != ["outcome", "scenario"]:
        raise DamagedError(f"{path}: its tables are not of the scenarios that its summary names")
    return found
