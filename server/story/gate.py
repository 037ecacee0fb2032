"""What stands between Amazon and USPS in a month: a contract, talks, an agreement, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server.story import words
from server.story.run import AccessTalks, Held, Offered, Story


def gate(story: Story, month: int) -> dict[str, Any]:
    """The gate of a month.

    Returns:
        mode: "run" (a contract), "bids" (talks with offers), "met" (agreed, not in force yet) or "open" (no contract).
        title, side, note: Words.
        con: Whether a contract is in force.
        left: Part of a term of four years that is left, 0 to 1.
        bid, ask, met, cur: Prices on the rail, $ per parcel, None where there is none.
        past: Former offers, side and price.
        zone: Least that USPS takes and most that Amazon pays, only once they have agreed.
        part: Parcels under way over those promised, 0 to 1.
    """
    talks, held = story.talks_at(month), story.contract("usps", "amazon", month)
    price = (story.figures.price if held is not None else story.figures.published)[month]
    found: dict[str, Any] = {
        "con": held is not None,
        "left": 0.0 if held is None else round(min(1.0, max(0, held.end - month) / 48.0), 3),
        "bid": None,
        "ask": None,
        "met": None,
        "cur": round(price, 2),
        "past": [],
        "zone": None,
        "part": 0.0,
    }
    if talks is not None and talks.agreed_by(month) and (month < talks.expiry or held is None):
        return found | _agreed(story, talks, month)
    if talks is not None and not talks.agreed_by(month):
        bid = talks.latest("amazon", month)
        if bid is not None:
            return found | _bids(story, talks, bid, held, month)
    return found | (_open(story, month) if held is None else _contract(story, held, month))


def _agreed(story: Story, talks: AccessTalks, month: int) -> dict[str, Any]:
    """They have agreed, and it is not in force yet."""
    offers, limits = [one for one in talks.offers if one.month <= month], talks.limits_at(month)
    fresh = month - (talks.signed or 0) < 2
    return {
        "mode": "met",
        "title": f"Agreed at {words.usd(offers[-1].price)}",
        "side": f"from {words.short(story.when(talks.expiry))}",
        "note": "The regulator looks at it" if fresh else f"Until then {words.usd(story.figures.price[month])}",
        "met": round(offers[-1].price, 2),
        "past": _rail(offers[:-1]),
        "zone": None if limits is None or limits[0] < limits[1] else [round(limits[1], 2), round(limits[0], 2)],
    }


def _bids(story: Story, talks: AccessTalks, bid: Offered, held: Held | None, month: int) -> dict[str, Any]:
    """They talk, and Amazon has named a price."""
    ask = talks.latest("usps", month)
    before = month < talks.deadline
    left = (talks.deadline if before else talks.expiry) - month
    if ask is None:
        note = "Amazon has made the first bid"
    elif ask.price <= bid.price:
        note = "They would meet; this road forbids it" if month < talks.earliest else "Their offers have met"
    else:
        # As far apart as they are read, so that no figure of the page contradicts another one by a cent.
        note = f"Bid and ask are {words.usd(round(ask.price, 2) - round(bid.price, 2))} apart"
    price, listed = story.figures.price[month], story.figures.published[month]
    return {
        "mode": "bids",
        "title": f"Contract at {words.usd(price)}" if held is not None else "No contract",
        "side": f"{'order' if before else 'ends'} in {left} mo." if held is not None else f"list {words.usd(listed)}",
        "note": note,
        "bid": round(bid.price, 2),
        "ask": None if ask is None else round(ask.price, 2),
        "past": _rail([one for one in talks.offers if one.month <= month and one is not bid and one is not ask]),
    }


def _contract(story: Story, held: Held, month: int) -> dict[str, Any]:
    """A contract is in force, and nobody bids."""
    at_usps, left = story.figures.at_usps[month], held.end - month
    return {
        "mode": "run",
        "title": f"Contract at {words.usd(story.figures.price[month])}",
        "side": "one month left" if left == 1 else f"{left} months left",
        "note": f"{words.brief(at_usps)} parcels a year; {words.brief(held.promised)} promised",
        "part": round(min(1.0, at_usps / max(held.promised, 1.0)), 3),
    }


def _open(story: Story, month: int) -> dict[str, Any]:
    """There is no contract, and nobody bids."""
    at_usps = story.figures.at_usps
    return {
        "mode": "open",
        "title": "No contract",
        "side": f"list price {words.usd(story.figures.published[month])}",
        "note": f"{words.brief(at_usps[month])} parcels a year still pass",
        "part": round(min(1.0, at_usps[month] / max(at_usps[0], 1.0)), 3),
    }


def _rail(offers: Iterable[Offered]) -> list[list[Any]]:
    """Former offers, side and price."""
    return [[one.who, round(one.price, 2)] for one in offers]
