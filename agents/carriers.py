"""Carriers as Mesa agents: each plans its prices once a year and its capacity once a quarter, on its own books only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.books import CarrierBooks
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.geography import SEGMENTS
from agents.party import Party
from agents.rules.access import (
    AccessCase,
    AlternativeCase,
    HandedOver,
    HandOverPlan,
    alternative_cost,
    avoidable_share,
    hand_over,
    hand_over_by_margin,
    hand_over_so_many,
    share_of_stops_alone,
)
from agents.rules.announced import AnnouncedPlan
from agents.rules.capacity import CapacityOrder, Closure, closable, cut_to_limit, wanted_additions, whole_stations
from agents.rules.entry import EntryCase, months_of_losses
from agents.rules.extension import ExtensionCase
from agents.rules.make_or_buy import perceived_error
from agents.rules.mergers import MergerCase
from agents.rules.places import PlaceCase, PlacePlan
from agents.rules.pricing import CostRise, PriceResponse, paid_growth, raising_pays
from agents.rules.reach import ReachCase
from agents.rules.shedding import ReviewCase
from agents.world import World

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
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

    Attributes:
        negative_months: Months in a row of negative cash, seasonally adjusted.
        burned: Losses that its owners have paid for and that gains have not made up for, $.
        learning_since: Month in which it began to deliver itself what it used to buy; None before.
        taken_in: Part of its latest yearly growth of paid prices that took the place of a surcharge.
        wages_in_list: Log of the unexpected rise of wages that its list prices hold.
        handed: Parcels of a mean month that it last handed to USPS, (Z,).
    """

    # What a market asks it at all: nobody gathers what it would have to know for a decision that it never takes.
    #: Whether it may go to other places, be taken over by a neighbour, and give up.
    expands = False
    #: Whether it runs routes for parcels alone.
    parcel_routes = True
    #: Whether it chooses by zone and density what to hand to USPS.
    hands_over = True
    #: Whether it closes what it does not need even where the scenario leaves no make or buy.
    always_closes = False
    #: Whether it reviews its contracts with enterprise shippers.
    reviews_contracts = False
    #: Whether it reviews where its routes go, and what it asks there.
    reviews_places = False
    #: Whether it lowers its quotes to fill what stands empty.
    fills_network = False
    #: Whether it works under postal law: the regulator reviews what it signs, and its books close by statute.
    under_postal_law = False
    #: Whether it has a surcharge that follows unexpected cost between its price changes.
    follows_cost = True
    #: Whether it sells the last mile to whoever brings parcels to its delivery units.
    sells_access = False
    #: Whether it ships parcels of its own.
    ships = False
    #: Whether it sells what stands empty to shippers where the scenario opens its network.
    opens_network = False
    #: Whose rows of figures it has: its group, or whom it starts like where a scenario added it.
    like = ""

    def __init__(self, model: Any, index: int, key: str, name: str, target_margin: float, price_month: int) -> None:
        super().__init__(model, key, name)
        self.index = index
        self.target_margin = target_margin
        self.price_month = price_month
        self.negative_months = 0
        self.burned = 0.0
        self.taken_in = self.wages_in_list = 0.0
        self.learning_since: Month | None = None
        self.handed: Floats = np.zeros(self.world.zones.n_zones)

    def close_month(self, cash: float) -> None:
        """Count months of losses in a row, and what losses its owners have paid for that gains have not made up for, $.

        Args:
            cash: Its operating cash flow of the month, seasonally adjusted, $.
        """
        self.negative_months = months_of_losses(self.negative_months, cash)
        self.burned = max(0.0, self.burned - cash)

    def price_increase(self) -> float:
        """Yearly growth of paid prices that its situation asks for, with what its surcharge on wages bore till then.

        It knows its own books and public prices. Rule: ODD 7.5.
        """
        planned, self.taken_in = self.planned_increase(), 0.0
        if not self.follows_cost:
            return planned
        rise = self.world.cost_rise(self.index)
        if rise.paid > 0.0:  # customers pay in the list what they paid beside it: no limit of growth is touched
            self.taken_in = self.surcharge_on_wages(rise) / rise.paid
            self.wages_in_list = rise.wages_moved
        return planned + self.taken_in

    def planned_increase(self) -> float:
        """Yearly growth of paid prices that its situation asks for without unexpected cost.

        It knows its own books and public prices. Rule: ODD 7.5.
        """
        figures, books = self.world.figures, self.world.own_books(self.index)
        return paid_growth(
            price_response(self.world),
            inflation=figures.inflation,
            cost_growth=books.cost_growth,
            margin_gap=self.target_margin - books.margin,
            utilisation_gap=books.utilisation - books.start_utilisation,
            rival_ratio=self.rivals_over_own(),
            margin_may_raise=self.margin_may_raise(),
            least=-self.largest_cut(),
            most=self.largest_increase(),
        )

    def rivals_over_own(self) -> float:
        """Rivals' price over its own, relative to the same ratio at the start.

        It knows public prices. Rule: ODD 7.5.
        """
        return self.world.rival_price_ratio(self.index)

    def largest_cut(self) -> float:
        """Largest yearly cut of paid prices that it may decide on."""
        most: float = self.world.figures.price_cut_max
        return most

    def largest_increase(self) -> float:
        """Largest yearly growth of paid prices that it may decide on: of the list, or more where inflation is high."""
        figures = self.world.figures
        listed: float = figures.list_to_paid_pass_through * figures.price_increase_max
        return max(listed, figures.inflation + figures.price_real_increase_max)

    def price_change(self, announced: Floats | None) -> Floats | None:
        """Growth of its paid prices this month by segment, (S,); None where it leaves them.

        It does what it has announced; else it plans once a year, in its month. It knows the calendar and what it has
        announced. Rule: ODD 7.5.

        Args:
            announced: What it has announced for this month, (S,); None where it has not.
        """
        if announced is not None:
            return announced
        return np.full(len(SEGMENTS), self.price_increase()) if self.world.month.month == self.price_month else None

    def cost_surcharge(self) -> float:
        """Surcharge on every parcel with which it follows unexpected prices of fuel and wages, $; below 0 if they fell.

        Fuel stays in it, as fuel surcharges are indexed; wages do until its own yearly change takes them in. It knows
        its books of last month. Rule: ODD 7.5.
        """
        rise = self.world.cost_rise(self.index)
        fuel: float = self.world.figures.fuel_pass_through * rise.fuel
        return fuel + self.surcharge_on_wages(rise)

    def surcharge_on_wages(self, rise: CostRise) -> float:
        """Part of its surcharge that is due to wages, $ per parcel.

        Args:
            rise: What unexpected prices add to each of its parcels.
        """
        passed: float = self.world.figures.wage_pass_through * rise.wages_left(self.wages_in_list)
        return passed

    def announced_increases(self, month: Month) -> tuple[str, ...]:
        """Figures of its announced list increases of a month by segment; none where it announces nothing.

        It knows what it has made public. Rule: ODD 7.5.
        """
        return ()

    def margin_may_raise(self) -> bool:
        """Whether a poor margin is a reason to raise prices: not where demand would fall so far that profit falls.

        It knows the demand for its own parcels, and what they cost it. Rule: ODD 7.5.
        """
        return raising_pays(self.world.own_demand(self.index))

    def price_cap(self, rivals: Floats, start: Floats) -> Floats:
        """Highest list level that a yearly change of its own may reach, $ per parcel, (S,); there is none.

        It knows public list levels. Rule: ODD 7.5.

        Args:
            rivals: Lower one of the public list levels of UPS and FedEx, $ per parcel, (S,).
            start: Its own level at the start, $ per parcel, (S,).
        """
        return np.full_like(rivals, np.inf)

    def flexes(self) -> tuple[float, float]:
        """Monthly shares by which its routes shrink and grow towards what volume needs, 0 to 1 each.

        It knows how fast its labour agreements let it move. Rule: ODD 7.6.
        """
        return self.world.figures.route_flex_down_monthly, self.world.figures.route_flex_up

    def expected_volume(self, months: int, now: Month) -> Floats:
        """Parcels a year by zone that it expects in a month to deliver some months later, (Z,).

        It knows what it delivers and how parcels grow. Rule: ODD 7.8.
        """
        figures, books = self.world.figures, self.world.own_books(self.index, now)
        growth: float = (1.0 + figures.growth_other_demand) ** (months / MONTHS_PER_YEAR)
        return books.annual_volume * growth

    def build_lead(self) -> int:
        """Months from an order of capacity to its use.

        It knows how long what it builds takes. Rule: ODD 7.8.
        """
        return int(self.world.figures.build_lead_months)

    def yearly_build_limit(self) -> float:
        """Annual parcels of capacity that it can add in a year."""
        return float("inf")

    def build_room(self, months: int) -> float:
        """Annual parcels of capacity that it can order in some months.

        It knows its own limit of growth. Rule: ODD 7.8.
        """
        return self.yearly_build_limit() * months / MONTHS_PER_YEAR

    def growth_cap(self, months: int) -> float:
        """Largest growth of all that it sells in some months, as a share."""
        return float("inf")

    def smallest_station(self) -> float:
        """Annual parcels of the smallest station worth building."""
        figures = self.world.figures
        return figures.station_min_size * figures[f"operating_days_{self.like}"]

    def closure(self, lag_months: int, lead_months: int) -> Closure | None:
        """Close a part of what it will not need before it could be built again; None when there is nothing to close.

        It knows its own books, and expects its own volume to grow as everybody expects. Rule: ODD 7.8.

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

    def reconsiders_plan(self) -> Floats | None:
        """Part that it builds after all of what it has announced and not begun, (Z,); None where all of it.

        It knows what it has announced. Rule: ODD 7.8.
        """
        return None

    def cuts_plan(self, part: Floats) -> None:
        """Build only a part of what it has announced and not begun, 0 to 1, (Z,)."""

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

        It knows its own books, what is on its way, and the growth that everybody expects. Rule: ODD 7.8.

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

    def misjudgement(self, luck: float, since: Month | None) -> float:
        """What it misjudges its own cost by as long as delivering such parcels itself is new to it, $ per parcel.

        Args:
            luck: Its draw, standard normal.
            since: Month in which it began; None where it has not.
        """
        if since is None:
            return 0.0
        figures, months = self.world.figures, self.world.month - since
        mean, sd = figures.insourcing_error_mean, figures.insourcing_error_sd
        return float(perceived_error(np.array(luck), months, mean, sd, int(figures.insourcing_learning_months)))

    def error_on_routes(self, luck: float) -> float:
        """What it misjudges its cost by where its routes pass, $ per parcel."""
        return self.misjudgement(luck, self.learning_since)

    def buys_access(self, case: AccessCase) -> HandedOver:
        """What it hands to USPS this month: the sparsest addresses, as far as access is cheaper than its own routes.

        It knows its own cost, but for its error, and the terms of its contract; what it handed over before, how fast
        its routes shrink, and what its customers lose by slower delivery. Rule: ODD 7.8.

        Args:
            case: Its economy parcels of the month, what they cost it, and what access costs.
        """
        season = self.world.season_of(self.world.month)
        if not self.moves_slowly():
            return hand_over(np.maximum(case.spared + self.error_on_routes(case.luck), 0.0), case)
        since = self.learning_since
        if since is None and self.handed.any():  # its error counts in full until it takes the first parcels back
            since = self.world.month
        error = self.misjudgement(case.luck, since)
        later, now = (
            np.maximum(self.worth_of_a_stop(case.spared, part) + error, 0.0) for part in (1.0, self.avoidable())
        )
        plan = HandOverPlan(later, now, self.stops_alone(), self.handed * season, self.moves_by())
        chosen = hand_over_by_margin(plan, case)
        if chosen.parcels.sum() < plan.before.sum():
            self.learning_since = since
        self.remember_handed(chosen.parcels)
        return chosen

    def hands_so_many(self, total: float, case: AccessCase) -> HandedOver:
        """Hand to USPS as many parcels as are imposed, or as it always has: those that cost it most come first.

        It knows its own cost. Rule: ODD 7.8.

        Args:
            total: Parcels of the month.
            case: Its economy parcels of the month, what they cost it, and what access costs.
        """
        chosen = hand_over_so_many(total, self.stops_alone(), case)
        self.remember_handed(chosen.parcels)
        return chosen

    def remember_handed(self, parcels: Floats) -> None:
        """Keep what it handed over in a month, as that of a mean month.

        Args:
            parcels: Of this month, (Z,).
        """
        season = self.world.season_of(self.world.month)
        self.handed = parcels / season if season > 0.0 else self.handed

    def moves_slowly(self) -> bool:
        """Whether it weighs what it hands over at the margin, and moves towards it a part of the gap a month."""
        figures = self.world.figures
        return any((figures.access_avoidable, figures.access_quality, figures.access_matched, figures.access_adjusts))

    def stops_alone(self) -> Floats:
        """Share of its parcels that make a stop of their own, (Z,): the others share one that it makes anyway.

        It knows how many parcels it brings to a stop. Rule: ODD 7.8.
        """
        figures, zone_type = self.world.figures, self.world.zones.zone_type
        per_stop = figures.by_type(f"parcels_per_stop_{self.like}")[zone_type]
        return share_of_stops_alone(per_stop, figures.access_matched)

    def avoidable(self) -> float:
        """Share of the cost of a stop that it can take off the road within the term of an access agreement."""
        figures = self.world.figures
        share = avoidable_share(self.flexes()[0], int(figures.term_usps_nsa), figures.discount_rate_monthly)
        return 1.0 - figures.access_avoidable * (1.0 - share)

    def worth_of_a_stop(self, cost: Floats, part: float) -> Floats:
        """What a parcel that USPS delivers instead spares it, less what its customers lose by it, $ per parcel, (Z, P).

        Args:
            cost: Cost of one more parcel by percentile, $ per parcel, (Z, P).
            part: Share of it that it counts.
        """
        figures = self.world.figures
        late = max(0.0, figures[f"on_time_base_{self.like}"] - figures.on_time_base_usps)
        lost = 100.0 * figures.value_of_on_time * late + figures.value_of_day_economy * figures.access_extra_days
        lost *= figures.access_quality * self.world.price_level
        return np.asarray(cost / self.stops_alone()[:, None] * part - lost)

    def worth_of_access(self, case: AlternativeCase) -> Floats:
        """Most that access is worth to it before injection, $ per parcel, (Z, P): what it costs to do without it.

        It is its limit in talks with USPS and what it bids from in an auction. It knows what it could do instead, and
        its hurdle for investment. Rule: ODD 7.1.

        Args:
            case: What it could do instead.
        """
        if self.moves_slowly():
            case = replace(case, spared=np.maximum(self.worth_of_a_stop(case.spared, self.avoidable()), 0.0))
        return alternative_cost(case, self.world.figures.investment_hurdle)

    def promises(self, volume: float) -> tuple[float, float]:
        """How soon it owes what an agreement with USPS carries in the end: share at once, part of the rest a month.

        What it hands over today it can owe at once; the rest as fast as its own routes shrink, so that it promises no
        more than it will have. It knows what it hands over and how fast its routes shrink. Rule: ODD 7.8.

        Args:
            volume: Parcels a year that the agreement carries.
        """
        if not self.moves_slowly() or volume <= 0.0:
            return 1.0, 0.0
        today = min(1.0, float(np.sum(self.handed)) * MONTHS_PER_YEAR / volume)
        at_once = 1.0 - self.world.figures.access_adjusts * (1.0 - today)
        speed = self.moves_by()
        return at_once + (1.0 - at_once) * speed, speed

    def moves_by(self) -> float:
        """Part of the gap to what it wants to hand over that it closes in a month."""
        figures = self.world.figures
        speed = 1.0 - (1.0 - figures.coverage_adjust_speed) ** (1.0 / QUARTER)
        return float(1.0 + figures.access_adjusts * (speed - 1.0))

    def ends_hand_over(self) -> None:
        """Deliver itself from now on what USPS used to deliver for it, by a decision that was announced."""
        self.handed = np.zeros_like(self.handed)
        if self.learning_since is None:
            self.learning_since = self.world.month

    @property
    def sourced_markup(self) -> float:
        """Markup on the cost of one more parcel below which it signs no contract, by its figures.

        What was signed before the start was signed by it, so the start is solved with it.
        """
        return 1.0 / (1.0 - self.world.figures.required_contract_margin) - 1.0

    def least_markup(self) -> float:
        """Markup on the cost of one more parcel below which it signs no contract from now on.

        Its limit with Amazon and with enterprise shippers. It knows its own figures. Rule: ODD 7.1.
        """
        return self.sourced_markup

    def carriage_cost(self, cost: Floats, capital: Floats) -> Floats:
        """What one more parcel of Amazon costs it, $, (Z,).

        It knows its own cost and room. Rule: ODD 7.1.

        Args:
            cost: Running cost of one more parcel, $, (Z,).
            capital: Capital charge of new capacity, $ per parcel, (Z,).
        """
        return cost

    def carries_beyond(self, given_back: Floats, room: Floats) -> Floats:
        """Parcels a year of Amazon that it would take over from another carrier, (Z,).

        It knows its own room. Rule: ODD 7.11.

        Args:
            given_back: What the other one gives back or would not carry, (Z,).
            room: Annual parcels of its capacity that stand empty, (Z,).
        """
        return np.zeros_like(given_back)

    def merger_saving(self, months: int) -> float:
        """Share of its fixed cost that merging its networks saves some months after the start of the projection.

        It knows how long ago it began to merge them. Rule: ODD 7.11.
        """
        return 0.0

    # Decisions that some carriers take and others never do.

    def gives_notice(self, case: ReviewCase) -> Bools:
        """Which contracts with enterprise shippers that come up it does not renew, (C,)."""
        return np.zeros(len(case.margin), dtype=np.bool_)

    def notice_given(self, shipper: int, daily_parcels: float) -> None:
        """Hear that a contract with an enterprise shipper ends."""

    def shed_shippers(self) -> list[int]:
        """Rows of the enterprise shippers to which it has given notice."""
        return []

    def asks_back(self, cost: Floats) -> Floats:
        """Least that it asks of shippers to which it has given notice, $ per parcel, (C, S): the margin that it wants.

        It knows what one more parcel of each costs it. Rule: ODD 7.11.

        Args:
            cost: What one more parcel of each costs it, $, (C, S).
        """
        return np.asarray(cost * (1.0 + self.least_markup()))

    def serves(self, case: PlaceCase) -> PlacePlan:
        """Where its routes go from the next month on, and what it asks there."""
        return PlacePlan(case.extra, case.routes)

    def filling_discount(self, price: Floats, marginal_cost: Floats) -> Floats:
        """Discount on its quotes by segment until the next quarter, (S,)."""
        return np.zeros_like(price)

    def spare_capacity_price(self, level: Floats, cost: Floats, kept: float) -> Floats | None:
        """Factor on its list level at which it sells what stands empty, (S,); None where nothing does."""
        return None

    def enters(self, case: EntryCase, room: float) -> CapacityOrder | None:
        """Order capacity in places that it does not serve."""
        return None

    def extends(self, case: ExtensionCase, room: float) -> CapacityOrder | None:
        """Order capacity beyond its routes where it buys access."""
        return None

    def sells_beyond(self, case: ReachCase) -> Floats:
        """Share of the households beyond its routes to which it sells economy, (Z,)."""
        return np.zeros(len(case.home))

    def takes_over(self, case: MergerCase) -> float | None:
        """What a neighbour that gives up is worth to it, $; None where it does not want it."""
        return None

    def must_order_in_time(self) -> bool:
        """Whether it would have to order capacity before its contract with USPS ends if none followed: it has routes.

        It knows its own routes. Rule: ODD 7.1.
        """
        return False

    def leaves(self) -> bool:
        """Whether it gives up."""
        return False

    def accepts_buyer(self, offers: Mapping[int, float]) -> int | None:
        """To whom it goes when it gives up, by index; None where it closes instead."""
        return None


def price_response(world: World) -> PriceResponse:
    """Coefficients of the yearly price plan."""
    figures = world.figures
    return PriceResponse(
        cost=figures.price_response_cost,
        margin=figures.price_response_margin,
        utilisation=figures.price_response_utilisation,
        rivals=figures.price_response_rivals,
    )
