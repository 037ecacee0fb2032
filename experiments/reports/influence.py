"""Sections of a report: which factors matter, how outcomes respond to them, where the extremes lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from experiments.analysis.discovery import discover
from experiments.analysis.drivers import Drivers, drivers_of
from experiments.analysis.responses import averaged_over, heat_map, response
from experiments.analysis.sensitivity import Sensitivity, sensitivity
from experiments.analysis.values import by_point, runs_without
from experiments.errors import InputError
from experiments.figures import scale_of
from experiments.reports import charts, shares
from experiments.reports.page import Block, Section, Table
from experiments.reports.spread import labelled
from experiments.reports.words import heading, label, outcome_meaning
from experiments.store.reading import SweepResult

_MAX_DRIVERS = 12


def drivers_section(result: SweepResult, names: Sequence[str]) -> Section:
    """What drives the outcomes, from any design, in every scenario."""
    blocks = []
    for name in names:
        for scenario in result.scenarios:
            found = _drivers(result, name, scenario)
            if found.table.empty:
                continue
            rows = [row for row in shares.cells(found) if row[0] in found.members][:_MAX_DRIVERS]
            rest = [row for row in shares.cells(found) if row[0] not in found.members]
            table = Table(shares.heads(name), [*rows, *rest], right=(2, 3, 4, 5, 6, 7), code=(0,))
            notes = " ".join((*found.notes, shares.READING))
            blocks.append(Block(_titled(result, name, scenario), outcome_meaning(name), table=table, caption=notes))
    return Section(
        "drivers",
        "What drives the outcomes",
        "Share of the variance of a single run that goes with each factor, with factors acting together, and with "
        "luck; and the change of the mean from the lowest to the highest value of a factor.",
        blocks,
    )


def indices_section(result: SweepResult, names: Sequence[str]) -> Section:
    """Sobol or Morris indices, when the design allows them, in every scenario."""
    title = {"sobol": "Sobol indices", "morris": "Morris effects"}.get(result.kind, "Indices")
    if result.kind not in ("sobol", "morris"):
        return Section("indices", title)
    blocks = []
    for scenario in result.scenarios:
        lacking = runs_without(result, names, scenario)
        try:
            found = sensitivity(result, [name for name in names if name not in lacking] or list(names), scenario)
        except InputError as error:
            blocks.append(Block(label(result, scenario), "Not computed: " + "; ".join(error.problems)))
            continue
        blocks += [
            Block(_titled(result, name, scenario), f"Not computed: {count:,} runs have no figure.")
            for name, count in lacking.items()
        ]
        blocks += [_indices(result, found, name) for name in dict.fromkeys(found.table.index.get_level_values(0))]
    intro = (
        "Share of the variance of the mean over seeds that goes with each factor alone, and with all its interactions."
        if result.kind == "sobol"
        else "Mean size of the change of the outcome when one factor goes through its range and the others stay."
    )
    return Section("indices", title, intro, blocks)


def _indices(result: SweepResult, found: Sensitivity, name: str) -> Block:
    """The indices of one outcome."""
    table = found.outcome(name)
    luck = found.luck[name]
    note = "" if math.isnan(luck) else f" Luck makes up {luck:.0%} of the variance of a single run."
    if result.kind == "sobol":
        table = table.sort_values(by="total", ascending=False).head(_MAX_DRIVERS)
        drawing = charts.bars(
            table, (("first", "alone"), ("total", "with interactions")), "share of variance", f"Indices of {name}"
        )
    else:
        table = table.sort_values(by="effect", ascending=False).head(_MAX_DRIVERS)
        scale, unit = scale_of(name)
        told = f"mean size of the change over the factor's range, {unit}"
        drawing = charts.bars(table / scale, (("effect", "effect"),), told, f"Effects on {name}")
    return Block(_titled(result, name, found.scenario), outcome_meaning(name), drawing, f"Lines: 95 % intervals.{note}")


def responses_section(result: SweepResult, names: Sequence[str]) -> Section:
    """How the outcomes respond to the factors that matter most."""
    blocks = []
    for name in names:
        factors = _leading(result, name, charts.MAX_PANELS)
        panels = {factor: labelled(result, response(result, name, factor)) for factor in factors}
        panels = {factor: table for factor, table in panels.items() if not table.empty}
        if panels:
            drawing = charts.responses(panels, name)
            blocks.append(Block(heading(name), outcome_meaning(name), drawing))
    return Section(
        "responses",
        "Response curves",
        "Mean over the points with its 95 % interval, and 90 % of the points around it (parameters). Thin vertical "
        "marks: ± one standard deviation between seeds (luck). The other factors vary too.",
        blocks,
    )


def heat_section(result: SweepResult, names: Sequence[str]) -> Section:
    """Two factors at once, in every scenario."""
    blocks = []
    groups = 10 if result.kind in ("grid", "table") else max(3, min(6, int(math.sqrt(result.manifest.points / 8))))
    if len(result.factors) > 1 and result.manifest.points >= 4:
        for name in names:
            across, down = _leading(result, name, 2)
            for scenario in result.scenarios:
                table = heat_map(result, name, across, down, scenario, groups=groups)
                if np.isfinite(table.to_numpy(dtype=float)).any():
                    drawing = charts.heat(table, f"{name}, {label(result, scenario)}", name)
                    note = averaged_over(result, name, across, down, scenario)
                    blocks.append(Block(figure=drawing, caption=note))
    return Section("heat", "Two factors at once", "The two factors that matter most for each outcome.", blocks)


def discovery_section(result: SweepResult, names: Sequence[str]) -> Section:
    """Where the worst and the best quarter of the cases lie, in every scenario."""
    blocks = []
    for name in names:
        for scenario in result.scenarios:
            rows = _extremes(result, name, scenario)
            if rows:
                heads = ("cases", "where they lie", "density", "on the other half", "coverage")
                table = Table(heads, rows, right=(2, 3, 4))
                blocks.append(Block(_titled(result, name, scenario), outcome_meaning(name), table=table))
    return Section(
        "discovery",
        "Where the extremes lie",
        "Boxes found by the patient rule induction method. Density: share of such cases among the points in the box "
        "(25 % everywhere); beside it that of a box found on half of the points, on the other half. Coverage: share of "
        "all such cases that lie in the box.",
        blocks,
    )


def _extremes(result: SweepResult, name: str, scenario: str) -> list[list[str]]:
    """Where the lowest and the highest quarter of an outcome lie in one scenario."""
    means = by_point(result, name, scenario).mean(axis=1).dropna()
    rows = []
    low, high = float(means.quantile(0.25)), float(means.quantile(0.75))
    for cases, below, above in (("lowest quarter", low, None), ("highest quarter", None, high)):
        try:
            found = discover(result, name, below=below, above=above, scenario=scenario)
        except InputError:
            continue
        limits = "; ".join(_limits(key, limit) for key, limit in found.limits.items()) or "nowhere in particular"
        held = "" if math.isnan(found.held_out_density) else f"{found.held_out_density:.0%}"
        rows.append([cases, limits, f"{found.density:.0%}", held, f"{found.coverage:.0%}"])
    return rows


def _limits(name: str, limit: object) -> str:
    if isinstance(limit, list):
        return f"{name} = {' or '.join(str(one) for one in limit)}"
    assert isinstance(limit, tuple)
    low, high = (f"{end:.3g}" if isinstance(end, float) else str(end) for end in limit)
    return f"{name} {low} to {high}"


@lru_cache(maxsize=16)
def _drivers(result: SweepResult, name: str, scenario: str) -> Drivers:
    """What drives an outcome; kept, for several sections ask."""
    return drivers_of(result, name, scenario)


def _leading(result: SweepResult, name: str, most: int) -> list[str]:
    """The factors that matter most for an outcome, in the scenario in which one of them matters most."""
    found = [_drivers(result, name, scenario) for scenario in result.scenarios]
    found = [one for one in found if one.members]
    if not found:
        return list(result.factors)[:most]
    weights: dict[str, float] = {}
    for one in found:
        for factor, weight in one.weights().items():
            weights[factor] = max(weights.get(factor, 0.0), weight)
    ranked = sorted(weights, key=lambda factor: -weights[factor])
    return [*ranked, *(factor for factor in result.factors if factor not in weights)][:most]


def _titled(result: SweepResult, name: str, scenario: str) -> str:
    """Heading of what is shown of an outcome in one scenario."""
    return f"{heading(name)}: {label(result, scenario)}"
