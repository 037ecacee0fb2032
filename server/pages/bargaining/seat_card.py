"""From a visitor's seat to what its card shows, and from what a browser sends to an answer."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np
import solara

from agents.bargaining import Answer, Side
from model.words import party_name
from server.headline import month_name
from server.pages.bargaining.cards import dollars, millions
from server.snapshot import Snapshot
from server.talks.seat import Decision
from server.talks.seat_view import Line, SeatView
from server.talks.sides import SEATS
from server.words import event_words

NAMES = {seat: party_name(seat) for seat in SEATS}
HELP = {
    "limit": "At this price a contract is worth no more to you than none. It holds a private error: you do not know it"
    " exactly, nor does the other side know it.",
    "usps_cost": "What these parcels add to the cost of USPS, on average. The law forbids to sell below it.",
    "amazon_cost": "The price at which delivering these parcels yourself would cost you the same, on average:"
    " own cost less what own delivery saves you before the last mile and in speed.",
    "published": "What each parcel pays when nothing is signed. As long as the parcels cannot be delivered otherwise,"
    " this is what happens without a deal.",
    "deadline": "Amazon's pressure: from its deadline on it orders stations of its own, so that part of the parcels is"
    " gone. The pressure on USPS: the contract in force ends.",
    "quantity": "Parcels a year that are cheaper to leave with USPS than to deliver otherwise.",
}


@solara.component_vue("../../vue/seat.vue", vuetify=False)
def seat_card(
    seat: str,
    name: str,
    can_sit: bool,
    question: dict[str, Any] | None,
    note: str,
    error: str,
    lines: list[dict[str, str]],
    until: str,
    compared: str,
    moves: list[str],
    event_sit: Callable[[str], None],
    event_leave: Callable[[object], None],
    event_answer: Callable[[dict[str, Any]], None],
) -> None:
    """The seat at the table: take it, answer, and compare with the model."""


def card_values(snapshot: Snapshot, view: SeatView | None, error: str) -> dict[str, Any]:
    """What the card of the seat shows of a snapshot."""
    run = snapshot.run
    seat = run.seat if run else ""
    decision = snapshot.decision
    waiting = "" if view is None or not seat else _waiting_text(snapshot, view)
    return {
        "seat": seat,
        "name": NAMES.get(seat, ""),
        "can_sit": snapshot.status not in ("preparing",),
        "question": question_values(decision) if decision else None,
        "note": waiting,
        "error": error,
        "lines": [_line(line) for line in view.lines] if view else [],
        "until": f"Sums until {month_name(view.until)}" if view and view.until else "",
        "compared": _compared_text(view) if view else "",
        "moves": list(view.moves) if view else [],
    }


def _waiting_text(snapshot: Snapshot, view: SeatView) -> str:
    if snapshot.status == "finished":
        return "The run has come to its end."
    if view.left and view.over:
        return "You have left the table: no contract. Play on to see what follows from it."
    if view.over:
        return "These talks are over. Play on: what follows from them shows only in the months to come."
    return f"Press play: the run stops when it is for you to answer {view.other}."


def question_values(decision: Decision) -> dict[str, Any]:
    """What a visitor has to decide, in words and numbers."""
    question = decision.question
    view = question.view
    over = view.round > question.expiry_round
    when = "the contract has ended without a new one" if over else f"round {view.round} of {question.expiry_round}"
    round_ = f"{month_name(decision.month)}, {when}"
    other = NAMES["amazon" if decision.seat == "usps" else "usps"]
    verb = "bids" if SEATS[decision.seat] is Side.SELLER else "asks"
    standing = [value for value in question.price[question.threads] if isfinite(value)]
    all_refused = bool(question.problems(Answer(accept=question.threads)))
    if question.kind == "settle":
        text = f"{round_}: {dollars(standing[0])} would split the gain; take it?"
    elif question.kind == "answer":
        text = f"{round_}: {other} {verb} {_listed(decision)}."
    else:
        text = f"{round_}: it is your turn to name a price."
    return {
        "key": decision.key,
        "kind": question.kind,
        "text": text,
        "facts": _facts(decision),
        "threads": _threads(decision),
        "can_accept": question.can_accept and (len(standing) > 1 or not all_refused),
        "why": _why_not(decision),
        "submit": "Decline and name this price" if question.kind == "answer" else "Name this price",
        "advice": _advice(decision),
        "demand": [[float(price), float(parcels)] for price, parcels in decision.demand],
    }


def _listed(decision: Decision) -> str:
    question = decision.question
    groups = question.view.groups
    if len(groups) == 1:
        return f"{dollars(float(question.price[0]))} a parcel"
    return ", ".join(f"{dollars(float(question.price[i]))} {groups[i]}" for i in np.flatnonzero(question.threads))


def _why_not(decision: Decision) -> str:
    """Why the offer on the table cannot be accepted, empty where it can or where there is none."""
    question = decision.question
    if question.kind == "propose":
        return ""
    if not question.can_accept:
        earliest = month_name(decision.month_of(question.earliest_round))
        return f"Nothing can be signed before {earliest}; offers count all the same."
    problems = question.problems(Answer(accept=question.threads))
    return f"You cannot accept: {'; '.join(problems)}." if problems else ""


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
                "label": f"{label} (the last one was {dollars(last)})" if isfinite(last) else label,
                "last": round(last, 2) if isfinite(last) else None,
                "hint": f"{view.current_price[index]:.2f}",
            }
        )
    return rows


def _advice(decision: Decision) -> str:
    question, usual = decision.question, decision.question.usual
    if usual.price is not None:
        price = np.broadcast_to(np.asarray(usual.price, dtype=np.float64), question.threads.shape)
        groups = question.view.groups
        named = [(float(price[index]), groups[index]) for index in np.flatnonzero(question.threads)]
        listed = ", ".join(dollars(value) + ("" if len(groups) == 1 else f" {group}") for value, group in named)
        return f"The model's own strategy would name {listed} here."
    takes = np.broadcast_to(usual.accept, question.threads.shape) & question.threads
    if takes.all():
        return "The model's own strategy would accept."
    if takes.any():
        names = ", ".join(question.view.groups[index] for index in np.flatnonzero(takes))
        return f"The model's own strategy would accept {names} and wait with the rest."
    return "The model's own strategy would not accept, and name its price in the next month."


def _line(line: Line) -> dict[str, str]:
    money = line.unit == "$"
    scale, unit, sign = (1e9, "billion", "$") if money else (1e6, "million", "")
    decimals = 2 if money else 0

    def told(value: float, plus: str = "") -> str:
        return f"{'−' if value < 0 else plus}{sign}{abs(value) / scale:,.{decimals}f} {unit}"

    return {
        "name": line.name,
        "meaning": line.meaning,
        "yours": told(line.yours),
        "models": told(line.models),
        "difference": told(line.yours - line.models, "+") if round(line.yours - line.models, 2) else "none",
        "exact_yours": f"{line.yours:,.0f} {line.unit}",
        "exact_models": f"{line.models:,.0f} {line.unit}",
        "exact_difference": f"{line.yours - line.models:+,.0f} {line.unit}",
    }


def _compared_text(view: SeatView) -> str:
    if view.failed:
        return f"There is no comparison: the model's own run stopped ({view.failed})."
    if not (view.over or view.lines):
        return ""
    if view.models_ended is None:
        return "The model plays the same run in the background; the comparison comes when it is done."
    model, mine = _agreements_text(view.models_ended), _agreements_text(view.ended)
    return (
        f"You: {mine}. The model in your seat, with the same seed: {model}. Same seed, same luck: the differences "
        "follow from your answers alone. A run that is played by hand shows what one player did; it is no finding."
    )


def _agreements_text(agreements: Sequence[str]) -> str:
    """All that was agreed on, oldest first."""
    return "; ".join(event_words(text).rstrip(".") for text in agreements) or "no agreement until now"


def read_answer(values: object, decision: Decision) -> Answer:
    """Turn what a browser sent into an answer.

    Args:
        values: "leave", or "accept" and "price" with one entry for each thread that is talked about.
        decision: What was asked.

    Raises:
        ValueError: What is wrong with it, for the visitor.
    """
    if not isinstance(values, dict):
        raise ValueError("the answer was not understood")
    if values.get("leave") is True:
        return Answer(leave=True)
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
            price[index] = float(value)
    open_ = threads & ~accept
    if named and open_.any():
        if np.isnan(price[open_]).any():
            raise ValueError("name a price in dollars a parcel, such as 2.95")
        return Answer(accept=accept, price=price)
    return Answer(accept=accept)
