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
from model.service import counted_miles, transit_days

type Floats = NDArray[np.float64]

OTHER = "other"  # networks that are neither national carriers of today nor regional ones
GROUPS = (*NATIONAL, REGIONAL, OTHER)


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
    what it hands over to USPS, and what Amazon leaves to others, goes to the sparser rest. Days and punctuality differ
    by distance to a regional centre, too; over the places of a zone they have the mean of the zone.

    Args:
        market: A market that has played a month.
        places: Places of the market's zones.
    """
    network, slices = market.state.network, places.slices
    amazon = _all_of_amazon(market, slices)
    service = _service(market, places, amazon)
    refused = _refused(_accepted_of_amazon(market), market.state.flows.demand.amazon_refused, slices)
    quoted, paid = _quoted(market, slices)
    amounts = {
        "of_amazon": amazon.sum(axis=0),
        "via_usps": amazon[USPS],
        "refused": refused,
        "ordered": amazon.sum(axis=0) + refused,
        "quoted": quoted,
        "paid": paid,
    }
    found = dict(zip(amounts, places.share(np.stack([*amounts.values()])), strict=True))
    everything = service.parcels.sum(axis=0)
    sells = ~np.array(market.carriers.owned)
    carriers = covered(network.coverage[sells], slices).sum(axis=0)
    reach = places.mean(np.stack([carriers, covered(network.coverage[AMAZON], slices)]))
    return {
        **{
            f"{name}_delivered_share": _ratio(each, everything)
            for name, each in zip(GROUPS, service.parcels, strict=True)
        },
        "amazon_parcels_usps_share": _ratio(found["via_usps"], found["of_amazon"]),
        "amazon_refused_share": _ratio(found["refused"], found["ordered"]),
        "carriers_count": reach[0],
        "amazon_reach_share": reach[1],
        "price_per_parcel_usd": _ratio(found["paid"], found["quoted"]),
        "transit_days": _ratio(service.days.sum(axis=0), everything),
        "on_time_share": _ratio(service.in_time.sum(axis=0), everything),
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0.0)


def measure_carriers(market: Economy, places: PlaceTable) -> dict[str, Floats]:
    """How fast and how punctually each group of carriers delivers in each place, in the month played last, (N,) each.

    `{group}_transit_days` and `{group}_on_time_share` for `GROUPS`; nan where a group brings nothing to the door.

    Args:
        market: A market that has played a month.
        places: Places of the market's zones.
    """
    service = _service(market, places, _all_of_amazon(market, places.slices))
    days, in_time = _ratio(service.days, service.parcels), _ratio(service.in_time, service.parcels)
    return {
        **{f"{name}_transit_days": each for name, each in zip(GROUPS, days, strict=True)},
        **{f"{name}_on_time_share": each for name, each in zip(GROUPS, in_time, strict=True)},
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Service:
    """By group of carriers and place, (G, N): parcels at the door, days that they took, and those on time."""

    parcels: Floats
    days: Floats
    in_time: Floats


def _service(market: Economy, places: PlaceTable, amazon: Floats) -> _Service:
    """What comes to the door, how long it took, and how much of it is on time.

    Args:
        market: The market.
        places: The places.
        amazon: Amazon's parcels by who brings them to the door, (K, Z, P).
    """
    slices, measures, differs = places.slices, market.usps.measures, market.service
    transit = transit_days(market.figures, market.state, differs, measures)
    door, days = amazon.copy(), amazon * transit.own[ECONOMY][:, :, None]
    refused = market.state.flows.demand.amazon_refused
    later = _later(market, _accepted_of_amazon(market), refused, slices)
    days[AMAZON] += mean_wait(market.figures.amazon_later_days) * later
    for segment, parcels in enumerate(_others_at_door(market, slices)):
        door += parcels
        days += parcels * transit.own[segment][:, :, None]
    handed = amazon[USPS] + _handed_by_others(market, slices)
    days[USPS] += handed * (transit.handed - transit.own[ECONOMY, USPS])[:, None]
    in_time = door * market.state.network.on_time[:, :, None]
    keys = np.array([key if key in GROUPS else OTHER for key in market.carriers.groups])
    by_group = np.stack([[each[keys == name].sum(axis=0) for name in GROUPS] for each in (door, days, in_time)])
    found = places.share(by_group)
    # Inside a zone, too, places far from a centre wait longer.
    miles = counted_miles(places.miles)
    by_mile = np.stack([places.uneven(each, miles) for each in by_group[0]])
    found[1] += differs.slower * by_mile
    found[2] -= differs.later * by_mile
    usps = GROUPS.index(NATIONAL[USPS])
    in_distress = differs.distress_slope * places.uneven(door[USPS], places.far)
    by_plan = places.uneven(np.maximum(door[USPS] - handed, 0.0), places.far)
    found[1, usps] += measures.extra_days * in_distress + measures.far_days * by_plan
    found[2, usps] -= measures.on_time_loss * in_distress + measures.far_on_time_loss * by_plan
    return _Service(*found)


def _all_of_amazon(market: Economy, slices: int) -> Floats:
    """Amazon's parcels of the month by who brings them to the door, (K, Z, P)."""
    return _amazon_parcels(_accepted_of_amazon(market), slices, market.state.flows.demand.amazon_refused)


def _accepted_of_amazon(market: Economy) -> Floats:
    """Amazon's parcels of the month by who accepted them, (K, Z)."""
    return np.asarray(market.state.flows.allocation.accepted[market.groups.amazon.all].sum(axis=(0, 1)))


def _handed_by_others(market: Economy, slices: int) -> Floats:
    """Parcels that other carriers bring to the delivery units of USPS, (Z, P)."""
    access = market.state.access
    return np.asarray(spread(access.bought, access.kept, access.reach, slices).sum(axis=0))


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
            by_itself[USPS] += _handed_by_others(market, slices)
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
