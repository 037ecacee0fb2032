"""Tables of what there is: scenarios, levers, parameters, phases, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from experiments.provenance import changes
from experiments.spreadsheets.outcomes import Tables
from experiments.variants import spelled_value
from model.market import PHASES
from model.outcomes import OUTCOMES
from model.parameters import Parameter
from model.scenario import Scenario, levers, scenario_names

if TYPE_CHECKING:
    from experiments.questions.book import Question


def scenario_tables() -> Tables:
    """The scenario library, and what each scenario changes."""
    found = [Scenario.load(name) for name in scenario_names()]
    rows = [[one.name, "yes" if one.forced else "no", one.title, one.description] for one in found]
    changed = [
        [one.name, key, spelled_value(value)]
        for one in found
        for key, value in changes(one).items()
        if not isinstance(value, dict)
    ]
    return {
        "scenarios": pd.DataFrame(rows, columns=["name", "an outcome is imposed", "title", "what it assumes"]),
        "what they set": pd.DataFrame(changed, columns=["scenario", "lever or parameter", "value"]),
    }


def lever_tables() -> Tables:
    """The levers, by owner."""
    rows = [
        [one.owner, one.key, one.kind, " | ".join(one.choices), one.default, one.meaning]
        for one in sorted(levers(), key=lambda lever: lever.owner)
    ]
    columns = ["whose choice it is", "lever", "kind", "allowed values", "default", "meaning"]
    return {"levers": pd.DataFrame(rows, columns=columns)}


def parameter_tables(rows: list[Parameter]) -> Tables:
    """Parameters with ranges, units and sources."""
    cells = [
        [one.symbol, one.name, one.value, one.low, one.high, one.unit, one.status, one.settable, one.source, one.note]
        for one in rows
    ]
    columns = ["symbol", "meaning", "value", "likely range, lower end", "likely range, upper end", "unit", "status",
               "can be set", "source", "note"]  # fmt: skip
    return {"parameters": pd.DataFrame(cells, columns=columns)}


def phase_tables() -> Tables:
    """The phases of a month in order."""
    rows = [[number, one.name, one.does, one.writes_in_words] for number, one in enumerate(PHASES, start=1)]
    return {"phases": pd.DataFrame(rows, columns=["number", "phase", "what happens", "what it writes"])}


def outcome_tables() -> Tables:
    """The registered outcomes."""
    rows = [
        [one.name_pattern, one.unit, one.meaning, "yes" if one.whole_run else "no", "yes" if one.fiscal else "no"]
        for one in OUTCOMES
    ]
    columns = ["name without year", "unit", "meaning", "also of the whole run", "also by fiscal year"]
    return {"outcomes": pd.DataFrame(rows, columns=columns)}


def question_tables(book: Sequence[Question]) -> Tables:
    """Questions that people ask, and the command that answers each."""
    rows = [[one.number, one.ask, one.command, one.follows, one.follows_not] for one in book]
    columns = ["number", "question", "command", "what follows", "what does not"]
    return {"questions": pd.DataFrame(rows, columns=columns)}
