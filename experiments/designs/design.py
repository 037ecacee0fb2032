"""An ordered table of points, with what every run of it shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from experiments.designs.distributions import cut_note
from experiments.designs.factors import Factor
from experiments.draws import DrawSet
from model.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

DesignKind = Literal["grid", "lhs", "sobol", "morris", "table", "matrix"]


@dataclass(frozen=True, eq=False)
class Design:
    """A design that has been checked. Its runs are points x scenarios x seeds, in that order.

    Attributes:
        kind: How the points were chosen.
        scenarios: Every point is run in each of them; they hold the fixed changes and the last month.
        factors: Columns of the table.
        size: What was asked for: points, base samples (sobol) or trajectories (morris); 0 for grids and tables.
        replications: Seeds per point, shared by all points.
        seed: First of these seeds; the others follow it.
        sampling_seed: Seed of the sampling of the points.
        outcomes: Patterns of the outcomes to keep.
        monthly: Patterns of the monthly series to keep.
        units: (points, factors) shares of the ranges; None for grids and tables.
        rows: Values of grids and tables, else empty.
        draws: Parameter draws: a run with seed s takes draw s. None for the scenarios' own parameters.
        worlds: Of a matrix: names of its scenarios without any policy, else empty.
        policies: Of a matrix: its policies as plain values; `scenarios` then has each policy in each world, world by
            world, and the one point varies nothing.
    """

    kind: DesignKind
    scenarios: tuple[Scenario, ...]
    factors: tuple[Factor, ...]
    size: int
    replications: int
    seed: int
    sampling_seed: int
    outcomes: tuple[str, ...]
    monthly: tuple[str, ...]
    units: NDArray[np.float64] | None = field(repr=False)
    rows: tuple[tuple[Any, ...], ...] = field(repr=False)
    draws: DrawSet | None = None
    worlds: tuple[str, ...] = ()
    policies: tuple[dict[str, Any], ...] = ()

    @property
    def n_points(self) -> int:
        """Number of points."""
        return len(self.rows) if self.units is None else len(self.units)

    @property
    def n_runs(self) -> int:
        """Points times scenarios times replications."""
        return self.n_points * len(self.scenarios) * self.replications

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(factor.name for factor in self.factors)

    def point(self, number: int) -> tuple[Any, ...]:
        """Values of a point, in the order of the factors."""
        if self.units is None:
            return self.rows[number]
        return tuple(factor.value(float(share)) for factor, share in zip(self.factors, self.units[number], strict=True))

    def frame(self) -> pd.DataFrame:
        """All points, index "point", one column per factor."""
        import pandas as pd

        rows = [self.point(number) for number in range(self.n_points)]
        return pd.DataFrame(rows, columns=list(self.names), index=pd.RangeIndex(len(rows), name="point"))

    def notes(self) -> tuple[str, ...]:
        """What a reader must know of its distributions: how much of each is cut off, one sentence each."""
        return tuple(note for factor in self.factors if (note := cut_note(factor.name, factor.describe())))

    def describe(self) -> dict[str, Any]:
        """The design as plain values: what a manifest holds, and what two designs are compared by."""
        return {
            "kind": self.kind,
            "scenarios": [scenario.changes() | {"name": scenario.name} for scenario in self.scenarios],
            "factors": {factor.name: factor.describe() for factor in self.factors},
            "size": self.size,
            "replications": self.replications,
            "seed": self.seed,
            "sampling_seed": self.sampling_seed,
            "outcomes": list(self.outcomes),
            "monthly": list(self.monthly),
            **({} if self.draws is None else {"draws": self.draws.describe()}),
            **({"rows": [list(row) for row in self.rows]} if self.kind == "table" else {}),
            **({"worlds": list(self.worlds), "policies": list(self.policies)} if self.kind == "matrix" else {}),
        }
