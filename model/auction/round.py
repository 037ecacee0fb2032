"""What is remembered of one auction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.auction import AccessNeed, AuctionFormat, Demand, Handover, Lot
from agents.calendar import Month
from model.auction.house import Bidder, LotResult, efficiency, hold
from model.auction.winnings import Winnings


@dataclass(frozen=True, slots=True, eq=False)
class AuctionRound:
    """One auction with what everybody wanted, bid and won.

    Attributes:
        month: Month of the awards.
        service: First month of service.
        kind: Format in force.
        terms: Terms of the handover.
        lots: The lots.
        needs: What each bidder could hand over.
        demands: What the lots are worth to each of them, by position of the lot.
        bidders: Who decides for itself what it bids, by key.
        results: The lots cleared under the format in force.
        winnings: What each winner got, after the regulator's review.
    """

    month: Month
    service: Month
    kind: AuctionFormat
    terms: Handover
    lots: tuple[Lot, ...]
    needs: tuple[AccessNeed, ...]
    demands: tuple[Mapping[int, Demand], ...]
    bidders: Mapping[str, Bidder]
    results: tuple[LotResult, ...]
    winnings: tuple[Winnings, ...]

    @property
    def efficiency(self) -> float:
        """Surplus of the format in force over that of VCG with the same demands."""
        return efficiency(self.results, self.on_paper("vcg"))

    def on_paper(self, kind: AuctionFormat, without: str = "") -> tuple[LotResult, ...]:
        """Clear the same lots with the same demands under another format; nothing in the market changes.

        Args:
            kind: Format.
            without: Key of a bidder who is left out.
        """
        demands = [demand for need, demand in zip(self.needs, self.demands, strict=True) if need.bidder != without]
        return hold(kind, self.lots, demands, self.terms.published, self.bidders)
