"""UPS and FedEx: both let contracts end that earn too little, one fills what stands empty (ODD 7.11)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.calendar import JANUARY, MONTHS_PER_YEAR, Month
from agents.carriers import Carrier
from agents.geography import SEGMENTS
from agents.rules.filling import fill_discount, fills, merged_share
from agents.rules.places import (
    PlaceCase,
    PlacePlan,
    extra_surcharge,
    missing,
    moved_routes,
    wanted_routes,
)
from agents.rules.reach import ReachCase, reach_beyond
from agents.rules.shedding import ReviewCase, contracts_to_shed

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
EVERYTHING = 1e12  # growth of what it sells that no limit cuts


def joint_announcement(month: Month) -> tuple[str, ...]:
    """Figures of the list increases that UPS and FedEx announce for a January, the same in all segments."""
    return (f"list_increase_ups_fedex_{month.year}",) * len(SEGMENTS) if month.month == JANUARY else ()


class Reviewing(Carrier):
    """Looks at each contract with an enterprise shipper when it comes up, and lets it end where it earns too little.

    Attributes:
        shed: Parcels a day of each contract that it has given notice to, with the month of the notice.
        asked: Rows of the enterprise shippers to which it has given notice.
        announced_routes: Share of households that its routes should have passed at its last review, (Z,).
    """

    reviews_contracts = True
    reviews_places = True

    def __init__(self, model: Any, index: int, key: str, name: str, target_margin: float, price_month: int) -> None:
        super().__init__(model, index, key, name, target_margin, price_month)
        self.shed: list[tuple[Month, float]] = []
        self.asked: set[int] = set()
        self.announced_routes: Floats = np.ones(self.world.zones.n_zones)

    def announced_increases(self, month: Month) -> tuple[str, ...]:
        """Figures of its announced list increases of a month by segment."""
        return joint_announcement(month)

    def gives_notice(self, case: ReviewCase) -> Bools:
        """Which enterprise contracts that come up it does not renew: those without a zone of agreement.

        It knows what one more parcel of each costs it, what the other side would sign at most, and what it has shed
        before. Rule: ODD 7.11.

        Args:
            case: Its contracts that come up.

        Returns:
            (C,).
        """
        markup = self.least_markup()
        return contracts_to_shed(case.margin, case.daily_parcels, markup / (1.0 + markup), self.can_shed(case))

    def serves(self, case: PlaceCase) -> PlacePlan:
        """Where its routes go from the next month on, and what it asks there: once a year.

        It asks more, step by step, where the mean parcel does not pay for own delivery. Where not even the largest
        surcharge would pay, two years in a row, it leaves a part of the gap a year, the sparsest addresses first, and
        never those to which contracts have it deliver; it comes back where it would pay with room to spare. It knows
        its own prices and cost, what access costs, and its contracts. Rule: ODD 7.13.

        Args:
            case: The places that it serves.
        """
        figures, level = self.world.figures, self.world.price_level
        lacks, most = missing(case), figures.place_surcharge_most * level
        wanted = wanted_routes(case, lacks, most, figures.place_hysteresis)
        announced, self.announced_routes = self.announced_routes, wanted
        cell = 1.0 / lacks.shape[1]
        return PlacePlan(
            extra_surcharge(lacks, case.extra, figures.place_surcharge_step * level, most),
            np.maximum(moved_routes(case.routes, wanted, announced, figures.place_adjust_speed, cell), case.promised),
        )

    def sells_beyond(self, case: ReachCase) -> Floats:
        """Share of the households that it has left to which it sells economy until the next quarter, (Z,).

        It sells where the price covers access, injection and upstream. It knows what access costs. Rule: ODD 7.13.

        Args:
            case: What it could sell there, and what access costs.
        """
        return reach_beyond(case, EVERYTHING)

    def can_shed(self, case: ReviewCase) -> float:
        """Parcels a day that it can still give up this year.

        Args:
            case: Its contracts that come up.
        """
        return float("inf")

    def notice_given(self, shipper: int, daily_parcels: float) -> None:
        """Remember a notice.

        Args:
            shipper: Row of the enterprise shipper.
            daily_parcels: Parcels a day under the contract.
        """
        self.shed.append((self.world.month, daily_parcels))
        self.asked.add(shipper)

    def shed_shippers(self) -> list[int]:
        """Rows of the enterprise shippers to which it has ever given notice."""
        return sorted(self.asked)


class Ups(Reviewing):
    """Prefers better to bigger, within a yearly limit of what it gives up."""

    def can_shed(self, case: ReviewCase) -> float:
        """Parcels a day that it can still give up this year; its announced plan with Amazon uses the limit too."""
        limit = self.world.figures.ups_shed_limit * 1e6
        return max(0.0, float(limit) - (case.announced_cut + self.shed_within_a_year()))

    def shed_within_a_year(self) -> float:
        """Parcels a day under the contracts that it has given notice to within the last year."""
        return sum(daily for month, daily in self.shed if self.world.month - month < MONTHS_PER_YEAR)


class FedEx(Reviewing):
    """Selective: it takes volume below its usual prices only to fill what stands empty."""

    fills_network = True

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
