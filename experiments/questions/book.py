"""The questions, read from `book.toml` and checked."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

PROGRAM = "lastmile"
FILE = "book.toml"


@dataclass(frozen=True, slots=True)
class Question:
    """One question that people ask.

    Attributes:
        number: From 1 on.
        ask: The question.
        command: Command line that answers it, with the name of the program.
        follows: What follows from the output.
        follows_not: What does not.
        headline: Outcome that the short answer of a comparison or a forecast tells; empty for other commands.
    """

    number: int
    ask: str
    command: str
    follows: str
    follows_not: str
    headline: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command's words behind the name of the program."""
        return tuple(shlex.split(self.command)[1:])

    @property
    def verb(self) -> str:
        """The command, as in "compare"."""
        return self.arguments[0]


@cache
def questions() -> tuple[Question, ...]:
    """All questions, in order."""
    text = (resources.files("experiments") / "questions" / FILE).read_text(encoding="utf-8")
    return tuple(
        Question(
            number,
            row["ask"],
            row["command"],
            row["follows"],
            row["not"],
            row.get("headline", ""),
        )
        for number, row in enumerate(tomllib.loads(text)["question"], 1)
    )
