"""Markets that are started before the page that will show them says so: its browser is still loading scripts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from model.market import ParcelMarket
from server.choice import Choice
from server.memory import give_back
from server.turns import Turns

logger = logging.getLogger(__name__)

# A page that has not come by then does not come: it was asked for by something that is no browser.
AHEAD_SECONDS = 20.0


class MarketsAhead:
    """The markets of one stepping process that wait for their page, one of each choice.

    Args:
        start: Builds the market of a choice.
        turns: Shared with the runs of the process, so that a run waits for its market rather than making another one.
    """

    def __init__(self, start: Callable[[Choice], ParcelMarket], turns: Turns) -> None:
        self._start, self._turns = start, turns
        self._lock = threading.Lock()
        self._ready: dict[Choice, tuple[float, ParcelMarket]] = {}

    def begin(self, choice: Choice) -> None:
        """Start a market in a thread of its own."""
        threading.Thread(target=self._begin, args=(choice,), name="lastmile-ahead", daemon=True).start()

    def take(self, choice: Choice) -> ParcelMarket | None:
        """The market of a choice, once; None where there is none."""
        with self._lock:
            found = self._ready.pop(choice, None)
        return None if found is None else found[1]

    def forget(self, now: float) -> None:
        """Let go of those for which no page has come.

        Args:
            now: On the monotonic clock.
        """
        with self._lock:
            late = [choice for choice, (since, _) in self._ready.items() if now - since > AHEAD_SECONDS]
            for choice in late:
                del self._ready[choice]
        if late:
            give_back()

    def _begin(self, choice: Choice) -> None:
        try:
            with self._turns.turn():
                market = self._start(choice)
                with self._lock:
                    self._ready[choice] = (time.monotonic(), market)
        except Exception:  # the page that opens it is told why
            logger.debug("no market ahead of its page", exc_info=True)
