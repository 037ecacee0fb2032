"""One month of the shippers, taken from a running market: what goes into it and what must come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.rules.choice import delivers_at_home, primary_available
from model.access import set_reach
from model.contract_margins import enterprise_quotes
from model.market import PHASES, ParcelMarket
from model.phases.parcels import choose_carriers, count_refusals, segment_reach
from model.tender import quality_cost

Floats = NDArray[np.float64]
Integers = NDArray[np.int8]
FIRST_SHIPPER_PHASE = "choose_carriers"


@dataclass(frozen=True, slots=True)
class ShipperMonth:
    """What shippers see in a month. N shippers, E of them enterprise, S segments, K carriers, R divisions, Z zones.

    Attributes:
        n_enterprise: Leading rows that are enterprise shippers, E.
        draws: Makes the month's uniform draws: to reconsider and to choose (N, S, 2), and to meet a refusal (N, S).
        parcels: This month's parcels that each row stands for, (N, S).
        discount: Discount, (N,).
        price_coef: Price coefficient, 1/$, (N, S).
        division: Home division, (N,).
        primary: Carrier before the month, (N, S).
        fallback: National carrier for the rest, (N, S).
        refused_months: Months in a row of refusal, (N, S).
        constants: Carrier constants, (S, K); -inf where nothing is offered.
        level: List level, $ per parcel, (S, K).
        floor: Lowest quote, (S, K).
        other_cost: Money value of days and reliability, (S, K).
        surcharge: Surcharges, $ per parcel, (K, Z).
        price_level: Consumer prices.
        reach: Share of households reached, (S, K, Z).
        mix: Destination mix without luck, (R, Z).
        month_mix: Destination mix of the month, (R, Z).
        national: Which carriers serve every address, (K,).
        min_coverage: Smallest reach of a primary carrier.
        known: What is added to constants by how well carriers are known, (R, K).
        home: Zones of each division, (R, Z), where carriers are primary where they deliver at home; None if not.
        reached_decide: Whether shippers decide for the addresses that a partial carrier reaches alone.
        hazard: Chance to reconsider.
        refusal_months: Months of refusal after which a shipper reconsiders.
        inertia: Utility of staying.
        enterprise_price: What enterprise shippers pay, (E, S, K).
        lagged: Their split last month, (E, S, K, Z).
        refused: Chance that a parcel is refused, (K, Z).
    """

    n_enterprise: int
    draws: Callable[[], tuple[Floats, Floats]]
    parcels: Floats
    discount: Floats
    price_coef: Floats
    division: Integers
    primary: Integers
    fallback: Integers
    refused_months: Integers
    constants: Floats
    level: Floats
    floor: Floats
    other_cost: Floats
    surcharge: Floats
    price_level: float
    reach: Floats
    mix: Floats
    month_mix: Floats
    national: NDArray[np.bool_]
    min_coverage: float
    known: Floats
    home: NDArray[np.bool_] | None
    reached_decide: bool
    hazard: float
    refusal_months: float
    inertia: float
    enterprise_price: Floats
    lagged: Floats
    refused: Floats

    def available(self, segment: int) -> NDArray[np.bool_]:
        """Which carriers can be primary, by division, (R, K)."""
        offered = np.isfinite(self.constants[segment])
        at_home = None if self.home is None else delivers_at_home(self.reach[segment], self.home)
        return np.asarray(primary_available(self.mix @ self.reach[segment].T, self.min_coverage, at_home) & offered)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes out of the month.

    Attributes:
        primary: Carrier of each row, (N, S); of small shippers only.
        refused_months: Months in a row of refusal, (N, S).
        volume: Parcels by group, segment, carrier and zone, (R + 1, S, K, Z).
        value: Dollars before surcharges, same shape.
    """

    primary: Integers
    refused_months: Integers
    volume: Floats
    value: Floats


def play_until_shippers(market: ParcelMarket) -> None:
    """Play the phases of a month that come before the shippers'."""
    market.ledger.open_month()
    for phase in PHASES:
        if phase.name == FIRST_SHIPPER_PHASE:
            return
        phase.run(market)


def take_month(market: ParcelMarket) -> ShipperMonth:
    """Take the month out of a market that stands before the shippers' phase, as copies."""
    set_reach(market)
    p, shippers, state = market.figures, market.shippers, market.state
    choice, tariffs, demand = state.choice, state.tariffs, state.flows.demand
    assert demand is not None
    size, month = shippers.primary.shape, market.month

    def draws() -> tuple[Floats, Floats]:
        first = market.streams.generator("reconsider", month).random((*size, 2))
        return first, market.streams.generator("refusal", month).random(size)

    allocation = state.flows.allocation
    assert allocation is not None
    return ShipperMonth(
        n_enterprise=shippers.n_enterprise,
        draws=draws,
        parcels=market.annual_parcels * demand.scale,
        discount=shippers.discount,
        price_coef=shippers.price_coef,
        division=shippers.division,
        primary=shippers.primary.copy(),
        fallback=shippers.fallback.copy(),
        refused_months=shippers.refused_months.copy(),
        constants=choice.constants,
        level=tariffs.offered.copy(),
        floor=tariffs.floor.copy(),
        other_cost=quality_cost(p, choice.perceived_on_time, choice.delay_by_carrier),
        surcharge=tariffs.surcharge.copy(),
        price_level=state.environment.price_level,
        reach=segment_reach(market),
        mix=market.mix,
        month_mix=demand.mix,
        national=market.national,
        min_coverage=p.primary_min_coverage,
        known=choice.known.T,
        home=market.home,
        reached_decide=p.reached_addresses_decide > 0.0,
        hazard=p.reconsider_hazard,
        refusal_months=p.refusal_months,
        inertia=p.switching_inertia,
        enterprise_price=np.where(
            np.isnan(choice.enterprise_price), enterprise_quotes(market), choice.enterprise_price
        ),
        lagged=choice.enterprise_share.copy(),
        refused=allocation.refused.copy(),
    )


class MarketMonth:
    """The same month as the market plays it, again and again from the same state."""

    def __init__(self, market: ParcelMarket, month: ShipperMonth) -> None:
        self._market, self._month = market, month

    def prepare(self) -> None:
        """Put the shippers back to the beginning of the month."""
        shippers = self._market.shippers
        shippers.primary[:], shippers.fallback[:] = self._month.primary, self._month.fallback
        shippers.refused_months[:] = self._month.refused_months
        self._market.state.choice.enterprise_share = self._month.lagged

    def run(self) -> Outcome:
        """Let the shippers choose, tender and count refusals."""
        market = self._market
        choose_carriers(market)
        count_refusals(market, self._month.refused)
        tender = market.state.flows.tender
        assert tender is not None
        return Outcome(market.shippers.primary, market.shippers.refused_months, tender.volume, tender.value)
