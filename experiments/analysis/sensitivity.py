"""Sobol and Morris indices, computed by SALib from a design that lacks nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.values import (
    Source,
    by_point,
    check_complete,
    chosen_outcomes,
    luck_share,
    opened,
    runs_without,
    varies,
)
from experiments.designs.sampling import MORRIS_LEVELS, morris, unit_problem
from experiments.errors import InputError
from experiments.intervals import CONFIDENCE

RESAMPLES = 1000
SOBOL_COLUMNS = ("first", "first_low", "first_high", "total", "total_low", "total_high")
MORRIS_COLUMNS = ("effect", "effect_low", "effect_high", "signed", "spread")


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Which factors an outcome depends on.

    Attributes:
        kind: "sobol" or "morris".
        scenario: Scenario of the runs.
        points: Points of the design.
        replications: Seeds per point; indices are those of the mean over them.
        table: Index (outcome, factor). Sobol: `first` is the share of the variance that goes away when the factor is
            known, `total` the share that stays when all others are. Morris: `effect` is the mean size of the change
            when the factor goes through its range alone, `signed` its mean with sign, `spread` its standard deviation
            (large where it depends on other factors), in units of the outcome. Each with a 95 % interval. Shares and
            their intervals are held within 0 and 1, sizes above 0: what the estimators give beyond is error.
        luck: By outcome, share of luck in the variance of a single run; nan with one seed.
        constant: Outcomes that do not vary.
        without: Outcomes that fit a pattern and have no figure in some or all runs, by the number of these runs.
    """

    kind: str
    scenario: str
    points: int
    replications: int
    table: pd.DataFrame = field(repr=False)
    luck: dict[str, float]
    constant: tuple[str, ...]
    without: dict[str, int] = field(default_factory=dict)

    def outcome(self, name: str) -> pd.DataFrame:
        """Indices of one outcome, one row a factor."""
        return self.table[self.table.index.get_level_values("outcome") == name].droplevel("outcome")

    def summary(self) -> dict[str, Any]:
        """The indices as `lastmile sensitivity --json` prints them."""
        outcomes: dict[str, Any] = {}
        rows: dict[Any, dict[Any, float]] = self.table.to_dict("index")
        for (outcome, factor), row in rows.items():
            entry = outcomes.setdefault(outcome, {"luck": _plain(self.luck[outcome]), "factors": {}})
            entry["factors"][factor] = {str(name): _plain(value) for name, value in row.items()}
        return {
            "kind": self.kind,
            "scenario": self.scenario,
            "points": self.points,
            "replications": self.replications,
            "outcomes": outcomes,
            "constant": list(self.constant),
            "without": self.without,
        }


def sensitivity(
    source: Source, outcome: str | Sequence[str] | None = None, scenario: str | None = None, seed: int = 1
) -> Sensitivity:
    """Compute Sobol or Morris indices of a sweep of that kind.

    Args:
        source: The sweep or its folder.
        outcome: Names or patterns; all outcomes unless told. One that is named must have a figure in every run; those
            that only fit a pattern are left out and told where they lack some.
        scenario: Which of its scenarios; the first unless told.
        seed: Seed of the resampling that the intervals come from.

    Raises:
        InputError: The design is of another kind or not complete, or there is no such outcome or scenario.

    Examples:
        >>> found = sensitivity(screening, "amazon_own_share")
        >>> found.kind, found.table.loc["amazon_own_share"].index.tolist()
        ('morris', ['amazon_via_usps', 'growth_market'])
    """
    result = opened(source)
    if result.kind not in ("sobol", "morris"):
        raise InputError(
            f"{result.folder}: indices need a design of kind sobol or morris, and this one is of kind {result.kind}; "
            "`lastmile report` shows what drives its outcomes"
        )
    where = result.scenario(scenario)
    blocks: dict[str, pd.DataFrame] = {}
    luck: dict[str, float] = {}
    constant = []
    chosen = chosen_outcomes(result, outcome)
    check_complete(result, where)
    without = runs_without(result, chosen, where)
    named = {outcome} if isinstance(outcome, str) else {*(outcome or ())}
    problems = [
        f"{result.folder}: {count:,} runs of {where} have no {name}"
        for name, count in without.items()
        if name in named or len(without) == len(chosen)
    ]
    if problems:
        raise InputError(problems)
    for name in chosen:
        if name in without:
            continue
        values = by_point(result, name, where)
        if varies(values):
            blocks[name] = _indices(result.kind, result.manifest.design, values.mean(axis=1).to_numpy(), seed)
            luck[name] = luck_share(values)
        else:
            constant.append(name)
    columns = SOBOL_COLUMNS if result.kind == "sobol" else MORRIS_COLUMNS
    empty = pd.DataFrame(columns=list(columns), index=pd.MultiIndex.from_arrays([[], []]), dtype=float)
    table = pd.concat(blocks) if blocks else empty
    table.index.names = ["outcome", "factor"]
    design = result.manifest.design
    return Sensitivity(
        result.kind, where, result.manifest.points, int(design["replications"]), table, luck, tuple(constant), without
    )


def _indices(kind: str, design: dict[str, Any], values: np.ndarray, seed: int) -> pd.DataFrame:
    names = list(design["factors"])
    return _sobol(names, values, seed) if kind == "sobol" else _morris(names, design, values, seed)


def _sobol(names: list[str], values: np.ndarray, seed: int) -> pd.DataFrame:
    from SALib.analyze import sobol

    found = sobol.analyze(
        unit_problem(names), values, calc_second_order=False, num_resamples=RESAMPLES, conf_level=CONFIDENCE, seed=seed
    )
    columns = []
    for index in ("S1", "ST"):
        value, half = np.asarray(found[index]), np.asarray(found[f"{index}_conf"])
        # With few points the estimators leave 0 to 1, where no share of a variance can be.
        columns += [np.clip(part, 0.0, 1.0) for part in (value, value - half, value + half)]
    return pd.DataFrame(dict(zip(SOBOL_COLUMNS, columns, strict=True)), index=names)


def _morris(names: list[str], design: dict[str, Any], values: np.ndarray, seed: int) -> pd.DataFrame:
    from SALib.analyze import morris as analysis

    units = morris(names, int(design["size"]), int(design["sampling_seed"]))
    found = analysis.analyze(
        unit_problem(names), units, values, num_resamples=RESAMPLES, num_levels=MORRIS_LEVELS, seed=seed
    )
    effect, half = np.asarray(found["mu_star"], dtype=float), np.asarray(found["mu_star_conf"], dtype=float)
    columns = (effect, np.maximum(0.0, effect - half), effect + half, found["mu"], found["sigma"])
    return pd.DataFrame(dict(zip(MORRIS_COLUMNS, map(np.asarray, columns), strict=True)), index=names)


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
