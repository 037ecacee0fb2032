"""What a carrier has in its hands: who paid it for what, whom it paid, and what is left."""

from __future__ import annotations

import numpy as np

from agents.calendar import MONTHS_PER_YEAR
from model.carriers import AMAZON, USPS
from model.groups import REGIONS
from model.ledger import CENTS
from model.market import ParcelMarket
from model.statements import CATEGORIES, IN_RESULT, LENDERS, Category, flows_of_last
from server.inspecting.report import Fact, Group, fact

MILLION = 1e6
LEAST_SHOWN = 0.5 * MILLION
FOR_WHAT = {
    "parcels": "carriage",
    "access": "the last mile",
    "settlement": "missed commitments",
    "mail": "mail",
    "wages": "wages on routes and in stations",
    "operations": "vehicles, line-haul, hubs and overhead",
    "capital_charge": "capital added since the start",
    "interest": "interest",
    "noncash": "cost that uses no cash",
    "capital": "capital goods, in cash",
}
WHO = {"enterprise": "enterprise shippers", "mail_users": "mail users", "treasury": "the Treasury"}
SMALL_SHIPPERS, OTHERS = "small shippers", "others"


def statement_group(market: ParcelMarket, index: int) -> Group:
    """Its statement of the last twelve months, line by line as the ledger has it."""
    key, months = market.carriers.keys[index], min(len(market.ledger.history), MONTHS_PER_YEAR)
    if not months:
        return Group("Statement", (), "Nothing was paid yet.")
    flow = flows_of_last(market.ledger, MONTHS_PER_YEAR)
    party = market.ledger.index(key)
    facts: list[Fact] = []
    for position, category in enumerate(CATEGORIES):
        if not category.in_result:
            continue
        for words, amounts in (("from", flow[position, :, party]), ("to", flow[position, party])):
            facts += _lines(market, category, words, amounts)
    counted = flow[IN_RESULT]
    result = float(counted[:, :, party].sum() - counted[:, party].sum()) / CENTS
    meaning = "What it received less what it paid."
    if index == AMAZON:
        meaning = "Delivery earns Amazon nothing by itself: what is missing here is its delivery bill."
    elif index == USPS:
        meaning = "Net income."
    facts.append(fact("Result", result, "million $", meaning, scale=MILLION))
    bought = flow[[one.name for one in CATEGORIES].index("capital"), party].sum() / CENTS
    facts.append(
        fact(
            "Cash paid for capital goods",
            float(bought),
            "million $",
            f"When they are ordered; {LENDERS} put it in and get it back with a return while the capital is in use."
            if index != USPS
            else "Out of its own cash.",
            scale=MILLION,
        )
    )
    span = "month" if months == 1 else "twelve months" if months == MONTHS_PER_YEAR else f"{months} months"
    return Group(f"Statement of the last {span}", tuple(facts))


def _lines(market: ParcelMarket, category: Category, words: str, cents: np.ndarray) -> list[Fact]:
    """One line for each party with which there was money in a category; all regions of small shippers together.

    So are all with whom there was less than the last digit that is shown.
    """
    amounts: dict[str, float] = {}
    names = dict(zip(market.carriers.keys, market.carriers.names, strict=True)) | WHO
    for other in np.flatnonzero(cents):
        party = market.ledger.parties[other]
        name = SMALL_SHIPPERS if party in REGIONS else names.get(party, party)
        amounts[name] = amounts.get(name, 0.0) + float(cents[other]) / CENTS
    small = [name for name, dollars in amounts.items() if dollars < LEAST_SHOWN]
    if small:
        amounts[small[0] if len(small) == 1 else OTHERS] = sum(amounts.pop(name) for name in small)
    sign, verb = (1.0, "Received") if words == "from" else (-1.0, "Paid")
    return [
        fact(
            f"{verb} for {FOR_WHAT[category.name]} {words} {name}",
            sign * dollars,
            "million $",
            f"{category.meaning}.",
            scale=MILLION,
        )
        for name, dollars in amounts.items()
    ]
