"""The market for EMA workbench: its levers, uncertainties and outcomes under the names that the workbench uses.

EMA workbench (extra `ema`) has samplers, optimisers and a scenario discovery of its own. For runs that must survive a
kill use `experiments.sweep`.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.designs import Design, Factor, read_design
from experiments.designs.columns import choose_outcomes
from experiments.designs.plan import at_point
from experiments.errors import InputError
from experiments.simulation import Simulate, simulate_market
from model.scenario import Scenario


@dataclass(frozen=True)
class MarketFunction:
    """Runs the market at a point and returns outcomes, each the mean over the seeds.

    Attributes:
        scenario: What is changed.
        seeds: Seeds of luck, shared by all points.
        outcomes: Names of the outcomes.
        simulate: What a run does.
    """

    scenario: Scenario
    seeds: tuple[int, ...]
    outcomes: tuple[str, ...]
    simulate: Simulate = simulate_market

    def __call__(self, **values: Any) -> dict[str, float]:
        """Run at a point; a missing outcome is nan."""
        plain = {name: value if isinstance(value, str | bool) else float(value) for name, value in values.items()}
        scenario = at_point(self.scenario, tuple(plain), tuple(plain.values()))
        found = [self.simulate(scenario, seed).outcomes for seed in self.seeds]
        return {name: statistics.fmean(one.get(name, float("nan")) for one in found) for name in self.outcomes}


def ema_model(design: str | Path | Mapping[str, Any] | Design, name: str = "market") -> Any:
    """Turn a design into a model of EMA workbench; the workbench then chooses the points itself.

    Args:
        design: A design of one scenario; its kind and number of points do not matter.
        name: Name of the model, letters and digits.

    Returns:
        An `ema_workbench.Model`.

    Raises:
        InputError: The design is not valid, has several scenarios or names no outcomes; or EMA workbench is missing.
    """
    try:
        import ema_workbench as ema
    except ImportError:
        raise InputError("EMA workbench is not installed; the extra `ema` brings it: last-mile-market[ema]") from None
    checked = read_design(design)
    problems: list[str] = []
    if len(checked.scenarios) > 1:
        problems.append("scenarios: a model of EMA workbench has one; make one model for each")
    if not checked.outcomes:
        problems.append("outcomes: missing; name what the workbench shall look at")
    outcomes = choose_outcomes(checked.scenarios[0], checked.outcomes, problems)
    if problems:
        raise InputError(problems)
    seeds = tuple(range(checked.seed, checked.seed + checked.replications))
    model = ema.Model(name, function=MarketFunction(checked.scenarios[0], seeds, tuple(outcomes)))
    model.uncertainties = [_parameter(ema, one) for one in checked.factors if one.group == "uncertainty"]
    model.levers = [_parameter(ema, one) for one in checked.factors if one.group == "lever"]
    model.outcomes = [ema.ScalarOutcome(outcome) for outcome in outcomes]
    return model


def _parameter(ema: Any, factor: Factor) -> Any:
    if factor.kind == "range":
        return ema.RealParameter(factor.name, factor.low, factor.high)
    if factor.kind == "whole":
        return ema.IntegerParameter(factor.name, round(factor.low), round(factor.high))
    count = round(factor.high - factor.low) + 1
    return ema.CategoricalParameter(factor.name, [factor.value((i + 0.5) / count) for i in range(count)])
