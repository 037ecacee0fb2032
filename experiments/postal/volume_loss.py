"""What USPS loses with Amazon's parcels: at once in a market where nothing else moves, and as the scenarios tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from agents.calendar import MONTHS_PER_YEAR
from experiments.draws import draws_note, seed_draws
from experiments.errors import InputError
from experiments.intervals import mean_interval
from experiments.provenance import provenance
from experiments.runs import Progress, run
from experiments.settings import check_count, check_seeds, check_workers, gather, prepare_scenario
from experiments.workers import Task, work_all
from model.scenario import Scenario

INCOME = "usps_net_income_usd"
MAX_REPLICATIONS = 10_000
STATIC, GRADUAL = "at once, standing still", "gradually, against renew"
SHORTEST_STATIC_YEARS = 6
# The same words wherever a gradual loss is told.
LADDER = {False: "without the distress ladder", True: "with the distress ladder"}


@dataclass(frozen=True, eq=False)
class UspsLoss:
    """Change of the net income of USPS when a share of Amazon's parcels leaves.

    Attributes:
        share: Share of Amazon's parcels at USPS that is lost.
        seed: First seed of the runs.
        by_year: Dollars a year, mean over seeds; index year ("2025"), columns `STATIC` (when asked for) and `GRADUAL`.
        low: Lower end of the 95 % interval of each mean, shaped as by_year; nan with one seed.
        high: Upper end.
        replications: Seeds.
        distress_ladder: Whether USPS may take its distress measures in the gradual runs; never where it is at once.
        scenarios: What was run, by role.
        note: How to read it, in words.
    """

    share: float
    seed: int
    by_year: pd.DataFrame = field(repr=False)
    low: pd.DataFrame = field(repr=False)
    high: pd.DataFrame = field(repr=False)
    replications: int
    distress_ladder: bool
    scenarios: dict[str, Scenario] = field(repr=False)
    note: str

    @property
    def static(self) -> pd.Series | None:
        """The loss at once by year; None when it was not asked for."""
        return self.by_year.get(STATIC)

    @property
    def first_year(self) -> float:
        """Dollars in the first year of the loss at once."""
        return float(self.by_year[STATIC].iloc[0])

    @property
    def long_run(self) -> float:
        """Dollars in the last year of the loss at once."""
        return float(self.by_year[STATIC].iloc[-1])

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile usps-loss --json` prints it."""
        static = None
        if self.static is not None:
            static = {"first_year": self.first_year, "long_run": self.long_run, **self._years(STATIC)}
        return {
            "share": self.share,
            "seed": self.seed,
            "replications": self.replications,
            "unit": "USD a year",
            "static": static,
            "gradual": {"distress_ladder": self.distress_ladder, **self._years(GRADUAL)},
            "provenance": {role: provenance(scenario) for role, scenario in self.scenarios.items()},
        }

    def _years(self, column: str) -> dict[str, Any]:
        """Means by year, with their intervals where there are several seeds."""
        told = {"by_year": self.by_year[column].to_dict()}
        if self.replications > 1:
            told |= {end: table[column].to_dict() for end, table in (("low", self.low), ("high", self.high))}
        return told


def usps_loss(
    share: float,
    static: bool = False,
    seed: int = 1,
    progress: Progress | None = None,
    distress_ladder: bool = False,
    draws: str | Path | None = None,
    set: Mapping[str, Any] | None = None,
    replications: int = 1,
    workers: int | None = None,
) -> UspsLoss:
    """Measure the loss through the market itself.

    Args:
        share: Share of Amazon's parcels at USPS that is lost, above 0 and at most 1.
        static: Also take them away in the first month of a market without growth, luck or inflation, where Amazon's own
            network carries them at once.
        seed: First seed of the runs.
        progress: Called with runs done and runs in all.
        distress_ladder: Let USPS take its distress measures where parcels leave gradually; they begin at other dates
            with and without the parcels and move single years, so that the loss is no longer that of the parcels alone.
        draws: Parameter draws, stored or a parquet file, of which all runs take that of the seed; not with `static`,
            whose market sets some of these parameters itself. None for the parameters as they are.
        set: Levers and parameters to change in all runs; none that one of their scenarios sets itself.
        replications: Seeds; runs with and without the parcels share them, and the loss is the mean over pairs.
        workers: Processes; one for each processor unless told.

    Raises:
        InputError: The share, the seed or what is set is not allowed; all problems.
    """
    scenarios, drawn = check_loss(share, static, seed, distress_ladder, draws, set, replications, workers)
    seeds = range(int(seed), int(seed) + int(replications))
    tasks = [Task(drawn(scenario, one), one) for scenario in scenarios.values() for one in seeds]
    found = work_all(_income, tasks, workers, progress)
    income = {
        role: pd.DataFrame(found[place * len(seeds) : (place + 1) * len(seeds)]) for place, role in enumerate(scenarios)
    }
    losses = {STATIC: income["static"] - income["still"]} if static else {}
    losses[GRADUAL] = income["gradual"] - income["renew"]
    parts = {name: mean_interval(loss.to_numpy()) for name, loss in losses.items()}
    mean, low, high = (
        pd.DataFrame({name: pd.Series(parts[name][i], loss.columns) for name, loss in losses.items()}).rename_axis(
            "year"
        )
        for i in range(3)
    )
    gradual = scenarios["gradual"]
    runs = f"one run each with seed {seed}" if len(seeds) == 1 else f"{len(seeds)} runs each, seeds from {seed}"
    note = (
        f"Gradually: scenario {gradual.name} (forced) against renew (forced), both {LADDER[distress_ladder]}; parcels "
        f"leave from {gradual.exit_start} to {gradual.exit_end}; {runs}."
        + (f" {draws_note(str(draws))}." if draws is not None else "")
    )
    scenarios = {role: drawn(scenario, int(seed)) for role, scenario in scenarios.items()}
    return UspsLoss(float(share), int(seed), mean, low, high, len(seeds), distress_ladder, scenarios, note)


