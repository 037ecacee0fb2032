"""Still pictures: what ECharts is to draw, as plain values, from numbers. Colours are named, so they fit the theme."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import solara
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

# Of scenarios and other things that are no carrier, and so in none of the colours of carriers; each with its marker.
PALETTE = tuple(
    {"light": light, "dark": dark, "symbol": symbol}
    for light, dark, symbol in zip(
        ("#3b4252", "#b0307a", "#857d0a", "#0c7f96", "#8e79e0", "#7a8494"),
        ("#d5dae3", "#f08bbd", "#c9c04a", "#3fa9c0", "#a795ff", "#8b96a8"),
        ("circle", "diamond", "rect", "triangle", "pin", "none"),
        strict=True,
    )
)
# Low to high in heat maps, from the paper to the accent of the page.
RAMP = ("$soft", "$accent")


@dataclass(frozen=True)
class Plot:
    """A picture.

    Attributes:
        title: Heading.
        unit: Unit of what is drawn.
        note: What it shows and how to read it.
        summary: The same for those who do not see it, with figures.
        option: What ECharts draws; see `vue/plot.vue` for what is named in it.
        legend: Name, colours, marker and whether forced, of each series.
        height: Height in pixels.
        decimals: Decimals at most.
        wide: Whether it takes the whole width.
        empty: Said instead of the picture.
    """

    title: str
    unit: str
    note: str
    summary: str
    option: dict[str, Any]
    legend: tuple[dict[str, Any], ...] = ()
    height: int = 260
    decimals: int = 3
    wide: bool = False
    empty: str = ""


def legend(names: Sequence[str], forced: Sequence[bool] = (), first: int = 0) -> tuple[dict[str, Any], ...]:
    """A colour and a marker for each name, in order, from place `first` of the palette on."""
    flags = list(forced) or [False] * len(names)
    return tuple(
        {"name": name, "forced": flag, **PALETTE[(i + first) % len(PALETTE)]}
        for i, (name, flag) in enumerate(zip(names, flags, strict=True))
    )


def draw(plot: Plot) -> solara.Element:
    """The picture as an element of a page."""
    return _plot(
        title=plot.title,
        unit=plot.unit,
        note=plot.note,
        summary=plot.summary,
        option=plot.option,
        legend=list(plot.legend),
        height=plot.height,
        decimals=plot.decimals,
        wide=plot.wide,
        empty=plot.empty,
    )


def numbers(values: Floats | Sequence[float]) -> list[float | None]:
    """Plain numbers; None where there is none."""
    return [float(value) if math.isfinite(value) else None for value in np.asarray(values, dtype=float).tolist()]


def lines(
    labels: Sequence[Any], series: Mapping[str, tuple[Floats, Floats, Floats]], zero: bool, first: int = 0
) -> dict[str, Any]:
    """Lines with bands.

    Args:
        labels: Of the horizontal axis: texts, or numbers for a scale.
        series: Name to middle, low and high; one colour each, in order.
        zero: Whether the zero line is drawn.
        first: Place in the palette of the first one, as in its legend.
    """
    scale = all(isinstance(label, int | float) for label in labels)
    drawn: list[dict[str, Any]] = []
    limits = {}
    for number, (name, (middle, low, high)) in enumerate(series.items()):
        colour, symbol = f"${number}", PALETTE[(number + first) % len(PALETTE)]["symbol"]

        def points(values: Floats) -> list[Any]:
            plain = numbers(values)
            return [[x, y] for x, y in zip(labels, plain, strict=True)] if scale else plain

        if np.isfinite(low).any():
            base = {"type": "line", "stack": f"_{name}", "stackStrategy": "all", "symbol": "none", "silent": True}
            base |= {"lineStyle": {"opacity": 0}, "tooltip": {"show": False}}
            drawn.append({**base, "name": f"_low {name}", "data": points(low)})
            tint = {"color": f"{colour}/0.16"}
            drawn.append({**base, "name": f"_high {name}", "data": points(high - low), "areaStyle": tint})
        limits[name] = {"low": numbers(low), "high": numbers(high)}
        few = len(labels) <= 12
        middle_line: dict[str, Any] = {
            "name": name,
            "type": "line",
            "color": colour,
            "lineStyle": {"width": 2.2},
            "symbol": symbol if symbol != "none" else "emptyCircle",
            "symbolSize": 7 if few else 0,
            "data": points(middle),
        }
        if zero and number == 0:
            middle_line["markLine"] = {
                "symbol": "none",
                "silent": True,
                "label": {"show": False},
                "lineStyle": {"color": "$muted", "type": "solid", "width": 1},
                "data": [{"yAxis": 0}],
            }
        drawn.append(middle_line)
    x_axis = {"type": "value", "scale": True} if scale else {"type": "category", "data": [str(x) for x in labels]}
    return {"xAxis": x_axis, "yAxis": {"type": "value", "scale": True}, "series": drawn, "limits": limits}


def tinted(name: str, low: Floats, high: Floats, colour: str) -> list[dict[str, Any]]:
    """The two hidden lines whose difference is a band, in a colour with its tint such as "$0/0.2"."""
    base = {"type": "line", "stack": f"_{name}", "stackStrategy": "all", "symbol": "none", "silent": True}
    base |= {"lineStyle": {"opacity": 0}, "tooltip": {"show": False}}
    return [
        {**base, "name": f"_low {name}", "data": numbers(low)},
        {**base, "name": f"_high {name}", "data": numbers(high - low), "areaStyle": {"color": colour}},
    ]


def whiskers(rows: Sequence[str], series: Mapping[str, Floats], zero: bool = True) -> dict[str, Any]:
    """Markers with intervals, one row a name, several series side by side.

    Args:
        rows: Names, from the top.
        series: Name to (rows, 3): value, low, high; nan where there is none.
        zero: Whether the zero line is drawn.
    """
    drawn = []
    for number, (name, values) in enumerate(series.items()):
        offset = (number - (len(series) - 1) / 2) * 0.8 / max(1, len(series))
        data = [
            [row, *numbers(three), offset] for row, three in enumerate(np.asarray(values)) if math.isfinite(three[0])
        ]
        one: dict[str, Any] = {"name": name, "type": "custom", "render": "whisker", "position": number, "data": data}
        one |= {"color": f"${number}", "encode": {"x": [1, 2, 3], "y": 0}}
        if zero and number == 0:
            line = {"symbol": "none", "silent": True, "label": {"show": False}, "data": [{"xAxis": 0}]}
            one["markLine"] = {**line, "lineStyle": {"color": "$muted", "type": "solid", "width": 1}}
        drawn.append(one)
    return {
        "xAxis": {"type": "value"},
        "yAxis": {"type": "category", "data": list(rows), "inverse": True, "axisLabel": {"interval": 0}},
        "series": drawn,
        "rows": list(rows),
        "trigger": "item",
    }


def tornado(rows: Sequence[str], values: Floats, name: str) -> dict[str, Any]:
    """Horizontal bars to both sides of zero, one a row."""
    bar = {"name": name, "type": "bar", "color": "$accent", "barMaxWidth": 18, "data": numbers(values)}
    return {
        "xAxis": {"type": "value", "splitNumber": 3},
        "yAxis": {"type": "category", "data": list(rows), "inverse": True, "axisLabel": {"interval": 0}},
        "series": [bar],
        "rows": list(rows),
    }


def heat(columns: Sequence[str], rows: Sequence[str], values: Floats, across: str, down: str) -> dict[str, Any]:
    """A heat map, (rows, columns), with its figures in the cells."""
    finite = values[np.isfinite(values)]
    data = [[c, r, float(values[r, c])] for r, c in np.argwhere(np.isfinite(values)).tolist()]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    label = {"show": values.shape[1] <= 10}
    # As many decimals as tell the cells apart, the same ones in all of them.
    decimals = min(6, max(0, 2 - math.floor(math.log10(high - low)))) if high > low else 2

    def shown(value: float) -> str:
        return f"{value:,.{decimals}f}".replace("-", "−")

    cells = [
        {
            "value": item,
            "label": {
                "formatter": shown(item[2]),
                "color": "$on-accent" if high > low and (item[2] - low) / (high - low) > 0.65 else "$ink",
            },
        }
        for item in data
    ]
    return {
        "xAxis": {"type": "category", "data": list(columns), "name": across, "nameLocation": "middle", "nameGap": 26},
        "yAxis": {
            "type": "category",
            "data": list(rows),
            "name": down,
            "nameLocation": "middle",
            "nameGap": 18 + 7 * max(map(len, rows)),
            "inverse": True,
        },
        "series": [{"name": "mean", "type": "heatmap", "data": cells, "label": label}],
        "visualMap": {
            "min": low,
            "max": high if high > low else low + 1.0,
            "calculable": False,
            "text": [shown(high), shown(low)],
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
            "inRange": {"color": list(RAMP)},
        },
        "grid": {"top": 10, "bottom": 74, "left": 26},
        "columns": list(columns),
        "rows": list(rows),
        "trigger": "item",
    }


@solara.component_vue("vue/plot.vue", vuetify=False)
def _plot(
    title: str,
    unit: str,
    note: str,
    summary: str,
    option: dict[str, Any],
    legend: list[dict[str, Any]],
    height: int,
    decimals: int,
    wide: bool,
    empty: str,
) -> None:
    """A picture that does not move."""
