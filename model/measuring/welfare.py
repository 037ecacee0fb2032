"""Who gains and who loses, each compared with the start of the run, always by component (ODD 7.12)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS
from agents.rules.blocks import sum_over_options
from agents.shipper_table import ShipperTable
from model.parameters import Parameters
from model.state import MarketState
from model.tender import quality_cost

Floats = NDArray[np.float64]
MOST = 600.0  # exp of more has no double


def shipper_surplus(
    p: Parameters, shippers: ShipperTable, state: MarketState, mix: Floats, national: NDArray[np.bool_]
) -> Floats:
    """Value of a shipper's choice per parcel, ln(sum of exp(utility)) / price coefficient, real $, (n, S).

    A carrier that reaches a part of the destinations widens the choice there; where shippers decide by the mean over
    all addresses it is worth its utility there and the mean national one elsewhere. Only differences between two
    states of one population mean anything.

    Args:
        p: Parameters.
        shippers: All shippers.
        state: Prices, contracts, perceived quality, coverage.
        mix: Destination mix by division, (R, Z).
        national: Which carriers serve every address, (K,).
    """
    tariffs, choice, level = state.tariffs, state.choice, state.environment.price_level
    reach = np.where(national, 1.0, mix @ state.network.coverage.T).T
    surcharge = (mix @ tariffs.surcharge.T).T
    other = quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier)
    offered = np.isfinite(choice.constants)
    choice_value = _value_by_address if p.reached_addresses_decide > 0.0 else _value_of_mean
    value = np.empty((len(shippers), len(SEGMENTS)))
    for rows, home in shippers.blocks_by_home():
        keep = 1.0 - shippers.discount[rows]
        agreed = choice.enterprise_price[rows[: np.searchsorted(rows, shippers.n_enterprise)]]
        reached_here, extra = reach[:, home].any(axis=1), surcharge[:, home]
        for s in range(len(SEGMENTS)):
            carriers = np.flatnonzero(offered[s] & reached_here)
            coef = shippers.price_coef[rows, s]
            liking = choice.constants[s, carriers, None] + choice.known[carriers]
            # From the price to the utility in one array: more of this size would cost as much as the arithmetic.
            utility = tariffs.offered[s, carriers, None] * keep
            np.maximum(utility, tariffs.floor[s, carriers, None], out=utility)
            fixed = agreed[:, s, carriers].T
            np.copyto(utility[:, : len(agreed)], fixed, where=~np.isnan(fixed))
            utility += extra[carriers]
            utility /= level
            utility += other[s, carriers, None]
            utility *= coef
            np.subtract(liking[:, home], utility, out=utility)
            value[rows, s] = choice_value(utility, reach, home, carriers, national) / coef
    return value


def _value_by_address(
    utility: Floats, reach: Floats, home: NDArray[np.int8], carriers: NDArray[np.int64], national: NDArray[np.bool_]
) -> Floats:
    """Log of the sum of exp(utility) over the carriers that deliver at an address, mean over the addresses, (n,).

    Addresses that a carrier reaches are taken as a part of those that any carrier with more reach delivers to: all
    carriers go to the densest ones first.

    Args:
        utility: Of each carrier that is on offer, by itself, (M, n).
        reach: Share of the destinations that each of all carriers reaches, by home division, (K, R).
        home: Home division of each row, (n,), or the one of all, (1,).
        carriers: Which carriers are on offer, (M,).
        national: Which of all carriers are national, (K,).
    """
    everywhere = national[carriers]
    own, partial = utility[everywhere], utility[~everywhere]
    top = own.max(axis=0)
    base = sum_over_options(np.exp(own - top), carriers[everywhere], len(national))
    value = top + np.log(base)
    reached = reach[carriers[~everywhere]]
    order = np.argsort(-reached, axis=0, kind="stable")  # one for each division
    reached = np.take_along_axis(reached, order, axis=0)
    alone = (reached - np.concatenate([reached[1:], np.zeros_like(reached[:1])]))[:, home]
    n = len(value)
    weight = np.exp(np.minimum(partial.take(order[:, home] * n + np.arange(n)) - top, MOST))
    offered = base.copy()
    for place in range(len(weight)):
        offered += weight[place]
        value += alone[place] * np.log(offered / base)
    return np.asarray(value)


def _value_of_mean(
    utility: Floats, reach: Floats, home: NDArray[np.int8], carriers: NDArray[np.int64], national: NDArray[np.bool_]
) -> Floats:
    """Log of the sum of exp(utility) where a partial carrier is valued by its mean over all addresses, (n,).

    Args:
        utility: Of each carrier that is on offer, by itself, (M, n); overwritten.
        reach: Share of the destinations that each of all carriers reaches, by home division, (K, R).
        home: Home division of each row, (n,), or the one of all, (1,).
        carriers: Which carriers are on offer, (M,).
        national: Which of all carriers are national, (K,).
    """

    def total(values: Floats, of: NDArray[np.int64]) -> Floats:
        return sum_over_options(values, of, len(national))

    everywhere = national[carriers]
    own = utility[everywhere]
    weight = np.exp(own - own.max(axis=0))
    own *= weight
    mean = total(own, carriers[everywhere]) / total(weight, carriers[everywhere])
    for option in np.flatnonzero(~everywhere):
        share, shared = reach[carriers[option], home], utility[option]
        shared *= share
        shared += (1.0 - share) * mean
        np.copyto(shared, -np.inf, where=share == 0.0)
    top = utility.max(axis=0)
    utility -= top
    np.exp(utility, out=utility)
    return np.asarray(top + np.log(total(utility, carriers)))


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
