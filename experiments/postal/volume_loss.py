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
from experiments.provenance import provenance
from experiments.runs import Progress, run
from experiments.settings import check_seeds, gather, prepare_scenario
from model.scenario import Scenario

INCOME = "usps_net_income_usd"
STATIC, GRADUAL = "at once, standing still", "gradually, against renew"
SHORTEST_STATIC_YEARS = 6
# The same words wherever a gradual loss is told.
LADDER = {False: "without the distress ladder", True: "with the distress ladder"}


@dataclass(frozen=True, eq=False)
class UspsLoss:
    """Change of the net income of USPS when a share of Amazon's parcels leaves.

    Attributes:
        share: Share of Amazon's parcels at USPS that is lost.
        seed: Seed of the runs.
        by_year: Dollars a year; index year ("2025"), columns `STATIC` (when asked for) and `GRADUAL`.
        distress_ladder: Whether USPS may take its distress measures in the gradual runs; never where it is at once.
        scenarios: What was run, by role.
        note: How to read it, in words.
    """

    share: float
    seed: int
    by_year: pd.DataFrame = field(repr=False)
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
            static = {"first_year": self.first_year, "long_run": self.long_run, "by_year": self.static.to_dict()}
        return {
            "share": self.share,
            "seed": self.seed,
            "unit": "USD a year",
            "static": static,
            "gradual": {"distress_ladder": self.distress_ladder, "by_year": self.by_year[GRADUAL].to_dict()},
            "provenance": {role: provenance(scenario) for role, scenario in self.scenarios.items()},
        }


def usps_loss(
    share: float,
    static: bool = False,
    seed: int = 1,
    progress: Progress | None = None,
    distress_ladder: bool = False,
    draws: str | Path | None = None,
) -> UspsLoss:
    """Measure the loss through the market itself.

    Args:
        share: Share of Amazon's parcels at USPS that is lost, above 0 and at most 1.
        static: Also take them away in the first month of a market without growth, luck or inflation, where Amazon's own
            network carries them at once.
        seed: Seed of the runs.
        progress: Called with months done and months in all.
        distress_ladder: Let USPS take its distress measures where parcels leave gradually; they begin at other dates
            with and without the parcels and move single years, so that the loss is no longer that of the parcels alone.
        draws: Parameter draws, stored or a parquet file, of which all runs take that of the seed; not with `static`,
            whose market sets some of these parameters itself. None for the parameters as they are.

    Raises:
        InputError: The share or the seed is not allowed.
    """
    gather(lambda: _check_share(share), lambda: check_seeds(seed))
    leaves = leaving(share)
    scenarios = {"renew": staying(distress_ladder), "gradual": leaving_gradually(share, distress_ladder)}
    if static:
        still = prepare_scenario("standing_still")
        if still.n_months < SHORTEST_STATIC_YEARS * MONTHS_PER_YEAR:
            raise InputError("standing_still must run for six years or more to show the long run")
        scenarios |= {"still": still, "static": prepare_scenario(still, {**leaves, **at_once()})}
    drawn = seed_draws(draws, [*scenarios.values()])
    scenarios = {role: drawn(scenario, seed) for role, scenario in scenarios.items()}
    income = _incomes(scenarios, seed, progress)
    table = pd.DataFrame({STATIC: income["static"] - income["still"]}) if static else pd.DataFrame()
    table[GRADUAL] = income["gradual"] - income["renew"]
    gradual = scenarios["gradual"]
    note = (
        f"Gradually: scenario {gradual.name} (forced) against renew (forced), both {LADDER[distress_ladder]}; parcels "
        f"leave from {gradual.exit_start} to {gradual.exit_end}; one run each with seed {seed}."
        + (f" {draws_note(str(draws))}." if draws is not None else "")
    )
    return UspsLoss(float(share), seed, table.rename_axis("year"), distress_ladder, scenarios, note)


def _check_share(share: object) -> None:
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise InputError(f"share: {share!r} is not allowed; it must be above 0 and at most 1")


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


def _incomes(scenarios: Mapping[str, Scenario], seed: int, progress: Progress | None) -> dict[str, pd.Series]:
    """Net income of USPS by calendar year and role; a year that is cut off is left out."""
    total = sum(scenario.n_months for scenario in scenarios.values())
    found: dict[str, pd.Series] = {}
    before = 0
    for role, scenario in scenarios.items():
        monthly = run(scenario, seed=seed, progress=_shifted(progress, before, total)).monthly[INCOME]
        by_year = monthly.groupby(monthly.index.str[:4])
        found[role] = by_year.sum()[by_year.size() == MONTHS_PER_YEAR]
        before += scenario.n_months
    return found


def _shifted(progress: Progress | None, before: int, total: int) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, _: progress(before + done, total)
