"""One side of a negotiation played by hand: every decision of that side is asked for, the rest stays as it is.

The player sits in the seat of a strategy, so the same rules bind it: turns, deadlines, the month before which nothing
can be signed. Only the own limit binds it to nothing: a party of the model never goes beyond it, a player may, and pays
for it. Whoever answers as the model would gets exactly the model's run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from agents.bargaining.alternating import AlternatingOffers
from agents.bargaining.offers import Bools, Floats, Offer, Side, Stakes, View
from agents.bargaining.protocol import Strategy
from agents.bargaining.talks import Talks


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a player decides.

    Attributes:
        accept: Threads whose standing price it takes, (G,) or one for all.
        price: Price that it names, in its next turn where the other side has just made an offer, $ per parcel, (G,) or
            one number for all threads; None to name none now.
        leave: Whether it leaves the table for good; nothing is signed in these talks then.
    """

    accept: Bools | bool = False
    price: Floats | float | None = None
    leave: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a player has to decide; arrays are by thread, (G,).

    Attributes:
        kind: "propose": its turn to name a price; "answer": the other side has named one; "settle": the contract has
            ended without a deal, and where a split is imposed the price that splits the gain lies on the table.
        view: What this side may know, with its own limit.
        price: Standing price of the other side, $ per parcel; NaN where there is none.
        threads: Threads that are talked about.
        earliest_round: First round in which anything may be accepted.
        expiry_round: Round in which the contract in force ends.
        usual: What the model's own strategy does here.
    """

    kind: Literal["propose", "answer", "settle"]
    view: View
    price: Floats
    threads: Bools
    earliest_round: int
    expiry_round: int
    usual: Answer

    @property
    def can_accept(self) -> bool:
        """Whether anything may be accepted in this round."""
        return self.kind != "propose" and self.view.round >= self.earliest_round

    def problems(self, answer: Answer) -> list[str]:
        """Why an answer is not possible, one sentence each; empty where it is."""
        if answer.leave or answer is self.usual:
            return []
        accept = np.broadcast_to(answer.accept, self.threads.shape) & self.threads
        found = self._problems_of_accepting(accept)
        if answer.price is not None:
            found += self._problems_of_price(np.asarray(answer.price, dtype=np.float64), self.threads & ~accept)
        elif self.kind == "propose":
            found.append("it is your turn: name a price or leave the table")
        return found

    def _problems_of_accepting(self, accept: Bools) -> list[str]:
        if not accept.any():
            return []
        if self.kind == "propose":
            return ["there is no offer to accept in this round: name a price"]
        if not self.can_accept:
            return ["nothing can be signed yet: name a price of your own, or wait with the same one"]
        return []

    def _problems_of_price(self, price: Floats, named: Bools) -> list[str]:
        if price.shape not in ((), self.threads.shape):
            return [
                f"price has {price.size} numbers; allowed: one, or one for each of {len(self.threads)} price groups"
            ]
        price, buys = np.broadcast_to(price, self.threads.shape), self.view.side is Side.BUYER
        found = []
        worse = (price > self.price) if buys else (price < self.price)
        for index in np.flatnonzero(named):
            value = price[index]
            if not (np.isfinite(value) and value > 0.0):
                found.append(f"{self._of(index)}a price must be a number above $0, not {value}")
            elif buys and value > self.view.published[index]:
                found.append(
                    f"{self._of(index)}${value:.2f} is more than the ${self.view.published[index]:.2f} that a parcel "
                    "pays without a contract"
                )
            elif self.can_accept and worse[index]:
                found.append(
                    f"{self._of(index)}${value:.2f} is worse for you than the ${self.price[index]:.2f} on the table"
                )
        return found

    def _of(self, index: np.signedinteger) -> str:
        return "" if len(self.view.groups) == 1 else f"{self.view.groups[index]}: "


type Ask = Callable[[Question], Answer]


def as_the_model(question: Question) -> Answer:
    """Answer as the model's own strategy does."""
    return question.usual


class WrongAnswerError(ValueError):
    """An answer is not possible; the message says why."""


