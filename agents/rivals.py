"""UPS and FedEx: one sheds what earns too little, the other fills what stands empty (section 15).

The rules are pure functions of a carrier's own figures; the classes say whose rule it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.carriers import Carrier

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def contracts_to_shed(margin: Floats, daily_parcels: Floats, required: float, limit: float) -> Bools:
    """Which contracts to end: those with the lowest margins, as far as the limit of volume allows.

    Args:
        margin: Margin of each contract, share of its revenue, (C,).
        daily_parcels: Parcels a day under each, (C,).
        required: Margin below which a contract is shed.
        limit: Parcels a day that may still be shed this year.

    Returns:
        (C,); a contract that is too large for what is left of the limit stays, and smaller ones may go instead.
    """
    shed = np.zeros(len(margin), dtype=np.bool_)
    left = limit
    for contract in np.argsort(margin, kind="stable"):
        if margin[contract] < required and 0.0 < daily_parcels[contract] <= left:
            shed[contract] = True
            left -= float(daily_parcels[contract])
    return shed


def fills(utilisation: float, start_utilisation: float, gap: float) -> bool:
    """Whether a carrier looks for volume: utilisation is below its start mean by more than a gap."""
    return utilisation < start_utilisation - gap


def fill_discount(price: Floats, marginal_cost: Floats, *, slack: float, response: float, fill_margin: float) -> Floats:
    """Discount on quotes with which a carrier fills its network; never below marginal cost and the margin wanted.

    Args:
        price: Mean quote by segment, $ per parcel, (S,).
        marginal_cost: Cost of one more parcel, upstream included, $ per parcel, (S,).
        slack: Utilisation that is missing to where it stops filling; 0 or less when it does not fill.
        response: Response of prices to utilisation.
        fill_margin: Margin over marginal cost that it wants.

    Returns:
        Shares of the quote, (S,).
    """
    wanted = response * max(slack, 0.0)
    lowest = marginal_cost * (1.0 + fill_margin)
    room = np.divide(price - lowest, price, out=np.zeros_like(price), where=price > 0.0)
    return np.clip(np.minimum(wanted, room), 0.0, 1.0)


def merged_share(months: int, all_months: int) -> float:
    """Part of a network merger that is done after some months; it arrives evenly."""
    return min(1.0, max(0.0, months / all_months)) if all_months > 0 else 1.0


class Ups(Carrier):
    """Prefers better to bigger: it gives notice to contracts whose margin is too thin."""

    def sheds(self, margin: Floats, daily_parcels: Floats, shed_before: float) -> Bools:
        """Contracts that it ends now.

        Args:
            margin: Margin of each of its contracts, (C,).
            daily_parcels: Parcels a day under each, (C,).
            shed_before: Parcels a day that it has shed within the last year, announced cuts included.
        """
        figures = self.world.figures
        limit = max(0.0, figures.ups_shed_limit * 1e6 - shed_before)
        return contracts_to_shed(margin, daily_parcels, figures.required_contract_margin, limit)


class FedEx(Carrier):
    """Selective: it takes volume below its usual prices only to fill what stands empty."""

    @property
    def slack(self) -> float:
        """Utilisation of the last year that is missing to where it stops filling; 0 when it does not fill."""
        books, gap = self.world.own_books(self.index), self.world.figures.fedex_fill_gap
        if not fills(books.utilisation, books.start_utilisation, gap):
            return 0.0
        return books.start_utilisation - gap - books.utilisation

    def filling_discount(self, price: Floats, marginal_cost: Floats) -> Floats:
        """Discount on its quotes by segment, (S,), from its mean quotes and marginal costs, $ per parcel, (S,)."""
        figures = self.world.figures
        return fill_discount(
            price,
            marginal_cost,
            slack=self.slack,
            response=figures.price_response_utilisation,
            fill_margin=figures.fedex_fill_margin,
        )
