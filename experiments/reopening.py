"""Saved results as what they were: a run, branch, comparison or target that `--out` or `save` has left in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from agents.calendar import Month
from experiments.branching import DIFFERENCES, Branch
from experiments.comparison import Comparison
from experiments.errors import DamagedError, InputError
from experiments.results import RunResult
from experiments.storage import FORMAT, SUMMARY, damage, read_table
from experiments.targets.reach import read_reach
from experiments.targets.runs import KIND as TARGET
from experiments.targets.target import Target
from experiments.targets.varied import read_varied
from model.scenario import Scenario, ScenarioError
from model.texts import read_text_file

type Saved = RunResult | Branch | Comparison | Target


def open_result(folder: str | Path) -> Saved:
    """Open a saved run, branch, comparison or target; nothing is run.

    Args:
        folder: What `run`, `branch`, `compare` or `target` has written with `--out`.

    Raises:
        InputError: There is no such result, or it assumes what this version does not know; a `DamagedError` where its
            files are not what was written.
    """
    path = Path(folder)
    content = _summary(path)
    try:
        if content.get("kind") == TARGET:
            return _target(path, content)
        if "branch" in content:
            return _branch(path, content)
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
        raise InputError(f"{str(path)!r} is no folder; name one that `run`, `compare` or others wrote with --out")
    try:
        content = json.loads(read_text_file(path / SUMMARY))
    except FileNotFoundError:
        raise InputError(f"{str(path)!r} holds no saved result: there is no {SUMMARY} in it") from None
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
        ended=content.get("ended"),
    )


def _branch(path: Path, content: Mapping[str, Any]) -> Branch:
    told = content["branch"]
    rows = [[row[name] for name in DIFFERENCES] for row in told["differences"]]
    table = pd.DataFrame(rows, columns=list(DIFFERENCES)).astype(dict.fromkeys(DIFFERENCES[1:], float))
    return Branch(Month.parse(told["at"]), told["parent"], dict(told["changes"]), _run(path, content), table)


def _target(path: Path, content: Mapping[str, Any]) -> Target:
    if not content.get("finished", True):
        raise InputError(f"{str(path)!r} holds a target that is not finished; the same command goes on from its runs")
    scenario = _scenario(content["scenario"], content["provenance"], content.get("title", ""))
    problems: list[str] = []
    varied = read_varied(content["vary"], content["in"], scenario, {}, problems)
    reach = read_reach(content["reach"]["text"], problems)
    if varied is None or reach is None:
        raise InputError([f"{path / SUMMARY}: {problem}" for problem in problems])
    curve, root, beside, runs = (read_table(path / f"{name}.parquet") for name in ("curve", "root", "beside", "runs"))
    return Target(
        scenario=scenario,
        varied=varied,
        reach=reach,
        seed=int(content["seed"]),
        replications=int(content["replications"]),
        curve=curve,
        root=root,
        beside=beside,
        runs=runs,
        shape=content["shape"],
        answer=content["answer"],
        warnings=tuple(content["warnings"]),
        draws=content["draws"],
        made=dict(content["provenance"]),
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
