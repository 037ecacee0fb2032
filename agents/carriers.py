"""Carriers as Mesa agents: each plans its prices once a year and its capacity once a quarter, on its own books only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.announced import AnnouncedPlan
from agents.books import CarrierBooks
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.capacity import CapacityOrder, Closure, closable, cut_to_limit, wanted_additions, whole_stations
from agents.party import Party
from agents.pricing import PriceResponse, paid_growth, raising_pays
from agents.world import World

Floats = NDArray[np.float64]
QUARTER = 3


class Carrier(Party):
    """A delivery network that sells to shippers.

    Args:
        model: The market.
        index: Position on every carrier axis.
        key: Name in code, for example "ups".
        name: Name for people.
        target_margin: Operating margin that its price plan aims at.
        price_month: Calendar month of its yearly price change, 1 to 12.
    """

    #: Whether it closes what it does not need even where the scenario leaves no make or buy.
    always_closes = False
    #: Whose rows of figures it has: its group, or whom it starts like where a scenario added it.
    like = ""

    def __init__(self, model: Any, index: int, key: str, name: str, target_margin: float, price_month: int) -> None:
        super().__init__(model, key, name)
        self.index = index
        self.target_margin = target_margin
        self.price_month = price_month

    def price_increase(self) -> float:
        """Yearly growth of paid prices that its situation asks for (section 9)."""
        figures, books = self.world.figures, self.world.own_books(self.index)
        return paid_growth(
            price_response(self.world),
            inflation=figures.inflation,
            cost_growth=books.cost_growth,
            margin_gap=self.target_margin - books.margin,
            utilisation_gap=books.utilisation - books.start_utilisation,
            rival_ratio=self.world.rival_price_ratio(self.index),
            margin_may_raise=self.margin_may_raise(),
        )

    def margin_may_raise(self) -> bool:
        """Whether a poor margin is a reason to raise prices: not where demand would fall so far that profit falls."""
        return raising_pays(self.world.own_demand(self.index))

    def price_cap(self, rivals: Floats, start: Floats) -> Floats:
        """Highest list level that a yearly change of its own may reach, $ per parcel, (S,); there is none.

        Args:
            rivals: Lower one of the public list levels of UPS and FedEx, $ per parcel, (S,).
            start: Its own level at the start, $ per parcel, (S,).
        """
        return np.full_like(rivals, np.inf)

    def flexes(self) -> tuple[float, float]:
        """Monthly shares by which its routes shrink and grow towards what volume needs, 0 to 1 each.

        It knows how fast its labour agreements let it move (docs/odd.md, "Cost of delivery").
        """
        return self.world.figures.route_flex_down_monthly, self.world.figures.route_flex_up

    def expected_volume(self, months: int, now: Month) -> Floats:
        """Parcels a year by zone that it expects in a month to deliver some months later, (Z,)."""
        figures, books = self.world.figures, self.world.own_books(self.index, now)
        growth: float = (1.0 + figures.growth_other_demand) ** (months / MONTHS_PER_YEAR)
        return books.annual_volume * growth

    def yearly_build_limit(self) -> float:
        """Annual parcels of capacity that it can add in a year."""
        return float("inf")

    def build_room(self, months: int) -> float:
        """Annual parcels of capacity that it can order in some months."""
        return self.yearly_build_limit() * months / MONTHS_PER_YEAR

    def smallest_station(self) -> float:
        """Annual parcels of the smallest station worth building."""
        figures = self.world.figures
        return figures.station_min_size * figures[f"operating_days_{self.like}"]

    def closure(self, lag_months: int, lead_months: int) -> Closure | None:
        """Close a part of what it will not need before it could be built again; None when there is nothing to close.

        Args:
            lag_months: Months from the decision to the closure.
            lead_months: Months from an order of capacity to its use.
        """
        books, figures = self.world.own_books(self.index), self.world.figures
        later = self.expected_volume(lag_months + lead_months + QUARTER, self.world.month)
        idle = closable(books.capacity, books.closing, np.maximum(books.annual_volume, later), books.locked)
        closed = whole_stations(idle * figures.coverage_adjust_speed, idle, self.smallest_station())
        if not closed.any():
            return None
        part = np.divide(closed, idle, out=np.zeros_like(idle), where=idle > 0.0)
        coverage = self.coverage_after_closing(books.coverage, part, lag_months)
        return Closure(self.index, self.world.month + lag_months, closed, coverage)

    def coverage_after_closing(self, coverage: Floats, part: Floats, months: int) -> Floats:
        """Share of households that it can serve once a part of its idle capacity is closed; routes pass as before."""
        return coverage

    def announced_plan(self) -> AnnouncedPlan | None:
        """Capacity that it has announced and that arrives without an order; None where there is none."""
        return None

    def capacity_coming(self, books: CarrierBooks, now: Month) -> Floats:
        """Annual parcels of capacity on its way, as its books of a month say, (Z,)."""
        return books.on_its_way

    def capacity_order(
        self, lead_months: int, horizon_months: int = QUARTER, month: Month | None = None
    ) -> CapacityOrder | None:
        """Order what expected volume needs until the next order can arrive; None when nothing is missing.

        Args:
            lead_months: Months until the order can be used.
            horizon_months: Months between two orders.
            month: Month in which it decides, this one unless given: orders stand already when a run begins.
        """
        now = month or self.world.month
        books = self.world.own_books(self.index, now)
        needed = self.expected_volume(lead_months + horizon_months, now)
        wanted = self.wanted_additions(needed, lead_months + horizon_months, now)
        additions = cut_to_limit(wanted, books.unit_cost, self.build_room(horizon_months))
        if additions.sum() <= 0.0:
            return None
        zone_type = self.world.zones.zone_type
        capital = float((additions * self.world.figures.by_type("capacity_capex")[zone_type]).sum())
        then = now + (lead_months + horizon_months)
        coverage = self.coverage_after(books.coverage, additions, wanted, then, now)
        return CapacityOrder(self.index, now + lead_months, additions, coverage, capital)

    def wanted_additions(self, needed: Floats, months: int, now: Month) -> Floats:
        """Annual parcels of capacity that it would order in a month for what it needs some months later, (Z,)."""
        books = self.world.own_books(self.index, now)
        return wanted_additions(needed, books.capacity, self.capacity_coming(books, now))

    def coverage_after(self, coverage: Floats, additions: Floats, wanted: Floats, then: Month, now: Month) -> Floats:
        """Share of households that it can serve once the additions stand; the same unless it reaches new ones."""
        return coverage


class RegionalCarrier(Carrier):
    """A carrier of some states, which cannot grow faster than its organisation."""

    def yearly_build_limit(self) -> float:
        """Annual parcels of capacity that it can add in a year."""
        return self.world.figures.regional_growth_cap * float(self.world.own_books(self.index).capacity.sum())

    def build_room(self, months: int) -> float:
        """Annual parcels of capacity that it can order in some months; a year of them grows by the cap, not more."""
        grown: float = (1.0 + self.world.figures.regional_growth_cap) ** (months / MONTHS_PER_YEAR) - 1.0
        return grown * float(self.world.own_books(self.index).capacity.sum())


def price_response(world: World) -> PriceResponse:
    """Coefficients of the yearly price plan."""
    figures = world.figures
    return PriceResponse(
        cost=figures.price_response_cost,
        margin=figures.price_response_margin,
        utilisation=figures.price_response_utilisation,
        rivals=figures.price_response_rivals,
        list_increase_max=figures.price_increase_max,
        pass_through=figures.list_to_paid_pass_through,
    )
