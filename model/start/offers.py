"""What carriers ask and shippers pay at the start: published shares and prices, surcharges, floors (ODD 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.geography import SEGMENTS, ZoneTable
from agents.rules.pricing import quote
from agents.shipper_table import ShipperTable
from model.billing import mean_peak_weight, month_surcharges, sum_over_carriers
from model.carriers import USPS, CarrierTable
from model.consideration import considered
from model.delivery_areas import area_rates
from model.operations import CostModel, StreetCosts, quote_floors, usps_mean_cost
from model.parameters import Parameters
from model.start.choice_constants import ChoiceSolution, StartError
from model.start.population import BILLION
from model.state import ChoiceState, Tariffs
from model.tender import small_shipper_tender

Floats = NDArray[np.float64]
VOLUMES_OF = 2024.5  # middle of the year of `volume_2024`
MOST_ADDED = 0.5  # of a segment; beyond it the published market is not the one that is simulated


def target_shares(p: Parameters, carriers: CarrierTable, time: float) -> Floats:
    """Shares of the non-Amazon market by segment and carrier, (S, K).

    The listed carriers have the published ones, regional carriers split theirs by their volumes of 2024 and by how many
    shippers considered them then and at the start. A carrier that the scenario
    adds has the parcels it was given, spread over segments like those of whom it starts like; all others leave room
    for them in proportion.

    Raises:
        StartError: The added carriers leave nothing for the others.
    """
    added = np.array(carriers.added)
    regional = np.array([group == "regional" for group in carriers.groups]) & ~added
    known = considered(p, time - carriers.launch) / considered(p, VOLUMES_OF - carriers.launch)
    split = np.where(regional, carriers.volume_2024 * known, 0.0)
    split = split / split.sum() if split.sum() > 0.0 else split
    rows = []
    for segment in SEGMENTS:
        share = np.where(added, 0.0, p.by(f"share_{segment}", carriers.like))
        share = np.where(regional, share * split, share)
        rows.append(share / share.sum())
    listed = np.array(rows)
    return listed if not added.any() else _with_added(p, carriers, listed, added)


def _with_added(p: Parameters, carriers: CarrierTable, listed: Floats, added: NDArray[np.bool_]) -> Floats:
    """The shares once added carriers have their parcels, (S, K)."""
    market = p.by_segment("volume_segment") * BILLION
    usual = np.array([p.by(f"share_{segment}", carriers.like) for segment in SEGMENTS]) * market[:, None]
    total = usual.sum(axis=0)
    parcels = usual * np.divide(carriers.volume_2024, total, out=np.zeros_like(total), where=total > 0.0)
    own = np.where(added, np.divide(parcels, market[:, None], out=np.zeros_like(parcels), where=market[:, None] > 0), 0)
    taken = own.sum(axis=1, keepdims=True)
    if not ((taken < MOST_ADDED).all() and (total[added] > 0.0).all()):
        names = ", ".join(name for name, new in zip(carriers.names, carriers.added, strict=True) if new)
        raise StartError(
            f"{names} would start with {taken.max():.0%} of a segment; allowed: less than {MOST_ADDED:.0%} together"
        )
    return np.asarray(listed * (1.0 - taken) + own)


def target_prices(p: Parameters, carriers: CarrierTable) -> Floats:
    """Published mean paid prices by segment and carrier, $ per parcel, (S, K)."""
    return np.array([p.by(f"price_{segment}", carriers.like) for segment in SEGMENTS])


@dataclass(frozen=True, slots=True, eq=False)
class StartSurcharges:
    """Surcharges at the start.

    Attributes:
        rural: Rural rate of the delivery-area surcharge, $ per parcel, (K,).
        area: Delivery-area surcharge by slice of addresses over the rural rate, (Z, P).
        peak: Peak surcharge, $ per parcel, (K,).
        mean: Their mean over the year, $ per parcel, (K, Z).
    """

    rural: Floats
    area: Floats
    peak: Floats
    mean: Floats


def start_surcharges(
    p: Parameters, zones: ZoneTable, carriers: CarrierTable, weight: Floats, before: Month
) -> StartSurcharges:
    """Surcharges that carriers ask for at the start.

    Args:
        p: Figures of the start year.
        zones: The zones.
        carriers: The carriers.
        weight: Share of parcels by zone, (Z,).
        before: First of the twelve months before the start, whose mean prices are known.
    """
    list_price = p.rural_surcharge_list * (1 - p.rural_surcharge_discount)
    charges = [like in ("ups", "fedex") and not own for like, own in zip(carriers.like, carriers.owned, strict=True)]
    rural = np.where(charges, list_price, 0.0)
    peak = np.where(carriers.owned, 0.0, p.peak_surcharge)
    area = area_rates(p, zones, weight)
    mean = month_surcharges(rural, peak, area.mean(axis=1), mean_peak_weight(p, before))
    return StartSurcharges(rural, area, peak, mean)


def start_floors(
    p: Parameters,
    zones: ZoneTable,
    costs: CostModel,
    street: StreetCosts,
    annual: Floats,
    price: Floats,
    shippers: ShipperTable,
) -> Floats:
    """Lowest quotes at the start, (S, K).

    USPS may not quote below attributable cost. Private carriers do sell below what the cost model calls marginal: the
    published mean price of UPS economy (7.50) is below its marginal cost (7.82). Their floor is therefore no higher
    than what their most discounted customer pays at the published mean price.
    """
    mean_usps = usps_mean_cost(costs, zones, 1.0, 1.0, 1.0)
    floor = quote_floors(costs, street, mean_usps, annual, 1.0)
    kept = np.average(1.0 - shippers.discount[:, None] * np.ones(len(SEGMENTS)), axis=0, weights=shippers.market_volume)
    most_discounted = price * ((1.0 - p.discount_max) / kept)[:, None]
    capped = np.minimum(floor, most_discounted)
    capped[:, USPS] = floor[:, USPS]
    return np.asarray(capped)


def start_tender(
    shippers: ShipperTable, solution: ChoiceSolution, floor: Floats, mix: Floats, coverage: Floats
) -> tuple[Floats, Floats]:
    """Parcels and dollars of the start year by group, segment, carrier and zone."""
    level, segments = solution.level, np.arange(len(SEGMENTS))
    discount = shippers.discount[:, None]
    small = shippers.small
    paid = quote(level[segments, shippers.primary], floor[segments, shippers.primary], discount)[small]
    fallback = quote(level[segments, shippers.fallback], floor[segments, shippers.fallback], discount)[small]
    volume, value = small_shipper_tender(shippers, shippers.market_volume[small], paid, fallback, mix, coverage)
    rows = shippers.enterprise
    price = quote(level, floor, shippers.discount[rows, None, None])
    parcels = shippers.market_volume[rows, :, None, None] * mix[shippers.division[rows]][:, None, None, :]
    big = parcels * solution.enterprise_share
    return np.concatenate([volume, big.sum(axis=0)[None]]), np.concatenate(
        [value, (big * price[..., None]).sum(axis=0)[None]]
    )


def opening_tariffs(level: Floats, floor: Floats, surcharges: StartSurcharges) -> Tariffs:
    """Price lists at their start levels.

    Args:
        level: List level before discounts, $ per parcel, (S, K).
        floor: Lowest quotes, $ per parcel, (S, K).
        surcharges: What `start_surcharges` found.
    """
    return Tariffs(
        level=level.copy(),
        floor=floor,
        start_level=level.copy(),
        rural=surcharges.rural,
        area=surcharges.area,
        peak=surcharges.peak,
        surcharge=surcharges.mean,
        list_growth=np.zeros(level.shape[1]),
        mean_surcharge=surcharges.mean,
        fill=np.zeros_like(level),
        follows=np.zeros(level.shape[1]),
    )


def opening_choice(
    p: Parameters,
    shippers: ShipperTable,
    solution: ChoiceSolution,
    on_time: Floats,
    tender: tuple[Floats, Floats],
    surcharge: Floats,
    taste: Floats,
    since: Floats,
) -> ChoiceState:
    """What shippers know and do at the start; no enterprise shipper has an agreement yet.

    Args:
        p: Figures of the start year.
        shippers: The shippers.
        solution: Choice constants, and how enterprise shippers split their parcels.
        on_time: On-time share that shippers believe in, (K,).
        tender: Parcels and dollars of the start year by group, segment, carrier and zone.
        surcharge: Mean surcharges, $ per parcel, (K, Z).
        taste: What enterprise shippers like a carrier more than others do, (E, S, K), or one number.
        since: Year in which each carrier began in each division, (K, R).
    """
    volume, value = tender
    paid, parcels = (part.sum(axis=(0, 3)) for part in (value + volume * surcharge, volume))
    return ChoiceState(
        constants=solution.constants.copy(),
        since=since,
        known=np.zeros_like(since),
        perceived_on_time=on_time,
        enterprise_share=solution.enterprise_share,
        enterprise_price=np.full((shippers.n_enterprise, *solution.level.shape), np.nan),
        price_index=np.ones((int(p.price_memory_months), len(SEGMENTS))),
        start_price=sum_over_carriers(paid) / sum_over_carriers(parcels),
        transit_delay=np.zeros(len(SEGMENTS)),
        enterprise_taste=taste,
    )
