"""Shippers: one table for all of them, the party that decides for its rows, and thin Mesa agents as views of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.party import Party
from agents.rules.blocks import BLOCK, blocks
from agents.rules.tendering import (
    AgreementCase,
    SegmentOffers,
    SplitCase,
    choose_again,
    split_parcels,
    worth_of_agreements,
)

if TYPE_CHECKING:
    from agents.world import World

Floats = NDArray[np.float64]
Integers = NDArray[np.int8]
Rows = NDArray[np.int64]
Booleans = NDArray[np.bool_]
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


class Shippers(Party):
    """All shippers, deciding together: every decision is one for all rows of a table that only these methods write.

    Rule of their decisions: docs/odd.md, "Choice of carriers", where a method names no other.

    Args:
        model: The market.
        key: Name in code.
        name: Name for people.
        table: What each of them is and remembers, one row each.

    Attributes:
        table: What each shipper is, and with whom it ships; see `ShipperTable`.
    """

    def __init__(self, model: Any, key: str, name: str, table: ShipperTable) -> None:
        super().__init__(model, key, name)
        self.table = table

    # -- small shippers: one carrier a segment ---------------------------------------------------------------------

    def looks_again(self, uniform: Floats) -> Booleans:
        """Which shippers look at all carriers again this month, by segment, (n, S).

        They know how often they were refused. Chance strikes a few each month, and repeated refusals strike at once.
        Enterprise rows are not asked: these split anew every month.

        Args:
            uniform: A draw from [0, 1) each, (n, S).
        """
        figures = self.world.figures
        refused = self.table.refused_months >= figures.refusal_months
        return np.asarray((uniform < figures.reconsider_hazard) | refused)

    def reconsider(self, segment: int, rows: Rows, offers: SegmentOffers, uniform: Floats) -> tuple[Integers, Integers]:
        """With whom some small shippers ship a segment from now on: primary carrier and fallback, (m,) each.

        They know what everybody quotes them, whom it reaches, and what they believe of its service; a logit choice with
        a habit. The former national carrier stays for what a partial one does not reach.

        Args:
            segment: The segment.
            rows: Rows of the table, (m,).
            offers: What carriers offer.
            uniform: A draw from [0, 1) each, (m,).
        """
        table = self.table
        return choose_again(
            offers,
            table.division[rows],
            table.discount[rows],
            table.price_coef[rows, segment],
            table.primary[rows, segment],
            table.fallback[rows, segment],
            self.world.figures.switching_inertia,
            uniform,
        )

    def change_to(self, segment: int, rows: Rows, primary: Integers, fallback: Integers) -> None:
        """Ship a segment with other carriers from now on, and forget who refused; see `reconsider`."""
        table, before = self.table, self.table.primary[rows, segment]
        table.primary[rows, segment] = primary
        table.fallback[rows, segment] = fallback
        table.refused_months[rows, segment] = 0
        table.switches[rows] += table.primary[rows, segment] != before

    # -- enterprise shippers: all carriers at once -----------------------------------------------------------------

    def split(self, case: SplitCase) -> Floats:
        """How enterprise shippers split their parcels of the month, shares (E, S, K, Z) that sum to 1 over carriers.

        They know what they pay, what they believe of service, and how they split last month: a logit choice with a
        habit in every zone.

        Args:
            case: What carriers offer them.
        """
        coef = self.table.price_coef[self.table.enterprise]
        return split_parcels(case, coef, self.world.figures.switching_inertia)

    def worth_of_agreements(self, case: AgreementCase) -> Floats:
        """Most that a parcel at each carrier is worth to each enterprise shipper, $, (E, S, K): its limit in talks.

        They know what they pay and could have elsewhere. Rule: docs/odd.md, Negotiation.

        Args:
            case: What carriers offer them.
        """
        return worth_of_agreements(case, self.table.price_coef[self.table.enterprise])

    # -- what they learn and undergo -------------------------------------------------------------------------------

    def believes(self, before: Floats, met: Floats) -> Floats:
        """On-time share of each carrier that they believe in from now on, (K,): a part of what is new each month.

        Args:
            before: What they believed, (K,).
            met: On-time share of the month, (K,).
        """
        return before + self.world.figures.quality_memory * (met - before)

    def meet_refusals(self, hit: Booleans) -> None:
        """Count the months in a row in which parcels were refused.

        Args:
            hit: Whose parcels were refused this month, by segment, (n, S).
        """
        months = self.table.refused_months
        longest = np.iinfo(months.dtype).max
        months[:] = np.where(hit, np.minimum(months, longest - 1) + 1, 0)

    def follow(self, moved: Booleans, buyer: int) -> None:
        """Become customers of the carrier that has taken theirs over.

        Args:
            moved: Who goes along, by segment, (n, S).
            buyer: Index of the carrier that they go to.
        """
        self.table.primary[moved] = buyer
        self.table.refused_months[moved] = 0

    def lose(self, carrier: int, everywhere: int) -> None:
        """Fall back to national carriers where a carrier closes.

        Args:
            carrier: Index of the carrier that closes.
            everywhere: Index of the carrier that serves every address, for those whose fallback closes.
        """
        table, left = self.table, self.table.primary == carrier
        fallback = np.where(table.fallback == carrier, everywhere, table.fallback)
        table.fallback[:] = fallback
        table.primary[left] = fallback[left]
        table.refused_months[left] = 0


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
        world: World = self.model
        return world.shippers

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
