"""The brief of a matrix: policies against scenarios."""

from __future__ import annotations

import shlex
from typing import Any

import pandas as pd

from experiments.briefs.brief import Brief, Picture, origin_of
from experiments.briefs.drawing import bars
from experiments.briefs.saying import (
    assumptions,
    capital,
    key_words,
    level,
    listed,
    month_words,
    outcome_words,
    scenario_words,
    setting_words,
    without_keys,
)
from experiments.briefs.unknown import unknowns
from experiments.draws import drawn_name
from experiments.figures import figure, scale_of, split_year
from experiments.policies.matrix import Matrix
from experiments.policies.plan import BEST
from experiments.policies.reading import Policy, read_policies
from experiments.policies.regret import robust_choice
from experiments.reports.page import Table
from experiments.reports.words import outcome_unit
from experiments.variants import spell
from model.scenario import Scenario, scenario_names

Rows = dict[Any, dict[str, Any]]


def brief_of_matrix(result: Matrix) -> Brief:
    """Which policy does well in all scenarios, for a colleague.

    Args:
        result: The matrix; the brief is about the first of its outcomes.
    """
    name = next(iter(result.outcomes))
    worlds, first = _worlds(result), result.policies[0]
    words = {world.name: scenario_words(world) for world in worlds} | {one.name: _title(one) for one in result.policies}
    stem = split_year(name)[0]
    what, unit, scale = key_words(name), outcome_unit(stem), scale_of(name)[0]
    span = f"{month_words(worlds[0].start)} to {month_words(worlds[0].end)}"
    commands, needed = _repeat(result, worlds)
    return Brief(
        question=f"Which of {len(result.policies)} policies does well for {what} in "
        f"{'every one of ' if len(worlds) > 1 else ''}{listed(map(scenario_words, worlds))}?",
        answer=[without_keys(result.answers[name], words), _second_sentence(result, name, words)],
        pictures=[
            Picture(
                f"{capital(what)}: difference to {_title(first)}",
                _bars(result, worlds, name, ("difference", "difference_low", "difference_high"), scale, unit, True),
                "Mean over pairs of runs with the same luck; strokes are 95 % intervals.",
            ),
            Picture(
                "Regret by scenario",
                _bars(result, worlds, name, ("regret", "regret_low", "regret_high"), scale, unit),
                "By how much the best policy of a scenario does better; the best one has none. Robust is the policy "
                "whose longest bar is shortest.",
            ),
            Picture(
                "How often a policy is the best",
                _bars(result, worlds, name, ("best_share", "best_low", "best_high"), 0.01, "% of the runs"),
                "Share of the seeds in which a policy is the best of its scenario; ties are divided.",
            ),
        ],
        assumed=[
            f"{span}; {result.replications} runs of every policy in every scenario, seeds from {result.seed}. All of "
            "them share their luck.",
            *(
                f"{capital(one.name.replace('_', ' '))}, {_title(one)}{_whose(one)}: {_sets(one)}."
                for one in result.policies
            ),
            *assumptions(worlds),
        ],
        unknown=[
            *unknowns(worlds, result.replications, result.sweep.manifest.design.get("draws"), result.warnings),
            "Every scenario counts alike, likely or not, and only this one outcome: what a policy costs others is not "
            "in it, and policies that were not tried may be better.",
        ],
        repeat=commands,
        repeating=needed,
        table=_table(result, worlds, name),
        origin=origin_of(result.sweep.manifest.provenance),
    )


def _worlds(result: Matrix) -> list[Scenario]:
    """The scenarios without a policy."""
    described = result.sweep.manifest.design["scenarios"]
    first = result.policies[0].changes
    found = []
    for number, name in enumerate(result.worlds):
        changes = {key: value for key, value in described[number * len(result.policies)].items() if key not in first}
        title = Scenario.load(name).title if name in scenario_names() else changes.get("title", "")
        found.append(Scenario.from_mapping({**changes, "name": name, "title": title}))
    return found


def _title(policy: Policy) -> str:
    return f"“{policy.title or policy.name.replace('_', ' ')}”"


def _whose(policy: Policy) -> str:
    return f" (the choice of {listed(policy.owners)})" if policy.owners else ""


