"""What people in each place get in a month of a market."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.geography import ECONOMY
from model.carriers import AMAZON, NATIONAL, REGIONAL, USPS
from model.economy import Economy
from model.phases.parcels import segment_reach
from model.places.spread import covered, spread
from model.places.table import PlaceTable
from model.service import counted_miles, transit_days

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
    own = market.state.flows.allocation.accepted[market.groups.amazon.all].sum(axis=(0, 1))
    amazon = _amazon_parcels(own, slices)
    transit = transit_days(market.figures, market.state, market.service, market.usps.measures)
    door, days = amazon.copy(), amazon * transit.own[ECONOMY][:, :, None]
    for segment, parcels in enumerate(_others_at_door(market, slices)):
        door += parcels
        days += parcels * transit.own[segment][:, :, None]
    handed = amazon[USPS] + _handed_by_others(market, slices)
    days[USPS] += handed * (transit.handed - transit.own[ECONOMY, USPS])[:, None]
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
        "quoted": quoted,
        "paid": paid,
    }
    found = dict(zip(amounts, places.share(np.stack([*amounts.values()])), strict=True))
    later, missed = _by_distance(market, places, door, handed)
    found["days"], found["in_time"] = found["days"] + later, found["in_time"] - missed
    sells = ~np.array(market.carriers.owned)
    carriers = covered(network.coverage[sells], slices).sum(axis=0)
    reach = places.mean(np.stack([carriers, covered(network.coverage[AMAZON], slices)]))
    return {
        **{f"{name}_delivered_share": _ratio(found[name], found["all"]) for name in by_group},
        "amazon_parcels_usps_share": _ratio(found["via_usps"], found["of_amazon"]),
        "carriers_count": reach[0],
        "amazon_reach_share": reach[1],
        "price_per_parcel_usd": _ratio(found["paid"], found["quoted"]),
        "transit_days": _ratio(found["days"], found["all"]),
        "on_time_share": _ratio(found["in_time"], found["all"]),
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0.0)


def _by_distance(market: Economy, places: PlaceTable, door: Floats, handed: Floats) -> tuple[Floats, Floats]:
    """Days more and parcels on time less than in the mean of the zone, where places lie far from a centre, (N,) each.

    Args:
        market: The market.
        places: The places.
        door: Parcels by who brings them to the door, (K, Z, P).
        handed: Those that others bring to the delivery units of USPS, (Z, P).
    """
    service, measures = market.service, market.usps.measures
    by_mile = places.uneven(door.sum(axis=0), counted_miles(places.miles))
    in_distress = service.distress_slope * places.uneven(door[USPS], places.far)
    by_plan = places.uneven(np.maximum(door[USPS] - handed, 0.0), places.far)
    later = service.slower * by_mile + measures.extra_days * in_distress + measures.far_days * by_plan
    missed = service.later * by_mile + measures.on_time_loss * in_distress + measures.far_on_time_loss * by_plan
    return np.asarray(later), np.asarray(missed)


def _handed_by_others(market: Economy, slices: int) -> Floats:
    """Parcels that other carriers bring to the delivery units of USPS, (Z, P)."""
    access = market.state.access
    return np.asarray(spread(access.bought, access.kept, access.reach, slices).sum(axis=0))


def _amazon_parcels(accepted: Floats, slices: int) -> Floats:
    """Amazon's parcels by who accepted them, (K, Z) to (K, Z, P).

    Itself it delivers the densest addresses, USPS the sparsest, others those between.
    """
    total = np.maximum(accepted.sum(axis=0), 1e-12)
    own, usps = accepted[AMAZON] / total, accepted[USPS] / total
    first = np.broadcast_to(own, accepted.shape).copy()
    last = np.broadcast_to(1.0 - usps, accepted.shape).copy()
    first[AMAZON], last[AMAZON] = 0.0, own
    first[USPS], last[USPS] = 1.0 - usps, 1.0
    return spread(accepted, first, last, slices)


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
    both = spread(np.stack([parcels, value]), np.zeros_like(reach), reach, slices).sum(axis=(1, 2))
    return both[0], both[1]
