"""Counties of the run that somebody watches: taken out of its market when the map shows them, and only then."""

from __future__ import annotations

import io
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.market import ParcelMarket
from model.places import PlaceTable, measure_places
from server.counties.causes import Cause, causes
from server.counties.layers import KEYS, LAYERS, LEADER, SHARES, Layer, as_chosen
from server.counties.table import map_table
from server.headline import month_name
from server.memory import give_back

type Floats = NDArray[np.float64]

MIDDLE = 0.02, 0.98  # what of all counties the colours span; the few beyond have the last one
LEAST_SPAN = {"share": 0.02, "dollars": 0.2, "days": 0.1, "number": 0.5}


@dataclass(frozen=True)
class Row:
    """One measure of a county.

    Attributes:
        name: Name of the measure.
        now: Figure of the month shown, for people.
        change: What has changed since the first month, for people; empty where that is it.
        tone: "worse" or "better" for people there, else empty.
    """

    name: str
    now: str
    change: str
    tone: str


@dataclass(frozen=True)
class Card:
    """One county, or the whole country.

    Attributes:
        id: FIPS code; empty for the country.
        name: Its name.
        households: How many live there.
        rows: Its measures, but for shares of who delivers.
        shares: Share of the parcels that each group of carriers brings to the door, in the order of `KEYS`.
        changes: Change of each share since the first month.
        causes: Why it has changed.
    """

    id: str
    name: str
    households: float
    rows: tuple[Row, ...]
    shares: tuple[float, ...]
    changes: tuple[float, ...]
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Counties:
    """What the map shows.

    Attributes:
        month: The newest month, for people; empty before the first one.
        first: The month that changes are against.
        layer: What it is coloured by.
        change: Whether the colours are changes since the first month.
        values: By place, little-endian float32: figures, or the group that delivers most; nan where there is none.
        low: Figure of the first colour.
        high: Figure of the last one.
        leads: Counties and households (share of all) in which each group of `KEYS` delivers most.
        card: The county that was chosen, else the country.
    """

    month: str
    first: str = ""
    layer: str = LEADER
    change: bool = False
    values: bytes = b""
    low: float = 0.0
    high: float = 1.0
    leads: tuple[tuple[int, float], ...] = ()
    card: Card | None = None


@dataclass(eq=False)
class _Kept:
    """What is kept of a market as long as it lives: places, and figures of its first and its newest month."""

    table: PlaceTable
    start: Mapping[str, Floats] | None = None
    now: Mapping[str, Floats] = field(default_factory=dict)
    months: int = 0
    spans: dict[tuple[str, bool], tuple[float, float]] = field(default_factory=dict)


_kept: weakref.WeakKeyDictionary[ParcelMarket, _Kept] = weakref.WeakKeyDictionary()


def extract(market: ParcelMarket, layer: str = LEADER, change: bool = False, county: str = "") -> Counties:
    """Copy what the county map shows out of a market.

    Args:
        market: The market.
        layer: What the map is coloured by.
        change: Whether by the change since the first month.
        county: FIPS code of the county that was chosen; empty or unknown for the country.
    """
    if market.records.n == 0:
        return Counties("")
    kept = _measured(market)
    assert kept.start is not None
    chosen, table = as_chosen(layer), kept.table
    values = _values(chosen, kept.now, kept.start if change else None)[:-1]
    low, high = _span(kept, chosen, change, values)
    leader = leaders(kept.now)[:-1]
    households = table.households[:-1] / table.households[-1]
    row = table.ids.index(county) if county in table.ids else len(table.ids) - 1
    return Counties(
        month=month_name(market.records.months[-1]),
        first=month_name(market.records.months[0]),
        layer=chosen.name,
        change=change,
        values=np.asarray(values, dtype="<f4").tobytes(),
        low=low,
        high=high,
        leads=tuple((int((leader == i).sum()), float(households[leader == i].sum())) for i in range(len(KEYS))),
        card=_card(market, kept, row),
    )


def file_of(market: ParcelMarket) -> bytes:
    """All measures of all counties in the newest month as CSV, with their changes since the first one."""
    if market.records.n == 0:
        return b""
    kept = _measured(market)
    assert kept.start is not None
    table = kept.table
    columns: dict[str, object] = {
        "month": str(market.records.months[-1]),
        "county_fips": table.ids,
        "county_name": table.names,
        "households": table.households,
        "delivers_most": [KEYS[i] for i in leaders(kept.now)],
    }
    for name, values in kept.now.items():
        columns |= {name: values, f"{name}_change": values - kept.start[name]}
    buffer = io.BytesIO()
    pd.DataFrame(columns).iloc[:-1].to_csv(buffer, index=False)
    return buffer.getvalue()


