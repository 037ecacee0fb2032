"""Where a carrier that buys the last mile beyond its routes builds routes of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.rules.capacity import cut_to_limit, whole_stations
from agents.rules.make_or_buy import desired_coverage

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ExtensionCase:
    """What a carrier knows of the places beyond its routes, (Z,) where not said otherwise.

    Attributes:
        bought: Parcels a year that it buys there and might deliver itself.
        places: Zones where there are any, (L,).
        cost: Its own long-run cost there by percentile, densest first, $ per parcel, (L, P).
        price: Price of access, $ per parcel.
        injection_cost: Cost of dropping parcels at the seller, $ per parcel.
        capital: Capital charge of new capacity, $ per parcel.
        passed: Share of households that its routes pass.
        reach: Share of households to which it sells.
        on_its_way: Annual parcels of capacity ordered and not yet in use.
        luck: Its draw of the error in judging such cost, standard normal, one number.
    """

    bought: Floats
    places: NDArray[np.int64]
    cost: Floats
    price: Floats
    injection_cost: float
    capital: Floats
    passed: Floats
    reach: Floats
    on_its_way: Floats
    luck: float


def extension_parts(
    case: ExtensionCase, error: float, *, hurdle: float, speed: float, smallest: float, room: float
) -> tuple[Floats, Floats] | None:
    """What to build of the gap between routes and the coverage that pays.

    Args:
        case: What the carrier knows.
        error: What it misjudges its cost by, $ per parcel.
        hurdle: Share of the capital charge that the gain must exceed.
        speed: Part of the gap that is built in a quarter.
        smallest: Annual parcels of the smallest station.
        room: Annual parcels of capacity that can be ordered.

    Returns:
        Additions, annual parcels, and the share of households that can be served with them, (Z,) each; None where
        nothing is built.
    """
    places, passed, reach = case.places, case.passed, case.reach
    cost = np.maximum(case.cost + error, 0.0)
    hurdle_charge = hurdle * case.capital
    desired, mean_cost = np.zeros((2, len(passed)))
    desired[places] = desired_coverage(cost, hurdle_charge[places], case.price[places], case.injection_cost, 0.0)
    desired, mean_cost[places] = np.minimum(desired, reach), cost.mean(axis=1)
    gap = np.maximum(desired - passed, 0.0)
    missing = np.divide(gap * case.bought, reach - passed, out=np.zeros_like(gap), where=reach > passed)
    missing = np.maximum(missing - case.on_its_way, 0.0)
    additions = cut_to_limit(whole_stations(speed * missing, missing, smallest), mean_cost, room)
    if not additions.any():
        return None
    part = np.divide(additions, missing, out=np.zeros_like(gap), where=missing > 0.0)
    return additions, passed + part * gap
