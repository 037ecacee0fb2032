"""Sections of a report: which factors matter, how outcomes respond to them, where the extremes lie."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from experiments.analysis.discovery import discover
from experiments.analysis.drivers import drivers
from experiments.analysis.responses import heat_map, response
from experiments.analysis.sensitivity import sensitivity
from experiments.analysis.values import by_point, runs_without
from experiments.errors import InputError
from experiments.figures import figure, scale_of, unit_of
from experiments.reports import charts
from experiments.reports.page import Block, Section, Table
from experiments.reports.spread import labelled
from experiments.reports.words import factor_meaning, heading, label, outcome_meaning
from experiments.store.reading import SweepResult

_MAX_DRIVERS = 12


def drivers_section(result: SweepResult, names: Sequence[str]) -> Section:
    """What drives the outcomes, from any design."""
    if len(result.factors) < 2 or result.manifest.points < 8:
        return Section("drivers", "What drives the outcomes")
    table = drivers(result, list(names))
    blocks = []
    for name in dict.fromkeys(table.index.get_level_values(0)):
        rows = table.loc[name].head(_MAX_DRIVERS)
        cells = [
            [
                str(factor),
                factor_meaning(str(factor)),
                "–" if math.isnan(row["share"]) else f"{row['share']:.0%}",
                "–" if math.isnan(row["share"]) else f"{row['share_low']:.0%} to {row['share_high']:.0%}",
                figure(name, row["change"], signed=True),
                row["lowest_at"],
                row["highest_at"],
            ]
            for factor, row in rows.iterrows()
        ]
        heads = ("factor", "meaning", "share", "95 % interval", f"change, {unit_of(name)}", "lowest at", "highest at")
        blocks.append(
            Block(heading(name), outcome_meaning(name), table=Table(heads, cells, right=(2, 3, 4, 5, 6), code=(0,)))
        )
    return Section(
        "drivers",
        "What drives the outcomes",
        f"{label(result, result.scenarios[0])}: share of the variance between points that goes with each factor alone, "
        "and the change of the mean from the lowest to the highest group of its values.",
        blocks,
    )


def indices_section(result: SweepResult, names: Sequence[str]) -> Section:
    """Sobol or Morris indices, when the design allows them."""
    title = {"sobol": "Sobol indices", "morris": "Morris effects"}.get(result.kind, "Indices")
    if result.kind not in ("sobol", "morris"):
        return Section("indices", title)
    lacking = runs_without(result, names, result.scenarios[0])
    try:
        found = sensitivity(result, [name for name in names if name not in lacking] or list(names))
    except InputError as error:
        return Section("indices", title, "", [Block(text="Not computed: " + "; ".join(error.problems))])
    blocks = [Block(heading(name), f"Not computed: {count:,} runs have no figure.") for name, count in lacking.items()]
    for name in dict.fromkeys(found.table.index.get_level_values(0)):
        table = found.table.loc[name]
        luck = found.luck[name]
        note = "" if math.isnan(luck) else f" Luck makes up {luck:.0%} of the variance of a single run."
        if result.kind == "sobol":
            table = table.sort_values("total", ascending=False).head(_MAX_DRIVERS)
            drawing = charts.bars(
                table, (("first", "alone"), ("total", "with interactions")), "share of variance", f"Indices of {name}"
            )
        else:
            table = table.sort_values("effect", ascending=False).head(_MAX_DRIVERS)
            scale, unit = scale_of(name)
            label = f"mean size of the change over the factor's range, {unit}"
            drawing = charts.bars(table / scale, (("effect", "effect"),), label, f"Effects on {name}")
        blocks.append(Block(heading(name), outcome_meaning(name), drawing, f"Lines: 95 % intervals.{note}"))
    intro = (
        "Share of the variance of the mean over seeds that goes with each factor alone, and with all its interactions."
        if result.kind == "sobol"
        else "Mean size of the change of the outcome when one factor goes through its range and the others stay."
    )
    return Section("indices", title, intro, blocks)


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
    """Two factors at once."""
    blocks = []
    groups = 10 if result.kind in ("grid", "table") else max(3, min(6, int(math.sqrt(result.manifest.points / 8))))
    if len(result.factors) > 1 and result.manifest.points >= 4:
        for name in names:
            across, down = _leading(result, name, 2)
            table = heat_map(result, name, across, down, groups=groups)
            if np.isfinite(table.to_numpy(dtype=float)).any():
                blocks.append(Block(figure=charts.heat(table, name)))
    intro = f"{label(result, result.scenarios[0])}: means over points and seeds, for the two factors that matter most."
    return Section("heat", "Two factors at once", intro, blocks)


def discovery_section(result: SweepResult, names: Sequence[str]) -> Section:
    """Where the worst and the best quarter of the cases lie."""
    blocks = []
    for name in names:
        means = by_point(result, name, result.scenarios[0]).mean(axis=1).dropna()
        rows = []
        low, high = float(means.quantile(0.25)), float(means.quantile(0.75))
        for cases, below, above in (("lowest quarter", low, None), ("highest quarter", None, high)):
            try:
                found = discover(result, name, below=below, above=above)
            except InputError:
                continue
            limits = "; ".join(_limits(key, limit) for key, limit in found.limits.items()) or "nowhere in particular"
            held = "" if math.isnan(found.held_out_density) else f"{found.held_out_density:.0%}"
            rows.append([cases, limits, f"{found.density:.0%}", held, f"{found.coverage:.0%}"])
        if rows:
            heads = ("cases", "where they lie", "density", "on the other half", "coverage")
            blocks.append(Block(heading(name), outcome_meaning(name), table=Table(heads, rows, right=(2, 3, 4))))
    return Section(
        "discovery",
        "Where the extremes lie",
        "Boxes found by the patient rule induction method. Density: share of such cases among the points in the box "
        "(25 % everywhere); beside it that of a box found on half of the points, on the other half. Coverage: share of "
        "all such cases that lie in the box.",
        blocks,
    )


def _limits(name: str, limit: object) -> str:
    if isinstance(limit, list):
        return f"{name} = {' or '.join(str(one) for one in limit)}"
    assert isinstance(limit, tuple)
    low, high = (f"{end:.3g}" if isinstance(end, float) else str(end) for end in limit)
    return f"{name} {low} to {high}"


def _leading(result: SweepResult, name: str, most: int) -> list[str]:
    """The factors that matter most for an outcome."""
    if len(result.factors) < 2 or result.manifest.points < 8:
        return list(result.factors)[:most]
    table = drivers(result, name)
    ranked = list(table.loc[name].index) if len(table) else []
    return (ranked or list(result.factors))[:most]
