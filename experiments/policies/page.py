"""One HTML page about a matrix."""

from __future__ import annotations

import math
from typing import Any

from experiments.figures import figure, unit_of
from experiments.policies.matrix import Matrix
from experiments.reports import charts, origin
from experiments.reports.page import Block, Page, Section, Table
from experiments.reports.words import heading, outcome_meaning

_COLUMNS = {"mean": "mean", "regret": "regret", "best_share": "best in"}
_HOW = (
    "Regret: by how much the best policy of a scenario is better, on the mean over the seeds. Robust is the policy "
    "whose largest regret is least. Intervals are 95 %, of pairs of runs with the same seed; those of the largest "
    "regret and the share of resamples come from drawing the seeds again with replacement."
)


def cell_texts(outcome: str, row: dict[str, Any]) -> dict[str, str]:
    """The cells of a row as texts: mean, difference, regret, best."""

    def span(low: str, high: str, signed: bool = False) -> str:
        ends = [figure(outcome, float(row[one]), signed) for one in (low, high)]
        return f"{ends[0]} to {ends[1]}" if all(ends) else ""

    share = float(row["best_share"])
    ends = [float(row[one]) for one in ("best_low", "best_high")]
    return {
        "mean": figure(outcome, float(row["mean"])),
        "interval": span("low", "high"),
        "difference": figure(outcome, float(row["difference"]), signed=True),
        "difference_interval": span("difference_low", "difference_high", signed=True),
        "regret": figure(outcome, float(row["regret"])),
        "regret_interval": span("regret_low", "regret_high"),
        "best": "" if math.isnan(share) else f"{share:.0%}",
        "best_interval": "" if math.isnan(share) else f"{ends[0]:.0%} to {ends[1]:.0%}",
    }


def matrix_page(result: Matrix) -> Page:
    """The page: the answer, outcome, regret and "best in" by policy and scenario, policies, provenance."""
    status = result.sweep.status
    first = next(iter(result.outcomes))
    return Page(
        title=f"{len(result.policies)} policies in {len(result.worlds)} scenarios",
        lead=result.answers[first],
        tiles=[
            (f"{status.done:,}", f"of {status.runs:,} runs done"),
            (str(len(result.policies)), "policies"),
            (str(len(result.worlds)), "scenarios" if len(result.worlds) > 1 else "scenario"),
            (str(result.replications), "seeds of each cell" if result.replications > 1 else "seed of each cell"),
        ],
        warnings=result.warnings,
        sections=[
            *(_outcome_section(result, number, name) for number, name in enumerate(result.outcomes)),
            _policies_section(result),
            origin.failures_section(status),
            origin.provenance_section(result.sweep),
        ],
        footer="Made by lastmile matrix. A market model compares; it predicts no dates. Figures are those of the store "
        "beside this file.",
    )


def _outcome_section(result: Matrix, number: int, name: str) -> Section:
    way = "More is better." if result.outcomes[name] else "Less is better."
    blocks = [
        Block("The outcome", "", _heat(result, name, "mean", name), "Means over the seeds.", _cells(result, name)),
        Block("Regret", "", _heat(result, name, "regret", name), _HOW, _choice(result, name)),
        Block(
            "Best in",
            "",
            _heat(result, name, "best_share", "best_share"),
            "Share of the seeds in which a policy is the best of its scenario; ties are divided.",
        ),
    ]
    meaning = outcome_meaning(name)
    intro = f"{result.answers[name]} {meaning}. {way}" if meaning else f"{result.answers[name]} {way}"
    return Section(f"outcome-{number}", heading(name), intro, [one for one in blocks if one.figure or one.table])


def _heat(result: Matrix, name: str, column: str, unit_from: str) -> str:
    grid = result.grid(name, column)
    if grid.isna().to_numpy().all():
        return ""
    grid.index.name, grid.columns.name = "policy", "scenario"
    return charts.heat(grid.iloc[::-1].astype(float), _COLUMNS[column], unit_from)  # drawn from below


def _cells(result: Matrix, name: str) -> Table:
    unit = f", {unit_of(name)}" if unit_of(name) else ""
    heads = ("scenario", "policy", f"mean{unit}", "95 % interval", f"less {result.policies[0].name}", "95 % interval",
             "regret", "95 % interval", "best in", "95 % interval")  # fmt: skip
    table: dict[Any, dict[str, Any]] = result.table.to_dict("index")  # type: ignore[assignment]
    rows = [
        [world, policy.name, *cell_texts(name, table[name, world, policy.name]).values()]
        for world in result.worlds
        for policy in result.policies
    ]
    return Table(heads, rows, right=range(2, len(heads)))


def _choice(result: Matrix, name: str) -> Table | None:
    if name not in result.choice.index:
        return None
    unit = f", {unit_of(name)}" if unit_of(name) else ""
    rows = []
    for policy, row in result.choice.loc[name].iterrows():
        ends = [figure(name, float(row[one])) for one in ("low", "high")]
        share = float(row["chosen_share"])
        rows.append(
            [
                str(policy),
                figure(name, float(row["worst_regret"])),
                f"{ends[0]} to {ends[1]}" if all(ends) else "",
                str(row["worst_scenario"]),
                "" if math.isnan(share) else f"{share:.0%}",
            ]
        )
    heads = ("policy", f"largest regret{unit}", "95 % interval", "in", "robust choice in")
    return Table(heads, rows, right=(1, 2, 4))


def _policies_section(result: Matrix) -> Section:
    rows = [[one.name, ", ".join(one.owners) or "nobody", one.told, one.title] for one in result.policies]
    scenarios = []
    for number, world in enumerate(result.worlds):
        told = dict(result.sweep.manifest.design["scenarios"][number * len(result.policies)])
        policy = result.policies[0].changes
        settings = ", ".join(
            f"{key} = {value}"
            for key, value in told.items()
            if key not in ("name", "title", "description", "forced", *policy)
        )
        forced = "forced" if told.get("forced") else ""
        scenarios.append([world, forced, str(told.get("title", "")), settings or "what is usual"])
    return Section(
        "design",
        "Policies and scenarios",
        "Every policy was run in every scenario with the same seeds.",
        [
            Block("Policies", table=Table(("policy", "whose choice", "what it sets", "title"), rows, code=(0, 2))),
            Block("Scenarios", table=Table(("scenario", "", "title", "what it assumes"), scenarios, code=(0, 3))),
        ],
    )