@dataclass(slots=True)
class PlayedByHand:
    """Alternating offers in which a player sits in one seat; see `protocol.Bargaining`.

    Attributes:
        usual: The procedure with the model's strategies; the player replaces one of them.
        side: Where the player sits.
        ask: Gets the player's answer; may take as long as it likes.
        log: Round, question and answer of all decisions so far.
        left: Whether the player has left the table of the talks that are open.
    """

    usual: AlternatingOffers
    side: Side
    ask: Ask
    log: list[tuple[int, Question, Answer]] = field(default_factory=list)
    left: bool = False
    _counter: Floats | float | None = None

    def advance(self, talks: Talks, round_: int, stakes: Stakes, draw: Floats | float) -> Talks:
        """Play one round; the player is asked where its side has to decide."""
        if round_ < 1:
            self.left, self._counter = False, None
            return talks
        if talks.signed or self.left:
            return talks
        if round_ > talks.expiry_round and self.usual.split_after_expiry:
            return self._settle(talks, round_, stakes, draw)
        hand, usual = _Hand(self, talks, stakes), replace(self.usual, unbound=self.side)
        seated = replace(usual, buyer=hand) if self.side is Side.BUYER else replace(usual, seller=hand)
        try:
            return seated.advance(talks, round_, stakes, draw)
        except _LeftError:
            return talks

    def own_strategy(self) -> Strategy:
        """The model's strategy in the player's seat."""
        return self.usual.buyer if self.side is Side.BUYER else self.usual.seller

    def decide(self, question: Question) -> Answer:
        """Ask the player.

        Raises:
            WrongAnswerError: The answer is not possible.
        """
        answer = self.ask(question)
        if problems := question.problems(answer):
            raise WrongAnswerError("; ".join(problems))
        self.log.append((question.view.round, question, answer))
        self.left = self.left or answer.leave
        self._counter = answer.price if question.kind == "answer" else None
        return answer

    def take_counter(self) -> Floats | float | None:
        """The price that the player named when it declined the last offer, once."""
        counter, self._counter = self._counter, None
        return counter

    def _settle(self, talks: Talks, round_: int, stakes: Stakes, draw: Floats | float) -> Talks:
        """After an expiry without a deal the split price lies on the table, and the player takes it or not."""
        after = self.usual.advance(talks, round_, stakes, draw)
        if len(after.offers) == len(talks.offers) or not after.offers[-1].accepted.any():
            return after
        offer, tried = after.offers[-1], talks.learned(self.usual.belief_gain)
        view = tried.view(self.side, round_, stakes)
        usual = Answer(accept=offer.accepted)
        question = Question(
            "settle", view, offer.price, offer.accepted, talks.earliest_round, talks.expiry_round, usual
        )
        accepted = offer.accepted & self.decide(question).accept
        return tried.with_offer(Offer(offer.round, offer.side, offer.price, np.asarray(accepted)), stakes)


class _LeftError(Exception):
    """The player has left the table instead of naming a price."""


@dataclass(frozen=True, slots=True, eq=False)
class _Hand:
    """The strategy of a player: puts every decision to it."""

    table: PlayedByHand
    talks: Talks
    stakes: Stakes

    def propose(self, view: View) -> Floats | float:
        """The price that the player has named already, or is asked for now."""
        counter = self.table.take_counter()
        if counter is not None:
            return counter
        usual = Answer(price=view.cut(self.table.own_strategy().propose(view)))
        answer = self.table.decide(self._question("propose", view, self._standing(view), usual))
        if answer.leave:
            raise _LeftError
        assert answer.price is not None
        return answer.price

    def accept(self, view: View, price: Floats) -> Bools | bool:
        """Ask the player whether it takes the offer."""
        usual = Answer(accept=self._talking(view) & view.within(price) & self.table.own_strategy().accept(view, price))
        question = self._question("answer", view, price, usual)
        if not question.can_accept:
            usual = Answer()
            question = replace(question, usual=usual)
        answer = self.table.decide(question)
        return False if answer.leave else answer.accept

    def _question(self, kind: Literal["propose", "answer"], view: View, price: Floats, usual: Answer) -> Question:
        talks, threads = self.talks, self._talking(view)
        return Question(
            kind, view, np.where(threads, price, np.nan), threads, talks.earliest_round, talks.expiry_round, usual
        )

    def _talking(self, view: View) -> Bools:
        return np.asarray(self.talks.open & (self.talks.frozen_until <= view.round) & (self.stakes.quantity > 0.0))

    def _standing(self, view: View) -> Floats:
        """The other side's latest prices, NaN before it has named any, (G,)."""
        return self.talks.last_offer(view.side.other)