def leaders(values: Mapping[str, Floats]) -> NDArray[np.int64]:
    """Which group of `KEYS` brings the most parcels to the door, by place."""
    return np.argmax(np.nan_to_num(np.stack([values[name] for name in SHARES])), axis=0)


def _measured(market: ParcelMarket) -> _Kept:
    """Measures of the newest month and of the first one; worked out once a month.

    The first month of a run that has gone on is played again: same settings, same seed, same month.
    """
    if market not in _kept:
        _kept[market] = _Kept(map_table(market.zones))
    kept = _kept[market]
    if kept.months != market.records.n:
        kept.now, kept.months = measure_places(market, kept.table), market.records.n
    if kept.start is None:
        kept.start = kept.now if kept.months == 1 else _first_month(market, kept.table)
    return kept


def _first_month(market: ParcelMarket, table: PlaceTable) -> Mapping[str, Floats]:
    again = ParcelMarket(market.settings, rng=market.seed_number)
    again.step()
    found = measure_places(again, table)
    del again
    give_back()
    return found


def _values(layer: Layer, now: Mapping[str, Floats], start: Mapping[str, Floats] | None) -> Floats:
    """What the map is coloured by: of leaders the group, and as a change the new one where it is another."""
    if layer.name != LEADER:
        return now[layer.name] if start is None else now[layer.name] - start[layer.name]
    leader = leaders(now)
    same = np.zeros(leader.shape, dtype=bool) if start is None else leader == leaders(start)
    return np.where(same, np.nan, leader)


def _span(kept: _Kept, layer: Layer, change: bool, values: Floats) -> tuple[float, float]:
    """Figures of the first and the last colour; in the course of a run they only move apart, so that nothing jumps."""
    low, high = spread_of(layer, values, change)
    before = kept.spans.get((layer.name, change), (low, high))
    kept.spans[layer.name, change] = found = min(low, before[0]), max(high, before[1])
    return found


def spread_of(layer: Layer, values: NDArray[np.floating[Any]], change: bool) -> tuple[float, float]:
    """Figures that colours span: most of the values, never less than shows, and as far below zero as above for changes.

    Args:
        layer: What they measure.
        values: By place; nan where there is none.
        change: Whether they are changes.
    """
    if layer.kind == "leader" or not np.isfinite(values).any():
        return (-1.0, 1.0) if change else (0.0, 1.0)
    low, high = (float(one) for one in np.nanquantile(values, MIDDLE))
    least = LEAST_SPAN[layer.kind]
    if change:
        high = max(abs(low), abs(high), least / 2.0)
        return -high, high
    middle, half = (low + high) / 2.0, max(high - low, least) / 2.0
    if layer.kind == "share":
        middle = min(max(middle, half), 1.0 - half)
    return middle - half, middle + half


def _card(market: ParcelMarket, kept: _Kept, row: int) -> Card:
    assert kept.start is not None
    table, nation = kept.table, row == len(kept.table.ids) - 1
    changes = {name: float(values[row] - kept.start[name][row]) for name, values in kept.now.items()}
    first = kept.months == 1
    return Card(
        id="" if nation else table.ids[row],
        name=table.names[row],
        households=float(table.households[row]),
        rows=tuple(
            row_of(layer, float(kept.now[layer.name][row]), None if first else changes[layer.name])
            for layer in LAYERS
            if layer.name != LEADER and layer.name not in SHARES
        ),
        shares=tuple(float(kept.now[name][row]) for name in SHARES),
        changes=tuple(changes[name] for name in SHARES),
        causes=() if nation or first else causes(market, table, row, changes),
    )


def row_of(layer: Layer, now: float, change: float | None) -> Row:
    """A measure in words.

    Args:
        layer: Which one.
        now: Its figure.
        change: What has changed; None where nothing can have.
    """
    if change is None or not np.isfinite(change):
        return Row(layer.name, layer.words(now), "", "")
    harm = change * layer.worse
    seen = abs(change) >= layer.least
    tone = "" if not layer.worse or not seen else "worse" if harm > 0 else "better"
    return Row(layer.name, layer.words(now), layer.words(change, signed=True) if seen else "no change", tone)
