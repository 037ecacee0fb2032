"""The tables of a store: what drives an outcome, differences between scenarios, and the runs themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from experiments.analysis.differences import differences
from experiments.figures import figure, unit_of
from experiments.reports import shares
from experiments.reports.report import headline_outcomes
from experiments.reports.words import factor_meaning, label, outcome_meaning
from experiments.store.reading import SweepResult
from server.pages.experiments.questions import Question, drivers_for, short_value, unit_in_words
from server.tables import Cell, Column, TableData, number_cell
from server.words import levers_in_words, outcome_words

MAX_ROWS = 2000


def result_tables(result: SweepResult, asked: Question) -> list[TableData]:
    """The tables that answer what is asked, then the runs."""
    answers = [] if asked.outcome is None else [_drivers_table(result, asked), _differences_table(result, asked)]
    return [*(table for table in answers if table is not None), _runs_table(result)]


def _drivers_table(result: SweepResult, asked: Question) -> TableData | None:
    assert asked.outcome is not None
    assert asked.scenario is not None
    found = drivers_for(result, asked.outcome, asked.scenario)
    if found.table.empty:
        return None
    name = asked.outcome
    cells: list[tuple[Cell, ...]] = [
        (
            (levers_in_words(row["source"]), row["source"], factor_meaning(row["source"])),
            number_cell(shares.share_told(row), row["share"]),
            shares.interval_told(row),
            number_cell(shares.p_told(row["p"]), row["p"]),
            number_cell(figure(name, row["change"], signed=True).replace("-", "−"), row["change"]),
            *(short_value(row[end]) if isinstance(row[end], str) else "" for end in ("lowest_at", "highest_at")),
        )
        for row in shares.rows_of(found)
    ]
    where = f", scenario {label(result, asked.scenario)}" if len(result.scenarios) > 1 else ""
    return TableData(
        title="What drives it",
        columns=(
            Column("Factor"),
            Column("Share of the variance", number=True),
            Column("95 % interval", number=True),
            Column("p", number=True, help="How often chance alone would give so large a share (F test)"),
            Column(f"Change, {unit_of(name)}", number=True),
            Column("Lowest at", number=True),
            Column("Highest at", number=True),
        ),
        cells=tuple(cells),
        frame=found.table.reset_index(),
        note=" ".join((f"{outcome_words(name)}{where}: {outcome_meaning(name)}.", *found.notes, shares.READING)),
    )


def _differences_table(result: SweepResult, asked: Question) -> TableData | None:
    if len(result.scenarios) < 2 or asked.outcome is None:
        return None
    table = differences(result, asked.outcome)
    if table.empty:
        return None
    name = asked.outcome
    rows = table.loc[name]
    cells: list[tuple[Cell, ...]] = []
    for scenario, row in rows.iterrows():
        span, many = (
            f"{figure(name, row[low], True)} to {figure(name, row[high], True)}".replace("-", "−")
            for low, high in (("low", "high"), ("q05", "q95"))
        )
        shown = figure(name, row["difference"], True).replace("-", "−")
        cells.append((label(result, scenario), number_cell(shown, row["difference"]), span, many))
    return TableData(
        title="Differences between scenarios",
        columns=(
            Column("Scenario"),
            Column(f"Difference, {unit_of(name)}", number=True),
            Column("95 % interval", number=True),
            Column("90 % of points", number=True),
        ),
        cells=tuple(cells),
        frame=rows.rename_axis("scenario").reset_index(),
        note=f"{outcome_words(name)}, against {label(result, result.scenarios[0])}: same point, same seed.",
    )


def _runs_table(result: SweepResult) -> TableData:
    outcomes = headline_outcomes(result) if (result.runs["status"] == "done").any() else []
    kept = ["point", "scenario", "seed", *result.factors, *outcomes, "status", "error"]
    frame = result.runs[kept].head(MAX_ROWS)
    columns = [
        *(Column(name, number=name in ("point", "seed")) for name in kept[:3]),
        *(Column(name, number=True, help=factor_meaning(name)) for name in result.factors),
        *(Column(unit_in_words(name, unit_of(name)), number=True, help=outcome_meaning(name)) for name in outcomes),
        Column("status"),
        Column("error"),
    ]
    cells = tuple(_run_cells(dict(zip(kept, row, strict=True)), outcomes) for row in frame.to_numpy(dtype=object))
    whole = len(result.runs)
    rest = f" The first {MAX_ROWS:,} of {whole:,}; all of them are in the store." if whole > MAX_ROWS else ""
    return TableData(
        title="Runs",
        columns=tuple(columns),
        cells=cells,
        frame=frame,
        note=f"One row a run.{rest}",
        empty="No run is recorded yet.",
    )


def _run_cells(row: dict[str, Any], outcomes: Sequence[str]) -> tuple[Cell, ...]:
    def cell(name: str, value: Any) -> Cell:
        if name in outcomes:
            number = float(value) if value is not None else math.nan
            return number_cell(figure(name, number).replace("-", "−"), number)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return ("", None)
        if isinstance(value, bool | str):
            return str(value)
        return (short_value(value), float(value))

    return tuple(cell(name, value) for name, value in row.items())
