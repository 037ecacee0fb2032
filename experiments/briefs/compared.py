"""The brief of a comparison."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.briefs.brief import Brief, Picture, origin_of
from experiments.briefs.drawing import Band, bars, by_year
from experiments.briefs.saying import assumptions, change, level, listed, month_words, outcome_words, scenario_words
from experiments.briefs.unknown import unknowns
from experiments.comparison import Comparison
from experiments.draws import drawn_name
from experiments.figures import dollars, figure, scale_of, split_year
from experiments.intervals import domain_of, mean_interval
from experiments.reports.page import Table
from experiments.reports.words import outcome_unit
from experiments.variants import spell

HEADLINE = "usps_net_income_usd"
SECOND = ("amazon_usps_retained_share", "usps_cash_usd", "amazon_own_share")
BILLION = 1e9
_MOST_TOLD = 3
_NAMES = {"Treasury": "the Treasury", "Members of Amazon": "members of Amazon"}
Rows = dict[Any, dict[Any, Any]]


def brief_of_comparison(result: Comparison, outcome: str = HEADLINE) -> Brief:
    """What a comparison says of one outcome.

    Args:
        result: The comparison.
        outcome: Name of an outcome; with a year that one, else its last year.
    """
    rows: Rows = result.table.to_dict("index")
    names = list(dict.fromkeys(result.table.index.get_level_values("outcome")))
    stem, year = split_year(outcome)
    years = _years(names, stem)
    asked = f"{stem}_{year or years[-1]}" if years else stem
    first, others = result.scenarios[0], result.scenarios[1:]
    what, against = outcome_words(stem), scenario_words(first)
    several = "do" if len(others) > 1 else "does"
    second = next((one for one in SECOND if one != stem and _years(names, one)), stem)
    commands, needed = spell(result.scenarios)
    options = f" --seed {result.seed} --replications {result.replications}" + _draws(result)
    repeat = [f"lastmile compare {commands}{options}"] if commands else []
    span = f"{month_words(first.start)} to {month_words(first.end)}"
    pairs = f"{result.replications} pairs of runs" if result.replications > 1 else "one pair of runs"
    return Brief(
        question=f"What {several} {listed(map(scenario_words, others))} do to {what}, against {against}?",
        answer=[_first_sentence(result, rows, asked), _second_sentence(result)],
        pictures=[
            Picture(
                f"{what[:1].upper()}{what[1:]}: difference to {against}",
                _differences(result, rows, stem, years),
                "By year: mean over pairs of runs with the same luck; bars: its 95 % interval.",
            ),
            Picture(
                f"Who gains and who loses, {span}",
                _who(result),
                "Gain over the whole time in billion dollars, with its 95 % interval. Money of firms is what the books "
                "say; shippers, consumers and members gain by prices and service.",
            ),
            Picture(
                f"{outcome_words(second)[:1].upper()}{outcome_words(second)[1:]}",
                _levels(result, second, _years(names, second)),
                "By year and scenario: mean over runs; bars: its 95 % interval.",
            ),
        ],
        assumed=[
            f"{span}; {pairs}, seeds from {result.seed}. A pair shares its luck, so that what differs is the scenario.",
            *assumptions(result.scenarios),
        ],
        unknown=unknowns(result.scenarios, result.replications, result.draws, result.warnings),
        repeat=repeat,
        repeating=needed,
        table=_table(result, rows, stem, years or [""]),
        origin=origin_of(result.provenance[first.name]),
    )


def _draws(result: Comparison) -> str:
    return "" if result.draws is None else f" --draws {drawn_name(result.draws)}"


def _years(names: list[str], stem: str) -> list[str]:
    return sorted(split_year(name)[1] for name in names if split_year(name)[0] == stem and split_year(name)[1])


def _first_sentence(result: Comparison, rows: Rows, name: str) -> str:
    """What is asked, scenario by scenario."""
    year = split_year(name)[1]
    when = f"In {year}" if year else "Over the whole time"
    told = []
    for scenario in result.scenarios[1 : 1 + _MOST_TOLD]:
        row = rows[name, scenario.name]
        under = f" under {scenario_words(scenario)}" if len(result.scenarios) > 2 else ""
        told.append(f"{change(name, row['difference'], row['low'], row['high'])}{under}")
    usual = level(name, rows[name, result.names[0]]["mean"])
    rest = len(result.scenarios) - 1 - _MOST_TOLD
    more = f"; {rest} more in the table below" if rest > 0 else ""
    under = scenario_words(result.scenarios[0])
    return f"{when} {outcome_words(name)} is {listed(told)}; under {under} it is {usual}{more}."


def _second_sentence(result: Comparison) -> str:
    """Who gains and who loses most beyond luck."""
    gains: Rows = result.gains().to_dict("index")
    clear = {key: row for key, row in gains.items() if row["low"] > 0.0 or row["high"] < 0.0}
    if not clear:
        if result.replications == 1:
            return "One pair of runs cannot tell what the scenario does to anybody from what luck does."
        return "Nobody's gain or loss over the whole time can be told from luck with this many runs."
    best, worst = max(clear, key=lambda key: clear[key]["gain"]), min(clear, key=lambda key: clear[key]["gain"])
    under = {one.name: f" under {scenario_words(one)}" if len(result.scenarios) > 2 else "" for one in result.scenarios}
    told = []
    for key, verb, positive in ((worst, "lose", False), (best, "gain", True)):
        row = clear[key]
        if (row["gain"] > 0.0) == positive:
            near, far = sorted((abs(row["low"]), abs(row["high"])))
            who = _NAMES.get(str(key[0]), str(key[0]))
            told.append(
                f"{who} {verb}{'' if _plural(who) else 's'} most, {dollars(abs(row['gain']))} "
                f"(95 % interval: {dollars(near)} to {dollars(far)}){under[key[-1]]}"
            )
    first = result.scenarios[0]
    span = f"{first.start.year} to {first.end.year}" if first.end.year > first.start.year else str(first.start.year)
    return f"Over {span}, {', and '.join(told)}."


def _plural(who: str) -> bool:
    return (who.endswith("s") and who not in ("USPS", "UPS")) or who.startswith("members")


def _differences(result: Comparison, rows: Rows, stem: str, years: list[str]) -> str:
    names = [f"{stem}_{year}" for year in years] or [stem]
    scale = scale_of(stem)[0]
    lines: dict[str, Band] = {}
    for one in result.scenarios[1:]:
        mean, low, high = (
            [rows[name, one.name][column] / scale for name in names] for column in ("difference", "low", "high")
        )
        lines[one.title or one.name] = (mean, low, high)
    told = f"Difference of {outcome_words(stem)}"
    return by_year(years or ["whole time"], lines, outcome_unit(stem), told, differences=True)


def _levels(result: Comparison, stem: str, years: list[str]) -> str:
    names = [f"{stem}_{year}" for year in years] or [stem]
    scale = scale_of(stem)[0]
    lines: dict[str, Band] = {}
    for one in result.scenarios:
        values = result.runs.loc[one.name, names].to_numpy(dtype=float)
        mean, low, high = mean_interval(values, *domain_of(stem))
        lines[one.title or one.name] = ((mean / scale).tolist(), (low / scale).tolist(), (high / scale).tolist())
    return by_year(years or ["whole time"], lines, outcome_unit(stem), outcome_words(stem))


def _who(result: Comparison) -> str:
    gains = result.gains() / BILLION
    titles = {one.name: one.title or one.name for one in result.scenarios[1:]}
    blocks = {}
    for name, title in titles.items():
        block = gains.xs(name, level="scenario")[["gain", "low", "high"]].set_axis(["mean", "low", "high"], axis=1)
        blocks[title] = block
    table = pd.concat(blocks, axis=1)
    moved = (np.abs(table.xs("mean", axis=1, level=1)) > 0.005).any(axis=1)
    return bars(table[moved] if moved.any() else table, "bn $", "Who gains and who loses")


def _table(result: Comparison, rows: Rows, stem: str, years: list[str]) -> Table:
    """What is asked by year and scenario."""
    first = result.scenarios[0]
    cells = []
    for year in years:
        name = f"{stem}_{year}" if year else stem
        for scenario in result.scenarios:
            row = rows[name, scenario.name]
            low, high = (figure(name, row[end], signed=True) for end in ("low", "high"))
            cells.append([
                year or "whole time",
                scenario.title or scenario.name,
                figure(name, row["mean"]),
                figure(name, row["difference"], signed=True),
                f"{low} to {high}" if low else "",
            ])  # fmt: skip
    unit = outcome_unit(stem)
    heads = (
        "year",
        "scenario",
        f"mean, {unit}" if unit else "mean",
        f"difference to {first.title or first.name}",
        "95 % interval",
    )
    return Table(heads, cells, right=(2, 3, 4))
