"""What the Inspect page shows of one thing: frozen values, the same form for every kind of thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, isinf

import numpy as np
from numpy.typing import NDArray

from model.events import Event
from model.market import ParcelMarket
from server.headline import month_name
from server.links import link_of
from server.words import event_words

type Floats = NDArray[np.float64]

MAX_EVENTS = 60
# From here on a network or a contract counts as full: what is beyond waits or goes elsewhere.
FULL = 0.999
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Fact:
    """One named value.

    Attributes:
        term: Its name.
        value: Rounded, with unit, for reading.
        exact: With all digits that matter, for hovering; may be empty.
        help: What it means, one line; may be empty.
        binds: Whether it is a limit that binds this month.
    """

    term: str
    value: str
    exact: str = ""
    help: str = ""
    binds: bool = False


@dataclass(frozen=True)
class Group:
    """Facts under one heading; what to say where there is none."""

    title: str
    facts: tuple[Fact, ...]
    empty: str = "Nothing to tell."


@dataclass(frozen=True, eq=False)
class Chart:
    """One history by month.

    Attributes:
        title: Its name.
        note: What it shows, one line.
        unit: Unit of the values.
        names: Names of the series.
        colours: Key of the palette of each series, see `server.pages.inspect`.
        values: (n, series), from the first month of the run.
        limits: Names and values of horizontal lines.
        decimals: Digits shown.
        floor: Lowest value of the axis, None to leave it to the chart.
    """

    title: str
    note: str
    unit: str
    names: tuple[str, ...]
    colours: tuple[str, ...]
    values: Floats
    limits: tuple[tuple[str, float], ...] = ()
    decimals: int = 0
    floor: float | None = 0.0


@dataclass(frozen=True, eq=False)
class Report:
    """One thing: what it is, its state, its history and what happened to it.

    Attributes:
        key: What the address calls it, such as carrier:usps.
        name: Its name.
        what: What it is, one line.
        groups: Facts by heading.
        charts: Histories.
        events: Month and text of what happened, and the address of what it tells about (empty for this thing itself);
            newest first, at most `MAX_EVENTS`.
        n_events: How many there were in all.
    """

    key: str
    name: str
    what: str
    groups: tuple[Group, ...]
    charts: tuple[Chart, ...]
    events: tuple[tuple[str, str, str], ...]
    n_events: int


def fact(
    term: str, value: float, unit: str, help_: str = "", *, decimals: int = 0, scale: float = 1.0, binds: bool = False
) -> Fact:
    """A number with its unit; `scale` is what one unit is, such as 1e6 for "million".

    Infinite values are no limit, NaN is no figure.
    """
    if isinf(value):
        return Fact(term, "no limit", help=help_)
    if not isfinite(value):
        return Fact(term, "none", help=help_)
    shown = round(value / scale, decimals) + 0.0  # nothing has no sign
    told = f"{shown:,.{decimals}f} {unit}".strip().replace("-", MINUS)
    return Fact(term, told, f"{value:,.8g}".replace("-", MINUS), help_, binds)


def share(term: str, value: float, help_: str = "", *, binds: bool = False) -> Fact:
    """A share in percent."""
    if not isfinite(value):
        return Fact(term, "none", help=help_)
    return Fact(term, f"{value:.1%}".replace("-", MINUS).replace("%", " %"), f"{value:.6f}", help_, binds)


def ratio(part: float, whole: float) -> float:
    """Part of a whole; NaN of nothing."""
    return part / whole if whole > 0.0 else float("nan")


def on_time_floor(percent: Floats) -> float:
    """Where the axis of an on-time chart begins: high up as long as nothing falls below, so that changes are seen."""
    return 75.0 if not (percent < 75.0).any() else 0.0


def latest(market: ParcelMarket, name: str) -> Floats:
    """Last month's value of a recorded series; NaN before the first month."""
    values = market.records[name]
    return np.asarray(values[-1] if len(values) else np.full(values.shape[1:], np.nan))


def history(market: ParcelMarket, name: str, index: int | None = None) -> Floats:
    """(n, ...) a recorded series by month, or (n,) the figure of one index of its first axis."""
    values = np.asarray(market.records[name], dtype=np.float64)
    return values.copy() if index is None else values[:, index].copy()


def events_of(market: ParcelMarket, actors: Iterable[str], kinds: Iterable[str] = ()) -> list[Event]:
    """The events in which one of some actors took part, oldest first.

    Args:
        market: The market.
        actors: Their keys.
        kinds: Kinds to leave out.
    """
    wanted, left_out = set(actors), set(kinds)
    return [event for event in market.events if wanted & set(event.actors) and event.kind not in left_out]


def told(events: Iterable[Event], here: str) -> tuple[tuple[tuple[str, str, str], ...], int]:
    """The newest events in words with the address of what they tell about, and how many there were in all.

    Args:
        events: Oldest first.
        here: Key of the thing that is looked at: nothing leads to where one is.
    """
    known = [event for event in events if event.text]
    rows = ((month_name(event.month), event_words(event.text), link_of(event)) for event in known[::-1][:MAX_EVENTS])
    nowhere = ("/inspect", f"/inspect?what={here}")
    return tuple((month, text, "" if link in nowhere else link) for month, text, link in rows), len(known)
