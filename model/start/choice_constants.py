"""Carrier constants and price levels that reproduce the start shares and mean paid prices (ODD 5 and 7.4).

Both are solved together: constants so that the published shares are the *stationary* shares of the choice rule on the
actual shipper population, levels so that the mean quote of a carrier's own customers equals its published price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS
from agents.rules.choice import split_volume
from agents.rules.pricing import quote
from agents.shipper_table import ShipperTable
from model.start.small_rows import ChoiceSetting, SmallRows

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
MAX_ITERATIONS = 400
TOLERANCE = 1e-9
SPLITS = 2  # of enterprise shippers by evaluation: a split follows the one before, and lags behind the constants
LARGE_POPULATION = 20_000  # rows from which on a sample stands for everybody
SAMPLE, MAX_CORRECTIONS = 4_096, 12


class StartError(ValueError):
    """The start state asked for has no solution."""


@dataclass(frozen=True, slots=True)
class ChoiceSolution:
    """Solved constants, levels and chances.

    Attributes:
        constants: (S, K), -inf where a carrier does not offer a segment.
        level: List level before discounts, $, (S, K).
        chance: Stationary chances of small shippers by segment: (O, n) each, national carriers first, then each
            partial carrier that offers the segment with each national fallback.
        enterprise_share: Stationary split of enterprise shippers, (E, S, K, Z).
        iterations: Iterations needed by segment.
    """

    constants: Floats
    level: Floats
    chance: tuple[Floats, ...]
    enterprise_share: Floats
    iterations: tuple[int, ...]


def solve_constants(
    shippers: ShipperTable, setting: ChoiceSetting, target_share: Floats, target_price: Floats
) -> ChoiceSolution:
    """Solve constants and price levels by contraction.

    Args:
        shippers: The population.
        setting: What it faces.
        target_share: Volume shares of the non-Amazon market, (S, K), rows sum to 1.
        target_price: Mean paid price by segment and carrier, $, (S, K).

    Raises:
        StartError: A target cannot be reached, for example a share above what coverage allows.
    """
    n_segments, n_carriers = target_share.shape
    constants = np.full((n_segments, n_carriers), -np.inf)
    level = np.zeros_like(constants)
    chance, iterations = [], []
    n_zones = setting.coverage.shape[1]
    split = np.zeros((shippers.n_enterprise, n_segments, n_carriers, n_zones))
    for segment in range(n_segments):
        solver = _SegmentSolver(shippers, setting, segment, target_share[segment], target_price[segment])
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # what is not finite has no solution
            solver.run()
        constants[segment], level[segment] = solver.constants, solver.level
        chance.append(solver.small_rows.chances(solver.constants, solver.level))
        split[:, segment, solver.offers] = solver.split
        iterations.append(solver.iterations)
    return ChoiceSolution(constants, level, tuple(chance), split, tuple(iterations))


class _SegmentSolver:
    """Contraction for one segment: constant += log target share - log model share, level *= target / model price."""

    def __init__(
        self, shippers: ShipperTable, setting: ChoiceSetting, segment: int, share: Floats, price: Floats
    ) -> None:
        self.setting, self.inertia, self.segment = setting, setting.inertia, segment
        self.offered = share > 0.0
        self.offers = np.flatnonzero(self.offered)
        self.share, self.price = share, price
        self.floor = np.where(self.offered, setting.floor[segment], 0.0)
        self.other_cost = setting.other_cost[segment]
        self.small_rows = SmallRows.of(shippers, setting, segment, self.offered)
        big = shippers.enterprise
        self.big_keep = 1.0 - shippers.discount[big, None]
        self.big_coef = shippers.price_coef[big, segment]
        self.big_volume = shippers.market_volume[big, segment]
        self.big_mix = setting.mix[shippers.division[big]]
        self.big_parcels = (self.big_volume[:, None] * self.big_mix)[:, None, :]
        self.coverage, self.surcharge = setting.coverage[self.offers], setting.surcharge[self.offers]
        self.surcharges, self.surcharge_of_zone = np.unique(self.surcharge, axis=1, return_inverse=True)
        mean_keep = float(np.average(1.0 - shippers.discount, weights=shippers.market_volume[:, segment]))
        self.level = np.where(self.offered, price / mean_keep, 0.0)
        self.constants = np.where(self.offered, np.log(np.where(self.offered, share, 1.0)), -np.inf)
        shape = (len(self.big_mix), *self.coverage.shape)
        self.split = np.broadcast_to(share[self.offers, None], shape).copy()
        self.correction = np.zeros((2, len(share)))  # gaps of everybody beyond those of the sample: shares, prices
        self.iterations = 0

    def run(self) -> None:
        """Solve; a large population is solved on a sample that is corrected until everybody fits.

        The sample answers to constants and levels almost as everybody does, so each correction brings the gaps of
        everybody down some thirtyfold, at the price of one evaluation of everybody.
        """
        everybody = self.small_rows
        if len(everybody.volume) <= LARGE_POPULATION:
            self._iterate()
            return
        sample = everybody.sample(SAMPLE)
        for _ in range(MAX_CORRECTIONS):
            self.small_rows = sample
            self._iterate()
            in_sample = np.array(self._step()[:2])
            self.small_rows = everybody
            *gaps, moved = self._step()
            if max(np.abs(gaps).max(), moved) < TOLERANCE:
                return
            self.correction = np.array(gaps) - in_sample
            # Shares in the sample add up to one, too.
            self.correction[0, self.offered] -= np.log(self.share @ np.exp(self.correction[0]))
        self.correction = np.zeros_like(self.correction)
        self._iterate()

    def _iterate(self) -> None:
        mixing = _AndersonMixing()
        for _ in range(MAX_ITERATIONS):
            self.iterations += 1
            *gaps, moved = self._step()
            step, ratio = gaps + self.correction
            gap = max(np.abs(step).max(), np.abs(ratio).max(), moved)
            if gap < TOLERANCE:
                return
            if not np.isfinite(gap):
                break
            offered = self.offered
            start = np.concatenate([self.constants[offered], np.log(self.level[offered])])
            result = mixing.next(start, np.concatenate([step[offered], ratio[offered]]))
            count = int(offered.sum())
            self.constants[offered], self.level[offered] = result[:count], np.exp(result[count:])
        beyond = np.maximum(self.share - self._largest_share(), 0.0)
        if beyond.any():  # others cannot reach theirs because of it
            step, ratio = beyond, np.zeros_like(beyond)
        worst = int(np.argmax(np.maximum(np.abs(step), np.abs(ratio))))
        what = "share" if abs(step[worst]) >= abs(ratio[worst]) else "mean price"
        wanted = self.share[worst] if what == "share" else self.price[worst]
        raise StartError(
            f"no start state: in segment {SEGMENTS[self.segment]} {_carrier(worst)} "
            f"cannot reach its published {what} of {wanted:g}; "
            f"its lowest quote is ${self.floor[worst]:.2f} before surcharges"
        )

    def _largest_share(self) -> Floats:
        """Share of each carrier if all shippers that it reaches chose it, (K,); 1 for national carriers."""
        small, most = self.small_rows, np.ones(len(self.share))
        reached = (small.coverage * small.available)[:, small.division] @ small.volume
        reached += (self.setting.coverage[small.carriers] @ self.big_mix.T) @ self.big_volume
        most[small.carriers] = reached / (small.volume.sum() + self.big_volume.sum())
        most[self.setting.national] = 1.0
        return most

    def _step(self) -> tuple[Floats, Floats, float]:
        """Log gaps of shares and prices to their targets, (K,) each, and how far the enterprise split moved."""
        volume, value, moved = self._evaluate()
        offered = self.offered
        if not (volume[offered] > 0.0).all():
            worst = int(np.flatnonzero(offered & ~(volume > 0.0))[0])
            raise StartError(
                f"no start state: in segment {SEGMENTS[self.segment]} no shipper would choose {_carrier(worst)}, "
                f"which has a share of {self.share[worst]:.4g}; its lowest quote is "
                f"${self.floor[worst]:.2f} before surcharges"
            )
        safe = np.where(offered, volume, 1.0)
        step = np.where(offered, np.log(np.where(offered, self.share, 1.0)) - np.log(safe / math.fsum(volume)), 0.0)
        model_price = np.where(offered, value, 1.0) / safe
        return step, np.where(offered, np.log(np.where(offered, self.price, 1.0) / model_price), 0.0), moved

    def _evaluate(self) -> tuple[Floats, Floats, float]:
        volume, value = self.small_rows.tender(self.constants, self.level)
        if len(self.big_mix):
            big_volume, big_value, moved = self._evaluate_enterprise()
            return volume + big_volume, value + big_value, moved
        return volume, value, 0.0

    def _evaluate_enterprise(self) -> tuple[Floats, Floats, float]:
        """The same of the enterprise shippers, who split anew in each zone; only carriers with an offer take part."""
        offers = self.offers
        base = quote(self.level[offers], self.floor[offers], 1.0 - self.big_keep)
        cost = base[:, :, None] + self.surcharges + self.other_cost[offers, None]
        utility = self.constants[offers, None] - self.big_coef[:, None, None] * cost
        weight = np.exp(utility - utility.max(axis=1, keepdims=True))  # surcharges differ by zone type only
        weight, served = weight.take(self.surcharge_of_zone, axis=-1), self.coverage > 0.0
        for _ in range(SPLITS):
            by_zone = self.inertia * self.split
            np.exp(by_zone, out=by_zone, where=served)  # who does not reach a zone gets nothing there anyway
            by_zone *= weight
            before, self.split = self.split, split_volume(by_zone, self.coverage, self.setting.national[offers])
        moved = float(np.abs(self.split - before).max())
        parcels = self.split * self.big_parcels
        by_shipper = parcels.sum(axis=2)
        volume, value = np.zeros((2, len(self.offered)))
        volume[offers] = by_shipper.sum(axis=0)
        value[offers] = (by_shipper * base).sum(axis=0) + (parcels.sum(axis=0) * self.surcharge).sum(axis=1)
        return volume, value, moved


def _carrier(index: int) -> str:
    return f"carrier {index} (0 usps, 1 amazon, 2 ups, 3 fedex, then regional ones, then those that a scenario adds)"


class _AndersonMixing:
    """Anderson acceleration of the fixed point x + step(x) = x: combines the last few steps by least squares."""

    DEPTH = 6
    LARGEST_MOVE = 3.0

    def __init__(self) -> None:
        self._points: list[Floats] = []
        self._steps: list[Floats] = []

    def next(self, point: Floats, step: Floats) -> Floats:
        self._points = [*self._points, point][-self.DEPTH :]
        self._steps = [*self._steps, step][-self.DEPTH :]
        plain = point + step
        if len(self._steps) < 2:
            return plain
        steps = np.diff(np.array(self._steps), axis=0)
        points = np.diff(np.array(self._points), axis=0)
        weights = np.linalg.lstsq(steps.T, step, rcond=1e-10)[0]
        move = step - weights @ (points + steps)
        return plain if np.abs(move).max() > self.LARGEST_MOVE else np.asarray(point + move)
