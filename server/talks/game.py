"""The talks as whoever sits at the table may see them, and how they ended.

What the other side could accept is left out as long as there is anything to decide, so that it cannot reach a browser.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import Side
from agents.calendar import Month
from model.market import ParcelMarket
from model.state import TalksState
from server.talks.sides import ACCESS_PAIR, SEATS, Held, first_talks, seat_is_over, signs_nothing
from server.talks.twin import Offered, TwinRun
from server.talks.worth import Deal, brought

type Limit = tuple[int, float]


@dataclass(frozen=True)
class Result:
    """How the talks ended for the visitor.

    Attributes:
        deal: What was signed and what it really brings; None for no deal.
        expected: What the visitor had to expect of it by the own limit as known then, $ a year; None where that cannot
            be told.
        left: Whether the visitor has left the table.
        limits: Limit of the other side by round, $ per parcel.
        known: Whether the model's run and the best deal are known yet; they are of the first talks only.
        best: The deal that would have brought most; None where there was none, or not known.
        model: What the model signed in the visitor's seat with the same luck; None where nothing, or not known.
        models_offers: What was offered in the model's run.
        score: Gain over the best gain, of 100; None where there is nothing to compare with.
    """

    deal: Deal | None
    expected: float | None
    left: bool
    limits: tuple[Limit, ...]
    known: bool
    best: Deal | None
    model: Deal | None
    models_offers: tuple[Offered, ...]
    score: int | None


@dataclass(frozen=True)
class Game:
    """One negotiation over access from one side of the table; prices are means over the threads, $ per parcel.

    Attributes:
        opened: Month in which it opened; rounds are months since then.
        first: Whether it is the first of the run.
        commitment: Round from which Amazon must order capacity of its own.
        expiry: Round in which the contract in force ends.
        played: Latest round that was played.
        current: Price in force when it opened.
        published: What a parcel pays without a contract; nan before the first round.
        offers: Offers of both sides, oldest first.
        limits: The visitor's own limit by round.
        never: Whether nothing can be signed before the run ends.
        result: How it ended; None as long as there is anything to decide.
    """

    opened: Month
    first: bool
    commitment: int
    expiry: int
    played: int
    current: float
    published: float
    offers: tuple[Offered, ...]
    limits: tuple[Limit, ...]
    never: bool
    result: Result | None


def score_of(gain: float, best: float) -> int:
    """What a deal brings of the best that could be got, of 100; below 0 where it costs more than no deal."""
    return min(100, round(100.0 * gain / best))


def extract_game(market: ParcelMarket, held: Held, twin: TwinRun) -> Game | None:
    """The latest talks over access; None before the first."""
    state = market.state.talks.get(ACCESS_PAIR)
    if state is None:
        return None
    talks, side = state.talks, SEATS[held.key]
    own = 0 if side is Side.BUYER else 1
    first = state is first_talks(market)
    return Game(
        opened=state.opened,
        first=first,
        commitment=talks.commitment_round,
        expiry=talks.expiry_round,
        played=state.limits[-1][0] if state.limits else 0,
        current=_mean(talks.current_price),
        published=_mean(state.stakes.published) if state.stakes else float("nan"),
        offers=tuple(Offered(one.round, one.side is Side.BUYER, _mean(one.price)) for one in talks.offers),
        limits=_limits(state, own),
        never=signs_nothing(market.settings),
        result=_result(market, state, held, twin if first else None) if seat_is_over(market, held) else None,
    )


def _result(market: ParcelMarket, state: TalksState, held: Held, twin: TwinRun | None) -> Result:
    side = SEATS[held.key]
    own = 0 if side is Side.BUYER else 1
    deal = brought(market, state, side)  # also one that the regulator still looks at when the run ends
    expected = None
    if deal is not None and state.package is not None and state.package.form.promised:
        distance = _limits(state, own)[-1][1] - deal.price
        expected = deal.parcels * (distance if side is Side.BUYER else -distance)
    known = twin is not None and twin.rehearsed and twin.ended
    best = twin.best if twin is not None and known else None
    score = None
    if best is not None and best.gain > 0.0:
        score = score_of(deal.gain if deal is not None else 0.0, best.gain)
    return Result(
        deal=deal,
        expected=expected,
        left=held.procedure.left,
        limits=_limits(state, 1 - own),
        known=known,
        best=best,
        model=twin.deal if twin is not None and known else None,
        models_offers=twin.offers if twin is not None and known else (),
        score=score,
    )


def _limits(state: TalksState, position: int) -> tuple[Limit, ...]:
    return tuple((round_, _mean((buyer, seller)[position])) for round_, buyer, seller in state.limits)


def _mean(price: NDArray[np.float64]) -> float:
    known = np.asarray(price)[np.isfinite(price)]
    return float(known.mean()) if known.size else float("nan")
