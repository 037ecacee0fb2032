"""Wages of the month, and how fast routes and staff follow what is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.carriers import USPS

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]


def wage_step(market: Economy) -> Floats:
    """Growth factor of wages from last month to this by carrier, (K,)."""
    env, last = market.state.environment, market.months_done - 1
    first = market.months_done == 0
    other = env.wage_other / (1.0 if first else market.paths.wage_other(last))
    usps = env.wage_usps / (1.0 if first else market.paths.wage_usps(last))
    step = np.full(market.carriers.n_carriers, other)
    step[USPS] = usps
    return step


def wages_of_month(market: Economy) -> Floats:
    """Wages relative to the start by carrier, (K,)."""
    wages = np.full(market.carriers.n_carriers, market.state.environment.wage_other)
    wages[USPS] = market.state.environment.wage_usps
    return wages


def resource_flexibility(market: Economy) -> tuple[Floats, Floats]:
    """Monthly shares by which routes and staff shrink and grow towards need, as each carrier decides, (K,) each."""
    down, up = np.array([carrier.flexes() for carrier in market.carrier_agents], dtype=np.float64).T
    return down, up
