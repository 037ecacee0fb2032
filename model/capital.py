"""Capital: it is paid when it is ordered, and a cost while it is in use (ODD 7.10)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from model.economy import Economy
from model.statements import LENDERS, SUPPLIERS

Floats = NDArray[np.float64]


def buy_capital(market: Economy, key: str, dollars: float) -> None:
    """Pay for capital goods with what owners and lenders put in; it is paid back to them while the capital is in use.

    Args:
        market: The market.
        key: The carrier that buys.
        dollars: $ at the prices of the month.
    """
    market.ledger.pay("financing", LENDERS, key, dollars)
    market.ledger.pay("capital", key, SUPPLIERS, dollars)


def capital_charges(market: Economy) -> Floats:
    """Depreciation and return of the month on what came into use since the start, $, (K,).

    An even yearly payment over the life of the capital; what wears out is replaced, so that it goes on. The capital of
    the start is not charged: nothing that is decided in the run changes it, and start margins are after its cost.
    Each piece keeps the rate of interest at which it came.
    """
    network = market.state.network
    at_todays_rate = network.added_capital * (market.figures.capital_annuity / MONTHS_PER_YEAR)
    return at_todays_rate + network.earlier_charge / MONTHS_PER_YEAR
