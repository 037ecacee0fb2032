"""Everything that happened, as one-line values in one append-only log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import overload

from agents.calendar import Month


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in the market.

    Attributes:
        month: When.
        kind: What kind of thing, a short fixed word such as "contract" or "price".
        actors: Keys of those who took part.
        text: One sentence for people.
        numbers: A few named figures; the unit is the end of the name.
        about: What it speaks of, the main thing first: "contract:" or "talks:" and seller, buyer and first month.
    """

    month: Month
    kind: str
    actors: tuple[str, ...]
    text: str
    numbers: tuple[tuple[str, float], ...] = field(default=())
    about: tuple[str, ...] = field(default=())


class EventLog:
    """Append-only sequence of events in the order in which they happened."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def add(
        self, month: Month, kind: str, actors: tuple[str, ...], text: str, about: tuple[str, ...] = (), **numbers: float
    ) -> None:
        """Record one event; other keyword arguments become its numbers."""
        named = tuple((key, float(value)) for key, value in numbers.items())
        self._events.append(Event(month, kind, actors, text, named, about))

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._events[index]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)
