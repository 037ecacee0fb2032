"""How much of Amazon's parcels USPS keeps, against what delivering itself costs Amazon, by price structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import pandas as pd

from agents.bargaining import PriceStructure
from agents.calendar import MONTHS_PER_YEAR
from experiments.errors import InputError
from experiments.parties import Roster
from experiments.provenance import provenance
from experiments.runs import Progress, start_market
from experiments.settings import gather
from experiments.talks.negotiation import check_replications, prepare_talks
from experiments.workers import Task, work_all
from model.scenario import Scenario, ScenarioError
from model.timeline import usps_amazon_expiry

MULTIPLIER = "amazon_own_cost_multiplier"
MULTIPLIERS = (0.8, 1.0, 1.2, 1.4, 1.6)
#: One price by group without a promise of quantity, as a scenario can impose it; `FORMS` begins with the free choice.
STRUCTURES: tuple[str, ...] = get_args(PriceStructure)
FORMS: tuple[str, ...] = ("bargained", *STRUCTURES)
DEFAULT_REPLICATIONS = 4
#: The second and the third year after the expiry are looked at: what is decided in the talks has been built by then.
FIRST_MONTH, LAST_MONTH = MONTHS_PER_YEAR, 3 * MONTHS_PER_YEAR


@dataclass(frozen=True)
class CurvePoint:
    """What one run shows.

    Attributes:
        retained_share: Amazon's parcels at USPS in the second and third year after the expiry, a year, over those of
            the first year of the run.
        paid_usd: What Amazon pays USPS then, $ per parcel; 0 where USPS delivers nothing.
        agreed: Whether a contract had been signed by then.
    """

    retained_share: float
    paid_usd: float
    agreed: bool


@dataclass(frozen=True, eq=False)
class RetainedCurve:
    """Share kept by multiplier and price structure: bargained over with the rest of the form, or imposed.

    Attributes:
        scenario: What was assumed, but for the two that vary.
        seed: First seed.
        replications: Seeds for each point.
        runs: One row per run: structure, multiplier, seed, retained_share, paid_usd, agreed.
    """

    scenario: Scenario
    seed: int
    replications: int
    runs: pd.DataFrame = field(repr=False)

    def table(self, column: str = "retained_share") -> pd.DataFrame:
        """Means over the seeds, multipliers down, structures across."""
        means = self.runs.pivot_table(index="multiplier", columns="structure", values=column, aggfunc="mean")
        return means[list(dict.fromkeys(self.runs["structure"]))]

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile negotiate --curve --json` prints it."""
        return {
            "scenario": self.scenario.name,
            "replications": self.replications,
            "seed": self.seed,
            "from": str(usps_amazon_expiry() + FIRST_MONTH),
            "until": str(self.scenario.end),
            "multipliers": self.table().index.tolist(),
            **{
                column: {name: values.tolist() for name, values in self.table(column).items()}
                for column in ("retained_share", "paid_usd", "agreed")
            },
            "runs": self.runs.to_dict("records"),
            "provenance": provenance(self.scenario),
        }


def retained_curve(
    replications: int = DEFAULT_REPLICATIONS,
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    roster: Roster | None = None,
) -> RetainedCurve:
    """Run the negotiated market for every multiplier and price structure.

    Args:
        replications: Seeds for each point.
        set: Levers and parameters to change, but not the two that vary.
        seed: First seed; the others follow it.
        workers: Processes; one for each processor unless told.
        progress: Called with runs done and runs in all.
        roster: Classes of one's own that decide for parties, or their import paths, by key.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
    """
    scenario, _ = gather(
        lambda: prepare_talks(set, LAST_MONTH, (MULTIPLIER, "price_structure"), roster),
        lambda: check_replications(replications, seed),
    )
    # Who imposes what a missed commitment costs imposes the form: nothing is left to bargain over.
    structures = FORMS if scenario.shortfall_rule == "bargained" else STRUCTURES
    points = [
        (structure, multiplier, one)
        for structure in structures
        for multiplier in MULTIPLIERS
        for one in range(int(seed), int(seed) + int(replications))
    ]
    tasks = [Task(_varied(scenario, structure, multiplier), one) for structure, multiplier, one in points]
    found = work_all(follow_access, tasks, workers, progress)
    rows = [
        (*point, result.retained_share, result.paid_usd, result.agreed)
        for point, result in zip(points, found, strict=True)
    ]
    columns = ["structure", "multiplier", "seed", "retained_share", "paid_usd", "agreed"]
    return RetainedCurve(scenario, int(seed), int(replications), pd.DataFrame(rows, columns=columns))


def _varied(scenario: Scenario, structure: str, multiplier: float) -> Scenario:
    try:
        return scenario.with_changes({MULTIPLIER: multiplier, "price_structure": structure})
    except ScenarioError as error:  # another change leaves no room for it
        raise InputError(str(error).splitlines()) from error


def follow_access(task: Task) -> CurvePoint:
    """Run one market to its end and look at its last two years."""
    market = start_market(task.scenario, task.seed).run()
    window = slice(market.records.n - (LAST_MONTH - FIRST_MONTH), market.records.n)
    at_usps = market.records["amazon_via_usps_parcels"].sum(axis=1)
    parcels, dollars = at_usps[window].sum(), market.records["amazon_usps_revenue_usd"][window].sum()
    years = (LAST_MONTH - FIRST_MONTH) / MONTHS_PER_YEAR
    return CurvePoint(
        retained_share=float(parcels / years / at_usps[:MONTHS_PER_YEAR].sum()),
        paid_usd=float(dollars / parcels) if parcels > 0.0 else 0.0,
        agreed=bool(market.amazon.memory.agreed),
    )
