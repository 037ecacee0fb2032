"""The market's month beside other ways to write it: the same numbers, and what each costs."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.benchmarks.bare_numpy import NumpyMonth
from experiments.benchmarks.mesa_version import MesaMonth
from experiments.benchmarks.month import MarketMonth, Outcome, ShipperMonth, play_until_shippers, take_month
from experiments.benchmarks.timing import Repeatable, Timing, time_in_turns
from model.market import ParcelMarket
from model.scenario import Scenario

OURS, BARE, MESA, AGENTPY = "lastmile", "NumPy only", "Mesa, one agent per shipper", "AgentPy, one agent per shipper"
LOOPS = (MESA, AGENTPY)
TOLERANCE = 1e-9
WARM_UP, PLAYED = 2, 12


class DifferentResultError(RuntimeError):
    """Two versions of one month do not give the same numbers."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What a month costs in each version.

    Attributes:
        shippers: Rows.
        timings: Of the shippers' phases, by version.
        month: Of a whole month of the market, mean of a year so that yearly plans count, s.
    """

    shippers: int
    timings: dict[str, Timing]
    month: float

    def ratio(self, version: str) -> float:
        """Time of a version over ours, the shippers' phases."""
        return self.timings[version].median / self.timings[OURS].median

    def month_ratio(self, version: str) -> float:
        """The same for the whole month, where the version does the shippers' phases and the market all the rest."""
        rest = self.month - self.timings[OURS].median
        return (rest + self.timings[version].median) / self.month

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "shippers": self.shippers,
            "month_seconds": self.month,
            "shipper_phases_seconds": {name: timing.as_dict() for name, timing in self.timings.items()},
            "shipper_phases_ratio": {name: self.ratio(name) for name in self.timings},
            "month_ratio": {name: self.month_ratio(name) for name in self.timings},
        }


def versions_of(month: ShipperMonth) -> dict[str, Any]:
    """All versions that can run here but the market's own; AgentPy needs the extra `benchmark`."""
    found: dict[str, Any] = {BARE: NumpyMonth(month), MESA: MesaMonth(month)}
    if importlib.util.find_spec("agentpy") is not None:
        from experiments.benchmarks.agentpy_version import AgentPyMonth

        found[AGENTPY] = AgentPyMonth(month)
    return found


def check_equal(name: str, found: Outcome, wanted: Outcome, n_enterprise: int) -> None:
    """Check that a version gives the market's numbers: choices exactly, parcels and dollars to 1e-9.

    Raises:
        DifferentResultError: It does not.
    """
    for what in ("primary", "refused_months"):
        if not np.array_equal(getattr(found, what)[n_enterprise:], getattr(wanted, what)[n_enterprise:]):
            raise DifferentResultError(f"{name}: {what} of small shippers differs from the market's")
    for what in ("volume", "value"):
        one, other = getattr(found, what), getattr(wanted, what)
        gap = float(np.abs(one - other).max() / np.abs(other).max())
        if not gap <= TOLERANCE:
            raise DifferentResultError(f"{name}: {what} differs from the market's by {gap:.1e} of its largest figure")


def compare_versions(n_shippers: int, rounds: int, loop_rounds: int, seed: int = 1) -> Versions:
    """Time a month of the shippers in every version, and a year of the whole market.

    Args:
        n_shippers: Rows.
        rounds: Repetitions of the array versions.
        loop_rounds: Repetitions of the versions that loop.
        seed: Seed.

    Raises:
        DifferentResultError: The versions do not agree.
    """
    end = {"n_shippers": n_shippers, "end": "2026-12"}
    market = ParcelMarket(Scenario.load("baseline").with_changes(end), rng=seed)
    for _ in range(WARM_UP):
        market.step()
    months = [_processor_time_of_step(market) for _ in range(PLAYED)]
    play_until_shippers(market)
    month = take_month(market)
    ours = MarketMonth(market, month)
    others = versions_of(month)
    things: dict[str, Repeatable] = {OURS: ours, **others}
    timings = time_in_turns(things, {name: loop_rounds if name in LOOPS else rounds for name in things})
    ours.prepare()
    wanted = ours.run()
    for name, version in others.items():
        check_equal(name, version.outcome(), wanted, month.n_enterprise)
    return Versions(n_shippers, timings, float(np.mean(months)))


def _processor_time_of_step(market: ParcelMarket) -> float:
    began = time.process_time()
    market.step()
    return time.process_time() - began
