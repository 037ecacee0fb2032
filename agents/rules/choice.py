"""Which carrier a shipper uses: logit with random price coefficients, inertia and reconsideration (ODD 7.4).

Carriers come in two kinds. *National* carriers serve every address. *Partial* carriers (Amazon's sales to others,
regional carriers) reach a share of a shipper's destinations; the national carrier that the shipper used before stays
as fallback for the rest. A shipper compares carriers where a partial one delivers, so that this one brings its own
utility whatever it reaches, and what it reaches is what it gets (`own_weight`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from agents.rules.blocks import blocks

Floats = NDArray[np.float64]
Integers = NDArray[np.int8]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Menu:
    """What n shippers of one segment can choose from.

    Attributes:
        national: Utility of each national carrier, (n, M).
        partial: Utility of each partial carrier where it delivers, (n, Q).
        weight: Weight of that utility in the choice, the rest is the fallback's, (n, Q) (see `own_weight`).
        available: Whether a partial carrier can be the primary one, (n, Q).
    """

    national: Floats
    partial: Floats
    weight: Floats
    available: Booleans

    def with_fallback(self, utility: Floats) -> Floats:
        """Utility of each partial carrier with one fallback of each shipper, (n, Q); -inf where not available.

        Args:
            utility: Of that fallback, (n,).
        """
        mixed = self.weight * np.where(self.available, self.partial, 0.0) + (1.0 - self.weight) * utility[:, None]
        return np.where(self.available, mixed, -np.inf)


def own_weight(coverage: Floats, reached_decide: bool) -> Floats:
    """Weight of a partial carrier's own utility in the choice of it; the rest is that of its fallback.

    Args:
        coverage: Share of destinations that it reaches, (...).
        reached_decide: Whether shippers decide for the addresses that it reaches alone. Else they take the mean over
            all addresses, and one draw of taste for all of them: then a carrier that must offer much to win anybody
            loses customers as it reaches more.

    Returns:
        (...); 0 where it reaches nothing.
    """
    return np.where(coverage > 0.0, 1.0, 0.0) if reached_decide else coverage


def delivers_at_home(coverage: Floats, home: Booleans) -> Booleans:
    """In which divisions a carrier delivers somewhere, (R, K).

    Args:
        coverage: Share of households that each carrier reaches, (K, Z).
        home: Zones of each division, (R, Z).
    """
    return np.asarray((home[:, None] & (coverage > 0.0)).any(axis=2))


def primary_available(coverage: Floats, min_coverage: float, at_home: Booleans | None = None) -> Booleans:
    """Where a carrier can be a shipper's primary one: where it delivers in the shipper's home division.

    Without that rule: where it reaches enough destinations, or in its best division.

    Args:
        coverage: Share of destinations that each carrier reaches, by home division, (R, K).
        min_coverage: Smallest share; a small carrier that reaches it nowhere sells where it reaches most.
        at_home: In which divisions each carrier delivers, (R, K) (see `delivers_at_home`); None where reach decides.

    Returns:
        (R, K).
    """
    if at_home is not None:
        return np.asarray((coverage > 0.0) & at_home)
    best = coverage.max(axis=0)
    return np.asarray((coverage > 0.0) & (coverage >= np.minimum(min_coverage, best)))


def stationary_shares(menu: Menu, inertia: float) -> tuple[Floats, Floats]:
    """Long-run chances of being with each carrier when every reconsideration follows `reconsider`.

    With weights w = exp(utility), N the sum of national weights and S_f the sum over all that is on offer to a shipper
    with fallback f, the chain has the closed form  chance(m) ~ w_m D_m / S_m  and
    chance(q, f) ~ (w_f / N)(N / S_f) w_qf D_qf / N,  with D = S + (exp(inertia) - 1) w.

    Args:
        menu: What the shippers can choose from.
        inertia: Utility of staying.

    Returns:
        Chances of the national carriers (n, M) and of the partial carriers with their fallback (n, Q, M); together
        they sum to 1 for each shipper.
    """
    alone, bundle = stationary_by_option(menu.national.T, menu.partial.T, menu.weight.T, menu.available.T, inertia)
    return alone.T, bundle.transpose(2, 0, 1)


def stationary_by_option(
    national: Floats, partial: Floats, own: Floats, available: Booleans, inertia: float
) -> tuple[Floats, Floats]:
    """The same with options first and rows last, so that every operation runs along contiguous memory.

    Args:
        national: Utility of each national carrier, (M, n).
        partial: Utility of each partial carrier where it delivers, (Q, n).
        own: Weight of that utility in the choice, (Q, n) (see `own_weight`).
        available: Whether a partial carrier can be the primary one, (Q, n).
        inertia: Utility of staying.

    Returns:
        Chances (M, n) and (Q, M, n).
    """
    if ((own == 1.0) | ~available).all():  # a partial carrier is worth the same beside every fallback: (Q, 1, n)
        bundles = np.where(available, partial, -np.inf)[:, None]
    else:
        bundles = (own * np.where(available, partial, 0.0))[:, None] + (1.0 - own)[:, None] * national
        bundles[~np.broadcast_to(available[:, None], bundles.shape)] = -np.inf
    top = national.max(axis=0)
    if len(bundles):
        top = np.maximum(top, bundles.max(axis=0).max(axis=0))
    weight = np.exp(national - top)
    weight_bundle = np.exp(np.subtract(bundles, top, out=bundles), out=bundles)
    stay = np.expm1(inertia)
    national_sum = weight.sum(axis=0)
    offered = national_sum + weight_bundle.sum(axis=0)
    chance = weight * (offered + stay * weight) / offered
    chance_bundle = weight * weight_bundle
    chance_bundle *= offered + stay * weight_bundle
    chance_bundle /= offered * national_sum
    total = chance.sum(axis=0) + chance_bundle.sum(axis=0).sum(axis=0)
    chance_bundle /= total
    return chance / total, chance_bundle


def reconsider(
    menu: Menu, primary: Integers, fallback: Integers, inertia: float, uniform: Floats
) -> tuple[Integers, Integers]:
    """Choose anew, by one uniform draw against the cumulated chances.

    Args:
        menu: What the shippers can choose from.
        primary: Present carrier of each shipper (n,): 0..M-1 national, M..M+Q-1 partial.
        fallback: Present national carrier (n,), 0..M-1; equal to `primary` where that is national.
        inertia: Utility of staying.
        uniform: One draw from [0, 1) per shipper, (n,).

    Returns:
        New primary and fallback.
    """
    rows = np.arange(len(primary))
    options = np.concatenate([menu.national, menu.with_fallback(menu.national[rows, fallback])], axis=1)
    options[rows, primary] += inertia
    chosen = draw(softmax(options), uniform)
    n_national = menu.national.shape[1]
    new_fallback = np.where(chosen < n_national, chosen, fallback)
    return chosen.astype(np.int8), new_fallback.astype(np.int8)


def softmax(utility: Floats) -> Floats:
    """Chances proportional to exp(utility) along the last axis; -inf means not available."""
    weight = np.exp(utility - utility.max(axis=-1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def draw(chances: Floats, uniform: Floats) -> NDArray[np.int64]:
    """Pick one option per row by comparing one uniform draw with the cumulated chances.

    Args:
        chances: (n, options), each row sums to 1.
        uniform: (n,) in [0, 1).

    Returns:
        Chosen option (n,); never one of zero chance.
    """
    cumulated = np.cumsum(chances, axis=1)
    chosen = (cumulated <= uniform[:, None] * cumulated[:, -1:]).sum(axis=1)
    last_possible = chances.shape[1] - 1 - np.argmax(chances[:, ::-1] > 0.0, axis=1)
    return np.asarray(np.minimum(chosen, last_possible), dtype=np.int64)


def draw_from_options(chances: Floats, uniform: Floats) -> NDArray[np.int64]:
    """Pick one option per row as `draw` does, with options first.

    Args:
        chances: (options, n).
        uniform: (n,) in [0, 1).

    Returns:
        Chosen option (n,); never one of zero chance.
    """
    chosen = np.empty(len(uniform), dtype=np.int64)
    for rows in blocks(len(uniform)):
        cumulated = chances[:, rows].copy()
        for option in range(1, len(cumulated)):
            cumulated[option] += cumulated[option - 1]
        below = cumulated <= uniform[rows] * cumulated[-1]
        last_possible = (cumulated < cumulated[-1]).view(np.int8).sum(axis=0, dtype=np.int8)
        chosen[rows] = np.minimum(below.view(np.int8).sum(axis=0, dtype=np.int8), last_possible)
    return chosen


def split_volume(weight: Floats, coverage: Floats, national: Booleans) -> Floats:
    """Split of a multi-sourcing shipper over the carriers that serve a zone.

    Each carrier gets its logit chance; where a partial carrier reaches only a share of the households, the rest of
    its part goes to the national carriers in proportion to their chances.

    Args:
        weight: exp(utility), inertia included; 0 where a carrier is not on offer, (..., K, Z).
        coverage: Share of households served, (K, Z); 1 for national carriers.
        national: Which carriers are national, (K,).

    Returns:
        Shares (..., K, Z) that sum to 1 over carriers.
    """
    if (coverage == 1.0).all():
        return np.asarray(weight / weight.sum(axis=-2, keepdims=True))
    served = weight * (coverage > 0.0).astype(np.float64)
    total = served.sum(axis=-2, keepdims=True)
    served *= coverage
    unreached = (total - served.sum(axis=-2, keepdims=True))[..., 0, :]
    everywhere = [served[..., carrier, :] for carrier in np.flatnonzero(national)]  # views: nothing is copied
    growth = 1.0 + unreached / reduce(np.add, everywhere)
    served /= total
    for part in everywhere:
        part *= growth
    return served
