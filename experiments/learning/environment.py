"""The market as a PettingZoo parallel environment: some carriers act, one step is one month, money is the reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from agents.roster import RosterError
from experiments.errors import InputError
from experiments.learning.parties import Learner, decided_by, learner_class, seen_by
from experiments.learning.seen import MILLION, Field, Part
from experiments.settings import check_seeds
from model.bargains.pairs import known_pairs
from model.market import ParcelMarket
from model.scenario import Scenario
from model.seeds import MAX_SEED
from model.start.choice_constants import StartError

Array = NDArray[np.float32]


class MarketEnvironment(ParallelEnv[str, Array, Array]):  # type: ignore[misc]
    """Some parties of one market act month by month; `experiments.learning.parallel_env` makes it.

    Attributes:
        possible_agents: Keys of the parties that act.
        agents: Those that still do.
        settings: What all episodes assume.
        market: The market of the episode, for whoever studies it and not for those who act; None before the first.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "lastmile_v0", "render_modes": [], "is_parallelizable": True}

    def __init__(self, parties: Sequence[str], settings: Scenario) -> None:
        self.settings = settings
        self.render_mode = None
        market = _started(settings, 1, {})
        _check_parties(market, parties)
        self.possible_agents = list(parties)
        self.agents: list[str] = []
        self.market: ParcelMarket | None = None
        self._next_seed = 1
        self._usual = {key: type(market.agent(key)) for key in parties}
        others = {key: _others(market, key) for key in parties}
        offers = settings.negotiation and settings.bargaining == "alternating"
        prices = settings.price_rule == "adaptive"
        kinds = {key: learner_class(usual) for key, usual in self._usual.items()}
        self._seen = {key: seen_by(kind, others[key]) for key, kind in kinds.items()}
        self._decided = {key: decided_by(kind, others[key], prices, offers) for key, kind in kinds.items()}
        self.observation_spaces = {
            key: Box(-np.inf, np.inf, (len(self.sees(key)),), np.float32) for key in self.possible_agents
        }
        self.action_spaces = {key: Box(-1.0, 1.0, (len(fields),), np.float32) for key, fields in self._decided.items()}

    def sees(self, agent: str) -> tuple[Field, ...]:
        """What the numbers of an agent's observation are, in their order."""
        return tuple(field for part in self._seen[agent] for field in part.fields)

    def decides(self, agent: str) -> tuple[Field, ...]:
        """What the numbers of an agent's action are, in their order."""
        return self._decided[agent]

    def parts(self, agent: str) -> tuple[Part, ...]:
        """The parts that an agent's observation is made of."""
        return self._seen[agent]

    def observation_space(self, agent: str) -> Box:
        """The space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Box:
        """The space of an agent's actions; all 0 is what the usual strategy does."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Array], dict[str, dict[str, Any]]]:
        """Begin an episode: the market of a seed before its first month.

        Args:
            seed: Seed of the run's luck, 0 to 2**31 - 1: the same luck as in `lastmile run --seed`. None takes the
                next one after the last episode's, from 1 on.
            options: Not used.

        Returns:
            Observations and infos by agent.

        Raises:
            InputError: The seed is not possible.
        """
        number = self._next_seed if seed is None else seed
        check_seeds(number)
        self._next_seed = int(number) + 1 if number < MAX_SEED else 0
        roster = {key: learner_class(usual) for key, usual in self._usual.items()}
        self.market = _started(self.settings, int(number), roster)
        self.agents = [key for key in self.possible_agents if _takes_part(self.market, key)]
        return self._observations(self.market), self._infos(self.market)

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Array], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Play one month.

        Args:
            actions: Numbers from -1 to 1 by agent, in the order of `decides`; who is not named does as usual.

        Returns:
            By agent: what it sees now, its result of the month in million dollars, whether it has left the market,
            whether the run is over, and the month that was played.

        Raises:
            InputError: An action is not possible, or nobody is left to act; nothing was played.
        """
        market = self.market
        if market is None or not self.agents:
            raise InputError("step: nobody acts; allowed: after a reset, until the last agent has left or the run ends")
        for key, action in self._checked(actions).items():
            _learner(market, key).takes(action)
        market.step()
        profit = market.records["profit_usd"][-1]
        rewards = {key: float(profit[_learner(market, key).index]) / MILLION for key in self.agents}
        gone = {key: not _takes_part(market, key) for key in self.agents}
        over = dict.fromkeys(self.agents, market.finished)
        observations, infos = self._observations(market), self._infos(market)
        self.agents = [key for key in self.agents if not gone[key] and not market.finished]
        return observations, rewards, gone, over, infos

    def close(self) -> None:
        """Let go of the market."""
        self.market, self.agents = None, []

    def _checked(self, actions: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        """The action of every agent by name of the field."""
        problems = [
            f"actions: {key!r} does not act; allowed: {', '.join(self.agents)}"
            for key in actions
            if key not in self.agents
        ]
        found: dict[str, dict[str, float]] = {}
        for key in self.agents:
            fields = self._decided[key]
            values = np.asarray(actions.get(key, np.zeros(len(fields))), dtype=np.float64)
            if values.shape != (len(fields),):
                problems.append(f"action of {key}: it has the shape {values.shape}; allowed: ({len(fields)},)")
                continue
            found[key] = {field.name: float(value) for field, value in zip(fields, values, strict=True)}
            problems += [
                f"action of {key}: {name} is {value}; allowed: -1 to 1"
                for name, value in found[key].items()
                if not -1.0 <= value <= 1.0
            ]
        if problems:
            raise InputError(problems)
        return found

    def _observations(self, market: ParcelMarket) -> dict[str, Array]:
        """What each agent sees; one that has left the market sees nothing but zeros."""
        seen = {}
        for key in self.agents:
            space = self.observation_spaces[key]
            here = _takes_part(market, key)
            values = _learner(market, key).observes(self._seen[key]) if here else np.zeros(space.shape)
            seen[key] = values.astype(np.float32)
        return seen

    def _infos(self, market: ParcelMarket) -> dict[str, dict[str, Any]]:
        played = market.records.months
        return {key: {"month": str(played[-1]) if played else ""} for key in self.agents}


def _started(settings: Scenario, seed: int, roster: Mapping[str, type[Learner]]) -> ParcelMarket:
    try:
        return ParcelMarket(settings, rng=seed, roster=roster)
    except (StartError, RosterError) as error:
        raise InputError(f"scenario {settings.name}: the market cannot start: {error}") from error


def _learner(market: ParcelMarket, key: str) -> Any:
    return market.agent(key)


def _takes_part(market: ParcelMarket, key: str) -> bool:
    """Whether a carrier is in the market: it serves somebody."""
    return bool(market.own_books(_learner(market, key).index).coverage.any())


def _others(market: ParcelMarket, key: str) -> tuple[str, ...]:
    """Those that a carrier may have contracts and talks with, one by one."""
    pairs = (pair.parties for pair in known_pairs(market.carriers) if key in pair.parties)
    return tuple(buyer if seller == key else seller for seller, buyer in pairs)


def _check_parties(market: ParcelMarket, parties: Sequence[str]) -> None:
    known = market.carriers.keys
    problems = [f"parties: {key!r} is no carrier; allowed: {', '.join(known)}" for key in parties if key not in known]
    problems += [f"parties: {key} is named twice" for key in dict.fromkeys(parties) if list(parties).count(key) > 1]
    if not parties:
        problems.append(f"parties: none is named; allowed: at least one of {', '.join(known)}")
    if not problems:
        gone = [key for key in parties if not _takes_part(market, key)]
        problems += [f"parties: {key} is not in the market at its start" for key in gone]
    if problems:
        raise InputError(problems)
