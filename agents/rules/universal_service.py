"""What it costs to pass every address, and which places USPS would give up if it were free to (ODD 7.9).

Public accounts do not say what the fixed part of street work costs in a place. It is rebuilt from the same geometry as
the cost of parcel networks: one tour a day past all delivery points, at the local speed, paid at the carrier's wage.
Vehicles, offices and the way to the first address are left out, so the estimate is on the low side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.figures import Figures
from agents.geography import ZoneTable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def fixed_street_cost(figures: Figures, zones: ZoneTable) -> Floats:
    """Cost a year of passing all delivery points of a zone, whatever is delivered, at the wages of the start, $, (Z,).

    Args:
        figures: Tour constant, local speeds, wage and delivery days.
        zones: The zones.
    """
    points_per_household = zones.delivery_points / zones.households
    spacing = figures.tour_constant / np.sqrt(zones.density_grid * points_per_household[:, None])
    miles = zones.delivery_points * spacing.mean(axis=1)
    hours = miles / figures.by_type("local_speed")[zones.zone_type]
    return np.asarray(hours * figures.hourly_cost_usps * figures.operating_days_usps)


def mail_share(figures: Figures, zones: ZoneTable) -> Floats:
    """Share of mail pieces by zone, (Z,)."""
    pieces = zones.delivery_points * figures.by_type("mail_pieces_per_point")[zones.zone_type]
    return np.asarray(pieces / pieces.sum())


def unprofitable(
    contribution: Floats, fixed_cost: Floats, served: Bools, staying: Floats | float = 0.0, rate: float = 0.0
) -> Bools:
    """Zones that are served and leave less than passing them costs, by more than leaving them costs, (Z,).

    What a zone brings is gone at once; its staff leaves slowly and is paid meanwhile. Leaving pays where the yearly
    gain exceeds the interest on that.

    Args:
        contribution: What mail and parcels of a zone leave over their attributable cost, $ a year, (Z,).
        fixed_cost: Cost of passing its addresses, $ a year, (Z,).
        served: Zones that are served now, (Z,).
        staying: Pay of staff of the zone that stays for a while once it is left, $, (Z,).
        rate: Interest a year.
    """
    return np.asarray(served & (contribution + rate * staying < fixed_cost))


def pay_after_leaving(monthly: Floats, shrinks: float) -> Floats:
    """What is paid to staff that has no work any more until the last of it is gone, $, (Z,).

    Args:
        monthly: Its pay before, $ a month, (Z,).
        shrinks: Share of surplus staff that leaves in a month, above 0 to 1.
    """
    return np.asarray(monthly * ((1.0 - shrinks) / shrinks))
