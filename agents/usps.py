"""USPS: a carrier under statutes, which serves every address and sells last-mile access to other carriers.

What it remembers stands here, written by its own methods only. Phases ask it, check what the law says, and book.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import PriceStructure, Sale, SellerLimits, seller_limits
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.carriers import QUARTER, Carrier
from agents.rules.capacity import CapacityOrder, Closure
from agents.rules.distress import BILLION, Ladder, Measures, Rung, forecast_cash, measures_in_force
from agents.rules.universal_service import pay_after_leaving, unprofitable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
#: Order in which bills are paid when cash is short.
PAID_FIRST = ("interest", "wages", "operations", "capital")
#: Its parcel products in announcements, in the order of the segments.
PRODUCTS = ("parcel_select", "ground_advantage", "priority")


@dataclass(frozen=True, slots=True)
class Bill:
    """What USPS owes somebody this month.

    Attributes:
        category: What it is for.
        due: $.
        payee: To whom.
    """

    category: str
    due: float
    payee: str


class Usps(Carrier):
    """The postal service: it sells parcels under a price step limit and below its rivals, and serves every address.

    Rule of its decisions: ODD 7.9, where a method names no other.

    Attributes:
        debt: What it owes the Treasury, $.
        borrowed: Borrowed in the fiscal year, $.
        arrears: Payments that it could not make so far, $.
        deferred: Retirement contributions that were not paid so far, $.
        owed_before: Debt, arrears and deferred contributions before the month was closed, $.
        cash_flow: Change of cash by month, last twelve months, newest last, without borrowing and measures, $, (12,).
        ladder: Distress measures taken so far.
        measures: What they do this month.
        left: Month index since when it does not serve a zone, inf where it does, (Z,).
        staff_is_sticky: Whether staff follows need only slowly (a scenario may lift it).
    """

    parcel_routes = False
    hands_over = False
    under_postal_law = True
    sells_access = True
    follows_cost = False  # its price lists are filed; it has no fuel surcharge

    def __init__(self, model: Any, index: int, key: str, name: str, target_margin: float, price_month: int) -> None:
        super().__init__(model, index, key, name, target_margin, price_month)
        self.debt = self.borrowed = self.arrears = self.deferred = 0.0
        self.owed_before = (0.0, 0.0, 0.0)
        self.cash_flow: Floats = np.zeros(MONTHS_PER_YEAR)
        self.ladder, self.measures = Ladder(), Measures()
        self.left: Floats = np.full(self.world.zones.n_zones, np.inf)
        self.staff_is_sticky = True

    # -- prices ------------------------------------------------------------------------------------------------------

    def announced_increases(self, month: Month) -> tuple[str, ...]:
        """Figures of its announced list increases of a month by segment."""
        return tuple(f"list_increase_usps_{product}_{month.year}_{month.month:02d}" for product in PRODUCTS)

    def largest_increase(self) -> float:
        """Largest yearly growth of paid prices; the list price moves at most `usps_price_step_max` beyond inflation."""
        figures = self.world.figures
        largest_list_step = figures.inflation + figures.usps_price_step_max
        if figures.usps_own_price_limit == 0.0:
            largest_list_step = min(largest_list_step, figures.price_increase_max)
        return float(figures.list_to_paid_pass_through * largest_list_step)

    def price_increase(self) -> float:
        """Yearly growth of paid prices that its situation asks for: its whole step in distress, where that pays."""
        planned = super().price_increase()
        if self.ladder.highest == 0 or not self.margin_may_raise():
            return planned
        return planned + self.world.figures.usps_distress_pricing * (self.largest_increase() - planned)

    def largest_cut(self) -> float:
        """None: its price lists are filed with the regulator, and it files no general cut."""
        return 0.0

    def price_structure(self, usual: PriceStructure | Literal["bargained"]) -> PriceStructure | Literal["bargained"]:
        """How it prices last-mile access: as the scenario says, unless it insists on a way of its own.

        It knows what everybody knows. Rule: ODD 7.1: one thread for each price group.

        Args:
            usual: What the scenario says.

        Returns:
            "bargained" (the form of the contract is bargained over), "uniform", "by_zone_type" (one price by density)
            or "by_zone".
        """
        return usual

    def price_cap(self, rivals: Floats, start: Floats) -> Floats:
        """Highest list level that it sets itself: a share of its rivals', but not below its own at the start, (S,).

        Args:
            rivals: Lower one of the public list levels of UPS and FedEx, $ per parcel, (S,).
            start: Its own level at the start, $ per parcel, (S,).
        """
        return np.maximum(self.world.figures.usps_price_parity_cap * rivals, start)

    def surcharge(self, share: float, plain: Floats, cap: Floats) -> Floats:
        """Factor of a temporary surcharge on its list level: what distress asks for, within its own cap, (S,).

        It knows what its measures ask for, and its own cap.

        Args:
            share: Surcharge of the measures in force; 0 takes it off.
            plain: Its level without a surcharge, $ per parcel, (S,).
            cap: Highest level that it sets itself, $ per parcel, (S,); see `price_cap`.
        """
        room = np.divide(cap, plain, out=np.ones_like(plain), where=plain > 0.0)
        return np.minimum(1.0 + share, np.maximum(room, 1.0))

    def mail_price_increase(self) -> float:
        """Yearly mail price change that the law allows: inflation and the authority beyond it.

        It knows inflation and what the law adds to it.
        """
        return self.world.figures.inflation + self.world.figures.mail_price_above_inflation

    def access_price(self, list_growth: float) -> float:
        """Price of last-mile access that is open to everybody, $ per parcel.

        It knows what Amazon paid at the start; the price is published above it and moves with its economy list prices.
        Rule: ODD 7.8.

        Args:
            list_growth: Its economy list level over that of the start.
        """
        figures = self.world.figures
        return figures.price_access_published_ratio * figures.price_access_amazon * list_growth

    # -- selling access ----------------------------------------------------------------------------------------------

    @property
    def sourced_markup(self) -> float:
        """Markup on the cost of one more parcel below which it signs no contract, by its figures."""
        return self.world.figures.seller_margin_floor

    def seller_limits(self, sale: Sale) -> SellerLimits:
        """Lowest prices at which it sells access, by slice of the buyer's parcels.

        It knows its attributable cost and how long the buyer would have to stay at the published price; it asks for its
        margin over cost, and for what the buyer would pay it without a deal. Rule: ODD 7.1.

        Args:
            sale: What is sold.
        """
        return seller_limits(sale, self.world.figures.seller_margin_floor)

    def displacement_belief(self) -> float:
        """How far it believes that it can sell what Amazon takes elsewhere at the published price, 0 to 1.

        It knows no other buyer's plans. Rule: ODD 7.1.
        """
        return self.world.figures.auction_displacement_belief

    def offered_share(self) -> float:
        """Share of the slack of its delivery units that it puts up for auction.

        It knows the slack of its own units. Rule: ODD 7.2.
        """
        return self.world.figures.auction_lot_capacity_share

    def reserve_price(self, attributable_cost: Floats) -> Floats:
        """Lowest price that it takes in the auction of access, $ per parcel, (Z,).

        It knows its own attributable cost. Rule: ODD 7.2.

        Args:
            attributable_cost: Mean cost of a parcel entered at a unit of the zone, $ per parcel, (Z,).
        """
        return attributable_cost * (1.0 + self.world.figures.auction_reserve_markup)

    # -- network and staff -------------------------------------------------------------------------------------------

    def capacity_order(
        self, lead_months: int, horizon_months: int = QUARTER, month: Month | None = None
    ) -> CapacityOrder | None:
        """Order nothing: sorting capacity is slack and the last mile passes every address anyway."""
        return None

    def closure(self, lag_months: int, lead_months: int) -> Closure | None:
        """Close nothing: it serves every address."""
        return None

    def flexes(self) -> tuple[float, float]:
        """Monthly shares by which staff shrinks and grows towards need: slowly, unless the scenario frees it."""
        figures = self.world.figures
        return (figures.labour_flex_down, figures.labour_flex_up) if self.staff_is_sticky else (1.0, 1.0)

    def gives_up(self, contribution: Floats, fixed_cost: Floats, served: Bools, staff: Floats) -> Bools:
        """Zones that it stops to serve where the law lets it: those that leave less than passing them costs, (Z,).

        It knows what each zone brings and costs it, and how slowly staff leaves that has no work any more.

        Args:
            contribution: What mail and parcels of a zone leave over their attributable cost, $ a year, (Z,).
            fixed_cost: Cost of passing its addresses, $ a year, (Z,).
            served: Zones that are served now, (Z,).
            staff: Pay of staff that its parcels and streets need, $ a year, (Z,).
        """
        figures, shrinks = self.world.figures, self.flexes()[0]
        stays = figures.usps_counts_staff_that_stays * pay_after_leaving(staff / MONTHS_PER_YEAR, shrinks)
        rate = (1.0 + figures.discount_rate_monthly) ** MONTHS_PER_YEAR - 1.0
        return unprofitable(contribution, fixed_cost, served, stays, rate)

    # -- money -------------------------------------------------------------------------------------------------------

    def forecast_cash(self, month: Month) -> float:
        """Cash that it expects twelve months after a month, from its own books, $.

        It knows its own books, and looks twelve months ahead.
        """
        return forecast_cash(self.world.figures, self.world.postal_books(), month)

    def distress_step(self, month: Month) -> Rung | None:
        """The next rung of the distress ladder, when the cash forecast lies below the minimum.

        It knows its own forecast of cash, and the rungs that it has taken.
        """
        books = self.world.postal_books()
        if self.forecast_cash(month) >= self.world.figures.usps_min_cash * BILLION:
            return None
        return books.ladder.next_decision(books.five_day_allowed)

    def distress_measures(self, month: Month) -> Measures:
        """What the rungs taken so far do in a month, and its plan to collect once a day far from its regional centres.

        It knows its ladder, its plan, and how large each measure is. Rule: ODD 7.9, and ODD 7.7 for the plan.
        """
        return measures_in_force(self.world.figures, self.ladder, month)

    def borrows(self, cash: float, room: float) -> float:
        """What it borrows this month, $: what is missing to its minimum of cash, as far as the law leaves room.

        It knows its cash after the bills of the month, and the room that the law leaves.

        Args:
            cash: Cash that the bills of the month would leave, $.
            room: What the debt ceiling and the yearly limit leave, $.
        """
        wanted = max(0.0, self.world.figures.usps_min_cash * BILLION - cash)
        return min(wanted, room)

    def pays_first(self, bills: Sequence[Bill]) -> Sequence[Bill]:
        """Bills in the order in which it pays them while there is cash: lenders and staff come before suppliers.

        It knows what it owes, and to whom.
        """
        return sorted(bills, key=lambda bill: PAID_FIRST.index(bill.category))

    # -- memory ------------------------------------------------------------------------------------------------------

    def open_accounts(self, debt: float, cash_flow: Floats, staff_is_sticky: bool) -> None:
        """Remember how it stands at the start.

        Args:
            debt: What it owes the Treasury, $.
            cash_flow: Change of cash in the twelve months before, newest last, $, (12,).
            staff_is_sticky: Whether its staff follows need only slowly.
        """
        self.debt, self.cash_flow, self.staff_is_sticky = debt, cash_flow, staff_is_sticky

    def remember_owed(self) -> None:
        """Keep what it owes before a month is closed."""
        self.owed_before = (self.debt, self.arrears, self.deferred)

    def open_fiscal_year(self) -> None:
        """Begin a fiscal year, in which nothing has been borrowed."""
        self.borrowed = 0.0

    def take_loan(self, dollars: float) -> None:
        """Owe the Treasury more, $."""
        self.debt += dollars
        self.borrowed += dollars

    def remember_month(self, deferred: float, cash_flow: float) -> None:
        """Keep what a month left.

        Args:
            deferred: Retirement contributions that were not paid, $.
            cash_flow: Change of cash without borrowing and measures, $.
        """
        self.deferred += deferred
        self.cash_flow = np.append(self.cash_flow[1:], cash_flow)

    def owe(self, unpaid: float) -> None:
        """Owe what could not be paid, $."""
        self.arrears += unpaid

    def take_rung(self, rung: Rung, month: Month) -> None:
        """Stand on a rung of the distress ladder from a month on."""
        self.ladder = self.ladder.with_rung(rung, month)

    def act_by(self, measures: Measures) -> None:
        """Act by the measures of a month."""
        self.measures = measures

    def leave_zones(self, zones: Bools, month: Month) -> None:
        """Serve zones, (Z,), no more from a month on."""
        self.left = np.where(zones, float(month.index), self.left)
