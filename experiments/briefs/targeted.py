"""The brief of a target."""

from __future__ import annotations

import numpy as np

from experiments.briefs.brief import Brief, Picture, origin_of
from experiments.briefs.drawing import by_value, dots_by_value
from experiments.briefs.saying import (
    assumptions,
    capital,
    key_words,
    month_words,
    outcome_words,
    scenario_words,
    uncapital,
    without_keys,
)
from experiments.briefs.unknown import unknowns
from experiments.figures import scale_of, split_year
from experiments.intervals import domain_of, mean_interval
from experiments.reports.page import Table
from experiments.reports.words import outcome_unit
from experiments.targets.target import Target
from experiments.targets.varied import COMPOSITES, Varied
from experiments.targets.words import SHAPES
from experiments.variants import spell

SECOND = ("usps_net_income_usd", "amazon_usps_retained_share", "usps_cash_usd")


def brief_of_target(result: Target) -> Brief:
    """Where an outcome reaches a figure, for a colleague.

    Args:
        result: The target.
    """
    varied, reach, scenario = result.varied, result.reach, result.scenario
    name = varied_words(varied)
    words = {f"{varied.name} =": f"a {name} of", varied.name: f"a {name}"}
    shape = SHAPES[result.shape]
    first = without_keys(result.answer.removesuffix(shape).strip(), words)
    looked = without_keys(reach.words)
    goal, span = reach.told(reach.figure), f"{month_words(scenario.start)} to {month_words(scenario.end)}"
    ends = varied.with_unit(f"{varied.told(varied.low)} to {varied.told(varied.high)}")
    scale, unit = (0.01, "%") if reach.is_chance else (scale_of(reach.outcome)[0], outcome_unit(reach.outcome))
    axis = _axis(varied)
    curve = {column: result.curve[column].to_numpy(dtype=float) for column in ("value", "mean", "low", "high")}
    ticks = (
        [(varied.low, varied.told(varied.low)), (varied.high, varied.told(varied.high))] if _is_month(varied) else []
    )
    roots = [(row["value"], row["low"], row["high"]) for row in result.root.to_dict("records")]
    dots = result.runs.dropna(subset=["reached"])
    second = _second(result)
    _, needed = spell([scenario], months=False)
    return Brief(
        question=f"At which {name} does {looked} reach {goal}, under {scenario_words(scenario)}?",
        answer=[capital(first), f"{_closest(result)}{shape}"],
        pictures=[
            Picture(
                capital(looked),
                by_value(curve["value"], tuple(curve[one] / scale for one in ("mean", "low", "high")), unit, axis,
                         looked, ticks, reach.figure / scale, roots),
                f"Mean over runs with its 95 % interval. The broken line is {goal}; the thick stroke on it is the "
                "interval of the answer.",
            ),
            Picture(
                "What single runs show" if not reach.sign else "What single runs show: 1 where it holds",
                dots_by_value(dots["value"].to_numpy(dtype=float),
                              dots["reached"].to_numpy(dtype=float) / (1.0 if reach.is_chance else scale),
                              "" if reach.is_chance else unit, axis, "Single runs", ticks),
                "A dot a run; all values share their luck. How far dots lie apart at one value is luck.",
            ),
            second,
        ],
        assumed=[
            f"{span}; up to {result.replications} runs for each value, seeds from {result.seed}. All values share "
            "their luck.",
            f"Varied from {ends}: {without_keys(varied.meaning, {})}.",
            *assumptions([scenario]),
        ],
        unknown=unknowns([scenario], result.replications, result.draws, [without_keys(one, words) for one in
                                                                         result.warnings]),
        repeat=[result.command] if result.command else [],
        repeating=needed,
        table=_table(result, axis, unit),
        origin=origin_of(result.provenance),
    )  # fmt: skip


def _closest(result: Target) -> str:
    """How close it comes where the figure is never reached, with the interval."""
    curve, reach = result.curve, result.reach
    if len(result.root) or curve.empty:
        return ""
    row = min(curve.to_dict("records"), key=lambda one: abs(one["mean"] - reach.figure))
    at = result.varied.with_unit(result.varied.told(row["value"]))
    interval = f"{reach.told(row['low'])} to {reach.told(row['high'])}"
    return f"It comes closest at {at}: {reach.told(row['mean'])} (95 % interval: {interval}). "


def varied_words(varied: Varied) -> str:
    """What is varied, to stand in a sentence."""
    if varied.name in COMPOSITES:
        return COMPOSITES[varied.name].words
    return f"value of “{_meaning(varied)}”"


def _meaning(varied: Varied) -> str:
    return uncapital(varied.meaning.partition(":")[0].partition(";")[0].rstrip("."))


def _is_month(varied: Varied) -> bool:
    return varied.kind == "month"


def _axis(varied: Varied) -> str:
    text = COMPOSITES[varied.name].words if varied.name in COMPOSITES else _meaning(varied)
    return varied.with_unit(f"{text},") if varied.with_unit("") else text


def _second(result: Target) -> Picture:
    """Another outcome by value: what reaching the figure does to USPS, or to what Amazon leaves with it."""
    varied, year = result.varied, split_year(result.reach.outcome)[1]
    stems = [one for one in SECOND if one != split_year(result.reach.outcome)[0]]
    names = [f"{one}_{year}" if year else one for one in stems]
    name = next((one for one in names if one in result.runs.columns), result.reach.outcome)
    groups = result.runs.dropna(subset=[name]).groupby("value")[name]
    places = np.array([value for value, one in groups if len(one) >= 2], dtype=float)
    rows = [mean_interval(one.to_numpy(dtype=float), *domain_of(name)) for _, one in groups if len(one) >= 2]
    mean, low, high = (np.array(rows, dtype=float).reshape(-1, 3) / scale_of(name)[0]).T
    told = key_words(name)
    ticks = (
        [(varied.low, varied.told(varied.low)), (varied.high, varied.told(varied.high))] if _is_month(varied) else []
    )
    return Picture(
        capital(told),
        by_value(places, (mean, low, high), outcome_unit(name), _axis(varied), outcome_words(name), ticks),
        "In the same runs: mean with its 95 % interval.",
    )


def _table(result: Target, axis: str, unit: str) -> Table:
    varied, reach = result.varied, result.reach
    rows = [
        [varied.told(row["value"]), str(row["seeds"]), reach.told(row["mean"]),
         f"{reach.told(row['low'])} to {reach.told(row['high'])}"]
        for row in result.curve.to_dict("records")
    ]  # fmt: skip
    return Table((axis, "runs", "mean", "95 % interval"), rows, right=(0, 1, 2, 3))
