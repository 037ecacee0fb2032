"""One sentence for a month, computed from its events and figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from model.carriers import NATIONAL
from model.events import Event
from server.words import MONTH_NAMES, event_words

type Floats = NDArray[np.float64]

USPS = 0
# Of parcels an event speaks of as many as this, or it is no news of the nation: figures by name, parcels (a year).
LEAST_PARCELS = 1e6
PARCELS = ("parcels", "annual_parcels", "shortfall_parcels")
# Which event leads, by kind and then by who takes part; a kind that is not listed is rare and leads before all.
KINDS = ("cash_exhausted", "contract", "sourcing", "price", "order", "capacity")


def month_name(month: Month) -> str:
    """Name a month in words, such as June 2027."""
    return f"{MONTH_NAMES[month.month - 1]} {month.year}"


def headline(month: Month, events: Sequence[Event], volume: Floats, usps: Floats, own_share: Floats) -> str:
    """Say what happened in a month and what it did.

    Args:
        month: The month told about, the last one of the arrays.
        events: What happened in it.
        volume: (n, G) parcels a month by carrier group.
        usps: (n, 3) net income, cash and debt of USPS, US dollars.
        own_share: (n,) share of Amazon's parcels that it delivers itself.

    Returns:
        "June 2027: Amazon orders ...; USPS carries ..."
    """
    told = sorted((event for event in events if event.text and _is_national(event) and _is_large(event)), key=_rank)
    lead = _sentence(told[0].text) if told else _amazon_sentence(own_share)
    return f"{month_name(month)}: {lead}; {_usps_sentence(volume, usps)}."


def _is_national(event: Event) -> bool:
    return bool(event.actors) and set(event.actors) <= set(NATIONAL)


def _is_large(event: Event) -> bool:
    return all(amount >= LEAST_PARCELS for name, amount in event.numbers if name in PARCELS)


def _rank(event: Event) -> tuple[int, int, int]:
    kind = KINDS.index(event.kind) if event.kind in KINDS else -1
    between_both = {"usps", "amazon"} <= set(event.actors)
    return kind, -between_both, min(NATIONAL.index(actor) for actor in event.actors)


def _sentence(text: str) -> str:
    return event_words(text).rstrip(".")


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", "\N{NO-BREAK SPACE}%")


def _dollars(amount: float) -> str:
    text = f"${amount / 1e9:,.2f} billion" if amount >= 999.5e6 else f"${amount / 1e6:,.0f} million"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _amazon_sentence(own_share: Floats) -> str:
    return f"Amazon delivers {_percent(own_share[-1])} of its parcels itself"


def _usps_sentence(volume: Floats, usps: Floats) -> str:
    parcels = volume[:, USPS]
    result = usps[-1, 0]
    money = f"{'earns' if result >= 0 else 'loses'} {_dollars(abs(result))}"
    if len(parcels) <= 12 or parcels[-13] <= 0:
        return f"USPS carries {parcels[-1] / 1e6:,.0f} million parcels and {money}"
    change = parcels[-1] / parcels[-13] - 1
    if abs(change) < 0.0005:
        return f"USPS carries as many parcels as a year before and {money}"
    direction = "more" if change >= 0 else "fewer"
    return f"USPS carries {_percent(abs(change))} {direction} parcels than a year before and {money}"
