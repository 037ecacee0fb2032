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
type Homes = list[tuple[int, slice]]
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
    other = quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier) * level  # at today's prices, as the rest
    choice_value = _value_by_address if p.reached_addresses_decide > 0.0 else _value_of_mean
    offers = _alike(np.isfinite(choice.constants), national)
    listed, floor, worse, constants = (
        [of.T[carriers][:, segments, None] for carriers, segments in offers]
        for of in (tariffs.offered, tariffs.floor, other, choice.constants)
    )
    liked, extra = ([of[carriers][:, :, None, None] for carriers, _ in offers] for of in (choice.known, surcharge))
    value = np.empty((len(shippers), len(SEGMENTS)))
    for rows, homes in shippers.blocks_in_order_of_home():
        keep, coef = 1.0 - shippers.discount[rows], shippers.price_coef[rows].T
        enterprise = np.flatnonzero(rows < shippers.n_enterprise)
        agreed = choice.enterprise_price[rows[enterprise]].T
        for one, (carriers, segments) in enumerate(offers):
            own_coef = coef[segments]
            # From the price to the utility in one array: more of this size would cost as much as the arithmetic.
            utility = listed[one] * keep
            np.maximum(utility, floor[one], out=utility)
            fixed = agreed[carriers][:, segments]
            utility[:, :, enterprise] = np.where(np.isnan(fixed), utility[:, :, enterprise], fixed)
            for home, some in homes:
                here = utility[:, :, some]
                here += extra[one][:, home] + worse[one]
            utility *= own_coef / level
            for home, some in homes:
                here = utility[:, :, some]
                np.subtract(constants[one] + liked[one][:, home], here, out=here)
            found = choice_value(utility, reach, homes, carriers, national)
            found /= own_coef
            for segment, of_segment in zip(segments, found, strict=True):
                value[rows, segment] = of_segment
    return value


def _alike(offered: NDArray[np.bool_], national: NDArray[np.bool_]) -> list[tuple[NDArray[np.int64], list[int]]]:
    """Carriers on offer, (M,), national ones first, with the segments in which it is these.

    Args:
        offered: Who is on offer by segment, (S, K).
        national: Which of all carriers are national, (K,).
    """
    segments: dict[bytes, list[int]] = {}
    for segment, carriers in enumerate(offered):
        segments.setdefault(carriers.tobytes(), []).append(segment)
    found = ((offered[some[0]], some) for some in segments.values())
    return [(np.flatnonzero(one)[np.argsort(~national[one], kind="stable")], some) for one, some in found]


def _value_by_address(
    utility: Floats, reach: Floats, homes: Homes, carriers: NDArray[np.int64], national: NDArray[np.bool_]
) -> Floats:
    """Log of the sum of exp(utility) over the carriers that deliver at an address, mean over the addresses, (S, n).

    Addresses that a carrier reaches are taken as a part of those that any carrier with more reach delivers to: all
    carriers go to the densest ones first.

    Args:
        utility: Of each carrier that is on offer, by itself, (M, S, n); overwritten.
        reach: Share of the destinations that each of all carriers reaches, by home division, (K, R).
        homes: Home divisions of the shippers and which they are.
        carriers: Which carriers are on offer, national ones first, (M,).
        national: Which of all carriers are national, (K,).
    """
    everywhere = int(national[carriers].sum())
    own, weight = utility[:everywhere], utility[everywhere:]
    top = own.max(axis=0)
    base = sum_over_options(np.exp(own - top), carriers[:everywhere], len(national))
    value = top + np.log(base)
    if not len(weight):
        return np.asarray(value)
    reached = reach[carriers[everywhere:]]
    order = np.argsort(-reached, axis=0, kind="stable")  # one for each division
    reached = np.take_along_axis(reached, order, axis=0)
    alone = reached - np.concatenate([reached[1:], np.zeros_like(reached[:1])])
    for home, some in homes:
        there = int(np.count_nonzero(reached[:, home]))  # who reaches nobody widens nobody's choice
        gained, offered = weight[order[:there, home], :, some], base[:, some]
        gained -= top[:, some]
        np.minimum(gained, MOST, out=gained)
        np.exp(gained, out=gained)
        for place in gained:
            place += offered
            offered = place  # by this carrier and all that reach more
        gained /= base[:, some]
        np.log(gained, out=gained)
        gained *= alone[:there, home, None, None]
        here = value[:, some]
        for place in gained:
            here += place
    return np.asarray(value)


def _value_of_mean(
    utility: Floats, reach: Floats, homes: Homes, carriers: NDArray[np.int64], national: NDArray[np.bool_]
) -> Floats:
    """Log of the sum of exp(utility) where a partial carrier is valued by its mean over all addresses, (S, n).

    Args:
        utility: Of each carrier that is on offer, by itself, (M, S, n); overwritten.
        reach: Share of the destinations that each of all carriers reaches, by home division, (K, R).
        homes: Home divisions of the shippers and which they are.
        carriers: Which carriers are on offer, national ones first, (M,).
        national: Which of all carriers are national, (K,).
    """

    def total(values: Floats, of: NDArray[np.int64]) -> Floats:
        return sum_over_options(values, of, len(national))

    everywhere = int(national[carriers].sum())
    own, shared = utility[:everywhere], utility[everywhere:]
    weight = np.exp(own - own.max(axis=0))
    mean = total(own * weight, carriers[:everywhere]) / total(weight, carriers[:everywhere])
    for home, some in homes:
        share = reach[carriers[everywhere:], home, None, None]
        shared[:, :, some] = np.where(share > 0.0, shared[:, :, some] * share + (1.0 - share) * mean[:, some], -np.inf)
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
