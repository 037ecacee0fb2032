"""Who delivers how fast and how punctually where: what distance and density add to a carrier's national figures.

A carrier's national mean at the start stays what is published; places far from a regional centre lie below it, close
ones above (ODD 7.7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.geography import ECONOMY, ZoneTable
from agents.rules.distress import Measures
from model.carriers import USPS
from model.distances import zone_distances
from model.parameters import Parameters
from model.state import MarketState

type Floats = NDArray[np.float64]

MILES = 100.0  # in which slopes are given
LONGEST = 300.0  # road miles to a centre beyond which parcels fly and distance adds nothing more


@dataclass(frozen=True, slots=True, eq=False)
class ServiceByPlace:
    """What is different from a carrier's national mean, by zone.

    Attributes:
        on_time: Added to the share on time, (K, Z); mean 0 over a carrier's parcels at the start.
        days: Added to days in transit, (K, Z); mean 0 likewise.
        far: Share of households beyond 50 miles from a regional centre, (Z,).
        far_mean: Its mean over the parcels that come through the regional centres of USPS at the start.
        distress: What slower service of USPS in distress means there over the national mean, (Z,); mean 1 over what it
            delivers at the start.
        distress_slope: How much more that is beyond 50 miles than within.
        slower: Days more for each 100 miles to a regional centre.
        later: On-time share less for each 100 miles.
        flat: Nothing differs by place, whatever USPS does for far places.
    """

    on_time: Floats
    days: Floats
    far: Floats
    far_mean: float
    distress: Floats
    distress_slope: float
    slower: float
    later: float
    flat: bool


def service_by_place(p: Parameters, zones: ZoneTable, annual: Floats, through: Floats) -> ServiceByPlace:
    """Work out the differences between zones from distance and density.

    Args:
        p: Figures.
        zones: The zone table.
        annual: Parcels a year by who brings them to the door at the start, (K, Z).
        through: Those that come through the regional centres of USPS, (Z,).
    """
    distances = zone_distances(zones)
    miles = counted_miles(distances.centre)
    sparse = -np.log2(zones.density)
    weight = np.where(annual.sum(axis=1, keepdims=True) > 0.0, annual, zones.households)
    weight = weight / weight.sum(axis=1, keepdims=True)

    def around_mean(each: Floats) -> Floats:
        return np.asarray(each - (weight * each).sum(axis=1, keepdims=True))

    less = p.on_time_per_100_miles * miles + p.on_time_per_halving * sparse
    slower = p.transit_days_per_100_miles * miles
    flat = not (p.on_time_per_100_miles or p.on_time_per_halving or p.transit_days_per_100_miles)
    far = float(weight[USPS] @ distances.far)
    by_far = p.distress_by_distance if far > 0.0 else 0.0
    nothing = np.zeros_like(annual)
    return ServiceByPlace(
        on_time=nothing if flat else around_mean(-less),
        days=nothing if flat else around_mean(slower),
        far=distances.far,
        far_mean=float(through @ distances.far / through.sum()) if through.sum() > 0.0 else far,
        distress=1.0 + by_far * (distances.far / far - 1.0) if by_far > 0.0 else np.ones(zones.n_zones),
        distress_slope=by_far / far if by_far > 0.0 else 0.0,
        slower=p.transit_days_per_100_miles,
        later=p.on_time_per_100_miles,
        flat=flat and by_far == 0.0,
    )


def counted_miles(miles: Floats) -> Floats:
    """Hundreds of road miles that make delivery later."""
    return np.asarray(np.minimum(miles, LONGEST) / MILES)


def on_time_base(base: Floats, service: ServiceByPlace, measures: Measures, through: Floats) -> Floats:
    """Share on time without congestion, by carrier and zone, (K, Z).

    Args:
        base: National means, (K,).
        service: Differences by place.
        measures: What USPS does this month.
        through: Share of what USPS delivers that comes through its regional centres, (Z,).
    """
    found = base[:, None] + service.on_time
    found[USPS] -= measures.on_time_loss * service.distress
    if measures.far_on_time_loss > 0.0:
        found[USPS] -= measures.far_on_time_loss * service.far * through
    return np.asarray(found)


def late_staff(utilisation: Floats, load: Floats, p: Parameters) -> Floats:
    """Utilisation of USPS where its staff cannot do the work of the month in normal time and overtime, (Z,).

    What it can do is the staff in place and a margin of overtime; a zone that needs just that stands at the threshold
    of congestion. USPS refuses nothing: it is late.

    Args:
        utilisation: Of its national sorting, (Z,).
        load: Staff that is needed over staff in place, (Z,).
        p: Figures.
    """
    most = 1.0 + p.usps_overtime_margin
    staff = p.congestion_threshold * load / most
    return np.where((load > most) & (p.usps_zone_capacity > 0.0), np.maximum(utilisation, staff), utilisation)


@dataclass(frozen=True, slots=True, eq=False)
class TransitDays:
    """Days in transit this month.

    Attributes:
        own: Of parcels that a carrier brings to the door through its own network, (S, K, Z).
        handed: Of economy parcels that others bring to the delivery units of USPS, (Z,).
    """

    own: Floats
    handed: Floats


def transit_days(p: Parameters, state: MarketState, service: ServiceByPlace, measures: Measures) -> TransitDays:
    """Days in transit by segment, carrier and zone.

    Args:
        p: Figures.
        state: The state of the market.
        service: Differences by place.
        measures: What USPS does this month; its plan for far places slows what comes through its regional centres.
    """
    delay = state.choice.transit_delay[:, None, None] + np.zeros_like(service.days)
    delay[:, USPS] += measures.extra_days * service.distress
    own = p.by_segment("transit_days")[:, None, None] + delay + service.days
    handed = own[ECONOMY, USPS].copy()
    own[:, USPS] += measures.far_days * service.far
    return TransitDays(own, handed)
