"""Simulations that stand in for the market in tests of sweeps: fast, failing, hanging, deadly."""

from __future__ import annotations

import math
import os
import signal
import time

from experiments.simulation import Simulation
from model.scenario import Scenario

ISHIGAMI = ("growth_market", "build_limit", "amazon_own_cost_multiplier")


def product(scenario: Scenario, seed: int) -> Simulation:
    """Something that depends on everything that is varied, and on luck."""
    p = scenario.parameters
    return Simulation({"y": p.build_limit * p.amazon_own_cost_multiplier + 0.01 * seed, "z": float(seed)})


def slow_product(scenario: Scenario, seed: int) -> Simulation:
    """The same, but long enough to be killed in the middle."""
    time.sleep(0.02)
    return product(scenario, seed)


def ishigami(scenario: Scenario, seed: int) -> Simulation:
    """The Ishigami function of three parameters of the market, each scaled from its declared range to -pi..pi."""
    x = []
    for name in ISHIGAMI:
        row = scenario.parameters.row(name)
        share = (scenario.parameters[name] - row.low) / (row.high - row.low)
        x.append(math.pi * (2.0 * share - 1.0))
    return Simulation({"y": math.sin(x[0]) + 7.0 * math.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * math.sin(x[0])})


def failing(scenario: Scenario, seed: int) -> Simulation:
    """Fails for every second seed, unless a file says that the fault is mended."""
    if seed % 2 == 0 and not os.path.exists(os.environ.get("STAND_IN_MENDED", "/nonexistent")):
        raise ZeroDivisionError(f"seed {seed} divides by zero")
    return product(scenario, seed)


def hanging(scenario: Scenario, seed: int) -> Simulation:
    """Never ends for seed 2."""
    while seed == 2:
        time.sleep(0.05)
    return product(scenario, seed)


def deadly(scenario: Scenario, seed: int) -> Simulation:
    """Takes its process down for seed 2."""
    if seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return product(scenario, seed)


def full_disk_of_the_run(scenario: Scenario, seed: int) -> Simulation:
    """Fails as a run that writes a file of its own to a full disk would."""
    raise OSError(28, "no space left on device")


def boxed(scenario: Scenario, seed: int) -> Simulation:
    """One inside a box of two factors, zero outside."""
    return Simulation({"y": float(scenario.parameters.build_limit > 1.5 and scenario.price_structure == "by_zone")})


def sometimes_nothing(scenario: Scenario, seed: int) -> Simulation:
    """Has no figure of z for every second seed."""
    found = product(scenario, seed).outcomes
    return Simulation({**found, "z": found["z"] if seed % 2 else math.nan})
