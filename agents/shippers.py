"""Shippers as a party: what all of them decide, each decision one for all rows of their table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.party import Party
from agents.rules.tendering import (
    AgreementCase,
    SegmentOffers,
    SplitCase,
    choose_again,
    split_parcels,
    worth_of_agreements,
)
from agents.shipper_moves import CLOSED, LOOKED_AGAIN, REFUSED, TAKEN_OVER, LastMoves
from agents.shipper_table import ShipperTable

Floats = NDArray[np.float64]
Integers = NDArray[np.int8]
Rows = NDArray[np.int64]
Booleans = NDArray[np.bool_]


class Shippers(Party):
    """All shippers, deciding together: every decision is one for all rows of a table that only these methods write.

    Rule of their decisions: ODD 7.4, where a method names no other.

    Args:
        model: The market.
        key: Name in code.
        name: Name for people.
        table: What each of them is and remembers, one row each.

    Attributes:
        table: What each shipper is, and with whom it ships; see `ShipperTable`.
        moves: When each small one changed its carrier last, and why.
    """

    def __init__(self, model: Any, key: str, name: str, table: ShipperTable) -> None:
        super().__init__(model, key, name)
        self.table = table
        self.moves = LastMoves(table.primary.shape)

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
        changed = before != primary
        left = rows[changed]
        refused = table.refused_months[left, segment] >= self.world.figures.refusal_months
        why = np.where(refused, REFUSED, LOOKED_AGAIN).astype(np.int8)
        self.moves.note((left, np.full(len(left), segment)), self.world.month, before[changed], why)
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

        They know what they pay and could have elsewhere. Rule: ODD 7.1.

        Args:
            case: What carriers offer them.
        """
        return worth_of_agreements(case, self.table.price_coef[self.table.enterprise])

    def accepts_prices(self, worth: Floats, asked: Floats) -> Booleans:
        """Which enterprise shippers accept what a carrier asks of them that has given them notice, (E,).

        They know what its carriage is worth to them. Rule: ODD 7.11.

        Args:
            worth: What the parcels under the contract are worth at this carrier, $ a year, (E,).
            asked: What it asks for them, $ a year, (E,).
        """
        return worth >= asked

    # -- what they learn and undergo -------------------------------------------------------------------------------

    def believes(self, before: Floats, met: Floats) -> Floats:
        """On-time share of each carrier that they believe in from now on, (K,): a part of what is new each month.

        They know what they believed and what they met. Rule: ODD 7.4.

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
        np.minimum(months, longest - 1, out=months)
        months += 1
        months *= hit

    def follow(self, moved: Booleans, buyer: int) -> None:
        """Become customers of the carrier that has taken theirs over.

        Args:
            moved: Who goes along, by segment, (n, S).
            buyer: Index of the carrier that they go to.
        """
        self.moves.note(np.nonzero(moved), self.world.month, self.table.primary[moved], TAKEN_OVER)
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
        self.moves.note(np.nonzero(left), self.world.month, table.primary[left], CLOSED)
        table.primary[left] = fallback[left]
        table.refused_months[left] = 0
