"""The verb: at which value of a lever or parameter does an outcome reach a figure?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from agents.calendar import Month
from experiments.draws import drawn_name
from experiments.intervals import domain_of, mean_interval
from experiments.parties import Roster, party_notes
from experiments.provenance import provenance
from experiments.resolution import coarse_note
from experiments.runs import Progress
from experiments.storage import write_result
from experiments.targets.crossing import Crossings, Region, Search, find_crossings
from experiments.targets.plan import TargetPlan, check_target
from experiments.targets.reach import Reach
from experiments.targets.runs import KIND, TargetRuns
from experiments.targets.varied import Varied
from experiments.targets.words import answer
from experiments.variants import spell
from experiments.workers import WorkerPool, default_workers
from model.scenario import Scenario

DEFAULT_REPLICATIONS = 20
DEFAULT_POINTS = 7
DEFAULT_TOLERANCE = 0.01
PICTURE = "curve.svg"
ROOT = ("value", "low", "high", "direction", "open_low", "open_high")


@dataclass(frozen=True, eq=False)
class Target:
    """Where an outcome reaches a figure.

    Attributes:
        scenario: What was assumed, but for what is varied.
        varied: What was varied and in which range.
        reach: What should be reached.
        seed: First seed; all values share the seeds.
        replications: Most seeds for one value.
        curve: One row a value that was looked at: value, seeds, mean, 95 % interval (low, high).
        root: One row a place where the mean reaches the figure, or may touch it: value (nan where it is not sure that
            it crosses), its 95 % interval (low, high), direction ("rises", "falls", "touches"), and whether the
            interval goes on beyond the range (open_low, open_high). Months count from year 0.
        beside: Other outcomes where the figure is reached: one row a root and outcome, mean with its 95 % interval.
        runs: One row a run: key, value, seed, what it shows of the figure ("reached"), and all its outcomes.
        shape: "rises", "falls", "not monotone" or "flat", as far as paired seeds can tell.
        answer: What was found, in sentences.
        warnings: What to keep in mind.
        draws: Parameter draws that the seeds took; None where all runs had the scenario's own parameters.
        made: Provenance of one that was saved and is open again; None where it was made just now.
    """

    scenario: Scenario
    varied: Varied
    reach: Reach
    seed: int
    replications: int
    curve: pd.DataFrame = field(repr=False)
    root: pd.DataFrame = field(repr=False)
    beside: pd.DataFrame = field(repr=False)
    runs: pd.DataFrame = field(repr=False)
    shape: str
    answer: str
    warnings: tuple[str, ...] = ()
    draws: dict[str, Any] | None = field(default=None, repr=False)
    made: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def provenance(self) -> dict[str, Any]:
        """Where it comes from; see `experiments.provenance`."""
        return provenance(self.scenario) if self.made is None else dict(self.made)

    @property
    def reaches(self) -> bool:
        """Whether the mean crosses the figure within the range."""
        return bool((self.root["direction"] != "touches").any())

    @property
    def command(self) -> str:
        """What makes the same again; empty where only a scenario file can say what was assumed."""
        words, _ = spell([self.scenario], months=False)
        if not words:
            return ""
        name, _, told = words.partition(" ")
        begin = "" if self.scenario.start == Scenario().start else f" --set start={self.scenario.start}"
        draws = "" if self.draws is None else f" --draws {drawn_name(self.draws)}"
        seed = "" if self.seed == 1 else f" --seed {self.seed}"
        ends = f"{self.varied.plain(self.varied.low)}..{self.varied.plain(self.varied.high)}"
        return (
            f"lastmile target {name} --vary {self.varied.name} --in {ends} --reach '{self.reach.text}' "
            f"--replications {self.replications} --until {self.scenario.end}{seed}{draws}{begin}"
            f"{f' {told}' if told else ''}"
        )

    def summary(self) -> dict[str, Any]:
        """The target as `lastmile target --json` prints it."""
        plain = self.varied.plain
        return {
            "kind": KIND,
            "scenario": self.scenario.name,
            "vary": self.varied.name,
            "unit": self.varied.unit,
            "meaning": self.varied.meaning,
            "in": [plain(self.varied.low), plain(self.varied.high)],
            "reach": {"text": self.reach.text, "outcome": self.reach.outcome, "figure": self.reach.figure,
                      "chance": self.reach.is_chance},
            "seed": self.seed,
            "replications": self.replications,
            "from": str(self.scenario.start),
            "until": str(self.scenario.end),
            "answer": self.answer,
            "reaches": self.reaches,
            "shape": self.shape,
            "root": [_with_plain(row, ("value", "low", "high"), plain) for row in self.root.to_dict("records")],
            "curve": [_with_plain(row, ("value",), plain) for row in self.curve.to_dict("records")],
            "beside": [_with_plain(row, (), plain) for row in self.beside.to_dict("records")],
            "runs": len(self.runs),
            "warnings": list(self.warnings),
            "command": self.command,
            "draws": self.draws,
            "provenance": self.provenance,
        }  # fmt: skip

    def save(self, folder: str | Path) -> Path:
        """Write the tables as parquet, the curve as SVG and the summary as JSON, all or nothing.

        Raises:
            InputError: The folder is a file or holds something else than an earlier result.
        """
        from experiments.targets.picture import draw_target

        tables = {"curve": self.curve, "root": self.root, "beside": self.beside, "runs": self.runs}
        summary = {**self.summary(), "title": self.scenario.title}
        return write_result(folder, tables, summary, {PICTURE: draw_target(self)})


def _with_plain(row: Mapping[Any, Any], values: Sequence[str], plain: Any) -> dict[str, Any]:
    """A row as JSON can hold it, its values as they can be set."""
    return {
        str(name): None if isinstance(one, float) and not math.isfinite(one) else plain(one) if name in values else one
        for name, one in row.items()
    }


def target(
    scenario: str | Path | Scenario = "baseline",
    vary: str = "",
    between: str | Sequence[Any] = "",
    reach: str = "",
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    until: str | Month | None = None,
    replications: int = DEFAULT_REPLICATIONS,
    points: int = DEFAULT_POINTS,
    tolerance: float = DEFAULT_TOLERANCE,
    beside: Sequence[str] = (),
    workers: int | None = None,
    progress: Progress | None = None,
    draws: str | Path | None = None,
    roster: Roster | None = None,
    out: str | Path | None = None,
) -> Target:
    """Find the value of a lever or parameter at which the mean of an outcome, or a chance, is a figure.

    Args:
        scenario: A name of the library, the path of a TOML file, or a scenario.
        vary: Lever (a month), parameter, or "price_access".
        between: The range, "2..5" or (2, 5).
        reach: "OUTCOME_YEAR=FIGURE" or "chance(OUTCOME_YEAR>BOUND)=CHANCE"; figures in the unit of the outcome ($,
            parcels, shares from 0 to 1), or with %, mn or bn behind them.
        set: Other levers and parameters to change.
        seed: First seed; all values share the seeds.
        until: Last month; the end of the year that is asked for unless told.
        replications: Most seeds for one value, 2 or more.
        points: Values that are looked at first, over the whole range.
        tolerance: How close to come, as a share of the range.
        beside: Names or patterns of other outcomes to tell where the figure is reached.
        workers: Processes; one for each processor unless told.
        progress: Called with runs done and runs asked for so far.
        draws: Parameter draws by name, or a parquet file: seed s takes draw s at every value.
        roster: Classes of one's own that decide for parties, or their import paths, by key.
        out: Folder for the result; runs that it holds already are not run again, whatever figure they were made for.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once, and nothing was run or written.
        experiments.workers.WorkerError: A worker process ended before its run did.
        KeyboardInterrupt: Somebody interrupted; with `out` all runs that had ended are kept there.
    """
    plan = check_target(
        scenario, vary, between, reach, set, seed, until, replications, points, tolerance, beside, workers, draws,
        roster, out,
    )  # fmt: skip
    search = Search(
        plan.varied.low, plan.varied.high, plan.reach.figure, int(replications), points=int(points),
        tolerance=float(tolerance), whole=plan.varied.whole, interval=plan.reach.interval,
    )  # fmt: skip
    with WorkerPool(default_workers() if workers is None else int(workers)) as pool:
        runs = TargetRuns(plan, pool, progress, out)
        try:
            found = find_crossings(runs.evaluate, search)
        except KeyboardInterrupt as error:
            if out is None or not runs.kept:
                raise
            runs.keep()
            raise KeyboardInterrupt(
                f"interrupted; {len(runs.kept):,} runs are kept in {out}. The same command goes on from there."
            ) from error
    result = _assembled(plan, search, found, runs)
    if out is not None:
        result.save(out)
    return result


def _assembled(plan: TargetPlan, search: Search, found: Crossings, runs: TargetRuns) -> Target:
    root = pd.DataFrame(
        [tuple(getattr(region, name) for name in ROOT) for region in found.regions], columns=list(ROOT)
    ).astype({"value": float, "low": float, "high": float})
    table = runs.table()
    notes = [
        *(f"{note}." for note in plan.notes),
        coarse_note([plan.scenario.parameters.n_shippers]),
        *(f"{note}." for note in party_notes(plan.scenario)),
        *_left_out(plan, found),
        *_too_few(plan, found),
    ]
    if plan.drawn is not None:
        notes.append(f"Seed s took parameter draw s of {plan.drawn.name}: intervals hold luck and parameters.")
    return Target(
        scenario=plan.scenario,
        varied=plan.varied,
        reach=plan.reach,
        seed=plan.seed,
        replications=plan.replications,
        curve=found.curve,
        root=root,
        beside=_beside(plan, found, table),
        runs=table,
        shape=found.shape,
        answer=answer(plan.varied, plan.reach, found),
        warnings=tuple(filter(None, notes)),
        draws=None if plan.drawn is None else plan.drawn.describe(),
    )


def _left_out(plan: TargetPlan, found: Crossings) -> list[str]:
    values = found.samples.values()
    notes = []
    if found.without:
        told = ", ".join(plan.varied.told(place) for place in found.without)
        notes.append(f"At {told} fewer than two runs have a figure of {plan.reach.outcome}; they are left out.")
    lacking = sum(int(np.isnan(one).sum()) for one in values)
    if lacking:
        notes.append(f"{lacking:,} of {sum(map(len, values)):,} runs have no figure of {plan.reach.outcome}.")
    return notes


def _too_few(plan: TargetPlan, found: Crossings) -> list[str]:
    """Where no number of hits would do: a chance near 0 or 1 needs many seeds before an interval leaves it out."""
    if not plan.reach.is_chance or not any(one.open_low or one.open_high for one in found.regions):
        return []
    rare = min(plan.reach.figure, 1.0 - plan.reach.figure)
    square = float(ndtri(0.975)) ** 2
    needed = math.floor(square * (1.0 - rare) / rare) + 1  # Wilson's interval of "always" ends at n / (n + square)
    if plan.replications >= needed:
        return []
    return [
        f"With {plan.replications} seeds no interval of a chance can leave out {plan.reach.told(plan.reach.figure)} on "
        f"the far side; {needed} would be the least."
    ]


def _beside(plan: TargetPlan, found: Crossings, runs: pd.DataFrame) -> pd.DataFrame:
    """Other outcomes at each root, seed by seed on the straight line between the two places around it."""
    rows = []
    for number, region in enumerate(found.regions):
        if region.direction == "touches":
            continue
        for name in plan.beside:
            values = _between(runs, name, region)
            if values.size >= 2:
                low, high = domain_of(name)
                mean, below, above = (float(one) for one in mean_interval(values, low, high))
                rows.append((number, name, mean, below, above))
    return pd.DataFrame(rows, columns=["root", "outcome", "mean", "low", "high"])


def _between(runs: pd.DataFrame, name: str, region: Region) -> np.ndarray[Any, np.dtype[np.float64]]:
    table = runs.pivot_table(index="seed", columns="value", values=name) if name in runs else pd.DataFrame()
    places = table.columns.to_numpy(dtype=float)
    if not len(places):
        return np.empty(0)
    after = min(int(np.searchsorted(places, region.value)), len(places) - 1)
    before = after if places[after] == region.value else max(after - 1, 0)
    gap = places[after] - places[before]
    share = (region.value - places[before]) / gap if gap else 0.0
    line = table.iloc[:, before] * (1.0 - share) + table.iloc[:, after] * share
    return line.dropna().to_numpy(dtype=float)
