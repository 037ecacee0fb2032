"""Why a county's figures differ: contracts, coverage and measures, out of the events and records of runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from model.carriers import AMAZON, NATIONAL, USPS
from model.economy import Economy
from model.events import Event
from model.places import PlaceTable
from model.places.spread import covered
from model.words import party_name
from server.counties.layers import SHARES
from server.headline import month_name
from server.links import link_of
from server.words import event_words

type Floats = NDArray[np.float64]
type Topic = Literal["who", "reach", "price", "service"]

POINT = 0.01  # a change of a share that is worth a word
# From which change on a measure is asked why, by its topic; shares of who delivers have `POINT`.
ASKED: dict[str, tuple[Topic, float]] = {
    "carriers_count": ("reach", 0.02),
    "amazon_reach_share": ("reach", POINT),
    "price_per_parcel_usd": ("price", 0.05),
    "transit_days": ("service", 0.02),
    "on_time_share": ("service", 0.001),
}
# What a contract goes through day by day changes nobody's deliveries.
PAPERS = (" table terms ", " is settled", " its commitment", " sign ", " is replaced by ")
HAND_OVER = {NATIONAL[AMAZON], NATIONAL[USPS]}
SHOCKS = {
    "fuel": "Fuel leaves the path of its price",
    "private carriers": "Wages of private carriers leave their path",
    "usps": "Wages of USPS leave their path",
}
MOST, EACH = 7, 3
EVERYWHERE = 0.3  # weight of what happens to all places alike, beside shares of households and parcels
_FROM = re.compile(r" from \d{4}-\d{2}$")
_STANDS = re.compile(r" stand at .*")


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason.

    Attributes:
        when: Month or year, for people; empty where it is no moment.
        text: One sentence.
        link: Address of the page that tells more; may be empty.
    """

    when: str
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A kind of event that changes what places get.

    Attributes:
        topic: What it changes.
        label: What happened, without figures that differ from run to run.
        actors: Who took part.
    """

    topic: Topic
    label: str
    actors: tuple[str, ...]

    def weight(self, topics: Iterable[str], changes: Mapping[str, float]) -> float:
        """How much of what changed in a place it can be a reason of; 0 where of nothing.

        Args:
            topics: Topics of what has changed.
            changes: Change of each measure. Parcels that go from one party to another change the shares of both.
        """
        if self.topic not in topics:
            return 0.0
        if self.topic != "who":
            return EVERYWHERE
        if set(self.actors) == HAND_OVER:  # how many of Amazon's parcels USPS brings is measured by itself
            least = abs(changes.get("amazon_parcels_usps_share", 0.0))
        else:
            least = min(abs(changes.get(f"{actor}_delivered_share", 0.0)) for actor in self.actors)
        return least if least >= POINT else 0.0


def turn_of(event: Event) -> Turn | None:
    """What an event changes for places everywhere; None for what changes nothing, or one place alone."""
    text, national = event.text, set(event.actors) <= set(NATIONAL)
    if event.kind == "contract" and national and not any(one in text for one in PAPERS):
        return Turn("who", text, event.actors)
    if event.kind == "sourcing" and national:
        return Turn("who", _STANDS.sub(" change by plan", text), event.actors)
    if event.kind in ("distress", "service"):
        topic: Topic | None = "price" if "surcharge" in text else "service" if _slows(text, event.kind) else None
        return Turn(topic, _FROM.sub("", text), event.actors) if topic else None
    if event.kind == "shock" and event.actors[0] in SHOCKS:
        return Turn("price", SHOCKS[event.actors[0]], event.actors)
    return None


def _slows(text: str, kind: str) -> bool:
    return kind == "service" or " service" in text or "days a week" in text


def asked(changes: Mapping[str, float], clear: Mapping[str, bool] | None = None) -> set[Topic]:
    """Topics of what has changed so much in a place that one asks why.

    Args:
        changes: Change of each measure.
        clear: Whether a change is more than luck; None where there is none.
    """
    told: dict[str, tuple[Topic, float]] = {name: ("who", POINT) for name in (*SHARES, "amazon_parcels_usps_share")}
    return {
        topic
        for name, (topic, least) in (told | ASKED).items()
        if abs(changes.get(name, 0.0)) >= least and (clear is None or clear.get(name, False))
    }


def reached(table: PlaceTable, row: int, coverage: NDArray[np.floating[Any]]) -> Floats:
    """Share of a place's households that carriers reach with routes of their own.

    Args:
        table: The places.
        row: Which place.
        coverage: By carrier and zone, (..., Z).

    Returns:
        (...).
    """
    first, last = table.held.indptr[row : row + 2]
    cells, held = table.held.indices[first:last], table.held.data[first:last]
    by_slice = covered(np.asarray(coverage, dtype=np.float64), table.slices).reshape(*coverage.shape[:-1], -1)
    return np.asarray(by_slice[..., cells] @ held / held.sum())


def causes(market: Economy, table: PlaceTable, row: int, changes: Mapping[str, float]) -> tuple[Cause, ...]:
    """Why what a place gets has changed since the start of a run, oldest first.

    Args:
        market: A market that has played a month.
        table: The places of its zones.
        row: Which place.
        changes: Change of each measure since the first month.
    """
    topics = asked(changes)
    found = [*_events(market, topics, changes)]
    if topics & {"who", "reach"}:
        found += _coverage(market, table, row)
    if "price" in topics:
        found += _prices(market)
    found = sorted(found, key=lambda one: one.weight, reverse=True)[:MOST]
    return tuple(one.cause for one in sorted(found, key=lambda one: one.month))


class _Found(NamedTuple):
    weight: float
    month: Month
    cause: Cause


def _events(market: Economy, topics: set[Topic], changes: Mapping[str, float]) -> Iterator[_Found]:
    """The newest events of each kind, no more than `EACH` between the same parties."""
    told: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for event in reversed(market.events[:]):
        turn = turn_of(event)
        weight = turn.weight(topics, changes) if turn else 0.0
        if turn is None or weight <= 0.0:
            continue
        labels = told.setdefault((turn.topic, turn.actors), [])
        if turn.label not in labels and len(labels) < EACH:
            labels.append(turn.label)
            yield _Found(weight, event.month, _told(event))


def _told(event: Event) -> Cause:
    return Cause(month_name(event.month), event_words(event.text), link_of(event))


def _coverage(market: Economy, table: PlaceTable, row: int) -> list[_Found]:
    """Carriers that reach more or fewer households of a place than at the start, and who came or left."""
    carriers, network, last = market.carriers, market.state.network, market.records.months[-1]
    start = carriers.household_coverage.copy()
    start[AMAZON] = network.start_coverage
    stages = {year: coverage for year, coverage in sorted(market.records.coverage.items()) if year < last.year}
    stages[last.year] = network.coverage
    by_year = reached(table, row, np.stack([start, *stages.values()]))
    found = []
    for k in np.flatnonzero(np.abs(by_year[-1] - by_year[0]) >= POINT):
        key, share = carriers.keys[k], by_year[:, k]
        year = [*stages][int(np.argmax(np.abs(np.diff(share))))]
        text = (
            f"{carriers.names[k]} reaches {share[-1]:.0%} of households here on routes of its own; at the start "
            f"{share[0]:.0%}"
        )
        when = f"Most in {year}" if len(stages) > 1 else str(year)
        month, weight = Month(year, 12) if year < last.year else last, float(abs(share[-1] - share[0]))
        found.append(_Found(weight, month, Cause(when, text, f"/inspect?what=carrier:{key}")))
        moves = [event for event in market.events if _comes_or_goes(event, key, table.states[row])]
        found += [_Found(weight / 2.0, event.month, _told(event)) for event in moves[-1:]]
    return found


def _comes_or_goes(event: Event, carrier: str, state: str) -> bool:
    """Whether an event is that a carrier enters a state, or leaves the market."""
    if carrier not in event.actors:
        return False
    entered = event.kind == "entry" and state in re.findall(r"\b[A-Z]{2}\b", event.text)
    return entered or event.kind in ("exit", "merger")


def _prices(market: Economy) -> list[_Found]:
    """What the national carriers have done with their list prices, in one sentence."""
    told, last = [], None
    for key in NATIONAL:
        moves = [e for e in market.events if e.kind == "price" and key in e.actors]
        grown = [
            (event.month, numbers["list_growth"])
            for event in moves
            if "list_growth" in (numbers := dict(event.numbers))
        ]
        if not grown:
            continue
        together = float(np.prod([1.0 + growth for _, growth in grown])) - 1.0
        told.append(f"{party_name(key)} {together:+.0%}")
        last = max(last or grown[-1][0], grown[-1][0])
    if last is None:
        return []
    text = event_words(f"List prices since the start: {', '.join(told)}")
    return [_Found(1.0, last, Cause(f"Last in {month_name(last)}", text, "/inspect?what=carrier:usps"))]
