"""Several scenarios under the same luck."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from agents.calendar import Month
from experiments.draws import DrawSet, load_draws
from experiments.errors import InputError
from experiments.gains import adding_up, gain_parts, gains
from experiments.paired import advice, paired_table
from experiments.parties import Roster, party_notes
from experiments.provenance import provenance
from experiments.resolution import coarse_note
from experiments.runs import Progress
from experiments.settings import check_count, check_seeds, check_workers, gather, late_shocks
from experiments.simulation import Simulation
from experiments.storage import write_result
from experiments.variants import Variant, prepare_variant
from experiments.workers import Replication, Task, replicate_all
from model.scenario import Scenario
from model.seeds import Seed, seed_made

MAX_REPLICATIONS = 100_000
DEFAULT_REPLICATIONS = 10
DEFAULT_WIDTH = 0.25


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scenarios side by side; differences are to the first, run by run with the same seed.

    Attributes:
        scenarios: What was assumed, in order.
        seed: First seed; the others follow it.
        replications: Seeds per scenario.
        table: See `experiments.paired.paired_table`.
        runs: Outcomes of every run, index (scenario, seed).
        balances: Worst month of all runs, by scenario.
        warnings: What to keep in mind when reading the table.
        draws: Parameter draws that the seeds took; None where all runs had the scenarios' own parameters.
        made: Where a comparison that was saved comes from, by scenario; None for one of this code.
    """

    scenarios: tuple[Scenario, ...]
    seed: int
    replications: int
    table: pd.DataFrame = field(repr=False)
    runs: pd.DataFrame = field(repr=False)
    balances: dict[str, dict[str, float]] = field(repr=False)
    warnings: tuple[str, ...]
    draws: dict[str, Any] | None = field(default=None, repr=False)
    made: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the runs come from, by scenario; see `experiments.provenance`."""
        return self.made or {scenario.name: provenance(scenario) for scenario in self.scenarios}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scenarios, in order."""
        return tuple(scenario.name for scenario in self.scenarios)

    def difference(self, outcome: str, scenario: str) -> float:
        """Mean paired difference of an outcome to the first scenario."""
        differences: dict[Any, float] = self.table["difference"].to_dict()
        return differences[outcome, scenario]

    def gains(self) -> pd.DataFrame:
        """Who gains and who loses against the first scenario; see `experiments.gains.gains`."""
        return gains(self.runs, self.names)

    def gain_parts(self) -> pd.DataFrame:
        """What each gain consists of; see `experiments.gains.gain_parts`."""
        return gain_parts(self.runs, self.names)

    def adding_up(self) -> pd.DataFrame:
        """What all gains add up to, and why; see `experiments.gains.adding_up`."""
        return adding_up(self.runs, self.names)

    def summary(self) -> dict[str, Any]:
        """The comparison as `lastmile compare --json` prints it."""
        outcomes: dict[str, dict[str, Any]] = {}
        rows: dict[Any, Any] = self.table.to_dict("index")
        for (outcome, name), row in rows.items():
            values = {key: None if math.isnan(value) else value for key, value in row.items()}
            outcomes.setdefault(outcome, {})[name] = values
        return {
            "scenarios": list(self.names),
            "seed": self.seed,
            "replications": self.replications,
            "from": str(self.scenarios[0].start),
            "until": str(self.scenarios[0].end),
            "outcomes": outcomes,
            "gains": _records(self.gains()),
            "gain_parts": _records(self.gain_parts()),
            "adding_up": _records(self.adding_up()),
            "balances": self.balances,
            "warnings": list(self.warnings),
            "draws": self.draws,
            "provenance": self.provenance,
        }

    def save(self, folder: str | Path) -> Path:
        """Write table and runs as parquet and the summary as JSON, all or nothing.

        Raises:
            InputError: The folder is a file or holds something else than an earlier result.
        """
        titles = {scenario.name: scenario.title for scenario in self.scenarios}
        return write_result(folder, {"table": self.table, "runs": self.runs}, {**self.summary(), "titles": titles})


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table with its index as JSON can hold them."""
    rows = table.reset_index().to_dict("records")
    return [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in rows]


def compare(
    scenarios: Sequence[Variant],
    set: Mapping[str, Any] | None = None,
    seed: Seed = 1,
    until: str | Month | None = None,
    replications: int = DEFAULT_REPLICATIONS,
    workers: int | None = None,
    width: float = DEFAULT_WIDTH,
    progress: Progress | None = None,
    draws: str | Path | None = None,
    roster: Roster | None = None,
    shocks: Sequence[Any] = (),
    from_: str | Month | None = None,
) -> Comparison:
    """Run scenarios with the same seeds (seed, seed + 1, ...) and compare each with the first.

    Args:
        scenarios: Two or more names, paths or scenarios; one with changes of its own as "withdraw:build_limit=0.5" or
            as a pair ("withdraw", {"build_limit": 0.5}), which its name then tells.
        set: Levers and parameters to change in all of them; none that one of them sets itself.
        seed: First seed, or what NumPy takes for one: the result tells the number that is made of it.
        until: Last month of all of them.
        replications: Seeds per scenario.
        workers: Processes; one for each processor unless told.
        width: Half-width of an interval, relative to the difference, beyond which a warning is given.
        progress: Called with runs done and runs in all.
        draws: A stored set of parameter draws by name, or a parquet file: seed s takes draw s, the same in all
            scenarios, so that the intervals hold luck and parameters. None for the parameters as they are.
        roster: Classes of one's own that decide for parties in all of them, or their import paths, by key.
        shocks: Dated shocks of all of them, beside those of the scenarios; see `model.shocks`.
        from_: First month of all of them.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
        experiments.workers.WorkerError: A worker process ended before its run did.
    """
    first: int = seed_made(seed)
    chosen, drawn = check_comparison(
        scenarios, set, first, until, replications, workers, width, draws, roster, shocks, from_
    )
    seeds = range(int(first), int(first) + int(replications))
    tasks = [
        Task(scenario if drawn is None else drawn.scenario(scenario, one - 1), one)
        for scenario in chosen
        for one in seeds
    ]
    found = replicate_all(tasks, None if workers is None else int(workers), progress)
    compared = assemble(chosen, int(first), int(replications), found, width)
    return compared if drawn is None else replace(compared, draws=drawn.describe())


def assemble(
    chosen: Sequence[Scenario],
    seed: int,
    replications: int,
    found: Sequence[Replication | Simulation],
    width: float = DEFAULT_WIDTH,
) -> Comparison:
    """Make a comparison of runs that have been done.

    Args:
        chosen: The scenarios, the reference first.
        seed: First seed.
        replications: Seeds per scenario.
        found: What every run left, by scenario and then by seed.
        width: See `compare`.
    """
    names = [scenario.name for scenario in chosen]
    runs = pd.DataFrame([replication.outcomes for replication in found], dtype=float)
    runs.index = pd.MultiIndex.from_product([names, range(seed, seed + replications)], names=["scenario", "seed"])
    table = paired_table(runs, names)
    coarse = coarse_note(scenario.parameters.n_shippers for scenario in chosen)
    return Comparison(
        scenarios=tuple(chosen),
        seed=seed,
        replications=replications,
        table=table,
        runs=runs,
        balances=_worst_balances(names, found),
        warnings=(*filter(None, [coarse]), *advice(table, replications, width), *_notes(chosen), *_ends(chosen, found)),
    )


def _ends(chosen: Sequence[Scenario], found: Sequence[Replication | Simulation]) -> Iterator[str]:
    """How many runs of a scenario a condition has ended early, and when; their later outcomes are missing."""
    each = len(found) // len(chosen)
    for position, scenario in enumerate(chosen):
        runs = found[position * each : (position + 1) * each]
        if early := sorted(one.ended for one in runs if one.ended):
            when = dict.fromkeys((early[0].partition(":")[0], early[-1].partition(":")[0]))
            yield (
                f"{len(early)} of {len(runs)} runs of {scenario.name} ended early ({' to '.join(when)}), where "
                f"{scenario.stop_when}; what they lack is left out of means and differences"
            )


def _notes(chosen: Sequence[Scenario]) -> list[str]:
    """Who takes part where it is not the usual party; with the scenario where they differ."""
    notes = {scenario.name: (*party_notes(scenario), *late_shocks(scenario)) for scenario in chosen}
    if len({*notes.values()}) == 1:
        return [*notes[chosen[0].name]]
    return [f"in {name} {note}" for name, found in notes.items() for note in found]


def check_comparison(
    scenarios: Sequence[Variant],
    set: Mapping[str, Any] | None,
    seed: int,
    until: str | Month | None,
    replications: int,
    workers: int | None,
    width: float,
    draws: str | Path | None = None,
    roster: Roster | None = None,
    shocks: Sequence[Any] = (),
    from_: str | Month | None = None,
) -> tuple[list[Scenario], DrawSet | None]:
    """Return the scenarios of a comparison and the draws of its seeds.

    Raises:
        InputError: All problems.
    """

    def numbers() -> None:
        problems: list[str] = []
        check_count("replications", replications, 1, MAX_REPLICATIONS, problems)
        check_workers(workers, problems)
        if not 0 < width < math.inf:
            problems.append(f"width: {width!r} is not allowed; it must be a share above 0, for example 0.25")
        if isinstance(scenarios, str | Path | Scenario) or len(scenarios) < 2:
            problems.append("compare needs two scenarios or more, for example: renew withdraw")
        if problems:
            raise InputError(problems)

    listed = [scenarios] if isinstance(scenarios, str | Path | Scenario) else list(scenarios)
    loads = [lambda one=one: prepare_variant(one, set, from_, until, roster, shocks) for one in listed]
    _, _, drawn, *chosen = gather(
        numbers,
        lambda: check_seeds(seed, max(1, replications)),
        lambda: None if draws is None else load_draws(draws),
        *loads,
    )
    check_together(chosen)
    if drawn is not None:
        drawn.check_free(chosen, set or {})
    return chosen, drawn


def check_together(chosen: Sequence[Scenario]) -> None:
    """Check that scenarios can be told apart and run over the same months.

    Raises:
        InputError: All problems.
    """
    problems = []
    names = [scenario.name for scenario in chosen]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.append(f"scenario {name!r} comes {names.count(name)} times; each needs a name of its own")
    first = chosen[0]
    for scenario in chosen[1:]:
        if (scenario.start, scenario.end) != (first.start, first.end):
            problems.append(
                f"scenario {scenario.name!r} runs from {scenario.start} to {scenario.end}, but {first.name!r} from "
                f"{first.start} to {first.end}; give one first month with from and one last month with until"
            )
    if problems:
        raise InputError(problems)


def _worst_balances(names: Sequence[str], found: Sequence[Replication | Simulation]) -> dict[str, dict[str, float]]:
    each = len(found) // len(names)
    worst = {}
    for position, name in enumerate(names):
        balances = [replication.balances for replication in found[position * each : (position + 1) * each]]
        worst[name] = {key: max((balance[key] for balance in balances), key=abs) for key in balances[0]}
    return worst
