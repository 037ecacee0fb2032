"""Whoever decides in the market, and how it bargains unless it has a way of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.asked import check_answers
from agents.auction import AccessNeed, AuctionFormat, Bid, Demand, Handover, Lot, bid_for, lot_demands
from agents.bargaining import (
    Bargaining,
    Concession,
    Offer,
    Package,
    PackageCase,
    Side,
    Strategy,
    ranking,
    worth_leaving,
)
from agents.calendar import Month
from agents.contracts import Contract
from agents.rules.building import TableSeen
from agents.world import World

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
# A mean of equal prices may exceed them by its rounding, which must not cost a whole deal.
ROUNDING = 1e-9


class Party(mesa.Agent):  # type: ignore[misc]  # Mesa ships no types
    """A party with its own memory and decisions. What it remembers only its own methods write.

    Args:
        model: The market.
        key: Name in code, for example "ups".
        name: Name for people.
    """

    #: Whether a run in which it decides can be repeated elsewhere: what a person decides cannot.
    travels = True
    #: Whether it is so large that its bids move a uniform price, and knows it.
    moves_price = False

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        check_answers(cls)

    def __init__(self, model: Any, key: str, name: str) -> None:
        super().__init__(model)
        self.key = key
        self.name = name

    @property
    def world(self) -> World:
        """The market through the narrow door."""
        world: World = self.model
        return world

    def bargains(self, side: Side, other: str) -> Strategy:
        """How it bargains over a contract: it concedes with time up to its own limit.

        It knows what `agents.bargaining.View` shows: its own limit, the deadlines and all offers so far. Rule: ODD
        7.1, time-dependent tactics.

        Args:
            side: Whether it buys or sells.
            other: Key of the other party.
        """
        figures = self.world.figures
        buys = side is Side.BUYER
        exponent = figures.concession_exponent_buyer if buys else figures.concession_exponent_seller
        return Concession(exponent, figures.aspiration_gap)

    def sits_down(self, usual: Bargaining, side: Side, other: str) -> Bargaining:
        """How talks are held in which it takes part: as the market holds them, unless it has a procedure of its own.

        It knows the procedure and the tactics of both sides. Rule: ODD 7.1.

        Args:
            usual: The procedure that the scenario chose, with the strategies of both sides.
            side: Whether it buys or sells.
            other: Key of the other party.
        """
        return usual

    def commits(self, worth: Floats, price: Floats, agreed: Bools, one_price: bool) -> Bools:
        """Which slices of its volume it commits at the agreed prices, (L,): one price for all picks what is worth it.

        It knows what a slice is worth to it and what it would pay. Where each group has a price of its own, the group
        goes as a whole. Rule: ODD 7.1.

        Args:
            worth: Most that a parcel of each slice is worth to it, $, (L,).
            price: What it would pay, $ per parcel, (L,); nan where there is no deal.
            agreed: Slices that the deal is about, (L,).
            one_price: Whether one price holds for all.
        """
        return agreed & (worth >= price * (1.0 - ROUNDING)) if one_price else agreed

    def would_promise(self, case: PackageCase) -> Bools:
        """Slices that a contract should promise, (L,): all that is worth leaving by its own books.

        It knows what `agents.bargaining.PackageCase` shows: what each slice is worth to it, with its own error, and
        what it expects the other's to be. Rule: ODD 7.1.

        Args:
            case: What it knows.
        """
        return worth_leaving(case.values)

    def ranks_forms(self, case: PackageCase, packages: Sequence[Package]) -> Sequence[int]:
        """In what order it would have the forms of a contract, best first; what it leaves out it refuses.

        It knows what each would come to by its own books, and goes by the surplus that it expects. Rule: ODD 7.1.

        Args:
            case: What it knows.
            packages: What each form of the menu would come to, in the order of the menu.

        Returns:
            Positions in the menu.
        """
        return ranking(packages)

    def wants(self, need: AccessNeed, terms: Handover, lots: Sequence[Lot]) -> dict[int, Demand]:
        """What the lots of an access auction are worth to it, by position of the lot, without those that it leaves.

        It knows what it could hand over, what that costs it otherwise, and the terms of the handover. Rule:
        ODD 7.2.

        Args:
            need: What it could hand over.
            terms: Terms of the handover.
            lots: All lots.
        """
        return lot_demands(need, terms, lots)

    def bids(self, kind: AuctionFormat, lot: Lot, demand: Demand, highest: float) -> Bid:
        """What it bids for a lot, in the steps of its demand.

        It knows what the lot is worth to it and how many bidders everybody expects. Rule: ODD 7.2.

        Args:
            kind: Format of the auction.
            lot: The lot.
            demand: What it is worth to it.
            highest: $ per parcel that nobody exceeds.
        """
        return bid_for(kind, lot, demand, highest, self.moves_price)

    def heard(self, offer: Offer, other: str, quantity: Floats) -> None:
        """Learn from an offer in talks in which it takes part, its own ones included; nothing unless a party does.

        Args:
            offer: The offer.
            other: Key of the other party.
            quantity: Parcels a year on the table by price group, (G,).
        """

    @property
    def notes_tables(self) -> bool:
        """Whether it does anything with what it sees of a table; else nobody puts that together."""
        return type(self).sees_table is not Party.sees_table

    def sees_table(self, table: TableSeen, other: str) -> None:
        """Note what lies on the table after a round in which it buys; nothing unless a party plans with it.

        Args:
            table: What it sees.
            other: Key of the seller.
        """

    def signed(self, contract: Contract, taken: Bools) -> None:
        """Note a contract that it has agreed on; nothing unless a party remembers more than the books of all do.

        Args:
            contract: The contract.
            taken: Which slices of what lay on the table it carries, (L,).
        """

    def won(self, start: Month, by_step: Floats, price: float) -> None:
        """Note what it has won at an auction; nothing unless a party remembers more than the books of all do.

        Args:
            start: First month of the contract.
            by_step: Parcels a year that it has won of each row of its need, (N,).
            price: Mean price, $ per parcel.
        """

    def wage_step(self, month: Month) -> Mapping[str, float]:
        """Wages that it sets in a month; none, unless it is a union or whoever else sets wages. Carriers are not asked.

        It knows what everybody knows, and what it remembers. Rule: ODD 7.6.

        Args:
            month: The month that begins.

        Returns:
            Factor on the wages of a carrier, or of all carriers of a group, from this month on, by key: 1.02 is 2 %
            more than the path of wages that the scenario assumes.
        """
        return {}
