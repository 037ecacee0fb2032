"""The alternating-offers protocol written down once more, straight from section 11 of the market design.

One thread, plain numbers, no arrays, nothing shared with the product: a second opinion for the tests.
"""

from __future__ import annotations

import math


def reference_deal(case: dict[str, float], draws: list[float], months: int) -> tuple[int, float] | None:
    """Round and price of the deal, or None within so many months. `draws` are by month, `draws[0]` unused."""
    current, floor = case["current_price"], case["floor"]
    expiry = int(case["opening_lead"])
    must_order = expiry - int(case["build_lead"])
    gap = case["aspiration_gap"] * current
    thaw = 0
    attempts = 0
    for month in range(1, months + 1):
        if month > expiry:  # no deal at expiry: meet every few months at the Nash price
            if (month - expiry) % int(case["resume_interval"]) != 0:
                continue
            attempts += 1
        trust = math.pow(1 - case["belief_gain"], attempts)
        buyer = case["buyer"] + trust * case["noise_buyer"]
        seller = max(case["seller"] + trust * case["noise_seller"], floor)
        if month > expiry:
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

        if month % 2 == 1 and bid(month) >= max(seller, ask(month + 1)):
            return month, bid(month)
        if month % 2 == 0 and ask(month) <= min(buyer, bid(month + 1)):
            return month, ask(month)
    return None
