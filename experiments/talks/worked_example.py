"""The bargaining without the market around it: one worked example, and a Monte Carlo of its talks.

Both come from the same functions that the market uses, and tests hold them against values found independently.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from agents.bargaining import (
    Concession,
    PriceStructure,
    SliceValues,
    Stakes,
    Talks,
    group_stakes,
    nash_price,
    price_groups,
    private_noise,
    tendered,
)
from agents.geography import ZONE_TYPES
from experiments.talks.national_cells import BILLION, national_values
from model.parameters import Parameters
from model.phases.negotiation import alternating_offers

DENSITY_POINTS, NOISE_POINTS = 400, 41
DRAWS = 40_000
#: What is varied: added to what USPS would take, $ per parcel, and the exponent of both sides.
CASES: dict[str, tuple[float, float | None]] = {
    "base": (0.0, None),
    "seller believes $0.40 more": (0.4, None),
    "seller believes $0.80 more": (0.8, None),
    "both hold out (exponents 0.3)": (0.0, 0.3),
    "both concede early (exponents 1.5)": (0.0, 1.5),
}


@dataclass(frozen=True)
class Thread:
    """One price of the worked example: parcels a year in billions, prices in $ per parcel."""

    name: str
    volume: float
    seller_reservation: float
    buyer_reservation: float
    nash_price: float
    protocol_price: float
    protocol_round: int


@dataclass(frozen=True)
class Structure:
    """What a price structure keeps of the parcels, and what it brings USPS, at one mean price.

    Attributes:
        mean_price: $ per parcel.
        kept_uniform: Share that stays under one price for all.
        contribution_uniform: bn $ a year there.
        kept_by_type: Share that stays slice by slice under one price for each zone type, without a commitment.
        contribution_by_type: bn $ a year there.
        contribution_committed: bn $ a year where whole zone types are committed.
    """

    mean_price: float
    kept_uniform: float
    contribution_uniform: float
    kept_by_type: float
    contribution_by_type: float
    contribution_committed: float


@dataclass(frozen=True)
class TalksCase:
    """Result of one case of the Monte Carlo: shares of all talks, $ per parcel and rounds of those that agree."""

    name: str
    zone_of_agreement: float
    deal_by_commitment: float
    deal_by_expiry: float
    mean_price: float
    mean_round: float


def worked_threads(p: Parameters) -> list[Thread]:
    """One thread by zone type and one for all together, without private noise."""
    values, zone_type = _values(p)
    found = []
    structures: tuple[PriceStructure, ...] = ("by_zone_type", "uniform")
    for structure in structures:
        groups = price_groups(structure, np.arange(len(ZONE_TYPES)), ZONE_TYPES)
        stakes = group_stakes(values, groups.of_zone[zone_type], len(groups.names))
        nash = nash_price(stakes, p.seller_bargaining_weight)
        talks = _play(p, _open(p, groups.names), stakes)
        found += [
            Thread(
                name,
                float(stakes.quantity[g]) / BILLION,
                float(stakes.seller[g]),
                float(stakes.buyer[g]),
                float(nash[g]),
                float(talks.price[g]),
                int(talks.closed_round[g]),
            )
            for g, name in enumerate(groups.names)
        ]
    return found


def worked_structure(p: Parameters) -> Structure:
    """Nash prices by zone type beside one uniform price of the same mean."""
    values, zone_type = _values(p)
    stakes = group_stakes(values, zone_type, len(ZONE_TYPES))
    price = nash_price(stakes, p.seller_bargaining_weight)
    mean = float(price @ stakes.quantity / stakes.quantity.sum())
    total = float(values.volume.sum())
    kept, earned = [], []
    for group, prices in ((np.zeros_like(zone_type), np.array([mean])), (zone_type, price)):
        kept.append(float(tendered(values, group, prices).sum()) / total)
        takes = values.efficient & (values.buyer >= prices[group])
        earned.append(float((values.volume * (prices[group] - values.attributable_cost))[takes].sum()) / BILLION)
    committed = float(stakes.quantity @ (price - stakes.statutory_floor)) / BILLION
    return Structure(mean, kept[0], earned[0], kept[1], earned[1], committed)


def monte_carlo(p: Parameters, seed: int = 1, draws: int = DRAWS) -> list[TalksCase]:
    """Uniform talks with private noise on both sides, many times, for each of `CASES`.

    Args:
        p: Parameters.
        seed: Seed of the noise and of the breakdowns, the same in all cases.
        draws: Talks by case.
    """
    values, zone_type = _values(p)
    uniform = group_stakes(values, np.zeros_like(zone_type), 1)
    names = tuple(f"talks {i}" for i in range(draws))  # talks of their own, as threads that nothing connects
    return [
        _case(p, name, _many(uniform, draws, more), names, exponent, seed) for name, (more, exponent) in CASES.items()
    ]


def _case(
    p: Parameters, name: str, stakes: Stakes, names: tuple[str, ...], exponent: float | None, seed: int
) -> TalksCase:
    rng = np.random.default_rng(seed)
    noise = private_noise(rng.standard_normal((2, len(names))), p.reservation_belief_sd, p.price_access_amazon)
    opened = _open(p, names, noise)
    talks = _play(p, opened, stakes, rng, exponent)
    closed = ~talks.open
    return TalksCase(
        name,
        float(opened.closable(stakes).mean()),
        float((closed & (talks.closed_round <= opened.commitment_round)).mean()),
        float(closed.mean()),
        float(talks.price[closed].mean()),
        float(talks.closed_round[closed].mean()),
    )


def _many(stakes: Stakes, n: int, more: float) -> Stakes:
    ones = np.ones(n)
    fields = ("quantity", "buyer", "statutory_floor", "published")
    repeated = {name: getattr(stakes, name) * ones for name in fields}
    return Stakes(**repeated, seller=(stakes.seller + more) * ones)


def _open(p: Parameters, names: tuple[str, ...], noise: tuple[np.ndarray, np.ndarray] | None = None) -> Talks:
    quiet = (np.zeros(len(names)), np.zeros(len(names)))
    lead, build = int(p.opening_lead_strategic), int(p.build_lead_months)
    return Talks.opened(names, p.price_access_amazon, lead, build, noise=noise or quiet)


def _play(
    p: Parameters, talks: Talks, stakes: Stakes, rng: np.random.Generator | None = None, exponent: float | None = None
) -> Talks:
    """Play all rounds to the expiry; without luck no talks break off."""
    procedure = alternating_offers(p)
    if exponent is not None:
        tactics = Concession(exponent, p.aspiration_gap)
        procedure = replace(procedure, buyer=tactics, seller=tactics)
    for round_ in range(1, talks.expiry_round + 1):
        draw = rng.random(len(talks.groups)) if rng is not None else 1.0
        talks = procedure.advance(talks, round_, stakes, draw)
    return talks


@cache
def _values(p: Parameters) -> tuple[SliceValues, np.ndarray]:
    return national_values(p, DENSITY_POINTS, NOISE_POINTS)
