"""The answer book as a page of the documentation: every output on it comes from the command above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from experiments.questions.answers import Answer
from experiments.questions.book import Question
from experiments.storage import write_text

MOST_LINES = 46  # of an output; the command prints the rest


def questions_page(answers: Sequence[Answer], day: date) -> str:
    """The page as Markdown.

    Args:
        answers: All of them, in order.
        day: When the commands ran.
    """
    lines = [
        "# Questions",
        "",
        f"Made by `lastmile questions --write docs/questions.md` on {day.isoformat()}, two processors. Each question "
        "is answered by one command; what follows and what does not is said below its output. Commands are short, with "
        "fewer shippers and seeds than usual: a first answer within minutes. More `--replications` and no "
        "`--set n_shippers` make it sharper.",
        "",
        "| | question | answer | seconds |",
        "|---:|---|---|---:|",
    ]
    for one in answers:
        asked = one.question
        lines.append(f"| {asked.number} | [{asked.ask}](#{_anchor(asked)}) | {one.told} | {one.seconds:.0f} |")
    for one in answers:
        lines += ["", *_section(one)]
    return "\n".join(lines) + "\n"


def write_page(file: str | Path, answers: Sequence[Answer], day: date) -> None:
    """Write the page, all or nothing.

    Raises:
        InputError: The file cannot be written there.
    """
    write_text(file, questions_page(answers, day))


def _title(asked: Question) -> str:
    return f"{asked.number}. {asked.ask}"


def _anchor(asked: Question) -> str:
    """What a reader of Markdown calls the heading of a question."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", _title(asked).lower()).strip())


def _section(one: Answer) -> list[str]:
    asked, output = one.question, one.output.splitlines()
    left = len(output) - MOST_LINES
    shown = [*output[:MOST_LINES], *([f"... and {left} lines more"] if left > 0 else [])]
    return [
        f"## {_title(asked)}",
        "",
        "```sh",
        asked.command,
        "```",
        "",
        "```text",
        *shown,
        "```",
        "",
        f"**In short.** {one.told}",
        "",
        f"**What follows.** {asked.follows}",
        "",
        f"**What does not.** {asked.follows_not}",
    ]
