"""What no market of firms shows for long: margins far off without an answer, hand-over and prices that jump.

Each check returns what it found, one sentence each; nothing found is a yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from agents.calendar import MONTHS_PER_YEAR
from experiments.firms.play import QUARTER, FirmRun
from model.events import Event

LOW, HIGH = -0.10, 0.20  # margins beyond which a firm has to answer
YEARS = 2  # how long it may go without one
SMALL = 10e6  # parcels a quarter: fewer are no hand-over to speak of
HALF = 0.5
STANDS_STILL = 0.05  # how far Amazon's sales margin may be from its target while its prices stand still
LEAST_PARCELS = 100e6  # a year: with fewer, revenue per parcel is the mix of a few shippers
JUMP = 0.15  # largest change of a list level within a month, and of revenue per parcel between years
LEVEL_STEP = 0.001  # smaller moves of a list level are none
EXPLAIN = ("agreement", "contract", "sourcing", "distress", "regulator", "auction", "award", "fact", "merger", "exit")

OF_ITS_OWN = ("sourcing", "fact", "merger", "exit")  # of these, what a carrier does or undergoes without USPS


def margins_without_answer(run: FirmRun) -> Iterator[str]:
    """Carriers whose margin stays beyond the bounds for two years without exit, entry or an answer in prices.

    What USPS earns over the cost of its parcels pays for its institutional cost: that is no operating margin.
    """
    for key, name in run.names.items():
        beyond = 0
        for year, margin in by_year(run, key, "margin") if key != "usps" else ():
            far = not LOW <= margin <= HIGH
            beyond = beyond + 1 if far and not _answered(run, key, year, margin > HIGH) else 0
            if beyond > YEARS:
                yield f"{name}: margin of {margin:.0%} in {year}, the year {beyond} without an answer"


def by_year(run: FirmRun, key: str, column: str) -> list[tuple[int, float]]:
    """Years in which a carrier sells, each with a figure of its own."""
    rows = run.years[run.years["carrier"] == key]
    return list(zip(map(int, rows["year"]), map(float, rows[column]), strict=True))


def _answered(run: FirmRun, key: str, year: int, high: bool) -> bool:
    """Whether it left, its prices moved to mend its margin, or regional rivals entered, in a year or the next one."""
    months = range(year * MONTHS_PER_YEAR, (year + 2) * MONTHS_PER_YEAR)
    for event in run.events:
        if event.month.index not in months:
            continue
        if event.kind in ("exit", "merger") and key in event.actors:
            return True
        if event.kind == "price" and event.actors == (key,):
            growth = dict(event.numbers).get("paid_growth")
            if growth is not None and (growth < run.inflation if high else growth > run.inflation):
                return True
        # Small carriers enter for small ones; that they do is no answer to what national ones earn.
        if high and event.kind == "entry" and run.groups[key] == "regional":
            return True
    return False


def hand_over_that_jumps(run: FirmRun) -> Iterator[str]:
    """Carriers whose share handed to USPS changes by more than half from quarter to quarter, and nothing tells why."""
    for key, name in run.names.items():
        rows = run.quarters[run.quarters["carrier"] == key]
        share, handed = rows["share"].to_numpy(), rows["handed"].to_numpy()
        for quarter in range(1, len(share)):
            before, now = share[quarter - 1], share[quarter]
            if max(handed[quarter - 1], handed[quarter]) < SMALL or abs(now - before) <= HALF * max(before, now):
                continue
            if not any(_explains(run, event, key, quarter) for event in run.events):
                month = run.start_index + quarter * QUARTER
                when = f"{month // MONTHS_PER_YEAR}-{month % MONTHS_PER_YEAR + 1:02d}"
                yield f"{name}: {before:.1%} of its parcels before {when}, {now:.1%} from then on"


def _explains(run: FirmRun, event: Event, key: str, quarter: int) -> bool:
    """Whether something that the carrier and USPS took part in happened in that quarter or the one before."""
    begin = run.start_index + (quarter - 1) * QUARTER
    near = begin <= event.month.index < begin + 2 * QUARTER
    both = key in event.actors and ("usps" in event.actors or event.kind in OF_ITS_OWN)
    return near and both and event.kind in EXPLAIN


def amazon_stands_still(run: FirmRun) -> Iterator[str]:
    """Years in a row in which Amazon's list prices stand still while its sales margin is far from its target."""
    level, still = run.levels["amazon"].to_numpy(), 0
    margins, targets = by_year(run, "amazon", "margin"), by_year(run, "amazon", "target")
    for (year, margin), (_, target) in zip(margins, targets, strict=True):
        begin = year * MONTHS_PER_YEAR - run.start_index
        before = level[begin - 1] if begin > 0 else 1.0
        moved = abs(level[begin : begin + MONTHS_PER_YEAR] - before).max() > LEVEL_STEP
        still = 0 if moved or abs(margin - target) <= STANDS_STILL else still + 1
        if still >= YEARS:
            yield f"Amazon: {year} is year {still} without a change of prices at a sales margin of {margin:.0%}"


def prices_that_jump(run: FirmRun) -> Iterator[str]:
    """List levels that move by more than 15 % within a month, and revenue per parcel that does so between two years.

    Revenue per parcel of a carrier with few parcels is the mix of a few shippers.
    """
    for key, name in run.names.items():
        level = np.concatenate([[1.0], run.levels[key].to_numpy()])
        step = level[1:] / level[:-1] - 1.0
        for month in np.flatnonzero(np.abs(step) > JUMP):
            yield f"{name}: list level moves by {step[month]:+.0%} in month {month + 1}"
        prices, parcels = by_year(run, key, "price"), dict(by_year(run, key, "sold_parcels"))
        for (_, before), (year, now) in pairwise(prices):
            if abs(now / before - 1.0) > JUMP and parcels[year] >= LEAST_PARCELS:
                yield f"{name}: revenue per parcel moves by {now / before - 1.0:+.0%} in {year}"


#: What is asked, and what looks for a no.
CHECKS: dict[str, Callable[[FirmRun], Iterator[str]]] = {
    f"No margin beyond {LOW:.0%} to {HIGH:.0%} for more than two years without exit, entry or an answer in prices": (
        margins_without_answer
    ),
    "No share handed to USPS changes by more than half within a quarter without an event that explains it": (
        hand_over_that_jumps
    ),
    "Amazon's list prices do not stand still for two years while its sales margin is far from its target": (
        amazon_stands_still
    ),
    f"No list level moves by more than {JUMP:.0%} in a month, or revenue per parcel between years": prices_that_jump,
}
