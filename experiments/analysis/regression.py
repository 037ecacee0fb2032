"""Shares of the variance where a design is not balanced: one regression on all factors at once.

Factors whose values go together cannot be told apart by any method; they are put into one group with a joint share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.analysis.groups import is_ordered, order_of
from experiments.analysis.partition import Kind, Piece

Floats = NDArray[np.float64]
REST = "interactions and the rest"
# A factor of which the others tell 80 % (a variance inflation of five) is not told apart from them.
_LEAST_TOLERANCE = 0.2
# Groups whose values go together less than that are told apart, up to chance.
RELATED = 0.3
# A group with a larger part of the variance against it than that is joined with another.
_NEGATIVE = 0.05
_MOST_DEGREES = 6
_FEWEST_LEFT = 2
# Curves may use up a third of what the points can tell; the rest says how large chance is.
_CURVES = 3
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Regressors:
    """What a regression explains with.

    Attributes:
        groups: Factors that can be told from each other; those within a group cannot.
        columns: (points, terms) of each group, mean zero.
        degrees: Degree of the curves along factors with an order.
        related: For each group the one that it goes with most, and their correlation; empty for a single group.
    """

    groups: tuple[tuple[str, ...], ...]
    columns: tuple[Floats, ...]
    degrees: int
    related: tuple[tuple[int, float], ...]


def regressors_of(factors: pd.DataFrame, told: dict[str, dict[str, Any]]) -> Regressors | None:
    """Choose what to explain with from the values of the factors alone.

    Args:
        factors: Values, one row a point, no two points alike, more than one value each.
        told: What the design says of each factor.

    Returns:
        The regressors, or None where there are too few points for all the factors.
    """
    points, names = len(factors), [str(name) for name in factors]
    for degrees in range(_MOST_DEGREES, 0, -1):
        columns = {name: _columns(factors[name], told[name], degrees) for name in names}
        freedom = sum(one.shape[1] for one in columns.values())
        if degrees > 1 and freedom > (points - 1) / _CURVES:
            continue
        linear = _turned({name: _columns(factors[name], told[name], 1) for name in names})
        groups = _groups(linear, points)
        joined = tuple(_independent(np.hstack([columns[name] for name in group])) for group in groups)
        whole = np.hstack(joined)
        rank = _independent(whole).shape[1]
        if rank < whole.shape[1] and degrees > 1:
            continue
        if points - 1 - rank < _FEWEST_LEFT or rank < whole.shape[1]:
            return None
        return Regressors(groups, joined, degrees, _related([_stack(linear, group) for group in groups]))
    return None


@dataclass(frozen=True, eq=False)
class Explained:
    """What a regression found.

    Attributes:
        pieces: The partition, groups first.
        regressors: What it explained with.
        adjusted: By factor that is alone in its group, what would be at each point if the others did not differ: the
            mean, the factor's part of the fit, and what the fit misses.
    """

    pieces: list[Piece]
    regressors: Regressors
    adjusted: dict[str, pd.Series]


def explain(values: pd.DataFrame, found: Regressors, luck: str) -> Explained:
    """Partition values into groups of factors, what the regression misses, and luck.

    The share of a group is the covariance of its part of the fit with the outcome (Li and others 2010), so that the
    groups add up to what the regression explains. The F test asks what is lost without the group; the difference
    between both is what goes as well with other groups. A group whose covariance is negative is joined with the one
    that it goes with most.

    Args:
        values: One row a point, one column a seed, nothing missing.
        found: What to explain with.
        luck: What luck that is common to all points is called.
    """
    y = values.to_numpy(dtype=float)
    points, seeds = y.shape
    means = y.mean(axis=1) - y.mean()
    parts = _parts(means, found.columns)
    attributed = [float(means @ part) for part in parts]
    while min(attributed) < -_NEGATIVE * float(means @ means) and len(found.groups) > 1:
        worst = int(np.argmin(attributed))
        if found.related[worst][1] < RELATED:
            break  # only chance: nothing else goes with it
        found = _joined(found, worst, found.related[worst][0])
        parts = _parts(means, found.columns)
        attributed = [float(means @ part) for part in parts]
    missed = means - np.sum(parts, axis=0)
    residual = float(missed @ missed)
    freedom = points - 1 - sum(one.shape[1] for one in found.columns)
    adjusted = {
        group[0]: pd.Series(y.mean() + part + missed, values.index)
        for group, part in zip(found.groups, parts, strict=True)
        if len(group) == 1
    }
    basis = _basis(np.hstack(found.columns))
    fitted, turned = basis.T @ means, [basis.T @ one for one in found.columns]  # small, and as good as the whole
    pieces = []
    for position, group in enumerate(found.groups):
        others = [one for place, one in enumerate(turned) if place != position]
        without = _residual(fitted, np.hstack(others)) if others else fitted
        lost = float(without @ without)
        kind: Kind = "factor" if len(group) == 1 else "together"
        pieces.append(
            Piece(label_of(group), kind, max(0.0, attributed[position]) * seeds, found.columns[position].shape[1],
                  (len(found.groups),), group, lost * seeds)
        )  # fmt: skip
    if seeds == 1:
        pieces.append(Piece(REST, "rest", residual, freedom, shown=False, random=True))
        return Explained(pieces, found, adjusted)
    block = y.mean(axis=0) - y.mean()
    within = y - y.mean() - means[:, None] - block
    by_point = (len(pieces) + 2,)
    pieces += [
        Piece(REST, "rest", residual * seeds, freedom, by_point, random=True),
        Piece(luck, "luck", float(block @ block) * points, seeds - 1, by_point),
        Piece("", "luck", float((within**2).sum()), (points - 1) * (seeds - 1), shown=False, random=True),
    ]
    return Explained(pieces, found, adjusted)


def label_of(group: Sequence[str]) -> str:
    """Name of a group of factors."""
    return group[0] if len(group) == 1 else f"{', '.join(group[:-1])} and {group[-1]} together"


def _columns(values: pd.Series, told: dict[str, Any], degrees: int) -> Floats:
    """Columns for a factor, mean zero: powers where its values have an order, one for each value where not."""
    if not is_ordered(told):
        dummies = pd.get_dummies(values).to_numpy(dtype=float)[:, 1:]
        return dummies - dummies.mean(axis=0)
    codes = order_of(values)
    x = 2.0 * (codes - codes.min()) / np.ptp(codes) - 1.0
    degrees = min(degrees, len(np.unique(codes)) - 1)
    terms = np.polynomial.legendre.legvander(x, degrees)[:, 1:]
    return np.asarray(terms - terms.mean(axis=0))


def _turned(columns: dict[str, Floats]) -> dict[str, Floats]:
    """The columns in coordinates of their common span: as many rows as terms, and all angles as they were."""
    basis = _basis(np.hstack(list(columns.values())))
    return {name: basis.T @ one for name, one in columns.items()}


def _groups(columns: dict[str, Floats], points: int) -> tuple[tuple[str, ...], ...]:
    """Join factors until each group can be told from the others."""
    groups: list[tuple[str, ...]] = [(name,) for name in columns]
    while len(groups) > 1:
        stacked = [_stack(columns, group) for group in groups]
        tolerances = [_tolerance(stacked, place, points) for place in range(len(groups))]
        worst = int(np.argmin(tolerances))
        if tolerances[worst] >= _LEAST_TOLERANCE:
            break
        other = _related(stacked)[worst][0]
        joined = tuple(name for name in columns if name in (*groups[worst], *groups[other]))
        groups = [group for place, group in enumerate(groups) if place not in (worst, other)]
        groups.append(joined)
    order = list(columns)
    return tuple(sorted(groups, key=lambda group: order.index(group[0])))


def _tolerance(stacked: Sequence[Floats], place: int, points: int) -> float:
    """Share of a group's columns that no other group tells, corrected for what chance tells."""
    others = _basis(np.hstack([one for at, one in enumerate(stacked) if at != place]))
    mine = _basis(stacked[place])
    left = mine - others @ (others.T @ mine)
    alone = float(np.square(left).sum()) / mine.shape[1]
    return float(alone * (points - 1) / max(1, points - 1 - others.shape[1]))


