"""Run the external tests and hold what comes out against the limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from experiments.external.declaration import ExternalTest, Figures, Reading
from experiments.external.limits import COMPARISON, TEST, Limit, limits
from experiments.external.tests import RUNS, TESTS
from experiments.provenance import provenance
from experiments.runs import Progress, start_market
from experiments.settings import check_count, gather
from experiments.workers import Task, work_all

DEFAULT_SEEDS, DEFAULT_SHIPPERS = 3, 1000
MAX_SEEDS = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure beside what was published.

    Attributes:
        limit: Row of `limits.csv`.
        value: The model's, mean of the seeds.
        lowest: Lowest of the seeds.
        highest: Highest of them.
        holds: Whether the mean lies within the limit.
        reason: Why the model is believed to fail; empty where it does not.
    """

    limit: Limit
    value: float
    lowest: float
    highest: float
    holds: bool
    reason: str


@dataclass(frozen=True, eq=False)
class ExternalTests:
    """What all tests found.

    Attributes:
        findings: One for every row of the limits, in their order.
        figures: Every figure that a test computes, mean of the seeds.
        seeds: Seeds, from 1 on.
        n_shippers: Shippers of each run.
        provenance: Where the result comes from.
    """

    findings: tuple[Finding, ...]
    figures: dict[str, float]
    seeds: int
    n_shippers: int
    provenance: dict[str, Any] = field(repr=False)

    @property
    def holds(self) -> bool:
        """Whether all limits are met."""
        return all(one.holds for one in self.findings)

    @property
    def complete(self) -> bool:
        """Whether every test was run."""
        return len(self.findings) == len(limits())

    def of(self, key: str) -> tuple[Finding, ...]:
        """The figures of one test."""
        return tuple(one for one in self.findings if one.limit.test == key)

    def remark(self, key: str) -> str:
        """What a reader must know to judge a test, met or not; empty where there is nothing."""
        test = next(test for test in TESTS if test.key == key)
        return test.remark.format(**_figures_of(key, self.figures)) if test.remark else ""

    def passed(self, key: str) -> bool:
        """Whether all figures of a test lie within their limits."""
        return all(one.holds for one in self.of(key))

    def count(self, kind: str) -> tuple[int, int]:
        """Figures of a kind ("test" or "comparison") within their limits, and all of that kind."""
        mine = [one.holds for one in self.findings if one.limit.kind == kind]
        return sum(mine), len(mine)

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile external --json` prints it."""
        return {
            "seeds": self.seeds,
            "shippers": self.n_shippers,
            "within": {kind: list(self.count(kind)) for kind in (TEST, COMPARISON)},
            "tests": [
                {"key": test.key, "title": test.title, "published": test.published, "comparable": test.comparable}
                | {"given": test.given, "remark": self.remark(test.key), "passed": self.passed(test.key)}
                for test in TESTS
                if self.of(test.key)
            ],
            "findings": [
                asdict(one.limit)
                | {name: _plain(getattr(one, name)) for name in ("value", "lowest", "highest")}
                | {"holds": one.holds, "reason": one.reason}
                for one in self.findings
            ],
            "figures": {name: _plain(value) for name, value in self.figures.items()},
            "provenance": self.provenance,
        }


@dataclass(frozen=True)
class RunTask(Task):
    """One run to do, which one of `RUNS` it is, and for which tests."""

    key: str
    tests: tuple[str, ...]


def play(task: Task) -> dict[str, Figures]:
    """Play one run as far as the tests look at it, and take from it what they want, by key of the test."""
    assert isinstance(task, RunTask)
    wanted = [
        (test.key, reading) for test in _named(task.tests) for reading in test.readings if reading.run == task.key
    ]
    market = start_market(task.scenario, task.seed)
    last = max(market.n_months if reading.after is None else max(reading.after) for _, reading in wanted)
    taken: list[list[Figures]] = [[] for _ in wanted]
    while True:
        for (_, reading), found in zip(wanted, taken, strict=True):
            if _looks(reading, market.months_done, market.n_months):
                found.append(reading.read(market))
        if market.months_done >= last:
            break
        market.step()
    by_test: dict[str, dict[str, Any]] = {}
    for (key, _), found in zip(wanted, taken, strict=True):
        by_test.setdefault(key, {}).update({name: _mean([one[name] for one in found]) for name in found[0]})
    return dict(by_test)


def _looks(reading: Reading, done: int, n_months: int) -> bool:
    return done == n_months if reading.after is None else done in reading.after


def _mean(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else np.mean(values, axis=0)


def _named(keys: Sequence[str]) -> list[ExternalTest]:
    return [test for test in TESTS if test.key in keys]


def _values(read: Mapping[str, Mapping[str, Figures]], keys: Sequence[str]) -> dict[str, float]:
    """Every figure of some tests, of one seed.

    Args:
        read: What was taken, by run and test.
        keys: Keys of the tests.
    """
    found: dict[str, float] = {}
    for test in _named(keys):
        mine = {reading.run: read[reading.run][test.key] for reading in test.readings}
        found |= {f"{test.key} {name}": value for name, value in test.compare(mine).items()}
    return found


def judge(values: Sequence[Mapping[str, float]], rows: Sequence[Limit] | None = None) -> tuple[Finding, ...]:
    """Hold figures against limits.

    Args:
        values: Figures by "test name", one mapping for each seed.
        rows: Limits; those of `limits.csv` unless given.
    """
    found = []
    for row in limits() if rows is None else rows:
        each = np.array([one[f"{row.test} {row.figure}"] for one in values])
        mean = float(each.mean())
        holds = row.holds(mean)
        reason = "" if holds else _reason(row, values)
        found.append(Finding(row, mean, float(each.min()), float(each.max()), holds, reason))
    return tuple(found)


def _reason(row: Limit, values: Sequence[Mapping[str, float]]) -> str:
    """Why the model is believed to fail, with its own figures."""
    test = next(test for test in TESTS if test.key == row.test)
    mean = {name: float(np.mean([one[name] for one in values])) for name in values[0]}
    return test.because.get(row.figure, "No reason is known.").format(**_figures_of(row.test, mean))


def _figures_of(key: str, figures: Mapping[str, float]) -> dict[str, float]:
    """Figures of one test by their own names."""
    return {name.removeprefix(f"{key} "): value for name, value in figures.items() if name.startswith(f"{key} ")}


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def external_tests(
    tests: Sequence[str] = (),
    seeds: int = DEFAULT_SEEDS,
    shippers: int = DEFAULT_SHIPPERS,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ExternalTests:
    """Hold the model against natural experiments and published studies.

    Args:
        tests: Keys of the tests, for example "X7"; all where none is named.
        seeds: Seeds of every run, from 1 on.
        shippers: Shippers of every run.
        workers: Processes; one per processor unless told.
        progress: Called with runs done and runs in all.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
    """
    problems: list[str] = []
    check_count("seeds", seeds, 1, MAX_SEEDS, problems)
    keys = [test.key for test in TESTS]
    problems += [f"test: {key!r} is not known; there are {', '.join(keys)}" for key in tests if key not in keys]
    chosen = tuple(key for key in keys if not tests or key in tests)
    runs = {reading.run for test in _named(chosen) for reading in test.readings}
    prepared, usual = gather(
        lambda: {key: RUNS[key].prepare(shippers) for key in RUNS if key in runs},
        lambda: RUNS["baseline"].prepare(shippers),
        known=problems,
    )
    # The longest runs first, so that no process waits for another at the end.
    order = sorted(prepared, key=lambda key: -prepared[key].n_months)
    tasks = [RunTask(prepared[key], seed, key, chosen) for key in order for seed in range(1, seeds + 1)]
    by_seed: dict[int, dict[str, dict[str, Figures]]] = {}
    for task, read in zip(tasks, work_all(play, tasks, workers, progress), strict=True):
        by_seed.setdefault(task.seed, {})[task.key] = read
    values = [_values(by_seed[seed], chosen) for seed in sorted(by_seed)]
    return ExternalTests(
        findings=judge(values, [row for row in limits() if row.test in chosen]),
        figures={name: float(np.mean([one[name] for one in values])) for name in values[0]},
        seeds=seeds,
        n_shippers=shippers,
        provenance=provenance(usual),
    )
