"""Mesa's own objects where the market has its own: the scenario that Mesa keeps for a model and makes at a reset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from mesa.experimental.scenarios import Scenario as MesaScenario

from model.plain_values import plain
from model.scenario import DEFAULT_SCENARIO, Scenario, ScenarioError
from model.seeds import make_seed

#: What a market can be made of.
type ScenarioLike = Scenario | str | Path | MesaScenario


class KeptByMesa(MesaScenario):  # type: ignore[misc]  # Mesa ships no types
    """What Mesa keeps as the scenario of a market: its name and its seed, for those who look there.

    It counts as false. Mesa's controls for a browser make a new scenario of the same class at every reset where there
    is one, and put it in the place of the one that was chosen; where there is none they pass on what was chosen.
    """

    def __bool__(self) -> bool:
        return False


def read_scenario(scenario: ScenarioLike, changes: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario that a market is made of.

    Args:
        scenario: A scenario, its name, the path of its TOML file; or a scenario of Mesa: its entries are levers and
            parameters by name, `scenario` among them is the one that they change, and `rng` is no part of it.
        changes: Levers and parameters to change.

    Raises:
        ScenarioError: It is not valid.
    """
    entries: dict[str, Any] = {}
    if isinstance(scenario, MesaScenario):
        entries = {key: value for key, value in scenario if key not in ("rng", "model") and not key.startswith("_")}
        scenario = entries.pop("scenario", DEFAULT_SCENARIO)
    found = scenario if isinstance(scenario, Scenario) else Scenario.load(plain(scenario))
    if entries:
        found = found.with_changes(entries, "scenario of Mesa")
    if changes and "seed" in changes:
        raise ScenarioError("seed: a market has it as rng, like every model of Mesa: ParcelMarket(scenario, rng=1)")
    return found.with_changes(changes, "market") if changes else found


def read_seed(scenario: ScenarioLike, rng: object, usual: int) -> int:
    """The seed of a market: what is told, or what a scenario of Mesa holds where nothing else is told.

    Args:
        scenario: As in `read_scenario`.
        rng: What was given as seed.
        usual: What it is where nobody gave any.

    Raises:
        model.seeds.SeedError: It is no seed.
        ScenarioError: Two different ones are told.
    """
    held = scenario.rng if isinstance(scenario, MesaScenario) else None
    given = rng is not None and rng is not usual
    # Mesa 4 puts a generator of its own where nobody told a seed: it is no second one.
    if held is None or held is rng or (given and isinstance(held, np.random.Generator)):
        return make_seed(rng)
    seed = make_seed(held)
    if given and make_seed(rng) != seed:
        raise ScenarioError(f"rng: {rng!r} is given, and the scenario of Mesa holds {held!r}; leave one of both")
    return seed
