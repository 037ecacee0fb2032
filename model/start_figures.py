"""Which parameters describe the start of a run: what its solution reads, found by watching one open."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from agents.calendar import Month
from agents.party import Party
from model.history.paths import TRENDS
from model.market import ParcelMarket
from model.scenario import Scenario

FEW_SHIPPERS = 60.0


class _Watched(ParcelMarket):
    """A market that remembers what was read until its parties stood."""

    read_by_start: frozenset[str] = frozenset()

    def _create_agents(self, own: Mapping[str, type[Party]]) -> None:
        super()._create_agents(own)
        self.read_by_start = frozenset(self.figures.used | self.settings.parameters.used)


@cache
def figures_of_start(start: Month | None = None) -> frozenset[str]:
    """Symbols of the parameters that describe the start: set to another value, the start is solved again around it.

    Rates of growth are none of them: a later value changes what comes later.

    Args:
        start: First month; that of the default scenario unless told.
    """
    usual = Scenario()
    changes = {"n_shippers": FEW_SHIPPERS, "start": start or usual.start, "end": max(start or usual.start, usual.end)}
    return _Watched(usual.with_changes(changes)).read_by_start - TRENDS
