"""What drives each outcome, from any design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from experiments.analysis.factorial import as_cube, factorial_pieces
from experiments.analysis.groups import grouped, is_ordered
from experiments.analysis.partition import COLUMNS, Piece, shares_of
from experiments.analysis.regression import RELATED, REST, Explained, Regressors, explain, label_of, regressors_of
from experiments.analysis.values import (
    Source,
    by_point,
    chosen_outcomes,
    complete,
    every_by_point,
    opened,
    point_factors,
    varies,
)
from experiments.store.reading import SweepResult

Method = Literal["analysis of variance", "regression", "none"]
CHANGES = ("change", "lowest_at", "highest_at")
# A part of a share that goes as well with other factors is told from here on.
_WORTH_TELLING = 0.03
# In place of a seed, where a value is the mean of the runs that have the outcome.
MEAN = "mean"


@dataclass(frozen=True, eq=False)
class Drivers:
    """What drives one outcome in one scenario.

    Attributes:
        outcome: Name of the outcome.
        scenario: Name of the scenario.
        method: "analysis of variance" of a balanced design, "regression" on the points of any other, or "none" where
            there are too few points for the factors.
        points: Points that were used.
        seeds: Seeds that were used, the same at all of these points.
        table: Index source, see `drivers`; empty where the outcome does not vary.
        notes: How the shares were found, and what to keep in mind, a sentence or two each.
        members: Source to the factors that it goes with.
    """

    outcome: str
    scenario: str
    method: Method
    points: int
    seeds: int
    table: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...]
    members: dict[str, tuple[str, ...]]

    def weights(self) -> dict[str, float]:
        """Of each factor the sum of the shares that it has a part in, alone or with others; largest first."""
        found: dict[str, float] = {}
        for source, factors in self.members.items():
            share = float(np.nan_to_num(self.table["share"][source]))
            for factor in factors:
                found[factor] = found.get(factor, 0.0) + share
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def drivers(source: Source, outcome: str | Sequence[str] | None = None, scenario: str | None = None) -> pd.DataFrame:
    """Tell how much of an outcome's variance goes with each factor, with interactions, and with luck.

    Of a balanced design (every combination of the values under the same seeds) it is the analysis of variance, with
    seeds as blocks. Of any other it is a regression on all factors at once; factors whose values go together get one
    row with a joint share. Shares are epsilon squared: less what chance gives, and never below zero. With one seed
    nothing is known of luck: shares of a balanced design are then those under this luck, without intervals.

    Args:
        source: The sweep or its folder.
        outcome: Names or patterns; all outcomes unless told.
        scenario: Which of its scenarios; all of them unless told.

    Returns:
        Index (outcome, scenario, source): `kind` ("factor", "together", "interaction", "rest" or "luck"); `share` of
        the variance of a single run with its 95 % interval; `p` of its F test; `shared`, the part of the share that
        goes as well with other factors; of factors also the `change` from the lowest to the highest value in units of
        the outcome (of a choice without order from the lowest to the highest mean), and the values of the lowest and
        the highest mean. Largest share first, luck last. An outcome that does not vary has no rows.

    Raises:
        InputError: There is no such outcome or scenario.

    Examples:
        >>> table = drivers(example, "amazon_own_share").loc[("amazon_own_share", "withdraw")]
        >>> table["share"].round().to_dict()
        {'amazon_via_usps': 1.0, 'amazon_via_usps × growth_market': 0.0, 'growth_market': 0.0}
    """
    result = opened(source)
    names = result.scenarios if scenario is None else (result.scenario(scenario),)
    found = [drivers_of(result, name, where) for name in chosen_outcomes(result, outcome) for where in names]
    blocks = {(one.outcome, one.scenario): one.table for one in found if len(one.table)}
    if not blocks:
        index = pd.MultiIndex.from_arrays([[], [], []], names=["outcome", "scenario", "source"])
        return pd.DataFrame(columns=[*COLUMNS, *CHANGES], index=index)
    return pd.concat(blocks, names=["outcome", "scenario", "source"])


def drivers_of(result: SweepResult, outcome: str, scenario: str) -> Drivers:
    """What drives one outcome in one scenario; see `drivers`.

    Args:
        result: The sweep.
        outcome: Name of the outcome.
        scenario: Name of the scenario.

    Raises:
        InputError: There is no such outcome or scenario.
    """
    result.check_outcome(outcome)
    factors = point_factors(result)
    # Equal points are one run under several numbers: counting them again would be counting chance twice.
    first = factors.index[~factors.duplicated()]
    everything = every_by_point(result, outcome, result.scenario(scenario))
    everything = everything.loc[everything.index.isin(first)].dropna(how="all").dropna(how="all", axis=1)
    ended = by_point(result, outcome, scenario)
    values = _chosen(everything, ended.loc[ended.index.isin(first)], factors)
    if values.empty or not varies(values):
        return Drivers(outcome, scenario, "none", *values.shape, pd.DataFrame(columns=[*COLUMNS, *CHANGES]), (), {})
    varied = _varied(factors.loc[values.index])
    told = {str(name): result.describe_factor(str(name)) for name in varied}
    luck = "luck" if result.draws is None else "luck and parameter draws"
    method, pieces, explained = _partition(values, varied, told, luck)
    table = shares_of(pieces, f"{luck}, different by point" if values.shape[1] > 1 else REST,
                      "luck" if values.shape[1] > 1 else "rest") if pieces else _untold(list(told))  # fmt: skip
    members = {piece.label: piece.factors for piece in pieces if piece.factors} or {name: (name,) for name in told}
    last = table["kind"].isin(["rest", "luck"])
    table = pd.concat([table[~last].sort_values(by="share", ascending=False, kind="stable"), table[last]])
    along = dict.fromkeys(told, values.mean(axis=1)) if explained is None else explained.adjusted
    table = table.join(_changes(along, varied, told)).rename_axis("source")
    regressors = None if explained is None else explained.regressors
    notes = [
        *_how(method, values, varied, regressors),
        *_left_out(result, everything, values, varied),
        *_entangled(table, regressors),
    ]
    return Drivers(outcome, scenario, method, *values.shape, table, tuple(notes), members)


def _chosen(everything: pd.DataFrame, ended: pd.DataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    """Points and seeds of which nothing is missing; if some seeds keep a design balanced, those at all its points.

    An outcome that so many runs lack that most of the others would go too is taken as the mean of those that have it.
    """
    whole = everything.dropna(axis=1)
    if whole.shape[1] > 1 and as_cube(whole, _varied(factors.loc[whole.index])) is not None:
        return whole
    values = complete(ended)
    enough = 2 * values.size > int(ended.notna().to_numpy().sum())
    return values if enough else ended.mean(axis=1).dropna().to_frame(MEAN)


def _varied(factors: pd.DataFrame) -> pd.DataFrame:
    return factors.loc[:, factors.nunique() > 1]


def _partition(
    values: pd.DataFrame, varied: pd.DataFrame, told: dict[str, dict[str, Any]], luck: str
) -> tuple[Method, list[Piece], Explained | None]:
    common = f"{luck}, common to all points"
    cube = as_cube(values, varied)
    if cube is not None:
        return "analysis of variance", factorial_pieces(cube, list(told), common), None
    found = regressors_of(varied, told)
    if found is None:
        return "none", [], None
    explained = explain(values, found, common)
    return "regression", explained.pieces, explained


def _untold(names: Sequence[str]) -> pd.DataFrame:
    rows = dict.fromkeys(names, ("factor", *[np.nan] * (len(COLUMNS) - 1)))
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))


def _changes(means: dict[str, pd.Series], varied: pd.DataFrame, told: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """What the mean does along each factor; `means` hold it by point, for each factor without what others do."""
    rows = {}
    for name, values in means.items():
        factor = told[name]
        along = values.groupby(grouped(varied[name], factor), observed=True).mean()
        change = along.iloc[-1] - along.iloc[0] if is_ordered(factor) else along.max() - along.min()
        rows[name] = (float(change), str(along.idxmin()), str(along.idxmax()))
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(CHANGES))


def _how(method: Method, values: pd.DataFrame, varied: pd.DataFrame, found: Regressors | None) -> list[str]:
    """How the shares were found."""
    points, seeds = values.shape
    many = f"{seeds} seeds as blocks" if seeds > 1 else "one seed"
    if method == "none":
        return [f"{points} points are too few to tell {varied.shape[1]} factors apart: there are no shares."]
    if found is None:
        size = " × ".join(str(count) for count in varied.nunique())
        if seeds == 1:
            told = "With one seed luck cannot be told from effects: these are shares under this luck, with no interval."
        else:
            told = "Shares are less what chance gives (epsilon squared)."
        return [f"Analysis of variance of a balanced design, {size} points, {many}. {told}"]
    curves = "straight lines" if found.degrees == 1 else f"curves of degree {found.degrees}"
    return [
        f"Regression on all factors at once ({curves}), {points} points, {many}, because the points are not every "
        "combination of the values. Shares are less what chance gives (epsilon squared); interactions are in the rest."
    ]


def _left_out(result: SweepResult, everything: pd.DataFrame, values: pd.DataFrame, varied: pd.DataFrame) -> list[str]:
    """What the shares do not know of."""
    found = []
    if MEAN in values:
        return ["Many runs do not have this outcome: shares are those of the mean of the runs that do, at each point."]
    points, seeds = len(everything) - len(values), everything.shape[1] - values.shape[1]
    if points:
        found.append(f"Left out: {points:,} of {len(everything):,} points, which lack a seed that the others have.")
    if seeds:
        found.append(f"Left out: {seeds:,} of {everything.shape[1]:,} seeds, which some points lack.")
    for name in result.factors:
        told = result.describe_factor(name)
        wanted = len(told.get("values", ())) or (int(told.get("steps", 0)) if told["kind"] == "range" else 0)
        if name not in varied:
            found.append(f"{name} has one value in these points: nothing can be said of it.")
        elif varied[name].nunique() < wanted and result.kind in ("grid", "table"):
            found.append(f"{name} has {varied[name].nunique()} of its {wanted} values in these points.")
    return found


def _entangled(table: pd.DataFrame, found: Regressors | None) -> list[str]:
    """Which factors cannot be told apart, and how much of the variance that concerns."""
    if found is None:
        return []
    told = [
        f"{label_of(group).removesuffix(' together')} cannot be told apart: their values go together in these points. "
        "The share is that of all of them."
        for group in found.groups
        if len(group) > 1
    ]
    for place, group in enumerate(found.groups):
        source = label_of(group)
        shared = abs(float(table["shared"][source]))
        if not found.related or shared < _WORTH_TELLING:
            continue
        other, correlation = found.related[place]
        first = f", first of all {label_of(found.groups[other])} (correlation {correlation:.2f})"
        if correlation >= RELATED or shared >= 2 * _WORTH_TELLING:
            told.append(
                f"{shared:.0%} of the variance goes with {source} or with other factors"
                f"{first if correlation >= RELATED else ''}: the points do not tell which. The interval holds it."
            )
    return told
