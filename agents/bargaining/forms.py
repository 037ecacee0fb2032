"""Forms of a contract, and how two sides settle on one before anybody names a price. Rule: ODD 7.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.bargaining.reservation import PriceStructure
from agents.contracts import ShortfallRule


@dataclass(frozen=True, slots=True)
class Form:
    """What a contract looks like before anybody names a price.

    Attributes:
        structure: Which zones share a price.
        rule: What a missed commitment costs.
        promised: Whether all slices that both find worth leaving are promised; else the buyer promises those that are
            worth the price to it, which only one price for all allows.
    """

    structure: PriceStructure
    rule: ShortfallRule
    promised: bool

    def __post_init__(self) -> None:
        if not self.promised and (self.structure != "uniform" or self.rule == "make_whole"):
            raise ValueError(f"{self} leaves parcels at will; allowed: one price for all, and not make_whole")


#: Simplest first: whoever ranks forms takes the simplest of those that are worth the same.
MENU: tuple[Form, ...] = (
    Form("uniform", "reversion", False),
    *(
        Form(structure, rule, True)
        for rule in ("reversion", "take_or_pay", "make_whole")
        for structure in ("uniform", "by_zone_type", "by_zone")
    ),
)


def fall_back(buyer: Sequence[int], seller: Sequence[int]) -> int | None:
    """What both settle on when each falls back from its best to its next best until they meet.

    Fallback bargaining (Brams and Kilgour 2001): the choice has the smallest larger rank; it is efficient for the two
    orders, asks for no numbers, and is the common best where the orders agree.

    Args:
        buyer: Positions in the menu, best first, without those that it refuses.
        seller: The same of the seller.

    Returns:
        Position in the menu; None where each refuses all that the other would take.
    """
    of_buyer = {choice: rank for rank, choice in enumerate(buyer)}
    of_seller = {choice: rank for rank, choice in enumerate(seller)}
    common = of_buyer.keys() & of_seller.keys()
    if not common:
        return None
    return min(common, key=lambda c: (max(of_buyer[c], of_seller[c]), of_buyer[c] + of_seller[c], c))
