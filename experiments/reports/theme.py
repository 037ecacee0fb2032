"""Colours and type of the figures: drawn once, shown in the colours of the page, light or dark."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# matplotlib draws with these; in the page each becomes a variable of its style sheet.
INK, MUTED, GRID, SURFACE = "#010101", "#020202", "#030303", "#040404"
SERIES = ("#050101", "#050202", "#050303", "#050404", "#050505", "#050606")
LUCK = "#060101"
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    SURFACE: "--surface",
    LUCK: "--luck",
    **{color: f"--series-{number}" for number, color in enumerate(SERIES, start=1)},
}
# Light to dark of one hue, for heat maps; the same in both themes.
RAMP = ("#eef4fb", "#c9ddf2", "#98bfe4", "#5f9ad0", "#3374b4", "#1b4f88", "#0d2f57")
_PIXELS_PER_INCH = 104
_FONT = re.compile(r"font: ([\d.]+px) [^;\"]*")

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lastmile",
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 10,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
}


@contextmanager
def canvas(width: float, height: float, rows: int = 1, columns: int = 1, **more: Any) -> Iterator[tuple[Any, Any]]:
    """A figure and its axes, in inches, to draw on."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(rows, columns, squeeze=False, **more)


def svg(figure: Any, title: str) -> str:
    """A figure as SVG for a page: text stays text, colours follow the page, equal figures are equal texts."""
    from html import escape

    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for color, variable in _VARIABLES.items():
        text = text.replace(color, f"var({variable})")
    text = _FONT.sub(r"font: \1 var(--font)", text)
    # It shrinks with a narrow page but does not grow beyond the size that it was drawn for.
    pixels = round(float(figure.get_figwidth()) * _PIXELS_PER_INCH)
    head = f'<svg role="img" aria-label="{escape(title)}" style="max-width: {pixels}px" '
    return re.sub(r"<svg [^>]*?(?=viewBox)", head, text, count=1)


def standalone(drawing: str) -> str:
    """A figure of a page as a file of its own, in light and dark, for Markdown."""
    style = (
        "<style>svg{background:var(--surface);--font:system-ui,sans-serif;--ink:#17202b;--muted:#5c6b7c;--grid:#dde3ea;--surface:#fff;"
        "--luck:#3d4a57;--series-1:#1f6fb2;--series-2:#b3541e;--series-3:#2f855a;--series-4:#7a4fb5;"
        "--series-5:#b0355f;--series-6:#6b7280}@media(prefers-color-scheme:dark){svg{--ink:#e8edf3;--muted:#9db0c3;"
        "--grid:#2f3b48;--surface:#19212a;--luck:#dfe7ef;--series-1:#6db3ec;--series-2:#f0a36b;--series-3:#6fcf97;"
        "--series-4:#b899ee;--series-5:#f08bab;--series-6:#a3adb9}}</style>"
    )
    head, _, rest = drawing.partition(">")
    # Inside a page these are known; a file of its own must name them.
    names = (("xmlns", "http://www.w3.org/2000/svg"), ("xmlns:xlink", "http://www.w3.org/1999/xlink"))
    head += "".join(f' {name}="{address}"' for name, address in names if f"{name}=" not in head)
    return f"{head}>{style}{rest}\n"
