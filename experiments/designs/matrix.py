"""The design of a matrix: every policy in every world, and nothing else that varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.designs.design import Design
from experiments.draws import DrawSet
from model.scenario import Scenario


def matrix_design(
    scenarios: Sequence[Scenario],
    worlds: Sequence[str],
    policies: Sequence[Mapping[str, Any]],
    replications: int,
    seed: int,
    draws: DrawSet | None = None,
) -> Design:
    """Make the design; all outcomes are kept, so that any of them can be looked at later without a run.

    Args:
        scenarios: Each policy in each world, world by world.
        worlds: Names of the worlds.
        policies: The policies as plain values.
        replications: Seeds of each cell.
        seed: First seed.
        draws: Parameter draws: seed s takes draw s.
    """
    return Design(
        kind="matrix",
        scenarios=tuple(scenarios),
        factors=(),
        size=0,
        replications=replications,
        seed=seed,
        sampling_seed=1,
        outcomes=("*",),
        monthly=(),
        units=None,
        rows=((),),
        draws=draws,
        worlds=tuple(worlds),
        policies=tuple(dict(one) for one in policies),
    )
