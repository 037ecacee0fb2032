"""What people in each place get in a month of a market."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.geography import ECONOMY
from agents.rules.leaving import mean_wait
from model.carriers import AMAZON, NATIONAL, REGIONAL, USPS
from model.economy import Economy
from model.phases.measuring import later_parcels
from model.phases.parcels import segment_reach
from model.places.spread import covered, spread
from model.places.table import PlaceTable

type Floats = NDArray[np.float64]

OTHER = "other"  # networks that are neither national carriers of today nor regional ones


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that people in a place get.

    Attributes:
        name: Name; the unit is its end.
        meaning: One line.
        worse: 1 where more of it is worse for people there, -1 where less is, 0 where neither is.
        words: What a place has where it is worse, for people.
    """

    name: str
    meaning: str
    worse: int = 0
    words: str = ""


MEASURES: tuple[Measure, ...] = (
    Measure("usps_delivered_share", "Parcels that USPS brings to the door"),
    Measure("amazon_delivered_share", "Parcels that Amazon brings to the door"),
    Measure("ups_delivered_share", "Parcels that UPS brings to the door"),
    Measure("fedex_delivered_share", "Parcels that FedEx brings to the door"),
    Measure("regional_delivered_share", "Parcels that regional carriers bring to the door"),
    Measure("other_delivered_share", "Parcels that other networks bring to the door"),
    Measure("amazon_parcels_usps_share", "Amazon's parcels that USPS brings to the door"),
    Measure("amazon_refused_share", "Orders from Amazon that it does not take", 1, "orders refused"),
    Measure("carriers_count", "Carriers with own routes, mean over households", -1, "fewer carriers"),
    Measure("amazon_reach_share", "Households that Amazon's own routes reach"),
    Measure("price_per_parcel_usd", "Price that others than Amazon pay, surcharges included", 1, "dearer delivery"),
    Measure("transit_days", "Days from shipper to door", 1, "slower delivery"),
    Measure("on_time_share", "Parcels that arrive on time", -1, "less punctual delivery"),
)


def measure_places(market: Economy, places: PlaceTable) -> dict[str, Floats]:
    """Work out `MEASURES` for the month that a market has played last, (N,) each; nan where there are no parcels.

    Inside a zone every household gets as much. A carrier's parcels go to the households that it covers, densest first;
    what it hands over to USPS, and what Amazon leaves to others, goes to the sparser rest.

    Args:
        market: A market that has played a month.
        places: Places of the market's zones.
    """
    network, slices = market.state.network, places.slices
    own = market.state.flows.allocation.accepted[market.groups.amazon.all].sum(axis=(0, 1))
    demand = market.state.flows.demand
    refused = _refused(own, demand.amazon_refused, slices)
    amazon = _amazon_parcels(own, slices, demand.amazon_refused)
    door, days = amazon.copy(), amazon * _days(market)[ECONOMY][:, None, None]
    days[AMAZON] += mean_wait(market.figures.amazon_later_days) * _later(market, own, demand.amazon_refused, slices)
    for segment, parcels in enumerate(_others_at_door(market, slices)):
        door += parcels
        days += parcels * _days(market)[segment][:, None, None]
    in_time = (door * network.on_time[:, :, None]).sum(axis=0)
    quoted, paid = _quoted(market, slices)
    groups = np.array([key if key in NATIONAL or key == REGIONAL else OTHER for key in market.carriers.groups])
    by_group = {name: door[groups == name].sum(axis=0) for name in (*NATIONAL, REGIONAL, OTHER)}
    everything, of_amazon = door.sum(axis=0), amazon.sum(axis=0)
    amounts = {
        **by_group,
        "all": everything,
        "in_time": in_time,
        "days": days.sum(axis=0),
        "of_amazon": of_amazon,
        "via_usps": amazon[USPS],
        "refused": refused,
        "ordered": of_amazon + refused,
        "quoted": quoted,
        "paid": paid,
    }
    found = dict(zip(amounts, places.share(np.stack([*amounts.values()])), strict=True))
    sells = ~np.array(market.carriers.owned)
    carriers = covered(network.coverage[sells], slices).sum(axis=0)
    reach = places.mean(np.stack([carriers, covered(network.coverage[AMAZON], slices)]))
    return {
        **{f"{name}_delivered_share": _ratio(found[name], found["all"]) for name in by_group},
        "amazon_parcels_usps_share": _ratio(found["via_usps"], found["of_amazon"]),
        "amazon_refused_share": _ratio(found["refused"], found["ordered"]),
        "carriers_count": reach[0],
        "amazon_reach_share": reach[1],
        "price_per_parcel_usd": _ratio(found["paid"], found["quoted"]),
        "transit_days": _ratio(found["days"], found["all"]),
        "on_time_share": _ratio(found["in_time"], found["all"]),
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0.0)


