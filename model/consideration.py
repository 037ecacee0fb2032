"""Shippers come to consider young regional carriers, division by division, from when these begin there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import ZoneTable
from agents.rules.consideration import YOUNGEST, considered_share
from model.carriers import REGIONAL, CarrierTable
from model.history.table import base_time, middle_of
from model.parameters import Parameters

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def considered(p: Parameters, years: Floats) -> Floats:
    """Share of shippers that consider a carrier some years after it began, (...)."""
    return np.asarray(considered_share(years, p.diffusion_innovation, p.diffusion_imitation) ** p.regional_diffusion)


def home_zones(zones: ZoneTable, n_divisions: int) -> Bools:
    """Zones of each division, (R, Z)."""
    return np.asarray(zones.division == np.arange(n_divisions)[:, None])


def home_rule(p: Parameters, home: Bools) -> Bools | None:
    """Zones of each division where carriers can be primary ones where they deliver at home, (R, Z); None if not."""
    return home if p.regional_home_primary > 0.0 else None


def opening_years(carriers: CarrierTable, coverage: Floats, home: Bools) -> Floats:
    """Year in which each carrier began in each division, (K, R); inf where it does not deliver."""
    delivers = (home[:, None] & (coverage > 0.0)).any(axis=2).T
    return np.where(delivers, carriers.launch[:, None], np.inf)


def become_known(market: Economy) -> None:
    """Bring up to date how many shippers of each division consider each carrier, against the start."""
    p, choice = market.figures, market.state.choice
    if p.regional_diffusion == 0.0:
        return
    time, coverage = middle_of(market.month), market.state.network.coverage
    here = (home_zones(market.zones, choice.since.shape[1])[:, None] & (coverage > 0.0)).any(axis=2).T
    choice.since = np.where(here & np.isinf(choice.since) & (choice.since > 0.0), time - YOUNGEST, choice.since)
    at_start = considered(p, base_time(market.settings.start) - market.carriers.launch)[:, None]
    now = considered(p, time - np.minimum(choice.since, time))
    regional = np.array([group == REGIONAL for group in market.carriers.groups])
    choice.known = np.where(regional[:, None], np.log(now / at_start), 0.0)


def considered_after_entry(market: Economy, carrier: int, months: int) -> Floats:
    """Share of shippers that consider a carrier in a new place over that of its home today, by month, (months,)."""
    p, time = market.figures, middle_of(market.month)
    home = considered(p, time - market.carriers.launch[[carrier]])
    there = considered(p, YOUNGEST + np.arange(months) / MONTHS_PER_YEAR)
    return np.asarray(np.minimum(1.0, there / home))
