"""The county map of the Watch page."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import solara

from experiments.by_place import CAVEAT
from server import county_map, files
from server.counties.layers import BY_NAME, KEYS, LEADER, SHARES, Layer
from server.counties.watched import Card, Counties, extract, file_of
from server.county_map import CSV, GROUPS, Asked
from server.pages.watch.cards import MAPS
from server.session import Extract, Session
from server.snapshot import Snapshot

VIEW = "counties"
MODES = ("Now", "Change")
ONE_RUN = "One run has its own luck; the map on Compare shows what is more than that."
SEASON = "Two months of different seasons are compared: what is due to the season is in the change."


def view_of(asked: Asked) -> Extract | None:
    """What the map needs of a market; nothing while it is closed."""
    if not asked.open:
        return None
    return partial(extract, layer=asked.layer, change=asked.mode == 1, county=asked.county)


@solara.component
def CountyMap(session: Session, snapshot: Snapshot, asked: Asked, ask: Callable[..., None]) -> solara.Element:
    """Counties of the newest month, and one of them in full."""
    router = solara.use_router()
    file, set_file = solara.use_state({})
    number = solara.use_ref(0)
    found = snapshot.views.get(VIEW)
    assert found is None or isinstance(found, Counties)
    card = found.card if found is not None else None
    links = {cause.link for cause in card.causes} - {""} if card else set()

    def take(content: object) -> None:
        if isinstance(content, bytes) and content:
            number.current += 1  # so that asking twice is two downloads
            name = files.file_name(session.choice, "csv").replace("-seed-", "-counties-seed-")
            set_file({"name": name, "type": CSV, "content": content, "number": number.current})

    # What has been worked out, not what is asked for: colours and their legend change together.
    layer = BY_NAME[found.layer] if found is not None else county_map.layer_of(asked)
    change = found.change if found is not None else asked.mode == 1
    return county_map.counties(
        views=list(MAPS),
        view=1,
        groups=list(GROUPS),
        states=county_map.states(),
        layers=county_map.layers_of(leader=True),
        layer=layer.name,
        modes=[MODES[0], f"Change since {found.first}" if found is not None and found.first else MODES[1]],
        mode=int(change),
        differs=change,
        when=found.month if found is not None else "",
        packed={"values": found.values if found is not None else b""},
        low=found.low if found is not None else 0.0,
        high=found.high if found is not None else 1.0,
        none="the same carrier as at the start" if layer.name == LEADER and change else "no figure",
        legend=_legend(found, layer),
        notes=_notes(snapshot, found, asked),
        chosen=asked.county,
        card=_card(card) if card else None,
        below=False,
        file=file,
        query=asked.query,
        **county_map.handlers(ask, links, router.push),
        event_download=lambda _: session.ask(file_of, take),
    )


def _legend(found: Counties | None, layer: Layer) -> list[dict[str, Any]]:
    if layer.name != LEADER or found is None:
        return []
    told = [
        {"name": GROUPS[i]["name"], "many": county_map.many(*lead), "group": i}
        for i, lead in enumerate(found.leads)
        if lead[0]
    ]
    grey = [{"name": "The same carrier as at the start", "many": "", "colour": "grey"}] if found.change else []
    return told + grey


def _notes(snapshot: Snapshot, found: Counties | None, asked: Asked) -> list[str]:
    notes = [f"{CAVEAT.partition(';')[0]}. {ONE_RUN}"]
    if found is not None and snapshot.shown < snapshot.n_done:
        notes.insert(0, f"Counties are of the newest month, {found.month}, also while you look back.")
    if found is not None and asked.mode == 1 and found.month[:3] != found.first[:3]:
        notes.append(SEASON)
    return notes


def _card(card: Card) -> dict[str, Any]:
    """The card of a county as the browser gets it."""
    changed = any(row.change for row in card.rows)
    shares = [BY_NAME[name] for name in SHARES]
    return {
        "id": card.id,
        "name": card.name,
        "households": county_map.households(card.households),
        "most": "",
        "bars": [
            {
                **GROUPS[i],
                "share": layer.words(share),
                "width": 100.0 * share,
                "change": layer.words(change, signed=True) if changed and abs(change) >= layer.least else "",
            }
            for i, (layer, share, change) in enumerate(zip(shares, card.shares, card.changes, strict=True))
            if i + 1 < len(KEYS) or share > 0.0
        ],
        "columns": ["", "Now", "Since the start"] if changed else ["", "Now"],
        "rows": [
            {"cells": [BY_NAME[row.name].title, row.now, *([row.change] if changed else [])], "tone": row.tone}
            for row in card.rows
        ],
        "causes": county_map.causes_of(card.causes),
        "why": "Nothing that one would ask about has changed here since the first month."
        if changed
        else "This is the first month; as the run goes on, what has changed and why stands here.",
    }
