"""UPS and FedEx: one sheds what earns too little, the other fills what stands empty (ODD 7.11)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.calendar import JANUARY, MONTHS_PER_YEAR, Month
from agents.carriers import Carrier
from agents.geography import SEGMENTS
from agents.rules.filling import fill_discount, fills, merged_share
from agents.rules.shedding import ReviewCase, contracts_to_shed

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def joint_announcement(month: Month) -> tuple[str, ...]:
    """Figures of the list increases that UPS and FedEx announce for a January, the same in all segments."""
    return (f"list_increase_ups_fedex_{month.year}",) * len(SEGMENTS) if month.month == JANUARY else ()


class Ups(Carrier):
    """Prefers better to bigger: it gives notice to contracts whose margin is too thin.

    Attributes:
        shed: Parcels a day of each contract that it has ended, with the month of the notice.
        reviewed_until: Month until which it looks no further at an enterprise shipper that it has shed, by row.
    """

    reviews_contracts = True

    def __init__(self, model: Any, index: int, key: str, name: str, target_margin: float, price_month: int) -> None:
        super().__init__(model, index, key, name, target_margin, price_month)
        self.shed: list[tuple[Month, float]] = []
        self.reviewed_until: dict[int, Month] = {}

    def announced_increases(self, month: Month) -> tuple[str, ...]:
        """Figures of its announced list increases of a month by segment."""
        return joint_announcement(month)

    def gives_notice(self, case: ReviewCase) -> Bools:
        """Which enterprise contracts it ends: the thinnest margins first, within a yearly limit of volume.

        It knows the margins by its own books and what it has shed before; what it shed lately it leaves alone. Rule:
        ODD 7.11.

        Args:
            case: Its contracts.

        Returns:
            (C,).
        """
        figures, now = self.world.figures, self.world.month
        daily = case.daily_parcels.copy()
        daily[[row for row, until in self.reviewed_until.items() if now < until]] = 0.0
        limit = max(0.0, figures.ups_shed_limit * 1e6 - (case.announced_cut + self.shed_within_a_year()))
        return contracts_to_shed(case.margin, daily, figures.required_contract_margin, limit)

    def shed_within_a_year(self) -> float:
        """Parcels a day under the contracts that it has ended within the last year."""
        return sum(daily for month, daily in self.shed if self.world.month - month < MONTHS_PER_YEAR)

    def notice_given(self, shipper: int, daily_parcels: float, until: Month) -> None:
        """Remember a notice.

        Args:
            shipper: Row of the enterprise shipper.
            daily_parcels: Parcels a day under the contract.
            until: Month until which the next agreement with the same shipper is left alone.
        """
        self.shed.append((self.world.month, daily_parcels))
        self.reviewed_until[shipper] = until

    def shed_shippers(self) -> list[int]:
        """Rows of the enterprise shippers that it has ever shed."""
        return sorted(self.reviewed_until)


class FedEx(Carrier):
    """Selective: it takes volume below its usual prices only to fill what stands empty."""

    fills_network = True

    def announced_increases(self, month: Month) -> tuple[str, ...]:
        """Figures of its announced list increases of a month by segment."""
        return joint_announcement(month)

    @property
    def slack(self) -> float:
        """Utilisation of the last year that is missing to where it stops filling; 0 when it does not fill."""
        books, gap = self.world.own_books(self.index), self.world.figures.fedex_fill_gap
        if not fills(books.utilisation, books.start_utilisation, gap):
            return 0.0
        return books.start_utilisation - gap - books.utilisation

    def filling_discount(self, price: Floats, marginal_cost: Floats) -> Floats:
        """Discount on its quotes by segment, (S,), until the next quarter: the more stands empty, the larger.

        It knows its own use, quotes and costs. Rule: ODD 7.11.

        Args:
            price: Its mean quotes, $ per parcel, (S,).
            marginal_cost: Its cost of one more parcel, $ per parcel, (S,).
        """
        figures = self.world.figures
        return fill_discount(
            price,
            marginal_cost,
            slack=self.slack,
            response=figures.price_response_utilisation,
            fill_margin=figures.fedex_fill_margin,
        )

    @property
    def sourced_markup(self) -> float:
        """Markup on the cost of one more parcel below which it signs no contract, by its figures."""
        return self.world.figures.fedex_fill_margin

    def carriage_cost(self, cost: Floats, capital: Floats) -> Floats:
        """What one more parcel of Amazon costs it, $, (Z,): with the capital of new capacity unless it has room.

        Args:
            cost: Running cost of one more parcel, $, (Z,).
            capital: Capital charge of new capacity, $ per parcel, (Z,).
        """
        return np.asarray(cost + capital) if self.slack <= 0.0 else cost

    def carries_beyond(self, given_back: Floats, room: Floats) -> Floats:
        """Parcels a year of Amazon that it would take over from another carrier, (Z,): as far as it has room.

        Args:
            given_back: What the other one gives back or would not carry, (Z,).
            room: Annual parcels of its capacity that stand empty, (Z,).
        """
        return np.minimum(given_back, room)

    def merger_saving(self, months: int) -> float:
        """Share of its fixed cost that the merger of its two networks saves.

        Args:
            months: Months since the merger began, the present one included.
        """
        figures = self.world.figures
        saving: float = figures.fedex_network_saving
        return saving * merged_share(months, int(figures.fedex_network_saving_months))
