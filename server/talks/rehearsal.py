"""The best that could be got in a seat: the same run with the same luck, in which the player never signs.

Month by month it notes the best price that the other side would have taken, and what it would have brought. The player
offers what the model's strategy would offer, but stops a cent short of what would be taken, so that the talks go on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import Answer, PlayedByHand, Question, Side
from model.market import ParcelMarket
from model.phases.negotiation import alternating_offers, on_the_table
from server.choice import Choice
from server.talks.sides import ACCESS_PAIR, SEATS, Seated, first_talks
from server.talks.worth import CENTS, Deal, would_bring

type Floats = NDArray[np.float64]


class Rehearsal:
    """A seat whose player notes what it could get and signs nothing; see `sides.Held`."""

    def __init__(self, market: ParcelMarket, key: str) -> None:
        self.key = key
        self._market, self._side = market, SEATS[key]
        split = market.settings.after_expiry == "split"
        usual = alternating_offers(market.figures, split_after_expiry=split)
        self.procedure = PlayedByHand(usual, self._side, self)
        self.deals: list[Deal] = []

    @property
    def best(self) -> Deal | None:
        """The deal that would have brought most, the earliest of equals; None where none could be had."""
        return max(self.deals, key=lambda deal: deal.gain, default=None)

    def __call__(self, question: Question) -> Answer:
        """Note the best deal of this month, and do not sign it."""
        could = question.price if question.kind != "propose" else self._taken_by_other(question)
        round_ = question.view.round
        if round_ >= question.earliest_round and np.isfinite(could).any():
            table = on_the_table(self._market, self._market.state.talks[ACCESS_PAIR])
            parcels, gain = would_bring(self._market, table, could, self._side)
            if parcels > 0.0:
                self.deals.append(Deal(round_, float(np.nanmean(could)), parcels, gain))
        if question.kind != "propose":
            return Answer()
        assert question.usual.price is not None
        usual = np.broadcast_to(np.asarray(question.usual.price, dtype=np.float64), could.shape)
        short = could - 1.0 / CENTS if self._side is Side.BUYER else could + 1.0 / CENTS
        held = np.fmin(usual, short) if self._side is Side.BUYER else np.fmax(usual, short)
        return Answer(price=np.maximum(held, 1.0 / CENTS))

    def _taken_by_other(self, question: Question) -> Floats:
        """The best price that the other side would take this month by thread, to the cent; nan without one, (G,)."""
        market, view, usual = self._market, question.view, self.procedure.usual
        state = market.state.talks[ACCESS_PAIR]
        talks = state.talks
        if view.round > talks.expiry_round:
            talks = talks.learned(usual.belief_gain)
        stakes = on_the_table(market, state).stakes(market.usps.displacement_belief())
        other = talks.view(self._side.other, view.round, stakes)
        strategy = usual.seller if self._side is Side.BUYER else usual.buyer

        def takes(cents: NDArray[np.int64]) -> NDArray[np.bool_]:
            price = cents / CENTS
            return np.asarray(other.within(price) & strategy.accept(other, price))

        # Between a price that is never taken, of nothing or of all that is paid without a contract, and the best one.
        top = np.asarray(view.published * CENTS, dtype=np.int64)
        bad, good = (np.zeros_like(top), top) if self._side is Side.BUYER else (top, np.zeros_like(top))
        ever = takes(good)
        while (np.abs(good - bad) > 1).any():
            middle = (good + bad) // 2
            fine = takes(middle)
            good, bad = np.where(fine, middle, good), np.where(fine, bad, middle)
        found, standing = good / CENTS, question.price
        # Nobody may name a worse price than the other side has asked for: it would be cut to that, and not be taken.
        worse = found > standing if self._side is Side.BUYER else found < standing
        return np.where(ever & question.threads & ~worse, found, np.nan)


def rehearse(
    choice: Choice,
    start: Callable[[Choice], ParcelMarket],
    turn: Callable[[], AbstractContextManager[object]],
    is_stopped: Callable[[], bool],
) -> Rehearsal | None:
    """Play the first access talks of a run until the contract in force ends, or something may be signed at last.

    What could be signed later is left out: by then the parcels have paid the published price for months, which the gain
    of a year does not hold.

    Args:
        choice: What the run played by hand was started with, its seat included.
        start: Builds the market of a choice.
        turn: Waits for a turn at the processors.
        is_stopped: Asked before every month.

    Returns:
        What the player noted; None where it was stopped.
    """
    with turn():
        market = start(choice)
        party = market.agent(choice.seat)
        assert isinstance(party, Seated)
        party.seat = held = Rehearsal(market, choice.seat)
    while not market.finished and not _is_enough(market):
        if is_stopped():
            return None
        with turn():
            market.step()
    return held


def _is_enough(market: ParcelMarket) -> bool:
    state = first_talks(market)
    if state is None or not state.limits:
        return False
    talks = state.talks
    late = max(0, talks.earliest_round - talks.expiry_round)
    meetings = -(-late // int(market.figures.resume_interval)) * int(market.figures.resume_interval)
    return talks.signed or market.month - state.opened > talks.expiry_round + meetings
