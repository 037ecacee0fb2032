"""What a visitor has to decide, in words and numbers, and from what a browser sends to an answer."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from agents.bargaining import Answer, Side
from model.words import party_name
from server.headline import month_name
from server.pages.bargaining.cards import dollars, millions
from server.talks.seat import Decision
from server.talks.sides import SEATS
from server.talks.worth import in_millions

NAMES = {seat: party_name(seat) for seat in SEATS}
HELP = {
    "limit": "At this price a contract is worth no more to you than none. It holds a private error: you do not know it"
    " exactly, nor does the other side know it. You may go beyond it; that costs you money.",
    "usps_cost": "What these parcels add to the cost of USPS, on average. The law forbids to sell below it.",
    "amazon_cost": "The price at which delivering these parcels yourself would cost you the same, on average:"
    " own cost less what own delivery saves you before the last mile and in speed.",
    "published": "What each parcel pays when nothing is signed. As long as the parcels cannot be delivered otherwise,"
    " this is what happens without a deal.",
    "deadline": "Amazon's pressure: from its deadline on it orders stations of its own, so that part of the parcels is"
    " gone. The pressure on USPS: the contract in force ends.",
    "quantity": "Parcels a year that are cheaper to leave with USPS than to deliver otherwise.",
}


def other_of(seat: str) -> str:
    """Name of the other side."""
    return NAMES["amazon" if seat == "usps" else "usps"]


def question_values(decision: Decision) -> dict[str, Any]:
    """What a visitor has to decide, in words and numbers."""
    question = decision.question
    view = question.view
    standing = [value for value in question.price[question.threads] if isfinite(value)]
    over = view.round > question.expiry_round
    when = "the contract has ended without a new one" if over else f"round {view.round} of {question.expiry_round}"
    mine = [float(offer.price[0]) for offer in view.offers if offer.side is view.side]
    last = mine[-1] if mine else None
    buys = SEATS[decision.seat] is Side.BUYER
    return {
        "key": decision.key,
        "kind": question.kind,
        "round": view.round,
        "when": f"{month_name(decision.month)}, {when}",
        "text": _text(decision, standing),
        "facts": _facts(decision),
        "threads": _threads(decision),
        "can_accept": question.can_accept and bool(standing),
        "why": _why_not(decision),
        "never": bool(decision.never),
        "advice": _advice(decision),
        "verb": "Bid" if buys else "Ask",
        "buys": buys,
        "limit": float(view.reservation[0]),
        "standing": standing[0] if standing else None,
        "last": None if last is None else round(last, 2),
        "start": round(last if last is not None else _first(decision), 2),
        "reckoned": _reckoned(decision),
    }


def _text(decision: Decision, standing: list[float]) -> str:
    question, other = decision.question, other_of(decision.seat)
    asks, own = ("asks", "bid") if SEATS[decision.seat] is Side.BUYER else ("bids", "ask")
    if question.kind == "settle":
        return f"{dollars(standing[0])} would split the gain. Do you take it?"
    if question.kind == "answer":
        return f"{other} {asks} {_listed(decision)}. What do you {own}?"
    if standing:
        return f"Your turn. {other} {asks} {_listed(decision)}."
    return f"You are {NAMES[decision.seat]}. Name your first price."


def _first(decision: Decision) -> float:
    """Where the slider stands before anything was named: half way from the price in force to the side's own good."""
    view = decision.question.view
    current, published = float(view.current_price[0]), float(view.published[0])
    return 0.75 * current if SEATS[decision.seat] is Side.BUYER else 0.5 * (current + published)


def _reckoned(decision: Decision) -> dict[str, Any] | None:
    known = decision.reckoned
    if known is None:
        return None
    return {
        "first": round(float(known.price[0]) * 100),
        "parcels": in_millions(known.parcels),
        "gain": in_millions(known.gain),
    }


def _listed(decision: Decision) -> str:
    question = decision.question
    groups = question.view.groups
    if len(groups) == 1:
        return dollars(float(question.price[0]))
    return ", ".join(f"{dollars(float(question.price[i]))} {groups[i]}" for i in np.flatnonzero(question.threads))


def _why_not(decision: Decision) -> str:
    """Why the offer on the table cannot be accepted, empty where it can or where there is none."""
    question = decision.question
    if decision.never:
        return decision.never
    if question.kind == "propose" or question.can_accept:
        return ""
    earliest = month_name(decision.month_of(question.earliest_round))
    return f"Nothing can be signed before {earliest}; offers count all the same."


