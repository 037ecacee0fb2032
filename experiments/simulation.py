"""What one run of a sweep does: from a scenario and a seed to numbers."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.deadline import check_deadline
from experiments.errors import InputError
from experiments.runs import ended_early, start_market
from model.market import ParcelMarket
from model.outcomes import compute_outcomes
from model.scenario import Scenario

_OWN_PACKAGES = ("agents", "model", "experiments")


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a run yields.

    Attributes:
        outcomes: Figures by name.
        monthly: One row a month (index "month"), or None where a simulation has no months.
        balances: Worst month: "parcels" relative, "money" in dollars.
        ended: Why it ended before its last month, with the month; empty where it did not.
    """

    outcomes: Mapping[str, float]
    monthly: pd.DataFrame | None = None
    balances: Mapping[str, float] = field(default_factory=dict)
    ended: str = ""


Simulate = Callable[[Scenario, int], Simulation]


def simulate_market(scenario: Scenario, seed: int, each_month: Callable[[], None] = check_deadline) -> Simulation:
    """Run the parcel market to its end.

    Args:
        scenario: What is assumed.
        seed: Seed of the run's luck.
        each_month: Called after every month; what it raises ends the run.

    Raises:
        InputError: No start can be found with these parameters.
        experiments.deadline.RunTimeoutError: It took longer than it may.
    """
    return simulation_of(play_market(scenario, seed, each_month))


def play_market(scenario: Scenario, seed: int, each_month: Callable[[], None] = check_deadline) -> ParcelMarket:
    """As `simulate_market`, but return the market itself, in its last month."""
    market = start_market(scenario, seed)
    while not market.finished:
        market.step()
        each_month()
    return market


def simulation_of(market: ParcelMarket) -> Simulation:
    """What a market that has reached its end yields."""
    balances = {name: float(value) for name, value in market.balances().items()}
    return Simulation(compute_outcomes(market), market.records.frame(), balances, ended_early(market))


def name_of(simulate: Simulate) -> str:
    """Where other processes find a simulation: "module:function".

    Raises:
        InputError: It is no function of a module.
    """
    module, name = getattr(simulate, "__module__", None), getattr(simulate, "__qualname__", "")
    if not module or module == "__main__" or "." in name or not name.isidentifier():
        raise InputError(
            f"simulate: {simulate!r} is not allowed; it must be a function in a module of its own, "
            "so that other processes can import it"
        )
    return f"{module}:{name}"


def find(name: str) -> Simulate:
    """Import a simulation by its name."""
    module, _, function = name.partition(":")
    found: Simulate = getattr(import_module(module), function)
    return found


def own_code_checksum(simulate: Simulate) -> str | None:
    """SHA-256 of the file of a simulation; None for those of the project, which the code checksum holds already."""
    if simulate.__module__.partition(".")[0] in _OWN_PACKAGES:
        return None
    file: Any = inspect.getsourcefile(simulate)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else None
