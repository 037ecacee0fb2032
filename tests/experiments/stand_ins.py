"""Simulations that stand in for the market in tests of sweeps: fast, failing, hanging, deadly."""

from __future__ import annotations

import math
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import Result

from experiments.simulation import Simulation
from model.scenario import Scenario

ISHIGAMI = ("growth_market", "build_limit", "amazon_own_cost_multiplier")

#: A sweep of stand-ins.
DESIGN: dict[str, Any] = {
    "kind": "grid",
    "scenarios": ["renew", "withdraw"],
    "until": "2025-01",
    "replications": 3,
    "outcomes": ["y", "z"],
    "uncertainties": {"build_limit": [0.5, 1.0, 1.5, 2.0], "amazon_own_cost_multiplier": [0.9, 1.1]},
}


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


def crossed(scenario: Scenario, seed: int) -> Simulation:
    """Two factors on 0, 1, 2, 3 that add up (`additive`), or also act together (`mixed`), or not at all (`noise`).

    Luck has a part that is common to all points and one that differs from point to point. In the scenario `withdraw`
    the two factors change places.
    """
    p = scenario.parameters
    a, b = (p.amazon_own_cost_multiplier - 0.8) / 0.2, (p.build_limit - 0.5) / 0.5
    if scenario.name == "withdraw":
        a, b = b, a
    random = np.random.default_rng([seed, round(100 * a), round(100 * b)])
    common, own = 0.4 * seed, float(random.normal(0.0, 0.5))
    return Simulation(
        {
            "additive": a + 2.0 * b + common + own,
            "mixed": a + 2.0 * b + (a - 1.5) * (b - 1.5) + common + own,
            "noise": common + own,
            "plain": a + 2.0 * b,
        }
    )


def moved_together(scenario: Scenario, seed: int) -> Simulation:
    """The build limit drives it; nothing else does."""
    random = np.random.default_rng([seed, round(1000 * scenario.parameters.build_limit)])
    return Simulation({"y": scenario.parameters.build_limit + float(random.normal(0.0, 0.2))})


def cancelled(scenario: Scenario, seed: int) -> Simulation:
    """The same as `crossed`, but somebody presses Ctrl-C during the 28th run of a 4 x 4 grid with 3 seeds."""
    p = scenario.parameters
    at = (round(p.amazon_own_cost_multiplier, 6), p.build_limit, seed)
    if at == (1.2, 1.0, 1) and "STAND_IN_GOES_ON" not in os.environ:
        signal.raise_signal(signal.SIGINT)
    return crossed(scenario, seed)


def switched(scenario: Scenario, seed: int) -> Simulation:
    """Two with the switch on from 2027 on, one elsewhere; a choice in the middle of its list moves `middle`."""
    late = scenario.exit_start is not None and str(scenario.exit_start) >= "2027-01"
    return Simulation(
        {
            "y": 1.0 + float(scenario.make_or_buy and late),
            "middle": float(scenario.price_structure == "by_zone_type") + 0.01 * seed,
        }
    )


def failing_once(scenario: Scenario, seed: int) -> Simulation:
    """The same as `crossed`, but one run of it fails."""
    if seed == 3 and scenario.parameters.build_limit == 1.5 and scenario.parameters.amazon_own_cost_multiplier == 1.0:
        raise ZeroDivisionError("once")
    return crossed(scenario, seed)


def often_missing(scenario: Scenario, seed: int) -> Simulation:
    """The build limit, in every second run or so."""
    here = np.random.default_rng([seed, round(1000 * scenario.parameters.build_limit)]).uniform() < 0.5
    return Simulation({"y": scenario.parameters.build_limit if here else math.nan})


def nothing_withdrawn(scenario: Scenario, seed: int) -> Simulation:
    """Has no figure of z in the scenario `withdraw`."""
    found = product(scenario, seed).outcomes
    return Simulation({**found, "z": math.nan if scenario.name == "withdraw" else found["y"]})


def near_all_of_it(scenario: Scenario, seed: int) -> Simulation:
    """A share near 1 and money of the same size, which luck moves differently from point to point."""
    at = round(1000 * scenario.parameters.build_limit)
    share = float(np.random.default_rng([seed, at]).uniform(0.8, 1.0))
    return Simulation({"own_share": share, "own_usd": share})


def refused_at_once(answer: Result, told: list[str], folder: Path) -> None:
    """Check that bad input ends with code 2 and one message that holds all of `told`, and leaves a folder empty."""
    assert answer.exit_code == 2, answer.output
    assert answer.stdout == ""
    message = " ".join(answer.stderr.split())
    assert [word for word in told if word not in message] == []
    assert list(folder.iterdir()) == []
