"""The figures of briefs: narrow, so that their texts can be read on a telephone."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.reports.theme import INK, MUTED, SERIES, canvas, svg

WIDTH = 4.5
Band = tuple[Sequence[float], Sequence[float], Sequence[float]]


def by_year(years: Sequence[str], lines: Mapping[str, Band], unit: str, title: str, differences: bool = False) -> str:
    """Means with their intervals by year, a colour each; a scenario has the same one in all figures.

    Args:
        years: Years, in order.
        lines: What it is of to mean, low and high by year, in the unit shown; nan where there is none.
        unit: Of the values.
        title: For readers who do not see it.
        differences: Whether they are differences to a first scenario, which is not among them; nothing is a line then.
    """
    with canvas(WIDTH, 2.7) as (figure, axes):
        axis, at = axes[0, 0], np.arange(len(years), dtype=float)
        if differences:
            axis.axhline(0.0, color=MUTED, lw=1)
        for number, (name, (mean, low, high)) in enumerate(lines.items()):
            color = SERIES[(number + differences) % len(SERIES)]
            place = at + 0.12 * (number - (len(lines) - 1) / 2)
            axis.vlines(place, low, high, color=color, lw=4, alpha=0.35)
            axis.plot(place, mean, "-o", color=color, lw=1.6, ms=4.5, label=wrapped(name))
        axis.set_xticks(at, years)
        axis.set_xlim(-0.5, len(years) - 0.5)
        axis.set_ylabel(unit)
        if len(lines) > 1:
            figure.legend(*axis.get_legend_handles_labels(), loc="outside lower left", ncols=1)
        return svg(figure, title)


def bars(table: pd.DataFrame, unit: str, title: str) -> str:
    """Bars with intervals, one group a row: who gains and who loses.

    Args:
        table: Index who; by scenario the columns (scenario, "mean"), "low" and "high", in the unit shown.
        unit: Of the values.
        title: For readers who do not see it.
    """
    names = list(dict.fromkeys(table.columns.get_level_values(0)))
    height = 0.8 / len(names)
    with canvas(WIDTH, 0.9 + (0.22 + 0.17 * len(names)) * len(table)) as (figure, axes):
        axis = axes[0, 0]
        for number, name in enumerate(names):
            at = np.arange(len(table)) + (number - (len(names) - 1) / 2) * height
            block = table[name]
            color = SERIES[(number + 1) % len(SERIES)]
            axis.barh(at, block["mean"], height * 0.86, color=color, alpha=0.75, label=wrapped(str(name)))
            axis.hlines(at, block["low"], block["high"], color=INK, lw=1.2)
        axis.axvline(0.0, color=MUTED, lw=1)
        axis.set_yticks(range(len(table)), [str(one) for one in table.index])
        axis.set_ylim(len(table) - 0.4, -0.6)
        axis.set_xlabel(unit)
        axis.grid(axis="y", visible=False)
        if len(names) > 1:
            figure.legend(*axis.get_legend_handles_labels(), loc="outside lower left", ncols=1)
        return svg(figure, title)


def by_month(
    months: Sequence[str], lines: Mapping[str, NDArray[np.float64]], unit: str, title: str, mark: str | None = None
) -> str:
    """Series month by month.

    Args:
        months: Months, "2025-01", in order.
        lines: What it is of to its values in the unit shown.
        unit: Of the values.
        title: For readers who do not see it.
        mark: A month that gets a line.
    """
    with canvas(WIDTH, 2.7) as (figure, axes):
        axis, at = axes[0, 0], np.arange(len(months))
        for number, (name, values) in enumerate(lines.items()):
            axis.plot(at, values, color=SERIES[number % len(SERIES)], lw=1.7, label=wrapped(name))
        if mark in months:
            axis.axvline(months.index(mark), color=MUTED, lw=1, ls="--")
        years = [place for place, month in enumerate(months) if month.endswith("-01")] or [0]
        axis.set_xticks(years, [months[place][:4] for place in years])
        axis.set_ylabel(unit)
        if min((float(np.nanmin(values)) for values in lines.values()), default=math.nan) >= 0.0:
            axis.set_ylim(bottom=0.0)
        if len(lines) > 1:
            figure.legend(*axis.get_legend_handles_labels(), loc="outside lower left", ncols=2)
        return svg(figure, title)


def by_value(
    values: NDArray[np.float64],
    band: tuple[NDArray[np.float64], ...],
    unit: str,
    axis_name: str,
    title: str,
    ticks: Sequence[tuple[float, str]] = (),
    goal: float | None = None,
    roots: Sequence[tuple[float, float, float]] = (),
) -> str:
    """A curve over a lever or parameter with its interval.

    Args:
        values: Places, in order.
        band: Mean, low and high by place, in the unit shown.
        unit: Of the curve.
        axis_name: What is varied, with its unit.
        title: For readers who do not see it.
        ticks: Places to name and what to call them; numbers unless told.
        goal: What should be reached.
        roots: Where it is: value (nan where no crossing is sure), low and high.
    """
    mean, low, high = band
    with canvas(WIDTH, 2.9) as (figure, axes):
        axis = axes[0, 0]
        axis.fill_between(values, low, high, color=SERIES[0], alpha=0.2, lw=0)
        axis.plot(values, mean, "-o", color=SERIES[0], lw=1.6, ms=4.5)
        if goal is not None:
            axis.axhline(goal, color=MUTED, lw=1.2, ls="--")
            for value, first, last in roots:
                axis.plot([first, last], [goal, goal], color=SERIES[1], lw=5, alpha=0.6, solid_capstyle="butt")
                axis.plot(value, goal, "D", color=INK, ms=5, mec="none")
        _name_values(axis, axis_name, unit, ticks)
        return svg(figure, title)


def dots_by_value(
    values: NDArray[np.float64],
    found: NDArray[np.float64],
    unit: str,
    axis_name: str,
    title: str,
    ticks: Sequence[tuple[float, str]] = (),
) -> str:
    """A dot a run over a lever or parameter; see `by_value`."""
    with canvas(WIDTH, 2.9) as (figure, axes):
        axis = axes[0, 0]
        axis.plot(values, found, "o", color=SERIES[0], ms=4, alpha=0.45, mec="none")
        _name_values(axis, axis_name, unit, ticks)
        return svg(figure, title)


def _name_values(axis: Any, name: str, unit: str, ticks: Sequence[tuple[float, str]]) -> None:
    axis.set_ylabel(unit)
    axis.set_xlabel(wrapped(name))
    if ticks:
        axis.set_xticks([place for place, _ in ticks], [told for _, told in ticks])


def wrapped(text: str) -> str:
    """A label in lines that fit the figure."""
    return "\n".join(textwrap.wrap(text, 58)) or text
