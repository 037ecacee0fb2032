"""Attributable cost of a parcel that enters at a USPS delivery unit, where the carrier passes with mail anyway.

Only what the parcel itself causes is counted: loading and handing over, the stop where no mail makes it, handling at
the unit, vehicle cost, and a little more at sparse addresses. Everything else is institutional cost and closed on the
accounts, not here. Rule: ODD 7.6.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from agents.delivery_cost.checks import (
    N_ZONE_TYPES,
    FloatArray,
    IndexArray,
    check_shape,
    check_values,
    check_zone_type,
)
from agents.delivery_cost.network import MINUTES_PER_HOUR


@dataclass(frozen=True, slots=True, eq=False)
class AccessRates:
    """Cost rates of USPS last-mile access.

    Attributes:
        hourly_cost: $ per hour of a letter carrier, loaded.
        mail_bundling: Mail pieces that arrive together at a point.
        sparse_cost_slope: $ per parcel and log unit of density below the threshold.
        sparse_threshold: Households per square mile below which the slope applies.
        parcel_load_minutes: (3,) minutes per parcel to load, dismount and deviate, by zone type.
        access_minutes: (3,) minutes to make the stop where no mail does.
        delivery_unit_handling: (3,) $ per parcel at the delivery unit.
        vehicle_cost: (3,) $ per parcel.
    """

    hourly_cost: float
    mail_bundling: float
    sparse_cost_slope: float
    sparse_threshold: float
    parcel_load_minutes: FloatArray
    access_minutes: FloatArray
    delivery_unit_handling: FloatArray
    vehicle_cost: FloatArray

    def __post_init__(self) -> None:
        scalars = ("hourly_cost", "mail_bundling", "sparse_cost_slope", "sparse_threshold")
        for field in fields(self):
            values = getattr(self, field.name)
            check_values(field.name, values, above=0.0 if field.name in ("mail_bundling", "sparse_threshold") else None)
            if field.name not in scalars:
                check_shape(field.name, values, (N_ZONE_TYPES,))


def stop_already_made(mail_pieces_per_point: FloatArray, rates: AccessRates) -> FloatArray:
    """Chance that mail makes the stop anyway, so that a parcel needs no stop of its own.

    Args:
        mail_pieces_per_point: Mail pieces per delivery point and delivery day, any shape.
        rates: Cost rates; gives the bundling of mail.

    Returns:
        The shape of the input, 0 to 1. It falls with mail: scope erodes by itself.

    Raises:
        ValueError: Mail is negative or not finite.
    """
    check_values("mail_pieces_per_point", mail_pieces_per_point)
    return np.asarray(-np.expm1(-mail_pieces_per_point / rates.mail_bundling), dtype=np.float64)


def usps_unit_cost(
    zone_type: IndexArray,
    mail_pieces_per_point: FloatArray,
    density: FloatArray,
    rates: AccessRates,
    wage_index: float = 1.0,
    price_index: float = 1.0,
) -> FloatArray:
    """Attributable cost of a parcel entered at the delivery unit.

    Args:
        zone_type: (Z,) 0 urban, 1 suburban, 2 rural.
        mail_pieces_per_point: Mail pieces per delivery point and day, (Z,) by zone or (3,) by zone type. If Z is 3,
            the two differ unless zone types are 0, 1, 2 in this order: pass (Z,) then.
        density: Households per square mile, (Z,) or (Z, P) by density percentile.
        rates: Cost rates.
        wage_index: USPS wages relative to those of the rates; moves carrier time and handling (both are labour).
        price_index: Consumer prices relative to those of the rates; moves vehicle cost and the sparse term.

    Returns:
        $ per parcel, of the shape of `density`.

    Raises:
        ValueError: Wrong shape or dtype, density not positive, or mail negative.
    """
    check_zone_type(zone_type)
    check_values("density", density, above=0.0)
    if density.ndim not in (1, 2) or density.shape[0] != zone_type.size:
        raise ValueError(f"density has shape {density.shape}; allowed: ({zone_type.size},) or ({zone_type.size}, P)")
    check_shape("mail_pieces_per_point", mail_pieces_per_point, (zone_type.size,))

    extra_stop = 1.0 - stop_already_made(mail_pieces_per_point, rates)
    minutes = rates.parcel_load_minutes[zone_type] + rates.access_minutes[zone_type] * extra_stop
    labour = rates.hourly_cost / MINUTES_PER_HOUR * minutes + rates.delivery_unit_handling[zone_type]
    base = labour * wage_index + rates.vehicle_cost[zone_type] * price_index
    sparse = rates.sparse_cost_slope * price_index * np.log(np.maximum(rates.sparse_threshold / density, 1.0))
    return np.asarray(sparse + (base if density.ndim == 1 else base[:, None]), dtype=np.float64)
