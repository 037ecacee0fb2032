"""The curve of a target as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.calendar import Month
from experiments.figures import scale_of
from experiments.reports.theme import INK, MUTED, SERIES, canvas, standalone, svg

if TYPE_CHECKING:
    from experiments.targets.target import Target


def target_figure(result: Target) -> str:
    """The curve with its 95 % band, the figure that should be reached, and where it is, as SVG for a page."""
    curve, reach, varied = result.curve, result.reach, result.varied
    scale, unit = (0.01, "%") if reach.is_chance else scale_of(reach.outcome)
    at = curve["value"].to_numpy()
    with canvas(7.2, 3.4) as (figure, axes):
        axis = axes[0, 0]
        axis.fill_between(at, curve["low"] / scale, curve["high"] / scale, color=SERIES[0], alpha=0.2, lw=0)
        axis.plot(at, curve["mean"] / scale, "o-", color=SERIES[0], lw=2, ms=5, mec="none")
        axis.axhline(reach.figure / scale, color=MUTED, lw=1.2, ls="--")
        for row in result.root.to_dict("records"):
            axis.plot([row["low"], row["high"]], [reach.figure / scale] * 2, color=SERIES[1], lw=5, alpha=0.6,
                      solid_capstyle="butt")  # fmt: skip
            if row["direction"] != "touches":
                axis.plot(row["value"], reach.figure / scale, "D", color=INK, ms=6, mec="none")
        if varied.kind == "month":
            ticks = [one for one in axis.get_xticks() if varied.low <= one <= varied.high]
            axis.set_xticks(ticks, [str(Month(0, 1) + round(one)) for one in ticks])
        axis.set_xlabel(varied.with_unit(f"{varied.name},") if varied.with_unit("") else varied.name)
        axis.set_title(f"{reach.label}, {unit}" if unit else reach.label)
        return svg(figure, f"{reach.label} by {varied.name}")


def draw_target(result: Target) -> str:
    """The same as a file of its own."""
    return standalone(target_figure(result))
