"""Dated facts: terms, plans and decisions that were public by the end of 2025."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from agents.calendar import Month
from model.tables import DataError, choice, read_table, text

TIMELINE_FILE = "timeline.csv"
_MONTH = re.compile(r"^(\d{4}-(?:0[1-9]|1[0-2]))(?:-\d{2})?$")  # not 2016-2020, which is a span of years
_COLUMNS = {
    "date": text(),
    "kind": text(),
    "actor": text(),
    "event": text(),
    "model_handle": text(),
    "source_id": text(),
    "confidence": choice("high", "medium", "low"),
}


@dataclass(frozen=True, slots=True)
class DatedFact:
    """One row of the timeline.

    Attributes:
        month: When; for a fact dated by year only, None.
        kind: "term", "plan", "price", "talks", "decision", ...
        actors: Who.
        text: What happened or was announced.
        source_id: Where it was published.
        handle: What in the model it dates, a short word.
    """

    month: Month | None
    kind: str
    actors: tuple[str, ...]
    text: str
    source_id: str
    handle: str = ""


@cache
def read_timeline() -> tuple[DatedFact, ...]:
    """Read all dated facts.

    Raises:
        model.tables.DataError: The file is wrong.
    """
    facts = []
    for row in read_table(TIMELINE_FILE, _COLUMNS, key=("date", "kind", "actor", "event")):
        dated = _MONTH.match(str(row["date"]))
        month = Month.parse(dated[1]) if dated else None
        actors = tuple(name.strip() for name in str(row["actor"]).split(";"))
        handle = str(row["model_handle"])
        facts.append(DatedFact(month, str(row["kind"]), actors, str(row["event"]), str(row["source_id"]), handle))
    return tuple(facts)


def usps_amazon_expiry(after: Month | None = None) -> Month:
    """First month after a contract between Amazon and USPS.

    Args:
        after: The contract that is in force in this month; the latest one if not given.

    Raises:
        model.tables.DataError: The timeline does not tell.
    """
    ends = sorted(
        fact.month
        for fact in read_timeline()
        if fact.kind == "term" and set(fact.actors) == {"Amazon", "USPS"} and fact.month is not None
    )
    if not ends:
        raise DataError(f"{TIMELINE_FILE}: no row of kind 'term' for Amazon and USPS")
    return ends[-1] if after is None else next((end for end in ends if end > after), ends[-1])


@cache
def hand_over_ends() -> dict[str, Month]:
    """First month in which a carrier delivers itself what USPS has delivered for it, by key; others go on.

    Raises:
        model.tables.DataError: The timeline does not tell.
    """
    for fact in read_timeline():
        if fact.kind == "decision" and fact.actors == ("UPS",) and fact.month is not None:
            return {"ups": fact.month}
    raise DataError(f"{TIMELINE_FILE}: no row of kind 'decision' for UPS")


@cache
def month_of(handle: str) -> Month:
    """Month of the first dated fact with a handle.

    Raises:
        model.tables.DataError: The timeline does not tell.
    """
    for fact in read_timeline():
        if fact.handle == handle and fact.month is not None:
            return fact.month
    raise DataError(f"{TIMELINE_FILE}: no dated row with model_handle {handle!r}")
