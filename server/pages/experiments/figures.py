"""From a store to pictures and tables; runs in a process of the pool, because stores can be large."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.errors import InputError
from experiments.reports.shares import finding
from experiments.reports.words import label
from experiments.resolution import coarse_note, shippers_of
from experiments.store.reading import SweepResult, open_sweep
from experiments.store.status import Status
from server.pages.experiments.pictures import pictures
from server.pages.experiments.questions import Question, answerable, drivers_for
from server.pages.experiments.result_tables import result_tables
from server.plots import Plot
from server.tables import TableData
from server.words import factor_words, outcome_words
from server.work.sweeps import in_plain_words

__all__ = ["Question", "StoreFigures", "store_figures"]


@dataclass(frozen=True, eq=False)
class StoreFigures:
    """What the page shows of a store.

    Attributes:
        name: Name of the store.
        status: How far it is.
        question: What was shown, with nothing left open.
        outcomes: Outcomes to choose from.
        scenarios: Scenarios to choose from, and whether each is forced.
        factors: Factors to choose from.
        kind: Kind of the design.
        finding: What moves the outcome most, in a sentence; empty where nothing is known.
        lead: What the store holds, in a sentence.
        pictures: The figures.
        tables: The tables.
    """

    name: str
    status: Status
    question: Question
    outcomes: tuple[str, ...]
    scenarios: tuple[tuple[str, bool], ...]
    factors: tuple[str, ...]
    kind: str
    finding: str
    lead: str
    pictures: tuple[Plot, ...]
    tables: tuple[TableData, ...]


def store_figures(folder: str, question: Question) -> StoreFigures:
    """Draw what a store says.

    Args:
        folder: The store.
        question: Which outcome, scenario and factors; what is not in the store is replaced by what is.

    Raises:
        InputError: The folder holds no sweep, or a damaged one; nobody learns where it is.
    """
    try:
        return _figures(Path(folder), question)
    except InputError as error:
        raise InputError([in_plain_words(problem, Path(folder)) for problem in error.problems]) from error


def _figures(folder: Path, question: Question) -> StoreFigures:
    result = open_sweep(folder)
    status = result.status
    asked = answerable(result, question)
    forced = {one["name"] for one in result.manifest.design["scenarios"] if one.get("forced")}
    return StoreFigures(
        name=result.folder.name,
        status=status,
        question=asked,
        outcomes=result.outcomes,
        scenarios=tuple((name, name in forced) for name in result.scenarios),
        factors=result.factors,
        kind=result.kind,
        finding=_finding(result, status, asked),
        lead=_lead(result, status),
        pictures=tuple(pictures(result, asked) if asked.outcome is not None else ()),
        tables=tuple(result_tables(result, asked)),
    )


def _finding(result: SweepResult, status: Status, asked: Question) -> str:
    """What moves the outcome most, and by how much; of a partial sweep first of all that it is one."""
    partial = f"Partial sweep, {status.partial}." if status.partial else ""
    if asked.outcome is None or asked.scenario is None:
        return partial
    found = drivers_for(result, asked.outcome, asked.scenario)
    words = {name: factor_words(name) for name in result.factors}
    told = finding(result, found, outcome_words(asked.outcome), words)
    if told and len(result.scenarios) > 1:
        told = f"{told} Scenario: {label(result, asked.scenario)}."
    return f"{partial} So far: {told}" if partial and told else partial or told


def _lead(result: SweepResult, status: Status) -> str:
    design = result.manifest.design
    factors = ", ".join(map(factor_words, result.factors[:6])) + (", ..." if len(result.factors) > 6 else "")
    seeds = f"{design['replications']} seed{'s' if design['replications'] > 1 else ''}"
    names = " and ".join(label(result, name) for name in result.scenarios)
    coarse = coarse_note(shippers_of(design))
    return (
        f"A {result.kind} design over {factors}: {result.manifest.points:,} points in {names}, {seeds} each. "
        f"{status.done:,} of {status.runs:,} runs are done"
        + (f", {status.failed:,} failed." if status.failed else ".")
        + (f" {coarse}" if coarse else "")
    )
