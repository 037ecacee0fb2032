"""Small shippers at the start: what they face, their long-run chances, and what they tender at given constants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.rules.blocks import BLOCK, blocks
from agents.rules.choice import delivers_at_home, own_weight, primary_available, stationary_by_option
from agents.rules.pricing import quote
from agents.shipper_table import ShipperTable

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
MOST_GATHERED = 10 * BLOCK  # rows


@dataclass(frozen=True, slots=True)
class ChoiceSetting:
    """What shippers face at the start.

    Attributes:
        national: Which carriers serve every address, (K,).
        coverage: Share of households reached, (K, Z).
        mix: Destination mix by home division, (R, Z).
        surcharge: Mean surcharge of the year by carrier and zone, $, (K, Z).
        other_cost: Money value of days and reliability, $, (S, K).
        floor: Lowest quote, $, (S, K).
        inertia: Utility of staying.
        min_coverage: Smallest share of destinations that makes a partial carrier a primary one.
        reached_decide: Whether shippers decide for the addresses that a partial carrier reaches alone.
        home: Zones of each division, (R, Z), where carriers are primary where they deliver at home; None if not.
    """

    national: Booleans
    coverage: Floats
    mix: Floats
    surcharge: Floats
    other_cost: Floats
    floor: Floats
    inertia: float
    min_coverage: float
    reached_decide: bool
    home: Booleans | None

    def available(self) -> Booleans:
        """Where each carrier can be a shipper's primary one, by division, (R, K)."""
        at_home = None if self.home is None else delivers_at_home(self.coverage, self.home)
        return primary_available(self.mix_coverage(), self.min_coverage, at_home)

    def mix_coverage(self) -> Floats:
        """Share of destinations that each carrier reaches, by division, (R, K)."""
        return np.asarray(self.mix @ self.coverage.T)

    def mix_surcharge(self) -> Floats:
        """Mean surcharge by division and carrier, $, (R, K)."""
        return np.asarray(self.mix @ self.surcharge.T)


@dataclass(frozen=True, slots=True)
class _Block:
    """Some rows, and what their home divisions make of it for each.

    Attributes:
        rows: Which rows, n of them.
        surcharge: Mean surcharge, $, (J, n).
        coverage: Share of destinations that partial carriers reach, (Q, n).
        own: Weight of their own utility in the choice of them, (Q, n).
        available: Whether they can be primary, (Q, n).
    """

    rows: slice
    surcharge: Floats
    coverage: Floats
    own: Floats
    available: Booleans


