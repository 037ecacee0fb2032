"""Sections of a report: how outcomes are spread, by scenario, and how scenarios differ."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from experiments.analysis.differences import bands, differences
from experiments.analysis.responses import QUANTILES
from experiments.analysis.values import by_point, luck_share
from experiments.figures import figure
from experiments.reports import charts
from experiments.reports.page import Block, Section, Table
from experiments.reports.words import heading, label, outcome_meaning
from experiments.store.reading import SweepResult

_READING = (
    "Thick and thin: 50 % and 90 % of the points (parameters). Dot: mean over all points. "
    "Line beside it: ± one standard deviation between the seeds of one point (luck)."
)


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
                title=heading(name),
                text=outcome_meaning(name),
                figure=charts.ranges(table, name, "mean"),
                caption=_READING,
                table=Table(heads, rows, right=range(1, 8)),
            )
        )
    which = "the points that are there" if result.status.partial else "all points of the design"
    return Section("outcomes", "Outcomes", f"Over {which}, one mean over the seeds each.", blocks)


def _spread(result: SweepResult, name: str) -> pd.DataFrame:
    rows = {}
    for scenario in result.scenarios:
        values = by_point(result, name, scenario)
        means = values.mean(axis=1).dropna()
        if means.empty:
            continue
        within = float(values.var(axis=1, ddof=1).mean()) if values.shape[1] > 1 else math.nan
        rows[label(result, scenario)] = {
            "points": len(means),
            "mean": float(means.mean()),
            # One point has no spread between points.
            **{
                f"q{round(100 * q):02d}": float(means.quantile(q)) if len(means) > 1 or q == 0.5 else math.nan
                for q in QUANTILES
            },
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
        rows = table.loc[name].rename(index=lambda scenario: label(result, scenario))
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
        heads = (f"less {label(result, first)}", "pairs", "mean", "its 95 % interval", "90 % of points", "luck, s.d.")
        blocks.append(
            Block(
                heading(name),
                "",
                charts.ranges(rows, name, "difference"),
                _READING,
                Table(heads, cells, right=range(1, 6)),
            )
        )
    return Section(
        "differences",
        "Differences between scenarios",
        f"To {label(result, first)}, run by run: same point, same seed.",
        blocks,
    )


def monthly_section(result: SweepResult) -> Section:
    """The monthly series that the sweep keeps."""
    blocks = []
    for name in result.manifest.columns["monthly"]:
        if name in ("run", "point", "scenario", "seed", "month"):
            continue
        blocks.append(Block(figure=charts.fans(labelled(result, bands(result, name)), name, name)))
        if len(result.scenarios) > 1:
            first = result.scenarios[0]
            title = f"{name}, less {label(result, first)}"
            table = labelled(result, bands(result, name, base=first))
            blocks.append(Block(figure=charts.fans(table, name, title)))
    return Section(
        "months", "Month by month", "Median, 50 % and 90 % of the points (parameters); dotted: ± one standard "
        "deviation between seeds (luck).", blocks,
    )  # fmt: skip


def labelled(result: SweepResult, table: pd.DataFrame) -> pd.DataFrame:
    """A table with a level "scenario", in which forced scenarios say so."""
    return table.rename(index=lambda one: label(result, one), level="scenario")
