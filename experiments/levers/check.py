"""Whether each lever moves what economics says it should: expectations from a data file against pairs of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from statistics import fmean
from typing import Any

from experiments.errors import InputError
from experiments.provenance import provenance
from experiments.runs import Progress
from experiments.settings import check_seeds, gather, prepare_scenario, read_settings
from experiments.workers import Task, replicate_all
from model.scenario import DEFAULT_SCENARIO, Scenario, levers, scenario_names
from model.shocks import KINDS
from model.tables import choice, number, read_table, text

FILE = "lever_expectations.csv"
DIRECTIONS = ("rises", "falls", "stays")
NOT_CHECKED = ("start", "end")  # they say when a run begins and ends, and move no outcome of a given year
_COLUMNS = {
    "kind": choice("scenario", "lever", "shock"),
    "subject": text(),
    "scenario": text(),
    "against": text(required=False),
    "base": text(required=False),
    "change": text(required=False),
    "outcome": text(),
    "direction": choice(*DIRECTIONS),
    "seeds": number(low=1.0),
    "why": text(),
    "explanation": text(required=False),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation, written before the run that checks it.

    A scenario is compared with the baseline or with another one that is named; a lever with the same scenario without
    its change.

    Attributes:
        kind: "scenario", "lever" or "shock".
        subject: Name of the scenario, lever or kind of shock.
        scenario: Scenario that is run.
        against: Scenario that a scenario is compared with; None for the baseline.
        base: Settings of both runs.
        change: Settings of the second run only; of a shock the shock itself, as `--shock` takes it.
        outcome: Outcome that should move.
        direction: One of `DIRECTIONS`.
        seeds: Pairs of runs over whose mean the outcome is judged: several where bargaining draws private errors.
        why: The economics, in words.
        explanation: Why the runs say otherwise, where they do and the reason was found; None elsewhere.
    """

    kind: str
    subject: str
    scenario: str
    against: str | None
    base: tuple[str, ...]
    change: tuple[str, ...]
    outcome: str
    direction: str
    seeds: int
    why: str
    explanation: str | None = None

    def pair(self, set: Mapping[str, Any], until: str | None) -> tuple[Scenario, Scenario]:
        """The two scenarios that are compared.

        Raises:
            InputError: The row names something that does not exist.
        """
        problems: list[str] = []
        base = read_settings(self.base, problems)
        struck = self.kind == "shock"
        change = {"shocks": list(self.change)} if struck else read_settings(self.change, problems)
        if problems:
            raise InputError(problems)
        first = (self.against or DEFAULT_SCENARIO) if self.kind == "scenario" else self.scenario
        sides = ((first, base), (self.scenario, {**base, **change}))
        # What the row sets is what it is about: `set` may not take it away.
        without, with_ = (
            prepare_scenario(prepare_scenario(name, own, until=until), set, keep_own=True) for name, own in sides
        )
        return without, with_


@dataclass(frozen=True, slots=True)
class Check:
    """What the runs say of an expectation.

    Attributes:
        expectation: The row.
        without: Outcome without the change, mean over the seeds.
        outcome: Outcome with it.
    """

    expectation: Expectation
    without: float
    outcome: float

    @property
    def holds(self) -> bool:
        """Whether the outcome moved as expected."""
        change = self.outcome - self.without
        return {"rises": change > 0.0, "falls": change < 0.0, "stays": change == 0.0}[self.expectation.direction]


