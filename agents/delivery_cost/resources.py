"""Sticky resources: routes and staff follow need with a lag, and cost is paid on what is in place.

A resource is measured in base-rate dollars per month, deseasonalised: what it would cost at the wages and prices of
the start to keep it for a mean month. So one unit holds for routes of a parcel network (need = volume x street cost)
and for USPS staff (need = volume x attributable cost), and growth of wages is applied when it is paid.
A month adjusts first and pays then. Rule: ODD 7.6.
"""

from __future__ import annotations

import numpy as np

from agents.delivery_cost.checks import FloatArray, check_share, check_values


def adjust(
    in_place: FloatArray, needed: FloatArray, flex_down: FloatArray | float, flex_up: FloatArray | float
) -> FloatArray:
    """Resources in place after one month of adjustment towards need.

    Args:
        in_place: Resources at the start of the month, any shape.
        needed: Resources that this month's volume needs, same shape.
        flex_down: Share of surplus resources removed in a month, 0 to 1; one number, or as many as fit the resources.
        flex_up: Share of missing resources added in a month, 0 to 1; likewise.

    Returns:
        The shape of the inputs; always between `in_place` and `needed`.

    Raises:
        ValueError: A resource is negative or not finite, or a flexibility is outside 0 to 1.
    """
    check_values("in_place", in_place)
    check_values("needed", needed)
    check_share("flex_down", flex_down)
    check_share("flex_up", flex_up)
    gap = needed - in_place
    return np.asarray(in_place + gap * np.where(gap < 0, flex_down, flex_up), dtype=np.float64)


def resource_cost(in_place: FloatArray, needed: FloatArray, overtime_premium: float) -> FloatArray:
    """Cost of a month: all resources in place, used or not, and the missing ones at overtime.

    Args:
        in_place: Resources in place, base-rate dollars per month, any shape.
        needed: Resources that volume needs, same shape and unit.
        overtime_premium: Extra cost of what is done beyond the resources in place, as a share.

    Returns:
        Base-rate dollars per month, the shape of the inputs.

    Raises:
        ValueError: An input is negative or not finite.
    """
    check_values("in_place", in_place)
    check_values("needed", needed)
    check_values("overtime_premium", overtime_premium)
    missing = np.maximum(needed - in_place, 0.0)
    return np.asarray(in_place + missing * (1.0 + overtime_premium), dtype=np.float64)
