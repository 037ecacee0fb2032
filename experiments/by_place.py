"""What scenarios do to places: who delivers, what it costs and how long it takes, county by county or zone by zone.

A county shows a change only where it exceeds two standard errors over paired seeds: which regional carrier gives up
where differs by luck. Who is reached follows from density, not from where stations stand, so a single county is an
illustration.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from agents.calendar import Month
from agents.geography import ZoneTable
from experiments.comparison import MAX_REPLICATIONS, check_together
from experiments.deadline import check_deadline
from experiments.draws import draws_note, seed_draws
from experiments.errors import InputError
from experiments.named_places import find_places, told_places
from experiments.paired import paired_difference
from experiments.parties import Roster
from experiments.provenance import provenance
from experiments.resolution import coarse_note
from experiments.runs import Progress, start_market
from experiments.settings import check_count, check_seeds, check_workers, gather, prepare_scenario
from experiments.storage import check_file
from experiments.workers import Task, work_all
from model.economy import Economy
from model.history import fitted_figures
from model.places import MEASURES, Measure, PlaceTable, county_places, measure_places, zone_places
from model.plain_values import plain
from model.scenario import Scenario
from model.whole_file import whole_file
from model.words import party_name
from model.zones import build_zone_table

KINDS = {"county": county_places, "zone": zone_places}
FORMATS = (".csv", ".parquet", ".xlsx")
DEFAULT_REPLICATIONS = 10
CLEAR = 2.0  # standard errors that a difference must exceed
TOLD = 10  # places named for each way in which one can lose
CAVEAT = (
    "A single county is an illustration: whom a carrier reaches follows from density, not from where stations stand; "
    f"only differences beyond {CLEAR:g} standard errors are told"
)

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceRun:
    """What one run leaves: measures by place, (M, N), and coverage each December by carrier, {year: {key: (Z,)}}."""

    values: Floats
    coverage: dict[int, dict[str, Floats]]


@dataclass(frozen=True, eq=False)
class Places:
    """Scenarios by place; differences are to the first, run by run with the same seed.

    Attributes:
        by: "county" or "zone".
        scenarios: What was assumed, in order.
        month: Month that was looked at.
        seed: First seed; the others follow it.
        replications: Seeds per scenario.
        table: One row a scenario and place, index (scenario, id): name, state, latitude, longitude, households, who
            delivers most, and each of `MEASURES` with `_difference` and `_error`, the mean paired difference and its
            standard error (nan in the first scenario and where there is one seed).
        coverage: Share of households that own routes reach, mean over seeds, index (scenario, year, zone), one column a
            carrier.
        warnings: What to keep in mind.
        asked: Places that were asked for, and all of them together, by measure; see `named_places.told_places`.
    """

    by: str
    scenarios: tuple[Scenario, ...]
    month: Month
    seed: int
    replications: int
    table: pd.DataFrame = field(repr=False)
    coverage: pd.DataFrame = field(repr=False)
    warnings: tuple[str, ...] = ()
    asked: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scenarios, in order."""
        return tuple(scenario.name for scenario in self.scenarios)

    def losers(self, scenario: str, measure: Measure, most: int | None = TOLD) -> pd.DataFrame:
        """Places that clearly lose in one respect, worst first, with households, difference and error.

        With one seed no error is known, and every loss counts.

        Args:
            scenario: Not the first one.
            measure: One that can be worse.
            most: How many to name; None for all.
        """
        rows = self.table.loc[scenario]
        difference, error = rows[f"{measure.name}_difference"], rows[f"{measure.name}_error"]
        loss = difference * measure.worse
        clear = (loss > 0.0) & ~(loss <= CLEAR * error)
        columns = ["name", "households", f"{measure.name}_difference", f"{measure.name}_error"]
        order = loss[clear].sort_values(ascending=False, kind="stable").index[:most]
        found = pd.DataFrame(rows.loc[order, columns])
        return found.set_axis(["name", "households", "difference", "error"], axis=1)

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile places --json` prints it; the places themselves are in the file."""
        lost: dict[str, Any] = {}
        for scenario in self.names[1:]:
            for measure in (one for one in MEASURES if one.worse):
                found = self.losers(scenario, measure, None)
                told = found.head(TOLD).reset_index().to_dict("records")
                lost.setdefault(scenario, {})[measure.name] = {
                    "places": len(found),
                    "households": float(found["households"].sum()),
                    "most": [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in told],
                }
        return {
            "by": self.by,
            "month": str(self.month),
            "scenarios": list(self.names),
            "seed": self.seed,
            "replications": self.replications,
            "places": len(self.table) // len(self.names),
            "lost": lost,
            "asked": self.asked.astype(object).where(self.asked.notna(), None).to_dict("records"),
            "warnings": list(self.warnings),
            "provenance": {scenario.name: provenance(scenario) for scenario in self.scenarios},
        }

    def save(self, file: str | Path) -> Path:
        """Write the table as CSV, parquet or an Excel sheet, by the end of the file's name, all or nothing.

        Raises:
            InputError: See `check_out`.
        """
        target = check_out(file)
        flat = self.table.reset_index()
        with whole_file(target) as draft:
            _write(flat, draft)
        return target


def _write(table: pd.DataFrame, file: Path) -> None:
    if file.suffix == ".csv":
        table.to_csv(file, index=False)
    elif file.suffix == ".parquet":
        table.to_parquet(file, index=False)
    else:
        with pd.ExcelWriter(file, engine="xlsxwriter") as book:
            table.to_excel(book, sheet_name="places", index=False, freeze_panes=(1, 3))


def places(
    scenarios: Sequence[str | Path | Scenario],
    by: str = "county",
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    until: str | Month | None = None,
    month: str | Month | None = None,
    replications: int = DEFAULT_REPLICATIONS,
    workers: int | None = None,
    progress: Progress | None = None,
    roster: Roster | None = None,
    draws: str | Path | None = None,
    place: Sequence[str] = (),
) -> Places:
    """Run scenarios with the same seeds (seed, seed + 1, ...) and look at every place in one month.

    Args:
        scenarios: One or more names, paths or scenarios; differences are to the first.
        by: "county" or "zone".
        set: Levers and parameters to change in all of them; none that one of them sets itself.
        seed: First seed.
        until: Last month of all of them.
        month: Month to look at; the last one unless told. Runs end with it.
        replications: Seeds per scenario.
        workers: Processes; one for each processor unless told.
        progress: Called with runs done and runs in all.
        roster: Classes of one's own that decide for parties in all of them, or their import paths, by key.
        draws: Parameter draws, stored or a parquet file: seed s takes draw s, the same in all scenarios, so that errors
            hold luck and parameters. None for the parameters as they are.
        place: Places to tell by themselves and together, by name or code.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
        experiments.workers.WorkerError: A worker process ended before its run did.
    """
    chosen, looked = check_places(scenarios, by, set, seed, until, month, replications, workers, roster, place)
    drawn = seed_draws(draws, chosen, set or {})
    seeds = range(int(seed), int(seed) + int(replications))
    tasks = [Task(drawn(scenario, one), one) for scenario in chosen for one in seeds]
    work = functools.partial(look, by=by, month=looked)
    found = work_all(work, tasks, None if workers is None else int(workers), progress)
    result = assemble(chosen, by, looked, int(seed), int(replications), found, place)
    return result if draws is None else replace(result, warnings=(*result.warnings, draws_note(str(draws))))


def look(task: Task, by: str, month: Month) -> PlaceRun:
    """Run one task until a month and measure every place in it."""
    market = start_market(task.scenario, task.seed)
    while not market.finished and market.month <= month:
        market.step()
        check_deadline()
    return look_at(market, KINDS[by](market.zones))


def look_at(market: Economy, table: PlaceTable) -> PlaceRun:
    """Measure every place in the month that a market has played last."""
    values = measure_places(market, table)
    coverage = {
        year: dict(zip(market.carriers.keys, reached, strict=True)) for year, reached in market.records.coverage.items()
    }
    return PlaceRun(np.stack([values[one.name] for one in MEASURES]), coverage)


def assemble(
    chosen: Sequence[Scenario],
    by: str,
    month: Month,
    seed: int,
    replications: int,
    found: Sequence[PlaceRun],
    place: Sequence[str] = (),
) -> Places:
    """Put runs that have been done together.

    Args:
        chosen: The scenarios, the reference first.
        by: Kind of place.
        month: Month that was looked at.
        seed: First seed.
        replications: Seeds per scenario.
        found: What every run left, by scenario and then by seed.
        place: Places to tell by themselves and together, by name or code.
    """
    names, zones = [scenario.name for scenario in chosen], _zones(chosen[0])
    table = KINDS[by](zones)
    values = np.stack([run.values for run in found]).reshape(len(names), replications, len(MEASURES), -1)
    frames = [_frame(table, values[i], values[0] if i else None) for i in range(len(names))]
    whole = pd.concat(frames, keys=names, names=["scenario", "id"])
    notes = [coarse_note(scenario.parameters.n_shippers for scenario in chosen)]
    if replications == 1 and len(names) > 1:
        notes.append("One replication gives no error: what is luck and what is the scenario cannot be told apart.")
    if len(names) > 1:
        notes.append(luck_note(replications))
    coverage = _coverage(names, zone_places(zones).ids, replications, found)
    asked = told_places(table, find_places(table, place), values, names) if place else pd.DataFrame()
    return Places(by, tuple(chosen), month, seed, replications, whole, coverage, (*filter(None, notes),), asked)


def _zones(scenario: Scenario) -> ZoneTable:
    """Zones of a scenario's start."""
    return build_zone_table(fitted_figures(scenario.parameters, scenario.start))


def _frame(table: PlaceTable, values: Floats, reference: Floats | None) -> pd.DataFrame:
    """Rows of one scenario.

    Args:
        table: The places.
        values: (seeds, M, N).
        reference: The same of the first scenario; None for itself.
    """
    mean = values.mean(axis=0)
    deliverers = [one.name for one in MEASURES if one.name.endswith("_delivered_share")]
    shares = np.stack([mean[i] for i, one in enumerate(MEASURES) if one.name in deliverers])
    most = np.argmax(np.nan_to_num(shares), axis=0)
    keys = [name.removesuffix("_delivered_share") for name in deliverers]
    columns: dict[str, Any] = {
        "name": table.names,
        "state": table.states,
        "latitude": table.position[:, 0],
        "longitude": table.position[:, 1],
        "households": table.households,
        "delivers_most": [party_name(keys[i]) for i in most],
    }
    difference = error = np.full_like(mean, math.nan)
    if reference is not None:
        difference, error = paired_difference(values, reference)
    for i, one in enumerate(MEASURES):
        columns |= {one.name: mean[i], f"{one.name}_difference": difference[i], f"{one.name}_error": error[i]}
    return pd.DataFrame(columns, index=pd.Index(table.ids, name="id"))


def luck_note(replications: int) -> str:
    """In how many places luck alone makes a difference that counts as clear; empty where no error is known."""
    if replications < 2:
        return ""
    luck = 2.0 * float(stdtr(replications - 1, -CLEAR))  # of Student's t
    return f"With {replications} seeds luck alone is beyond {CLEAR:g} standard errors in {luck:.0%} of places."


def _coverage(names: Sequence[str], zones: Sequence[str], replications: int, found: Sequence[PlaceRun]) -> pd.DataFrame:
    """Coverage each December by scenario, year and zone, mean over seeds; one column a carrier."""
    frames, keys = [], []
    for i, name in enumerate(names):
        runs = found[i * replications : (i + 1) * replications]
        for year in runs[0].coverage:
            carriers = runs[0].coverage[year]
            mean = {key: np.mean([run.coverage[year][key] for run in runs], axis=0) for key in carriers}
            frames.append(pd.DataFrame(mean, index=pd.Index(zones, name="zone")))
            keys.append((name, year))
    if not frames:
        return pd.DataFrame()
    return pd.concat(frames, keys=keys, names=["scenario", "year", "zone"])


def check_places(
    scenarios: Sequence[str | Path | Scenario],
    by: str,
    set: Mapping[str, Any] | None,
    seed: int,
    until: str | Month | None,
    month: str | Month | None,
    replications: int,
    workers: int | None,
    roster: Roster | None = None,
    place: Sequence[str] = (),
) -> tuple[list[Scenario], Month]:
    """Return the scenarios and the month to look at.

    Raises:
        InputError: All problems.
    """
    listed = [scenarios] if isinstance(scenarios, str | Path | Scenario) else list(scenarios)

    def numbers() -> None:
        problems: list[str] = []
        if by not in KINDS:
            problems.append(f"by: {by!r} is not allowed; it must be {' or '.join(KINDS)}")
        check_count("replications", replications, 1, MAX_REPLICATIONS, problems)
        check_workers(workers, problems)
        if not listed:
            problems.append("places needs a scenario, for example: baseline withdraw")
        if problems:
            raise InputError(problems)

    keep = len(listed) > 1
    loads = [lambda one=one: prepare_scenario(one, set, until=until, keep_own=keep, roster=roster) for one in listed]
    _, _, looked, *chosen = gather(
        numbers, lambda: check_seeds(seed, max(1, replications)), lambda: _month(month), *loads
    )
    check_together(chosen)
    first = chosen[0]
    looked = first.end if looked is None else looked
    if not first.start <= looked <= first.end:
        raise InputError(f"month: {looked} is not allowed; it must be from {first.start} to {first.end}")
    if place:
        find_places(KINDS[by](_zones(first)), place)
    return chosen, looked


def _month(month: str | Month | None) -> Month | None:
    if month is None or isinstance(month, Month):
        return month
    try:
        return Month.parse(str(plain(month)))
    except ValueError as error:
        raise InputError(f"month: {error}") from error


def check_out(file: str | Path) -> Path:
    """Return the file, if a table can be written there.

    Raises:
        InputError: Its name ends otherwise, it is a folder, or nothing can be written beside it.
    """
    path = Path(file).expanduser()
    if path.suffix not in FORMATS:
        raise InputError(
            f"out: {str(file)!r} is not allowed; the name must end with {', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        )
    return check_file(path, "out")
