"""What universal service costs USPS: its income in a shadow run in which it may give up places or days (section 18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from agents.calendar import MONTHS_PER_YEAR
from experiments.errors import InputError
from experiments.provenance import provenance
from experiments.runs import Progress
from experiments.settings import check_seeds, gather, overruled, prepare_scenario
from experiments.workers import Task, work_all
from model.market import ParcelMarket
from model.scenario import Scenario

INCOME = "usps_net_income_usd"
SHADOWS = {"zones_free": "may leave places", "days_free": "may deliver on five days", "waived": "may do both"}
_FREE_ZONES, _FREE_DAYS = {"universal_service": False}, {"five_day_delivery": "at_once"}
_CHANGES: dict[str, dict[str, Any]] = {
    "required": {},
    "zones_free": _FREE_ZONES,
    "days_free": _FREE_DAYS,
    "waived": {**_FREE_ZONES, **_FREE_DAYS},
}
WATCHED = (
    "usps_volume_parcels",
    "usps_unserved_parcels",
    "rural_households_with_3_carriers_share",
    "rural_transit_days",
    "rural_on_time_share",
    "rural_over_urban_price",
)


@dataclass(frozen=True, eq=False)
class ServiceCost:
    """Net cost of universal service.

    Attributes:
        scenario: What was assumed with universal service.
        seed: Seed of all runs.
        by_year: Net income of USPS without the duty less its income with it, $ a year; columns `SHADOWS`.
        watched: Other outcomes of the last year by run ("required" and the shadows).
        events: What USPS gave up, by run: month and sentence.
        warnings: What the scenario sets itself and was changed by `set`, one sentence each.
    """

    scenario: Scenario
    seed: int
    by_year: pd.DataFrame = field(repr=False)
    watched: pd.DataFrame = field(repr=False)
    events: dict[str, list[tuple[str, str]]] = field(repr=False)
    warnings: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile uso-cost --json` prints it."""
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "unit": "USD a year",
            "uso_net_cost": {name: self.by_year[name].to_dict() for name in SHADOWS},
            "outcomes": {run: self.watched[run].dropna().to_dict() for run in self.watched},
            "given_up": {
                run: [{"month": month, "text": text} for month, text in told] for run, told in self.events.items()
            },
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "provenance": provenance(self.scenario),
        }


def uso_cost(
    scenario: str | Path | Scenario = "baseline",
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    until: str | None = None,
    progress: Progress | None = None,
) -> ServiceCost:
    """Run a scenario with universal service and its shadows without, under the same luck and without distress measures.

    Measures of the ladder would start at other dates in each run and drown what the duty itself costs.

    Args:
        scenario: A name of the library, the path of a TOML file, or a scenario.
        set: Levers and parameters to change.
        seed: Seed of all runs.
        until: Last month.
        progress: Called with runs done and runs in all.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
    """
    prepared, _ = gather(lambda: prepare_scenario(scenario, set, until=until), lambda: check_seeds(seed))
    warnings = overruled(scenario, set)
    if not prepared.universal_service or prepared.five_day_delivery != "forbidden":
        raise InputError("universal_service and five_day_delivery are what this command varies; leave them as they are")
    if prepared.distress_ladder and "distress_ladder" in prepared.stated:
        raise InputError("distress_ladder: it is set to true, and this command runs without it; leave it out")
    if prepared.end < prepared.start + ((1 - prepared.start.month) % MONTHS_PER_YEAR + MONTHS_PER_YEAR - 1):
        raise InputError("until: at least one full calendar year is needed")
    plain = prepare_scenario(prepared, {"distress_ladder": False})
    duties = tuple(_CHANGES)
    tasks = [Task(prepare_scenario(plain, _CHANGES[duty]), int(seed)) for duty in duties]
    found = dict(zip(duties, work_all(_play, tasks, None, progress), strict=True))
    years = sorted(name.removeprefix(f"{INCOME}_") for name in found["required"][0] if name.startswith(f"{INCOME}_"))
    income = pd.DataFrame({duty: [found[duty][0][f"{INCOME}_{y}"] for y in years] for duty in duties}, index=years)
    watched = pd.DataFrame(
        {duty: {name: found[duty][0].get(f"{name}_{years[-1]}") for name in WATCHED} for duty in duties}, dtype=float
    )
    by_year = income[list(SHADOWS)].sub(income["required"], axis=0).rename_axis("year")
    events = {duty: found[duty][1] for duty in SHADOWS}
    return ServiceCost(plain, int(seed), by_year, watched, events, warnings)


def _play(task: Task) -> tuple[dict[str, float], list[tuple[str, str]]]:
    market = ParcelMarket(task.scenario, rng=task.seed).run()
    told = [(str(event.month), event.text) for event in market.events if event.kind == "service"]
    return market.outcomes(), told
