"""Any agent, contract, zone or shipper: its state now, what binds, its history and its events."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any
from urllib.parse import quote

import ipyvue
import solara

from model.words import group_names
from server import charts
from server.glossary import TERMS, term_of
from server.headline import month_name
from server.inspecting import DEFAULT, Chart, Group, Inspection, extract
from server.pages.bargaining.cards import marks_of
from server.parts import facts, main, page, picker, query_of, run_controls, source_of, use_snapshot
from server.plain import plain
from server.session import Session
from server.snapshot import Run, Snapshot

FIND_OUT = (
    "Look at anyone in the market, a carrier, a shipper, a contract or a place: how it stands, what holds it back, "
    "what it expects, and what it has done."
)
EVENTS, SMALL = "What happened", "shippers:small"


@solara.component_vue("../../vue/events.vue", vuetify=False)
def events(title: str, count: str, rows: list[list[str]], empty: str, event_follow: Callable[[str], None]) -> None:
    """What happened, newest first; rows are month, text and an address, empty where the entry leads nowhere."""


@solara.component
def InspectPage(session: Session) -> solara.Element:
    """One thing of one session's run; the address says which: `/inspect?what=carrier:usps`."""
    router = solara.use_router()
    what = query_of(router.search).get("what", DEFAULT)
    snapshot = use_snapshot(session, {"inspection": partial(extract, what=what)}, what)
    found = snapshot.views.get("inspection")
    assert found is None or isinstance(found, Inspection)

    def pick(key: object) -> None:
        if isinstance(key, str) and found is not None and key in {thing.key for thing in found.things}:
            router.push(f"/inspect?what={quote(key, safe=':')}")

    def pick_small(number: object) -> None:
        if type(number) is int and found is not None and 1 <= number <= found.n_small:
            router.push(f"/inspect?what=small:{number}")

    def follow(link: object) -> None:
        if isinstance(link, str) and found is not None and link in {row[2] for row in found.report.events} - {""}:
            router.push(link)

    chosen = found.report.key if found else ""

    def list_all() -> solara.Element:
        return picker(
            title="Look at",
            items=list_of(found) if found else [],
            chosen=chosen,
            searchable=True,
            placeholder="Carrier, contract, state ...",
            empty="The market is being set up ...",
            event_pick=pick,
        )

    # Hundreds of entries, which Solara would walk through for every picture were they not the same element as before.
    side = [run_controls(session, snapshot), solara.use_memo(list_all, [found.things if found else (), chosen])]
    drawn = charts.frame(number=snapshot.number, event_drawn=session.acknowledge)
    return page(
        side, main(_cards(snapshot, found, follow, pick, pick_small), source_of(snapshot.run)), drawn, stack=True
    )


@solara.component_vue("number.vue", vuetify=False)
def pick_number(count: int, number: int, event_pick: Callable[[int], None]) -> None:
    """A field for the number of a small shipper, of which there are too many for a list."""


@solara.component_vue("network.vue", vuetify=False)
def draw_network(
    nodes: list[dict[str, Any]],
    ribbons: list[dict[str, Any]],
    groups: list[dict[str, str]],
    chosen: str,
    when: str,
    event_pick: Callable[[str], None],
) -> None:
    """Parties as nodes, parcels and contracts between them as ribbons, and the same in words."""


def list_of(found: Inspection) -> list[dict[str, str]]:
    """The list of all things."""
    return [{"key": thing.key, "title": plain(thing.name), "note": thing.kind} for thing in found.things]


