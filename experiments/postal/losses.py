"""What USPS loses with a quarter, a half, three quarters and all of Amazon's parcels, and what it does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from agents.rules.distress import Rung
from experiments.postal.first_year import FirstYear, first_year
from experiments.postal.volume_loss import INCOME, at_once, leaving, leaving_gradually, staying
from experiments.provenance import provenance
from experiments.runs import Progress, start_market
from experiments.settings import check_seeds, prepare_scenario
from experiments.workers import Task, work_all
from model.operations import usps_cost_grid
from model.scenario import Scenario
from model.tables import number, read_table, text

DESIGN = "usps_loss_design.csv"
SHARES = (0.25, 0.5, 0.75, 1.0)
BILLION = 1e9


@dataclass(frozen=True, eq=False)
class UspsLosses:
    """Losses by share.

    Attributes:
        loss: Lost at once: net income, bn $ a year; index share; columns first_year, long_run, design_first_year,
            design_long_run, parcels_m, price, cost (of the parcels that leave, $ each), contribution_bn (theirs),
            interest_bn (on the cash that is missing in the last year).
        gradual: Net income against `renew` when parcels leave by the end of 2026, both without the distress ladder, bn
            $; index share, columns years.
        answers: What USPS does with the distress ladder: index "renew" or a share in words; columns: month of each rung
            by its name, and cash_bn, debt_bn, deferred_bn and arrears_bn at the end.
        ceiling: What a higher debt ceiling does to the last year without the distress ladder: index statutory, raised,
            difference; columns cash_bn and debt_bn at the end, earned_bn and paid_bn (interest), income_bn.
        first_year: The step from the published year to the first year of `baseline`, part by part.
        seed: Seed of all runs but those of the step.
        provenance: Of `renew`.
    """

    loss: pd.DataFrame = field(repr=False)
    gradual: pd.DataFrame = field(repr=False)
    answers: pd.DataFrame = field(repr=False)
    ceiling: pd.DataFrame = field(repr=False)
    first_year: FirstYear = field(repr=False)
    seed: int
    provenance: dict[str, Any] = field(repr=False)


def usps_losses(seed: int = 1, progress: Progress | None = None) -> UspsLosses:
    """Lose a quarter, a half, three quarters and all of Amazon's parcels, at once and gradually.

    Args:
        seed: Seed of all runs.
        progress: Called with runs done and runs in all.

    Raises:
        InputError: The seed is not allowed.
    """
    check_seeds(seed)
    still = prepare_scenario("standing_still")
    scenarios = {"renew": staying(True), "plain renew": staying(False), "still": still}
    for share in SHARES:
        scenarios[f"gradual {share}"] = leaving_gradually(share, distress_ladder=True)
        scenarios[f"plain {share}"] = leaving_gradually(share, distress_ladder=False)
        scenarios[f"static {share}"] = prepare_scenario(still, {**leaving(share), **at_once()})
    scenarios["statutory"] = prepare_scenario("baseline", {"distress_ladder": False})
    scenarios["raised"] = prepare_scenario("debt_cap_raised", {"distress_ladder": False})
    tasks = [Task(scenario, int(seed)) for scenario in scenarios.values()]
    found = dict(zip(scenarios, work_all(_play, tasks, None, progress), strict=True))
    gradual = pd.DataFrame({share: found[f"plain {share}"].income - found["plain renew"].income for share in SHARES}).T
    answers = pd.DataFrame(
        {"renew": found["renew"].answers} | {f"{share:.0%} lost": found[f"gradual {share}"].answers for share in SHARES}
    ).T
    ceiling = pd.DataFrame({name: found[name].last_year for name in ("statutory", "raised")}).T
    ceiling.loc["difference"] = ceiling.loc["raised"] - ceiling.loc["statutory"]
    return UspsLosses(
        loss=losses_at_once(still, found, int(seed)),
        gradual=gradual / BILLION,
        answers=answers,
        ceiling=ceiling,
        first_year=first_year(),
        seed=int(seed),
        provenance=provenance(scenarios["renew"]),
    )


@dataclass(frozen=True, eq=False)
class Played:
    """What a run says: net income by year, $, what USPS did, and cash, debt, interest and income of the last year."""

    income: pd.Series
    answers: dict[str, Any]
    last_year: dict[str, float]


def _play(task: Task) -> Played:
    market = start_market(task.scenario, task.seed).run()
    outcomes = market.outcomes()
    years = sorted(name.removeprefix(f"{INCOME}_") for name in outcomes if name.startswith(f"{INCOME}_"))
    answers: dict[str, Any] = {rung.name.lower(): str(market.usps.ladder.since(rung) or "") for rung in Rung}
    for name in ("cash", "debt", "deferred", "arrears"):
        answers[f"{name}_bn"] = outcomes[f"usps_{name}_usd"] / BILLION
    last_year = {f"{name}_bn": outcomes[f"usps_{name}_usd"] / BILLION for name in ("cash", "debt")}
    for name in ("interest_earned", "interest_paid", "net_income"):
        last_year[f"{name.rpartition('_')[2]}_bn"] = outcomes[f"usps_{name}_usd_{years[-1]}"] / BILLION
    return Played(pd.Series({year: outcomes[f"{INCOME}_{year}"] for year in years}), answers, last_year)


def losses_at_once(still: Scenario, found: Mapping[str, Played], seed: int) -> pd.DataFrame:
    """Losses at once beside the design's, and what the parcels that leave paid and cost."""
    design = read_table(
        DESIGN,
        {"share": number(), "first_year_bn": number(), "long_run_bn": number(), "note": text(required=False)},
        key=("share",),
        folder=files("experiments").joinpath("postal"),
    )
    printed = {row["share"]: row for row in design}
    market = start_market(still, seed)
    slices, price = market.amazon.memory.slices, market.figures.price_access_amazon
    grid = usps_cost_grid(market.costs, market.zones, 1.0, 1.0, 1.0)
    cost = grid[slices.zone, slices.cell]
    before = np.cumsum(slices.volume) - slices.volume
    rows = {}
    for share in SHARES:
        gone = np.clip(share * slices.total - before, 0.0, slices.volume)
        lost = found[f"static {share}"].income - found["still"].income
        rows[share] = {
            "first_year": lost.iloc[0] / BILLION,
            "long_run": lost.iloc[-1] / BILLION,
            "design_first_year": printed[share]["first_year_bn"],
            "design_long_run": printed[share]["long_run_bn"],
            "parcels_m": gone.sum() / 1e6,
            "price": price,
            "cost": float((gone * cost).sum() / gone.sum()),
            "contribution_bn": float((gone * (price - cost)).sum()) / BILLION,
            "interest_bn": _net_interest(found[f"static {share}"]) - _net_interest(found["still"]),
        }
    return pd.DataFrame(rows).T


def _net_interest(played: Played) -> float:
    """Interest of the last year, earned less paid, bn $."""
    return played.last_year["earned_bn"] - played.last_year["paid_bn"]
