"""The month as a Mesa model: every shipper an agent with a step of its own."""

from __future__ import annotations

import mesa

from experiments.benchmarks.month import Outcome, ShipperMonth
from experiments.benchmarks.shipper_loops import EnterpriseShipper, SmallShipper, World, outcome


class SmallAgent(mesa.Agent, SmallShipper):  # type: ignore[misc]  # Mesa ships no types
    """A small shipper."""

    @property
    def world(self) -> World:  # type: ignore[override]
        """What it sees."""
        return self.model.world  # type: ignore[no-any-return]

    def step(self) -> None:
        """Play its month."""
        self.play_month()


class EnterpriseAgent(mesa.Agent, EnterpriseShipper):  # type: ignore[misc]
    """An enterprise shipper."""

    @property
    def world(self) -> World:  # type: ignore[override]
        """What it sees."""
        return self.model.world  # type: ignore[no-any-return]

    def step(self) -> None:
        """Play its month."""
        self.play_month()


class MesaMonth(mesa.Model):  # type: ignore[misc]
    """All shippers as Mesa agents.

    Args:
        month: What they see.
    """

    def __init__(self, month: ShipperMonth) -> None:
        super().__init__(rng=1)
        self.month = month
        self.prepare()

    def prepare(self) -> None:
        """Make the shippers anew, as they stand at the beginning of the month."""
        for agent in list(self.agents):
            agent.remove()
        self.world = World(self.month)
        draws, refusals = self.month.draws()
        for row in range(self.month.n_enterprise):
            EnterpriseAgent(self).become(self.month, row)
        self.small = []
        for row in range(self.month.n_enterprise, len(self.month.discount)):
            agent = SmallAgent(self)
            agent.become(self.month, row, draws, refusals)
            self.small.append(agent)

    def step(self) -> None:
        """Play the month."""
        self.agents.do("step")

    def run(self) -> None:
        """Play the month once."""
        self.step()

    def outcome(self) -> Outcome:
        """What came out."""
        return outcome(self.world, self.month, self.small)
