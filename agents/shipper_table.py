"""Shippers as data: one table for all of them, and thin Mesa agents as views of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.rules.blocks import BLOCK, blocks

Floats = NDArray[np.float64]
Integers = NDArray[np.int8]
FULL_BLOCKS = 9  # rows of the nine divisions fill a block each from here on


@dataclass(slots=True)
class ShipperTable:
    """All shippers, one row each; enterprise shippers first.

    Attributes:
        n_enterprise: Number of leading rows that are enterprise shippers.
        annual_volume: Parcels a year of one real shipper by segment in the start year, (n, S).
        weight: Real shippers that a row stands for, (n,).
        discount: Volume discount as a share of the list price, (n,).
        price_coef: Price coefficient, 1/$, (n, S).
        division: Census division of the shipper's home, (n,).
        primary: Present carrier by segment, (n, S), index into carriers. Enterprise rows split their volume instead:
            theirs shows the largest carrier.
        fallback: National carrier that serves what the primary one does not reach, (n, S).
        refused_months: Months in a row in which parcels were refused, (n, S).
        switches: Changes of primary carrier so far, (n,).
    """

    n_enterprise: int
    annual_volume: Floats
    weight: Floats
    discount: Floats
    price_coef: Floats
    division: Integers
    primary: Integers
    fallback: Integers
    refused_months: Integers
    switches: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def small(self) -> slice:
        """Rows of the small shippers."""
        return slice(self.n_enterprise, None)

    @property
    def enterprise(self) -> slice:
        """Rows of the enterprise shippers."""
        return slice(0, self.n_enterprise)

    @property
    def market_volume(self) -> Floats:
        """Parcels a year that each row stands for, (n, S)."""
        return self.annual_volume * self.weight[:, None]

    @property
    def whole_volume(self) -> Floats:
        """The same over all segments, (n,): segment by segment, as a sum over so short an axis takes far longer."""
        return np.asarray(sum(self.market_volume.T))

    def take(self, rows: NDArray[np.int64]) -> ShipperTable:
        """A new table of some rows, in their order and as often as they are named; enterprise rows as they are."""
        columns = {each.name: getattr(self, each.name)[rows] for each in fields(self) if each.name != "n_enterprise"}
        return ShipperTable(self.n_enterprise, **columns)

    def blocks_by_home(self) -> Iterator[tuple[NDArray[np.int64], Integers]]:
        """All rows in blocks, and their home divisions: one a row, or in a large table the one that a block shares.

        What depends on the division alone, such as reach and surcharges, then needs no number for each shipper. Where
        the rows of a division would not fill a block, that would save less than the many small blocks cost.
        """
        if len(self) <= FULL_BLOCKS * BLOCK:
            for block in blocks(len(self)):
                yield np.arange(block.start, block.stop), self.division[block]
            return
        for division in np.unique(self.division):
            rows = np.flatnonzero(self.division == division)
            for block in blocks(len(rows)):
                yield rows[block], np.array([division])

    def blocks_in_order_of_home(self) -> Iterator[tuple[NDArray[np.int64], list[tuple[int, slice]]]]:
        """All rows in blocks, sorted by home division, and in each block the divisions and where their rows are.

        Blocks are twice as large as others, so that they cut few divisions in pieces.
        """
        by_home = np.argsort(self.division, kind="stable")
        ends = np.cumsum(np.bincount(self.division)).tolist()
        for first in range(0, len(self), 2 * BLOCK):
            rows = by_home[first : first + 2 * BLOCK]
            cuts = [min(max(end - first, 0), len(rows)) for end in (0, *ends)]
            pieces = enumerate(pairwise(cuts))
            yield rows, [(home, slice(*piece)) for home, piece in pieces if piece[0] < piece[1]]


class Shipper(mesa.Agent):  # type: ignore[misc]  # Mesa ships no types
    """View of one row of the shipper table; holds nothing but its index.

    Args:
        model: The market.
        index: Row in the shipper table.
    """

    def __init__(self, model: Any, index: int) -> None:
        super().__init__(model)
        self.index = index

    @property
    def _table(self) -> ShipperTable:
        table: ShipperTable = self.model.shippers
        return table

    @property
    def is_enterprise(self) -> bool:
        """Whether it splits its volume over several carriers under contracts of its own."""
        return self.index < self._table.n_enterprise

    @property
    def annual_volume(self) -> float:
        """Parcels a year in the start year, all segments."""
        return float(self._table.annual_volume[self.index].sum())

    @property
    def weight(self) -> float:
        """Real shippers that it stands for."""
        return float(self._table.weight[self.index])

    @property
    def discount(self) -> float:
        """Volume discount as a share of the list price."""
        return float(self._table.discount[self.index])

    @property
    def division(self) -> int:
        """Index of its home Census division."""
        return int(self._table.division[self.index])

    @property
    def primary(self) -> tuple[int, ...]:
        """Index of its present carrier in each segment."""
        return tuple(int(carrier) for carrier in self._table.primary[self.index])
