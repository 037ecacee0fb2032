"""From a store to pictures and tables; runs in a process of the pool, because stores can be large."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.figures import figure, unit_of
from experiments.reports.words import label
from experiments.resolution import coarse_note, shippers_of
from experiments.store.reading import SweepResult, open_sweep
from experiments.store.status import Status
from server.pages.experiments.pictures import pictures
from server.pages.experiments.questions import Question, answerable, drivers_of
from server.pages.experiments.result_tables import result_tables
from server.plots import Plot
from server.tables import TableData
from server.words import factor_words, outcome_words

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
        InputError: The folder holds no sweep.
    """
    result = open_sweep(Path(folder))
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
        finding=_finding(result, asked),
        lead=_lead(result, status),
        pictures=tuple(pictures(result, asked) if asked.outcome is not None else ()),
        tables=tuple(result_tables(result, asked)),
    )


def _finding(result: SweepResult, asked: Question) -> str:
    """Which factor moves the outcome most, and by how much."""
    if asked.outcome is None:
        return ""
    table = drivers_of(result, asked.outcome, asked.scenario)
    if table.empty:
        return ""
    changes = table.loc[asked.outcome]["change"]
    largest = int(changes.abs().fillna(0.0).to_numpy().argmax())
    shown = figure(asked.outcome, float(changes.iloc[largest]), signed=True).replace("-", "−")
    what = factor_words(str(changes.index[largest]))
    amount = f"{shown} {unit_of(asked.outcome)}".rstrip()
    return (
        f"{what[:1].upper()}{what[1:]} matters most for {outcome_words(asked.outcome)}: {amount} "
        "from its lowest to its highest value."
    )


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
