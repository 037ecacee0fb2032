"""Sections of a report: what was done, what failed, and where the figures come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from agents.roster import short
from experiments.analysis.values import by_point, point_factors
from experiments.designs.distributions import cut_note, described_distribution
from experiments.figures import figure
from experiments.reports.page import Block, Section, Table
from experiments.reports.words import factor_meaning, heading, label
from experiments.resolution import coarse_note, shippers_of
from experiments.store.reading import SweepResult
from experiments.store.status import Status

MOST_POINTS = 200
_MOST_VALUES = 12
KINDS = {
    "grid": "every combination of the listed values",
    "lhs": "a Latin hypercube",
    "sobol": "a Sobol design for variance shares",
    "morris": "Morris trajectories for screening",
    "table": "listed points",
    "matrix": "every policy in every scenario",
}


def lead(result: SweepResult) -> str:
    """What was done, in one sentence."""
    scenarios = ", ".join(label(result, name) for name in result.scenarios)
    varied = f"{', '.join(result.factors)} varied over " if result.factors else ""
    return f"{scenarios}; {varied}{KINDS[result.kind]}."


def warnings(result: SweepResult, status: Status) -> list[str]:
    """What a reader must know before the first figure."""
    found = [f"{one}." for one in status.parties]
    if status.left:
        found.append(f"Partial: {status.partial}. What follows is of the runs that are there, not of the whole design.")
    if status.failed:
        found.append(f"{status.failed:,} runs failed and are left out of all figures; see the end of the page.")
    if result.manifest.design["replications"] == 1:
        found.append("One seed per point: luck cannot be told from parameters.")
    found += [f"{note}." for name in result.factors if (note := cut_note(name, result.describe_factor(name)))]
    if coarse := coarse_note(shippers_of(result.manifest.design)):
        found.append(coarse)
    forced = [one["name"] for one in result.manifest.design["scenarios"] if one.get("forced")]
    if forced and len(forced) < len(result.scenarios):
        found.append(f"An outcome is imposed in {', '.join(forced)} and found by the market in the others.")
    return found


def design_section(result: SweepResult) -> Section:
    """What was varied and how."""
    rows = []
    for name in result.factors:
        told = result.describe_factor(name)
        rows.append([name, told["group"], _values(told), told["unit"], factor_meaning(name)])
    scenarios = [
        [one["name"], one.get("title", ""), ", ".join(f"{key} = {value}" for key, value in one.items()
                                                      if key not in ("name", "title", "description", "forced"))]
        for one in result.manifest.design["scenarios"]
    ]  # fmt: skip
    return Section(
        "design",
        "The design",
        f"{KINDS[result.kind][0].upper()}{KINDS[result.kind][1:]}: {result.manifest.points:,} points.",
        [
            Block("Factors", table=Table(("name", "kind", "values", "unit", "meaning"), rows, code=(0,))),
            Block("Scenarios", table=Table(("name", "title", "changes against the default"), scenarios, code=(0, 2))),
        ],
    )


def _values(told: Mapping[str, Any]) -> str:
    """What a factor takes, and how likely it is where not all of it is equally likely."""
    if told["kind"] != "choice":
        ends = f"{told['low']} to {told['high']}"
        likely = told.get("distribution")
        return ends if likely is None else f"{described_distribution(likely).in_words()}; within {ends}"
    values = [str(value) for value in told["values"][:_MOST_VALUES]]
    if "weights" in told:
        values = [f"{value} ({weight:.0%})" for value, weight in zip(values, told["weights"], strict=False)]
    return ", ".join(values) + (", ..." if len(told["values"]) > _MOST_VALUES else "")


def points_section(result: SweepResult, names: Sequence[str]) -> Section:
    """The points with what was varied and what came out, mean over seeds, in every scenario."""
    points = point_factors(result)
    outcomes = {
        (scenario, name): by_point(result, name, scenario).mean(axis=1)
        for scenario in result.scenarios
        for name in names
    }
    several = len(result.scenarios) > 1
    heads = [
        "point",
        *result.factors,
        *(f"{heading(name)}{f', {label(result, scenario)}' if several else ''}" for scenario, name in outcomes),
    ]
    shown = list(points.index)[:MOST_POINTS]
    rows = [
        [
            str(point),
            *(value if isinstance(value, str) else f"{value:g}" for value in points.loc[point].tolist()),
            *(figure(name, float(values.get(point, math.nan))) for (_, name), values in outcomes.items()),
        ]
        for point in shown
    ]
    rest = len(points) - len(shown)
    note = f" The first {len(shown):,} of {len(points):,}; all are in the store." if rest > 0 else ""
    table = Table(heads, rows, right=range(1, len(heads)))
    blocks = [Block(table=table)] if rows else []
    return Section("points", "The points", f"Outcomes are means over the seeds of a point.{note}", blocks)


def failures_section(status: Status) -> Section:
    """What failed, and what was put right."""
    blocks = []
    if status.errors:
        rows = [[f"{count:,}", kind, status.examples[kind]] for kind, count in status.errors.items()]
        blocks.append(Block("Failed runs", table=Table(("runs", "error", "for example"), rows, right=(0,))))
    if status.repairs:
        blocks.append(Block("Put right", table=Table(("what",), [[one] for one in status.repairs])))
    return Section("failures", "Failures and repairs", "", blocks)


def provenance_section(result: SweepResult) -> Section:
    """Where the figures come from."""
    told = result.manifest.provenance
    design = result.manifest.design
    last = int(design["seed"]) + int(design["replications"]) - 1
    packages = ", ".join(f"{name} {version}" for name, version in told["packages"].items())
    rows = [
        ["model version", str(told["model_version"])],
        ["commit", str(told["commit"] or "unknown")],
        ["checksum of code and data", str(told["code_checksum"])],
        ["checksum of the parameters", str(told["parameter_checksum"])],
        ["computed with", packages],
        ["on a machine with", ", ".join(told.get("machine", {"": "unknown"}).values())],
        ["simulation", str(result.manifest.environment["simulate"])],
        *([short(path), f"SHA-256 {sha256}"] for path, sha256 in result.manifest.environment.get("roster", {}).items()),
        ["seeds of luck", f"{design['seed']} to {last}" if last > design["seed"] else str(last)],
        ["parameter draws", "none" if result.draws is None else f"{result.draws.name}: seed s takes draw s"],
        ["seed of the sampling", str(design["sampling_seed"])],
        ["processor time", f"{result.status.cpu_seconds:,.0f} s"],
        ["store", str(result.manifest.id)],
    ]
    note = "Enough to make every figure again: the design is in manifest.json of the store."
    return Section("provenance", "Provenance", note, [Block(table=Table(("", ""), rows, code=(1,)))])
