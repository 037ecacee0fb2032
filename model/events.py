"""Everything that happened, as one-line values in one append-only log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import overload

from agents.calendar import Month

KINDS = {
    "agreement": "Two parties agree on terms",
    "answer": "An enterprise shipper answers a notice",
    "auction": "USPS announces or holds an auction of access",
    "award": "Somebody wins access at auction",
    "borrowing": "USPS borrows",
    "capacity": "Capacity comes into use",
    "cash_exhausted": "USPS runs out of cash",
    "closure": "Capacity is closed",
    "compliance": "USPS keeps a rule again that it broke",
    "contract": "A contract is tabled, signed, changed or over",
    "distress": "USPS takes a distress measure, or takes it back",
    "enterprise_contract": "The same of a rate agreement of an enterprise shipper",
    "entry": "A regional carrier orders capacity in a state that it does not serve",
    "exit": "A regional carrier leaves the market",
    "fact": "Something that was public by the end of 2025 takes place",
    "fill": "FedEx begins or stops to fill its network at lower prices",
    "hand": "A side is played by hand",
    "merger": "A carrier takes over another one",
    "network": "Amazon sells spare capacity to others, or has none",
    "order": "Capacity is ordered",
    "price": "List prices or letter prices change",
    "regulator": "The regulator returns a contract or strikes out awards",
    "service": "USPS changes the days or places of its service",
    "shed": "UPS or FedEx gives notice to an enterprise shipper",
    "sourcing": "Who delivers a carrier's parcels changes",
    "shock": "Fuel, wages or interest leave their paths, or a labour dispute begins or ends",
    "talks": "Two parties open talks",
    "violation": "USPS breaks a rule",
    "wages": "A union or another party sets wages",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in the market.

    Attributes:
        month: When.
        kind: What kind of thing, one of `KINDS`.
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
        """Record one event; other keyword arguments become its numbers.

        Raises:
            ValueError: There is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r} is not allowed; it must be one of {', '.join(KINDS)}")
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
