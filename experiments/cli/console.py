"""How the command line talks: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from experiments.errors import DamagedError, InputError

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Console
    from rich.table import Table

WIDTH_OF_FILES, NARROWEST = 160, 60
BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130


def reports_errors[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Turn what can go wrong in a command into one message and an exit code."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except InputError as error:
            complain(*error.problems)
            raise typer.Exit(FAILED if isinstance(error, DamagedError) else BAD_INPUT) from error
        except ValueError as error:
            from agents.roster import RosterError

            if not isinstance(error, RosterError):  # a class of one's own that asks for what cannot be
                raise
            complain(str(error))
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt as error:
            complain(str(error) or "interrupted; nothing was saved")
            raise typer.Exit(INTERRUPTED) from error
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # `lastmile parameters | head`: typer ends it quietly
                raise
            complain(f"{error.filename or 'the result'}: {error.strerror or error}")
            raise typer.Exit(FAILED) from error
        except RuntimeError as error:
            if not _is_expected(error):
                raise
            complain(str(error))
            raise typer.Exit(FAILED) from error

    return wrapped


def _is_expected(error: RuntimeError) -> bool:
    """Whether the message says all there is to say, so that no traceback is needed."""
    from experiments.store.shards import StoppedWriterError, StorageError
    from experiments.sweeps.work import WorkerMismatchError
    from experiments.workers import WorkerError
    from model.checks import BalanceError

    return isinstance(error, WorkerError | BalanceError | StorageError | StoppedWriterError | WorkerMismatchError)


def complain(*problems: str) -> None:
    """Print what is wrong on stderr, one line per problem."""
    if len(problems) == 1:
        print(f"lastmile: {problems[0]}", file=sys.stderr)
        return
    print(f"lastmile: {len(problems)} problems", file=sys.stderr)
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)


def make_room() -> None:
    """Let whatever prints take a terminal that is very narrow, or has no width at all, for one that tables fit into.

    Its lines are then broken by the terminal itself; rich would leave figures out, at a width of 0 all of them.
    """
    if (width := _width()) is not None:
        os.environ["COLUMNS"] = str(width)


def _width() -> int | None:
    """Columns to print in where those of the terminal do not do; None where they do."""
    told = os.environ.get("COLUMNS", "")
    columns = shutil.get_terminal_size((NARROWEST, 24)).columns
    if columns < NARROWEST:
        return NARROWEST
    return columns if told.isdigit() and not int(told) else None


def console() -> Console:
    """Where results go; a file or pipe gets lines wide enough for the tables, a narrow terminal no narrower ones."""
    from rich.console import Console

    return Console(width=_width() if sys.stdout.isatty() else WIDTH_OF_FILES, highlight=False, markup=False)


def grid(title: str, columns: Sequence[str], right: Sequence[int] = ()) -> Table:
    """An empty table.

    Args:
        title: What it shows.
        columns: Headings.
        right: Positions of the columns that are flushed right.
    """
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for position, name in enumerate(columns):
        table.add_column(name, justify="right" if position in right else "left", overflow="fold")
    return table


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object and nothing else."""
    from experiments.storage import dump_json

    sys.stdout.write(dump_json(content))


def table_problems(file: Path | None) -> list[str]:
    """What is wrong with the file of `--table`; nothing where it is not asked for."""
    from experiments.spreadsheets.writing import check_table

    if file is None:
        return []
    try:
        check_table(file)
    except InputError as error:
        return list(error.problems)
    return []


def refuse(problems: Sequence[str]) -> None:
    """Stop before anything is done where something is wrong; loads nothing, unlike `experiments.settings.gather`.

    Raises:
        InputError: All problems, if there are any.
    """
    if problems:
        raise InputError(problems)


def keep_tables(file: Path | None, tables: Callable[[], Mapping[str, DataFrame]], quiet: bool) -> None:
    """Write the tables of a result where `--table` asks for them, and say where they are.

    Args:
        file: What was asked for; None for nothing.
        tables: Makes them.
        quiet: Say nothing.
    """
    if file is None:
        return
    from experiments.spreadsheets.writing import write_tables

    written = write_tables(file, tables())
    if not quiet:
        console().print(f"{'The table is' if len(written) == 1 else 'Tables are'} in {', '.join(map(str, written))}")


@contextmanager
def progress_bar(label: str, unit: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr while a command works, unless it is quiet or nobody looks.

    Args:
        label: What is done.
        unit: What is counted, in the plural.
        quiet: Show nothing.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    terminal = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    bar = Progress(*columns, TimeRemainingColumn(), console=terminal, transient=True)
    if quiet or not terminal.is_terminal:
        yield lambda done, total: None
        return
    with bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def tell_folder(out: Path | None) -> None:
    """Say where results were saved, where they were."""
    if out is not None:
        console().print(f"Results are in {out}")
