"""From a store to pictures and tables; runs in a process of the pool, because stores can be large."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.differences import differences
from experiments.analysis.drivers import drivers
from experiments.analysis.responses import heat_map, response
from experiments.analysis.sensitivity import sensitivity
from experiments.errors import InputError
from experiments.figures import figure, scale_of, unit_of
from experiments.reports.report import headline_outcomes
from experiments.reports.words import factor_meaning, label, outcome_meaning
from experiments.store.reading import SweepResult, open_sweep
from experiments.store.status import Status
from server import plots
from server.plots import Floats, Plot
from server.tables import Cell, Column, TableData, number_cell
from server.words import outcome_words

MAX_ROWS = 2000
MAX_CURVES = 4


@dataclass(frozen=True)
class Question:
    """What a visitor wants to see of a store; None leaves the choice to the figures.

    Attributes:
        outcome: Name of the outcome.
        scenario: Name of the scenario.
        across: Factor of the heat map's columns.
        down: Factor of its rows.
    """

    outcome: str | None = None
    scenario: str | None = None
    across: str | None = None
    down: str | None = None


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
    asked = _answerable(result, question)
    forced = {one["name"] for one in result.manifest.design["scenarios"] if one.get("forced")}
    pictures: list[Plot] = []
    tables: list[TableData] = []
    if asked.outcome is not None:
        pictures = [picture for draw in _PICTURES for picture in _drawn(draw, result, asked)]
        tables = [table for make in (_drivers_table, _differences_table) if (table := make(result, asked)) is not None]
    return StoreFigures(
        name=result.folder.name,
        status=status,
        question=asked,
        outcomes=result.outcomes,
        scenarios=tuple((name, name in forced) for name in result.scenarios),
        factors=result.factors,
        kind=result.kind,
        lead=_lead(result, status),
        pictures=tuple(pictures),
        tables=(*tables, _runs_table(result)),
    )


def _lead(result: SweepResult, status: Status) -> str:
    design = result.manifest.design
    factors = ", ".join(result.factors[:6]) + (", ..." if len(result.factors) > 6 else "")
    seeds = f"{design['replications']} seed{'s' if design['replications'] > 1 else ''}"
    names = " and ".join(label(result, name) for name in result.scenarios)
    return (
        f"A {result.kind} design over {factors}: {result.manifest.points:,} points in {names}, {seeds} each. "
        f"{status.done:,} of {status.runs:,} runs are done" + (f", {status.failed:,} failed." if status.failed else ".")
    )


def _answerable(result: SweepResult, question: Question) -> Question:
    runs = result.runs
    scenario = question.scenario if question.scenario in result.scenarios else result.scenarios[0]
    if not (runs["status"] == "done").any():
        return Question(scenario=scenario)
    outcome = question.outcome if question.outcome in result.outcomes else next(iter(headline_outcomes(result)), None)
    ranked = _leading(result, outcome, scenario) if outcome is not None else list(result.factors)
    across = question.across if question.across in result.factors else ranked[0]
    down = question.down if question.down in result.factors and question.down != across else None
    down = down or next((name for name in ranked if name != across), None)
    return Question(outcome, scenario, across, down)


@lru_cache(maxsize=4)
def _drivers(result: SweepResult, outcome: str, scenario: str | None) -> pd.DataFrame:
    return drivers(result, outcome, scenario)


def _leading(result: SweepResult, outcome: str, scenario: str) -> list[str]:
    table = _drivers(result, outcome, scenario)
    ranked = [str(name) for name in table.index.get_level_values("factor")] if len(table) else []
    return ranked or list(result.factors)


def _drawn(
    draw: Callable[[SweepResult, str, Question], list[Plot]], result: SweepResult, asked: Question
) -> list[Plot]:
    """The pictures of one kind, or why there is none."""
    assert asked.outcome is not None
    try:
        return draw(result, asked.outcome, asked)
    except InputError as error:
        nothing = Plot(_TITLES[draw.__name__], "", "", "; ".join(error.problems), {}, empty="; ".join(error.problems))
        return [nothing]


def _heat(result: SweepResult, outcome: str, asked: Question) -> list[Plot]:
    if asked.across is None or asked.down is None:
        return []
    table = heat_map(result, outcome, asked.across, asked.down, asked.scenario)
    scale, unit = scale_of(outcome)
    values = table.to_numpy(dtype=float) / scale
    if not np.isfinite(values).any():
        return []
    columns, rows = [_short(one) for one in table.columns], [_short(one) for one in table.index]
    high, low = float(np.nanmax(values)), float(np.nanmin(values))
    return [
        Plot(
            title=f"{asked.across} and {asked.down}",
            unit=_unit(outcome, unit),
            note="Mean over points and seeds for every pair of values, the other factors as they come.",
            summary=f"{outcome} by {asked.across} and {asked.down}: from {low:,.4g} to {high:,.4g} {unit}",
            option=plots.heat(columns, rows, values, asked.across, asked.down),
            height=170 + 34 * len(rows),
        )
    ]


def _tornado(result: SweepResult, outcome: str, asked: Question) -> list[Plot]:
    table = _drivers(result, outcome, asked.scenario)
    if table.empty:
        return [_constant("What moves it", outcome)]
    rows = table.loc[outcome]
    rows = rows.loc[rows["change"].abs().sort_values(ascending=False).index].head(12)
    scale, unit = scale_of(outcome)
    values = rows["change"].to_numpy(dtype=float) / scale
    names = [str(name) for name in rows.index]
    return [
        Plot(
            title="What moves it",
            unit=_unit(outcome, unit),
            note="Change of the mean from the lowest to the highest value of each factor (of a choice without order: "
            "from the lowest to the highest mean).",
            summary="; ".join(f"{name} {value:+,.3f}" for name, value in zip(names, values, strict=True)),
            option=plots.tornado(names, values, outcome),
            height=90 + 30 * len(names),
        )
    ]


def _indices(result: SweepResult, outcome: str, asked: Question) -> list[Plot]:
    if result.kind not in ("sobol", "morris"):
        return []
    found = sensitivity(result, outcome, asked.scenario)
    if outcome in found.constant:
        return [_constant(_TITLES["_indices"], outcome)]
    table = found.outcome(outcome)
    luck = found.luck[outcome]
    note = "" if math.isnan(luck) else f" Luck makes up {luck:.0%} of the variance of a single run."
    if result.kind == "sobol":
        table = table.sort_values("total", ascending=False).head(12)
        parts = {"alone": "first", "with interactions": "total"}
        series = {
            name: 100 * table[[one, f"{one}_low", f"{one}_high"]].to_numpy(dtype=float) for name, one in parts.items()
        }
        unit = "% of the variance"
        words = "Sobol indices: share of the variance that goes with each factor, and its 95 % interval."
    else:
        table = table.sort_values("effect", ascending=False).head(12)
        scale, unit = scale_of(outcome)
        series = {
            "mean size of the effect": table[["effect", "effect_low", "effect_high"]].to_numpy(dtype=float) / scale
        }
        words = "Morris effects: mean size of the change when one factor goes through its range alone, 95 % interval."
    names = [str(name) for name in table.index]
    first = next(iter(series.values()))
    told = "; ".join(f"{name} {row[0]:,.3g}" for name, row in zip(names, first, strict=True))
    return [
        Plot(
            title=_TITLES["_indices"],
            unit=unit,
            note=words + note,
            summary=f"{unit}: {told}",
            option=plots.whiskers(names, series),
            legend=plots.legend(list(series)),
            height=90 + len(names) * max(30, 22 * len(series)),
        )
    ]


def _responses(result: SweepResult, outcome: str, asked: Question) -> list[Plot]:
    scale, unit = scale_of(outcome)
    assert asked.scenario is not None
    found = []
    for factor in _leading(result, outcome, asked.scenario)[:MAX_CURVES]:
        table = response(result, outcome, factor)
        if table.empty:
            continue
        labels = list(dict.fromkeys(table.index.get_level_values(factor)))
        numeric = all(isinstance(one, int | float) and not isinstance(one, bool) for one in labels)
        names = list(dict.fromkeys(table.index.get_level_values("scenario")))
        series = {str(name): _with_band(table.loc[name].reindex(labels) / scale) for name in names}
        forced = [label(result, name) != name for name in names]
        told = (
            "Mean over the points with its 95 % interval; the other factors vary too."
            if table["low"].notna().any()
            else "Mean of the point, and one standard deviation between its seeds (luck) to both sides."
        )
        shown = [float(one) for one in labels] if numeric else [_short(one) for one in labels]
        middle = series[str(names[0])][0]
        unit_of_factor = str(result.describe_factor(factor)["unit"])
        found.append(
            Plot(
                title=f"Along {factor}",
                unit=_unit(outcome, unit),
                note=f"{factor}: {factor_meaning(factor)} ({unit_of_factor}). {told}",
                summary=f"{outcome} along {factor}: "
                + "; ".join(f"{_short(x)} gives {y:,.4g}" for x, y in zip(labels, middle, strict=True)),
                option=plots.lines(shown, series, zero=False),
                legend=plots.legend(list(series), forced),
                height=250,
            )
        )
    return found


def _with_band(rows: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Mean with its interval over the points; where there is one point a value, with the spread of its seeds."""
    middle = rows["mean"].to_numpy(dtype=float)
    if rows["low"].notna().any():
        return middle, rows["low"].to_numpy(dtype=float), rows["high"].to_numpy(dtype=float)
    luck = rows["luck"].to_numpy(dtype=float)
    return middle, middle - luck, middle + luck


