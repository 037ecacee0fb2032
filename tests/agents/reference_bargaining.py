"""The alternating-offers protocol written down once more, straight from section 11 of the market design.

One thread, plain numbers, no arrays, nothing shared with the product: a second opinion for the tests.
"""

from __future__ import annotations

import math


def reference_deal(case: dict[str, float], draws: list[float], months: int, split: bool) -> tuple[int, float] | None:
    """Round and price of the deal, or None within so many months. `draws` are by month, `draws[0]` unused.

    With `split` they settle at the Nash price after the expiry; else they go on with offers, and offers stand.
    """
    current, floor = case["current_price"], case["floor"]
    expiry = int(case["opening_lead"])
    must_order = expiry - int(case["build_lead"])
    gap = case["aspiration_gap"] * current
    thaw = 0
    attempts = 0
    said: list[tuple[str, float]] = []  # who named what, oldest first
    for month in range(1, months + 1):
        if month > expiry:  # no deal at expiry: meet every few months
            if (month - expiry) % int(case["resume_interval"]) != 0:
                continue
            attempts += 1
        trust = math.pow(1 - case["belief_gain"], attempts)
        buyer = case["buyer"] + trust * case["noise_buyer"]
        seller = max(case["seller"] + trust * case["noise_seller"], floor)
        if month > expiry and split:
            if buyer >= seller:
                return month, seller + case["seller_weight"] * (buyer - seller)
            continue
        if month >= thaw and draws[month] < case["breakdown_hazard"]:
            thaw = month + int(case["freeze_months"])
        if month < thaw:
            continue
        first_ask, first_bid = max(current, seller + gap), min(current, buyer - gap)

        def ask(t: int) -> float:
            return first_ask - (first_ask - seller) * min(1, t / expiry) ** (1 / case["exponent_seller"])  # noqa: B023

        def bid(t: int) -> float:
            way = min(1, t / must_order) ** (1 / case["exponent_buyer"]) if must_order > 0 else 1
            return first_bid + (buyer - first_bid) * way  # noqa: B023

        buyer_speaks = month % 2 == 1
        if month > expiry and said:
            buyer_speaks = said[-1][0] == "seller"
        if buyer_speaks:
            asks = [price for who, price in said if who == "seller"]
            named = bid(month) if split or not asks else min(bid(month), asks[-1], buyer)
            if named >= max(seller, ask(month + 1)):
                return month, named
        else:
            bids = [price for who, price in said if who == "buyer"]
            named = ask(month) if split or not bids else max(ask(month), bids[-1], seller)
            if named <= min(buyer, bid(month + 1)):
                return month, named
        said.append(("buyer" if buyer_speaks else "seller", named))
    return None
