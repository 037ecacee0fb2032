"""The commands that make a sweep and look at it."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.console import console, grid, keep_tables, print_json, table_problems
from experiments.errors import InputError
from experiments.figures import figure, unit_of

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.table import Table
    from rich.text import Text

    from experiments.analysis.sensitivity import Sensitivity
    from experiments.designs import Design
    from experiments.store.reading import SweepResult
    from experiments.store.status import Status

# Where nobody watches a bar (a file, a cluster's log) a line comes this often.
_LINE_SECONDS = 30.0
_PLANNING_SECONDS = 3.0


def run_sweep(
    design: Path,
    out: Path,
    workers: int | None,
    roster: Sequence[str],
    dask: str | None,
    retry_failed: bool,
    timeout: float | None,
    table: Path | None,
    json: bool,
) -> None:
    """Run what is missing and show how it went."""
    from experiments.designs import Design, read_design
    from experiments.parties import read_roster
    from experiments.spreadsheets.outcomes import status_tables
    from experiments.sweeps.sweep import sweep

    problems = table_problems(table)
    parties = read_roster(roster, problems)
    if problems:
        raise InputError(problems)
    planned: Path | Design = design
    with suppress(InputError):  # what is wrong with it is told below, with all else that is wrong
        planned = read_design(design, parties)
        for note in planned.notes():
            print(f"lastmile: note: {note}", file=sys.stderr)
    with sweep_progress(quiet=json) as progress:
        result = sweep(
            planned,
            out,
            workers=workers,
            dask=dask,
            retry_failed=retry_failed,
            timeout=timeout,
            progress=progress,
            planning=None if json else planning_lines(),
            roster=None if isinstance(planned, Design) else parties,
        )
    for repair in result.repairs:
        print(f"lastmile: put right: {repair}", file=sys.stderr)
    keep_tables(table, lambda: status_tables(result.status), quiet=json)
    if json:
        print_json(result.status.summary())
        return
    _print(result.status, out)
    console().print(f"Results are in {out}; next: lastmile report {out}")


def run_merge(stores: Sequence[Path], out: Path, table: Path | None, json: bool) -> None:
    """Make one store of several and show how far it is."""
    from experiments.settings import gather
    from experiments.spreadsheets.outcomes import status_tables
    from experiments.store.merging import merge

    gather(known=table_problems(table))
    result = merge(stores, out)
    if json:
        print_json(result.status.summary())
    else:
        _print(result.status, out)
        console().print(f"The runs of {len(stores)} stores are in {out}")
    keep_tables(table, lambda: status_tables(result.status), quiet=json)


def show_status(folder: Path, table: Path | None, json: bool) -> bool:
    """Print how far a sweep is; whether all its files are as they were written."""
    from experiments.settings import gather
    from experiments.spreadsheets.outcomes import status_tables
    from experiments.store.status import status

    found: Status
    (found,) = gather(lambda: status(folder), known=table_problems(table))
    if json:
        print_json(found.summary())
    else:
        _print(found, folder)
    keep_tables(table, lambda: status_tables(found), quiet=json)
    return not found.unreadable


def _print(found: Status, folder: Path) -> None:
    if found.partial:
        console().print(f"Partial sweep: {found.partial}.")
    table = grid(str(folder), ("", "runs", ""), right=(1,))
    for name, count in (("done", found.done), ("failed", found.failed), ("left", found.left), ("in all", found.runs)):
        table.add_row(name, f"{count:,}", f"{count / max(1, found.runs):.1%}")
    console().print(table)
    rate = f"; {found.runs_per_second:.3g} runs a second" if found.runs_per_second else ""
    rest = f", {duration(found.seconds_left)} left at this rate" if found.seconds_left else ""
    sessions = f"started {found.sessions} time{'s' if found.sessions != 1 else ''}"
    console().print(f"{found.lock}{rate}{rest}; {sessions}; {duration(found.cpu_seconds)} of processor time so far.")
    if found.errors:
        errors = grid("Failed runs", ("runs", "error", "for example"), right=(0,))
        for kind, count in found.errors.items():
            errors.add_row(f"{count:,}", kind, found.examples[kind])
        console().print(errors)
        console().print("Run them again with --retry-failed.")
    for why, count in found.ended_early.items():
        console().print(f"{count:,} run{'s' if count != 1 else ''} ended early: {why}.")
    for party in found.parties:
        console().print(f"Note: {party}.")
    for repair in found.repairs:
        console().print(f"Put right: {repair}")
    for name in found.unreadable:
        console().print(f"Damaged: {name} or its months; the next sweep into this folder does its runs again.")


def show_sensitivity(
    folder: Path, outcome: Sequence[str] | None, scenario: str | None, table: Path | None, json: bool
) -> None:
    """Print indices or, of another design, shares of the variance: outcome by outcome, in every scenario."""
    from experiments.analysis.sensitivity import sensitivity
    from experiments.analysis.values import runs_without
    from experiments.cli.drivers import show_drivers, with_scenarios
    from experiments.reports.report import headline_outcomes
    from experiments.settings import gather
    from experiments.spreadsheets.outcomes import sensitivity_tables
    from experiments.store.reading import open_sweep

    result: SweepResult
    (result,) = gather(lambda: open_sweep(folder), known=table_problems(table))
    if not (result.runs["status"] == "done").any():
        raise InputError(f"{result.folder}: no run has ended well yet; there is nothing to look at")
    if result.kind not in ("sobol", "morris"):
        show_drivers(result, outcome, scenario, table, json)
        return
    scenarios = result.scenarios if scenario is None else (result.scenario(scenario),)
    first = () if outcome or json else headline_outcomes(result)
    every = []
    for one in scenarios:
        lacking = runs_without(result, first, one)
        shown = [name for name in first if name not in lacking] or first
        every.append(sensitivity(result, outcome or shown or None, one))
    keep_tables(table, lambda: sensitivity_tables(every), quiet=json)
    if json:
        print_json(with_scenarios({found.scenario: found.summary() for found in every}, result))
        return
    for found in every:
        _print_indices(result, found, told=outcome is not None)


def _print_indices(result: SweepResult, found: Sensitivity, told: bool) -> None:
    """Print the indices of one scenario; outcomes that are left out are counted unless they were told."""
    for name in dict.fromkeys(found.table.index.get_level_values(0)):
        console().print(_indices(found, str(name)))
        luck = found.luck[str(name)]
        if not math.isnan(luck):
            source = "Luck makes" if result.draws is None else "Luck and the parameter draws make"
            console().print(f"{source} up {luck:.0%} of the variance of a single run.")
    for name, count in found.without.items():
        console().print(f"Left out: {name}, which {count:,} runs have no figure of.")
    if found.constant:
        console().print(f"{len(found.constant)} outcomes do not vary.")
    if found.replications == 1:
        console().print("One seed per point: the indices are those under this luck.")
    left = len(result.outcomes) - len(found.constant) - len(found.luck) - len(found.without)
    if left > 0 and not told:
        console().print(f"{left} more outcomes with --outcome '*'.")


def _indices(found: Sensitivity, name: str) -> Table:
    rows = found.outcome(name)
    if found.kind == "sobol":
        table = grid(
            f"{name}, scenario {found.scenario}: share of the variance",
            ("factor", "alone", "95 % interval", "with interactions", "95 % interval"),
            right=(1, 2, 3, 4),
        )
        for factor, row in rows.sort_values(by="total", ascending=False).iterrows():
            cells = [f"{row[one]:.1%}" for one in ("first", "total")]
            limits = [f"{row[f'{one}_low']:.1%} to {row[f'{one}_high']:.1%}" for one in ("first", "total")]
            table.add_row(str(factor), cells[0], limits[0], cells[1], limits[1])
        return table
    table = grid(
        f"{name}, scenario {found.scenario}: change over the range of a factor, {unit_of(name)}",
        ("factor", "mean size", "95 % interval", "mean", "standard deviation"),
        right=(1, 2, 3, 4),
    )
    for factor, row in rows.sort_values(by="effect", ascending=False).iterrows():
        interval = f"{figure(name, row['effect_low'])} to {figure(name, row['effect_high'])}"
        table.add_row(
            str(factor),
            figure(name, row["effect"]),
            interval,
            figure(name, row["signed"], signed=True),
            figure(name, row["spread"]),
        )
    return table


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"


@contextmanager
def sweep_progress(quiet: bool) -> Iterator[Callable[[int, int, int], None]]:
    """Show on stderr how a sweep gets on: a bar on a terminal, else a line now and then."""
    from rich.console import Console

    terminal = Console(stderr=True)
    if quiet:
        yield lambda done, failed, total: None
    elif terminal.is_terminal:
        with _bar(terminal) as report:
            yield report
    else:
        yield _lines()


@contextmanager
def _bar(terminal: object) -> Iterator[Callable[[int, int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Runs a second since the start of this session."""

        def render(self, task: Task) -> Text:
            done = task.completed - task.fields["before"]
            if not done or not task.elapsed:
                return Text("")
            return Text(f"{done / task.elapsed:.3g} runs/s")

    assert isinstance(terminal, Console)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=terminal, transient=True, speed_estimate_period=600) as bar:
        task = bar.add_task("runs", total=None, before=0)
        first = True

        def report(done: int, failed: int, total: int) -> None:
            nonlocal first
            label = f"runs, {failed:,} failed" if failed else "runs"
            if first:  # what earlier sessions did is no sign of speed
                bar.reset(task, total=total, completed=done, description=label, before=done)
                first = False
            bar.update(task, completed=done, total=total, description=label)

        yield report


def planning_lines() -> Callable[[int, int], None]:
    """Say on stderr now and then how many points of a design have been checked; nothing where that is soon done."""
    told = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _PLANNING_SECONDS:
            told = time.monotonic()
            print(f"planning: {done:,} of {total:,} points checked", file=sys.stderr, flush=True)

    return report


def _lines() -> Callable[[int, int, int], None]:
    began, before, told = time.monotonic(), -1, -_LINE_SECONDS

    def report(done: int, failed: int, total: int) -> None:
        nonlocal before, told
        now = time.monotonic()
        before = done if before < 0 else before
        if now - told < _LINE_SECONDS and done < total:
            return
        told = now
        rate = (done - before) / (now - began) if now > began else 0.0
        rest = f", {rate:.3g} runs/s, {duration((total - done) / rate)} left" if rate and done < total else ""
        print(f"{done:,} of {total:,} runs, {failed:,} failed{rest}", file=sys.stderr, flush=True)

    return report
