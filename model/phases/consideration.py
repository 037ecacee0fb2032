"""Shippers come to consider young carriers as the years go by: what is known of them in each division."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.rules.consideration import YOUNGEST
from model.consideration import considered, home_zones
from model.economy import Economy
from model.history.table import base_time, middle_of

Floats = NDArray[np.float64]


def become_known(market: Economy) -> None:
    """Bring up to date how many shippers of each division consider each carrier, against the start."""
    p, choice = market.figures, market.state.choice
    if p.regional_diffusion == 0.0:
        return
    time, coverage = middle_of(market.month), market.state.network.coverage
    home = home_zones(market.zones, choice.since.shape[1], len(market.groups.big))
    here = (home[:, None] & (coverage > 0.0)).any(axis=2).T
    choice.since = np.where(here & np.isinf(choice.since) & (choice.since > 0.0), time - YOUNGEST, choice.since)
    at_start = considered(p, base_time(market.settings.start) - market.carriers.launch)[:, None]
    now = considered(p, time - np.minimum(choice.since, time))
    regional = market.carriers.partial
    choice.known = np.where(regional[:, None], np.log(now / at_start), 0.0)


def considered_after_entry(market: Economy, carrier: int, months: int) -> Floats:
    """Share of shippers that consider a carrier in a new place over that of its home today, by month, (months,)."""
    p, time = market.figures, middle_of(market.month)
    home = considered(p, time - market.carriers.launch[[carrier]])
    there = considered(p, YOUNGEST + np.arange(months) / MONTHS_PER_YEAR)
    return np.asarray(np.minimum(1.0, there / home))
