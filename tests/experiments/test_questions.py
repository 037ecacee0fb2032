"""The answer book: every command of it runs, and its answer can be told; the page shows what they gave."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.cli.app import app
from experiments.questions.answers import Answer, told
from experiments.questions.book import Question, questions
from experiments.questions.page import questions_page

BOOK = questions()
PAGE = Path(__file__).parents[2] / "docs" / "questions.md"
#: The same commands on a market of a size for tests, two years long.
SMALL = {"--replications": "2", "--points": "3"}
ENDS = ("compare", "places", "forecast", "uso-cost", "matrix")
YEAR = re.compile(r"20(2[78]|30)(?!-)")


def small(question: Question) -> Question:
    """A question about 2026, for few shippers and seeds."""
    words = list(question.arguments)
    for i, word in enumerate(words[:-1]):
        words[i + 1] = SMALL.get(word, words[i + 1])
    words = ["n_shippers=60" if word.startswith("n_shippers=") else YEAR.sub("2026", word) for word in words]
    words += ["--until", "2026-12"] if question.verb in ENDS else []
    words += ["--only", "status_quo,debt_ceiling"] if question.verb == "matrix" else []
    words += ["--workers", "1"] if question.verb != "uso-cost" else []
    return replace(question, command=shlex.join(["lastmile", *words]), headline=YEAR.sub("2026", question.headline))


def test_twenty_questions_each_with_what_follows_and_what_does_not() -> None:
    assert len(BOOK) == 20
    assert len({one.ask for one in BOOK}) == len({one.command for one in BOOK}) == 20
    for one in BOOK:
        assert one.ask.endswith("?")
        assert one.command.startswith("lastmile ")
        assert one.follows.endswith(".")
        assert one.follows_not.endswith(".")


@pytest.mark.thorough(
    "1-compare",
    "4-compare",
    "5-compare",
    "6-target",
    "7-compare",
    "8-compare",
    "10-places",
    "11-compare",
    "12-compare",
    "14-compare",
    "15-target",
    "16-compare",
    "17-compare",
    "18-compare",
    "19-compare",
)
@pytest.mark.parametrize("question", BOOK, ids=lambda one: f"{one.number}-{one.verb}")
def test_its_command_runs_and_its_answer_is_told(question: Question) -> None:
    asked = small(question)
    done = CliRunner().invoke(app, [*asked.arguments, "--json"])
    assert done.exit_code == 0, done.output[-2000:]
    answer = told(asked, json.loads(done.stdout))
    assert answer.endswith(".")
    assert "nan" not in answer
    assert any(letter.isdigit() for letter in answer)


def test_the_page_shows_command_output_and_answer() -> None:
    answers = [Answer(one, f"Answer {one.number}.", f"output {one.number}\n" * 60, 7.0) for one in BOOK]
    page = questions_page(answers, date(2026, 12, 1))
    for one in BOOK:
        assert one.command in page
        assert f"output {one.number}\n" in page
        assert f"| {one.number} | [{one.ask}](#{one.number}-" in page
        assert f" | Answer {one.number}. | 7 |" in page
    assert "lines more" in page


def test_the_page_of_the_documentation_is_of_these_questions() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for one in BOOK:
        assert f"## {one.number}. {one.ask}" in page
        assert one.command in page


def test_questions_are_listed_and_a_wrong_number_is_refused() -> None:
    listed = CliRunner().invoke(app, ["questions", "--json"])
    assert [row["number"] for row in json.loads(listed.stdout)["questions"]] == list(range(1, 21))
    for words, said in ((["questions", "21"], "from 1 to 20"), (["questions", "3", "--write", "page.md"], "write:")):
        refused = CliRunner().invoke(app, words)
        assert refused.exit_code == 2
        assert said in refused.stderr
    assert not Path("page.md").exists()
