"""What `lastmile questions` prints."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar, refuse, table_problems


def run_questions(number: int | None, write: Path | None, table: Path | None, json: bool) -> None:
    """List the questions, run one of them, or run all and write their page.

    Args:
        number: Question to answer.
        write: Page of all answers.
        table: File of `--table`: that of the command that answers a question, else the list.
        json: Whether to print one JSON object.

    Raises:
        InputError: There is no such question, options do not go together, or the page cannot be written.
    """
    from experiments.questions.answers import answer, run_command
    from experiments.questions.book import questions
    from experiments.questions.page import write_page
    from experiments.spreadsheets.listings import question_tables
    from experiments.storage import check_file

    book = questions()
    problems = table_problems(table)
    if number is not None and not 1 <= number <= len(book):
        problems.append(f"number: {number} is not allowed; it must be from 1 to {len(book)}")
    if write is not None and (number is not None or json):
        problems.append("write: it answers all questions, and does not go with a number or --json")
    if write is not None and table is not None:
        problems.append("table: with --write all answers are in the page; answer one question, or list them")
    refuse(problems)
    out = console()
    if number is not None:
        chosen = book[number - 1]
        more = ["--json"] * json + (["--table", str(table)] if table is not None else [])
        out.print(run_command((*chosen.arguments, *more)), markup=False, highlight=False)
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
    else:
        shown = grid("Questions and the command that answers each", ("", "question", "command"), right=(0,))
        for one in book:
            shown.add_row(str(one.number), one.ask, one.command)
        out.print(shown)
        out.print("`lastmile questions 6` runs the sixth.")
    keep_tables(table, lambda: question_tables(book), quiet=json)