def check_loss(
    share: float,
    static: bool,
    seed: int,
    distress_ladder: bool,
    draws: str | Path | None,
    set: Mapping[str, Any] | None,
    replications: int,
    workers: int | None,
) -> tuple[dict[str, Scenario], Callable[[Scenario, int], Scenario]]:
    """What is run, by role, and what gives a scenario the draw of a seed; see `usps_loss`.

    Raises:
        InputError: All problems.
    """

    def numbers() -> None:
        problems: list[str] = []
        check_count("replications", replications, 1, MAX_REPLICATIONS, problems)
        check_workers(workers, problems)
        if problems:
            raise InputError(problems)

    # With a share that is wrong the rest is checked all the same.
    possible = _is_share(share)
    _, _, scenarios = gather(
        numbers,
        lambda: check_seeds(seed, replications if isinstance(replications, int) else 1),
        lambda: _scenarios(share if possible else 1.0, static, distress_ladder, set or {}),
        known=[] if possible else [f"share: {share!r} is not allowed; it must be above 0 and at most 1"],
    )
    return scenarios, seed_draws(draws, [*scenarios.values()], set or {})


def _scenarios(share: float, static: bool, distress_ladder: bool, set: Mapping[str, Any]) -> dict[str, Scenario]:
    """What is run, by role."""
    scenarios = {"renew": staying(distress_ladder), "gradual": leaving_gradually(share, distress_ladder)}
    if static:
        still = prepare_scenario("standing_still")
        if still.n_months < SHORTEST_STATIC_YEARS * MONTHS_PER_YEAR:
            raise InputError("standing_still must run for six years or more to show the long run")
        scenarios |= {"still": still, "static": prepare_scenario(still, {**leaving(share), **at_once()})}
    changed = gather(*(lambda one=one: prepare_scenario(one, set, keep_own=True) for one in scenarios.values()))
    return dict(zip(scenarios, changed, strict=True))


def _is_share(share: object) -> bool:
    return isinstance(share, int | float) and not isinstance(share, bool) and 0 < share <= 1


def leaving(share: float) -> dict[str, Any]:
    """Settings under which a share of Amazon's parcels leaves USPS."""
    if share == 1:
        return {"usps_amazon_volume": "withdrawn"}
    return {"usps_amazon_volume": "partial", "partial_retained_share": 1 - float(share)}


def staying(distress_ladder: bool) -> Scenario:
    """The scenario in which all parcels stay."""
    return prepare_scenario("renew", {"distress_ladder": distress_ladder})


def leaving_gradually(share: float, distress_ladder: bool) -> Scenario:
    """The scenario in which a share of them leaves month by month."""
    name = "withdraw" if share == 1 else "partial"
    return prepare_scenario(name, {**leaving(share), "distress_ladder": distress_ladder})


def at_once() -> dict[str, Any]:
    """Settings under which they leave in the first month and Amazon's own network carries them at once."""
    return {"exit_at_once": True, "build_limit_applies": False, "build_lead_months": 0}


def _income(task: Task) -> pd.Series:
    """Net income of USPS by calendar year; a year that is cut off is left out."""
    monthly = run(task.scenario, seed=task.seed).monthly[INCOME]
    by_year = monthly.groupby(monthly.index.str[:4])
    return by_year.sum()[by_year.size() == MONTHS_PER_YEAR]
