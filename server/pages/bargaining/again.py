"""A seat that is lost with its page: what the visitor has answered, and the same answers given once more.

A reload ends the session, and the market with it. The browser keeps the answers; the same seed asks the same questions,
so that giving them again brings the visitor back to where they were.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agents.calendar import Month
from server.pages.bargaining.seat_card import read_answer
from server.session import Session
from server.snapshot import Snapshot
from server.talks.seat import Decision, why_no_seat
from server.talks.sides import SEATS

MAX_ANSWERS = 300
_KEY = re.compile(r"\d{4}-\d{2}-[a-z]{1,20}")
_PARTS = ("accept", "price", "leave")


@dataclass(eq=False)
class Answers:
    """What was answered in a session's seat, by the key of the question.

    Attributes:
        given: Answers in the order in which they were given, as the browser sent them.
        kept: Answers of an earlier session that are still to be given again.
    """

    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, decision: Decision, values: Mapping[str, Any]) -> None:
        """An answer was taken."""
        self.given[decision.key] = {name: values[name] for name in _PARTS if name in values}

    def told(self) -> list[dict[str, Any]]:
        """What the browser keeps."""
        return [{"key": key, **values} for key, values in self.given.items()]

    def follow(self, session: Session, snapshot: Snapshot) -> None:
        """Forget a run that is over, and answer where an answer is kept."""
        if snapshot.status == "preparing":
            self.given = {}
        decision = snapshot.decision
        values = self.kept.pop(decision.key, None) if decision is not None else None
        if decision is None or values is None:
            return
        try:
            problems = session.answer(decision, read_answer(values, decision))
        except ValueError:
            problems = ["it does not fit the question"]
        if problems:
            self.kept = {}  # from here on the talks take another course: the visitor is asked
        else:
            self.note(decision, values)


def take_again(session: Session, values: object) -> bool:
    """Take a seat once more and give the answers that a browser has kept.

    Args:
        session: The session, with the same scenario and seed.
        values: "seat", and "answers" with the key of each question; nothing about it is trusted.

    Returns:
        Whether there is such a seat.
    """
    seat, answers = (values.get("seat"), values.get("answers")) if isinstance(values, Mapping) else (None, None)
    if seat not in SEATS or not isinstance(answers, list) or len(answers) > MAX_ANSWERS:
        return False
    if why_no_seat(session.choice.settings(), str(seat)):
        return False
    kept = {
        one["key"]: {name: one[name] for name in _PARTS if name in one}
        for one in answers
        if isinstance(one, Mapping) and isinstance(one.get("key"), str) and _KEY.fullmatch(one["key"])
    }
    answers_of(session).kept = kept
    choice = replace(session.choice, seat=str(seat))
    session.reset(choice, _months(choice.settings().start, kept))
    if not kept:
        session.play()
    return True


def _months(start: Month, kept: Mapping[str, object]) -> int:
    """Months that lie before the last question that is answered again; they go as fast as they can."""
    try:
        last = max(Month.parse(key[:7]) for key in kept)
    except ValueError:
        return 0
    return max(0, last - start + 1)


def answers_of(session: Session) -> Answers:
    """What was answered in a session."""
    return session.kept(Answers)
