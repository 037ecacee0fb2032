"""Who gains and who loses, each compared with the start of the run, always by component (section 18)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.blocks import blocks, sum_over_options
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
    reach = np.where(national, 1.0, mix @ state.network.coverage.T).T.copy()
    surcharge = (mix @ tariffs.surcharge.T).T.copy()
    other = quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier)
    value = np.empty((len(shippers), len(SEGMENTS)))
    for s in range(len(SEGMENTS)):
        offered = np.isfinite(choice.constants[s])
        for rows in blocks(len(shippers)):
            price = quote(tariffs.offered[s][:, None], tariffs.floor[s][:, None], shippers.discount[rows])
            agreed = choice.enterprise_price[rows, s].T
            found = price[:, : agreed.shape[1]]
            np.copyto(found, agreed, where=~np.isnan(agreed))
            division, coef = shippers.division[rows], shippers.price_coef[rows, s]
            cost = (price + surcharge[:, division]) / level + other[s][:, None]
            utility = np.where(offered, choice.constants[s], 0.0)[:, None] - coef * cost
            value[rows, s] = _choice_value(utility, reach[:, division], offered, national) / coef
    return value


def _choice_value(utility: Floats, reach: Floats, offered: NDArray[np.bool_], national: NDArray[np.bool_]) -> Floats:
    """Log of the sum of exp(utility), (n,); utility and reach are (K, n)."""
    own = np.where((offered & national)[:, None], utility, -np.inf)
    weight = np.exp(own - own.max(axis=0))
    mean = sum_over_options(np.where(weight > 0.0, weight * utility, 0.0))
    mean /= sum_over_options(weight)
    shared = np.where(offered[:, None] & (reach > 0.0), reach * utility + (1.0 - reach) * mean, -np.inf)
    top = shared.max(axis=0)
    return np.asarray(top + np.log(sum_over_options(np.exp(shared - top))))


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
