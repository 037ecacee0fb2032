"""The twin of a run played by hand: the same market with the same luck, left to the model's own strategies.

It runs on a thread of its own, a month at a time, and keeps only what the comparison shows. Before it, and with the
same luck, goes the rehearsal that finds the best that could be got.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import Side
from model.market import ParcelMarket
from server.talks.rehearsal import rehearse
from server.talks.sides import SEATS, first_talks
from server.talks.worth import Deal, brought

if TYPE_CHECKING:
    from server.choice import Choice

type Floats = NDArray[np.float64]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measure:
    """One line of the comparison.

    Attributes:
        name: Its name.
        unit: "$" or "parcels".
        meaning: One line.
    """

    name: str
    unit: str
    meaning: str


MEASURES = (
    Measure("Amazon's parcels at USPS", "parcels", "Parcels of Amazon that USPS has brought to the door."),
    Measure("Amazon pays USPS", "$", "For these parcels."),
    Measure("USPS earns on them", "$", "What Amazon pays less the attributable cost of these parcels."),
    Measure("USPS net income", "$", "All of USPS, mail included."),
    Measure("Amazon's parcels in its own vans", "parcels", "Parcels of Amazon that it has delivered itself."),
    Measure("Amazon's delivery costs", "$", "All that the delivery of its parcels has cost it, whoever carried them."),
)


def measured(market: ParcelMarket) -> Floats:
    """(n, M) figures of the comparison by month, in the order of `MEASURES`."""
    records = market.records
    usps = np.asarray(records["amazon_via_usps_parcels"]).sum(axis=1)
    paid = np.asarray(records["amazon_usps_revenue_usd"])
    shipped = np.asarray(records["amazon_parcels"]).sum(axis=1)
    return np.column_stack(
        [
            usps,
            paid,
            paid - np.asarray(records["amazon_usps_attributable_usd"]),
            np.asarray(records["usps_net_income_usd"]),
            np.asarray(records["amazon_own_parcels"]).sum(axis=1),
            np.asarray(records["amazon_delivered_cost_usd"]) * shipped,
        ]
    )


def agreements(market: ParcelMarket) -> tuple[str, ...]:
    """What Amazon and USPS have agreed on, with the month, oldest first."""
    found = (event for event in market.events if event.kind == "agreement" and event.actors == ("amazon", "usps"))
    return tuple(f"{event.month}: {event.text}" for event in found)


@dataclass(frozen=True)
class Offered:
    """One offer of the access talks.

    Attributes:
        round: Months since they opened.
        buys: Whether Amazon made it.
        price: Mean over the threads, $ per parcel.
    """

    round: int
    buys: bool
    price: float


def offers_of(market: ParcelMarket) -> tuple[Offered, ...]:
    """Offers of the first access talks, oldest first."""
    state = first_talks(market)
    made = () if state is None else state.talks.offers
    return tuple(Offered(one.round, one.side is Side.BUYER, float(np.nanmean(one.price))) for one in made)


@dataclass(frozen=True, eq=False)
class TwinRun:
    """What the twin has found so far.

    Attributes:
        figures: (n, M) as in `MEASURES`.
        agreements: What was agreed.
        n_months: Months of the whole run.
        failed: Why it stopped, empty where it did not.
        rehearsed: Whether it is known what could be got.
        best: The best deal that could be got in the first talks, None where there was none.
        offers: What was offered in the first talks.
        deal: What was signed in them, and what it brings the side that the visitor plays; None until then.
        ended: Whether the first talks have come to a signature or the contract in force to its end.
    """

    figures: Floats
    agreements: tuple[str, ...]
    n_months: int
    failed: str = ""
    rehearsed: bool = False
    best: Deal | None = None
    offers: tuple[Offered, ...] = ()
    deal: Deal | None = None
    ended: bool = False

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return bool(self.failed) or len(self.figures) == self.n_months > 0


class Twin:
    """Plays the run of a choice without a seat, from its first month to its last, in the background.

    Args:
        choice: What the run played by hand was started with.
        start: Builds the market of a choice.
        turn: Waits for a turn at the processors.
        on_done: Called from the twin's thread when there is something to show, and at its end.
    """

    def __init__(
        self,
        choice: Choice,
        start: Callable[[Choice], ParcelMarket],
        turn: Callable[[], AbstractContextManager[object]],
        on_done: Callable[[], None],
    ) -> None:
        self._lock = threading.Lock()
        self._run = TwinRun(np.zeros((0, len(MEASURES))), (), 0)
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(choice, start, turn, on_done), name="lastmile-twin", daemon=True
        )
        self._thread.start()

    @property
    def run(self) -> TwinRun:
        """What it has found so far."""
        with self._lock:
            return self._run

    @property
    def is_alive(self) -> bool:
        """Whether its thread still lives."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it after the month that it simulates. Never waits."""
        self._stopped.set()

    def join(self, timeout: float) -> None:
        """Wait for its end."""
        self._thread.join(timeout)

    def _work(
        self,
        choice: Choice,
        start: Callable[[Choice], ParcelMarket],
        turn: Callable[[], AbstractContextManager[object]],
        on_done: Callable[[], None],
    ) -> None:
        try:
            held = rehearse(choice, start, turn, self._stopped.is_set)
            if held is not None:
                self._set(replace(self.run, rehearsed=True, best=held.best))
            del held  # and its market
            with turn():
                market = start(replace(choice, seat=""))
            while not market.finished and not self._stopped.is_set():
                with turn():
                    market.step()
                if not self.run.ended and self._note_talks(market, SEATS[choice.seat]) and not self._stopped.is_set():
                    on_done()
            self._set(
                replace(
                    self.run,
                    figures=measured(market),
                    agreements=agreements(market),
                    n_months=market.n_months,
                    ended=True,
                )
            )
        except Exception as error:  # the visitor's own run goes on without the comparison, which says why
            logger.exception("the twin of %s failed", choice)
            self._set(replace(self.run, failed=f"{type(error).__name__}: {error}"))
        if not self._stopped.is_set():
            on_done()

    def _note_talks(self, market: ParcelMarket, side: Side) -> bool:
        """Note how the first talks have gone so far; whether they have come to their end."""
        state = first_talks(market)
        if state is None:
            return False
        signed = state.talks.signed and state.under_review is None
        ended = signed or market.month - state.opened > state.talks.expiry_round
        deal = brought(market, state, side) if signed else None
        self._set(replace(self.run, offers=offers_of(market), deal=deal, ended=ended))
        return ended

    def _set(self, run: TwinRun) -> None:
        with self._lock:
            self._run = run
