"""Contracts of the run: terms, performance and history, and the prices that they have brought."""

from __future__ import annotations

import numpy as np

from agents.contracts import Contract
from model.market import ParcelMarket
from server.headline import month_name
from server.inspecting.report import FULL, Chart, Fact, Group, Report, fact, ratio, share, told
from server.talks.contracts import Terms, terms_of

MILLION = 1e6


def contract(market: ParcelMarket, found: Contract) -> Report:
    """One contract: terms, what was delivered, how it changed."""
    terms = terms_of(market, found)
    notes = tuple(Fact(f"{i + 1}.", note) for i, note in enumerate(terms.notes))
    here = f"contract:{terms.key}"
    return Report(
        here,
        f"{terms.title}, from {month_name(terms.start)}",
        "A contract and what happened to it",
        (
            Group("Terms", _agreed(terms, found.notice_months)),
            Group("What binds this month", _binding(terms), "Nothing binds."),
            Group("Performance", _performance(terms)),
            Group("Notice and settlements", notes, "No notice was given, and no parcels were missing at a settlement."),
        ),
        (price_history(market, found.buyer, found.seller),),
        *told((event for event in market.events if here in event.about), here),
    )


def _agreed(terms: Terms, notice_months: int) -> tuple[Fact, ...]:
    prices = [
        fact(f"Price, {name}" if len(terms.groups) > 1 else "Price", price, "$ per parcel", decimals=2)
        for name, price in zip(terms.groups[:6], terms.prices, strict=False)
    ]
    return (
        Fact("State", terms.state),
        *prices,
        share("Rise a year", terms.escalator, "At each anniversary."),
        fact(
            "Committed",
            terms.commitment,
            "million a year",
            "Parcels that the buyer promises.",
            decimals=1,
            scale=MILLION,
        ),
        fact("At most", terms.cap, "million a year", "Parcels that the seller must accept.", decimals=1, scale=MILLION),
        Fact("Term", f"{month_name(terms.start)} to {month_name(terms.expiry + -1)}"),
        Fact("Notice", f"{notice_months} months"),
        Fact("A parcel that is not handed over costs", terms.rule, help="No breach: an option that is paid.")
        if terms.allowed
        else Fact("A missed commitment costs", terms.rule, help=f"Missed below {terms.tolerance:.0%} of it."),
    )


def _performance(terms: Terms) -> tuple[Fact, ...]:
    return (
        fact("Delivered in this contract year", terms.delivered, "million", decimals=1, scale=MILLION),
        share("Of the commitment", ratio(terms.delivered, terms.commitment)),
        share("Where the commitment would be by now", ratio(terms.pace, terms.commitment), "Season aside."),
        fact(
            "Not handed over so far" if terms.allowed else "Missed so far",
            terms.missed,
            "million",
            "At anniversaries." if terms.allowed else "At anniversaries, below the tolerance.",
            decimals=1,
            scale=MILLION,
        ),
        fact(
            "Paid for these" if terms.allowed else "Paid for what was missed",
            terms.paid,
            "million $",
            decimals=1,
            scale=MILLION,
        ),
    )


def _binding(terms: Terms) -> tuple[Fact, ...]:
    found = []
    if terms.commitment > 0.0 and not terms.allowed and terms.delivered < terms.tolerance * terms.pace:
        found.append(
            Fact("Commitment", "behind its pace", help="Season aside; settled at the anniversary.", binds=True)
        )
    if np.isfinite(terms.cap) and terms.cap > 0.0 and terms.delivered >= FULL * terms.cap:
        found.append(Fact("Cap", "reached", binds=True))
    return tuple(found)


def contract_versions(market: ParcelMarket) -> dict[str, Contract]:
    """Latest version of every contract of the run, by key."""
    return {one.key: one for one in market.book.history}


def price_history(market: ParcelMarket, buyer: str, seller: str | None) -> Chart:
    """(n, sellers) mean price under the contracts of a buyer, by month, from what the book remembers."""
    versions = [one for one in market.book.history if one.buyer == buyer and seller in (None, one.seller)]
    sellers = tuple(dict.fromkeys(one.seller for one in versions))
    start, n = market.settings.start, market.records.n
    values = np.full((n, len(sellers)), np.nan)
    for one in versions:  # later versions overwrite earlier ones from their start on
        weights = np.maximum(np.array(one.commitment), 1.0)
        column = sellers.index(one.seller)
        for month in range(max(0, one.start - start), min(n, (one.ends or one.expiry) - start)):
            prices = [one.price_at(start + month, group) for group in range(len(one.groups))]
            values[month, column] = float(np.average(prices, weights=weights))
    names = tuple(market.book.name(key) for key in sellers)
    return Chart(
        "Price",
        "Mean price under its contracts, without surcharges, as it stood in the end.",
        "$ per parcel",
        names,
        sellers,
        values,
        decimals=2,
        floor=None,
    )
