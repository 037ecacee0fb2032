"""Where the time of a default run goes: by phase, and what Mesa and the collection of its columns add."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from model.market import PHASES, ParcelMarket

OUTSIDE = "Mesa, its data collector"
RECORDING = "check_and_record"
LIMIT = 0.15


@dataclass(frozen=True, slots=True)
class RunProfile:
    """Seconds of a run.

    Attributes:
        scenario: Its name.
        months: Months played.
        start: Seconds to build the market.
        phases: Seconds by phase, in order; the last entry is what lies outside all phases.
    """

    scenario: str
    months: int
    start: float
    phases: dict[str, float]

    @property
    def total(self) -> float:
        """Seconds of the run without its start."""
        return sum(self.phases.values())

    def share(self, phase: str) -> float:
        """Part of the run that a phase takes."""
        return self.phases[phase] / self.total

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "scenario": self.scenario,
            "months": self.months,
            "start_seconds": self.start,
            "run_seconds": self.total,
            "phase_seconds": self.phases,
            "phase_share": {name: self.share(name) for name in self.phases},
        }


def profile_run(scenario: str = "baseline", seed: int = 1) -> RunProfile:
    """Run a scenario to its end and time its phases."""
    began = time.perf_counter()
    market = ParcelMarket(scenario, rng=seed)
    started = time.perf_counter()
    market.run()
    ended = time.perf_counter()
    phases = {phase.name: market.phase_seconds[phase.name] for phase in PHASES}
    phases[OUTSIDE] = ended - started - sum(phases.values())
    return RunProfile(market.settings.name, market.n_months, started - began, phases)
