"""What a session wants of whoever steps its market, here or in another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from agents.bargaining import Answer
from model.market import ParcelMarket
from server.choice import Choice
from server.snapshot import Snapshot
from server.talks.seat import Decision

# Makes a frozen value out of a market for one page, beside the market and between two months. Where that is another
# process it must be a function of a module that does without Solara, or a partial of one, and its value must travel.
type Extract = Callable[[ParcelMarket], object]
type Show = Callable[[Snapshot], None]


class Stepping(Protocol):
    """Steps the market of one session. All calls return at once; what comes of them is shown in a snapshot."""

    @property
    def is_alive(self) -> bool:
        """Whether the thread that shows snapshots still lives."""

    def reset(self, choice: Choice, months: int) -> None:
        """Forget the market and prepare another one; simulate so many months of it at once."""

    def want_months(self, months: float) -> None:
        """From now on simulate so many months: infinity plays to the end, 0 pauses."""

    def set_speed(self, speed: float) -> None:
        """Months a second while playing."""

    def look_back(self, n_months: int | None) -> None:
        """Show the run as it stood after so many months; None shows the newest."""

    def show_view(self, name: str, extract: Extract | None) -> None:
        """From now on put `extract(market)` into every snapshot; None ends it."""

    def refresh(self) -> None:
        """Publish anew."""

    def ask(self, extract: Extract, answer: Callable[[object], None]) -> None:
        """Call `answer(extract(market))` once."""

    def answer(self, decision: Decision, answer: Answer) -> None:
        """Answer for the side that the visitor plays, and play on; without effect where it comes too late."""

    def acknowledge(self, number: int) -> None:
        """A snapshot has been drawn."""

    def close(self) -> None:
        """End it after the month that is being simulated, and forget the market."""

    def join(self, timeout: float) -> None:
        """Wait for its thread."""


# How a session gets its own: choice, months at once, whether anybody watches, and where snapshots go.
type OpenStepping = Callable[[Choice, int, Callable[[], bool], Show], Stepping]