def _sets(policy: Policy) -> str:
    if not policy.changes:
        return "as each scenario has it"
    scenario = Scenario().with_changes(policy.changes)
    return listed(setting_words(key, scenario) for key in policy.changes)


def _second_sentence(result: Matrix, name: str, words: dict[str, str]) -> str:
    """How far the first policy, or else the worst one, stays behind."""
    known: Rows = result.choice.to_dict("index")  # type: ignore[assignment]
    choice = {policy: row for (outcome, policy), row in known.items() if outcome == name}
    if not choice:
        return "Some runs have no figure, so that policies cannot be set side by side."
    first = result.policies[0].name
    worst = max(choice, key=lambda one: choice[one]["worst_regret"])
    told = first if first != robust_choice(pd.DataFrame(result.choice.loc[name])) else str(worst)
    row = choice[told]
    if row["worst_regret"] == 0.0:
        return "All policies give the same in every scenario."
    ends = [level(name, float(row[end])) for end in ("low", "high")]
    span = f" (95 % interval: {ends[0]} to {ends[1]})" if row["low"] == row["low"] else ""
    return (
        f"Regret is by how much the best policy of a scenario does better: that of {words[told]} is at most "
        f"{level(name, float(row['worst_regret']))}{span}, in {words[row['worst_scenario']]}."
    )


def _bars(
    result: Matrix,
    worlds: list[Scenario],
    name: str,
    columns: tuple[str, str, str],
    scale: float,
    unit: str,
    without_first: bool = False,
) -> str:
    table = result.table.loc[name]
    policies = result.policies[without_first and len(result.policies) > 1 :]
    blocks = {}
    for world in worlds:
        block = table.loc[world.name].loc[[one.name for one in policies], list(columns)].astype(float) / scale
        block.index = pd.Index([one.name.replace("_", " ") for one in policies])
        blocks[world.title or world.name] = block.set_axis(["mean", "low", "high"], axis=1)
    return bars(pd.concat(blocks, axis=1), unit, f"{outcome_words(name)} by policy")


def _repeat(result: Matrix, worlds: list[Scenario]) -> tuple[list[str], str]:
    words, needed = spell(worlds, months=False)
    parts = shlex.split(words)
    names = parts[: len(worlds)]
    if not words or any(":" in one for one in names):  # a matrix takes scenarios without changes of their own
        return [], needed or "The scenario files are needed as well."
    library = {one.name: one for one in read_policies()}
    own = [one for one in result.policies if one != library.get(one.name)]
    which = " --policies FILE.toml" if own else ""
    tried = [one.name for one in result.policies]
    only = "" if not own and tried == [*library] else f" --only {','.join(tried)}"
    looked = "".join(f" --outcome {one}" for one in result.outcomes)
    ways = {*result.outcomes.values()}
    best = f" --best {BEST[not next(iter(ways))]}" if len(ways) == 1 else ""
    begin = "" if worlds[0].start == Scenario().start else f" --set start={worlds[0].start}"
    described = result.sweep.manifest.design.get("draws")
    draws = "" if described is None else f" --draws {drawn_name(described)}"
    options = "".join(f" {shlex.quote(one)}" for one in parts[len(worlds) :])
    if own:
        needed = f"{needed} The file of the policies is needed as well.".strip()
    return [
        f"lastmile matrix --scenarios {','.join(names)}{which}{only}{looked}{best} --seed {result.seed} "
        f"--replications {result.replications} --until {worlds[0].end}{draws}{begin}{options}"
    ], needed


def _table(result: Matrix, worlds: list[Scenario], name: str) -> Table:
    cells: Rows = result.table.to_dict("index")  # type: ignore[assignment]
    unit = f", {outcome_unit(name)}" if outcome_unit(name) else ""
    rows = []
    for world in worlds:
        for policy in result.policies:
            row = cells[name, world.name, policy.name]
            ends = [figure(name, row[end]) for end in ("low", "high")]
            rows.append([
                world.title or world.name,
                policy.title or policy.name.replace("_", " "),
                figure(name, row["mean"]),
                f"{ends[0]} to {ends[1]}" if all(ends) else "",
                figure(name, row["regret"]),
            ])  # fmt: skip
    return Table(("scenario", "policy", f"mean{unit}", "95 % interval", f"regret{unit}"), rows, right=(2, 3, 4))
