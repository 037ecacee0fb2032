"""What is asked of a store, and what both its pictures and its tables need to answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from experiments.analysis.drivers import Drivers, drivers_of
from experiments.reports.report import headline_outcomes
from experiments.store.reading import SweepResult
from server.words import outcome_words


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


def answerable(result: SweepResult, question: Question) -> Question:
    """The question with what is not in the store replaced by what is, and nothing left open."""
    runs = result.runs
    scenario = question.scenario if question.scenario in result.scenarios else result.scenarios[0]
    if not (runs["status"] == "done").any():
        return Question(scenario=scenario)
    outcome = question.outcome if question.outcome in result.outcomes else next(iter(headline_outcomes(result)), None)
    ranked = leading_factors(result, outcome, scenario) if outcome is not None else list(result.factors)
    across = question.across if question.across in result.factors else ranked[0]
    down = question.down if question.down in result.factors and question.down != across else None
    down = down or next((name for name in ranked if name != across), None)
    return Question(outcome, scenario, across, down)


@lru_cache(maxsize=4)
def drivers_for(result: SweepResult, outcome: str, scenario: str) -> Drivers:
    """What drives an outcome, as `experiments.analysis.drivers` finds it; kept, for several figures ask."""
    return drivers_of(result, outcome, scenario)


def leading_factors(result: SweepResult, outcome: str, scenario: str) -> list[str]:
    """Factors by how much goes with them, then those of which nothing is known in their own order."""
    ranked = drivers_for(result, outcome, scenario).weights()
    return [*ranked, *(name for name in result.factors if name not in ranked)]


def unit_in_words(outcome: str, unit: str) -> str:
    """What an axis or a column shows."""
    words = outcome_words(outcome)
    return f"{words}, {unit}" if unit else words


def short_value(value: object) -> str:
    """A value of a factor, rounded where it is a number."""
    try:
        return f"{float(str(value)):.4g}"
    except ValueError:
        return str(value)
