"""The county map of the Compare page: differences between runs with the same seeds."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from experiments.by_place import CAVEAT, luck_note
from server import county_map
from server.counties.compared import DifferenceCard, DifferenceView, card_of, file_of, view_of
from server.counties.layers import BY_NAME
from server.county_map import COUNTIES, CSV, GROUPS
from server.headline import month_name
from server.pages.compare.cards import labels_of
from server.pages.compare.work import Compared

UNCLEAR = "not to be told from luck"
GREY = "Not to be told from luck"
ONE_PAIR = "One pair of runs tells nothing about luck, so all is grey: compare with two seeds or more."


@solara.component
def CountyDifferences(found: Compared) -> solara.Element:
    """What differs in which county; closed until it is asked for."""
    router = solara.use_router()
    file, set_file = solara.use_state({})
    number = solara.use_ref(0)
    others = labels_of(found)[1:]
    asked, ask = county_map.use_asked(len(others), leader=False)
    mode = min(asked.mode, len(others) - 1)  # another comparison may have fewer runs
    layer, scenario, counties = BY_NAME[asked.layer], mode + 1, found.counties
    assert counties is not None
    view = solara.use_memo(lambda: view_of(counties, scenario, layer), [counties, scenario, layer])
    card = solara.use_memo(lambda: card_of(counties, scenario, asked.county), [counties, scenario, asked.county])
    links = {cause.link for cause in card.causes} - {""}

    def download(_: object) -> None:
        number.current += 1  # so that asking twice is two downloads
        names = found.comparison.names
        content = file_of(counties, scenario, (names[0], names[scenario]))
        set_file({"name": "counties-compared.csv", "type": CSV, "content": content, "number": number.current})

    if not asked.open:
        return county_opener(event_open=lambda _: ask(open=True))
    return county_map.counties(
        views=["Closed", COUNTIES.capitalize()],
        view=1,
        groups=list(GROUPS),
        states=county_map.states(),
        layers=county_map.layers_of(leader=False),
        layer=layer.name,
        modes=others,
        mode=mode,
        differs=True,
        when=f"{others[mode]} against {labels_of(found)[0]}, {month_name(counties.month)}",
        packed={"values": view.values},
        low=-view.span,
        high=view.span,
        none=UNCLEAR,
        legend=_legend(view, len(counties.table.ids) - 1),
        notes=_notes(found),
        chosen=asked.county,
        card=_card(card, labels_of(found)[0], others[mode]),
        below=True,
        file=file,
        query=asked.query,
        **county_map.handlers(ask, links, router.push),
        event_download=download,
    )


def _legend(view: DifferenceView, counties: int) -> list[dict[str, Any]]:
    rest = counties - view.less[0] - view.more[0], max(0.0, 1.0 - view.less[1] - view.more[1])
    return [
        {"name": "Clearly less", "many": county_map.many(*view.less), "colour": "less"},
        {"name": "Clearly more", "many": county_map.many(*view.more), "colour": "more"},
        {"name": GREY, "many": county_map.many(*rest), "colour": "grey"},
    ]


def _notes(found: Compared) -> list[str]:
    """What a single county's figure is worth."""
    many = found.comparison.replications
    return [f"{CAVEAT}.", ONE_PAIR if many == 1 else luck_note(many)]


def _card(card: DifferenceCard, reference: str, other: str) -> dict[str, Any]:
    """The card of a county as the browser gets it."""
    before, now = card.most
    most = f"{now} delivers most" + (" in both." if before == now else f"; in the reference it is {before}.")
    return {
        "id": card.id,
        "name": card.name,
        "households": county_map.households(card.households),
        "most": most,
        "bars": [],
        "columns": ["", reference, other, "Verdict", "Difference (standard error)"],
        "rows": [
            {
                "cells": [BY_NAME[row.name].title, row.reference, row.other, row.verdict, row.difference],
                "tone": row.tone,
            }
            for row in card.rows
        ],
        "causes": county_map.causes_of(card.causes),
        "why": "Nothing that one would ask about differs here clearly.",
    }


@solara.component_vue("../../vue/county_opener.vue", vuetify=False)
def county_opener(event_open: Callable[[object], None]) -> None:
    """A card that offers the map."""