def _facts(decision: Decision) -> list[dict[str, str]]:
    view = decision.question.view
    buys = SEATS[decision.seat] is Side.BUYER

    def by_group(values: np.ndarray) -> str:
        told = [dollars(float(value)) for value in values]
        return told[0] if len(told) == 1 else ", ".join(f"{a} {b}" for a, b in zip(told, view.groups, strict=True))

    def fact(term: str, value: str, help_: str) -> dict[str, str]:
        return {"term": term, "value": value, "help": HELP[help_]}

    deadline, own_help = decision.month_of(view.deadline), f"{decision.seat}_cost"
    return [
        fact("You can pay at most" if buys else "You can take at least", by_group(view.reservation), "limit"),
        fact(
            "Own delivery costs you" if buys else "The parcels cost you",
            by_group(decision.own_cost),
            own_help,
        ),
        fact("Without a contract a parcel pays", by_group(view.published), "published"),
        fact("Parcels a year on the table", f"{millions(float(view.quantity.sum()))} million", "quantity"),
        fact("You must order capacity from" if buys else "The contract ends", month_name(deadline), "deadline"),
    ]


def _threads(decision: Decision) -> list[dict[str, Any]]:
    question = decision.question
    view, rows = question.view, []
    mine = [offer for offer in view.offers if offer.side is view.side]
    for index in np.flatnonzero(question.threads):
        standing = float(question.price[index])
        last = float(mine[-1].price[index]) if mine else float("nan")
        label = "Your price" if len(view.groups) == 1 else f"Your price, {view.groups[index]}"
        rows.append(
            {
                "name": view.groups[index],
                "index": int(index),
                "offered": dollars(standing) if isfinite(standing) else "",
                "label": label,
                "last": round(last, 2) if isfinite(last) else None,
                "hint": f"{view.current_price[index]:.2f}",
            }
        )
    return rows


def _advice(decision: Decision) -> str:
    question, usual = decision.question, decision.question.usual
    if usual.price is not None:
        price = np.broadcast_to(np.asarray(usual.price, dtype=np.float64), question.threads.shape)
        return f"The model's own strategy would name {_named(decision, price)} here."
    takes = np.broadcast_to(usual.accept, question.threads.shape) & question.threads
    if takes.all():
        return "The model's own strategy would accept."
    if takes.any():
        names = ", ".join(question.view.groups[index] for index in np.flatnonzero(takes))
        return f"The model's own strategy would accept {names} and wait with the rest."
    if question.kind == "settle":
        return "The model's own strategy would decline."
    return (
        "The model's own strategy would not accept, and name its price in the next month; by what it knows now that "
        f"would be {_named(decision, decision.would_name)}."
    )


def _named(decision: Decision, price: np.ndarray) -> str:
    """Prices of the threads that are talked about, for reading."""
    question = decision.question
    groups = question.view.groups
    named = [(float(price[index]), groups[index]) for index in np.flatnonzero(question.threads)]
    return ", ".join(dollars(value) + ("" if len(groups) == 1 else f" {group}") for value, group in named)


def read_answer(values: object, decision: Decision) -> Answer:
    """Turn what a browser sent into an answer.

    Args:
        values: "leave", "model" to answer as the model does, or "accept" and "price" with one entry for each thread
            that is talked about.
        decision: What was asked.

    Raises:
        ValueError: What is wrong with it, for the visitor.
    """
    if not isinstance(values, dict):
        raise ValueError("the answer was not understood")
    if values.get("leave") is True:
        return Answer(leave=True)
    if values.get("model") is True:
        return decision.question.usual
    threads = decision.question.threads
    shown = np.flatnonzero(threads)
    accept, price = np.zeros(threads.size, dtype=bool), np.full(threads.size, np.nan)
    accepted, named = values.get("accept", []), values.get("price", [])
    if not isinstance(accepted, list) or not isinstance(named, list) or max(len(accepted), len(named)) > shown.size:
        raise ValueError("the answer does not fit the question")
    for index, taken in zip(shown, accepted, strict=False):
        accept[index] = taken is True
    for index, value in zip(shown, named, strict=False):
        if isinstance(value, int | float) and not isinstance(value, bool):
            price[index] = round(float(value), 4)  # as the address keeps it
    open_ = threads & ~accept
    if named and open_.any():
        if np.isnan(price[open_]).any():
            raise ValueError("name a price in dollars a parcel, such as 2.95")
        return Answer(accept=accept, price=price)
    return Answer(accept=accept)
