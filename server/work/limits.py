"""How large a run may be that a visitor asks for: the machine belongs to all visitors."""

from __future__ import annotations

from experiments.resolution import usual_shippers
from model.scenario import Scenario

# Fewer shippers make a run faster and coarser; sizes are offered, so that nobody has to know the parameter.
SHIPPERS = (usual_shippers(), 500, 100)
MAX_MONTHS = 240
MAX_SHIPPERS = 20_000


def size_problems(scenario: Scenario) -> list[str]:
    """Say what about a scenario is too large for the server; the command line has no such limits."""
    problems = []
    if scenario.n_months > MAX_MONTHS:
        problems.append(
            f"{scenario.name}: {scenario.n_months} months are too many for the server; at most {MAX_MONTHS}"
        )
    shippers = scenario.parameters.n_shippers
    if shippers > MAX_SHIPPERS:
        problems.append(
            f"{scenario.name}: n_shippers = {shippers:,.0f} is too many for the server; at most {MAX_SHIPPERS:,}"
        )
    return problems