def _related(stacked: Sequence[Floats]) -> tuple[tuple[int, float], ...]:
    """For each group the one of the largest canonical correlation, and this."""
    if len(stacked) < 2:
        return ()
    bases = [_basis(one) for one in stacked]
    found = []
    for place, mine in enumerate(bases):
        against = [-1.0 if at == place else float(np.linalg.norm(mine.T @ one, 2)) for at, one in enumerate(bases)]
        found.append((int(np.argmax(against)), max(against)))
    return tuple(found)


def _joined(found: Regressors, one: int, other: int) -> Regressors:
    first, second = sorted((one, other))
    groups, columns = list(found.groups), list(found.columns)
    groups[first] = (*groups[first], *groups.pop(second))
    columns[first] = np.hstack([columns[first], columns.pop(second)])
    return Regressors(tuple(groups), tuple(columns), found.degrees, _related(columns))


def _parts(y: Floats, columns: Sequence[Floats]) -> list[Floats]:
    """Each group's part of the fit to y."""
    coefficients, *_ = np.linalg.lstsq(np.hstack(columns), y, rcond=None)
    split = np.split(coefficients, np.cumsum([one.shape[1] for one in columns])[:-1])
    return [np.asarray(one @ part) for one, part in zip(columns, split, strict=True)]


def _residual(y: Floats, columns: Floats) -> Floats:
    basis = _basis(columns)
    return np.asarray(y - basis @ (basis.T @ y))


def _stack(columns: dict[str, Floats], group: Sequence[str]) -> Floats:
    return np.hstack([columns[name] for name in group])


def _independent(columns: Floats) -> Floats:
    """The columns, or as many combinations of them as are independent."""
    basis = _basis(columns)
    return columns if basis.shape[1] == columns.shape[1] else basis


def _basis(columns: Floats) -> Floats:
    """Orthonormal columns of the same span."""
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(left[:, sizes > _ROUNDING * max(1e-300, float(sizes[0]))])
