"""The stored back-test as tables and pictures."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from experiments.backtest.quarters import SERIES as QUARTER_SERIES
from experiments.backtest.stored import StoredHindcast, StoredRun
from model.words import group_names
from server import plots
from server.charts import CARRIERS
from server.plots import Plot
from server.tables import Cell, Column, TableData, number_cell

FROZEN = "frozen-2021"  # the draws that know nothing later than 2021
SAMPLES = {"in": "to 2021", "out": "2022 to 2024"}
ENTITIES = group_names()
SERIES = {
    "volume": "Parcels delivered",
    "share": "Market share",
    "revenue_per_parcel": "Revenue per parcel",
    "own_share": "Amazon's own share",
    "usps_share": "Share of Amazon's parcels at USPS",
    "ups_share": "Share of Amazon's parcels at UPS",
    "package_revenue": "Package revenue of USPS",
    "package_volume": "Packages of USPS",
    "mail_revenue": "Mail revenue of USPS",
    "expense_without_noncash": "Expense of USPS without non-cash items",
    "income_without_noncash": "Income of USPS without non-cash items",
    "access_price": "What Amazon pays USPS for a parcel",
}
MEASURES = {
    "volume_error": "Mean distance of the parcels of each carrier from what was observed, as a share of it.",
    "share_error": "Mean distance of the market share of each carrier from what was observed, percentage points.",
    "revenue_per_parcel_error": "Mean distance of revenue per parcel from what was observed, as a share of it.",
    "package_revenue_error": "Mean distance of the package revenue of USPS from what was observed, as a share of it.",
    "income_error": "Largest distance of the yearly income of USPS, non-cash items left out, from what was observed.",
    "income_sign_right": "Share of the years in which USPS has a profit or a loss in the model as it had one.",
    "band_coverage_50%": "Share of the observed figures that lie within the middle half of the runs; ideally half.",
    "band_coverage_90%": "Share of the observed figures that lie within the middle 90 % of the runs; ideally 90 %.",
}
QUARTER_TESTS = {
    "quarter_change_error": "The change of packages on the year before lies on average",
    "fourth_quarter_share_error": "The share of October to December in the packages of a year lies at most",
}
QUARTERS_READ = (
    "The model is given demand by year, so a jump within one, as in April 2020, is spread over it: read no answer "
    "closer than a year."
)
QUARTERS_NOTE = (
    "Dots: published, or chained from published changes; the third quarter is the fiscal year less its other quarters. "
    "Line: median of {n} runs; bands: 50 % and 90 % of them, luck and parameters alone."
)
FIRST_FULL_YEAR = 2018  # the first year of which all quarters are known
_MEASURED = (
    "observed", "observed_low", "observed_high", "median", "low50", "high50", "low90", "high90", "persistence", "drift",
)  # fmt: skip
_DRAWN = {"observed": "circle", "persistence": "rect", "drift": "triangle"}
# What each of them is called where it is drawn; the terms stand in brackets.
_CALLED = {
    "observed": "Published",
    "persistence": "Shares stay as in 2021 (persistence)",
    "drift": "Their trend goes on (drift)",
}


def is_out_of_sample(run: StoredRun, sample: str) -> bool:
    """Whether an error is one of years that the parameters knew nothing of."""
    return sample == "out" and run.draws == FROZEN


def verdict(stored: StoredHindcast) -> str:
    """How many limits are met out of sample and in sample, in a sentence."""
    counts = {True: [0, 0], False: [0, 0]}
    for run in stored.runs:
        for score in run.scores:
            if score.met is not None:
                met = counts[is_out_of_sample(run, score.sample)]
                met[0] += score.met
                met[1] += 1
    (out, of_out), (inside, of_inside) = counts[True], counts[False]
    return (
        f"Out of sample the model meets {out} of {of_out} limits that were written down before any run; "
        f"in sample {inside} of {of_inside}."
    )


@cache
def scores_table(stored: StoredHindcast) -> TableData:
    """All errors beside naive forecasts and limits."""
    cells: list[tuple[Cell, ...]] = []
    rows = []
    explained: set[str] = set()
    for run in stored.runs:
        for score in run.scores:
            label = "out of sample" if is_out_of_sample(run, score.sample) else "in sample"
            met = {True: "met", False: "not met", None: "–"}[score.met]
            values = (score.model, score.persistence, score.drift, score.limit)
            shown = [number_cell(f"{value:.3f}" if math.isfinite(value) else "", value, score.unit) for value in values]
            words = score.name.replace("_", " ")
            # Explained where it is met first, so that one '?' stands for all.
            name: Cell = (words, words, MEASURES.get(score.name, "")) if score.name not in explained else words
            explained.add(score.name)
            cells.append((run.name, label, SAMPLES[score.sample], name, score.unit, *shown, met))
            rows.append((run.name, label, SAMPLES[score.sample], score.name, score.unit, *values, met))
    names = ["run", "sample", "years", "error", "unit", "model", "persistence", "drift", "limit", "met"]
    helps = {
        "run": "Free: the market finds contracts and prices itself. Forced: those that are known are imposed.",
        "persistence": "The market shares of 2021 stay",
        "drift": "Their trend of 2019 to 2021 goes on",
        "limit": "Written down before any run; of what 90 % bands hold the least, and more than 97 % fails, too",
        "sample": "Out of sample: with parameters estimated on data up to 2021",
    }
    return TableData(
        title="Scores",
        columns=tuple(
            Column(
                name,
                number=name in names[5:9],
                help=helps.get(name, ""),
                mark=name == "met",
                explained=name == "error",
            )
            for name in names
        ),
        cells=tuple(cells),
        frame=pd.DataFrame(rows, columns=names),
        note=f"Errors of the model against what was published, beside two forecasts that need no model. All three know "
        f"the observed total. Made on {stored.date} by {stored.command}.",
    )


@cache
def coverage_table(stored: StoredHindcast) -> TableData | None:
    """How many observations the 90 % bands hold, by what they are made of; None where the results do not tell."""
    rows = [(run, one) for run in stored.runs for one in run.coverage if one.figures and one.sample != "all"]
    if not rows:
        return None
    names = ["run", "sample", "years", "the band holds", "observations", "inside", "met"]
    cells: list[tuple[Cell, ...]] = []
    plain = []
    for run, one in rows:
        label = "out of sample" if is_out_of_sample(run, one.sample) else "in sample"
        met = {True: "met", False: "not met", None: "–"}[one.met]
        inside = 100.0 * one.inside90
        shown = (number_cell(f"{one.figures}", one.figures), number_cell(f"{inside:.0f} %", inside, "%"))
        cells.append((run.name, label, SAMPLES[one.sample], one.held, *shown, met))
        plain.append((run.name, label, SAMPLES[one.sample], one.held, one.figures, one.inside90, met))
    return TableData(
        title="What the 90 % bands hold",
        columns=tuple(Column(name, number=name in names[4:6], mark=name == "met") for name in names),
        cells=tuple(cells),
        frame=pd.DataFrame(plain, columns=names),
        note="Share of the observed volumes, revenues per parcel and package revenues inside the 90 % bands as one "
        "part after the other is added to them; met: 75 to 97 %. What the form of the model gets wrong is taken from "
        "years before the first one of a run.",
    )


@cache
def patterns_table(stored: StoredHindcast) -> TableData:
    """What was observed, and whether the runs show it."""
    names = list(dict.fromkeys(pattern.name for run in stored.runs for pattern in run.patterns))
    cells: list[tuple[Cell, ...]] = []
    rows = []
    for name in names:
        row: list[Cell] = [name]
        plain: list[str] = [name]
        for run in stored.runs:
            found = next((pattern for pattern in run.patterns if pattern.name == name), None)
            shown = None if found is None else found.shown
            word = {True: "yes", False: "no", None: "not in this span"}[shown]
            share = "" if found is None or found.share is None else f"{found.share:.0%} of the runs"
            row.append((word, word, share))
            plain.append(word)
        cells.append(tuple(row))
        rows.append(plain)
    heads = [run.name for run in stored.runs]
    return TableData(
        title="Patterns of the past",
        columns=(Column("Observed"), *(Column(head, mark=True) for head in heads)),
        cells=tuple(cells),
        frame=pd.DataFrame(rows, columns=["observed", *heads]),
        note="Whether more than half of the runs show what was observed, whatever their levels.",
    )


def pictures(run: StoredRun, series: str) -> list[Plot]:
    """A series of every carrier: model with its bands, what was observed, and the naive forecasts."""
    entities = [one for one in ENTITIES if not run.series(series, one).empty]
    return [_picture(run, series, entity) for entity in entities]


def series_of(run: StoredRun) -> list[str]:
    """Series that a run has, in the order of the menu."""
    here = set(run.table["series"])
    return [name for name in SERIES if name in here]


def quarter_pictures(stored: StoredHindcast) -> list[Plot]:
    """Packages and package revenue of USPS by quarter before 2022, of the free run that begins with them.

    Returns:
        Nothing where the stored results hold no quarters, as those of earlier versions do.
    """
    run = _of_quarters(stored)
    if run is None:
        return []
    return [_quarter_picture(run, name) for name in QUARTER_SERIES if name in set(run.quarters["series"])]


def quarters_verdict(stored: StoredHindcast) -> str:
    """What the quarters show and whether their limits are met, in sentences; empty where there are none."""
    run = _of_quarters(stored)
    if run is None:
        return ""
    told = [
        f"{words} {100 * score.model:.1f} percentage points from what was observed; the limit of "
        f"{100 * score.limit:.0f} is {'met' if score.met else 'not met'}."
        for score in run.quarter_scores
        if (words := QUARTER_TESTS.get(score.name)) is not None
    ]
    return " ".join([f"USPS by quarter, run {run.name}; nothing was estimated on it.", *told, QUARTERS_READ])


def _of_quarters(stored: StoredHindcast) -> StoredRun | None:
    """The free run whose start is nearest to the first year of which all quarters are known."""
    having = [run for run in stored.runs if run.mode == "free" and not run.quarters.empty]
    return min(having, key=lambda run: abs(int(run.first[:4]) - FIRST_FULL_YEAR), default=None)


def _quarter_picture(run: StoredRun, series: str) -> Plot:
    rows = run.quarters[run.quarters["series"] == series].set_index("quarter")
    what = SERIES[series].removesuffix(" of USPS")
    note = f"Run {run.name}. {run.given} {QUARTERS_NOTE.format(n=run.replications)}"
    return _drawn(rows, f"{SERIES[series]} by quarter", what, "usps", "in sample", note)


def _picture(run: StoredRun, series: str, entity: str) -> Plot:
    label = "out of sample" if run.draws == FROZEN else "in sample"
    note = (
        f"{run.purpose} ({label}). {run.given} Line: median of {run.replications} runs; bands: 50 % and 90 % of "
        "them. Two forecasts without a model stand beside it: the shares of 2021 stay (persistence), or their trend of "
        "2019 to 2021 goes on (drift)."
    )
    return _drawn(run.series(series, entity), ENTITIES[entity], SERIES[series], entity, label, note)


def _drawn(rows: pd.DataFrame, title: str, what: str, entity: str, label: str, note: str) -> Plot:
    """Rows with what was observed beside the model, by year or quarter, which is their index."""
    unit = str(rows["unit"].iloc[0])
    years = [str(year) for year in rows.index]
    scale, shown_unit = (0.01, "%") if unit == "share" else (1.0, unit)
    values = {name: rows[name].to_numpy(dtype=float) / scale for name in _MEASURED if name in rows}
    carrier = next(one for one in CARRIERS if one["name"] == ENTITIES[entity])
    legend: list[dict[str, Any]] = [
        {"name": "Model", "light": carrier["light"], "dark": carrier["dark"], "symbol": "none"}
    ]
    drawn = [
        *plots.tinted("90", values["low90"], values["high90"], "$0/0.16"),
        *plots.tinted("50", values["low50"], values["high50"], "$0/0.28"),
        {
            "name": "Model",
            "type": "line",
            "color": "$0",
            "symbol": "none",
            "lineStyle": {"width": 2.2},
            "data": plots.numbers(values["median"]),
        },
    ]
    limits = {"Model": {"low": plots.numbers(values["low90"]), "high": plots.numbers(values["high90"])}}
    for name, symbol in _DRAWN.items():
        if name not in values or not np.isfinite(values[name]).any():
            continue
        place = len(legend)
        ink = plots.PALETTE[0] if name == "observed" else {"light": "#7a8395", "dark": "#8b96a8"}
        legend.append({"name": _CALLED[name], "light": ink["light"], "dark": ink["dark"], "symbol": symbol})
        line = {"width": 0 if name == "observed" else 1.4, "type": "dashed" if name == "persistence" else "dotted"}
        size = 9 if name == "observed" else 6
        drawn.append(
            {
                "name": _CALLED[name],
                "type": "line",
                "color": f"${place}",
                "symbol": symbol,
                "symbolSize": size,
                "lineStyle": line,
                "data": plots.numbers(values[name]),
            }
        )
    limits[_CALLED["observed"]] = {
        "low": plots.numbers(values["observed_low"]),
        "high": plots.numbers(values["observed_high"]),
    }
    last = "; ".join(
        f"{year}: model {m:,.3g}, observed {o:,.3g}"
        for year, m, o in zip(years, values["median"], values["observed"], strict=True)
        if math.isfinite(o)
    )
    return Plot(
        title=title,
        unit=f"{what}, {shown_unit}",
        note=note,
        summary=f"{what} of {ENTITIES[entity]}, {shown_unit}, {label}. {last or 'Nothing was published.'}",
        option={
            "xAxis": {"type": "category", "data": years},
            "yAxis": {"type": "value", "scale": True},
            "series": drawn,
            "limits": limits,
        },
        legend=tuple({**one, "forced": False} for one in legend),
        height=170,
    )
