"""Map, charts and timeline of the Watch page, out of one snapshot."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipyvue
import numpy as np
import solara

from agents.geography import SEGMENTS
from server import charts
from server.glossary import TERMS
from server.headline import month_name
from server.pages.watch.timeline import Timeline
from server.snapshot import Floats, Snapshot

MILLION, BILLION = 1e6, 1e9
MAPS = ("States", "Counties")
PRICE_TABS = ("Paid", *(name.capitalize() for name in SEGMENTS))


def cards(snapshot: Snapshot, first: solara.Element, years: solara.Element) -> solara.Element:
    """All cards of the page.

    Args:
        snapshot: What they show.
        first: The map.
        years: Calendar years beside the forecast.
    """
    timing = _timing(snapshot)
    children = [first, *_charts(snapshot, timing), years, Prices(snapshot.paid, snapshot.list_price, timing)]
    children.append(Timeline(snapshot.events, snapshot.month))
    return ipyvue.Html.element(tag="div", class_="lm-cards", children=children)


def _timing(snapshot: Snapshot) -> dict[str, Any]:
    run = snapshot.run
    return {
        "first": str(run.start) if run else "",
        "n_months": run.n_months if run else 0,
        "shown": snapshot.shown if snapshot.shown < snapshot.n_done else -1,
    }


def state_map(snapshot: Snapshot, choose: Callable[[int], None]) -> solara.Element:
    """The map of the states.

    Args:
        snapshot: What it shows.
        choose: Called with the position in `MAPS` of the map that a visitor wants.
    """
    run = snapshot.run
    return charts.state_map(
        groups=list(charts.CARRIERS),
        states=list(run.states) if run else [],
        when=month_name(snapshot.month) if snapshot.month else "",
        packed={
            "delivered": charts.pack(snapshot.place_delivered),
            "own": charts.pack(snapshot.place_own_share),
            "on_time": charts.pack(snapshot.place_on_time),
            "price": charts.pack(snapshot.place_price),
        },
        views=list(MAPS),
        event_view=choose,
    )


def _charts(snapshot: Snapshot, timing: dict[str, Any]) -> list[solara.Element]:
    run = snapshot.run
    ceiling = run.debt_ceiling_usd / BILLION if run else 0.0
    usps = snapshot.usps / BILLION
    return [
        charts.lines(
            title="Parcels by carrier",
            note="Parcels that each carrier brings to the door in a month, whole country. "
            "The regional carriers are one line.",
            unit="million parcels a month",
            series=list(charts.CARRIERS),
            limits=[],
            decimals=0,
            floor=0.0,
            ceiling=None,
            packed=charts.pack(snapshot.volume / MILLION),
            **timing,
        ),
        charts.lines(
            title="Amazon's own share",
            note=TERMS["own share"],
            unit="% of Amazon's parcels",
            series=list(charts.DENSITY_SERIES),
            limits=[],
            decimals=1,
            floor=0.0,
            ceiling=100.0,
            packed=charts.pack(snapshot.own_share * 100),
            **timing,
        ),
        charts.lines(
            title="USPS net income",
            note=TERMS["net income"],
            unit="billion $ a month",
            series=list(charts.INCOME_SERIES),
            limits=[],
            decimals=2,
            floor=None,
            ceiling=None,
            packed=charts.pack(usps[:, :1]),
            **timing,
        ),
        charts.lines(
            title="USPS cash and debt",
            note=TERMS["debt ceiling"],
            unit="billion $",
            series=list(charts.MONEY_SERIES),
            limits=[{"name": "Debt ceiling", "value": ceiling}] if run else [],
            decimals=1,
            floor=0.0,
            ceiling=None,
            packed=charts.pack(np.ascontiguousarray(usps[:, 1:])),
            **timing,
        ),
    ]


@solara.component
def Prices(paid: Floats, list_price: Floats, timing: dict[str, Any]) -> solara.Element:
    """What is paid by service, or the list prices of the carriers for one service."""
    tab, choose = solara.use_state(0)

    def pick(index: object) -> None:
        if type(index) is int and 0 <= index < len(PRICE_TABS):
            choose(index)

    values = paid if tab == 0 else list_price[:, tab - 1]
    return charts.lines(
        title="Prices",
        note=TERMS["price paid"] if tab == 0 else TERMS["list price"],
        unit="$ per parcel",
        series=list(charts.SERVICE_SERIES if tab == 0 else charts.CARRIERS),
        limits=[],
        decimals=2,
        floor=0.0,
        ceiling=None,
        packed=charts.pack(values),
        tabs=list(PRICE_TABS),
        tab=tab,
        event_tab=pick,
        **timing,
    )