def _days(market: Economy) -> Floats:
    """Days in transit by segment and carrier, (S, K)."""
    return np.asarray(market.figures.by_segment("transit_days")[:, None] + market.state.choice.delay_by_carrier)


def _amazon_parcels(accepted: Floats, slices: int, refused: Floats | float = 0.0) -> Floats:
    """Amazon's parcels by who accepted them, (K, Z) to (K, Z, P).

    Itself it delivers the densest addresses, USPS the sparsest that it serves, others those between; beyond are those
    of refused orders.
    """
    total = np.maximum(accepted.sum(axis=0) + refused, 1e-12)
    own, usps, served = accepted[AMAZON] / total, accepted[USPS] / total, 1.0 - refused / total
    first = np.broadcast_to(own, accepted.shape).copy()
    last = np.broadcast_to(served - usps, accepted.shape).copy()
    first[AMAZON], last[AMAZON] = 0.0, own
    first[USPS], last[USPS] = served - usps, served
    return spread(accepted, first, last, slices)


def _refused(accepted: Floats, refused: Floats, slices: int) -> Floats:
    """Refused orders of Amazon, (Z,) to (Z, P): the sparsest addresses."""
    total = np.maximum(accepted.sum(axis=0) + refused, 1e-12)
    return spread(refused, 1.0 - refused / total, np.ones_like(refused), slices)


def _later(market: Economy, accepted: Floats, refused: Floats, slices: int) -> Floats:
    """Parcels that Amazon brings on fewer days, (Z, P): the sparsest that it delivers itself."""
    later, own = later_parcels(market), accepted[AMAZON]
    total = np.maximum(accepted.sum(axis=0) + refused, 1e-12)
    return spread(later, np.maximum(own - later, 0.0) / total, own / total, slices)


def _others_at_door(market: Economy, slices: int) -> list[Floats]:
    """Parcels of others than Amazon by who brings them to the door, one (K, Z, P) for each segment."""
    access, coverage = market.state.access, market.state.network.coverage
    of_amazon = market.state.flows.allocation.accepted[market.groups.amazon.all].sum(axis=0)
    sold = market.state.flows.allocation.accepted.sum(axis=0) - of_amazon
    nothing = np.zeros_like(coverage)
    found = []
    for segment, parcels in enumerate(sold):
        if segment == ECONOMY:
            by_itself = spread(np.maximum(parcels - access.bought, 0.0), nothing, access.kept, slices)
            by_itself[USPS] += spread(access.bought, access.kept, access.reach, slices).sum(axis=0)
        else:
            by_itself = spread(parcels, nothing, coverage, slices)
        found.append(by_itself)
    return found


def _quoted(market: Economy, slices: int) -> tuple[Floats, Floats]:
    """Parcels of others than Amazon and what they pay with surcharges, $, (Z, P) each."""
    allocation, tendered = market.state.flows.allocation, market.groups.tendered
    parcels = allocation.accepted[tendered].sum(axis=0)
    parcels[:, market.groups.own_networks] = 0.0  # nobody is paid for these
    value = allocation.value[tendered].sum(axis=0) + parcels * market.state.tariffs.surcharge
    reach = segment_reach(market)
    both = spread(np.stack([parcels, value]), np.zeros_like(reach), reach, slices)
    quoted, paid = both.sum(axis=(1, 2))
    return quoted, paid + (both[0] * _beyond_zone_mean(market, both[0])).sum(axis=(0, 1))


def _beyond_zone_mean(market: Economy, quoted: Floats) -> Floats:
    """Delivery-area surcharge of a slice over the mean of its zone, tier and extra, $ per parcel, (S, K, Z, P).

    Carriers bill a zone its mean; inside it each place pays by its tier.

    Args:
        market: A market.
        quoted: Parcels by slice, (S, K, Z, P).
    """
    tariffs = market.state.tariffs
    found = _over_mean(tariffs.area, quoted) * tariffs.rural[:, None, None]
    for carrier, extra in tariffs.extra.items():
        found[:, carrier] += _over_mean(extra, quoted[:, carrier])
    return found


def _over_mean(rates: Floats, quoted: Floats) -> Floats:
    """Rates over their mean in a zone, (Z, cells) for parcels by slice, (..., Z, P), to (..., Z, P)."""
    (zones, cells), slices = rates.shape, quoted.shape[-1]
    rates = np.repeat(rates, slices, axis=1).reshape(zones, slices, cells).mean(axis=2)
    total = quoted.sum(axis=-1)
    mean = np.divide((quoted * rates).sum(axis=-1), total, out=np.zeros_like(total), where=total > 0.0)
    return np.asarray(rates - mean[..., None])
