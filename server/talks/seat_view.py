"""What the page shows of a seat: what the visitor did, and what the model's own strategy would have brought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.bargaining import Answer, Question
from agents.calendar import Month
from model.market import ParcelMarket
from server.talks.game import Game, extract_game
from server.talks.seat import Seat, is_by_model
from server.talks.sides import ACCESS_PAIR, seat_is_over, seats_taken
from server.talks.twin import MEASURES, agreements, measured


@dataclass(frozen=True)
class Line:
    """One line of the comparison.

    Attributes:
        name: What is compared.
        unit: "$" or "parcels".
        meaning: One line.
        yours: Sum over the months so far of the run played by hand.
        models: The same of the model's own run.
    """

    name: str
    unit: str
    meaning: str
    yours: float
    models: float


@dataclass(frozen=True)
class SeatView:
    """A seat at one moment.

    Attributes:
        seat: Key of the side played.
        name: Its name.
        other: Name of the other side.
        over: Whether the visitor has nothing more to decide in the latest talks.
        left: Whether the visitor has left their table.
        moves: What was done in the seat, oldest first, and who did it: the visitor or the model for them.
        by_model: How many of these the model did.
        ended: How the talks ended with the visitor, agreement by agreement.
        models_ended: How they end in the model's own run, up to the same month; None while that run is not ready.
        until: Last month of the comparison, None before there is one.
        lines: The comparison, empty while the first talks go on or the model's run is not ready.
        failed: Why there is no comparison, empty where nothing went wrong.
        game: The latest talks, None before the first.
    """

    seat: str
    name: str
    other: str
    over: bool
    left: bool
    moves: tuple[str, ...]
    by_model: int
    ended: tuple[str, ...]
    models_ended: tuple[str, ...] | None
    until: Month | None
    lines: tuple[Line, ...]
    failed: str
    game: Game | None


def extract_own(market: ParcelMarket) -> SeatView | None:
    """Copy the visitor's seat out of a market; None where nobody sits."""
    return next((extract(market, seat) for seat in seats_taken(market) if isinstance(seat, Seat)), None)


def extract(market: ParcelMarket, seat: Seat | None) -> SeatView | None:
    """Copy a seat out of a market; None where nobody sits."""
    if seat is None or seat not in seats_taken(market):
        return None
    seller, buyer = (market.book.name(key) for key in ACCESS_PAIR)
    name, other = (seller, buyer) if seat.key == ACCESS_PAIR[0] else (buyer, seller)
    twin, over = seat.twin.run, seat_is_over(market, seat)
    earlier = any(past.pair.parties == ACCESS_PAIR for past in market.state.past_talks)
    n = min(market.records.n, len(twin.figures))
    lines: tuple[Line, ...] = ()
    if (over or earlier) and n:
        sums = np.stack([measured(market)[:n].sum(axis=0), twin.figures[:n].sum(axis=0)], axis=1)
        lines = tuple(
            Line(m.name, m.unit, m.meaning, float(yours), float(models))
            for m, (yours, models) in zip(MEASURES, sums, strict=True)
        )
    today = market.records.months[-1] if market.records.n else market.month
    return SeatView(
        seat=seat.key,
        name=name,
        other=other,
        over=over,
        left=seat.procedure.left,
        moves=tuple(move_text(question, answer, other) for _, question, answer in seat.procedure.log),
        by_model=sum(is_by_model(question, answer) for _, question, answer in seat.procedure.log),
        ended=agreements(market),
        models_ended=tuple(text for text in twin.agreements if text[:7] <= str(today)) if twin.done else None,
        until=market.records.months[n - 1] if n else None,
        lines=lines,
        failed=twin.failed,
        game=extract_game(market, seat, twin),
    )


def move_text(question: Question, answer: Answer, other: str) -> str:
    """One decision in the visitor's seat in words, and whose it is."""
    return f"Round {question.view.round}: {_move(question, answer, other)}"


def _move(question: Question, answer: Answer, other: str) -> str:
    who, s = ("the model", "s") if is_by_model(question, answer) else ("you", "")
    if answer.leave:
        return f"{who} leave{s} the table"
    groups = question.view.groups
    accept = np.broadcast_to(answer.accept, question.threads.shape) & question.threads
    told = []
    if accept.any():
        told.append(f"{who} accept{s} {_prices(groups, question.price, accept)}")
    elif question.kind != "propose":
        told.append(f"{who} decline{s} {_prices(groups, question.price, question.threads)} of {other}")
    if answer.price is not None:
        price = np.broadcast_to(np.asarray(answer.price, dtype=np.float64), question.threads.shape)
        told.append(f"{who} name{s} {_prices(groups, price, question.threads & ~accept)}")
    return " and ".join(told)


def _prices(groups: tuple[str, ...], price: np.ndarray, which: np.ndarray) -> str:
    if len(groups) == 1:
        return f"${price[0]:.2f}"
    return ", ".join(f"${price[index]:.2f} {groups[index]}" for index in np.flatnonzero(which))