@dataclass(frozen=True, slots=True)
class SmallRows:
    """Small shippers in one segment. Rows come last, so that every operation runs along contiguous memory.

    The J carriers here are the national ones, and those partial ones that offer the segment.

    Attributes:
        carriers: Which of all carriers they are, (J,).
        national: Which of them serve every address, (J,).
        offered: Which of them offer the segment, (J,).
        floor: Lowest quote, $, (J,).
        other_cost: Money value of days and reliability, $, (J,).
        inertia: Utility of staying.
        keep: Share of the list price that is left after discounts, (n,).
        price_coef: Price coefficient, 1/$, (n,).
        volume: Parcels a year that each row stands for, (n,).
        division: Home division, (n,).
        coverage: Share of destinations that each carrier reaches, by division, (J, R).
        own: Weight of its own utility in the choice of it, by division, (J, R).
        surcharge: Mean surcharge by division, $, (J, R).
        available: Whether a carrier can be primary, by division, (J, R).
        gathered: Its blocks, where they are few; others are made anew each time.
    """

    carriers: NDArray[np.int64]
    national: Booleans
    offered: Booleans
    floor: Floats
    other_cost: Floats
    inertia: float
    keep: Floats
    price_coef: Floats
    volume: Floats
    division: NDArray[np.int8]
    coverage: Floats
    own: Floats
    surcharge: Floats
    available: Booleans
    gathered: tuple[_Block, ...] = ()

    @classmethod
    def of(cls, shippers: ShipperTable, setting: ChoiceSetting, segment: int, offered: Booleans) -> SmallRows:
        """Take the small shippers of one segment from the table."""
        rows, carriers = shippers.small, np.flatnonzero(setting.national | offered)
        reach, offers = setting.mix_coverage()[:, carriers], offered[carriers]
        found = cls(
            carriers=carriers,
            national=setting.national[carriers],
            offered=offers,
            floor=np.where(offers, setting.floor[segment, carriers], 0.0),
            other_cost=setting.other_cost[segment, carriers],
            inertia=setting.inertia,
            keep=1.0 - shippers.discount[rows],
            price_coef=shippers.price_coef[rows, segment],
            volume=shippers.market_volume[rows, segment],
            division=shippers.division[rows],
            coverage=np.ascontiguousarray(reach.T),
            own=np.ascontiguousarray(own_weight(reach, setting.reached_decide).T),
            surcharge=np.ascontiguousarray(setting.mix_surcharge()[:, carriers].T),
            available=np.ascontiguousarray((setting.available()[:, carriers] & offers).T),
        )
        return found._with_blocks()

    def sample(self, n: int) -> SmallRows:
        """The first n rows (any first rows are spread as evenly as all), standing for the parcels of all."""
        volume = self.volume[:n]
        found = replace(
            self,
            keep=self.keep[:n],
            price_coef=self.price_coef[:n],
            volume=volume * (self.volume.sum() / volume.sum()),
            division=self.division[:n],
        )
        return found._with_blocks()

    def tender(self, constants: Floats, level: Floats) -> tuple[Floats, Floats]:
        """Parcels a year and dollars with surcharges that all rows tender in the long run, by carrier, (K,) each."""
        parcels, value = np.empty((2, len(self.volume), len(self.carriers)))
        share = np.empty((len(self.carriers), min(BLOCK, len(self.volume))))
        for block in self._blocks():
            rows = block.rows
            (alone, bundle), paid = self._evaluate(constants, level, block)
            reached = bundle * block.coverage[:, None]
            part = share[:, : paid.shape[1]]
            part[self.national] = alone + np.subtract(bundle, reached, out=bundle).sum(axis=0)
            part[~self.national] = reached.sum(axis=1)
            part *= self.volume[rows]
            parcels[rows], value[rows] = part.T, (part * paid).T
        found = np.zeros((2, len(constants)))
        found[:, self.carriers] = parcels.sum(axis=0), value.sum(axis=0)
        return found[0], found[1]

    def chances(self, constants: Floats, level: Floats) -> Floats:
        """Long-run chances of each option, (O, n): national carriers, then the partial ones here by fallback."""
        n_national = int(self.national.sum())
        n_partial = len(self.national) - n_national
        found = np.empty((n_national * (1 + n_partial), len(self.volume)))
        for block in self._blocks():
            (alone, bundle), _ = self._evaluate(constants, level, block)
            found[:n_national, block.rows] = alone
            found[n_national:, block.rows] = bundle.reshape(n_partial * n_national, alone.shape[1])
        return found

    def _with_blocks(self) -> SmallRows:
        """The same with its blocks, where the rows are few: the solution asks for them dozens of times."""
        few = len(self.volume) <= MOST_GATHERED
        return replace(self, gathered=tuple(map(self._block, blocks(len(self.volume)))) if few else ())

    def _blocks(self) -> Iterable[_Block]:
        return self.gathered or map(self._block, blocks(len(self.volume)))

    def _block(self, rows: slice) -> _Block:
        division, partial = self.division[rows], ~self.national
        return _Block(
            rows,
            surcharge=self.surcharge[:, division],
            coverage=self.coverage[partial][:, division],
            own=self.own[partial][:, division],
            available=self.available[partial][:, division],
        )

    def _evaluate(self, constants: Floats, level: Floats, block: _Block) -> tuple[tuple[Floats, Floats], Floats]:
        """Long-run chances of the rows of a block, and what each carrier would cost them, (J, n)."""
        rows, partial = block.rows, ~self.national
        base = quote(level[self.carriers, None], self.floor[:, None], 1.0 - self.keep[rows])
        paid = base + block.surcharge
        utility = constants[self.carriers, None] - self.price_coef[rows] * (paid + self.other_cost[:, None])
        utility[~self.offered] = -1e9
        return (
            stationary_by_option(utility[self.national], utility[partial], block.own, block.available, self.inertia),
            paid,
        )
