"""How events and tables name who takes part and how much: the same words everywhere."""

from __future__ import annotations

from functools import cache

from agents.contracts import ShortfallRule
from model.carriers import NATIONAL, REGIONAL, carrier_names

MILLION = 1e6
_MANY = {"enterprise": "enterprise shipper", "consolidator": "consolidator", REGIONAL: "Regional carrier"}


def group_names() -> dict[str, str]:
    """Names of the national carriers, and of the regional ones together, by key."""
    return {key: party_name(key) for key in (*NATIONAL, REGIONAL)}


@cache
def party_name(key: str) -> str:
    """Name of a carrier, a shipper or the regional carriers together, for people.

    Args:
        key: Its name in code, such as "spee_dee", "enterprise_7" or "regional".
    """
    if key in carrier_names():
        return carrier_names()[key]
    if key == REGIONAL:
        return "Regional carriers"
    kind, _, number = key.rpartition("_")
    return f"{_MANY[kind]} {number}" if kind in _MANY and number.isdigit() else key.replace("_", " ")


def parcels_in_words(parcels: float) -> str:
    """A number of parcels with the digits that matter, such as "1,228 million parcels" or "40,000 parcels"."""
    if parcels >= 10 * MILLION:
        return f"{parcels / MILLION:,.0f} million parcels"
    if parcels >= MILLION:
        return f"{parcels / MILLION:.2g} million parcels"
    if parcels >= 1000:
        return f"{float(f'{parcels:.2g}'):,.0f} parcels"
    return "fewer than 1,000 parcels" if parcels > 0.0 else "no parcels"


def prices_in_words(groups: int) -> str:
    """Which zones share a price in a contract, by the number of its price groups."""
    return {1: "one price for all", 3: "one price by density"}.get(groups, "one price by zone")


def missed_in_words(rule: ShortfallRule, rate: float) -> str:
    """What a missed commitment costs.

    Args:
        rule: The rule of the contract.
        rate: Share of the price that is due for a missing parcel, where one is.
    """
    return {
        "reversion": "the published price for the rest of the term",
        "take_or_pay": f"{rate:.0%} of the price of each missing parcel",
        "make_whole": f"the seller's lost margin, {rate:.0%} of the price of each missing parcel",
        "none": "nothing",
    }[rule]


def shortfall_in_words(rule: ShortfallRule, parcels: float, payment: float) -> str:
    """What a contract year came to in which fewer parcels were handed over than promised, after the contract's name.

    Args:
        rule: The rule of the contract.
        parcels: Parcels that are missing.
        payment: What is due for them, $.
    """
    if rule != "make_whole":
        return f"misses its commitment by {parcels_in_words(parcels)}"
    return f"is settled: {parcels_in_words(parcels)} were not handed over; {due_in_words(rule, payment)}"


def due_in_words(rule: ShortfallRule, payment: float) -> str:
    """What is due for parcels that were promised and not handed over.

    Args:
        rule: The rule of the contract.
        payment: What is due for them, $.
    """
    if payment < 1.0:
        return "nothing is due for them"
    due = f"${payment / 1e6:,.1f} million" if payment >= 5e4 else f"${payment:,.0f}"
    return f"{due} is paid for the margin lost by them" if rule == "make_whole" else f"{due} is due"