@dataclass(frozen=True, eq=False)
class LeverCheck:
    """All expectations and what came of them.

    Attributes:
        checks: In the order of the file.
        missing: Scenarios, levers and kinds of shocks without an expectation.
        seed: Seed of all runs.
        provenance: Of the default scenario.
    """

    checks: tuple[Check, ...]
    missing: tuple[str, ...]
    seed: int
    provenance: dict[str, Any] = field(repr=False)

    @property
    def holds(self) -> bool:
        """Whether every scenario and lever has an expectation, and every expectation holds or is explained."""
        return not self.missing and all(check.holds or check.expectation.explanation for check in self.checks)

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile levers --check --json` prints it."""
        rows = []
        for check in self.checks:
            row = check.expectation
            rows.append(
                {
                    "kind": row.kind,
                    "subject": row.subject,
                    "owner": owner_of(row),
                    "scenario": row.scenario,
                    "against": row.against,
                    "settings": [*row.base, *row.change],
                    "outcome": row.outcome,
                    "expected": row.direction,
                    "seeds": row.seeds,
                    "without": check.without,
                    "with": check.outcome,
                    "holds": check.holds,
                    "why": row.why,
                    "explanation": None if check.holds else row.explanation,
                }
            )
        return {
            "seed": self.seed,
            "holds": self.holds,
            "without_expectation": list(self.missing),
            "checks": rows,
            "provenance": self.provenance,
        }


def owner_of(row: Expectation) -> str:
    """Whose lever it is, the world's where it is a shock; empty for a scenario."""
    if row.kind == "shock":
        return "the world"
    return {lever.key: lever.owner for lever in levers()}.get(row.subject, "") if row.kind == "lever" else ""


def read_expectations() -> tuple[Expectation, ...]:
    """Read the expectations, in the order of the file.

    Raises:
        model.tables.DataError: The file is wrong.
    """
    rows = read_table(FILE, _COLUMNS, folder=files("experiments").joinpath("levers"))
    return tuple(
        Expectation(
            **{
                **row,
                "base": _settings(row["base"]),
                "change": _settings(row["change"]),
                "seeds": int(row["seeds"]),
            }
        )
        for row in rows
    )


def _settings(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (cell or "").split(";") if part.strip())


def without_expectation(rows: Sequence[Expectation]) -> tuple[str, ...]:
    """Scenarios of the library, levers and kinds of shocks that no row is about."""
    said = {(row.kind, row.subject) for row in rows}
    wanted = [("scenario", name) for name in scenario_names() if name != DEFAULT_SCENARIO]
    wanted += [("lever", lever.key) for lever in levers() if lever.key not in NOT_CHECKED]
    wanted += [("shock", name) for name in KINDS]
    return tuple(f"{kind} {subject}" for kind, subject in wanted if (kind, subject) not in said)


def check_levers(
    subjects: Sequence[str] = (),
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    until: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> LeverCheck:
    """Run every pair and compare.

    Args:
        subjects: Scenarios, levers and kinds of shocks to check; all unless told.
        set: Settings of all runs, for example fewer shippers.
        seed: First seed; rows with several pairs use those that follow it.
        until: Last month.
        workers: Processes; one for each processor unless told.
        progress: Called with runs done and runs in all.

    Raises:
        InputError: What was asked for is not possible, or an outcome does not exist.
    """
    rows = read_expectations()
    if unknown := sorted({*subjects} - {row.subject for row in rows}):
        raise InputError(f"levers: no expectation about {', '.join(unknown)}")
    chosen = [row for row in rows if not subjects or row.subject in subjects]
    pairs: list[tuple[Scenario, Scenario]] = gather(
        *(lambda row=row: row.pair(set or {}, until) for row in chosen),
        lambda: check_seeds(seed, max((row.seeds for row in chosen), default=1)),
    )[:-1]
    needed = [
        [_tasks(scenario, int(seed), row.seeds) for scenario in pair] for row, pair in zip(chosen, pairs, strict=True)
    ]
    tasks = list(dict.fromkeys(task for pair in needed for side in pair for task in side))
    found = dict(zip(tasks, replicate_all(tasks, workers, progress), strict=True))
    checks, problems = [], []
    for row, pair in zip(chosen, needed, strict=True):
        try:
            without, with_ = (fmean(found[task].outcomes[row.outcome] for task in side) for side in pair)
        except KeyError:
            problems.append(f"{FILE}, {row.subject}: the runs have no outcome {row.outcome}")
        else:
            checks.append(Check(row, without, with_))
    if problems:
        raise InputError(problems)
    missing = () if subjects else without_expectation(rows)
    return LeverCheck(tuple(checks), missing, int(seed), provenance(prepare_scenario(DEFAULT_SCENARIO, set)))


def _tasks(scenario: Scenario, seed: int, n: int) -> list[Task]:
    return [Task(scenario, one) for one in range(seed, seed + n)]
