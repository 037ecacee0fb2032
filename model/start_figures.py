"""Which parameters describe the start of a run: what its solution reads, found by watching one open."""

from __future__ import annotations

from functools import cache

import mesa

from agents.calendar import Month
from model.economy import Economy
from model.history.paths import TRENDS
from model.scenario import Scenario
from model.start.parties import create_carriers, create_regulator, create_shippers

FEW_SHIPPERS = 60.0


class _Opened(mesa.Model, Economy):  # type: ignore[misc]
    """A market at its start, of which no month is played."""

    def __init__(self, settings: Scenario) -> None:
        super().__init__(rng=1)
        self.open_economy(settings, 1)
        create_carriers(self, {})
        create_regulator(self, {})
        create_shippers(self, {})


@cache
def figures_of_start(start: Month | None = None) -> frozenset[str]:
    """Symbols of the parameters that describe the start: set to another value, the start is solved again around it.

    Rates of growth are none of them: a later value changes what comes later.

    Args:
        start: First month; that of the default scenario unless told.
    """
    usual = Scenario()
    changes = {"n_shippers": FEW_SHIPPERS, "start": start or usual.start, "end": max(start or usual.start, usual.end)}
    opened = _Opened(usual.with_changes(changes))
    return frozenset(opened.figures.used | opened.settings.parameters.used) - TRENDS
