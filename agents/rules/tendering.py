"""How shippers place their parcels: who looks again, what small ones choose, how enterprise shippers split.

Rule of all of it: ODD 7.4. What each knows stands in the cases; nothing here knows a market.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.rules.choice import Menu, own_weight, reconsider, split_volume
from agents.rules.pricing import quote

Floats = NDArray[np.float64]
Integers = NDArray[np.int8]
Booleans = NDArray[np.bool_]
NOTHING_OFFERED = -1e9  # utility of what nobody can choose


@dataclass(frozen=True, slots=True, eq=False)
class SegmentOffers:
    """What small shippers know of one segment when they look again; R home divisions, K carriers.

    Attributes:
        constants: Liking of each carrier, (K,); -inf where it does not offer the segment.
        level: List prices, $ per parcel, (K,).
        floor: Lowest quotes, $ per parcel, (K,).
        surcharge: Surcharges on the parcels of a home, $ per parcel, (R, K).
        quality_cost: Money value of days and reliability as shippers believe in them, $ at start prices, (K,).
        price_level: Prices in general relative to the start.
        reach: Share of the destinations of a home that each carrier reaches, (R, K).
        available: Where a carrier reaches enough to be the primary one, (R, K).
        national: Which carriers serve every address, (K,).
        known: Log of the share of shippers of a home that consider a carrier, over that at its own home, (R, K).
        reached_decide: Whether they decide on a partial carrier for the addresses that it reaches alone.
    """

    constants: Floats
    level: Floats
    floor: Floats
    surcharge: Floats
    quality_cost: Floats
    price_level: float
    reach: Floats
    available: Booleans
    national: Booleans
    known: Floats
    reached_decide: bool

    @property
    def offered(self) -> Booleans:
        """Which carriers offer the segment, (K,)."""
        return np.isfinite(self.constants)

    def possible(self, home: Integers) -> Booleans:
        """Which carriers can be the primary one of shippers by their homes, (n, K)."""
        return np.asarray((self.national | self.available[home]) & self.offered)


@dataclass(frozen=True, slots=True, eq=False)
class SplitCase:
    """What enterprise shippers know when they split their parcels of a month.

    Attributes:
        constants: Carrier constants, (S, K), or by shipper, (E, S, K); -inf where a carrier does not offer a segment.
        price: Real price of each shipper before surcharges, $ per parcel, (E, S, K).
        surcharge: Real surcharges by carrier and zone, $ per parcel, (K, Z).
        quality_cost: Money value of days and reliability, $ per parcel, (S, K).
        lagged: Shares of last month, (E, S, K, Z).
        reach: Share of households that each carrier reaches, (K, Z), or by segment, (S, K, Z).
        national: Which carriers are national, (K,).
    """

    constants: Floats
    price: Floats
    surcharge: Floats
    quality_cost: Floats
    lagged: Floats
    reach: Floats
    national: Booleans


@dataclass(frozen=True, slots=True, eq=False)
class AgreementCase:
    """What enterprise shippers know when they weigh agreements.

    Attributes:
        constants: Carrier constants, (S, K), or by shipper, (E, S, K); -inf where a carrier does not offer a segment.
        price: What each pays each carrier, $ per parcel, (E, S, K).
        quality_cost: Money value of days and reliability, $ per parcel at start prices, (S, K).
        price_level: Prices in general relative to the start.
        reach: Share of the destinations of each shipper that a carrier reaches, (E, 1, K).
    """

    constants: Floats
    price: Floats
    quality_cost: Floats
    price_level: float
    reach: Floats


def choose_again(
    offers: SegmentOffers,
    home: Integers,
    discount: Floats,
    price_coef: Floats,
    primary: Integers,
    fallback: Integers,
    inertia: float,
    uniform: Floats,
) -> tuple[Integers, Integers]:
    """New primary and fallback carriers of small shippers, by their place on the carrier axis, (n,) each.

    Args:
        offers: What carriers offer.
        home: Home division of each shipper, (n,).
        discount: Volume discount of each, (n,).
        price_coef: Price coefficient of each, 1/$, (n,).
        primary: Present carrier, (n,).
        fallback: National carrier for what that does not reach, (n,).
        inertia: Utility of staying.
        uniform: One draw from [0, 1) per shipper, (n,).
    """
    national, offered = offers.national, offers.offered
    index_of = np.argsort(~national, kind="stable").astype(np.int8)  # national carriers first, as in the menu
    position = np.argsort(index_of).astype(np.int8)
    paid = quote(offers.level, offers.floor, discount[:, None]) + offers.surcharge[home]
    cost = paid / offers.price_level + offers.quality_cost
    liking = offers.constants + offers.known[home]
    utility = np.where(offered, liking - price_coef[:, None] * cost, NOTHING_OFFERED)
    menu = Menu(
        utility[:, national],
        utility[:, ~national],
        own_weight(offers.reach[home][:, ~national], offers.reached_decide),
        (offers.available[home] & offered)[:, ~national],
    )
    chosen, rest = reconsider(menu, position[primary], position[fallback], inertia, uniform)
    return index_of[chosen], index_of[rest]


def split_parcels(case: SplitCase, price_coef: Floats, inertia: float) -> Floats:
    """Shares of each enterprise shipper's parcels by segment, carrier and zone.

    Args:
        case: What they know.
        price_coef: Price coefficients, (E, S).
        inertia: Utility of staying.

    Returns:
        Shares (E, S, K, Z) that sum to 1 over carriers.
    """
    constants, other = case.constants, case.quality_cost
    n_segments, n_carriers = constants.shape[-2:]
    reach = np.broadcast_to(case.reach, (n_segments, *case.reach.shape[-2:]))
    share = np.empty(case.lagged.shape)
    for segment in range(n_segments):  # one after the other stays in the processor's cache
        offers = _all_or_some(np.isfinite(constants[..., segment, :]).reshape(-1, n_carriers).any(axis=0))
        coef = price_coef[:, segment, None]
        fixed = constants[..., segment, offers] - coef * (case.price[:, segment, offers] + other[segment, offers])
        fixed -= fixed.max(axis=1, keepdims=True)
        utility = _less_surcharges(fixed, coef, case.surcharge[offers])
        utility += inertia * case.lagged[:, segment, offers].swapaxes(0, 1)
        weight = np.exp(utility, out=utility).swapaxes(0, 1)  # everywhere: to leave out zones would take longer
        if not isinstance(offers, slice):
            share[:, segment] = 0.0
        share[:, segment, offers] = split_volume(weight, reach[segment, offers], case.national[offers])
    return share


def worth_of_agreements(case: AgreementCase, price_coef: Floats) -> Floats:
    """Most that a parcel at a carrier is worth on average to each enterprise shipper, $, (E, S, K).

    In a logit choice the surplus from having a carrier of share q beside the others is -ln(1 - q) / price_coef, so the
    mean parcel there is worth its price and -ln(1 - q) / (q price_coef).

    Args:
        case: What they know.
        price_coef: Price coefficients, (E, S).
    """
    coef = price_coef[:, :, None]
    offered = np.isfinite(case.constants)  # who offers nothing must not set the scale
    cost = case.price / case.price_level + case.quality_cost
    utility = np.where(offered, case.constants, -np.inf) - coef * cost
    weight = np.exp(utility - utility.max(axis=2, keepdims=True)) * case.reach
    share = np.clip(weight / weight.sum(axis=2, keepdims=True), 1e-12, 1.0 - 1e-12)
    return np.asarray(case.price - np.log1p(-share) / (share * coef) * case.price_level)


def _all_or_some(chosen: Booleans) -> slice | NDArray[np.int64]:
    """Index of what is chosen on an axis: a slice where it is everything, for a view in place of a copy."""
    return slice(None) if chosen.all() else np.flatnonzero(chosen)


def _less_surcharges(fixed: Floats, coef: Floats, surcharge: Floats) -> Floats:
    """Utility of each carrier for each shipper by zone, (K, E, Z): carriers first, so that sums over them are quick.

    One small matrix product for each carrier writes it at once, where a difference would need an array of its own.

    Args:
        fixed: What is the same in all zones, (E, K).
        coef: Price coefficients, (E, 1).
        surcharge: Real surcharges by carrier and zone, $ per parcel, (K, Z).
    """
    by_shipper = np.stack([fixed.T, np.broadcast_to(-coef.T, fixed.T.shape)], axis=-1)
    by_zone = np.stack([np.ones_like(surcharge), surcharge], axis=1)
    return np.asarray(by_shipper @ by_zone)
