"""The verb: every policy in every scenario, what it leads to, what is regretted, and which policy is robust."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from agents.calendar import Month
from experiments.designs.restore import restore_design
from experiments.errors import DamagedError, InputError
from experiments.figures import figure, unit_of
from experiments.intervals import chance_interval, domain_of, domain_of_difference, mean_interval
from experiments.parties import Roster, party_notes
from experiments.policies.plan import BEST, MatrixPlan, check_matrix, looked_at
from experiments.policies.reading import Policy
from experiments.policies.regret import Cells, cell_table, choice_table, robust_choice
from experiments.resolution import coarse_note, shippers_of
from experiments.storage import damage, dump_json, write_text
from experiments.store.reading import SweepResult, open_sweep
from experiments.sweeps.drive import SweepProgress
from experiments.sweeps.sweep import sweep
from experiments.targets.reach import is_indicator, read_name
from model.scenario import Scenario
from model.texts import read_text_file

DEFAULT_REPLICATIONS = 10
KIND = "matrix"
FEW_SEEDS = 8
SUMMARY, PAGE = "matrix.json", "matrix.html"


@dataclass(frozen=True, eq=False)
class Matrix:
    """Policies against scenarios.

    Attributes:
        worlds: Names of the scenarios.
        policies: What was tried.
        outcomes: What was looked at; whether more of it is better.
        seed: First seed; all cells share the seeds.
        replications: Seeds of each cell.
        table: Index (outcome, scenario, policy); see `experiments.policies.regret.cell_table`.
        choice: Index (outcome, policy); see `experiments.policies.regret.choice_table`.
        runs: One row a run: scenario, policy, seed, and the outcomes that were looked at.
        answers: The robust choice by outcome, in a sentence.
        warnings: What to keep in mind.
        sweep: The sweep that did the runs; its folder is gone where none was named.
    """

    worlds: tuple[str, ...]
    policies: tuple[Policy, ...]
    outcomes: Mapping[str, bool]
    seed: int
    replications: int
    table: pd.DataFrame = field(repr=False)
    choice: pd.DataFrame = field(repr=False)
    runs: pd.DataFrame = field(repr=False)
    answers: Mapping[str, str]
    warnings: tuple[str, ...]
    sweep: SweepResult = field(repr=False)

    def grid(self, outcome: str, column: str = "mean") -> pd.DataFrame:
        """A column of the table for one outcome, policies down, scenarios across."""
        cells: pd.DataFrame = self.table.loc[outcome][column].unstack("scenario")
        return cells.loc[[one.name for one in self.policies], list(self.worlds)]

    def summary(self) -> dict[str, Any]:
        """The matrix as `lastmile matrix --json` prints it."""
        design = self.sweep.manifest.design
        first = Scenario.from_mapping(design["scenarios"][0])
        return {
            "kind": KIND,
            "scenarios": list(self.worlds),
            "policies": [one.describe() for one in self.policies],
            "seed": self.seed,
            "replications": self.replications,
            "from": str(first.start),
            "until": str(first.end),
            "outcomes": {
                name: {
                    "best": BEST[not high],
                    "answer": self.answers[name],
                    "cells": _records(self.table.xs(name)),
                    "choice": _records(self.choice.xs(name)) if name in self.choice.index else [],
                }
                for name, high in self.outcomes.items()
            },
            "warnings": list(self.warnings),
            "draws": design.get("draws"),
            "provenance": self.sweep.manifest.provenance,
        }


def _records(table: pd.DataFrame | pd.Series) -> list[dict[str, Any]]:
    rows = table.reset_index().to_dict("records")
    return [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in rows]


def matrix(
    scenarios: Sequence[str | Path | Scenario],
    policies: str | Path | Mapping[str, Any] | None = None,
    only: Sequence[str] = (),
    outcome: str | Sequence[str] = (),
    best: str | None = None,
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    until: str | Month | None = None,
    replications: int = DEFAULT_REPLICATIONS,
    workers: int | None = None,
    out: str | Path | None = None,
    retry_failed: bool = False,
    progress: SweepProgress | None = None,
    draws: str | Path | None = None,
    roster: Roster | None = None,
) -> Matrix:
    """Run every policy in every scenario with the same seeds; with `out` a second call goes on where the first ended.

    Args:
        scenarios: The worlds: names, paths or scenarios.
        policies: The path of a TOML file, the same as a mapping, or None for those that come with the package.
        only: Names of the policies to take; differences are to the first.
        outcome: Outcomes to look at, NAME_YEAR; the net income of USPS in the last full year unless told. All others
            are kept too, so that looking at another one later runs nothing.
        best: "high" or "low", for outcomes of which it depends on whom one asks.
        set: Levers and parameters to change in all cells.
        seed: First seed.
        until: Last month.
        replications: Seeds of each cell.
        workers: Processes; one for each processor unless told.
        out: Folder of the sweep, with `matrix.html` and `matrix.json` beside it.
        retry_failed: Run failed runs again.
        progress: Called with runs recorded, failed ones among them, and runs in all.
        draws: Parameter draws by name, or a parquet file: seed s takes draw s in every cell.
        roster: Classes of one's own that decide for parties in all cells, or their import paths, by key.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once, and nothing was run or written. Or
            no run ended well.
        experiments.sweeps.drive.SweepInterruptedError: Ctrl-C; with `out` what was run is recorded.
    """
    plan = check_matrix(
        scenarios, policies, only, outcome, best, set, seed, until, replications, workers, out, draws, roster
    )
    with tempfile.TemporaryDirectory(prefix="lastmile-matrix-") as scratch:
        folder = Path(scratch) / "runs" if out is None else Path(out)
        done = sweep(plan.design, folder, workers=workers, retry_failed=retry_failed, progress=progress)
        result = _assembled(plan, done)
    if out is not None:
        from experiments.policies.page import matrix_page

        write_text(folder / SUMMARY, dump_json(result.summary()))
        write_text(folder / PAGE, matrix_page(result).html())
    return result


def open_matrix(folder: str | Path, outcome: str | Sequence[str] = (), best: str | None = None) -> Matrix:
    """Open the folder of a matrix, finished or not; nothing is run.

    Args:
        folder: What `lastmile matrix --out` has written.
        outcome: Outcomes to look at; unless told those of the call that wrote the folder.
        best: "high" or "low", for outcomes of which it depends on whom one asks.

    Raises:
        InputError: It holds no matrix, there is no such outcome, or no run has ended well; a `DamagedError` where its
            files are not what was written.
    """
    done = open_sweep(folder)
    if done.kind != KIND:
        raise InputError(f"{str(folder)!r} holds a sweep that is no matrix")
    design = restore_design(done.manifest.design)
    told = {str(name): BEST[0] == way for name, way in _looked_at_before(Path(folder)).items()}
    problems: list[str] = []
    asked = [read_name(one) for one in ([outcome] if isinstance(outcome, str) else outcome)] or list(told)
    looked = {name: told[name] for name in asked if name in told and best is None}
    if not looked or len(looked) < len(asked):
        looked |= looked_at([name for name in asked if name not in looked], best, design.scenarios, problems)
    if problems:
        raise InputError(problems)
    policies = tuple(
        Policy(one["name"], one["title"], tuple(one["owners"]), dict(one["set"])) for one in design.policies
    )
    notes = tuple(party_notes(design.scenarios[0]))
    return _assembled(MatrixPlan(design, design.worlds, policies, looked, notes), done)


def _looked_at_before(folder: Path) -> dict[str, str]:
    """Outcomes that the page of a folder is about, and whether more of each is better."""
    try:
        content = json.loads(read_text_file(folder / SUMMARY))
        return {name: row["best"] for name, row in content["outcomes"].items()}
    except FileNotFoundError:  # its runs are still going on
        return {}
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise DamagedError(f"{folder / SUMMARY}: {damage(error)}") from error


def _assembled(plan: MatrixPlan, done: SweepResult) -> Matrix:
    runs = done.runs
    good = runs[runs["status"] == "done"]
    if good.empty:
        first = runs["error"].dropna()
        raise InputError(f"no run ended well: {first.iloc[0] if len(first) else 'there is none'}")
    policies = [policy.name for policy in plan.policies]
    cell_of = {f"{world}+{policy}": (world, policy) for world in plan.worlds for policy in policies}
    flat = pd.DataFrame(
        {
            "scenario": [cell_of[name][0] for name in good["scenario"]],
            "policy": [cell_of[name][1] for name in good["scenario"]],
            **{name: good[name].to_numpy() for name in ("seed", *plan.outcomes)},
        }
    )
    seeds = range(plan.design.seed, plan.design.seed + plan.design.replications)
    tables, choices, answers = {}, {}, {}
    for name, high in plan.outcomes.items():
        index = pd.MultiIndex.from_product([plan.worlds, policies, seeds])
        values = flat.set_index(["scenario", "policy", "seed"])[name].reindex(index).to_numpy(dtype=float)
        shape = len(plan.worlds), len(policies), len(seeds)
        cells = Cells(values.reshape(shape), plan.worlds, policies, high, _interval(name), domain_of_difference(name))
        tables[name], choices[name] = cell_table(cells), choice_table(cells)
        answers[name] = answer(name, high, choices[name], plan)
    failed = int((runs["status"] == "failed").sum())
    coarse = coarse_note(shippers_of(plan.design.describe()))
    told = f"{failed:,} runs failed and are left out; --retry-failed runs them again." if failed else ""
    few = ""
    if len(seeds) == 1:
        few = "One seed gives no interval: luck and policy cannot be told apart."
    elif len(seeds) < FEW_SEEDS:
        few = f"Resamples of {len(seeds)} seeds look surer than they are; {FEW_SEEDS} would be the least."
    return Matrix(
        worlds=plan.worlds,
        policies=plan.policies,
        outcomes=plan.outcomes,
        seed=plan.design.seed,
        replications=plan.design.replications,
        table=pd.concat(tables, names=["outcome"]),
        choice=pd.concat(choices, names=["outcome"]),
        runs=flat,
        answers=answers,
        warnings=tuple(filter(None, [coarse, told, few, *(f"{note}." for note in plan.notes)])),
        sweep=done,
    )


def _interval(outcome: str) -> Any:
    if is_indicator(outcome):
        return chance_interval
    return lambda values: tuple(float(one) for one in mean_interval(values, *domain_of(outcome)))


def answer(outcome: str, high: bool, choice: pd.DataFrame, plan: MatrixPlan) -> str:
    """The robust choice, how sure it is, and what comes next, in a sentence or two."""
    if choice.empty:
        return f"No seed has a figure of {outcome} in all cells; nothing can be said of regret."
    name = robust_choice(choice)
    row: dict[str, Any] = dict(choice.loc[name])
    owners = next(one.owners for one in plan.policies if one.name == name)
    whose = f" (the choice of {' and '.join(owners)})" if owners else ""
    way = "more" if high else "less"
    unit = unit_of(outcome)
    if row["worst_regret"] == 0.0:
        told = f"Robust for {outcome} ({way} is better): {name}{whose}, best in every scenario"
    else:
        told = (
            f"Robust for {outcome} ({way} is better): {name}{whose}, whose regret is at most "
            f"{figure(outcome, row['worst_regret'])} {unit}, in {row['worst_scenario']}".rstrip()
        )
    if math.isnan(row["chosen_share"]):
        return f"{told}; one seed does not tell how sure that is."
    span = f" (95 % interval {figure(outcome, row['low'])} to {figure(outcome, row['high'])} {unit}".rstrip() + ")"
    span = span if row["high"] > 0.0 else ""
    rest = choice["chosen_share"].drop(name).astype(float)
    others = [f"{other} in {share:.0%}" for other, share in rest.sort_values(ascending=False).items() if share >= 0.005]
    after = f"; else {', '.join(others[:2])}" if others else ""
    return f"{told}{span}; it is the choice in {row['chosen_share']:.0%} of resamples of the seeds{after}."
