"""What everybody sees: consumer prices and wages, price lists, and what shippers make of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Environment:
    """What no agent decides.

    Attributes:
        price_level: Consumer prices relative to the mean of the start year.
        wage_other: Wages of private carriers, relative likewise.
        wage_usps: Wages of USPS, relative likewise, with what was settled.
        settled: What parties settled on beyond these paths of wages, factor by carrier, (K,); empty where nobody did.
        settled_now: The part of it that is new this month, likewise.
        shocks: What the shocks of the month come to, by what they strike; nothing where there are none.
        fuel: Price of fuel over what it would be with prices in general.
        fuel_growth: What that makes of the cost of routes that is no wages, factor by carrier, (K,) or one number.
        season: Month factor.
        common_shock: Log deviation of demand that all shippers share.
        mail_price: Mail prices relative to the start year, nominal.
    """

    price_level: float = 1.0
    wage_other: float = 1.0
    wage_usps: float = 1.0
    fuel: float = 1.0
    fuel_growth: Floats | float = 1.0
    season: float = 1.0
    common_shock: float = 0.0
    mail_price: float = 1.0
    settled: Floats = field(default_factory=lambda: np.ones(0))
    settled_now: Floats = field(default_factory=lambda: np.ones(0))
    shocks: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Tariffs:
    """What carriers charge.

    Attributes:
        level: List level before discounts, $ per parcel, (S, K).
        floor: Lowest quote, $ per parcel, (S, K).
        start_level: Level at the start, (S, K).
        rural: Rural rate of the delivery-area surcharge, $ per parcel, (K,).
        area: Delivery-area surcharge by slice of addresses, densest first, over the rural rate, (Z, P).
        peak: Peak surcharge, $ per parcel, (K,).
        surcharge: Surcharges of the month, $ per parcel, (K, Z).
        list_growth: Latest yearly list increase, (K,).
        mean_surcharge: Mean of the surcharges over the year at the start, $ per parcel, (K, Z).
        fill: Discount on quotes with which a carrier fills its network, share, (S, K).
        follows: Surcharge that follows unexpected prices of fuel and wages, $ per parcel, (K,); part of `surcharge`.
        extra: Delivery-area surcharge that a carrier asks beyond its tiers, $ per parcel by slice, (Z, P), by carrier.
        temporary: Factors on the level that will end again, (S,), by carrier.
    """

    level: Floats
    floor: Floats
    start_level: Floats
    rural: Floats
    area: Floats
    peak: Floats
    surcharge: Floats
    list_growth: Floats
    mean_surcharge: Floats
    fill: Floats
    follows: Floats
    temporary: dict[int, Floats] = field(default_factory=dict)
    extra: dict[int, Floats] = field(default_factory=dict)

    @property
    def offered(self) -> Floats:
        """Level that quotes start from, $ per parcel, (S, K)."""
        return self.level * (1.0 - self.fill)

    def growth(self, segment: int, carrier: int, otherwise: float) -> float:
        """List level over that of the start; `otherwise` where the carrier sold nothing in the segment then."""
        start = float(self.start_level[segment, carrier])
        return float(self.level[segment, carrier]) / start if start > 0.0 else otherwise


@dataclass(slots=True)
class ChoiceState:
    """What shippers carry from month to month.

    Attributes:
        constants: Carrier constants, (S, K), frozen at the start.
        since: Year in which each carrier began in each division, (K, R); inf where it does not deliver.
        known: Log of the share of shippers of each division that consider a carrier over that of its home at the start,
            (K, R); 0 where it is as well known.
        perceived_on_time: On-time share that shippers believe in, (K,).
        enterprise_share: Split of enterprise shippers last month, (E, S, K, Z).
        enterprise_price: Contract prices of enterprise shippers, $ per parcel, (E, S, K); nan where they take quotes.
        enterprise_taste: What each enterprise shipper likes a carrier more than others do, (E, S, K), one number where
            none differs; -inf where it does not use it.
        enterprise_weight: Share of the gain that the seller gets in an agreement, inverted at the start, (E, S, K).
        enterprise_cost_factor: What its parcels cost a carrier, as it counts, over those of others, (E, S, K).
        enterprise_sellers: Carriers with which each enterprise shipper has agreements, E.
        price_index: Real mean delivered price relative to the start, last months, newest last, (M, S).
        start_price: Mean delivered price at the start, $, (S,).
        transit_delay: Days that parcels waited last month, by segment, (S,).
        extra_days: Days by which a carrier has slowed its service, (K,) or one number.
        disputed: Utility that each carrier has lost by a labour dispute, (K,) or one number.
        mean_extra_days: Mean of them over last month's parcels, by segment, (S,) or one number.
    """

    constants: Floats
    since: Floats
    known: Floats
    perceived_on_time: Floats
    enterprise_share: Floats
    enterprise_price: Floats
    price_index: Floats
    start_price: Floats
    transit_delay: Floats
    enterprise_taste: Floats = field(default_factory=lambda: np.zeros(()))
    enterprise_weight: Floats = field(default_factory=lambda: np.empty(0))
    enterprise_cost_factor: Floats = field(default_factory=lambda: np.ones(()))
    enterprise_sellers: list[tuple[int, ...]] = field(default_factory=list)
    extra_days: Floats | float = 0.0
    disputed: Floats | float = 0.0
    mean_extra_days: Floats | float = 0.0

    @property
    def enterprise_constants(self) -> Floats:
        """Carrier constants of enterprise shippers, (E, S, K), or (S, K) where all are alike.

        Their buyers know all that is known in some division.
        """
        return np.asarray(self.constants + self.known.max(axis=1) + self.enterprise_taste)

    @property
    def delay_by_carrier(self) -> Floats:
        """Days on top of the usual transit, (S, K)."""
        n_carriers = self.constants.shape[1]
        return np.asarray(self.transit_delay[:, None] + np.broadcast_to(self.extra_days, (n_carriers,)))

    @property
    def demand_delay(self) -> Floats:
        """Days by which parcels arrive later than at the start, mean by segment, (S,)."""
        return np.asarray(self.transit_delay + self.mean_extra_days)
