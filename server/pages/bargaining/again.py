"""What a visitor has answered in a seat, and the same answers given once more after a reload or by who opens a link.

The address holds the answers (`server.talks.moves`); the same seed asks the same questions, so that giving them again
brings the same run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.pages.bargaining.seat_card import read_answer
from server.session import Session
from server.snapshot import Snapshot
from server.talks.moves import answer_of, move_of
from server.talks.seat import Decision


@dataclass(eq=False)
class Answers:
    """What was answered in a session's seat.

    Attributes:
        given: Moves in the order in which they were made.
        kept: Moves of an address that are still to be made again.
        to_model: Whether the visitor has left all further talks of the run to the model's own strategy.
    """

    given: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    to_model: bool = False
    _answered: str = ""

    @property
    def moves(self) -> tuple[str, ...]:
        """All moves, those included that are still to be made again."""
        return (*self.given, *self.kept)

    def note(self, values: Mapping[str, Any]) -> None:
        """An answer was taken."""
        self.given.append(move_of(values))

    def follow(self, session: Session, snapshot: Snapshot) -> None:
        """Forget a run that is over, and answer as long as moves are kept."""
        if snapshot.status == "preparing":
            self.given, self._answered, self.to_model = [], "", False
        decision = snapshot.decision
        if decision is None or not (self.kept or self.to_model) or decision.key == self._answered:
            return
        self._answered = decision.key
        move = self.kept.pop(0) if self.kept else "m"
        self.to_model = self.to_model or move == "m"
        values = answer_of(move)
        try:
            problems = session.answer(decision, read_answer(values, decision))
        except ValueError:
            problems = ["it does not fit the question"]
        if problems:
            self.kept = []  # from here on the talks take another course: the visitor is asked
        else:
            self.note(values)


def give(session: Session, decision: Decision, values: Mapping[str, Any]) -> list[str]:
    """Answer as a browser says; what is wrong with it, one sentence each, empty where it was taken."""
    try:
        problems = session.answer(decision, read_answer(values, decision))
    except ValueError as problem:
        return [str(problem)]
    if not problems:
        answers_of(session).note(values)
    return problems


def play_again(session: Session, moves: Sequence[str], months: int) -> None:
    """Keep the moves of an address for a session that has just been made for its seat.

    Args:
        session: The session.
        moves: What the address holds.
        months: Months that it simulates at once anyway; without any it plays to the next question.
    """
    answers_of(session).kept = list(moves)
    if session.choice.seat and not months:
        session.play()


def answers_of(session: Session) -> Answers:
    """What was answered in a session."""
    return session.kept(Answers)
