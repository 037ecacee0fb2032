"""The arithmetic of the month in NumPy and nothing else: no agents, no market, no checks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.benchmarks.month import Outcome, ShipperMonth

Floats = NDArray[np.float64]


class NumpyMonth:
    """The month as functions on arrays.

    Args:
        month: What shippers see.
    """

    def __init__(self, month: ShipperMonth) -> None:
        self.month = month
        self.prepare()

    def prepare(self) -> None:
        """Go back to the beginning of the month."""
        self.primary, self.fallback = self.month.primary.copy(), self.month.fallback.copy()
        self.refused_months = self.month.refused_months.copy()

    def run(self) -> Outcome:
        """Play the month."""
        month = self.month
        draws, refusals = month.draws()
        groups, (segments, carriers) = len(month.mix) + 1, month.constants.shape
        volume, value = np.empty((2, groups, segments, carriers, month.mix.shape[1]))
        for segment in range(segments):
            self._choose(segment, draws[:, segment])
            volume[:-1, segment], value[:-1, segment] = self._ship(segment)
        volume[-1], value[-1] = self._split()
        hit = refusals < (month.mix @ month.refused.T)[month.division[:, None], self.primary]
        self.refused_months = np.where(hit, self.refused_months + 1, 0).astype(np.int8)
        return Outcome(self.primary, self.refused_months, volume, value)

    def _choose(self, segment: int, draws: Floats) -> None:
        month, first = self.month, self.month.n_enterprise
        struck = (draws[:, 0] < month.hazard) | (self.refused_months[:, segment] >= month.refusal_months)
        struck[:first] = False
        rows = np.flatnonzero(struck)
        home, fallback = month.division[rows], self.fallback[rows, segment]
        keep = 1.0 - month.discount[rows, None]
        paid = np.maximum(month.floor[segment], month.level[segment] * keep)
        paid += (month.mix @ month.surcharge.T)[home]
        offered = np.isfinite(month.constants[segment])
        liking = np.where(offered, month.constants[segment] + month.known[home], 0.0)
        utility = liking - month.price_coef[rows, segment, None] * (
            paid / month.price_level + month.other_cost[segment]
        )
        covered = (month.mix @ month.reach[segment].T)[home]
        covered = np.where(month.national | month.reached_decide, 1.0, covered)
        beyond = utility[np.arange(len(rows)), fallback][:, None]
        possible = (month.available(segment) | (month.national & offered))[home]
        shared = np.where(possible, covered * utility + (1.0 - covered) * beyond, -np.inf)
        shared[np.arange(len(rows)), self.primary[rows, segment]] += month.inertia
        order = np.concatenate([np.flatnonzero(month.national), np.flatnonzero(~month.national)])
        weight = np.exp(shared - shared.max(axis=1, keepdims=True))[:, order]
        cumulated = np.cumsum(weight, axis=1)
        chosen = order[(cumulated <= draws[rows, 1, None] * cumulated[:, -1:]).sum(axis=1)]
        self.primary[rows, segment] = chosen
        self.fallback[rows, segment] = np.where(month.national[chosen], chosen, fallback)
        self.refused_months[rows, segment] = 0

    def _ship(self, segment: int) -> tuple[Floats, Floats]:
        month, small = self.month, slice(self.month.n_enterprise, None)
        (n_divisions, _), n_carriers = month.mix.shape, len(month.national)
        primary, fallback = self.primary[small, segment], self.fallback[small, segment]
        pair = (month.division[small].astype(np.int64) * n_carriers + primary) * n_carriers + fallback
        parcels, keep = month.parcels[small, segment], 1.0 - month.discount[small]
        level, floor, reach = month.level[segment], month.floor[segment], month.reach[segment]
        found = []
        for own, rest in (
            (parcels, parcels),
            (
                parcels * np.maximum(floor[primary], level[primary] * keep),
                parcels * np.maximum(floor[fallback], level[fallback] * keep),
            ),
        ):
            shape = (n_divisions, n_carriers, n_carriers)
            first = np.bincount(pair, own, n_divisions * n_carriers**2).reshape(shape).sum(axis=2)
            second = np.bincount(pair, rest, n_divisions * n_carriers**2).reshape(shape).transpose(0, 2, 1)
            found.append((first[:, :, None] * reach + second @ (1.0 - reach)) * month.month_mix[:, None, :])
        return found[0], found[1]

    def _split(self) -> tuple[Floats, Floats]:
        month, big = self.month, slice(0, self.month.n_enterprise)
        offered = np.isfinite(month.constants)
        price, surcharge = month.enterprise_price / month.price_level, month.surcharge / month.price_level
        coef = month.price_coef[big, :, None]
        utility = np.where(offered, month.constants + month.known.max(axis=0), -np.inf) - coef * (
            price + month.other_cost
        )
        weight = np.exp(utility[..., None] - coef[..., None] * surcharge + month.inertia * month.lagged)
        weight *= month.reach > 0.0
        chance = weight / weight.sum(axis=2, keepdims=True)
        chance *= month.reach
        missing = 1.0 - chance.sum(axis=2)
        chance[:, :, month.national] *= 1.0 + (missing / chance[:, :, month.national].sum(axis=2))[:, :, None]
        mix = month.month_mix[month.division[big]]
        chance *= (month.parcels[big, :, None] * mix[:, None])[:, :, None]
        return chance.sum(axis=0), np.einsum("esk,eskz->skz", month.enterprise_price, chance)

    def outcome(self) -> Outcome:
        """Play it once and tell what came out."""
        self.prepare()
        return self.run()
