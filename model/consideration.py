"""Shippers come to consider young regional carriers, division by division, from when these begin there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZoneTable
from agents.rules.consideration import considered_share
from model.carriers import CarrierTable
from model.parameters import Parameters

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def considered(p: Parameters, years: Floats) -> Floats:
    """Share of shippers that consider a carrier some years after it began, (...)."""
    return np.asarray(considered_share(years, p.diffusion_innovation, p.diffusion_imitation) ** p.regional_diffusion)


def home_zones(zones: ZoneTable, n_homes: int, n_everywhere: int = 0) -> Bools:
    """Zones of each home, (R, Z): divisions, then big shippers, which are at home everywhere.

    Args:
        zones: The zone table.
        n_homes: R.
        n_everywhere: How many of them are big shippers.
    """
    home = zones.division == np.arange(n_homes)[:, None]
    home[n_homes - n_everywhere :] = True
    return np.asarray(home)


def home_rule(p: Parameters, home: Bools) -> Bools | None:
    """Zones of each division where carriers can be primary ones where they deliver at home, (R, Z); None if not."""
    return home if p.regional_home_primary > 0.0 else None


def opening_years(carriers: CarrierTable, coverage: Floats, home: Bools) -> Floats:
    """Year in which each carrier began in each division, (K, R); inf where it does not deliver."""
    delivers = (home[:, None] & (coverage > 0.0)).any(axis=2).T
    return np.where(delivers, carriers.launch[:, None], np.inf)
