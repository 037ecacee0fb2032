"""Who gains and who loses, each compared with the start of the run, always by component (section 18)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS
from agents.pricing import quote
from agents.shippers import ShipperTable
from model.parameters import Parameters
from model.state import MarketState
from model.tender import quality_cost

Floats = NDArray[np.float64]


def shipper_surplus(
    p: Parameters, shippers: ShipperTable, state: MarketState, mix: Floats, national: NDArray[np.bool_]
) -> Floats:
    """Value of a shipper's choice per parcel, ln(sum of exp(utility)) / price coefficient, real $, (n, S).

    A carrier that reaches a part of the destinations is worth its utility there and the mean national one elsewhere.
    Only differences between two states of one population mean anything.

    Args:
        p: Parameters.
        shippers: All shippers.
        state: Prices, contracts, perceived quality, coverage.
        mix: Destination mix by division, (R, Z).
        national: Which carriers serve every address, (K,).
    """
    tariffs, choice, level = state.tariffs, state.choice, state.environment.price_level
    reach = np.where(national, 1.0, (mix @ state.network.coverage.T)[shippers.division])
    surcharge = (mix @ tariffs.surcharge.T)[shippers.division]
    other = quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier)
    value = np.empty((len(shippers), len(SEGMENTS)))
    for s in range(len(SEGMENTS)):
        offered = np.isfinite(choice.constants[s])
        price = quote(tariffs.offered[s], tariffs.floor[s], shippers.discount[:, None])
        agreed = choice.enterprise_price[:, s]
        price[shippers.enterprise] = np.where(np.isnan(agreed), price[shippers.enterprise], agreed)
        coef = shippers.price_coef[:, s, None]
        utility = np.where(offered, choice.constants[s], 0.0) - coef * ((price + surcharge) / level + other[s])
        own = np.where(offered & national, utility, -np.inf)
        weight = np.exp(own - own.max(axis=1, keepdims=True))
        mean = (np.where(weight > 0.0, weight * utility, 0.0)).sum(axis=1, keepdims=True)
        mean /= weight.sum(axis=1, keepdims=True)
        shared = np.where(offered & (reach > 0.0), reach * utility + (1.0 - reach) * mean, -np.inf)
        top = shared.max(axis=1, keepdims=True)
        value[:, s] = (top[:, 0] + np.log(np.exp(shared - top).sum(axis=1))) / coef[:, 0]
    return value


def mail_users_gain(mail_revenue: float, mail_price: float, price_level: float) -> float:
    """What mail users save against prices that had only followed inflation since the start, $.

    Args:
        mail_revenue: What they pay this month, $.
        mail_price: Mail prices relative to the start, nominal.
        price_level: Consumer prices relative to the start.
    """
    return mail_revenue * (price_level / mail_price - 1.0)


def members_gain(days_later: float, parcels: float, value_of_day: float, price_level: float) -> float:
    """What earlier or later parcels are worth to the members of Amazon, $ (less than 0 when parcels are later)."""
    return -days_later * parcels * value_of_day * price_level
