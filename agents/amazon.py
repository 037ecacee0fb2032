"""Amazon: one agent with two faces, the country's largest shipper and a carrier, and one set of books."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.books import CarrierBooks
from agents.calendar import Month
from agents.carriers import QUARTER
from agents.geography import RURAL
from agents.large_buyer import LargeBuyer
from agents.large_shipper import USPS
from agents.rules.announced import AnnouncedPlan, rural_plan
from agents.rules.capacity import whole_stations
from agents.rules.leaving import DAYS_PER_WEEK, LeavingCase, LeftPlaces, left_places, mean_wait, ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int8]


class Amazon(LargeBuyer):
    """Delivers the densest addresses itself and buys access for the rest."""

    opens_network = True
    #: Whether its yearly build limit binds (a scenario may lift it).
    build_limit_applies: bool = True
    #: Share of what it means to take from USPS that it orders in one quarter; 1 where an exit is imposed.
    adjust_speed: float = 1.0
    #: Where it delivers itself what it takes from USPS by decree: everywhere, where that pays, or so without USPS.
    withdrawal_reach: str = "everywhere"

    def announces_rural_plan(self, begins: Month) -> None:
        """Announce the published rural plan, from the network that it has."""
        figures, coverage = self.world.figures, self.world.own_books(self.index).coverage
        at_end = self.world.amazon_parcels_expected(begins + int(figures.rural_plan_months))
        self._remember(plan=rural_plan(figures, self.world.zones, at_end, coverage, begins))

    def announced_plan(self) -> AnnouncedPlan | None:
        """Its rural plan, where one is known."""
        return self.memory.plan

    def reconsiders_plan(self) -> Floats | None:
        """Part that it builds after all of what its plan brings once building takes effect, (Z,); None where all.

        What arrives sooner is under construction. It knows its own cost and what may come of its talks: it builds where
        it would order today, for what it expects to deliver itself once the contract in force has ended. Rule: ODD 7.8.
        """
        now, plan = self.world.month, self.announced_plan()
        opens = now + int(self.world.figures.build_lead_months)
        if plan is None or plan.done(opens) >= plan.months:
            return None
        then = max(opens, self.world.own_contracts_with(self.key, USPS, now).held.expiry)
        if self.world.amazon_imposed_share(then, now) is not None:
            return None
        slices, cells = self.memory.slices, self.world.zones.density_grid.shape[1]
        end = self.coverage_ahead(now)
        begin, middle = end - plan.covering(opens), self._middle(slices.cell)
        open_ = (middle > begin[slices.zone]) & (middle <= end[slices.zone])
        left = slices.zones_of(open_ * self.part_left(then, now))
        parcels = (end - begin) * self.memory.flows.parcels
        least = self.memory.flows.parcels / cells  # of one cell: less than that is no place
        part = 1.0 - np.divide(left, parcels, out=np.zeros_like(left), where=parcels >= least)
        return np.clip(part, 0.0, 1.0)

    def cuts_plan(self, part: Floats) -> None:
        """Build only a part of what its plan brings once building takes effect.

        Args:
            part: Part of it, 0 to 1, (Z,).
        """
        plan, opens = self.announced_plan(), self.world.month + int(self.world.figures.build_lead_months)
        if plan is not None:
            self._remember(plan=plan.reconsidered(plan.done(opens), part))

    def capacity_coming(self, books: CarrierBooks, now: Month) -> Floats:
        """Annual parcels of capacity on its way, and what the plan brings before the next order could, (Z,)."""
        ordered, plan = super().capacity_coming(books, now), self.announced_plan()
        if plan is None:
            return ordered
        return ordered + plan.coming(now, int(self.world.figures.build_lead_months) + QUARTER)

    def expected_volume(self, months: int, now: Month) -> Floats:
        """Parcels a year that it expects to deliver itself: all that it ships less what others carry, (Z,).

        It knows what it will ship, and what it expects of its contracts. Rule: ODD 7.8.
        """
        books = self.world.own_books(self.index, now)
        then = now + months
        shipped = self.world.amazon_parcels_expected(then, now)
        own = np.maximum(shipped - self.outsourced(then, now), 0.0)
        others = np.maximum(books.annual_volume - self.world.amazon_own_volume(), 0.0)
        return own + others

    def yearly_build_limit(self) -> float:
        """Annual parcels of capacity that it can add in a year, growth and returned volume included."""
        return self.world.figures.build_limit * 1e9 if self.build_limit_applies else float("inf")

    def wanted_additions(self, needed: Floats, months: int, now: Month) -> Floats:
        """Growth in full, only a part of what it means to take from USPS, and no station below the smallest size."""
        wanted = super().wanted_additions(needed, months, now)
        if self.adjust_speed >= 1.0:
            return wanted
        taken = np.maximum(self.expected_at_usps(now, now) - self.expected_at_usps(now + months, now), 0.0)
        gap = np.minimum(wanted, taken)
        return wanted - gap + whole_stations(gap * self.adjust_speed, gap, self.smallest_station())

    def rivals_over_own(self) -> float:
        """Rivals' price over its own, relative to the ratio at which its sales would earn their target margin.

        At the start they earn far more than that: prices held against those of the start would hold its margin there.
        It knows public prices and what its sales earned before the start. Rule: ODD 7.5.
        """
        start = self.world.own_books(self.index).start_margin
        at_target = (1.0 - self.target_margin) / (1.0 - start) if start < 1.0 else 1.0
        return super().rivals_over_own() / (1.0 + self.world.figures.amazon_rivals_at_target * (at_target - 1.0))

    def spare_capacity_price(self, level: Floats, cost: Floats, kept: float) -> Floats | None:
        """Factor on its list level at which it sells what stands empty, (S,); None while it is used as at the start.

        It knows its own use and cost: it asks for the cost of one more parcel and its shipping margin, never more than
        its list price. Rule: ODD 7.5.

        Args:
            level: Its list level without this factor, $ per parcel, (S,).
            cost: Of one more parcel, $, (S,).
            kept: Share of the list level that its shippers pay on average.
        """
        books = self.world.own_books(self.index)
        if books.utilisation > books.start_utilisation:
            return None
        wanted = cost * (1.0 + self.world.figures.amazon_shipping_margin) / kept
        cut = np.divide(wanted, level, out=np.ones_like(level), where=level > 0.0)
        return np.minimum(cut, 1.0)

    def coverage_planned(self, then: Month, now: Month) -> Floats:
        """Share of households that it means to serve itself in a month, as known in another, (Z,)."""
        shipped = self.world.amazon_parcels_expected(then, now)
        return np.clip(1.0 - self.outsourced(then, now) / shipped, 0.0, 1.0)

    def coverage_after_closing(self, coverage: Floats, part: Floats, months: int) -> Floats:
        """Where it closes stations it gives up what it means to leave to others, in the same part."""
        now = self.world.month
        return coverage - part * np.maximum(coverage - self.coverage_planned(now + months, now), 0.0)

    def coverage_after(self, coverage: Floats, additions: Floats, wanted: Floats, then: Month, now: Month) -> Floats:
        """Coverage that the additions allow: all that is planned where nothing was cut, less in proportion else."""
        done = np.divide(additions, wanted, out=np.zeros_like(wanted), where=wanted > 0.0)
        return np.maximum(coverage, coverage + (self.coverage_planned(then, now) - coverage) * done)

    # -- an imposed withdrawal that need not go everywhere -----------------------------------------------------------

    def way_of_slices(self) -> Ints:
        """What it does with each slice that leaves USPS: own delivery, later, the published price, or nobody, (L,).

        It knows its own cost on all and on fewer days, the published price, what a wait is worth and what an order
        earns. Rule: ODD 7.8.
        """
        figures, level, slices = self.world.figures, self.world.price_level, self.memory.slices
        days = figures.amazon_later_days
        rarely = self.world.amazon_route_cost(self.memory.flows.parcels * (DAYS_PER_WEEK / days))
        own, capital, covered = self.slice_cost(slices.zone, slices.cell)
        new = np.where(covered, 0.0, capital * (1.0 + figures.investment_hurdle))
        speed = figures.speed_benefit_amazon * level
        wait = figures.value_of_day_economy * mean_wait(days) * level
        growth = float(self.world.amazon_parcels_expected(self.world.month).sum() / self.memory.flows.parcels.sum())
        case = LeavingCase(
            daily=own + new - speed,
            later=rarely[slices.zone, slices.cell] + new + wait if days < DAYS_PER_WEEK else np.full(len(own), np.inf),
            published=self.usps_without_contract() if self.withdrawal_reach == "where_it_pays" else float("inf"),
            margin=figures.amazon_order_margin * level,
            covered=covered,
            remote=self.world.zones.zone_type[slices.zone] == RURAL,
            volume=slices.volume * growth,
            smallest=self.smallest_station(),
        )
        return ways(case, slices)

    def uses_contracts(self) -> None:
        """Decide also what becomes of places that leave USPS, where it need not deliver everywhere itself.

        It knows what `way_of_slices` knows. Rule: ODD 7.8.
        """
        super().uses_contracts()
        imposed = self.world.amazon_imposed_share(self.world.month)
        if self.withdrawal_reach == "everywhere" or imposed is None:
            return
        self._remember(ways=self.way_of_slices())
        left = self._left_at(imposed)
        parcels = self.world.amazon_parcels_expected(self.world.month)
        self._remember(left=left, at_published=left.published * parcels)

    def _left_at(self, share: float) -> LeftPlaces:
        """What is left of each zone when such a share of the start volume stays with USPS."""
        memory = self.memory
        assert memory.ways is not None
        return left_places(memory.ways, memory.slices.gone(share), memory.slices, memory.flows.parcels)

    def refuses_orders(self) -> Floats:
        """Share of the orders of each zone that it does not take this month, (Z,).

        It knows what became of the places that left USPS. Rule: ODD 7.8.
        """
        left = self.memory.left
        return np.zeros(self.world.zones.n_zones) if left is None else left.refused

    def delivers_later(self) -> Floats:
        """Share of the orders of each zone that it delivers itself on fewer days of the week, (Z,).

        It knows what became of the places that left USPS. Rule: ODD 7.8.
        """
        left = self.memory.left
        return np.zeros(self.world.zones.n_zones) if left is None else left.later

    def outsourced(self, month: Month, now: Month) -> Floats:
        """Parcels a year that others will carry or that it will refuse in a month, as known in another, (Z,)."""
        others = super().outsourced(month, now)
        imposed = self.world.amazon_imposed_share(month, now)
        if self.memory.ways is None or imposed is None:
            return others
        left = self._left_at(imposed)
        return others + (left.published + left.refused) * self.world.amazon_parcels_expected(month, now)
