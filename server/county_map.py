"""The county map as a component: what it takes, and what pages that show it have in common."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

import solara

from model.zones import read_states
from server.charts import CARRIERS
from server.counties.causes import Cause
from server.counties.layers import KEYS, LAYERS, Layer, as_chosen, plain
from server.parts import query_of

COUNTIES = "counties"
OTHERS = {"name": "Other networks", "light": "#5a6374", "dark": "#a3adbc", "symbol": "none"}
GROUPS = (*CARRIERS, *(OTHERS for _ in KEYS[len(CARRIERS) :]))
CSV = "text/csv;charset=utf-8"


@dataclass(frozen=True)
class Asked:
    """What an address asks the map for, behind the part that names the run.

    Attributes:
        open: Whether counties are shown at all.
        layer: What they are coloured by.
        mode: Which of a page's ways to look at it, by its position.
        county: FIPS code of the county that was chosen; empty for none.
    """

    open: bool = False
    layer: str = LAYERS[0].name
    mode: int = 0
    county: str = ""

    @property
    def query(self) -> str:
        """This as a part of the address behind the question mark; empty where no counties are shown."""
        if not self.open:
            return ""
        values = {
            "map": COUNTIES,
            "layer": self.layer,
            "mode": str(self.mode) if self.mode else "",
            "county": self.county,
        }
        return urlencode({name: value for name, value in values.items() if value})


def read_asked(search: str | None, modes: int, leader: bool) -> Asked:
    """What the part of an address behind the question mark asks for; what does not exist is left out.

    Args:
        search: That part.
        modes: How many ways to look at it there are.
        leader: Whether the map can show who delivers most.
    """
    query = query_of(search)
    mode, county = query.get("mode", "0"), query.get("county", "")
    return Asked(
        query.get("map") == COUNTIES,
        as_chosen(query.get("layer"), leader).name,
        int(mode) if mode in map(str, range(modes)) else 0,
        county if len(county) == 5 and county.isascii() and county.isdigit() else "",
    )


def use_asked(modes: int, leader: bool) -> tuple[Asked, Callable[..., None]]:
    """What the map is asked for, at first by the address, and how to ask for something else.

    The browser writes the address itself (`lastmile.setMap`): sent by way of the server's router, a second click that
    comes before the first one's address has come back would be undone.

    Args:
        modes: How many ways to look at the map there are.
        leader: Whether the map can show who delivers most.
    """
    router = solara.use_router()
    asked, show = solara.use_state(read_asked(router.search, modes, leader))
    newest = solara.use_ref(asked)  # two clicks may come between two pictures

    def ask(**changes: Any) -> None:
        newest.current = read_asked(replace(newest.current, **changes).query, modes, leader)
        show(newest.current)

    return asked, ask


def handlers(ask: Callable[..., None], links: Set[str], go: Callable[[str], None]) -> dict[str, Callable[[Any], None]]:
    """What a visitor's choices on the map do, by the names of its events.

    Args:
        ask: Asks for something else; see `use_asked`.
        links: Addresses that the card names.
        go: Goes to one of them.
    """
    return {
        "event_view": lambda view: ask(open=view != 0),
        "event_layer": lambda name: ask(layer=str(name)),
        "event_mode": lambda mode: ask(mode=mode if type(mode) is int else 0),
        "event_choose": lambda county: ask(county=str(county)),
        "event_follow": lambda link: go(link) if isinstance(link, str) and link in links else None,
    }


def households(many: float) -> str:
    """A number of households for people."""
    return f"{many / 1e6:,.1f} million households" if many >= 1e6 else f"{float(f'{many:.3g}'):,.0f} households"


def many(counties: int, share: float) -> str:
    """Counties and their share of all households for people."""
    part = "fewer than 0.1" if 0 < share < 0.001 else f"{100 * share:.1f}"
    return f"{counties:,} {'county' if counties == 1 else 'counties'}, {part}\N{NO-BREAK SPACE}% of households"


def causes_of(causes: Sequence[Cause]) -> list[dict[str, str]]:
    """Reasons as the browser gets them."""
    return [{"when": cause.when, "text": cause.text, "link": cause.link} for cause in causes]


def layers_of(leader: bool) -> list[dict[str, str | int]]:
    """What can be chosen."""
    return [plain(layer) for layer in (LAYERS if leader else LAYERS[1:])]


def layer_of(asked: Asked) -> Layer:
    """The layer that is asked for."""
    return as_chosen(asked.layer)


@cache
def states() -> dict[str, str]:
    """Postal abbreviations by the first two digits of a FIPS code."""
    return {row["state_fips"]: row["state_abbrev"] for row in read_states()}


@solara.component_vue("vue/counties.vue", vuetify=False)
def counties(
    views: list[str],
    view: int,
    groups: list[dict[str, str]],
    states: dict[str, str],
    layers: list[dict[str, str | int]],
    layer: str,
    modes: list[str],
    mode: int,
    differs: bool,
    when: str,
    packed: dict[str, bytes],
    low: float,
    high: float,
    none: str,
    legend: list[dict[str, Any]],
    notes: list[str],
    chosen: str,
    card: dict[str, Any] | None,
    below: bool,
    file: dict[str, Any],
    query: str,
    event_view: Callable[[int], None],
    event_layer: Callable[[str], None],
    event_mode: Callable[[int], None],
    event_choose: Callable[[str], None],
    event_follow: Callable[[str], None],
    event_download: Callable[[object], None],
) -> None:
    """Counties coloured by a measure or its difference, and the card of one of them.

    `packed` holds "values", (N,) float32 in the order of the shapes; nan is shown as `none`. A legend's entries have a
    name, how many, and a group's position or "less", "more" or "grey" as colour. `query` goes into the address bar.
    """
