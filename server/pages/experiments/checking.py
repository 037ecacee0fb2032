"""What processes of the pool do before a sweep starts: check the whole design, and time one run of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from experiments.designs import Design, read_design
from experiments.designs.plan import at_point, make_plan
from experiments.errors import InputError
from experiments.resolution import coarse_note
from experiments.settings import gather
from experiments.simulation import simulate_market
from server.parties import house_roster
from server.work.limits import size_problems
from server.work.worker import tick


@dataclass(frozen=True)
class Checked:
    """A design that can be run.

    Attributes:
        mapping: The design as plain values.
        kind: Kind of the design.
        points: Number of points.
        scenarios: Names.
        replications: Seeds per point.
        runs: Runs in all.
        simulations: Of these, those that differ: equal points share one.
        outcomes: Outcomes that are kept.
        months: Months of a run.
        pilot_seconds: What one run took just now.
        coarse: Remark on markets with fewer shippers than usual, empty for others.
    """

    mapping: dict[str, Any]
    kind: str
    points: int
    scenarios: tuple[str, ...]
    replications: int
    runs: int
    simulations: int
    outcomes: int
    months: int
    pilot_seconds: float
    coarse: str = ""

    def seconds(self, workers: int) -> float:
        """Time that the sweep will take with so many processes, from the pilot run."""
        return self.simulations * self.pilot_seconds / min(workers, self.simulations)


def check_design(mapping: Mapping[str, Any], known: Sequence[str]) -> Checked:
    """Check every point of a design and time one run in its middle.

    Args:
        mapping: The design.
        known: What is wrong with it already.

    Raises:
        InputError: All that is wrong with it.
    """
    design: Design = gather(lambda: read_design(mapping, house_roster()), known=known)[0]
    problems = [problem for scenario in design.scenarios for problem in size_problems(scenario)]
    if problems:
        raise InputError(problems)
    plan = make_plan(design)
    middle = design.n_points // 2
    scenario = at_point(design.scenarios[0], design.names, design.point(middle))
    if problems := size_problems(scenario):
        raise InputError(problems)
    _warm_up()
    began = time.perf_counter()
    simulate_market(scenario, design.seed, each_month=tick)
    return Checked(
        mapping=dict(mapping),
        kind=design.kind,
        points=design.n_points,
        scenarios=tuple(one.name for one in design.scenarios),
        coarse=coarse_note(one.parameters.n_shippers for one in design.scenarios),
        replications=design.replications,
        runs=len(plan),
        simulations=len(np.unique(plan.keys)),
        outcomes=len(plan.outcomes),
        months=scenario.n_months,
        pilot_seconds=time.perf_counter() - began,
    )


@cache
def _warm_up() -> None:
    """Read all tables once: a sweep does so once per process, not once per run."""
    simulate_market(
        read_design({"kind": "grid", "until": "2025-01", "levers": {"make_or_buy": [True]}}).scenarios[0], 1
    )
