"""What universal service costs USPS: its income in a shadow run in which it may give up places or days (section 18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from experiments.draws import draws_note, seed_draws
from experiments.errors import InputError
from experiments.provenance import provenance
from experiments.runs import Progress
from experiments.settings import check_seeds, gather, overruled, prepare_scenario
from experiments.workers import Task, work_all
from model.history import fitted_figures
from model.market import ParcelMarket
from model.places import county_places, zone_places
from model.scenario import Scenario
from model.zones import build_zone_table

type Floats = NDArray[np.float64]

INCOME = "usps_net_income_usd"
SHADOWS = {"zones_free": "may leave places", "days_free": "may deliver on five days", "waived": "may do both"}
_FREE_ZONES, _FREE_DAYS = {"universal_service": False}, {"five_day_delivery": "at_once"}
_CHANGES: dict[str, dict[str, Any]] = {
    "required": {},
    "zones_free": _FREE_ZONES,
    "days_free": _FREE_DAYS,
    "waived": {**_FREE_ZONES, **_FREE_DAYS},
}
PARTS = {
    "mail": "contribution of mail that is lost",
    "parcels": "contribution of parcels that is lost, staff that stays included",
    "streets": "street and other common work that is spared",
    "interest": "interest",
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
        zones: Zones that it left, index (run, zone): name, month, households.
        counties: Counties with households in them, most households first, index (run, county): name, households that
            USPS left and their share of the county.
        parts: What makes up `by_year`, $ a year, index (run, year), columns `PARTS`.
        warnings: What the scenario sets itself and was changed by `set`, one sentence each.
    """

    scenario: Scenario
    seed: int
    by_year: pd.DataFrame = field(repr=False)
    watched: pd.DataFrame = field(repr=False)
    events: dict[str, list[tuple[str, str]]] = field(repr=False)
    zones: pd.DataFrame = field(repr=False)
    counties: pd.DataFrame = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
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
            "places": {
                run: {
                    "zones": self.zones.loc[[run]].droplevel("run").reset_index().to_dict("records"),
                    "counties": self.counties.loc[[run]].droplevel("run").reset_index().to_dict("records"),
                }
                for run in self.zones.index.unique("run")
            },
            "parts": {run: self.parts.loc[[run]].droplevel("run").to_dict("index") for run in SHADOWS},
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "provenance": provenance(self.scenario),
        }


def uso_cost(
    scenario: str | Path | Scenario = "baseline",
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    until: str | None = None,
    progress: Progress | None = None,
    draws: str | Path | None = None,
) -> ServiceCost:
    """Run a scenario with universal service and its shadows without, under the same luck and without distress measures.

    Measures of the ladder would start at other dates in each run and drown what the duty itself costs.

    Args:
        scenario: A name of the library, the path of a TOML file, or a scenario.
        set: Levers and parameters to change.
        seed: Seed of all runs.
        until: Last month.
        progress: Called with runs done and runs in all.
        draws: Parameter draws, stored or a parquet file, of which all runs take that of the seed; None for the
            parameters as they are.

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
    plain = seed_draws(draws, [plain], set or {})(plain, int(seed))
    warnings += () if draws is None else (draws_note(str(draws)),)
    tasks = [Task(prepare_scenario(plain, _CHANGES[duty]), int(seed)) for duty in duties]
    found = dict(zip(duties, work_all(_play, tasks, None, progress), strict=True))
    years = sorted(name.removeprefix(f"{INCOME}_") for name in found["required"][0] if name.startswith(f"{INCOME}_"))
    income = pd.DataFrame({duty: [found[duty][0][f"{INCOME}_{y}"] for y in years] for duty in duties}, index=years)
    watched = pd.DataFrame(
        {duty: {name: found[duty][0].get(f"{name}_{years[-1]}") for name in WATCHED} for duty in duties}, dtype=float
    )
    by_year = income[list(SHADOWS)].sub(income["required"], axis=0).rename_axis("year")
    events = {duty: found[duty][1] for duty in SHADOWS}
    left = {duty: found[duty][2] for duty in SHADOWS}
    zones, counties = left_places(plain, left)
    parts = pd.concat(
        {duty: _parts(found[duty][0], found["required"][0], years) for duty in SHADOWS}, names=["run", "year"]
    )
    return ServiceCost(plain, int(seed), by_year, watched, events, zones, counties, parts, warnings)


def left_places(scenario: Scenario, left: Mapping[str, Floats]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Zones that USPS left, and the counties that lie in them, as `ServiceCost` has them.

    Args:
        scenario: What was assumed.
        left: Month index since when a zone is not served, inf where it is, by run, (Z,) each.
    """
    table = build_zone_table(fitted_figures(scenario.parameters, scenario.start))
    by_zone, by_county = zone_places(table), county_places(table)
    zones, counties = [], []
    for run, since in left.items():
        gone = np.isfinite(since)
        zones += [
            (run, by_zone.ids[one], by_zone.names[one], str(_month(int(since[one]))), float(by_zone.households[one]))
            for one in np.flatnonzero(gone)
        ]
        part = by_county.mean(np.repeat(gone[:, None].astype(np.float64), by_county.slices, axis=1))
        homes = part * by_county.households
        for one in np.argsort(-homes, kind="stable")[: np.count_nonzero(homes > 0.5)]:
            counties.append((run, by_county.ids[one], by_county.names[one], float(homes[one]), float(part[one])))
    return (
        pd.DataFrame(zones, columns=["run", "zone", "name", "month", "households"]).set_index(["run", "zone"]),
        pd.DataFrame(counties, columns=["run", "county", "name", "households", "share"]).set_index(["run", "county"]),
    )


def _month(index: int) -> Month:
    """Month of an index of `Month.index`."""
    return Month(index // MONTHS_PER_YEAR, index % MONTHS_PER_YEAR + 1)


def _parts(free: Mapping[str, float], duty: Mapping[str, float], years: Sequence[str]) -> pd.DataFrame:
    """What a shadow run changes in the accounts, $ a year; losses are negative."""
    rows = []
    for year in years:
        income, expense, streets, revenue, parcels, mail = (
            free[f"{name}_{year}"] - duty[f"{name}_{year}"]
            for name in (
                INCOME,
                "usps_expense_usd",
                "usps_institutional_usd",
                "usps_parcel_revenue_usd",
                "usps_parcel_contribution_usd",
                "usps_mail_revenue_usd",
            )
        )
        letters = mail - (expense - streets - (revenue - parcels))
        rows.append((letters, parcels, -streets, income - letters - parcels + streets))
    return pd.DataFrame(rows, index=pd.Index(years, name="year"), columns=list(PARTS))


def _play(task: Task) -> tuple[dict[str, float], list[tuple[str, str]], Floats]:
    market = ParcelMarket(task.scenario, rng=task.seed).run()
    told = [(str(event.month), event.text) for event in market.events if event.kind == "service"]
    return market.outcomes(), told, market.usps.left