def _cards(
    snapshot: Snapshot,
    found: Inspection | None,
    follow: Callable[[str], None],
    pick: Callable[[str], None],
    pick_small: Callable[[int], None],
) -> list[solara.Element]:
    if found is None:
        return [_headline(snapshot, "The market is being set up ...", "", "")]
    report = found.report
    unknown = f"There is no {found.unknown!r} in this run; this is {report.name}." if found.unknown else ""
    cards: list[solara.Element] = []
    if snapshot.run is not None:
        cards += [
            charts.lines(**chart_values(chart, snapshot.run)).key(f"{report.key} {chart.title}")
            for chart in report.charts
        ]
    shown = len(report.events)
    cards.append(
        events(
            title=EVENTS,
            count=f"the last {shown} of {report.n_events}" if shown < report.n_events else f"{shown}",
            rows=[list(row) for row in report.events],
            empty="Nothing has happened here yet.",
            event_follow=follow,
        )
    )
    told, seen = [], set[str]()
    for group in report.groups:
        help_ = _first(group.title, seen)
        told.append(facts(title=plain(group.title), unit="", rows=rows_of(group, seen), empty=group.empty, help=help_))
    kind, _, name = report.key.partition(":")
    small = report.key == SMALL or kind == "small"
    return [
        _headline(snapshot, plain(report.name), _kicker(snapshot, found), unknown),
        *(
            [pick_number(count=found.n_small, number=int(name) if kind == "small" else 0, event_pick=pick_small)]
            if small
            else []
        ),
        *([_network(found, pick)] if found.network is not None else []),
        ipyvue.Html.element(tag="div", class_="lm-columns", children=told),
        ipyvue.Html.element(tag="div", class_="lm-cards", children=cards),
    ]


def _network(found: Inspection, pick: Callable[[str], None]) -> solara.Element:
    assert found.network is not None
    return draw_network(
        nodes=[asdict(node) for node in found.network.nodes],
        ribbons=[asdict(ribbon) for ribbon in found.network.ribbons],
        groups=[{"key": key, **marks} for key, marks in zip(group_names(), charts.CARRIERS, strict=True)],
        chosen=found.report.key,
        when=month_name(found.month) if found.month is not None else "",
        event_pick=pick,
    )


def _kicker(snapshot: Snapshot, found: Inspection) -> str:
    by_hand = " · played by hand" if snapshot.run and snapshot.run.seat else ""
    when = "before the first month"
    if found.month is not None:
        when = f"at the end of {month_name(found.month)}"
    back = ", the newest month" if snapshot.shown < snapshot.n_done else ""
    return f"{found.report.what} · {when}{back}{by_hand}"


def _headline(snapshot: Snapshot, text: str, kicker: str, error: str) -> solara.Element:
    run = snapshot.run
    return charts.headline(
        text=text,
        kicker=kicker,
        forced=bool(run and run.forced),
        error=error,
        playing=snapshot.status == "playing",
        remark=run.remark if run else "",
        about=FIND_OUT,
    )


def rows_of(group: Group, seen: set[str] | None = None) -> list[dict[str, Any]]:
    """Rows of one card of facts.

    Args:
        group: What they tell.
        seen: Terms that the page has explained already; gets those that are explained here.
    """
    seen = set() if seen is None else seen
    return [
        {
            "term": plain(one.term),
            "value": one.value,
            "exact": one.exact,
            "help": one.help or _first(one.term, seen),
            "binds": one.binds,
        }
        for one in group.facts
    ]


def _first(label: str, seen: set[str]) -> str:
    """What the term in a label means, where the page meets it for the first time."""
    term = term_of(label)
    known = term in seen
    seen.add(term)
    return "" if known else TERMS.get(term, "")


def chart_values(chart: Chart, run: Run) -> dict[str, Any]:
    """What a chart of lines shows of one history."""
    return {
        "title": plain(chart.title),
        "note": chart.note,
        "unit": chart.unit,
        "series": [_series(name, key) for name, key in zip(chart.names, chart.colours, strict=True)],
        "limits": [{"name": name, "value": value} for name, value in chart.limits],
        "decimals": chart.decimals,
        "floor": chart.floor,
        "ceiling": None,
        "first": str(run.start),
        "n_months": run.n_months,
        "packed": charts.pack(chart.values),
    }


def _series(name: str, key: str) -> dict[str, str]:
    densities = {entry["name"].lower(): entry for entry in charts.DENSITY_SERIES}
    services = {entry["name"].lower(): entry for entry in charts.SERVICE_SERIES}
    palette = {"first": charts.PLAIN_SERIES, "second": charts.MONEY_SERIES[1]} | densities | services
    return (palette.get(key) or marks_of(key)) | {"name": name}
