"""The month as an AgentPy model; needs the extra `benchmark`."""

from __future__ import annotations

import agentpy

from experiments.benchmarks.month import Outcome, ShipperMonth
from experiments.benchmarks.shipper_loops import EnterpriseShipper, SmallShipper, World, outcome


class SmallAgent(agentpy.Agent, SmallShipper):  # type: ignore[misc]  # AgentPy ships no types
    """A small shipper."""

    def setup(self, month: ShipperMonth, world: World) -> None:
        """Begin."""
        self.world = world


class EnterpriseAgent(agentpy.Agent, EnterpriseShipper):  # type: ignore[misc]
    """An enterprise shipper."""

    def setup(self, month: ShipperMonth, world: World) -> None:
        """Begin."""
        self.world = world


class AgentPyMonth:
    """All shippers as AgentPy agents.

    Args:
        month: What they see.
    """

    def __init__(self, month: ShipperMonth) -> None:
        self.month = month
        self.prepare()

    def prepare(self) -> None:
        """Make the shippers anew, as they stand at the beginning of the month."""
        month, model = self.month, agentpy.Model()
        self.world = World(month)
        draws, refusals = month.draws()
        n_enterprise, n = month.n_enterprise, len(month.discount)
        self.enterprise = agentpy.AgentList(model, n_enterprise, EnterpriseAgent, month=month, world=self.world)
        self.small = agentpy.AgentList(model, n - n_enterprise, SmallAgent, month=month, world=self.world)
        for row, agent in enumerate(self.enterprise):
            agent.become(month, row)
        for row, agent in enumerate(self.small, start=n_enterprise):
            agent.become(month, row, draws, refusals)

    def run(self) -> None:
        """Play the month once."""
        self.enterprise.play_month()
        self.small.play_month()

    def outcome(self) -> Outcome:
        """What came out."""
        return outcome(self.world, self.month, list(self.small))
