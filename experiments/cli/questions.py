"""What `lastmile questions` prints."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from experiments.cli.console import console, grid, print_json, progress_bar
from experiments.errors import InputError


def run_questions(number: int | None, write: Path | None, json: bool) -> None:
    """List the questions, run one of them, or run all and write their page.

    Raises:
        InputError: There is no such question, options do not go together, or the page cannot be written.
    """
    from experiments.questions.answers import answer, run_command
    from experiments.questions.book import questions
    from experiments.questions.page import write_page
    from experiments.storage import check_file

    book = questions()
    problems = []
    if number is not None and not 1 <= number <= len(book):
        problems.append(f"number: {number} is not allowed; it must be from 1 to {len(book)}")
    if write is not None and (number is not None or json):
        problems.append("write: it answers all questions, and does not go with a number or --json")
    if problems:
        raise InputError(problems)
    out = console()
    if number is not None:
        chosen = book[number - 1]
        out.print(run_command((*chosen.arguments, *(["--json"] if json else []))), markup=False, highlight=False)
        if not json:
            out.print(f"What follows: {chosen.follows}", markup=False)
            out.print(f"What does not: {chosen.follows_not}", markup=False)
        return
    if write is not None:
        check_file(write)
        answers = []
        with progress_bar("questions", "commands", quiet=False) as progress:
            for done, one in enumerate(book, 1):
                answers.append(answer(one))
                progress(done, len(book))
        write_page(write, answers, date.today())
        out.print(f"The page is in {write}")
        return
    if json:
        print_json({"questions": [{"number": one.number, "ask": one.ask, "command": one.command} for one in book]})
        return
    table = grid("Questions and the command that answers each", ("", "question", "command"), right=(0,))
    for one in book:
        table.add_row(str(one.number), one.ask, one.command)
    out.print(table)
    out.print("`lastmile questions 6` runs the sixth.")
