"""The small interface behind which every bargaining procedure and every strategy stands.

The market says each month what a deal is worth to both (`Stakes`); a procedure (`Bargaining`) says what the two sides
do with it; a `Strategy` says what one side offers and accepts. Alternating offers, the Nash split, take-it-or-leave-it
and a posted tariff are procedures and may replace each other. Rule: ODD 7.1.
"""

from __future__ import annotations

from typing import Protocol

from agents.bargaining.offers import Bools, Floats, Stakes, View
from agents.bargaining.talks import Talks


class Strategy(Protocol):
    """How one side bargains. All threads at once: prices are arrays (G,), with one entry under a uniform price.

    A strategy must be a function of what it sees, so that a run can be repeated; `view.offers` is its memory. It
    cannot hurt itself: an offer is cut at the proposer's own limit, and a price beyond the own limit is not accepted.
    """

    def propose(self, view: View) -> Floats | float:
        """Return the price that this side offers, (G,) or one number for all threads."""

    def accept(self, view: View, price: Floats) -> Bools | bool:
        """Return whether this side takes the other's price, (G,) or one answer for all threads."""


class Bargaining(Protocol):
    """A procedure: how two sides get from stakes to a contract, or not."""

    def advance(self, talks: Talks, round_: int, stakes: Stakes, draw: Floats | float) -> Talks:
        """Play one round.

        Args:
            talks: State after the round before.
            round_: Months since the talks opened; rounds before 1 and talks already signed change nothing.
            stakes: What a deal is worth this month.
            draw: Uniform draw of this pair and month, from 0 to 1; consumed whether it is needed or not.

        Returns:
            State after this round; signed if `signed_round` is set.
        """
