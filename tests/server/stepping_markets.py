"""Ways to build a market that stepping processes can import by name."""

from __future__ import annotations

import os
import time

from agents.calendar import Month
from model.market import ParcelMarket
from server.choice import Choice
from server.talks.sides import roster_of
from tests.server.conftest import FakeMarket

ENDS, HANGS = 666, 999


def start_fake(choice: Choice) -> FakeMarket:
    """The small market of the other tests: quick, 24 months, Amazon delivers seed % by itself."""
    return FakeMarket(choice, step_seconds=0.01)


def start_with_trouble(choice: Choice) -> FakeMarket:
    """As `start_fake`; with seed 666 its process ends in the third month, with 999 it hangs for good there."""
    market = FakeMarket(choice, step_seconds=0.01)
    usual = market.step

    def step() -> None:
        if market.month == Month(2025, 3) and choice.seed == ENDS:
            os._exit(9)
        if market.month == Month(2025, 3) and choice.seed == HANGS:
            os.kill(os.getpid(), 19)  # stands still altogether, as in a library that never comes back
            time.sleep(3600)
        usual()

    market.step = step
    return market


def start_short(choice: Choice) -> ParcelMarket:
    """The real market until the middle of its second year."""
    settings = choice.settings().with_changes({"end": "2026-06", "n_shippers": 150})
    return ParcelMarket(settings, rng=choice.seed, roster=roster_of(choice.seat))


def months_done(market: object) -> int:
    """What a page might ask."""
    return market.records.n


def fails(market: object) -> float:
    """A view that cannot be drawn."""
    return 1 / 0
