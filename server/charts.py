"""Data in, picture out: the Vue components and how their numbers are packed."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import solara
from numpy.typing import NDArray

from model.words import group_names


# Fixed everywhere, safe for colour-blind readers (a test checks), one for light and one for dark pages; each has its
# own marker too, so that colour never stands alone.
def _from_style_sheet() -> dict[str, tuple[str, str]]:
    """Light and dark colour of each variable of the style sheet that has both."""
    sheet = (Path(__file__).parent / "assets" / "custom.css").read_text(encoding="utf-8")
    first, _, rest = sheet.partition(":root[data-theme='dark']")
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in (first, rest.partition("}")[0]))
    return {name: (light[name], dark[name]) for name in light.keys() & dark.keys()}


_SHEET = _from_style_sheet()
CARRIERS = tuple(
    {"name": name, "light": _SHEET[key][0], "dark": _SHEET[key][1], "symbol": symbol}
    for (key, name), symbol in zip(group_names().items(), ("circle", "diamond", "rect", "triangle", "pin"), strict=True)
)
# What is no carrier has colours of its own: none stands for two things, whatever stands beside it on a page.
DENSITY_SERIES = tuple(
    {"name": name, "light": light, "dark": dark, "symbol": symbol}
    for name, light, dark, symbol in zip(
        ("All", "Urban", "Suburban", "Rural"),
        ("#191700", "#9c9420", "#716b0a", "#474300"),
        ("#f7f4d6", "#8a8334", "#b3aa4c", "#dcd378"),
        ("none", "circle", "rect", "triangle"),
        strict=True,
    )
)
MONEY_SERIES = (
    CARRIERS[0] | {"name": "Cash"},  # of USPS
    {"name": "Debt", "light": "#b3372f", "dark": "#f08d83", "symbol": "rect"},
)
SERVICE_SERIES = tuple(
    {"name": name, "light": light, "dark": dark, "symbol": symbol}
    for name, light, dark, symbol in zip(
        ("Economy", "Ground", "Premium"),
        ("#8b94a4", "#5b6577", "#252c3a"),
        ("#76808f", "#a9b2c1", "#e6ebf3"),
        ("circle", "rect", "triangle"),
        strict=True,
    )
)
INCOME_SERIES = (CARRIERS[0] | {"name": "Net income", "symbol": "none", "kind": "bar"},)
# One thing that is neither a carrier nor money.
PLAIN_SERIES = {"name": "", "light": _SHEET["ink"][0], "dark": _SHEET["ink"][1], "symbol": "circle"}


def pack(array: NDArray[np.float64]) -> bytes:
    """Numbers as little-endian float32, which travel as one binary frame and need no parsing."""
    return np.ascontiguousarray(array, dtype="<f4").tobytes()


@solara.component_vue("vue/bar.vue", vuetify=False)
def bar(links: list[dict[str, str]], here: str, query: str, event_go: Callable[[str], None]) -> None:
    """The bar at the top: name of the app, the pages, light or dark."""


@solara.component_vue("vue/address.vue", vuetify=False)
def address(query: str, problems: list[str]) -> None:
    """Keeps the run in the address bar, and says what was wrong with the address."""


@solara.component_vue("vue/glossary.vue", vuetify=False)
def glossary(terms: dict[str, str]) -> None:
    """Hands the glossary to the '?' buttons."""


@solara.component_vue("vue/controls.vue", vuetify=False)
def controls(
    scenarios: list[dict[str, Any]],
    speeds: list[str],
    scenario: str,
    seed: int,
    seed_error: str,
    speed: int,
    status: str,
    n_done: int,
    n_months: int,
    shown: int,
    month: str,
    first: str,
    event_choose: Callable[[dict[str, Any]], None],
    event_play: Callable[[object], None],
    event_pause: Callable[[object], None],
    event_step: Callable[[object], None],
    event_reset: Callable[[object], None],
    event_speed: Callable[[int], None],
    event_look: Callable[[int | None], None],
    event_table: Callable[[object], None],
) -> None:
    """Scenario, seed, play, pause, step, reset, speed, and the month to look back to."""


@solara.component_vue("vue/headline.vue", vuetify=False)
def headline(
    text: str, kicker: str, forced: bool, error: str, playing: bool, remark: str = "", about: str = ""
) -> None:
    """The sentence of the month, or what went wrong; first of all what one can find out on the page."""


@solara.component_vue("vue/map.vue", vuetify=False)
def state_map(
    groups: list[dict[str, str]],
    states: list[str],
    when: str,
    packed: dict[str, bytes],
    views: list[str],
    event_view: Callable[[int], None],
) -> None:
    """Map of the states with a choice of measure and density; a click on a state shows its figures.

    `views` are the maps that there are, this one first.
    """


@solara.component_vue("vue/lines.vue", vuetify=False)
def lines(
    title: str,
    note: str,
    unit: str,
    series: list[dict[str, str]],
    limits: list[dict[str, Any]],
    decimals: int,
    floor: float | None,
    ceiling: float | None,
    first: str,
    n_months: int,
    packed: bytes,
    shown: int = -1,
    tabs: list[str] = [],  # noqa: B006 (a trait's default, never changed)
    tab: int = 0,
    event_tab: Callable[[int], None] = lambda _: None,
) -> None:
    """Lines or bars over the months of a run; `packed` is (n, series) float32 in the chart's unit.

    `shown` counts the months up to the one whose figures stand in the legend (-1: the newest). With `tabs` the visitor
    chooses what the series are.
    """


@solara.component_vue("vue/frame.vue", vuetify=False)
def frame(number: int, event_drawn: Callable[[int], None]) -> None:
    """Shows nothing; reports when the browser has drawn a snapshot. Put it last."""
