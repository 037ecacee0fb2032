"""The sections of a report on a sweep."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.analysis.differences import bands, differences
from experiments.analysis.discovery import discover
from experiments.analysis.drivers import drivers
from experiments.analysis.responses import QUANTILES, heat_map, response
from experiments.analysis.sensitivity import sensitivity
from experiments.analysis.values import by_point, luck_share
from experiments.errors import InputError
from experiments.figures import figure, scale_of, unit_of
from experiments.reports import charts
from experiments.reports.page import Block, Section, Table
from experiments.reports.words import factor_meaning, outcome_meaning
from experiments.store.reading import SweepResult
from experiments.store.status import Status

KINDS = {
    "grid": "every combination of the listed values",
    "lhs": "a Latin hypercube",
    "sobol": "a Sobol design for variance shares",
    "morris": "Morris trajectories for screening",
    "table": "listed points",
}
_READING = (
    "Thick and thin: 50 % and 90 % of the points (parameters). Dot: mean over all points. "
    "Line beside it: ± one standard deviation between the seeds of one point (luck)."
)
_MAX_DRIVERS = 12


def lead(result: SweepResult) -> str:
    """What was done, in one sentence."""
    scenarios = ", ".join(
        f"{one['name']} (forced)" if one.get("forced") else one["name"] for one in result.manifest.design["scenarios"]
    )
    return f"{scenarios}; {', '.join(result.factors)} varied over {KINDS[result.kind]}."


def warnings(result: SweepResult, status: Status) -> list[str]:
    """What a reader must know before the first figure."""
    found = []
    if status.left:
        found.append(f"Not finished: {status.left:,} of {status.runs:,} runs are missing.")
    if status.failed:
        found.append(f"{status.failed:,} runs failed and are left out of all figures; see the end of the page.")
    if result.manifest.design["replications"] == 1:
        found.append("One seed per point: luck cannot be told from parameters.")
    forced = [one["name"] for one in result.manifest.design["scenarios"] if one.get("forced")]
    if forced and len(forced) < len(result.scenarios):
        found.append(f"An outcome is imposed in {', '.join(forced)} and found by the market in the others.")
    return found


def outcomes_section(result: SweepResult, names: Sequence[str]) -> Section:
    """How the outcomes are spread, by scenario."""
    blocks = []
    for name in names:
        table = _spread(result, name)
        if table.empty:
            continue
        rows = [
            [
                str(scenario),
                f"{int(row['points']):,}",
                *(figure(name, row[one]) for one in ("mean", "q05", "q50", "q95", "luck")),
                "" if math.isnan(row["luck_share"]) else f"{row['luck_share']:.0%}",
            ]
            for scenario, row in table.iterrows()
        ]
        heads = ("scenario", "points", "mean", "5 %", "median", "95 %", "luck, s.d.", "luck, share")
        blocks.append(
            Block(
                title=_title(name),
                text=outcome_meaning(name),
                figure=charts.ranges(table, name, "mean"),
                caption=_READING,
                table=Table(heads, rows, right=range(1, 8)),
            )
        )
    return Section("outcomes", "Outcomes", "Over all points of the design, one mean over the seeds each.", blocks)


def _spread(result: SweepResult, name: str) -> pd.DataFrame:
    rows = {}
    for scenario in result.scenarios:
        values = by_point(result, name, scenario)
        means = values.mean(axis=1).dropna()
        if means.empty:
            continue
        within = float(values.var(axis=1, ddof=1).mean()) if values.shape[1] > 1 else math.nan
        rows[scenario] = {
            "points": len(means),
            "mean": float(means.mean()),
            **{f"q{round(100 * q):02d}": float(means.quantile(q)) for q in QUANTILES},
            "luck": math.sqrt(within) if math.isfinite(within) else math.nan,
            "luck_share": luck_share(values),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def differences_section(result: SweepResult, names: Sequence[str]) -> Section:
    """Paired differences between the scenarios."""
    if len(result.scenarios) < 2:
        return Section("differences", "Differences between scenarios")
    first = result.scenarios[0]
    table = differences(result, list(names))
    blocks = []
    for name in dict.fromkeys(table.index.get_level_values(0)):
        rows = table.loc[name]
        cells = [
            [
                str(scenario),
                f"{int(row['pairs']):,}",
                figure(name, row["difference"], signed=True),
                f"{figure(name, row['low'], signed=True)} to {figure(name, row['high'], signed=True)}",
                f"{figure(name, row['q05'], signed=True)} to {figure(name, row['q95'], signed=True)}",
                figure(name, row["luck"]),
            ]
            for scenario, row in rows.iterrows()
        ]
        heads = (f"less {first}", "pairs", "mean", "its 95 % interval", "90 % of points", "luck, s.d.")
        blocks.append(
            Block(
                _title(name),
                "",
                charts.ranges(rows, name, "difference"),
                _READING,
                Table(heads, cells, right=range(1, 6)),
            )
        )
    return Section(
        "differences", "Differences between scenarios", f"To {first}, run by run: same point, same seed.", blocks
    )


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
                f"{row['share']:.0%}",
                f"{row['share_low']:.0%} to {row['share_high']:.0%}",
                figure(name, row["change"], signed=True),
                row["lowest_at"],
                row["highest_at"],
            ]
            for factor, row in rows.iterrows()
        ]
        heads = ("factor", "meaning", "share", "95 % interval", f"change, {unit_of(name)}", "lowest at", "highest at")
        blocks.append(
            Block(_title(name), outcome_meaning(name), table=Table(heads, cells, right=(2, 3, 4, 5, 6), code=(0,)))
        )
    return Section(
        "drivers",
        "What drives the outcomes",
        f"Share of the variance between points that goes with each factor alone ({result.scenarios[0]}), and the "
        "change of the mean from the lowest to the highest group of its values.",
        blocks,
    )


def indices_section(result: SweepResult, names: Sequence[str]) -> Section:
    """Sobol or Morris indices, when the design allows them."""
    title = {"sobol": "Sobol indices", "morris": "Morris effects"}.get(result.kind, "Indices")
    if result.kind not in ("sobol", "morris"):
        return Section("indices", title)
    try:
        found = sensitivity(result, list(names))
    except InputError as error:
        return Section("indices", title, "", [Block(text="Not computed: " + "; ".join(error.problems))])
    blocks = []
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
        blocks.append(Block(_title(name), outcome_meaning(name), drawing, f"Lines: 95 % intervals.{note}"))
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
        panels = {factor: response(result, name, factor) for factor in factors}
        panels = {factor: table for factor, table in panels.items() if not table.empty}
        if panels:
            drawing = charts.responses(panels, name)
            blocks.append(Block(_title(name), outcome_meaning(name), drawing))
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
    return Section(
        "heat", "Two factors at once", f"Means over points and seeds ({result.scenarios[0]}), for the two factors that "
        "matter most.", blocks,
    )  # fmt: skip


def discovery_section(result: SweepResult, names: Sequence[str]) -> Section:
    """Where the worst and the best quarter of the cases lie."""
    blocks = []
    for name in names:
        means = by_point(result, name, result.scenarios[0]).mean(axis=1).dropna()
        rows = []
        low, high = float(means.quantile(0.25)), float(means.quantile(0.75))
        for label, below, above in (("lowest quarter", low, None), ("highest quarter", None, high)):
            try:
                found = discover(result, name, below=below, above=above)
            except InputError:
                continue
            limits = "; ".join(_limits(key, limit) for key, limit in found.limits.items()) or "nowhere in particular"
            held = "" if math.isnan(found.held_out_density) else f"{found.held_out_density:.0%}"
            rows.append([label, limits, f"{found.density:.0%}", held, f"{found.coverage:.0%}"])
        if rows:
            heads = ("cases", "where they lie", "density", "on the other half", "coverage")
            blocks.append(Block(_title(name), outcome_meaning(name), table=Table(heads, rows, right=(2, 3, 4))))
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


def monthly_section(result: SweepResult) -> Section:
    """The monthly series that the sweep keeps."""
    blocks = []
    for name in result.manifest.columns["monthly"]:
        if name in ("run", "point", "scenario", "seed", "month"):
            continue
        blocks.append(Block(figure=charts.fans(bands(result, name), name, name)))
        if len(result.scenarios) > 1:
            first = result.scenarios[0]
            label = f"{name}, less {first}"
            blocks.append(Block(figure=charts.fans(bands(result, name, base=first), name, label)))
    return Section(
        "months", "Month by month", "Median, 50 % and 90 % of the points (parameters); dotted: ± one standard "
        "deviation between seeds (luck).", blocks,
    )  # fmt: skip


def design_section(result: SweepResult) -> Section:
    """What was varied and how."""
    rows = []
    for name in result.factors:
        told = result.describe_factor(name)
        values = (
            ", ".join(str(value) for value in told["values"][:12]) + (", ..." if len(told["values"]) > 12 else "")
            if told["kind"] == "choice"
            else f"{told['low']} to {told['high']}"
        )
        rows.append([name, told["group"], values, told["unit"], factor_meaning(name)])
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
        ["simulation", str(result.manifest.environment["simulate"])],
        ["seeds of luck", f"{design['seed']} to {last}" if last > design["seed"] else str(last)],
        ["seed of the sampling", str(design["sampling_seed"])],
        ["processor time", f"{result.status.cpu_seconds:,.0f} s"],
        ["store", str(result.manifest.id)],
    ]
    note = "Enough to make every figure again: the design is in manifest.json of the store."
    return Section("provenance", "Provenance", note, [Block(table=Table(("", ""), rows, code=(1,)))])


def _leading(result: SweepResult, name: str, most: int) -> list[str]:
    """The factors that matter most for an outcome."""
    if len(result.factors) < 2 or result.manifest.points < 8:
        return list(result.factors)[:most]
    table = drivers(result, name)
    ranked = list(table.loc[name].index) if len(table) else []
    return (ranked or list(result.factors))[:most]


def _title(name: str) -> str:
    unit = unit_of(name)
    return f"{name}, {unit}" if unit else name
