"""Runs for the table of harm: scenarios under the same seeds, by county and by slice of density, in the last month."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import ZONE_TYPES
from agents.rules.distress import Rung
from experiments.by_place import CLEAR, PlaceRun, Places, assemble, check_places, look_at
from experiments.harm.facts import announced_facts
from experiments.provenance import provenance
from experiments.runs import Progress, start_market
from experiments.workers import Task, work_all
from model.market import ParcelMarket
from model.places import MEASURES, Measure, county_places, measure_places, slice_places
from model.scenario import Scenario

type Floats = NDArray[np.float64]

SCENARIOS = (
    "baseline",
    "withdraw",
    "withdraw_selective",
    "withdraw_refuses",
    "impasse",
    "five_day_delivery",
    "cash_runs_out",
)
WORSE = tuple(one for one in MEASURES if one.worse)
SEEDS, SHIPPERS = 6, 1000
#: Amounts that count the same where losses of different kinds are added up, by the end of a measure's name.
ALIKE = {"_share": 0.01, "_usd": 0.10, "_days": 0.10, "_count": 0.10}
SMALLEST = 0.1  # of these amounts: less is told as no loss
TOLD = 20  # counties named for each scenario


@dataclass(frozen=True, slots=True, eq=False)
class HarmRun:
    """What one run leaves.

    Attributes:
        by_county: Measures by county and coverage by December.
        by_slice: `WORSE` by slice of density, (M, Z x P).
        kind: Zone type of each slice, (Z x P,).
        homes: Households of each slice, (Z x P,).
        told: Figures behind the sentences about a scenario.
        facts: Figures held against what was announced.
        seconds: What the run took, and what the measures by county took.
    """

    by_county: PlaceRun
    by_slice: Floats
    kind: NDArray[np.int8]
    homes: Floats
    told: dict[str, float]
    facts: dict[str, float]
    seconds: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Harm:
    """The table of harm.

    Attributes:
        places: The same runs by county.
        by_type: Index (scenario, measure, zone type): `households` that clearly lose, mean `difference` over all
            households of the type and its `error`.
        counties: The most affected counties by scenario, worst first: name, households, then each measure of `WORSE`
            with `_error`; differences that are not clear are nan.
        told: Mean figures behind the sentences, one row a scenario.
        facts: Mean figures of the first scenario held against what was announced.
        cost: What measures by county cost, as a share of a run.
    """

    places: Places
    by_type: pd.DataFrame = field(repr=False)
    counties: dict[str, pd.DataFrame] = field(repr=False)
    told: pd.DataFrame = field(repr=False)
    facts: dict[str, float] = field(repr=False)
    cost: float = 0.0

    def of(self, scenario: str, measure: Measure, zone_type: str) -> tuple[float, float, float]:
        """Households that clearly lose, mean change and its standard error, of a row of `by_type`."""
        place = self.by_type.index.get_loc((scenario, measure.name, zone_type))
        homes, change, error = self.by_type.to_numpy()[place]
        return float(homes), float(change), float(error)

    def summary(self) -> dict[str, Any]:
        """The table as plain values."""
        rows = self.by_type.reset_index().to_dict("records")
        return {
            "seeds": self.places.replications,
            "by_type": [{str(name): value for name, value in row.items()} for row in rows],
            "facts": self.facts,
            "provenance": provenance(self.places.scenarios[0]),
        }


def study_harm(
    scenarios: Sequence[str | Scenario] = SCENARIOS,
    seeds: int = SEEDS,
    shippers: int = SHIPPERS,
    until: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    seed: int = 1,
) -> Harm:
    """Run scenarios with the same seeds and look at every place in the last month; differences are to the first.

    Args:
        scenarios: Names or scenarios, the reference first.
        seeds: Seeds of each.
        shippers: Number of shippers of each run.
        until: Last month.
        workers: Processes; one for each processor unless told.
        progress: Called with runs done and runs in all.
        seed: First seed.

    Raises:
        InputError: What was asked for is not possible.
    """
    chosen, month = check_places(scenarios, "county", {"n_shippers": shippers}, seed, until, None, seeds, workers)
    tasks = [Task(scenario, seed + i) for scenario in chosen for i in range(seeds)]
    runs = work_all(play, tasks, workers, progress)
    places = assemble(chosen, "county", month, seed, seeds, [run.by_county for run in runs])
    names = places.names
    by_scenario = {name: runs[i * seeds : (i + 1) * seeds] for i, name in enumerate(names)}
    of_reference = by_scenario[names[0]]
    told = pd.DataFrame({name: _mean([run.told for run in found]) for name, found in by_scenario.items()}).T
    spent = np.array([run.seconds for run in runs])
    return Harm(
        places,
        pd.concat(
            {name: by_zone_type(by_scenario[name], of_reference) for name in names[1:]}, names=["scenario"]
        ).sort_index(),
        {name: most_affected(places, name) for name in names[1:]},
        told,
        _mean([run.facts for run in of_reference]),
        float(spent[:, 1].sum() / spent[:, 0].sum()),
    )


def play(task: Task) -> HarmRun:
    """Run one task to its end and measure every place."""
    begun = time.perf_counter()
    market = start_market(task.scenario, task.seed).run()
    ran = time.perf_counter()
    by_county = look_at(market, county_places(market.zones))
    looked = time.perf_counter()
    slices = slice_places(market.zones)
    found = measure_places(market, slices)
    return HarmRun(
        by_county,
        np.stack([found[one.name] for one in WORSE]),
        np.repeat(market.zones.zone_type, slices.slices),
        slices.households,
        _told(market),
        announced_facts(market),
        (ran - begun, looked - ran),
    )


def _told(market: ParcelMarket) -> dict[str, float]:
    """Figures behind the sentences: who reaches whom, who left, which measures USPS took."""
    records = market.records
    year = ("amazon_refused_parcels", "amazon_later_parcels")
    last = ("usps_cash_usd", "usps_debt_usd", "usps_arrears_usd")
    found = {name: float(records[name][-MONTHS_PER_YEAR:].sum()) for name in year}
    found |= {name: float(records[name][-1]) for name in last}
    rural = market.zones.zone_type == ZONE_TYPES.index("rural")
    homes = market.zones.households * rural
    reach = float(market.state.network.coverage[market.amazon.index] @ homes / homes.sum())
    rungs = {}
    for rung in Rung:
        since = market.usps.ladder.since(rung)
        rungs[f"rung_{rung.name.lower()}"] = math.nan if since is None else since.year + (since.month - 1) / 12
    gone = sum(event.kind in ("exit", "merger") for event in market.events)
    days = float(market.records["mean_transit_days"][:, ZONE_TYPES.index("rural")].mean())
    return {**found, "rural_days": days, "amazon_rural_reach": reach, "regionals_gone": float(gone), **rungs}


def by_zone_type(runs: Sequence[HarmRun], reference: Sequence[HarmRun]) -> pd.DataFrame:
    """Households that clearly lose and the mean change, by measure and zone type.

    Args:
        runs: Runs of a scenario, by seed.
        reference: Those of the reference with the same seeds.
    """
    change = np.stack([run.by_slice - base.by_slice for run, base in zip(runs, reference, strict=True)])
    kind, homes = runs[0].kind, runs[0].homes
    mean, error = _mean_and_error(change)
    rows, keys = [], []
    for m, measure in enumerate(WORSE):
        clear = is_clear(measure, mean[m] * measure.worse, error[m])
        for t, name in enumerate(ZONE_TYPES):
            here = kind == t
            by_seed = np.nan_to_num(change[:, m, here]) @ homes[here] / homes[here].sum()
            average, spread = _mean_and_error(by_seed)
            rows.append((float(homes[here & clear].sum()), float(average), float(spread)))
            keys.append((measure.name, name))
    index = pd.MultiIndex.from_tuples(keys, names=["measure", "zone_type"])
    return pd.DataFrame(rows, index=index, columns=["households", "difference", "error"])


def most_affected(places: Places, scenario: str, most: int = TOLD) -> pd.DataFrame:
    """Counties that lose most in all respects together, worst first.

    Clear losses in all respects are added up in the amounts of `ALIKE`.
    """
    rows = places.table.loc[scenario]
    found, score = rows[["name", "households"]].copy(), pd.Series(0.0, rows.index)
    for measure in WORSE:
        difference, error = rows[f"{measure.name}_difference"], rows[f"{measure.name}_error"]
        loss = difference * measure.worse
        clear = is_clear(measure, loss.to_numpy(), error.to_numpy())
        found[measure.name] = difference.where(clear)
        found[f"{measure.name}_error"] = error.where(clear)
        score += loss.where(clear, 0.0) / alike(measure)
    order = score[score > 0.0].sort_values(ascending=False, kind="stable").index[:most]
    return pd.DataFrame(found.loc[order])


def alike(measure: Measure) -> float:
    """How much of a measure counts as much as the amounts of the others in `ALIKE`."""
    return next(amount for end, amount in ALIKE.items() if measure.name.endswith(end))


def is_clear(measure: Measure, loss: Floats, error: Floats) -> NDArray[np.bool_]:
    """Whether a loss is beyond two standard errors and large enough to be told; without errors the size decides."""
    beyond = ~(loss <= CLEAR * error)
    return np.asarray((loss >= SMALLEST * alike(measure)) & beyond)


def _mean_and_error(values: Floats) -> tuple[Floats, Floats]:
    """Mean and standard error over the first axis; no error (nan) of one value."""
    mean = values.mean(axis=0)
    if len(values) < 2:
        return mean, np.full_like(mean, math.nan)
    return mean, values.std(axis=0, ddof=1) / math.sqrt(len(values))


def _mean(found: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean by name; nan where it is missing in half of them or more."""
    frame = pd.DataFrame(list(found))
    return {
        str(name): float(column.mean()) if column.notna().mean() > 0.5 else math.nan for name, column in frame.items()
    }
