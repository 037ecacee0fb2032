"""The columns of a sweep, known before its first run so that all its files have the same ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.geography import SEGMENTS, ZONE_TYPES
from experiments.errors import InputError
from experiments.figures import HEADLINES, choose
from model.carriers import load_carriers
from model.measuring.places import RANKS
from model.outcomes import OUTCOMES
from model.records import Records
from model.scenario import Scenario
from model.zones import build_zone_table

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_YEAR = re.compile(r"_\d{4}$")
_OPTIONAL = re.compile(r"\[(.*?)\]")


def outcome_names(scenario: Scenario, with_first_year: bool = False) -> list[str]:
    """Names of all outcomes that a run of a scenario can have: for each full year, and for the whole run.

    Args:
        scenario: What is run.
        with_first_year: Also name what compares with the first year for that year, where it has no figure.
    """
    carriers = _carriers(scenario)
    shippers = tuple(scenario.shippers)
    names = [(name, one) for one in OUTCOMES for name in _expand(one.name_pattern, carriers, shippers)]
    calendar = [
        f"{name}_{year}"
        for year in _years(scenario, 1)
        for name, one in names
        if with_first_year or not one.from_second_year or Month(year, 1) - scenario.start >= MONTHS_PER_YEAR
    ]
    fiscal = [
        f"{name.replace('_', '_fiscal_', 1)}_{year}"
        for year in _years(scenario, 10)
        for name, one in names
        if one.fiscal
    ]
    return list(dict.fromkeys([*calendar, *fiscal, *(name for name, one in names if one.whole_run)]))


def _years(scenario: Scenario, first_month: int) -> list[int]:
    """Years of a run that begin with a calendar month and are full; fiscal ones are named by their end."""
    begin = scenario.start + (first_month - scenario.start.month) % MONTHS_PER_YEAR
    count = (scenario.end - begin + 1) // MONTHS_PER_YEAR
    return [begin.year + (first_month > 1) + i for i in range(max(0, count))]


def series_names(scenario: Scenario) -> list[str]:
    """Names of the monthly series of a run."""
    carriers = _carriers(scenario)
    return [str(name) for name in Records(0, carriers, 1, Month(2025, 1), tuple(scenario.shippers)).frame().columns]


def check_outcomes(scenario: Scenario, patterns: Sequence[str]) -> None:
    """Check the outcomes that somebody wants to see of a run.

    Args:
        scenario: What is run.
        patterns: Names or patterns, with or without a year.

    Raises:
        InputError: All patterns that fit nothing that a run of this scenario can have.
    """
    problems: list[str] = []
    if patterns:
        choose_outcomes(scenario, patterns, problems, "outcome")
    if problems:
        raise InputError(problems)


def choose_outcomes(
    scenario: Scenario, patterns: Sequence[str], problems: list[str], option: str = "outcomes"
) -> list[str]:
    """Outcomes that a sweep keeps.

    Args:
        scenario: Any scenario of the design; they share their months.
        patterns: Names or patterns, with or without a year; the headlines when there are none.
        problems: Gets a line for every pattern that fits nothing.
        option: What the patterns were given as.
    """
    known = outcome_names(scenario)
    if scenario.n_months < MONTHS_PER_YEAR:
        problems += [
            f"{option}: {pattern!r} is of a year, but the runs end before any year is full"
            for pattern in patterns
            if _YEAR.search(pattern)
        ]
    # A pattern that knows its outcome asks for nothing wrong, even where the run is too short for any figure of it.
    also = [name for name in outcome_names(scenario, with_first_year=True) if name not in known]
    known += [name for name in also if any(_fits(name, one) and not _YEAR.search(one) for one in patterns)]
    found = _chosen(option, known, patterns, problems) if patterns else choose(known, HEADLINES)
    kept = [name for name in found if name not in also]
    if patterns and found and not kept:
        problems.append(f"{option}: of a first year there is no {found[0]}; the runs must have a second one")
    return kept


def choose_series(scenario: Scenario, patterns: Sequence[str], problems: list[str]) -> list[str]:
    """Monthly series that a sweep keeps; see `choose_outcomes`."""
    return _chosen("monthly", series_names(scenario), patterns, problems) if patterns else []


def _chosen(what: str, known: Sequence[str], patterns: Iterable[str], problems: list[str]) -> list[str]:
    patterns = list(patterns)
    for pattern in patterns:
        if not choose(known, [pattern]) and not any(pattern in problem for problem in problems):
            close = difflib.get_close_matches(pattern, known, n=3, cutoff=0.5)
            listing = (
                "`lastmile outcomes` lists them" if what != "monthly" else f"there are {', '.join(known[:5])}, ..."
            )
            hint = f"did you mean {', '.join(close)}?" if close else listing
            problems.append(f"{what}: {pattern!r} fits nothing; {hint}")
    return choose(known, patterns)


def _fits(name: str, pattern: str) -> bool:
    return bool(choose([name], [pattern]))


def _carriers(scenario: Scenario) -> tuple[str, ...]:
    return load_carriers(
        scenario.parameters, build_zone_table(scenario.parameters), scenario.carriers, scenario.shippers
    ).keys


def _expand(patterns: str, carriers: Sequence[str], shippers: Sequence[str]) -> list[str]:
    """Replace what stands in braces by every actor, segment or zone type; what stands in brackets is optional."""
    values: dict[str, Sequence[object]] = {
        "carrier": carriers,
        "shipper": shippers,
        "segment": SEGMENTS,
        "zone_type": ZONE_TYPES,
        "n": range(1, RANKS + 1),
    }
    found: list[str] = []
    left = patterns.split(", ")
    while left:
        name = left.pop(0)
        optional, hole = _OPTIONAL.search(name), _PLACEHOLDER.search(name)
        if optional:
            left[:0] = [name.replace(optional[0], "", 1), name.replace(optional[0], optional[1], 1)]
        elif hole and hole[1] not in values:
            raise ValueError(f"outcome {patterns!r}: nothing is known about {hole[0]}; add it to {__name__}")
        elif hole:
            left[:0] = [name.replace(hole[0], str(value)) for value in values[hole[1]]]
        else:
            found.append(name)
    return found
