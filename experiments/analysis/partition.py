"""From sums of squares to shares of the variance, less what chance gives, with intervals and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import fdtrc

Kind = Literal["factor", "together", "interaction", "rest", "luck"]
COLUMNS = ("kind", "share", "share_low", "share_high", "p", "shared")
SIGNIFICANT = 0.05
_RESAMPLES = 2000
_SEED = 1
# Sums of squares below this part of the total are rounding.
_ROUNDING = 1e-20


@dataclass(frozen=True)
class Piece:
    """A sum of squares of a partition; all pieces add up to the total.

    Attributes:
        label: What it is called.
        kind: What it is.
        squares: Sum of squares.
        freedom: Its degrees of freedom.
        noise: Positions of the pieces whose mean square is its noise; none where noise is not known.
        factors: Factors that it goes with.
        tested: Sum of squares that the F test asks about where it is another one than `squares`.
        shown: Whether it has a row of its own; if not, it is part of the last row.
        random: Whether it is noise as a whole, rather than an effect with noise on it.
    """

    label: str
    kind: Kind
    squares: float
    freedom: int
    noise: tuple[int, ...] = ()
    factors: tuple[str, ...] = ()
    tested: float | None = None
    shown: bool = True
    random: bool = False


def shares_of(pieces: Sequence[Piece], last: str, last_kind: Kind) -> pd.DataFrame:
    """Take the share of each piece in the total variance.

    A share is epsilon squared (Kelley 1935), the sum of squares less its degrees of freedom times the mean square of
    its noise, over the total; of the usual corrections it has the smallest bias (Okada 2013). What would be negative is
    0. What chance takes from a piece goes to its noise, so that the shares add up to one. Intervals hold 95 % of
    the shares of partitions drawn from the estimates: effects stay, noise is drawn anew (as normal).

    Args:
        pieces: The partition.
        last: Name of the row that holds what no other row does; left out where that is nothing.
        last_kind: Its kind.

    Returns:
        Index source: kind, share and its interval, p of the F test (nan where noise is not known), and `shared`, the
        part of the share that goes as well with other factors.
    """
    squares = np.array([[piece.squares for piece in pieces]])
    total = float(squares.sum())
    drawn = _drawn(pieces)
    found, samples = _shares(pieces, squares)[0], _shares(pieces, drawn)
    rows = {}
    for column, piece in enumerate(piece for piece in pieces if piece.shown):
        share, p = float(found[column]), _p(pieces, piece, total)
        ambiguous = 0.0 if piece.tested is None or total <= 0.0 else (piece.squares - piece.tested) / total
        low, high = np.nan, np.nan
        if piece.noise:
            low, high = _interval(samples[:, column], share, abs(ambiguous), p)
        rows[piece.label] = (piece.kind, share, low, high, p, ambiguous)
    if not all(piece.shown for piece in pieces):
        low, high = _interval(samples[:, -1], float(found[-1]), 0.0, np.nan)
        rows[last] = (last_kind, float(found[-1]), low, high, np.nan, 0.0)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    return table.rename_axis("source")


def _shares(pieces: Sequence[Piece], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(draws, rows) shares of the pieces that are shown, and of the rest."""
    total = squares.sum(axis=1)
    # What chance takes from a piece belongs to its noise: to the row of it, or to the last one.
    gained, freedom = np.zeros_like(squares), [piece.freedom for piece in pieces]
    columns = []
    for number, piece in enumerate(pieces):
        if not piece.shown:
            continue
        here = squares[:, number] + gained[:, number]
        left = np.maximum(0.0, here - freedom[number] * _noise(pieces, piece, squares))
        columns.append(left)
        if piece.noise and pieces[piece.noise[0]].shown:
            gained[:, piece.noise[0]] += here - left
            freedom[piece.noise[0]] += piece.freedom
    parts = np.stack(columns, axis=1) / np.where(total > 0.0, total, 1.0)[:, None]
    # Attributed squares can overlap a little, and their sum may then exceed the total.
    parts /= np.maximum(1.0, parts.sum(axis=1))[:, None]
    return np.concatenate([parts, 1.0 - parts.sum(axis=1, keepdims=True)], axis=1)


def _noise(pieces: Sequence[Piece], piece: Piece, squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(draws,) mean square of the noise of a piece; 0 where it is not known."""
    if not piece.noise:
        return np.zeros(len(squares))
    mean: NDArray[np.float64] = squares[:, piece.noise].sum(axis=1) / sum(pieces[one].freedom for one in piece.noise)
    return mean


def _drawn(pieces: Sequence[Piece]) -> NDArray[np.float64]:
    """(draws, pieces) sums of squares as other luck would give them."""
    random = np.random.default_rng(_SEED)
    found = np.array([[piece.squares for piece in pieces]])
    columns = []
    for piece in pieces:
        if piece.random:
            columns.append(piece.squares / piece.freedom * random.chisquare(piece.freedom, _RESAMPLES))
            continue
        noise = float(_noise(pieces, piece, found)[0])
        effect = max(0.0, piece.squares - piece.freedom * noise)
        # A noncentral chi-square: the effect in one direction, noise in all.
        along = (np.sqrt(effect) + np.sqrt(noise) * random.standard_normal(_RESAMPLES)) ** 2
        across = random.chisquare(piece.freedom - 1, _RESAMPLES) if piece.freedom > 1 else 0.0
        columns.append(along + noise * across)
    return np.stack(columns, axis=1)


def _interval(samples: NDArray[np.float64], share: float, ambiguous: float, p: float) -> tuple[float, float]:
    low, high = np.quantile(samples, [0.025, 0.975])
    low = 0.0 if p > SIGNIFICANT else min(float(low), share) - ambiguous
    return max(0.0, low), min(1.0, max(float(high), share) + ambiguous)


def _p(pieces: Sequence[Piece], piece: Piece, total: float) -> float:
    if not piece.noise:
        return float("nan")
    squares = piece.squares if piece.tested is None else piece.tested
    if squares <= _ROUNDING * total:
        return 1.0
    noise = float(_noise(pieces, piece, np.array([[one.squares for one in pieces]]))[0])
    if noise <= _ROUNDING * total:
        return 0.0
    freedom = sum(pieces[position].freedom for position in piece.noise)
    return float(fdtrc(piece.freedom, freedom, squares / piece.freedom / noise))
