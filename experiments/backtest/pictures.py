"""Figures of a back-test as PNG: what was observed, the modelled median with its bands, the naive forecasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.errors import InputError
from experiments.storage import check_place
from model.words import group_names

if TYPE_CHECKING:
    from experiments.backtest.hindcast import Hindcast

NAMES = group_names()
INK, BAND, WARM, COOL = "#1f3a5f", "#7fa3c7", "#b8860b", "#8c8c8c"


def check_pictures(folder: Path) -> None:
    """Check that figures can be drawn and put there.

    Raises:
        InputError: The folder does not exist, or nothing can be written there.
    """
    if not folder.is_dir():
        raise InputError(f"figures: the folder {str(folder)!r} does not exist")
    check_place(folder, "figures")


def draw_pictures(result: Hindcast, folder: Path) -> list[Path]:
    """Draw volumes, revenue per parcel, Amazon's channels, and USPS by quarter where the span has quarters before 2022.

    Returns:
        The files, `hindcast-<mode>-<first year>-<what>.png`.

    Raises:
        InputError: See `check_pictures`.
    """
    check_pictures(folder)
    stem = f"hindcast-{result.mode}-{result.scenario.start.year}"
    files = [_draw(result, folder / f"{stem}-{name}.png", panels, unit) for name, panels, unit in _sheets()]
    return files if result.quarters.empty else [*files, _draw_quarters(result, folder / f"{stem}-quarters.png")]


def _sheets() -> list[tuple[str, list[tuple[str, str, str]], str]]:
    carriers = [("volume", group, NAMES[group]) for group in NAMES]
    prices = [("revenue_per_parcel", group, NAMES[group]) for group in ("usps", "ups", "fedex")]
    amazon = [
        ("own_share", "amazon", "delivered by itself"),
        ("usps_share", "amazon", "delivered by USPS"),
        ("ups_share", "amazon", "delivered by UPS"),
    ]
    postal = [
        ("package_revenue", "usps", "package revenue"),
        ("income_without_noncash", "usps", "net income, cash items"),
    ]
    return [
        ("volume", carriers, "bn parcels a year"),
        ("revenue-per-parcel", prices, "$ per parcel"),
        ("amazon", amazon, "share of Amazon's parcels"),
        ("usps", postal, "bn $ a year"),
    ]


def _draw(result: Hindcast, file: Path, panels: list[tuple[str, str, str]], unit: str) -> Path:
    from matplotlib.figure import Figure

    sheet = Figure(figsize=(3.2 * len(panels), 3.2), layout="constrained")
    axes: Any = sheet.subplots(1, len(panels), squeeze=False)[0]
    for place, (series, entity, title) in zip(axes, panels, strict=True):
        rows = result.table[(result.table["series"] == series) & (result.table["entity"] == entity)]
        years = rows["year"].to_numpy()
        _panel(place, rows, years, title)
        place.set_xticks(years, [f"{year % 100:02d}" for year in years])
    axes[0].set_ylabel(unit)
    return _kept(sheet, axes, result, file)


def _draw_quarters(result: Hindcast, file: Path) -> Path:
    from matplotlib.figure import Figure

    panels = (("package_volume", "packages of USPS, bn pieces"), ("package_revenue", "package revenue of USPS, bn $"))
    sheet = Figure(figsize=(9.6, 3.2), layout="constrained")
    axes: Any = sheet.subplots(1, len(panels), squeeze=False)[0]
    for place, (series, title) in zip(axes, panels, strict=True):
        rows = result.quarters[result.quarters["series"] == series]
        places = np.arange(len(rows))
        _panel(place, rows, places, title)
        place.set_xticks(
            places, [f"{quarter[4:]}\n{quarter[:4]}" if quarter.endswith("Q1") else "" for quarter in rows["quarter"]]
        )
    axes[0].set_ylabel("a quarter")
    return _kept(sheet, axes, result, file)


def _kept(sheet: Any, axes: Any, result: Hindcast, file: Path) -> Path:
    handles, labels = axes[0].get_legend_handles_labels()
    sheet.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=8)
    sheet.suptitle(f"{result.mode} run from {result.scenario.start}, {result.replications} runs", fontsize=9)
    sheet.savefig(file, dpi=110, metadata={"Software": None})
    return file


def _panel(place: Any, rows: pd.DataFrame, at: NDArray[np.int_], title: str) -> None:
    column: Callable[[str], Any] = lambda name: rows[name].to_numpy()  # noqa: E731
    place.fill_between(at, column("low90"), column("high90"), color=BAND, alpha=0.3, label="90 % band", lw=0)
    place.fill_between(at, column("low50"), column("high50"), color=BAND, alpha=0.6, label="50 % band", lw=0)
    place.plot(at, column("median"), color=INK, label="modelled median")
    for name, color, style, width in (("persistence", WARM, "--", 1.0), ("drift", COOL, ":", 1.2)):
        if name in rows:
            place.plot(at, column(name), color=color, ls=style, lw=width, label=name)
    below, above = (abs(column(end) - column("observed")) for end in ("observed_low", "observed_high"))
    place.errorbar(at, column("observed"), [below, above], fmt="o", ms=4, color="black", lw=1, label="observed")
    place.set_title(title, fontsize=9)
    place.tick_params(labelsize=8)
    place.spines[["top", "right"]].set_visible(False)
    low, high = place.get_ylim()
    if low > 0.0:
        place.set_ylim(0.0, high)
