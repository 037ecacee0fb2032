"""Tables of runs, comparisons, forecasts and sweeps: one row an outcome, with meaning, unit and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.figures import choose, scale_of, split_year
from experiments.reports.words import outcome_meaning, outcome_unit

if TYPE_CHECKING:
    from experiments.analysis.drivers import Drivers
    from experiments.analysis.sensitivity import Sensitivity
    from experiments.comparison import Comparison
    from experiments.foresight import Forecast
    from experiments.results import RunResult
    from experiments.store.status import Status

#: Tables by name, the most important one first.
type Tables = dict[str, pd.DataFrame]

BILLION = 1e9
_ALL = ("*",)


def about(name: str) -> dict[str, Any]:
    """What a row says of its outcome."""
    return {
        "outcome": name,
        "meaning": outcome_meaning(name).rpartition(", ")[0],
        "unit": outcome_unit(name),
        "year": split_year(name)[1] or "whole run",
    }


def scaled(name: str, values: Mapping[str, float]) -> dict[str, float]:
    """Values of an outcome in the unit of its row."""
    scale, _ = scale_of(name)
    return {heading: value / scale for heading, value in values.items()}


def run_tables(result: RunResult, patterns: Sequence[str] = ()) -> Tables:
    """Outcomes, months and events of a run.

    Args:
        result: The run.
        patterns: Outcomes to take; all unless told.
    """
    names = choose(map(str, result.outcomes.index), patterns or _ALL)
    rows = [about(name) | scaled(name, {"value": float(result.outcomes[name])}) for name in names]
    months = {
        f"{name}, {unit}" if (unit := outcome_unit(str(name))) else str(name): column / scale_of(str(name))[0]
        for name, column in result.monthly.items()
    }
    events = result.events[["month", "kind", "actors", "text"]].set_axis(["month", "kind", "parties", "event"], axis=1)
    return {
        "outcomes": pd.DataFrame(rows),
        "months": pd.DataFrame({"month": result.monthly.index, **{key: one.to_numpy() for key, one in months.items()}}),
        "events": events.astype(object),
    }


def comparison_tables(result: Comparison, patterns: Sequence[str] = ()) -> Tables:
    """Levels and paired differences, and who gains and who loses.

    Args:
        result: The comparison.
        patterns: Outcomes to take; all unless told.
    """
    first = result.names[0]
    headings = {
        "mean": "mean",
        "median": "median",
        "difference": f"mean difference to {first}",
        "low": "95 % interval, lower end",
        "high": "95 % interval, upper end",
        "difference_median": f"median difference to {first}",
    }
    chosen = set(choose(dict.fromkeys(map(str, result.table.index.get_level_values("outcome"))), patterns or _ALL))
    known: dict[Any, Any] = result.table.to_dict("index")
    rows = [
        about(name)
        | {"scenario": scenario, "runs": int(row["n"])}
        | scaled(name, {told: row[column] for column, told in headings.items()})
        for (name, scenario), row in known.items()
        if name in chosen
    ]
    return {
        "outcomes": pd.DataFrame(rows),
        "who gains": _gains(result.gains(), {"actor": "who"}),
        "parts of the gains": _gains(result.gain_parts(), {"actor": "who", "part": "part"}),
        "what it adds up to": _gains(result.adding_up(), {"line": "what"}),
    }


def _gains(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    ends = {"gain": "gain, bn $", "low": "95 % interval, lower end, bn $", "high": "95 % interval, upper end, bn $"}
    flat = table[[*ends]] / BILLION
    return flat.reset_index().rename(columns={**names, **ends})


def forecast_tables(result: Forecast, patterns: Sequence[str] = ()) -> Tables:
    """Medians with their bands.

    Args:
        result: The forecast.
        patterns: Outcomes to take; all unless told.
    """
    headings = {
        "median": "median",
        "low50": "50 % band, lower end",
        "high50": "50 % band, upper end",
        "low90": "90 % band, lower end",
        "high90": "90 % band, upper end",
    }
    known: dict[Any, Any] = result.table.to_dict("index")
    rows = [
        about(name)
        | {"runs": int(known[name]["n"])}
        | scaled(name, {told: known[name][column] for column, told in headings.items()})
        | {"the band holds": known[name]["holds"]}
        for name in choose(map(str, known), patterns or _ALL)
    ]
    return {"outcomes": pd.DataFrame(rows)}


def sensitivity_tables(results: Sequence[Sensitivity]) -> Tables:
    """Sobol or Morris indices, scenario by scenario."""
    shares = {
        "first": "share of the variance alone, %",
        "total": "share of the variance with interactions, %",
    }
    sizes = {"effect": "mean size of the change", "signed": "mean change"}
    rows = []
    for found in results:
        table: dict[Any, Any] = found.table.to_dict("index")
        for (name, factor), row in table.items():
            cells = about(str(name)) | {"scenario": found.scenario, "what varies": factor}
            if found.kind == "sobol":
                values = {told: {end: 100.0 * row[f"{key}{end}"] for end in _ENDS} for key, told in shares.items()}
            else:
                scale = scale_of(str(name))[0]
                values = {
                    told: {end: row[f"{key}{end}"] / scale for end in _ENDS if f"{key}{end}" in row}
                    for key, told in sizes.items()
                }
            for told, ends in values.items():
                cells |= {f"{told}{_ENDS[end]}": value for end, value in ends.items()}
            if found.kind != "sobol":
                cells["standard deviation of the change"] = row["spread"] / scale_of(str(name))[0]
            rows.append(cells)
    return {"indices": pd.DataFrame(rows)}


_ENDS = {"": "", "_low": ", 95 % interval, lower end", "_high": ", 95 % interval, upper end"}


def drivers_tables(results: Sequence[Drivers]) -> Tables:
    """Shares of the variance by factor, outcome by outcome and scenario by scenario."""
    rows = []
    for found in results:
        table: dict[Any, Any] = found.table.to_dict("index")
        rows += [
            about(found.outcome)
            | {
                "scenario": found.scenario,
                "what varies": source,
                "share of the variance, %": 100.0 * row["share"],
                "95 % interval, lower end, %": 100.0 * row["share_low"],
                "95 % interval, upper end, %": 100.0 * row["share_high"],
                "p": row["p"],
                "change from the lowest to the highest value": row["change"] / scale_of(found.outcome)[0],
                "lowest at": row["lowest_at"],
                "highest at": row["highest_at"],
            }
            for source, row in table.items()
        ]
    return {"what drives the outcomes": pd.DataFrame(rows)}


def status_tables(found: Status) -> Tables:
    """How far a sweep is."""
    counts = {"done": found.done, "failed": found.failed, "left": found.left, "in all": found.runs}
    errors = [[kind, count, found.examples[kind]] for kind, count in found.errors.items()]
    return {
        "runs": pd.DataFrame(
            [[name, count, 100.0 * count / max(1, found.runs)] for name, count in counts.items()],
            columns=["state", "runs", "share of all runs, %"],
        ),
        "failed runs": pd.DataFrame(errors, columns=["error", "runs", "for example"]),
    }
