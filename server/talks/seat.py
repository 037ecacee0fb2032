"""The seat at the table: a visitor plays USPS or Amazon, and a run of the model alone shows what its strategy would do.

Everything but `Twin` runs on the thread that steps the visitor's market.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import Answer, PlayedByHand, Question, Side
from agents.calendar import Month
from agents.roster import played_by
from model.market import ParcelMarket
from model.phases.negotiation import alternating_offers, on_the_table
from model.scenario import Scenario
from model.state import TalksState
from server.talks.playable import why_never
from server.talks.sides import ACCESS_PAIR, SEATS, Seated, first_talks, seat_is_over
from server.talks.twin import Twin
from server.talks.worth import Reckoned, prices_to_name, reckoned

if TYPE_CHECKING:
    from server.choice import Choice

type Floats = NDArray[np.float64]

MAX_GROUPS = 3


class SeatLeftError(Exception):
    """The run in which a visitor has a seat is given up while it waits for an answer."""


@dataclass(frozen=True, eq=False)
class Decision:
    """What a visitor has to decide, and what its side knows; lists are by price group, (G,), in $ per parcel.

    Attributes:
        seat: Key of the side that the visitor plays.
        month: The month in which it decides.
        question: The bare question.
        opened: Month in which the talks opened.
        own_cost: What the parcels cost: USPS its attributable cost, Amazon the price at which delivering them itself
            costs the same.
        reckoned: What it may expect of the prices that it could name, by its own side's knowledge alone; None where
            there is more than one thread.
        would_name: What the model's own strategy would name if it had to name a price now.
        never: Why nothing can be signed in the whole run; empty where something can.
    """

    seat: str
    month: Month
    question: Question
    opened: Month
    own_cost: Floats
    reckoned: Reckoned | None
    would_name: Floats
    never: str

    @property
    def key(self) -> str:
        """What tells this decision from others of the run."""
        return f"{self.month}-{self.question.kind}"

    def month_of(self, round_: int) -> Month:
        """Month of a round."""
        return self.opened + round_


class Seat:
    """A visitor's seat in one market, as its bargaining procedure asks it."""

    def __init__(self, market: ParcelMarket, key: str, twin: Twin, await_answer: Callable[[Decision], Answer]) -> None:
        self.key, self.twin = key, twin
        self._market, self._await = market, await_answer
        self._was_over = False
        split = market.settings.after_expiry == "split"
        usual = alternating_offers(market.figures, split_after_expiry=split)
        self.procedure = PlayedByHand(usual, SEATS[key], self)

    def __call__(self, question: Question) -> Answer:
        """Ask the visitor."""
        state = self._market.state.talks[ACCESS_PAIR]
        named = question.view.cut(self.procedure.own_strategy().propose(question.view))
        would_name = np.broadcast_to(np.asarray(named, dtype=np.float64), question.threads.shape)
        return self._await(_decision(self._market, self.key, state, question, would_name))

    def has_just_ended(self) -> bool:
        """Whether the talks have come to their end for the visitor since this was last asked; ask after every month.

        Later talks that the visitor has left to the model are none of the visitor's.
        """
        before, self._was_over = self._was_over, seat_is_over(self._market, self)
        return self._was_over and not before and not self._is_left_to_model()

    def _is_left_to_model(self) -> bool:
        """Whether the model's own strategy answered last in talks that are not the first."""
        if self._market.state.talks.get(ACCESS_PAIR) is first_talks(self._market) or not self.procedure.log:
            return False
        _, question, answer = self.procedure.log[-1]
        return is_by_model(question, answer)


def is_by_model(question: Question, answer: Answer) -> bool:
    """Whether an answer is that of the model's own strategy, to which the visitor has left the talks."""
    return answer is question.usual


def take_seat(
    market: ParcelMarket,
    choice: Choice,
    start: Callable[[Choice], ParcelMarket],
    turn: Callable[[], AbstractContextManager[object]],
    await_answer: Callable[[Decision], Answer],
    on_twin: Callable[[], None],
) -> Seat:
    """Put a visitor into one seat of a market that has not been stepped yet, and start its twin.

    Args:
        market: The market, made with the roster of the choice.
        choice: What it was started with; its `seat` says where the visitor sits.
        start: Builds the market of a choice.
        turn: Waits for a turn at the processors, for the months of the twin.
        await_answer: Gets the visitor's answer, or raises `SeatLeftError`.
        on_twin: Called from another thread when the twin has come to its end.

    Raises:
        ValueError: In this scenario there is nothing to bargain over, or not by offers.
    """
    if problem := why_no_seat(market.settings, choice.seat):
        raise ValueError(problem)
    party = market.agent(choice.seat)
    assert isinstance(party, Seated)
    seat = Seat(market, choice.seat, Twin(choice, start, turn, on_twin), await_answer)
    party.seat = seat
    name = market.book.name(choice.seat)
    market.events.add(market.month, "hand", (choice.seat,), f"{name} is played by hand in this run")
    return seat


def why_no_seat(settings: Scenario, seat: str) -> str:
    """Why nobody can take a seat in a scenario; empty where one can."""
    if seat in settings.roster:
        return f"{played_by(settings.roster)[[*settings.roster].index(seat)]}, so its seat is taken"
    if not settings.negotiation or settings.usps_amazon_volume != "negotiated":
        return f"in {settings.title!r} the parcels of Amazon at USPS are imposed, so there is nothing to bargain over"
    if settings.access_auction != "none":
        return f"in {settings.title!r} USPS sells access by auction, so the two do not bargain"
    if settings.bargaining != "alternating":
        return f"bargaining is {settings.bargaining}: nobody answers offers; a seat needs alternating offers"
    if settings.price_structure == "by_zone":
        return "one price by zone is too many to name by hand; a seat needs one price, or one by zone type"
    return ""


def _decision(market: ParcelMarket, key: str, state: TalksState, question: Question, would_name: Floats) -> Decision:
    table, groups = on_the_table(market, state), len(state.groups.names)
    values = table.values
    weight, thread = values.volume * values.efficient, state.groups.of_zone[table.zone]
    cost = values.attributable_cost if SEATS[key] is Side.SELLER else values.own_value
    volume = np.bincount(thread, weights=weight, minlength=groups)
    total = np.bincount(thread, weights=weight * cost, minlength=groups)
    own_cost = np.divide(total, volume, out=np.full(groups, np.nan), where=volume > 0.0)
    known = None
    if groups == 1:
        talks, view = state.talks, question.view
        offered = np.array([float(one.price[0]) for one in talks.offers] + [float(question.price[0])])
        prices = prices_to_name(float(talks.current_price[0]), float(view.published[0]), offered)
        known = reckoned(question, table, prices, SEATS[key])
    never = why_never(market.settings)
    return Decision(key, market.month, question, state.opened, own_cost, known, would_name, never)
