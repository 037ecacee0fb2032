"""What happened, newest first; each entry opens what it tells about."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import solara

from agents.calendar import Month
from model.carriers import NATIONAL
from model.events import Event
from model.words import group_names
from server.headline import month_name
from server.links import link_of
from server.words import event_words

MOST = 40
# What a visitor may filter by: a label, and the kinds of event; the first one is all but the many small ones.
SMALL_KINDS = ("enterprise_contract", "shed", "order")
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("What matters most", ()),
    ("Contracts and talks", ("talks", "agreement", "contract", "sourcing")),
    ("Prices", ("price", "fill")),
    ("Capacity", ("capacity", "order", "closure")),
    ("Entry, exit, mergers", ("entry", "exit", "merger")),
    ("USPS in distress", ("distress", "cash_exhausted", "borrowing")),
    ("Law and regulator", ("regulator", "violation", "compliance")),
    ("Enterprise agreements", ("enterprise_contract", "shed")),
    ("Everything", ("*",)),
)
ACTORS: tuple[tuple[str, str], ...] = (
    ("Everybody", ""),
    *((name, key) for key, name in group_names().items()),
)
WORDS = {
    "agreement": "agreement",
    "cash_exhausted": "cash",
    "enterprise_contract": "enterprise",
    "fill": "price",
    "fact": "announced",
    "shed": "enterprise",
}


def is_wanted(event: Event, kind: int, actor: int) -> bool:
    """Whether an event passes the filters, given by position in `KINDS` and `ACTORS`."""
    kinds, who = KINDS[kind][1], ACTORS[actor][1]
    if not kinds:
        # Small carriers' capacity and prices come by the dozen.
        fits = event.kind not in SMALL_KINDS and (
            event.kind not in ("capacity", "price", "closure") or bool(set(event.actors) & set(NATIONAL))
        )
    else:
        fits = event.kind in kinds or kinds == ("*",)
    if who == "regional":
        return fits and any(a not in NATIONAL and not a.startswith("enterprise") for a in event.actors)
    return fits and (not who or who in event.actors)


def entries(events: Sequence[Event], month: Month | None, kind: int, actor: int) -> tuple[list[dict[str, str]], int]:
    """The newest wanted events up to a month, newest first, and how many older ones there are.

    Returns:
        Rows with month, kind, text and the address of what they tell about; number left off.
    """
    until = 0 if month is None else bisect_right(events, month, key=lambda event: event.month)
    found = [i for i, event in enumerate(events[:until]) if event.text and is_wanted(event, kind, actor)]
    rows = [
        {
            "month": month_name(events[i].month),
            "kind": WORDS.get(events[i].kind, events[i].kind.replace("_", " ")),
            "text": event_words(events[i].text),
            "link": link_of(events[i]),
        }
        for i in reversed(found[-MOST:])
    ]
    return rows, max(0, len(found) - MOST)


@solara.component
def Timeline(events: tuple[Event, ...], month: Month | None) -> solara.Element:
    """The events of a run with their filters."""
    kind, set_kind = solara.use_state(0)
    actor, set_actor = solara.use_state(0)
    router = solara.use_router()
    rows, more = entries(events, month, kind, actor)
    links = {row["link"] for row in rows}

    def choose(values: dict[str, Any]) -> None:
        if values.get("kind") in range(len(KINDS)) and values.get("actor") in range(len(ACTORS)):
            set_kind(int(values["kind"]))
            set_actor(int(values["actor"]))

    def follow(link: object) -> None:
        if link in links:
            router.push(link)

    return timeline(
        rows=rows,
        more=more,
        kinds=[label for label, _ in KINDS],
        actors=[label for label, _ in ACTORS],
        kind=kind,
        actor=actor,
        begun=month is not None,
        event_choose=choose,
        event_follow=follow,
    )


@solara.component_vue("../../vue/timeline.vue", vuetify=False)
def timeline(
    rows: list[dict[str, str]],
    more: int,
    kinds: list[str],
    actors: list[str],
    kind: int,
    actor: int,
    begun: bool,
    event_choose: Callable[[dict[str, Any]], None],
    event_follow: Callable[[str], None],
) -> None:
    """A list of events that can be filtered and opened."""