_PICTURES = (_heat, _tornado, _indices, _responses)
_TITLES = {
    "_heat": "Two factors at once",
    "_tornado": "What moves it",
    "_indices": "Sensitivity indices",
    "_responses": "Response",
}


def _constant(title: str, outcome: str) -> Plot:
    return Plot(title, "", "", f"{outcome} does not vary", {}, empty="This outcome is the same at every point.")


def _unit(outcome: str, unit: str) -> str:
    words = outcome_words(outcome)
    return f"{words}, {unit}" if unit else words


def _short(value: object) -> str:
    """A value of a factor, rounded where it is a number."""
    try:
        return f"{float(str(value)):.4g}"
    except ValueError:
        return str(value)


def _drivers_table(result: SweepResult, asked: Question) -> TableData | None:
    assert asked.outcome is not None
    table = _drivers(result, asked.outcome, asked.scenario)
    if table.empty:
        return None
    name = asked.outcome
    rows = table.loc[name]
    cells: list[tuple[Cell, ...]] = [
        (
            (str(factor), str(factor), factor_meaning(str(factor))),
            number_cell(f"{row['share']:.0%}", row["share"]),
            f"{row['share_low']:.0%} to {row['share_high']:.0%}",
            number_cell(figure(name, row["change"], signed=True).replace("-", "−"), row["change"]),
            _short(row["lowest_at"]),
            _short(row["highest_at"]),
        )
        for factor, row in rows.iterrows()
    ]
    return TableData(
        title="What drives it",
        columns=(
            Column("Factor"),
            Column("Share of the variance", number=True, help="Between points, of the factor alone, less chance"),
            Column("95 % interval", number=True),
            Column(f"Change, {unit_of(name)}", number=True),
            Column("Lowest at", number=True),
            Column("Highest at", number=True),
        ),
        cells=tuple(cells),
        frame=rows.rename_axis("factor").reset_index(),
        note=f"{name}: {outcome_meaning(name)}",
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
        note=f"{name}, against {label(result, result.scenarios[0])}: same point, same seed.",
    )


def _runs_table(result: SweepResult) -> TableData:
    outcomes = headline_outcomes(result) if (result.runs["status"] == "done").any() else []
    kept = ["point", "scenario", "seed", *result.factors, *outcomes, "status", "error"]
    frame = result.runs[kept].head(MAX_ROWS)
    columns = [
        *(Column(name, number=name in ("point", "seed")) for name in kept[:3]),
        *(Column(name, number=True, help=factor_meaning(name)) for name in result.factors),
        *(Column(_unit(name, unit_of(name)), number=True, help=outcome_meaning(name)) for name in outcomes),
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
        return (_short(value), float(value))

    return tuple(cell(name, value) for name, value in row.items())
