"""Big shippers at the start: their parcels come out of those of others, carrier by carrier and service by service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS, ZoneTable
from agents.rules.pricing import quote, volume_discount
from agents.rules.tendering import SplitCase, split_parcels
from agents.shipper_table import ShipperTable
from model.big_shippers import MILLION, SELLERS, BigShipperData
from model.carriers import CarrierTable
from model.parameters import Parameters
from model.start.choice_constants import MAX_ITERATIONS, TOLERANCE, ChoiceSolution, StartError
from model.start.customers import settle_customers
from model.start.population import Population
from model.start.small_rows import ChoiceSetting

Floats = NDArray[np.float64]
ROUNDS = 8
SAME_PRICE = 1e-4  # $ per parcel


@dataclass(frozen=True, slots=True)
class BigStart:
    """What big shippers ship at the start, B of them.

    Attributes:
        parcels: Parcels a year by service, (B, S): spread over services like those of all other shippers.
        share: Share of each carrier in them by service, (B, S, K).
        mix: Share of each zone in them, (B, Z).
    """

    parcels: Floats
    share: Floats
    mix: Floats

    @property
    def by_carrier(self) -> Floats:
        """Their parcels a year by service and carrier, (S, K)."""
        return np.asarray((self.parcels[..., None] * self.share).sum(axis=0))


def big_start(
    shippers: Mapping[str, BigShipperData], carriers: CarrierTable, zones: ZoneTable, mix: Floats, segments: Floats
) -> BigStart:
    """What the big shippers of a scenario ship at the start.

    Args:
        shippers: By key.
        carriers: The carriers.
        zones: The zones.
        mix: Share of each zone in all parcels, (Z,): inside a zone type theirs go where others' go.
        segments: Parcels a year of all others than Amazon by service, (S,).
    """
    sellers = [carriers.keys.index(key) for key in SELLERS]
    by_type = np.bincount(zones.zone_type, weights=mix)
    share = np.zeros((len(shippers), len(SEGMENTS), carriers.n_carriers))
    places = np.empty((len(shippers), zones.n_zones))
    for place, one in enumerate(shippers.values()):
        share[place][:, sellers] = one.by_seller
        places[place] = mix * (one.by_zone_type / by_type)[zones.zone_type]
    size = np.array([one.parcels * MILLION for one in shippers.values()])
    return BigStart(size[:, None] * segments / segments.sum(), share, places)


@dataclass(frozen=True, slots=True)
class Published:
    """What is published of all shippers but Amazon.

    Attributes:
        share: Shares of carriers, (S, K).
        price: Mean paid price with surcharges, $ per parcel, (S, K).
        segments: Parcels a year by service, (S,).
    """

    share: Floats
    price: Floats
    segments: Floats


def settle_with_big_shippers(
    p: Parameters,
    population: Population,
    setting: ChoiceSetting,
    published: Published,
    big: BigStart,
    order: Floats,
) -> tuple[ShipperTable, ChoiceSolution, Floats]:
    """Solve the start so that big shippers and all others together meet the published shares and prices.

    What big shippers pay follows from the price lists, and these from what is left of the published prices for others:
    a few rounds find both.

    Args:
        p: Figures of the start year.
        population: All others, without carriers.
        setting: What they face.
        published: Shares and prices to meet.
        big: Big shippers.
        order: See `settle_customers`.

    Returns:
        All shippers; the solution; the taste of enterprise rows for carriers, (E, S, K).

    Raises:
        StartError: There is no such start.
    """
    share, theirs = _share_of_others(published, big), big.by_carrier
    all_parcels = published.share * published.segments[:, None]
    paid = published.price
    for _ in range(ROUNDS):
        left = all_parcels - theirs
        money = all_parcels * published.price - theirs * paid
        price = np.divide(money, left, out=published.price.copy(), where=left > 0.0)
        try:
            shippers, solution = settle_customers(population.shippers, setting, share, price, population.uniform, order)
        except StartError as error:
            raise StartError(
                f"shippers: they ship {big.parcels.sum() / MILLION:,.0f} million parcels a year, and what they leave "
                f"of the published shares and prices no market of all others can meet: {error}"
            ) from error
        table, solution, taste = with_big_shippers(p, shippers, solution, setting, big)
        before, paid = paid, _paid(table, solution, setting, big)
        if np.abs(paid - before).max() < SAME_PRICE:
            break
    return table, solution, taste


def _paid(shippers: ShipperTable, solution: ChoiceSolution, setting: ChoiceSetting, big: BigStart) -> Floats:
    """Mean price with surcharges that big shippers pay each carrier, $ per parcel, (S, K); 0 where they pay nothing."""
    rows = slice(shippers.n_enterprise - len(big.parcels), shippers.n_enterprise)
    price = quote(solution.level, setting.floor, shippers.discount[rows, None, None])
    parcels = solution.enterprise_share[rows] * (big.parcels[..., None] * big.mix[:, None])[:, :, None]
    money = (parcels * (price[..., None] + setting.surcharge)).sum(axis=(0, 3))
    total = parcels.sum(axis=(0, 3))
    return np.divide(money, total, out=np.zeros_like(total), where=total > 0.0)


def _share_of_others(published: Published, big: BigStart) -> Floats:
    """Shares of carriers in what all other shippers leave to them, (S, K), so that every carrier keeps its parcels.

    Raises:
        StartError: Big shippers would give a carrier more than it carries.
    """
    left = published.share * published.segments[:, None] - big.by_carrier
    if (left < 0.0).any() or (left[big.by_carrier > 0.0] == 0.0).any():
        raise StartError(
            f"shippers: they ship {big.parcels.sum() / MILLION:,.0f} million parcels a year, and give a carrier more "
            "of a service than it carries at the start; allowed: less than that"
        )
    return np.asarray(left / left.sum(axis=1, keepdims=True))


def with_big_shippers(
    p: Parameters, shippers: ShipperTable, solution: ChoiceSolution, setting: ChoiceSetting, big: BigStart
) -> tuple[ShipperTable, ChoiceSolution, Floats]:
    """Put big shippers behind the enterprise shippers; what each likes of a carrier is inverted from its start.

    Args:
        p: Figures of the start year.
        shippers: All others.
        solution: Choice constants and levels at which these meet the published shares.
        setting: What they face.
        big: What the big shippers ship; each has a row of its own in the mix, behind the home divisions.

    Returns:
        All shippers; the solution with the split of the new rows; the taste of all enterprise rows, (E, S, K).
    """
    first, size = shippers.n_enterprise, big.parcels.sum(axis=1)
    discount = volume_discount(size, p.discount_base, p.discount_per_decade, p.discount_base_volume, p.discount_max)
    coef = np.repeat(p.by_segment("price_coef")[None], len(size), axis=0)
    price = quote(solution.level, setting.floor, discount[:, None, None])
    found = [_taste(solution.constants, price[i], coef[i], setting, big, i) for i in range(len(size))]
    split = np.array([one for one, _ in found])
    largest = big.share.argmax(axis=2)
    rows = {
        "annual_volume": big.parcels,
        "weight": np.ones(len(size)),
        "discount": discount,
        "price_coef": coef,
        "division": len(setting.mix) + np.arange(len(size)),
        "primary": largest,
        "fallback": largest,
        "refused_months": np.zeros_like(largest),
        "switches": np.zeros(len(size)),
    }
    columns = {}
    for field in fields(shippers):
        if field.name in rows:
            old = getattr(shippers, field.name)
            new = np.asarray(rows[field.name]).astype(old.dtype)
            columns[field.name] = np.concatenate([old[:first], new, old[first:]])
    table = ShipperTable(n_enterprise=first + len(size), **columns)
    taste = np.concatenate([np.zeros((first, *solution.constants.shape)), [one for _, one in found]])
    share = np.concatenate([solution.enterprise_share, split])
    return table, replace(solution, enterprise_share=share), taste


def _taste(
    constants: Floats, price: Floats, coef: Floats, setting: ChoiceSetting, big: BigStart, place: int
) -> tuple[Floats, Floats]:
    """Stationary split of one big shipper, (S, K, Z), and its taste, (S, K), at which it gives carriers what it does.

    Raises:
        StartError: A carrier to which it would give parcels offers no such service.
    """
    wanted, mix = big.share[place], big.mix[place]
    if not np.isfinite(constants[wanted > 0.0]).all():
        raise StartError("shippers: a carrier that carries some of their parcels at the start does not offer a service")
    uses = wanted > 0.0
    target = np.log(np.where(uses, wanted, 1.0))
    taste = np.where(uses, target - np.where(uses, constants, 0.0), -np.inf)
    split = np.repeat(wanted[None, :, :, None], len(mix), axis=3)
    for _ in range(MAX_ITERATIONS):
        case = SplitCase(
            constants=constants + taste,
            price=price[None],
            surcharge=setting.surcharge,
            quality_cost=setting.other_cost,
            lagged=split,
            reach=setting.coverage,
            national=setting.national,
        )
        split = split_parcels(case, coef[None], setting.inertia)
        gap = np.where(uses, target - np.log(np.where(uses, split[0] @ mix, 1.0)), 0.0)
        taste = taste + gap
        if np.abs(gap).max() < TOLERANCE:
            return split[0], taste
    raise StartError("shippers: no taste gives carriers the shares of their parcels that the scenario states")
