"""Parties that learn: the market as a PettingZoo environment, one step a month.

    from experiments.learning import parallel_env

    env = parallel_env(["amazon", "usps"], "baseline", until="2027-12")
    observations, infos = env.reset(seed=1)
    while env.agents:
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        observations, rewards, terminations, truncations, infos = env.step(actions)

It needs PettingZoo, which the extra `learning` brings. What a party sees and decides stands in docs/learning.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import InputError
from model.scenario import Scenario

if TYPE_CHECKING:
    from experiments.learning.environment import MarketEnvironment
    from experiments.parties import Roster

__all__ = ["parallel_env"]


def parallel_env(
    parties: Sequence[str] = ("usps", "amazon"),
    scenario: str | Path | Scenario = "baseline",
    set: Mapping[str, Any] | None = None,
    from_: str | None = None,
    until: str | None = None,
    roster: Roster | None = None,
) -> MarketEnvironment:
    """Make an environment in which some parties act and all others decide as usual.

    Args:
        parties: Keys of the carriers that act, for example "usps" or "ontrac".
        scenario: A name of the library, the path of a TOML file, or a scenario.
        set: Levers and parameters to change, by name.
        from_: First month, "2025-01".
        until: Last month, "2030-12".
        roster: Classes of one's own for some parties, or their import paths, by key; they decide what no action does.

    Raises:
        InputError: PettingZoo is missing, or what was asked for is not possible; tells all problems at once.
    """
    try:
        import pettingzoo  # noqa: F401
    except ImportError:
        raise InputError(
            "PettingZoo is not installed; the extra `learning` brings it: last-mile-market[learning]"
        ) from None
    from experiments.learning.environment import MarketEnvironment
    from experiments.settings import prepare_scenario

    return MarketEnvironment(tuple(parties), prepare_scenario(scenario, set, from_, until, roster=roster))
