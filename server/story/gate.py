"""What stands between Amazon and USPS in a month: a contract, talks, an agreement, or nothing."""

from __future__ import annotations

from typing import Any

from server.story import words
from server.story.run import Story


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
    talks, figures = story.talks_at(month), story.figures
    held = story.contract("usps", "amazon", month)
    price, listed = figures.price[month], figures.published[month]
    found: dict[str, Any] = {
        "con": held is not None,
        "left": 0.0 if held is None else round(min(1.0, max(0, held.end - month) / 48.0), 3),
        "bid": None,
        "ask": None,
        "met": None,
        "cur": round(price if held is not None else listed, 2),
        "past": [],
        "zone": None,
        "part": 0.0,
    }
    if talks is not None and talks.agreed_by(month) and (month < talks.expiry or held is None):
        last = [one for one in talks.offers if one.month <= month][-1]
        limits = talks.limits_at(month)
        begins = words.short(story.when(talks.expiry))
        fresh = month - (talks.signed or 0) < 2
        found |= {
            "mode": "met",
            "title": f"Agreed at {words.usd(last.price)}",
            "side": f"from {begins}",
            "note": "The regulator looks at it" if fresh else f"Until then {words.usd(price)}",
            "met": round(last.price, 2),
            "zone": None if limits is None or limits[0] < limits[1] else [round(limits[1], 2), round(limits[0], 2)],
        }
        found["past"] = [[one.who, round(one.price, 2)] for one in talks.offers if one.month <= month][:-1]
        return found
    bid = talks.latest("amazon", month) if talks is not None and not talks.agreed_by(month) else None
    if talks is not None and bid is not None:
        ask = talks.latest("usps", month)
        left = (talks.deadline if month < talks.deadline else talks.expiry) - month
        side = f"{left} mo. to go"
        if held is None:
            side = f"list {words.usd(listed)}"
        if ask is None:
            note = "Amazon has made the first bid"
        elif ask.price <= bid.price:
            note = "They would meet; this road forbids it" if month < talks.earliest else "Their offers have met"
        else:
            note = f"Bid and ask are {words.usd(ask.price - bid.price)} apart"
        found |= {
            "mode": "bids",
            "title": f"Contract at {words.usd(price)}" if held is not None else "No contract",
            "side": side,
            "note": note,
            "bid": round(bid.price, 2),
            "ask": None if ask is None else round(ask.price, 2),
        }
        offers = [one for one in talks.offers if one.month <= month]
        found["past"] = [[one.who, round(one.price, 2)] for one in offers if one is not bid and one is not ask]
        return found
    at_usps = words.brief(figures.at_usps[month])
    if held is not None:
        found |= {
            "mode": "run",
            "title": f"Contract at {words.usd(price)}",
            "side": "one month left" if held.end - month == 1 else f"{held.end - month} months left",
            "note": f"{at_usps} parcels a year; {words.brief(held.promised)} promised",
            "part": round(min(1.0, figures.at_usps[month] / max(held.promised, 1.0)), 3),
        }
        return found
    found |= {
        "mode": "open",
        "title": "No contract",
        "side": f"list price {words.usd(listed)}",
        "note": f"{at_usps} parcels a year still pass",
        "part": round(min(1.0, figures.at_usps[month] / max(figures.at_usps[0], 1.0)), 3),
    }
    return found
