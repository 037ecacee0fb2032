"""What there is: scenarios, levers, parameters, phases, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json, refuse, table_problems
from experiments.errors import InputError

if TYPE_CHECKING:
    from model.parameters import Parameter


def list_scenarios(levers: bool, table: Path | None, json: bool) -> None:
    """Print the scenario library, or the levers by owner.

    Raises:
        InputError: The table cannot be written.
    """
    from experiments.spreadsheets import listings

    refuse(table_problems(table))
    _list_levers(json) if levers else _list_library(json)
    keep_tables(table, listings.lever_tables if levers else listings.scenario_tables, quiet=json)


def _list_library(json: bool) -> None:
    from experiments.provenance import changes
    from model.scenario import Scenario, scenario_names

    found = [Scenario.load(name) for name in scenario_names()]
    if json:
        rows = [
            {
                "name": one.name,
                "title": one.title,
                "description": one.description,
                "forced": one.forced,
                "changes": changes(one),
            }
            for one in found
        ]
        print_json({"scenarios": rows})
        return
    table = grid("Scenarios", ("name", "", "title", "what it assumes"))
    for one in found:
        table.add_row(one.name, "forced" if one.forced else "", one.title, one.description)
    console().print(table)
    console().print("forced: an outcome is imposed rather than found by the market.")


def _list_levers(json: bool) -> None:
    from model.scenario import levers

    found = sorted(levers(), key=lambda lever: lever.owner)
    if json:
        print_json({"levers": [{**asdict(lever), "choices": list(lever.choices)} for lever in found]})
        return
    table = grid("Levers", ("owner", "key", "allowed", "default", "meaning"))
    owner = ""
    for lever in found:
        allowed = " | ".join(lever.choices) or {"month": "YYYY-MM", "switch": "true | false"}.get(
            lever.kind, lever.kind
        )
        default = lever.default.lower() if lever.kind == "switch" else lever.default
        table.add_row(lever.owner if lever.owner != owner else "", lever.key, allowed, default, lever.meaning)
        owner = lever.owner
    console().print(table)
    console().print("Set them with --set key=value; parameters are set in the same way (`lastmile parameters`).")


def list_parameters(text: str | None, file: Path | None, json: bool) -> None:
    """Print parameters, those with `text` in symbol, name, status or source.

    Raises:
        InputError: No parameter has the text, or the table cannot be written.
    """
    from experiments.spreadsheets.listings import parameter_tables
    from model.parameters import Parameters
    from model.start_figures import figures_of_start

    problems = table_problems(file)
    rows = [row for row in Parameters.default().rows() if text is None or _mentions(row, text)]
    if not rows:
        problems.append(f"parameters: no symbol, name, unit, status, source or note has {text!r} in it")
    if problems:
        raise InputError(problems)
    if json:
        at_start = figures_of_start()
        told = [{**asdict(row), "settable": row.settable, "describes_start": row.symbol in at_start} for row in rows]
        print_json({"parameters": told})
    else:
        _show_parameters(rows)
    keep_tables(file, lambda: parameter_tables(rows), quiet=json)


def _show_parameters(rows: Sequence[Parameter]) -> None:
    from model.start_figures import figures_of_start

    at_start = figures_of_start()
    table = grid(
        "Parameters", ("symbol", "value", "low", "high", "unit", "status", "set", "meaning", "source"), right=(1, 2, 3)
    )
    for row in rows:
        numbers = [_number(value) for value in (row.value, row.low, row.high)]
        can_set = (
            ("start" if row.symbol in at_start else "yes")
            if row.settable
            else row.use
            if row.use != "input"
            else "derived"
        )
        table.add_row(row.symbol, *numbers, row.unit, row.status, can_set, row.name, row.source)
    console().print(table)
    console().print(
        f"{len(rows)} parameters; low and high are the range that designs sample. Only those with yes under "
        "set, or start, can be set: derived ones follow from others, reference ones are compared with, planned ones "
        "move nothing. Those with start describe the start: another value is another past, around which the start is "
        "solved again, and not a shock at a date (--shock)."
    )


def _mentions(row: Any, text: str) -> bool:
    columns = (row.symbol, row.name, row.unit, row.status, row.source, row.note)
    return any(text.casefold() in column.casefold() for column in columns)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.10g}"


def list_phases(file: Path | None, json: bool) -> None:
    """Print the phases of a step in order.

    Raises:
        InputError: The table cannot be written.
    """
    from experiments.spreadsheets.listings import phase_tables
    from model.market import PHASES

    refuse(table_problems(file))
    if json:
        fields = ("name", "does", "reads", "writes")
        print_json({"phases": [{field: getattr(one, field) for field in fields} for one in PHASES]})
    else:
        _show_phases()
    keep_tables(file, phase_tables, quiet=json)


def _show_phases() -> None:
    from model.market import PHASES

    table = grid("The phases of a month", ("#", "phase", "what happens", "writes"), right=(0,))
    for number, one in enumerate(PHASES, start=1):
        table.add_row(str(number), one.name, one.does, one.writes_in_words)
    console().print(table)


def list_outcomes(file: Path | None, json: bool) -> None:
    """Print the registered outcomes.

    Raises:
        InputError: The table cannot be written.
    """
    from experiments.spreadsheets.listings import outcome_tables
    from model.outcomes import OUTCOMES

    refuse(table_problems(file))
    if json:
        names = ("name_pattern", "unit", "meaning", "whole_run", "fiscal")
        print_json({"outcomes": [{name: getattr(one, name) for name in names} for one in OUTCOMES]})
    else:
        _show_outcomes()
    keep_tables(file, outcome_tables, quiet=json)


def _show_outcomes() -> None:
    from model.outcomes import OUTCOMES

    table = grid("Outcomes", ("name", "unit", "meaning"))
    for one in OUTCOMES:
        table.add_row(f"{one.name_pattern}_{{year}}", one.unit, one.meaning)
    console().print(table)
    console().print(
        "For every full calendar year of a run; without the year, for the whole run. Accounts of USPS also by fiscal "
        "year (October to September): usps_fiscal_net_income_usd_2026 and so on."
    )
