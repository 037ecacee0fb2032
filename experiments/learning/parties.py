"""Carriers that are told a part of their decisions: each month an action says how far they leave their usual way.

An action is a row of numbers from -1 to 1, and 0 is always what the usual strategy does, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.amazon import Amazon
from agents.bargaining import Side, Strategy, View
from agents.calendar import Month
from agents.carriers import QUARTER, Carrier
from agents.rules.capacity import CapacityOrder, cut_to_limit
from agents.usps import Usps
from experiments.learning.seen import (
    BOOKS,
    CALENDAR,
    DEMAND,
    NETWORK,
    POSTAL,
    PRICES,
    SHIPPER,
    Field,
    Part,
    with_other,
)

Floats = NDArray[np.float64]
FROM_TO = "-1 to 1"
LIST_PRICE = Field(
    "list_price",
    FROM_TO,
    "Its yearly list price increase: from none at -1 to the largest that it may decide on at 1",
)
CAPACITY = Field(
    "capacity",
    FROM_TO,
    "Its quarterly capacity order: from nothing at -1 to twice the usual one at 1, within its build limit",
)
WITH_OTHER = (
    Field("offer", FROM_TO, "Its own price: further from the other side below 0, nearer above"),
    Field("acceptance", FROM_TO, "The price that it takes: only a better one below 0, a worse one too above"),
)


@dataclass(frozen=True, slots=True)
class Leaning:
    """The usual strategy, given way to or held back as the action of the month says; see `agents.bargaining.Strategy`.

    Attributes:
        usual: What the party would do.
        offer: How far its own price moves towards the other side, in steps, -1 to 1.
        acceptance: How much worse a price than usual it takes, in steps, -1 to 1; never one beyond its limit.
        step: $ per parcel as a share of the price in force.
    """

    usual: Strategy
    offer: float
    acceptance: float
    step: float

    def propose(self, view: View) -> Floats | float:
        """The usual price, moved."""
        return self.usual.propose(view) + self._towards_other(view, self.offer)

    def accept(self, view: View, price: Floats) -> Any:
        """Whether the usual strategy would take the price if it were better, or worse, by the steps."""
        return self.usual.accept(view, price - self._towards_other(view, self.acceptance))

    def _towards_other(self, view: View, steps: float) -> Floats:
        sign = 1.0 if view.side is Side.BUYER else -1.0
        return np.asarray(sign * steps * self.step * view.current_price)


class Learner(Carrier):
    """A carrier that acts; it stands before the usual class of the party (see `learner_class`)."""

    # Its actions come from outside of the market, so nothing but the one who acts can repeat the run.
    travels = False
    #: What it sees of itself and of what is public.
    sees: tuple[Part, ...] = (CALENDAR, BOOKS, DEMAND, PRICES, NETWORK)
    #: What it decides by action besides its talks.
    decides: tuple[Field, ...] = (LIST_PRICE, CAPACITY)
    _action: Mapping[str, float] = {}
    _acted = False

    def takes(self, action: Mapping[str, float]) -> None:
        """Remember the action of the month that comes; what it does not name is as usual.

        Args:
            action: Numbers from -1 to 1 by name of the field.
        """
        self._action, self._acted = dict(action), True

    def observes(self, parts: Sequence[Part]) -> Floats:
        """What it sees before the month that comes, one number for each field of the parts."""
        return np.concatenate([self._read(part) for part in parts])

    def price_increase(self) -> float:
        """The usual yearly growth of paid prices, moved towards none or towards the largest that it may decide on."""
        usual, lean = super().price_increase(), self._lean(LIST_PRICE.name)
        return usual * (1.0 + lean) if lean <= 0.0 else usual + lean * (self.largest_increase() - usual)

    def capacity_order(
        self, lead_months: int, horizon_months: int = QUARTER, month: Month | None = None
    ) -> CapacityOrder | None:
        """The usual order, made smaller or larger; see `Carrier.capacity_order`."""
        usual, factor = super().capacity_order(lead_months, horizon_months, month), 1.0 + self._lean(CAPACITY.name)
        if usual is None or factor == 1.0:
            return usual
        books, figures = self.world.own_books(self.index, month), self.world.figures
        wanted = usual.annual_parcels * factor
        additions = cut_to_limit(wanted, books.unit_cost, self.build_room(horizon_months))
        if additions.sum() <= 0.0:
            return None
        # Reach grows with what is built, and by no more than the usual order would have brought.
        done = np.divide(
            additions, usual.annual_parcels, out=np.zeros_like(additions), where=usual.annual_parcels > 0.0
        )
        coverage = books.coverage + np.minimum(done, 1.0) * (usual.coverage - books.coverage)
        capital = float((additions * figures.by_type("capacity_capex")[self.world.zones.zone_type]).sum())
        return replace(usual, annual_parcels=additions, coverage=coverage, capital=capital)

    def bargains(self, side: Side, other: str) -> Strategy:
        """Its usual strategy, which leans as the action says."""
        offer, acceptance = (self._lean(f"{other}_{field.name}") for field in WITH_OTHER)
        return Leaning(super().bargains(side, other), offer, acceptance, self.world.figures.aspiration_gap)

    def _lean(self, name: str) -> float:
        return float(self._action.get(name, 0.0))

    def _read(self, part: Part) -> Floats:
        found = np.asarray(part.read(self), dtype=np.float64)
        if found.shape != (len(part.fields),) or not np.isfinite(found).all():
            raise ValueError(f"{self.key} reads {found} of {part.name}; allowed: {len(part.fields)} finite numbers")
        return found


class PostalLearner(Learner):
    """USPS, which orders no capacity and knows its own cash and debt."""

    sees = (CALENDAR, BOOKS, DEMAND, PRICES, POSTAL)
    decides = (LIST_PRICE,)

    def _read(self, part: Part) -> Floats:
        """What it reads; its monthly statement is empty before the first month."""
        return super()._read(part) if self._acted or part != POSTAL else np.zeros(len(part.fields))


class ShipperLearner(Learner):
    """Amazon, which knows what it ships."""

    sees = (*Learner.sees, SHIPPER)


def learner_class(usual: type[Carrier]) -> type[Learner]:
    """A class that acts where it is told to and is the usual one everywhere else.

    Args:
        usual: The class that would decide for the party.
    """
    kind = PostalLearner if issubclass(usual, Usps) else ShipperLearner if issubclass(usual, Amazon) else Learner
    return type(f"Learning{usual.__name__}", (kind, usual), {})


def seen_by(learner: type[Learner], others: Sequence[str]) -> tuple[Part, ...]:
    """Layout of what a party sees.

    Args:
        learner: Its class.
        others: Keys of those that it may have contracts and talks with.
    """
    return (*learner.sees, *(with_other(other) for other in others))


def decided_by(learner: type[Learner], others: Sequence[str], prices: bool, talks: bool) -> tuple[Field, ...]:
    """Layout of what a party decides.

    Args:
        learner: Its class.
        others: Keys of those that it may talk to.
        prices: Whether carriers revise their list prices at all.
        talks: Whether parties make offers to each other.
    """
    own = tuple(field for field in learner.decides if prices or field is not LIST_PRICE)
    if not talks:
        return own
    pairs = ((other, field) for other in others for field in WITH_OTHER)
    return (*own, *(Field(f"{other}_{one.name}", one.unit, one.meaning) for other, one in pairs))
