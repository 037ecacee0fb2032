"""The figures of a report. Luck, parameters and structure have marks of their own in each of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.figures import scale_of
from experiments.reports.theme import GRID, INK, LUCK, MUTED, RAMP, SERIES, canvas, svg

MAX_PANELS = 6


def ranges(table: pd.DataFrame, name: str, center: str) -> str:
    """Spread of an outcome by scenario: thin 90 % and thick 50 % of the points, the mean, and luck beside it.

    Args:
        table: Index scenario; columns q05 to q95, `center` and luck.
        name: Name of the outcome.
        center: Column of the mean.
    """
    scale, unit = scale_of(name)
    with canvas(7.2, 0.9 + 0.42 * len(table)) as (figure, axes):
        axis = axes[0, 0]
        for position, (_, row) in enumerate(table.iterrows()):
            color = SERIES[position % len(SERIES)]
            _spread(axis, row, position, scale, color)
            axis.plot(row[center] / scale, position, "o", color=color, ms=6, mec="none")
            if math.isfinite(row["luck"]):
                at = row[center] / scale
                half = row["luck"] / scale
                axis.plot([at - half, at + half], [position + 0.28] * 2, color=LUCK, lw=1.6)
        axis.set_yticks(range(len(table)), [str(label) for label in table.index])
        axis.set_ylim(len(table) - 0.4, -0.6)
        axis.set_xlabel(unit)
        axis.grid(axis="y", visible=False)
        if center == "difference":
            axis.axvline(0.0, color=MUTED, lw=1)
        return svg(figure, f"Spread of {name} by scenario")


def _spread(axis: Any, row: pd.Series, position: float, scale: float, color: str) -> None:
    for low, high, width in (("q05", "q95", 1.4), ("q25", "q75", 6.0)):
        axis.plot([row[low] / scale, row[high] / scale], [position] * 2, color=color, lw=width, alpha=0.45,
                  solid_capstyle="butt")  # fmt: skip


def bars(table: pd.DataFrame, columns: Sequence[tuple[str, str]], label: str, title: str) -> str:
    """Horizontal bars with intervals, one group a factor.

    Args:
        table: Index factor; for every column also `<column>_low` and `<column>_high`.
        columns: Columns and what they are called.
        label: Of the axis.
        title: For readers who do not see it.
    """
    with canvas(7.2, 0.95 + (0.2 + 0.2 * len(columns)) * len(table)) as (figure, axes):
        axis = axes[0, 0]
        height = 0.8 / len(columns)
        for number, (column, called) in enumerate(columns):
            at = np.arange(len(table)) + (number - (len(columns) - 1) / 2) * height
            color = SERIES[number]
            axis.barh(at, table[column].clip(lower=0.0), height * 0.86, color=color, alpha=0.75, label=called)
            axis.hlines(at, table[f"{column}_low"].clip(lower=0.0), table[f"{column}_high"], color=INK, lw=1.2)
        axis.set_yticks(range(len(table)), [str(name) for name in table.index])
        axis.set_ylim(len(table) - 0.45, -0.55)
        axis.set_xlim(left=0.0)
        axis.set_xlabel(label)
        axis.grid(axis="y", visible=False)
        if len(columns) > 1:
            axis.legend(loc="lower right")
        return svg(figure, title)


def effects(panels: Mapping[str, pd.DataFrame]) -> str:
    """Morris effects of several outcomes side by side, largest first.

    Args:
        panels: Outcome to its table of `effect` with its interval, one row a factor.
    """
    rows = max(len(table) for table in panels.values())
    with canvas(4.3 * len(panels), 1.0 + 0.3 * rows, 1, len(panels)) as (figure, axes):
        for number, (name, table) in enumerate(panels.items()):
            scale, unit = scale_of(name)
            axis, ordered = axes[0, number], table.sort_values(by="effect", ascending=False) / scale
            at = np.arange(len(ordered))
            axis.barh(at, ordered["effect"], 0.62, color=SERIES[number % len(SERIES)], alpha=0.75)
            axis.hlines(at, ordered["effect_low"].clip(lower=0.0), ordered["effect_high"], color=INK, lw=1.2)
            axis.set_yticks(at, [str(factor) for factor in ordered.index])
            axis.set_ylim(len(ordered) - 0.4, -0.6)
            axis.set_xlim(left=0.0)
            axis.set_title(name, loc="right", fontsize=9)
            axis.set_xlabel(unit or "effect over the whole range")
            axis.grid(axis="y", visible=False)
        return svg(figure, "Effects of the uncertainties")


def responses(panels: Mapping[str, pd.DataFrame], name: str) -> str:
    """An outcome along factors: mean with its interval over points, 90 % of the points, luck as a thin mark.

    Args:
        panels: Factor to the table of `experiments.analysis.responses.response`.
        name: Name of the outcome.
    """
    scale, unit = scale_of(name)
    count = len(panels)
    columns = min(3, count)
    rows = math.ceil(count / columns)
    with canvas(2.55 * columns + 0.4, 2.35 * rows + 0.3, rows, columns, sharey=True) as (figure, axes):
        for place, (factor, table) in enumerate(panels.items()):
            axis = axes[place // columns, place % columns]
            _panel(axis, table, scale)
            axis.set_title(factor, fontsize=9)
            if place % columns == 0:
                axis.set_ylabel(unit)
        for place in range(count, rows * columns):
            axes[place // columns, place % columns].set_visible(False)
        scenarios = next(iter(panels.values())).index.get_level_values(0).unique()
        if len(scenarios) > 1:
            figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(scenarios))
        return svg(figure, f"Response of {name}")


def _panel(axis: Any, table: pd.DataFrame, scale: float) -> None:
    labels = table.index.get_level_values(1)
    numeric = all(isinstance(label, int | float) and not isinstance(label, bool) for label in labels)
    order = {label: float(label) if numeric else float(i) for i, label in enumerate(dict.fromkeys(labels))}
    for number, (scenario, rows) in enumerate(table.groupby(level=0, sort=False)):
        color = SERIES[number % len(SERIES)]
        block = rows.droplevel(0)
        at = np.array([order[label] for label in block.index])
        mean = block["mean"].to_numpy() / scale
        if numeric and len(at) > 1:
            axis.fill_between(at, block["q05"] / scale, block["q95"] / scale, color=color, alpha=0.14, lw=0)
            axis.plot(at, mean, color=color, lw=2, label=str(scenario))
            axis.fill_between(at, block["low"] / scale, block["high"] / scale, color=color, alpha=0.28, lw=0)
        else:
            at = at + 0.12 * number
            axis.vlines(at, block["q05"] / scale, block["q95"] / scale, color=color, lw=5, alpha=0.3)
            axis.plot(at, mean, "o", color=color, ms=5, label=str(scenario))
        if block["luck"].notna().any():
            luck = block["luck"].to_numpy() / scale
            axis.vlines(at, mean - luck, mean + luck, color=LUCK, lw=1.1)
    if not numeric:
        axis.set_xticks(list(order.values()), [str(label) for label in order], rotation=20, ha="right")
        axis.set_xlim(-0.6, len(order) - 0.3)


def heat(table: pd.DataFrame, title: str, name: str) -> str:
    """A heat map with its figures in the cells, means over points and seeds.

    Args:
        table: Rows and columns are values of two factors.
        title: What is shown.
        name: Name of the outcome.
    """
    from matplotlib.colors import LinearSegmentedColormap

    scale, unit = scale_of(name)
    values = table.to_numpy(dtype=float) / scale
    rows, columns = values.shape
    colors = LinearSegmentedColormap.from_list("ramp", RAMP)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    # Numbers fit into 0.72 inches; names may be longer.
    column_width = max(0.72, 0.1 + 0.09 * max(len(_short(label)) for label in table.columns))
    with canvas(min(7.2, 1.9 + column_width * columns), 1.0 + 0.36 * rows) as (figure, axes):
        axis = axes[0, 0]
        axis.grid(visible=False)
        axis.pcolormesh(np.ma.masked_invalid(values), cmap=colors, vmin=low, vmax=high, edgecolors=GRID, lw=0.5)
        for (row, column), value in np.ndenumerate(values):
            if math.isfinite(value):
                dark = high > low and (value - low) / (high - low) > 0.5
                text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
                axis.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=8.5,
                          color="#ffffff" if dark else "#14202e")  # fmt: skip
        axis.set_xticks(np.arange(columns) + 0.5, [_short(label) for label in table.columns])
        axis.set_yticks(np.arange(rows) + 0.5, [_short(label) for label in table.index])
        axis.set_xlabel(str(table.columns.name))
        axis.set_ylabel(str(table.index.name))
        axis.set_title(f"{title}, {unit}" if unit else title)
        return svg(figure, f"Heat map of {title}")


def fans(table: pd.DataFrame, name: str, label: str) -> str:
    """A monthly series by scenario: median, 50 % and 90 % of the points; luck as a dotted margin of the median."""
    scale, unit = scale_of(name)
    scenarios = list(dict.fromkeys(table.index.get_level_values("scenario")))
    with canvas(7.2, 2.9) as (figure, axes):
        axis = axes[0, 0]
        for number, scenario in enumerate(scenarios):
            rows = table.loc[scenario] / scale
            at = np.arange(len(rows))
            color = SERIES[number % len(SERIES)]
            axis.fill_between(at, rows["q05"], rows["q95"], color=color, alpha=0.12, lw=0)
            axis.fill_between(at, rows["q25"], rows["q75"], color=color, alpha=0.25, lw=0)
            axis.plot(at, rows["q50"], color=color, lw=2, label=scenario)
            if rows["luck"].notna().any():
                for sign in (-1.0, 1.0):
                    axis.plot(at, rows["q50"] + sign * rows["luck"], color=LUCK, lw=0.8, ls=":")
        months = [str(month) for month in table.loc[scenarios[0]].index]
        years = [i for i, month in enumerate(months) if month.endswith("-01")] or [0]
        axis.set_xticks(years, [months[i][:4] for i in years])
        axis.set_ylabel(unit)
        axis.set_title(label)
        if len(scenarios) > 1:
            axis.legend(loc="best")
        return svg(figure, label)


def _short(label: object) -> str:
    return f"{label:.3g}" if isinstance(label, float) else str(label)
