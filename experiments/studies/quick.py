"""A run that takes no time, for studies of what surrounds it."""

from __future__ import annotations

from experiments.simulation import Simulation
from model.scenario import Scenario


def quick(scenario: Scenario, seed: int) -> Simulation:
    """Return one of the factors."""
    return Simulation({"y": scenario.parameters.build_limit})
